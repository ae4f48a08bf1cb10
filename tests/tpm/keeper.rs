//! `cashcowd keep` as a process of its own, as the image starts it: a socket handed over, an account without
//! rights, the approvals as files.

use std::fs;
use std::os::fd::AsFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use cashcow::base::OsRandom;
use cashcow::keeper::{Client, Holder, Keep, KeepError, in_this_process};
use cashcow::tpm::swtpm::Swtpm;
use cashcow::tpm::{Authority, Device, Tpm, TpmError};
use nix::fcntl::{FcntlArg, fcntl};

use crate::approval::image_files;
use crate::bench::Machine;

/// Whoever may do nothing.
const NOBODY: &str = "65534";

/// What the image has around the keeper.
struct Stage {
    folder: PathBuf,
    socket: PathBuf,
    listener: UnixListener,
    settings: PathBuf,
    program: PathBuf,
}

impl Stage {
    fn around(machine: &mut Machine) -> Self {
        let ours = machine.approve(3).to_json();
        let folder = machine.folder().to_owned();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
        let (signature, public_key) = image_files(&folder, &ours, &machine.authority);
        let Device::Swtpm { host, port } = machine.device() else { panic!("a software TPM") };
        let settings = folder.join("cashcowd.toml");
        let tpm =
            format!("swtpm = \"{host}:{port}\"\nsignature = {signature:?}\npublic_key = {public_key:?}\n");
        fs::write(&settings, format!("profile = \"dev\"\nsvn = 3\n[tpm]\n{tpm}")).unwrap();
        // Where anybody may read it: the build's own folder may be closed to others.
        let program = folder.join("cashcowd");
        fs::copy(env!("CARGO_BIN_EXE_cashcowd"), &program).unwrap();
        let socket = folder.join("keeper.socket");
        let listener = UnixListener::bind(&socket).unwrap();
        Self { folder, socket, listener, settings, program }
    }

    /// Starts it as systemd would: the socket as descriptor 3, and no account of weight.
    fn start(&self) -> Keeper {
        let number = fcntl(self.listener.as_fd(), FcntlArg::F_DUPFD(20)).unwrap();
        let account = match nix::unistd::geteuid().is_root() {
            true => format!("setpriv --reuid {NOBODY} --regid {NOBODY} --clear-groups"),
            false => String::new(),
        };
        let script = format!(
            "exec 3<&{number}; export LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=keeper; exec {account} \"$0\" keep --config \"$1\""
        );
        let child = Command::new("bash")
            .args(["-c", &script])
            .arg(&self.program)
            .arg(&self.settings)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        nix::unistd::close(number).unwrap();
        Keeper(child)
    }
}

struct Keeper(Child);

impl Keeper {
    fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[test]
fn a_keeper_that_is_killed_is_asked_again_and_gives_the_same_key() {
    let mut machine = Machine::new();
    let stage = Stage::around(&mut machine);
    let (_machine, key) = machine.meanwhile(|_| {
        let mut service = Client::at(stage.socket.clone());
        let keeper = stage.start();
        let made = service.root_key(None).unwrap();
        let sealed = made.sealed.unwrap();
        assert_eq!(service.raise_minimum(), Ok(3));
        let witness = service.witness_key().unwrap();
        let value = service.witness_extend(&[1; 32]).unwrap();
        keeper.kill();
        let keeper = stage.start();
        let opened = service.root_key(Some(&sealed)).unwrap();
        assert_eq!(opened.key.expose_secret(), made.key.expose_secret());
        assert_eq!(service.witness_value(), Ok(value));
        let certificate = service.witness_certify(&[7; 32]).unwrap();
        let statement = certificate.check(&witness).unwrap();
        assert_eq!((statement.about, statement.value), ([7; 32], value));
        keeper.kill();
        opened.key
    });
    // What it gave away is nowhere in what it left behind.
    for entry in fs::read_dir(&stage.folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() && path != stage.program {
            let bytes = fs::read(&path).unwrap();
            assert!(!bytes.windows(32).any(|part| part == key.expose_secret()), "{}", path.display());
        }
    }
}

#[test]
fn without_a_keeper_the_service_is_told_so_and_with_one_again_it_goes_on() {
    let mut machine = Machine::new();
    let stage = Stage::around(&mut machine);
    machine.meanwhile(|_| {
        let mut service = Client::at(stage.folder.join("nobody.socket"));
        assert!(matches!(service.raise_minimum(), Err(KeepError::Silent(_))));
        // It asked before the keeper was there: the socket is systemd's, and holds the question.
        let asked = std::thread::spawn({
            let mut service = Client::at(stage.socket.clone());
            move || service.raise_minimum()
        });
        let keeper = stage.start();
        assert_eq!(asked.join().unwrap(), Ok(3));
        keeper.kill();
    });
}

#[test]
fn a_keeper_runs_neither_as_root_nor_without_its_socket_or_approvals() {
    let mut machine = Machine::new();
    let stage = Stage::around(&mut machine);
    let output =
        Command::new(&stage.program).args(["keep", "--config"]).arg(&stage.settings).output().unwrap();
    let (code, words) = match nix::unistd::geteuid().is_root() {
        true => (77, "do not run as root"),
        false => (69, "start the keeper through its socket unit"),
    };
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert!(said.contains(words), "{said}");
    fs::remove_file(stage.folder.join("signature.json")).unwrap();
    let mut keeper = stage.start();
    assert_eq!(keeper.0.wait().unwrap().code(), Some(70));
}

#[test]
fn a_tpm_that_is_lost_is_an_answer_and_the_keeper_stays() {
    let folder = tempfile::tempdir().unwrap();
    let swtpm = Swtpm::start(&folder.path().join("tpm")).unwrap();
    let mut tpm = Tpm::open(&swtpm.device()).unwrap();
    let approval = Authority::generate().unwrap().approve(1, &[("test", tpm.image_pcr().unwrap())]).unwrap();
    let mut client = in_this_process(Holder::of(tpm, approval, Box::new(OsRandom))).unwrap();
    let made = client.root_key(None).unwrap();
    let sealed = made.sealed.unwrap();
    let damaged = client.root_key(Some(b"{}")).err();
    assert_eq!(damaged, Some(KeepError::Refused(TpmError::Damaged.to_string())));
    let opened = client.root_key(Some(&sealed)).unwrap();
    assert_eq!(opened.key.expose_secret(), made.key.expose_secret());
    assert_eq!(opened.sealed, None);
    drop(swtpm);
    for _ in 0..2 {
        let lost = client.root_key(Some(&sealed)).err();
        assert!(matches!(lost, Some(KeepError::Refused(_))), "{lost:?}");
    }
}
