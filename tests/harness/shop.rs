//! A shop that runs as its own process: `cashcowd demo` on loopback, with its own software TPM.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// A running shop. Stopped (by pid) when dropped.
pub struct Shop {
    child: Child,
    said: BTreeMap<String, String>,
    folder: PathBuf,
}

impl Shop {
    /// Starts one in `folder`, or goes on with what is there.
    pub fn start(folder: &Path) -> Self {
        Self::start_with(folder, &[])
    }

    pub fn start_with(folder: &Path, more: &[&str]) -> Self {
        Self::try_start(folder, more).unwrap_or_else(|said| panic!("the shop did not start:\n{said}"))
    }

    pub fn try_start(folder: &Path, more: &[&str]) -> Result<Self, String> {
        Self::try_start_in(folder, more, &[])
    }

    /// The same with these variables in its environment.
    pub fn try_start_in(folder: &Path, more: &[&str], variables: &[(&str, String)]) -> Result<Self, String> {
        let log =
            std::fs::File::options().create(true).append(true).open(folder.join("cashcowd.log")).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_cashcowd"))
            .args(["demo", "--dir"])
            .arg(folder)
            .args(["--storefront-port", "0", "--console-port", "0", "--http-port", "0"])
            .env("TSS2_LOG", "all+none")
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .args(more)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let (tell, hear) = mpsc::channel();
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                if tell.send(line).is_err() {
                    // Keep reading, so that the shop never waits for us.
                }
            }
        });
        let mut said = BTreeMap::new();
        let deadline = Instant::now() + Duration::from_secs(120);
        loop {
            match hear.recv_timeout(Duration::from_millis(200)) {
                Ok(line) => {
                    let Some(fact) = line.strip_prefix("cashcow: ") else { continue };
                    if fact == "ready" {
                        return Ok(Self { child, said, folder: folder.to_owned() });
                    }
                    for name in
                        ["storefront", "console fingerprint", "console", "set-up code", "redirect", "problem"]
                    {
                        if let Some(value) = fact.strip_prefix(name) {
                            said.insert(name.to_owned(), value.trim().to_owned());
                            break;
                        }
                    }
                }
                Err(_) if Instant::now() > deadline || child.try_wait().unwrap().is_some() => {
                    let _ = child.kill();
                    let _ = child.wait();
                    let log = std::fs::read_to_string(folder.join("cashcowd.log")).unwrap_or_default();
                    return Err(format!("{said:?}\n{log}"));
                }
                Err(_) => {}
            }
        }
    }

    pub fn storefront(&self) -> &str {
        &self.said["storefront"]
    }

    pub fn console(&self) -> &str {
        &self.said["console"]
    }

    pub fn redirect(&self) -> &str {
        &self.said["redirect"]
    }

    pub fn fingerprint(&self) -> &str {
        self.said["console fingerprint"].trim_start_matches("SHA-256 ")
    }

    /// The one-time set-up code, without the words behind it.
    pub fn setup_code(&self) -> &str {
        self.said["set-up code"].split(' ').next().unwrap()
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// `kill -9`, as a power cut would.
    pub fn kill(mut self) -> PathBuf {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.folder.clone()
    }

    /// Stops it the polite way (SIGTERM) and waits.
    pub fn stop(mut self) -> PathBuf {
        let pid = nix::unistd::Pid::from_raw(i32::try_from(self.child.id()).unwrap());
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).unwrap();
        let status = self.child.wait().unwrap();
        assert!(status.success(), "the shop ended with {status}");
        self.folder.clone()
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
