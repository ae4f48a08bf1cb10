//! Six wrong tries, then half an hour: per account and per source, across restarts.

use std::net::{IpAddr, Ipv6Addr};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::email_key;
use crate::store::Table;

/// [`account_key`] or [`source_key`] to tries.
pub const THROTTLES: Table<String, Throttle> = Table::new("throttles", 1);

/// The most rows: past it the oldest are forgotten first.
pub const MOST_THROTTLES: usize = 2000;
/// The wrong tries after which nobody is let in (PCI DSS 8.3.4 allows ten).
pub const MOST_WRONG: u32 = 6;
/// For how long (PCI DSS 8.3.4 asks for 30 minutes).
pub const LOCKED_FOR: SignedDuration = SignedDuration::from_mins(30);
/// Tries this old are forgotten.
pub const FORGOTTEN: SignedDuration = SignedDuration::from_hours(24);

/// The wrong tries under one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Throttle {
    /// Wrong tries since the last right one, or since the last lock was over.
    pub wrong: u32,
    /// When the last of them was.
    pub last: Timestamp,
}

impl Throttle {
    /// How long to wait from `now`; zero if the next try may come.
    pub fn wait(&self, now: Timestamp) -> SignedDuration {
        if self.wrong < MOST_WRONG {
            return SignedDuration::ZERO;
        }
        let passed = now.duration_since(self.last);
        // A clock that was put back does not make anybody wait longer than the lock.
        LOCKED_FOR.saturating_sub(passed.max(SignedDuration::ZERO)).max(SignedDuration::ZERO)
    }

    /// After one more wrong try.
    pub fn after_wrong(before: Option<Self>, now: Timestamp) -> Self {
        let counts = |before: &Self| {
            let passed = now.duration_since(before.last);
            passed < if before.wrong < MOST_WRONG { FORGOTTEN } else { LOCKED_FOR }
        };
        let wrong = before.filter(counts).map_or(0, |before| before.wrong);
        Self { wrong: wrong.saturating_add(1), last: now }
    }
}

/// The key of an account, whether it exists or not: a hash, because people type passwords into the wrong
/// field.
pub fn account_key(email: &str) -> String {
    let digest = Sha256::digest(email_key(email).as_bytes());
    let hex: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("account {hex}")
}

/// The key of a source: an IPv4 address, or an IPv6 /64.
pub fn source_key(source: IpAddr) -> String {
    match source.to_canonical() {
        IpAddr::V4(address) => format!("source {address}"),
        IpAddr::V6(address) => {
            let network = Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX));
            format!("source {network}/64")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes)
    }

    #[test]
    fn five_are_free_and_the_sixth_locks_for_half_an_hour() {
        let wait = |wrong, now| Throttle { wrong, last: at(100) }.wait(at(now)).as_mins();
        assert_eq!([wait(0, 100), wait(5, 100), wait(6, 100), wait(u32::MAX, 100)], [0, 0, 30, 30]);
        assert_eq!([wait(6, 129), wait(6, 130), wait(6, 999)], [1, 0, 0]);
        assert_eq!(wait(6, 0), 30, "a clock that was put back");
    }

    #[test]
    fn after_a_lock_and_after_a_day_the_count_begins_anew() {
        let wrong = |wrong, now| Throttle::after_wrong(Some(Throttle { wrong, last: at(0) }), at(now)).wrong;
        assert_eq!([wrong(5, 1), wrong(5, 1439), wrong(5, 1440)], [6, 6, 1]);
        assert_eq!([wrong(6, 29), wrong(6, 30)], [7, 1]);
        assert_eq!(Throttle::after_wrong(None, at(0)).wrong, 1);
    }

    #[test]
    fn a_source_is_an_address_or_a_network_and_an_account_is_a_hash() {
        assert_eq!(source_key("::ffff:192.0.2.1".parse().unwrap()), "source 192.0.2.1");
        assert_eq!(source_key("2001:db8::1".parse().unwrap()), source_key("2001:db8::ffff".parse().unwrap()));
        assert_eq!(account_key(" Ada@Example.com"), account_key("ada@example.com"));
        assert!(!account_key("ada@example.com").contains("ada"));
    }
}
