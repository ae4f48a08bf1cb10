//! A software TPM beside the service, for the demo and for tests: the same code path as on a machine.
//!
//! Owns the child process and its state folder. It protects nothing: whoever can read the folder has
//! every secret in it.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::{Duration, Instant};
use std::{fmt, fs};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::Device;

/// Its process number, in the state folder: how one that outlived its parent is found and ended.
const PID_FILE: &str = "swtpm.pid";
const READY_WITHIN: Duration = Duration::from_secs(10);
const TRIES: usize = 8;
/// How `setpriv` (util-linux) and `bash` end if the program that they should start is not there.
const NOT_FOUND: i32 = 127;
/// The library's connections are not closed at exec: one that a new software TPM took along would stay open for as
/// long as that lives, and the TPM at its other end, which takes one client at a time, would wait for it.
const CLOSE_ALL: &str =
    "for fd in /proc/self/fd/*; do fd=${fd##*/}; (( fd > 2 )) && exec {fd}>&-; done; exec \"$0\" \"$@\"";

/// A running software TPM, stopped when dropped, and by the kernel if this process is killed.
pub struct Swtpm {
    child: Child,
    port: u16,
    /// Dropping it lets the thread go that counts as the child's parent.
    _parent: Sender<()>,
}

/// Why there is no software TPM.
#[derive(Debug, thiserror::Error)]
pub enum SwtpmError {
    /// A program is not there.
    #[error("the program `{program}` is missing; install it: apt install {package}")]
    Missing {
        /// Its name.
        program: &'static str,
        /// Debian's package of it.
        package: &'static str,
    },
    /// Its state folder cannot be used.
    #[error("the software TPM's folder {path}: {source}")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// It could not be started at all.
    #[error("the software TPM could not be started: {0}")]
    Start(io::Error),
    /// It started and ended at once, or never listened.
    #[error("the software TPM did not come up: {said}")]
    Silent {
        /// What it wrote.
        said: String,
    },
}

impl Swtpm {
    /// Starts one on two free loopback ports with its state in `folder`, which is made if it is missing.
    /// One left over in this folder from a process that was killed is ended first.
    pub fn start(folder: &Path) -> Result<Self, SwtpmError> {
        let unusable = |source| SwtpmError::Folder { path: folder.to_owned(), source };
        fs::create_dir_all(folder).map_err(unusable)?;
        let folder = fs::canonicalize(folder).map_err(unusable)?;
        end_left_over(&folder);
        let mut said = String::new();
        // Between looking for free ports and using them somebody else may take them: try other ones.
        for _ in 0..TRIES {
            let port = free_ports().map_err(SwtpmError::Start)?;
            let (child, parent) = spawn(&folder, port)?;
            let mut tpm = Self { child, port, _parent: parent };
            match tpm.wait(&folder) {
                Ok(()) => return Ok(tpm),
                Err(Silence { code: Some(NOT_FOUND), .. }) => {
                    return Err(SwtpmError::Missing { program: "swtpm", package: "swtpm" });
                }
                Err(silence) => said = silence.said,
            }
        }
        Err(SwtpmError::Silent { said })
    }

    /// Where to open it. It takes one client at a time.
    pub fn device(&self) -> Device {
        Device::Swtpm { host: Ipv4Addr::LOCALHOST.to_string(), port: self.port }
    }

    /// Waits until it has both ports and answers. It notes its process number only after it has bound them,
    /// so it cannot be mistaken for another one that was quicker to take them.
    fn wait(&mut self, folder: &Path) -> Result<(), Silence> {
        let started = Instant::now();
        while started.elapsed() < READY_WITHIN {
            if let Ok(Some(status)) = self.child.try_wait() {
                let mut words = String::new();
                if let Some(mut stderr) = self.child.stderr.take() {
                    let _ = stderr.read_to_string(&mut words);
                }
                return Err(Silence { code: status.code(), said: format!("{} ({status})", words.trim()) });
            }
            if noted(folder).is_some_and(|pid| u32::try_from(pid) == Ok(self.child.id())) && self.answers() {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(5));
        }
        let said = format!("it did not answer within {} seconds", READY_WITHIN.as_secs());
        Err(Silence { code: None, said })
    }

