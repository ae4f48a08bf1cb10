//! Everything that the screen knows, read anew at each look.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use crate::config::{AdminRange, Settings};
use crate::machine::problems::one_line;
use crate::machine::{FirewallState, Places, Problem, RangeFiles, Status};

/// A service that has not written for so long has stopped: four beats and a little.
const SILENCE: Duration = Duration::from_secs(90);
const MOST_BYTES: u64 = 64 * 1024;

/// What is shown.
#[derive(Debug, Clone, Default)]
pub(super) struct View {
    pub(super) version: String,
    pub(super) profile: String,
    pub(super) hostname: String,
    /// Ranges and whose they are.
    pub(super) allowed: Vec<(String, String)>,
    /// What the service says; `None` before it has started.
    pub(super) status: Option<Status>,
    /// The machine's problems, then the service's.
    pub(super) problems: Vec<Problem>,
}

impl View {
    /// Whether the shop is open and the service alive.
    pub(super) fn ready(&self) -> bool {
        self.status.as_ref().is_some_and(|status| status.ready)
    }
}

pub(super) struct Viewer {
    version: String,
    profile: String,
    places: Places,
    status: PathBuf,
    ranges: RangeFiles,
    /// When the service's file was last seen to change. Counted by a clock that never steps.
    beat: Option<(SystemTime, Instant)>,
}

impl Viewer {
    pub(super) fn new(settings: &Settings, places: &Places) -> Self {
        Self {
            version: settings.version.clone(),
            profile: settings.profile.to_string(),
            places: places.clone(),
            status: settings.paths.status(),
            ranges: RangeFiles::new(settings, &places.firewall()),
            beat: None,
        }
    }

    pub(super) fn look(&mut self) -> View {
        let mut problems = self.places.problems().all();
        let mut status = self.status();
        if let Some(status) = &mut status {
            let silent = self.silent();
            status.ready &= !silent;
            if silent && status.problems.is_empty() {
                problems.push(Problem::new(
                    "the shop's service does not answer",
                    "wait a minute; if this stays, start the machine again",
                ));
            }
            // A service that could not start has said why in its last words.
            problems.append(&mut status.problems);
        }
        let allowed = self.allowed();
        View {
            version: self.version.clone(),
            profile: self.profile.clone(),
            hostname: read(&self.places.hostname).map(|text| one_line(&text)).unwrap_or_default(),
            allowed,
            status,
            problems,
        }
    }

    /// The ranges in force, with what the service calls them made safe to show.
    fn allowed(&self) -> Vec<(String, String)> {
        if let Some(applied) = self.ranges.applied() {
            let trial = applied.trial.is_some();
            let named = |range: AdminRange| {
                let name = one_line(range.name.as_str());
                (range.net.to_string(), if trial { format!("{name} (on trial)") } else { name })
            };
            return applied.in_force.into_iter().map(named).collect();
        }
        let firewall = FirewallState::load(&self.places.firewall());
        firewall.map(|state| state.admin.into_iter().collect()).unwrap_or_default()
    }

    /// What the service says, made safe to show: it faces strangers, and a terminal obeys.
    fn status(&self) -> Option<Status> {
        let mut status: Status = serde_json::from_str(&read(&self.status)?).ok()?;
        for address in status.storefront.iter_mut().chain(&mut status.console) {
            *address = one_line(address);
        }
        status.storefront.truncate(4);
        status.console.truncate(4);
        status.health.truncate(8);
        status.problems.truncate(100);
        for health in &mut status.health {
            *health = super::super::Health { part: one_line(&health.part), state: one_line(&health.state) };
        }
        for problem in &mut status.problems {
            *problem = Problem::new(&problem.wrong, &problem.cure);
        }
        status.console_fingerprint = status.console_fingerprint.map(|text| one_line(&text));
        if let Some(code) = &mut status.setup_code {
            code.0 = one_line(&code.0);
        }
        Some(status)
    }

    /// Whether the service's file has stayed as it is for too long.
    fn silent(&mut self) -> bool {
        let Ok(written) = std::fs::metadata(&self.status).and_then(|file| file.modified()) else {
            return false;
        };
        match self.beat {
            Some((seen, since)) if seen == written => since.elapsed() > SILENCE,
            _ => {
                self.beat = Some((written, Instant::now()));
                false
            }
        }
    }
}

fn read(path: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    std::fs::File::open(path).ok()?.take(MOST_BYTES).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}
