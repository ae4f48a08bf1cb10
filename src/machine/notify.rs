//! What the service tells systemd (sd_notify(3)). Without systemd nothing is told and nothing fails.

use std::time::Duration;

use sd_notify::NotifyState;

use super::problems::one_line;

/// What the service tells systemd.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tell {
    /// The doors are open.
    Ready,
    /// What it is doing, in one line.
    Status(String),
    /// It is ending.
    Stopping,
    /// It is alive.
    Alive,
}

/// Tells systemd; a refusal is logged.
pub fn tell(what: &Tell) {
    let line;
    let state = match what {
        Tell::Ready => NotifyState::Ready,
        Tell::Status(text) => {
            line = one_line(text);
            NotifyState::Status(&line)
        }
        Tell::Stopping => NotifyState::Stopping,
        Tell::Alive => NotifyState::Watchdog,
    };
    if let Err(error) = sd_notify::notify(&[state]) {
        log::warn!("systemd cannot be told: {error}");
    }
}

/// How often systemd wants to hear [`Tell::Alive`]: a third of its watchdog's time; `None` if it has none.
pub fn alive_every() -> Option<Duration> {
    sd_notify::watchdog_enabled().map(|time| time / 3)
}
