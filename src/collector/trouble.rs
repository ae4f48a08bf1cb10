//! What can go wrong on the way, in words for the console and the log. None of them holds a secret.

use std::time::Duration;

use super::record::line;

/// The most bytes of what a collector said.
const MOST_SAID: usize = 200;

/// Why a round was not confirmed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// No connection, no handshake, or a certificate that is not believed.
    #[error("not reached: {0}")]
    NotReached(String),
    /// The connection ended before the round was confirmed.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// The collector takes nothing, or does not confirm the end of the connection, in time.
    #[error("the collector does not take what it is sent in time")]
    Slow,
    /// The collector does not want it, now or at all.
    #[error("the collector answers {status}{}", after_colon(said))]
    Refused {
        /// The answer's status.
        status: u16,
        /// How long it asks to be left alone.
        wait: Option<Duration>,
        /// What it said, cut to one short line.
        said: String,
    },
    /// The collector cannot read this request; a smaller one may be better.
    #[error("the collector cannot take this batch: it answers {0}")]
    Unreadable(u16),
    /// The log could not be read, or its bookmark not be kept.
    #[error("the log cannot be read: {0}")]
    Log(String),
}

impl Trouble {
    pub(super) fn refused(status: u16, wait: Option<Duration>, said: &str) -> Self {
        Self::Refused { status, wait, said: line(said, MOST_SAID) }
    }

    pub(super) fn broken(error: &dyn std::fmt::Display) -> Self {
        Self::Broken(line(&error.to_string(), MOST_SAID))
    }

    /// How long the collector asks to be left alone.
    pub(super) fn asked(&self) -> Option<Duration> {
        match self {
            Self::Refused { wait, .. } => *wait,
            _ => None,
        }
    }

    /// Whether fewer records at once may help.
    pub(super) fn is_too_much(&self) -> bool {
        matches!(self, Self::Slow | Self::Unreadable(_) | Self::Broken(_))
    }
}

fn after_colon(said: &str) -> String {
    if said.is_empty() { String::new() } else { format!(": {said}") }
}
