//! Wrong tries grow slower: per account and per source, across restarts.

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
/// Tries that cost no wait.
const FREE: u32 = 5;
/// The longest wait: 15 minutes, so that nobody can lock a person out for good.
pub const LONGEST_DELAY: SignedDuration = SignedDuration::from_mins(15);
/// Tries this old are forgotten.
pub const FORGOTTEN: SignedDuration = SignedDuration::from_hours(24);

/// The wrong tries under one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Throttle {
    /// Wrong tries since the last right one.
    pub wrong: u32,
    /// When the last of them was.
    pub last: Timestamp,
}

impl Throttle {
    /// How long to wait from `now`; zero if the next try may come. After five wrong tries 2 seconds,
    /// doubled with each further one, at most 15 minutes.
    pub fn wait(&self, now: Timestamp) -> SignedDuration {
        let Some(doublings) = self.wrong.checked_sub(FREE) else { return SignedDuration::ZERO };
        let delay = 2_i64.checked_shl(doublings.min(20)).unwrap_or(i64::MAX);
        let delay = SignedDuration::from_secs(delay).min(LONGEST_DELAY);
        let passed = now.duration_since(self.last);
        // A clock that was put back does not make anybody wait longer than the delay.
        delay.saturating_sub(passed.max(SignedDuration::ZERO)).max(SignedDuration::ZERO)
    }

    /// After one more wrong try.
    pub fn after_wrong(before: Option<Self>, now: Timestamp) -> Self {
        let fresh = before.filter(|before| now.duration_since(before.last) < FORGOTTEN);
        Self { wrong: fresh.map_or(0, |before| before.wrong).saturating_add(1), last: now }
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

    fn after(wrong: u32) -> i64 {
        Throttle { wrong, last: Timestamp::UNIX_EPOCH }.wait(Timestamp::UNIX_EPOCH).as_secs()
    }

    #[test]
    fn the_wait_doubles_and_ends_at_a_quarter_of_an_hour() {
        assert_eq!([after(0), after(4), after(5), after(6), after(7), after(13)], [0, 0, 2, 4, 8, 512]);
        assert_eq!([after(14), after(99), after(u32::MAX)], [900, 900, 900]);
    }

    #[test]
    fn waiting_helps_and_a_day_without_a_try_forgets() {
        let at = |seconds| Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds);
        let throttle = Throttle { wrong: 7, last: at(100) };
        assert_eq!(throttle.wait(at(105)).as_secs(), 3);
        assert_eq!(throttle.wait(at(108)).as_secs(), 0);
        assert_eq!(throttle.wait(at(0)).as_secs(), 8, "never longer than the delay");
        assert_eq!(Throttle::after_wrong(Some(throttle), at(200)).wrong, 8);
        assert_eq!(Throttle::after_wrong(Some(throttle), at(90_000)).wrong, 1);
    }

    #[test]
    fn a_source_is_an_address_or_a_network_and_an_account_is_a_hash() {
        assert_eq!(source_key("::ffff:192.0.2.1".parse().unwrap()), "source 192.0.2.1");
        assert_eq!(source_key("2001:db8::1".parse().unwrap()), source_key("2001:db8::ffff".parse().unwrap()));
        assert_eq!(account_key(" Ada@Example.com"), account_key("ada@example.com"));
        assert!(!account_key("ada@example.com").contains("ada"));
    }
}
