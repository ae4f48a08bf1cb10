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
        Self::try_wait(Self::spawn(folder, more, variables, [0; 3]), folder)
    }

    /// At these ports (storefront, console, redirect), so that its addresses outlive it.
    pub fn start_at(folder: &Path, more: &[&str], ports: [u16; 3]) -> Self {
        Self::try_wait(Self::spawn(folder, more, &[], ports), folder)
            .unwrap_or_else(|said| panic!("the shop did not start:\n{said}"))
    }

    /// `kill -9` so soon after its process was begun, ready or not.
    pub fn start_and_kill(folder: &Path, more: &[&str], ports: [u16; 3], after: Duration) {
        let mut child = Self::spawn(folder, more, &[], ports);
        std::thread::sleep(after);
        child.kill().unwrap();
        child.wait().unwrap();
    }

    fn spawn(folder: &Path, more: &[&str], variables: &[(&str, String)], ports: [u16; 3]) -> Child {
        let log =
            std::fs::File::options().create(true).append(true).open(folder.join("cashcowd.log")).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_cashcowd"));
        command.args(["demo", "--dir"]).arg(folder);
        for (name, port) in ["--storefront-port", "--console-port", "--http-port"].iter().zip(ports) {
            command.arg(name).arg(port.to_string());
        }
        command
            .env("TSS2_LOG", "all+none")
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .args(more)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap()
    }

    fn try_wait(mut child: Child, folder: &Path) -> Result<Self, String> {
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
