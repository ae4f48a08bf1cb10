//! The run of the unit: read, judge, load, say what was done.

use std::io::{ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use nix::libc::{O_CLOEXEC, O_NOFOLLOW, O_NONBLOCK};
use nix::time::ClockId;

use super::{Applied, Moment, Wanted, decide};
use crate::base::Boottime;
use crate::config::{AdminRange, Fault, Settings};
use crate::machine::firewall::{Sets, run_nft};
use crate::machine::recover::Recovered;
use crate::machine::{Exit, Failure, FirewallState, Places, Problem, Problems, write_whole};

const MOST_BYTES: u64 = 64 * 1024;
/// The name of our problems on the screen.
const PROBLEMS: &str = "ranges";

/// Where things are found and put.
#[derive(Debug, Clone)]
pub struct RangeFiles {
    /// What follows from the provisioning file.
    pub provisioned: PathBuf,
    /// What the service asks for.
    pub wanted: PathBuf,
    /// Is there when the service has asked for something new.
    pub asked: PathBuf,
    /// What hosting staff gave at the machine.
    pub recovered: PathBuf,
    /// What was done.
    pub applied: PathBuf,
    /// What was tried at the machine.
    pub attempts: PathBuf,
    /// Is there while a change is on trial, and keeps the timer going.
    pub trial: PathBuf,
    /// What is wrong.
    pub problems: PathBuf,
}

impl RangeFiles {
    /// The places of a machine whose state of the firewall is in `provisioned`; the passing files lie beside.
    pub fn new(settings: &Settings, provisioned: &Path) -> Self {
        let run = provisioned.parent().unwrap_or(Path::new("/run/cashcow"));
        Self {
            provisioned: provisioned.to_owned(),
            wanted: settings.paths.ranges.join("wanted.json"),
            asked: run.join("asked/ranges"),
            recovered: settings.paths.machine.join("recovered.json"),
            applied: run.join("ranges/applied.json"),
            attempts: run.join("ranges/attempts.json"),
            trial: run.join("ranges/trial"),
            problems: run.join("problems"),
        }
    }

    /// The places of the image.
    pub fn of_image(settings: &Settings) -> Self {
        Self::new(settings, &Places::of_image().firewall())
    }

    /// What was done last. `None` if nothing was, or if the file is not what it must be.
    pub fn applied(&self) -> Option<Applied> {
        let applied: Applied = serde_json::from_slice(&read(&self.applied).ok()??).ok()?;
        (applied.version == 1).then_some(applied)
    }
}

/// The time since the machine started.
pub fn boottime() -> Boottime {
    // Linux always has this clock.
    let now = ClockId::CLOCK_BOOTTIME.now().map(std::time::Duration::from).unwrap_or_default();
    Boottime(u64::try_from(now.as_millis()).unwrap_or(u64::MAX))
}

/// Brings the firewall's sets to what is in force by now. `at_start` is the run before anything listens.
pub fn load_ranges(
    files: &RangeFiles,
    settings: &Settings,
    nft: &Path,
    at_start: bool,
) -> Result<(), Failure> {
    // First, so that what is asked for while this runs starts it again.
    match std::fs::remove_file(&files.asked) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            log::warn!("{}: {error}", files.asked.display());
        }
        _ => {}
    }
    let loaded = load(files, settings, nft, at_start);
    let problem = match &loaded {
        Ok(None) => None,
        Ok(Some(damaged)) => Some(Problem::new(
            &format!("the file of the allowed ranges {}", damaged.wrong),
            "wait a minute; if this stays, start the machine again",
        )),
        Err(failure) => Some(Problem::new(
            &format!("the allowed ranges cannot be loaded: {}", failure.text),
            "start the machine again; if it says the same, write the image to the disk again",
        )),
    };
    if let Err(error) = Problems::new(&files.problems).set(PROBLEMS, problem.as_slice()) {
        log::warn!("the screen cannot be told: {error}");
    }
    loaded.map(|_| ())
}

/// Does it; what is wrong with the service's file is no reason to fail.
fn load(
    files: &RangeFiles,
    settings: &Settings,
    nft: &Path,
    at_start: bool,
) -> Result<Option<Fault>, Failure> {
    let (provisioned, gateways) = FirewallState::load(&files.provisioned)?.check(settings.profile)?;
    let before = if at_start { None } else { files.applied() };
    let wanted = match read(&files.wanted) {
        Ok(None) => None,
        Ok(Some(bytes)) => Some(Wanted::parse(&bytes)),
        Err(error) => Some(Err(Fault::new(format!("cannot be read: {error}"), "write it again"))),
    };
    let recovered = Recovered::load(&files.recovered);
    let mut applied = decide(&Moment {
        now: boottime(),
        at_start,
        wanted: wanted.as_ref().map(|read| read.as_ref().map_err(|_| ())),
        recovered: recovered.as_ref().map(|recovered| (recovered.serial, recovered.ranges.as_slice())),
        provisioned: &provisioned,
        before: before.as_ref(),
    });
    let full = std::io::Error::other;
    let refuse = |path: &Path, error: std::io::Error| {
        Failure::new(Exit::CannotCreate, format!("{} cannot be written: {error}", path.display()))
    };
    // The timer goes before the change does: a run that is cut off here is made up for.
    if applied.trial.is_some() {
        write_whole(&files.trial, b"", 0o644).map_err(|error| refuse(&files.trial, error))?;
    }
    let sets = |ranges: &[AdminRange], collector| Sets::new(ranges, &gateways, collector);
    let now = sets(&applied.in_force, &applied.collector);
    let change = before.as_ref().map(|before| now.change(&sets(&before.in_force, &before.collector)));
    match change.as_deref() {
        Some("") => {}
        Some(change) if run_nft(nft, change).is_ok() => {}
        // The first run, or the kernel holds something else than was thought.
        _ => run_nft(nft, &now.replace())?,
    }
    if before.as_ref() != Some(&applied) {
        if before.as_ref().is_none_or(|before| before.loaded != applied.loaded) {
            applied.loaded = boottime();
        }
        let bytes =
            serde_json::to_vec_pretty(&applied).map_err(|error| refuse(&files.applied, full(error)))?;
        write_whole(&files.applied, &bytes, 0o644).map_err(|error| refuse(&files.applied, error))?;
        log::info!("{}", told(&applied));
    }
    if applied.trial.is_none() {
        match std::fs::remove_file(&files.trial) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(refuse(&files.trial, error)),
            _ => {}
        }
    }
    let damaged = wanted.and_then(Result::err);
    if let Some(fault) = &damaged {
        log::error!("{} {}; what was confirmed before counts", files.wanted.display(), fault.wrong);
    }
    Ok(damaged)
}

fn told(applied: &Applied) -> String {
    let nets: Vec<_> = applied.in_force.iter().map(|range| range.net.to_string()).collect();
    let trial =
        applied.trial.map_or_else(String::new, |trial| format!(", on trial as change {}", trial.number));
    format!("the console may be reached from {}{trial}", nets.join(", "))
}

/// The bytes of a plain file. The folder may be the service's: nothing there is followed or waited for.
fn read(path: &Path) -> std::io::Result<Option<Vec<u8>>> {
    let opened =
        std::fs::OpenOptions::new().read(true).custom_flags(O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC).open(path);
    let file = match opened {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    if !file.metadata()?.is_file() {
        return Err(std::io::Error::other("not a plain file"));
    }
    let mut bytes = Vec::new();
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > MOST_BYTES) {
        return Err(std::io::Error::other("larger than 64 KiB"));
    }
    Ok(Some(bytes))
}
