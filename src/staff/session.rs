//! Sessions of the console.

use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::base::Token;
use crate::store::Table;

/// SHA-256 of the session's id to session: a copy of the table opens nothing.
pub const SESSIONS: Table<[u8; 32], Session> = Table::new("sessions", 1);

/// A session that rests this long has ended (15 minutes; PCI DSS 8.2.8).
pub const IDLE: SignedDuration = SignedDuration::from_mins(15);
/// No session is older than this (12 hours).
pub const LONGEST: SignedDuration = SignedDuration::from_hours(12);
/// A page that changes money, keys, staff or ranges opens within this time of the last second factor.
pub const PAGE_FRESH: SignedDuration = SignedDuration::from_mins(10);
/// Its form is taken within this time: who opened the page in time can fill it in.
pub const FORM_FRESH: SignedDuration = SignedDuration::from_mins(15);
/// A use within this time of the last one is not written down, so that reading pages does not mean
/// writing rows: a session may end up to this much earlier than [`IDLE`] says, never later.
const GRAIN: SignedDuration = SignedDuration::from_secs(30);
/// A clock that steps back further than this ends the session.
const BACK: SignedDuration = SignedDuration::from_secs(-60);

/// Somebody who is signed in.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Session {
    /// Who.
    pub person: Token,
    /// Since when.
    pub begun: Timestamp,
    /// When it was last used, give or take 30 seconds.
    pub used: Timestamp,
    /// When the second factor was last proved; `None` while there is none to prove.
    pub proved: Option<Timestamp>,
    /// Where it began.
    pub source: IpAddr,
}

impl Session {
    /// Whether it still holds.
    pub fn holds(&self, now: Timestamp) -> bool {
        let (age, rest) = (now.duration_since(self.begun), now.duration_since(self.used));
        age >= BACK && rest >= BACK && age < LONGEST && rest < IDLE
    }

    /// Whether the second factor was proved within `limit`.
    pub fn is_fresh(&self, now: Timestamp, limit: SignedDuration) -> bool {
        self.proved.is_some_and(|proved| {
            let age = now.duration_since(proved);
            age >= BACK && age < limit
        })
    }

    /// Whether its use now should be written down.
    pub fn is_stale(&self, now: Timestamp) -> bool {
        now.duration_since(self.used) >= GRAIN
    }
}

/// The key of a session's row.
pub fn session_key(id: Token) -> [u8; 32] {
    Sha256::digest(id.to_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes)
    }

    #[test]
    fn it_ends_after_rest_and_at_its_longest() {
        let source = "192.0.2.1".parse().unwrap();
        let session = |used| Session {
            person: Token::from_bytes([1; 16]),
            begun: at(0),
            used: at(used),
            proved: None,
            source,
        };
        assert!(session(0).holds(at(14)));
        assert!(!session(0).holds(at(15)));
        assert!(session(715).holds(at(719)));
        assert!(!session(719).holds(at(720)), "in use all the time, yet twelve hours old");
        assert!(!session(0).holds(at(-2)), "the clock was put back");
    }
}
