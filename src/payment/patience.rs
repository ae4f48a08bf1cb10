//! When a gateway is asked again.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How often something was asked about, and when it is asked about again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Patience {
    /// Questions so far.
    pub asked: u32,
    /// Not before this.
    pub next: Timestamp,
}

impl Patience {
    /// What a fresh attempt is given before anyone asks: longer than both calls of a charge may take.
    pub const GRACE: SignedDuration = SignedDuration::from_secs(120);
    /// The first wait after an answer was lost; it doubles with each question.
    pub const FIRST: SignedDuration = SignedDuration::from_secs(1);
    /// What a shopper who was sent to the bank's page, or a call that somebody waits for, is given first.
    pub const ACTION: SignedDuration = SignedDuration::from_secs(30);
    /// The longest wait between two questions.
    pub const LONGEST: SignedDuration = SignedDuration::from_mins(10);
    /// Between two looks at an authorization that waits for its capture: the gateway may let it expire.
    pub const HELD: SignedDuration = SignedDuration::from_hours(6);

    /// For an attempt that has just begun.
    pub fn fresh(now: Timestamp) -> Self {
        Self::soon(now, Self::GRACE)
    }

    /// For one whose answer was just lost, or that was found after a restart.
    pub fn soon(now: Timestamp, wait: SignedDuration) -> Self {
        Self { asked: 0, next: later(now, wait) }
    }

    /// After one more question that brought no answer: 1, 2, 4 ... seconds, at most ten minutes.
    pub fn again(self, now: Timestamp) -> Self {
        Self { asked: self.asked.saturating_add(1), next: later(now, Self::wait(self.asked)) }
    }

    /// When it was last asked, for one whose answer was lost.
    pub fn last(self) -> Timestamp {
        let wait = self.asked.checked_sub(1).map_or(Self::FIRST, Self::wait);
        self.next.checked_sub(wait).unwrap_or(self.next)
    }

    fn wait(asked: u32) -> SignedDuration {
        let doubled = Self::FIRST.checked_mul(1 << asked.min(10)).unwrap_or(Self::LONGEST);
        doubled.min(Self::LONGEST)
    }

    /// Whether it is time. A wait that is longer than any comes from a clock that was set back.
    pub fn is_over(self, now: Timestamp) -> bool {
        self.next <= now || self.next > later(now, Self::HELD)
    }
}

fn later(now: Timestamp, wait: SignedDuration) -> Timestamp {
    now.checked_add(wait).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_never_pass_ten_minutes() {
        let now = Timestamp::UNIX_EPOCH;
        let mut patience = Patience::soon(now, Patience::FIRST);
        assert_eq!(patience.last(), now);
        let mut waits = Vec::new();
        for _ in 0..40 {
            patience = patience.again(now);
            assert_eq!(patience.last(), now);
            waits.push(patience.next.duration_since(now).as_secs());
        }
        assert_eq!(waits[..5], [1, 2, 4, 8, 16]);
        assert!(waits.iter().all(|wait| *wait <= 600) && waits.is_sorted());
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_put_a_question_off_for_ever() {
        let now = Timestamp::UNIX_EPOCH;
        let patience = Patience { asked: 3, next: now + SignedDuration::from_hours(12) };
        assert!(patience.is_over(now));
        assert!(!Patience::fresh(now).is_over(now));
    }
}
