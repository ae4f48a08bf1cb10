//! A software TPM beside the service, for the demo and for tests: the same code path as on a machine.
//!
//! Owns the child process and its state folder. It protects nothing: whoever can read the folder has
//! every secret in it.

use std::io::{self, Read};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
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

/// A running software TPM, stopped when dropped.
pub struct Swtpm {
    child: Child,
    port: u16,
}

/// Why there is no software TPM.
#[derive(Debug, thiserror::Error)]
pub enum SwtpmError {
    /// The program is not there.
    #[error("the program `swtpm` is missing; install it: apt install swtpm")]
    Missing,
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
            let mut tpm = Self { child: spawn(&folder, port)?, port };
            match tpm.wait() {
                Ok(()) => return Ok(tpm),
                Err(words) => said = words,
            }
        }
        Err(SwtpmError::Silent { said })
    }

    /// Where to open it. It takes one client at a time.
    pub fn device(&self) -> Device {
        Device::Swtpm { host: Ipv4Addr::LOCALHOST.to_string(), port: self.port }
    }

    /// Waits until its control channel takes connections; by then the TPM is started up. The command
    /// channel is not touched: it belongs to its one client.
    fn wait(&mut self) -> Result<(), String> {
        let started = Instant::now();
        while started.elapsed() < READY_WITHIN {
            if let Ok(Some(status)) = self.child.try_wait() {
                let mut words = String::new();
                if let Some(mut stderr) = self.child.stderr.take() {
                    let _ = stderr.read_to_string(&mut words);
                }
                return Err(format!("{} ({status})", words.trim()));
            }
            if TcpStream::connect((Ipv4Addr::LOCALHOST, self.port.saturating_add(1))).is_ok() {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(5));
        }
        Err(format!("nothing listened within {} seconds", READY_WITHIN.as_secs()))
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

fn spawn(folder: &Path, port: u16) -> Result<Child, SwtpmError> {
    let channel = |port: u16| format!("type=tcp,port={port},bindaddr={}", Ipv4Addr::LOCALHOST);
    let mut command = Command::new("swtpm");
    command
        .args(["socket", "--tpm2", "--flags", "not-need-init,startup-clear"])
        .args(["--tpmstate", &format!("dir={}", folder.display())])
        .args(["--server", &channel(port), "--ctrl", &channel(port.saturating_add(1))])
        .args(["--pid", &format!("file={}", folder.join(PID_FILE).display())])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    command.spawn().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => SwtpmError::Missing,
        _ => SwtpmError::Start(error),
    })
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

/// Ends the software TPM that has this folder open, if the folder's note of it still names one.
fn end_left_over(folder: &Path) {
    let Ok(note) = fs::read_to_string(folder.join(PID_FILE)) else { return };
    let Ok(pid) = note.trim().parse::<i32>() else { return };
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
