//! What the journal gets from a real process: fields, identifier, priority. The journal's socket is our own,
//! in a mount namespace of this thread's.

use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixDatagram;
use std::process::{Command, Stdio};
use std::time::Duration;

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};

/// A mount namespace with an empty `/run`; `None`, and a word about it, where that cannot be.
fn empty_run() -> Option<()> {
    let none = None::<&str>;
    let made = unshare(CloneFlags::CLONE_NEWNS)
        .and_then(|()| mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none))
        .and_then(|()| mount(Some("tmpfs"), "/run", Some("tmpfs"), MsFlags::empty(), none));
    made.map_err(|error| super::skipped(format_args!("no mount namespace can be made here: {error}"))).ok()
}

#[test]
fn an_error_reaches_the_journal_as_one_entry_with_its_fields() {
    let Some(()) = empty_run() else { return };
    std::fs::create_dir_all("/run/systemd/journal").unwrap();
    let journal = UnixDatagram::bind("/run/systemd/journal/socket").unwrap();
    journal.set_read_timeout(Some(Duration::from_secs(10))).unwrap();

    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("appliance.toml"), "version = 1\n").unwrap();
    let config = folder.path().join("cashcowd.toml");
    let text = format!("profile = \"release\"\n[paths]\nmachine = {:?}\n", folder.path());
    std::fs::write(&config, text).unwrap();

    // systemd names the stream by device and inode of standard error.
    let stderr = std::fs::File::create(folder.path().join("stderr")).unwrap();
    let about = stderr.metadata().unwrap();
    let status = Command::new(env!("CARGO_BIN_EXE_cashcowd"))
        .arg("setup")
        .arg("--config")
        .arg(config)
        .env_clear()
        .env("JOURNAL_STREAM", format!("{}:{}", about.dev(), about.ino()))
        .stderr(Stdio::from(stderr))
        .status()
        .unwrap();
    assert_eq!(status.code(), Some(78));

    let mut bytes = [0; 16 * 1024];
    let probe = journal.recv(&mut bytes).unwrap();
    let length = journal.recv(&mut bytes).unwrap();
    let entry = String::from_utf8_lossy(&bytes[..length]);
    assert_eq!(probe, 0);
    for field in ["PRIORITY\n", "SYSLOG_IDENTIFIER\n", "cashcowd\n", "TARGET\n", "CODE_FILE\n"] {
        assert!(entry.contains(field) || entry.contains(&field.replace('\n', "=")), "{field:?} in {entry}");
    }
    let message =
        "the accepted provisioning file is refused by this image: appliance.toml, hostname: is missing";
    assert!(entry.contains(message), "{entry}");
    assert!(entry.contains(" appliance.toml, administrator: is missing"), "one entry, not many: {entry}");
}
