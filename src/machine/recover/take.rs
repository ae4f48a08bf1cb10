//! Taking a signed file of ranges from a volume.

use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::key::{hex, signed};
use super::{RECOVER_FILE, RECOVER_SIGNATURE};
use crate::config::{AdminRange, Appliance, Recovery, Settings, check_ranges, read_file};
use crate::machine::setup::{Mounted, mounted};
use crate::machine::{Exit, Failure, Places, Problem, RangeFiles, write_durably, write_whole};

/// The most attempts that are told of between two starts of the machine.
const MOST_ATTEMPTS: usize = 50;
const PROBLEMS: &str = "recover";

/// The last file that was taken: `recovered.json` on the data volume.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recovered {
    /// The form of this file: 1.
    pub version: u32,
    /// The serial number: the next file's must be greater.
    pub serial: u64,
    /// SHA-256 of the file, so that a volume that stays plugged in is known again.
    pub digest: String,
    /// The ranges.
    pub ranges: Vec<AdminRange>,
}

impl Recovered {
    /// Reads the file; `None` if no file was ever taken, or if it is damaged.
    pub fn load(path: &Path) -> Option<Self> {
        if !path.exists() {
            return None;
        }
        let text = read_file(path, "recovered.json").ok()?;
        let recovered: Self = serde_json::from_str(&text).ok()?;
        (recovered.version == 1 && check_ranges(&recovered.ranges).is_ok()).then_some(recovered)
    }
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum RecoverOutcome {
    /// Taken, under this serial number.
    Taken {
        /// The serial number.
        serial: u64,
    },
    /// Refused.
    Refused {
        /// Why.
        why: String,
    },
}

/// One attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// From 1 up, since the machine started.
    pub number: u64,
    /// How it ended.
    #[serde(flatten)]
    pub outcome: RecoverOutcome,
}

/// The attempts since the machine started, for the service's audit.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Attempts {
    /// The kernel's name of this start.
    pub boot: String,
    /// In their order.
    pub attempts: Vec<Attempt>,
}

impl Attempts {
    /// Reads the file; none if there is none.
    pub fn load(path: &Path) -> Self {
        let text = if path.exists() { read_file(path, "attempts.json").ok() } else { None };
        text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
    }

    fn add(mut self, boot: &str, outcome: RecoverOutcome) -> Self {
        if self.boot != boot {
            self = Self { boot: boot.to_owned(), attempts: Vec::new() };
        }
        let number = self.attempts.last().map_or(0, |last| last.number).saturating_add(1);
        self.attempts.push(Attempt { number, outcome });
        let extra = self.attempts.len().saturating_sub(MOST_ATTEMPTS);
        self.attempts.drain(..extra);
        self
    }
}

/// Looks at the volume and takes its file if it is good. `false` if there is nothing new to take.
pub fn take_recovery(settings: &Settings, places: &Places, boot: &str) -> Result<bool, Failure> {
    let folder = match mounted(&places.volume) {
        Mounted::Nothing => return Ok(false),
        Mounted::Unfit(problem) => return Err(Failure::new(Exit::Io, problem.wrong)),
        Mounted::At(folder) => folder,
    };
    if !folder.join(RECOVER_FILE).exists() {
        return Ok(false);
    }
    let files = RangeFiles::new(settings, &places.firewall());
    let judged = judge(settings, &folder, Recovered::load(&files.recovered).as_ref());
    let problems = places.problems();
    let told = |outcome: RecoverOutcome| {
        let path = &files.attempts;
        let attempts = Attempts::load(path).add(boot, outcome);
        let bytes = serde_json::to_vec_pretty(&attempts).unwrap_or_default();
        write_whole(path, &bytes, 0o644)
            .map_err(|error| Failure::new(Exit::Io, format!("{}: {error}", path.display())))
    };
    match judged {
        Ok(None) => Ok(false),
        Ok(Some(recovered)) => {
            let bytes = serde_json::to_vec_pretty(&recovered).unwrap_or_default();
            write_durably(&files.recovered, &bytes, 0o644).map_err(|error| {
                Failure::new(Exit::CannotCreate, format!("{}: {error}", files.recovered.display()))
            })?;
            told(RecoverOutcome::Taken { serial: recovered.serial })?;
            let _ = problems.set(PROBLEMS, &[]);
            write_whole(&files.asked, b"", 0o644)
                .map_err(|error| Failure::new(Exit::Io, format!("{}: {error}", files.asked.display())))?;
            log::warn!("the allowed ranges were replaced at the machine, serial {}", recovered.serial);
            Ok(true)
        }
        Err(problem) => {
            told(RecoverOutcome::Refused { why: problem.wrong.clone() })?;
            let _ = problems.set(PROBLEMS, std::slice::from_ref(&problem));
            Err(Failure::new(Exit::NotPermitted, format!("{}; {}", problem.wrong, problem.cure)))
        }
    }
}

/// What the volume's file is: nothing new, ranges to be taken, or refused and why.
fn judge(settings: &Settings, folder: &Path, last: Option<&Recovered>) -> Result<Option<Recovered>, Problem> {
    let refuse = |wrong: &str, cure: &str| Problem::new(&format!("{RECOVER_FILE} is refused: {wrong}"), cure);
    let again = "make it anew with cowctl provision recover";
    let read = |name: &str| {
        read_file(&folder.join(name), name).map_err(|mistakes| refuse(&mistakes.to_string(), again))
    };
    let (text, signature) = (read(RECOVER_FILE)?, read(RECOVER_SIGNATURE)?);
    let digest = hex(&Sha256::digest(text.as_bytes()));
    if last.is_some_and(|last| last.digest == digest) {
        return Ok(None);
    }
    let public = std::fs::read_to_string(settings.paths.recovery_public())
        .map_err(|_| refuse("this machine keeps no recovery key to check it with", "ask the hosting desk"))?;
    if !signed(&public, &text, &signature) {
        return Err(refuse("its signature is not by this machine's recovery key", again));
    }
    let recovery =
        Recovery::parse(RECOVER_FILE, &text).map_err(|mistakes| refuse(&mistakes.to_string(), again))?;
    let appliance = Appliance::load(&settings.paths.appliance(), settings.profile)
        .map_err(|mistakes| refuse(&mistakes.to_string(), "start the machine again"))?;
    if recovery.hostname != appliance.hostname {
        let wrong =
            format!("it is for {}, and this is {}", recovery.hostname.as_str(), appliance.hostname.as_str());
        return Err(refuse(&wrong, again));
    }
    if let Some(last) = last.filter(|last| recovery.serial <= last.serial) {
        let wrong =
            format!("its serial {} is not greater than {}, the last one", recovery.serial, last.serial);
        return Err(refuse(&wrong, again));
    }
    Ok(Some(Recovered { version: 1, serial: recovery.serial, digest, ranges: recovery.admin_ranges }))
}
