//! Which machine opens the secrets, and what is said when it cannot.

use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use std::{fs, thread};

use cashcow::tpm::swtpm::Swtpm;
use cashcow::tpm::{Device, SealedBlob, Tpm, TpmError};
use nix::fcntl::{FcntlArg, FdFlag, fcntl};

use crate::bench::{Machine, SECRET};
use crate::stranger::left_behind;

// The disk carried off to another machine, which runs the same approved image.
#[test]
fn a_copied_blob_opens_on_no_other_machine() {
    let mut machine = Machine::new();
    let approval = machine.approve(1);
    let blob = machine.tpm.seal(&approval, SECRET).unwrap();
    let mut thief = Machine::new();
    thief.tpm.raise_minimum_version(&approval).unwrap();
    assert_eq!(thief.tpm.unseal(&approval, &blob).err(), Some(TpmError::OtherTpm));
}

#[test]
fn a_blob_survives_being_written_down() {
    let mut machine = Machine::new();
    let approval = machine.approve(1);
    let bytes = machine.tpm.seal(&approval, SECRET).unwrap().to_bytes();
    let blob = SealedBlob::from_bytes(&bytes).unwrap();
    assert_eq!(machine.tpm.unseal(&approval, &blob).unwrap().expose_secret(), SECRET);
}

// A chip without a resource manager has room for three sessions and three objects: one leak, on whatever
// path, and the shop stands still after the third visit.
#[test]
fn nothing_is_left_behind_in_the_tpm_by_good_and_by_failed_calls() {
    let mut machine = Machine::new();
    let (old, new) = (machine.approve(1), machine.approve(2));
    let mut other = Machine::new();
    let foreign = other.approve(1);
    let blob = machine.tpm.seal(&new, SECRET).unwrap();
    for _ in 0..50 {
        assert!(machine.tpm.unseal(&new, &blob).is_ok());
        assert!(machine.tpm.unseal(&old, &blob).is_err());
        assert!(machine.tpm.unseal(&foreign, &blob).is_err());
        assert!(machine.tpm.raise_minimum_version(&old).is_err());
        machine.tpm.raise_minimum_version(&new).unwrap();
        machine.tpm.random(40).unwrap();
    }
    machine.tpm.extend_image_pcr([1; 32]).unwrap();
    for _ in 0..5 {
        assert!(machine.tpm.unseal(&new, &blob).is_err());
    }
    let approval = machine.approve(2);
    assert!(machine.tpm.unseal(&approval, &blob).is_ok());
    let (_machine, left) = machine.meanwhile(left_behind);
    assert_eq!(left, 0, "sessions and objects are left in the TPM");
}

#[test]
fn the_tpm_gives_as_many_random_bytes_as_asked_for() {
    let mut machine = Machine::new();
    for count in [0, 1, 32, 33, 100] {
        let (a, b) = (machine.tpm.random(count).unwrap(), machine.tpm.random(count).unwrap());
        assert_eq!(a.expose_secret().len(), count);
        assert!(count < 16 || a.expose_secret() != b.expose_secret());
    }
}

#[test]
fn secrets_of_1_to_128_bytes_are_sealed_and_others_refused() {
    let mut machine = Machine::new();
    let approval = machine.approve(1);
    for length in [1, 128] {
        let secret = vec![5; length];
        let blob = machine.tpm.seal(&approval, &secret).unwrap();
        assert_eq!(machine.tpm.unseal(&approval, &blob).unwrap().expose_secret(), secret);
    }
    for length in [0, 129] {
        let refused = machine.tpm.seal(&approval, &vec![5; length]).err();
        assert_eq!(refused, Some(TpmError::Length { length }));
    }
}

#[test]
fn a_missing_tpm_is_named_with_its_cure() {
    let error = Tpm::open(&Device::Path(PathBuf::from("/dev/no-such-tpm"))).unwrap_err();
    assert!(matches!(error, TpmError::NoDevice { .. }));
    assert!(error.to_string().contains("/dev/no-such-tpm"), "{error}");
    assert!(error.to_string().contains("firmware"), "{error}");
    let nobody = Device::Swtpm { host: "127.0.0.1".to_owned(), port: 1 };
    assert!(matches!(Tpm::open(&nobody), Err(TpmError::NoDevice { .. })));
}

