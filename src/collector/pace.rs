//! How long is waited, and how much is taken at once.

use std::time::Duration;

use crate::base::Random;

/// The most records of one round: what is in memory at once, and what may be told twice after a fault.
pub const MOST_AT_ONCE: usize = 256;

/// The times of shipping; a test makes them shorter.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Between two looks for new records.
    pub look: Duration,
    /// For connection and handshake.
    pub connect: Duration,
    /// Until a message is taken by the connection, or an answer has come.
    pub answer: Duration,
    /// How long a round of syslog stays open for more records before it asks for its confirmation.
    pub round: Duration,
    /// Until a collector has confirmed the end of a round.
    pub confirm: Duration,
    /// The first wait after a fault.
    pub first_wait: Duration,
    /// The longest wait after a fault.
    pub longest_wait: Duration,
    /// The longest wait that a collector may ask for itself.
    pub longest_asked: Duration,
    /// Without any progress for so long, with something to ship, a collector is silent.
    pub silent: Duration,
}

impl Pace {
    /// What the service keeps to.
    pub const USUAL: Self = Self {
        look: Duration::from_secs(1),
        connect: Duration::from_secs(10),
        answer: Duration::from_secs(30),
        round: Duration::from_secs(60),
        confirm: Duration::from_secs(30),
        first_wait: Duration::from_secs(1),
        longest_wait: Duration::from_secs(60),
        longest_asked: Duration::from_secs(240),
        silent: Duration::from_secs(300),
    };

    /// The wait after `faults` faults in a row: doubling, within the bounds, and a random half of it less, so
    /// that many machines do not come back at the same moment.
    pub(super) fn wait(&self, faults: u32, random: &dyn Random) -> Duration {
        let doubled = self.first_wait.saturating_mul(1 << faults.saturating_sub(1).min(10));
        let whole = doubled.min(self.longest_wait);
        let mut bytes = [0; 2];
        random.fill(&mut bytes);
        let half = whole / 2;
        let share = half.saturating_mul(u32::from(u16::from_be_bytes(bytes))) / (u32::from(u16::MAX) + 1);
        (half + share).max(self.first_wait / 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::SeededRandom;

    #[test]
    fn waits_double_to_a_minute_and_differ() {
        let (pace, random) = (Pace::USUAL, SeededRandom::new(7));
        let mut seen = Vec::new();
        for faults in 1..40 {
            let wait = pace.wait(faults, &random);
            let whole = Duration::from_secs(1 << (faults - 1).min(6)).min(pace.longest_wait);
            assert!(wait >= whole / 2 && wait <= whole, "{faults}: {wait:?}");
            seen.push(wait);
        }
        seen.dedup();
        assert!(seen.len() > 30, "{seen:?}");
    }
}
