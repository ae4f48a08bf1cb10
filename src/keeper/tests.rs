//! The socket between the service and the keeper, with a TPM that answers, refuses, hangs up and comes back.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::{Arc, Mutex};

use super::*;
use crate::base::OsRandom;
use crate::tpm::{Authority, Device, TpmError};

/// Says what it was asked, and refuses the minimum.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<String>>>);

impl Told {
    fn note(&self, what: String) {
        self.0.lock().unwrap().push(what);
    }

    fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

impl Keep for Told {
    fn root_key(&mut self, sealed: Option<&[u8]>) -> Result<RootSecret, KeepError> {
        self.note(format!("root key {sealed:?}"));
        Ok(RootSecret { key: SecretBytes::new(vec![7; 32]), sealed: sealed.is_none().then(|| vec![1, 2]) })
    }

    fn raise_minimum(&mut self) -> Result<u64, KeepError> {
        Err(TpmError::OldImage { image: 1, minimum: 2 }.into())
    }

    fn witness_key(&mut self) -> Result<WitnessKey, KeepError> {
        Err(TpmError::WitnessMissing.into())
    }

    fn witness_value(&mut self) -> Result<[u8; 32], KeepError> {
        self.note("value".to_owned());
        Ok([3; 32])
    }

    fn witness_extend(&mut self, with: &[u8; 32]) -> Result<[u8; 32], KeepError> {
        self.note(format!("extend {}", with[0]));
        Ok([4; 32])
    }

    fn witness_certify(&mut self, about: &[u8; 32]) -> Result<Certificate, KeepError> {
        Ok(Certificate { statement: about.to_vec(), signature: vec![9; 64] })
    }
}

fn listen(path: &Path, keep: impl Keep + 'static) {
    let listener = UnixListener::bind(path).unwrap();
    std::thread::spawn(move || serve(&listener, keep));
}

#[test]
fn each_question_gets_its_own_answer_and_a_refusal_comes_in_the_keepers_words() {
    let told = Told::default();
    let mut client = in_this_process(told.clone()).unwrap();
    let made = client.root_key(None).unwrap();
    assert_eq!((made.key.expose_secret(), made.sealed), ([7; 32].as_slice(), Some(vec![1, 2])));
    let opened = client.root_key(Some(&[1, 2])).unwrap();
    assert_eq!((opened.key.expose_secret().len(), opened.sealed), (32, None));
    assert_eq!(client.witness_value(), Ok([3; 32]));
    assert_eq!(client.witness_extend(&[8; 32]), Ok([4; 32]));
    let certificate = client.witness_certify(&[5; 32]).unwrap();
    assert_eq!((certificate.statement, certificate.signature), (vec![5; 32], vec![9; 64]));
    let words = TpmError::OldImage { image: 1, minimum: 2 }.to_string();
    assert_eq!(client.raise_minimum(), Err(KeepError::Refused(words)));
    // After a refusal the connection goes on.
    assert_eq!(client.witness_value(), Ok([3; 32]));
    let asked = ["root key None", "root key Some([1, 2])", "value", "extend 8", "value"];
    assert_eq!(told.all(), asked);
}

#[test]
fn a_keeper_that_was_started_again_is_found_again_and_is_asked_nothing_twice() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keeper.socket");
    let mut client = Client::at(path.clone());
    assert!(matches!(client.witness_value(), Err(KeepError::Silent(_))));
    // One that dies over its first question.
    let dying = UnixListener::bind(&path).unwrap();
    let died = std::thread::spawn(move || {
        let (stream, _) = dying.accept().unwrap();
        wire::take::<wire::Question>(&stream).unwrap().unwrap();
    });
    let lost = client.witness_extend(&[1; 32]);
    assert_eq!(lost, Err(KeepError::Silent("it closed the connection".to_owned())));
    died.join().unwrap();
    std::fs::remove_file(&path).unwrap();
    let told = Told::default();
    listen(&path, told.clone());
    assert_eq!(client.witness_extend(&[2; 32]), Ok([4; 32]));
    assert_eq!(told.all(), ["extend 2"]);
}

#[test]
fn a_connection_that_ended_between_two_questions_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keeper.socket");
    let listener = UnixListener::bind(&path).unwrap();
    let (closed, next) = std::sync::mpsc::channel();
    let once_each = std::thread::spawn(move || {
        for _ in 0..2 {
            let (stream, _) = listener.accept().unwrap();
            let question: wire::Question = wire::take(&stream).unwrap().unwrap();
            wire::send(&stream, &question.put_to(&mut Told::default())).unwrap();
            drop(stream);
            closed.send(()).unwrap();
        }
    });
    let mut client = Client::at(path);
    for _ in 0..2 {
        assert_eq!(client.witness_value(), Ok([3; 32]));
        next.recv().unwrap();
    }
    once_each.join().unwrap();
}

#[test]
fn what_is_no_question_ends_the_connection_and_not_the_keeper() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keeper.socket");
    let told = Told::default();
    listen(&path, told.clone());
    let too_long = u32::try_from(wire::LONGEST + 1).unwrap().to_be_bytes();
    let lies: [&[u8]; 5] =
        [b"\0\0\0\x04null", b"\0\0\0\x02{}", b"\0\0\0\x0c\"Vault Open\"", &too_long, b"\0\0"];
    for lie in lies {
        let mut stranger = UnixStream::connect(&path).unwrap();
        stranger.write_all(lie).unwrap();
        stranger.shutdown(std::net::Shutdown::Write).unwrap();
        let mut said = Vec::new();
        // A reset is an end as well.
        let _ = stranger.read_to_end(&mut said);
        assert_eq!(said, b"", "{lie:?}");
    }
    assert_eq!(Client::at(path).witness_value(), Ok([3; 32]));
    assert_eq!(told.all(), ["value"]);
}

#[test]
fn of_more_connections_than_there_is_room_for_the_last_is_closed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keeper.socket");
    listen(&path, Told::default());
    let mut clients: Vec<_> = (0..MOST_CALLERS).map(|_| Client::at(path.clone())).collect();
    for client in &mut clients {
        assert_eq!(client.witness_value(), Ok([3; 32]));
    }
    let mut late = Client::at(path);
    assert!(matches!(late.witness_value(), Err(KeepError::Silent(_))));
    clients.pop();
    while late.witness_value().is_err() {
        std::thread::yield_now();
    }
}

#[test]
fn a_machine_without_a_tpm_is_an_answer_with_its_cure_each_time() {
    let nowhere = Device::Path("/nowhere/tpmrm0".into());
    let approval = Authority::generate().unwrap().approve(1, &[("test", [0; 32])]).unwrap();
    let mut client = in_this_process(Holder::at(nowhere, approval, Box::new(OsRandom))).unwrap();
    for _ in 0..2 {
        let Err(KeepError::Refused(words)) = client.root_key(None) else { panic!("no TPM, and an answer") };
        assert!(words.contains("switch the TPM 2.0 on in the firmware's menu"), "{words}");
    }
}