#[test]
fn a_tpm_that_dies_is_reported_and_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let swtpm = Swtpm::start(folder.path()).unwrap();
    let mut tpm = Tpm::open(&swtpm.device()).unwrap();
    drop(swtpm);
    let error = tpm.image_pcr().unwrap_err();
    assert!(matches!(error, TpmError::Lost { .. }), "{error:?}");
}

// A folder has one software TPM: a second would find it locked.
#[test]
fn a_software_tpm_that_still_has_the_folder_is_taken_over() {
    let mut machine = Machine::new();
    let approval = machine.approve(1);
    let blob = machine.tpm.seal(&approval, SECRET).unwrap();
    let folder = machine.folder().to_owned();
    let second = Swtpm::start(&folder).unwrap();
    let mut tpm = Tpm::open(&second.device()).unwrap();
    assert!(tpm.unseal(&approval, &blob).is_ok());
}

// Every demo that was killed with -9 used to leave a software TPM running for ever. This test starts itself
// again as the process to be killed; the TPM is started from a thread that ends, as a pool's threads do.
#[test]
fn a_software_tpm_ends_with_the_process_that_started_it_and_not_before() {
    const FOLDER: &str = "CASHCOW_TEST_FOLDER";
    if let Some(folder) = std::env::var_os(FOLDER) {
        let started = thread::spawn(move || Swtpm::start(Path::new(&folder)).unwrap()).join().unwrap();
        thread::sleep(Duration::from_millis(200));
        assert!(Tpm::open(&started.device()).is_ok(), "it ended with the thread");
        fs::write(Path::new(&std::env::var_os(FOLDER).unwrap()).join("open"), "").unwrap();
        loop {
            thread::park();
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let name = "machine::a_software_tpm_ends_with_the_process_that_started_it_and_not_before";
    let mut doomed = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name])
        .env(FOLDER, folder.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let within = |what: &dyn Fn() -> bool| {
        (0..1000).any(|_| {
            thread::sleep(Duration::from_millis(10));
            what()
        })
    };
    assert!(within(&|| folder.path().join("open").exists()), "the TPM did not come up");
    let pid = fs::read_to_string(folder.path().join("swtpm.pid")).unwrap();
    let process = Path::new("/proc").join(pid.trim());
    assert!(process.exists());
    doomed.kill().unwrap();
    doomed.wait().unwrap();
    assert!(
        within(&|| fs::read(process.join("cmdline")).unwrap_or_default().is_empty()),
        "the software TPM lives on"
    );
}

// Two software TPMs in one process: the second one used to keep a connection to the first open, which then took no
// other, and the first one's client waited for ever.
#[test]
fn a_software_tpm_takes_nothing_along_from_the_process_that_starts_it() {
    let folder = tempfile::tempdir().unwrap();
    let ours = fs::File::create(folder.path().join("ours")).unwrap();
    fcntl(ours.as_fd(), FcntlArg::F_SETFD(FdFlag::empty())).unwrap();
    let _started = Swtpm::start(&folder.path().join("tpm")).unwrap();
    let pid = fs::read_to_string(folder.path().join("tpm/swtpm.pid")).unwrap();
    let open = fs::read_dir(Path::new("/proc").join(pid.trim()).join("fd")).unwrap();
    let open: Vec<_> = open.map(|entry| fs::read_link(entry.unwrap().path()).unwrap()).collect();
    assert!(open.len() > 3, "{open:?}");
    assert!(!open.contains(&folder.path().join("ours")), "{open:?}");
}

#[test]
fn nothing_that_is_printed_shows_a_secret() {
    let mut machine = Machine::new();
    let approval = machine.approve(1);
    let blob = machine.tpm.seal(&approval, b"open sesame").unwrap();
    let secret = machine.tpm.unseal(&approval, &blob).unwrap();
    let shown = format!("{:?} {approval:?} {blob:?} {secret:?} {:?}", machine.tpm, machine.authority);
    assert!(!shown.contains("sesame") && !shown.contains("111, 112, 101, 110"), "{shown}");
}