    /// Asks the control channel for its capabilities (command 1). The command channel is left alone: it
    /// belongs to its one client.
    fn answers(&self) -> bool {
        let ask = || {
            let mut control = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port.saturating_add(1)))?;
            control.set_read_timeout(Some(READY_WITHIN))?;
            control.write_all(&[0, 0, 0, 1])?;
            control.read_exact(&mut [0; 4])
        };
        ask().is_ok()
    }
}

impl Drop for Swtpm {
    fn drop(&mut self) {
        // SIGTERM lets it write its state; a second later nothing is asked any more.
        if let Ok(pid) = i32::try_from(self.child.id()) {
            let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
        }
        for _ in 0..200 {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(Duration::from_millis(5));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl fmt::Debug for Swtpm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Swtpm(process {}, port {})", self.child.id(), self.port)
    }
}

/// Why it did not come up.
struct Silence {
    code: Option<i32>,
    said: String,
}

/// Starts it from a thread that does nothing else and lives as long as the `Sender`: the kernel ends the
/// child when the thread that started it ends, and a thread of somebody's pool may end at any time.
fn spawn(folder: &Path, port: u16) -> Result<(Child, Sender<()>), SwtpmError> {
    let mut command = command(folder, port);
    let ((give, take), (parent, until)) = (mpsc::channel(), mpsc::channel());
    let thread = thread::Builder::new().name("swtpm".to_owned()).spawn(move || {
        let _ = give.send(command.spawn());
        let _ = until.recv();
    });
    thread.map_err(SwtpmError::Start)?;
    let child = take.recv().unwrap_or_else(|gone| Err(io::Error::other(gone)));
    let child = child.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => SwtpmError::Missing { program: "setpriv", package: "util-linux" },
        _ => SwtpmError::Start(error),
    })?;
    Ok((child, parent))
}

fn command(folder: &Path, port: u16) -> Command {
    let channel = |port: u16| format!("type=tcp,port={port},bindaddr={}", Ipv4Addr::LOCALHOST);
    let mut command = Command::new("setpriv");
    command
        .args(["--pdeathsig", "TERM", "bash", "-c", CLOSE_ALL])
        .args(["swtpm", "socket", "--tpm2", "--flags", "not-need-init,startup-clear"])
        .args(["--tpmstate", &format!("dir={}", folder.display())])
        .args(["--server", &channel(port), "--ctrl", &channel(port.saturating_add(1))])
        .args(["--pid", &format!("file={}", folder.join(PID_FILE).display())])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    command
}

/// A port whose successor is free too: the library looks for the control channel there.
fn free_ports() -> io::Result<u16> {
    loop {
        let first = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = first.local_addr()?.port();
        if let Some(next) = port.checked_add(1)
            && TcpListener::bind((Ipv4Addr::LOCALHOST, next)).is_ok()
        {
            return Ok(port);
        }
    }
}

/// The process number in the folder's note.
fn noted(folder: &Path) -> Option<i32> {
    fs::read_to_string(folder.join(PID_FILE)).ok()?.trim().parse().ok()
}

/// Ends the software TPM that has this folder open, if the folder's note of it still names one.
fn end_left_over(folder: &Path) {
    let Some(pid) = noted(folder) else { return };
    let ours = || {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).into_owned();
        line.starts_with("swtpm\0") && line.contains(&format!("dir={}\0", folder.display()))
    };
    if pid > 1 && ours() {
        let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
        for _ in 0..200 {
            if !ours() {
                return;
            }
            thread::sleep(Duration::from_millis(5));
        }
        let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
    }
}
