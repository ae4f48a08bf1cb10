//! What the service tells the machine's screen: one small file, written whole.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Problem, write_whole};

/// How often the service says that it is alive.
pub const BEAT: Duration = Duration::from_secs(20);

/// The code that opens set-up. For the screen alone: `Debug` hides it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SetupCode(pub String);

impl fmt::Debug for SetupCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SetupCode(…)")
    }
}

/// How a part of the machine is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// Which part: `TPM`, `time`, `store`, `update`.
    pub part: String,
    /// How it is, in a word or two: `good`.
    pub state: String,
}

/// The state of the service.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Status {
    /// The version that runs.
    pub version: String,
    /// `release` or `dev`.
    pub profile: String,
    /// Where shoppers find the shop: complete addresses.
    pub storefront: Vec<String>,
    /// Where staff find the console.
    pub console: Vec<String>,
    /// SHA-256 of the console's certificate, in groups of four.
    pub console_fingerprint: Option<String>,
    /// The code that opens set-up, as long as it does.
    pub setup_code: Option<SetupCode>,
    /// Until when.
    pub setup_code_until: Option<Timestamp>,
    /// The parts of the machine.
    pub health: Vec<Health>,
    /// What is wrong.
    pub problems: Vec<Problem>,
    /// Whether the doors are open.
    pub ready: bool,
}

/// The service's handle on the file.
#[derive(Debug)]
pub struct StatusFile {
    path: PathBuf,
    status: Mutex<Status>,
}

impl StatusFile {
    /// Begins with `status` and writes it.
    pub fn new(path: impl Into<PathBuf>, status: Status) -> Self {
        let file = Self { path: path.into(), status: Mutex::new(status) };
        file.beat();
        file
    }

    /// Changes the status; written only if it is another one then.
    pub fn update(&self, change: impl FnOnce(&mut Status)) {
        let mut status = self.status.lock().unwrap_or_else(PoisonError::into_inner);
        let before = status.clone();
        change(&mut status);
        if *status != before {
            self.write(&status);
        }
    }

    /// Writes the status again, at least every [`BEAT`]: the screen takes a file that stays old for a service
    /// that stopped.
    pub fn beat(&self) {
        self.write(&self.status.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// The screen is no reason to stop a shop: a failure is logged.
    fn write(&self, status: &Status) {
        let json = serde_json::to_vec_pretty(status).unwrap_or_default();
        // Mode 0644: the screen runs under an account of its own and shows all of it anyway.
        if let Err(error) = write_whole(&self.path, &json, 0o644) {
            log::warn!("the screen cannot be told: {}: {error}", self.path.display());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_screen_reads_what_the_service_wrote() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("status.json");
        let file = StatusFile::new(&path, Status { version: "0.1.0".to_owned(), ..Status::default() });
        file.update(|status| {
            status.setup_code = Some(SetupCode("ABCD-EFGH-JKMN".to_owned()));
            status.ready = true;
        });
        let read: Status = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        assert!(read.ready && read.version == "0.1.0");
        assert_eq!(read.setup_code.as_ref().map(|code| code.0.as_str()), Some("ABCD-EFGH-JKMN"));
        assert!(!format!("{read:?}").contains("ABCD"));
        std::fs::remove_file(&path).unwrap();
        file.update(|_| {});
        assert!(!path.exists());
        file.beat();
        assert!(path.exists());
    }
}
