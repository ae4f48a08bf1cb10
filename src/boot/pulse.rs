//! While the shop runs: what systemd and the machine's screen are told, and when.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::action::{App, ShownCode, is_set_up, issue_setup_code};
use crate::alarm;
use crate::config::{Network, Ports, Settings};
use crate::machine::{self, BEAT, Health, Problem, SetupCode, Status, StatusFile, Tell};
use crate::store::StoreError;
use crate::tls::Certificates;

/// How often addresses and the set-up code are looked at.
const LOOK: Duration = Duration::from_secs(3);

/// Tells how the service is, for as long as it runs.
pub(super) struct Pulse {
    app: Arc<App>,
    file: StatusFile,
    ports: Ports,
    console: Certificates,
    network: Option<Network>,
}

impl Pulse {
    /// Writes the first status: ready, with the set-up code if there is one.
    pub(super) fn begin(
        app: &Arc<App>,
        settings: &Settings,
        network: Option<Network>,
        (ports, console): (Ports, Certificates),
        code: Option<ShownCode>,
    ) -> Self {
        let good = |part: &str| Health { part: part.to_owned(), state: "good".to_owned() };
        let status = Status {
            version: settings.version.clone(),
            profile: settings.profile.to_string(),
            console_fingerprint: Some(console.fingerprint()),
            health: vec![good("TPM"), good("store")],
            ready: true,
            ..Status::default()
        };
        let file = StatusFile::new(settings.paths.status(), status);
        let pulse = Self { app: Arc::clone(app), file, ports, console, network };
        pulse.show_addresses();
        pulse.show_alarms();
        if let Some(code) = code {
            pulse.show_code(code);
        }
        pulse
    }

    /// Beats until it is aborted.
    pub(super) async fn keep(self) {
        let alive_every = machine::alive_every();
        let (mut beaten, mut told) = (Instant::now(), None::<Instant>);
        loop {
            if alive_every.is_some_and(|every| told.is_none_or(|told| told.elapsed() >= every)) {
                // Only a shop that can read its own settings is alive: otherwise the watchdog restarts it.
                if self.app.settings().is_ok() {
                    machine::tell(&Tell::Alive);
                    told = Some(Instant::now());
                }
            }
            tokio::time::sleep(LOOK).await;
            self.show_addresses();
            self.show_alarms();
            self.show_fingerprint();
            if let Err(error) = self.look_after_code().await {
                log::error!(target: "boot", "the set-up code cannot be renewed: {error}");
            }
            if beaten.elapsed() >= BEAT {
                self.file.beat();
                beaten = Instant::now();
            }
        }
    }

    async fn look_after_code(&self) -> Result<(), StoreError> {
        if let Some(code) = issue_setup_code(&self.app, false).await? {
            self.show_code(code);
        } else if self.app.store().read(|view| is_set_up(view))? {
            self.file.update(|status| {
                status.setup_code = None;
                status.setup_code_until = None;
            });
        }
        Ok(())
    }

    fn show_code(&self, code: ShownCode) {
        self.file.update(|status| {
            status.setup_code = Some(SetupCode(code.code));
            status.setup_code_until = Some(code.until);
        });
    }

    fn show_alarms(&self) {
        match self.app.store().read(|view| alarm::open(view)) {
            Ok(open) => self.file.update(|status| status.problems = alarms(open.len()).into_iter().collect()),
            Err(error) => log::error!(target: "boot", "the alarms cannot be read: {error}"),
        }
    }

    /// The console's certificate may be replaced while it serves.
    fn show_fingerprint(&self) {
        let fingerprint = self.console.fingerprint();
        self.file.update(|status| status.console_fingerprint = Some(fingerprint));
    }

    fn show_addresses(&self) {
        let addresses = machine::own_addresses(self.network.as_ref());
        let at = |port: u16, usual: u16| {
            let port = if port == usual { String::new() } else { format!(":{port}") };
            let place = move |address: &IpAddr| match address {
                IpAddr::V4(address) => format!("https://{address}{port}/"),
                IpAddr::V6(address) => format!("https://[{address}]{port}/"),
            };
            addresses.iter().map(place).collect::<Vec<_>>()
        };
        self.file.update(|status| {
            status.storefront = at(self.ports.storefront, 443);
            status.console = at(self.ports.console, 443);
        });
    }
}

/// The line of the open alarms, if there are any. What they are about is for the console alone.
fn alarms(open: usize) -> Option<Problem> {
    let wrong = match open {
        0 => return None,
        1 => "1 alarm of the shop is open".to_owned(),
        more => format!("{more} alarms of the shop are open"),
    };
    Some(Problem::new(&wrong, "sign in to the console and look under Alarms"))
}

/// Leaves the reason on the machine's screen when the service cannot run.
pub(super) fn last_words(settings: &Settings, error: &dyn std::fmt::Display) {
    let text = error.to_string();
    let (wrong, cure) = text.split_once("; ").unwrap_or((&text, "see the journal"));
    let status = Status {
        version: settings.version.clone(),
        profile: settings.profile.to_string(),
        problems: vec![Problem { wrong: wrong.to_owned(), cure: cure.to_owned() }],
        ..Status::default()
    };
    StatusFile::new(settings.paths.status(), status);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_screen_tells_how_many_alarms_are_open_and_where_to_go() {
        let line = |open| alarms(open).map(|problem| problem.to_string());
        assert_eq!(line(0), None);
        let cure = "sign in to the console and look under Alarms";
        assert_eq!(line(1).unwrap(), format!("1 alarm of the shop is open | {cure}"));
        assert_eq!(line(3).unwrap(), format!("3 alarms of the shop are open | {cure}"));
    }
}
