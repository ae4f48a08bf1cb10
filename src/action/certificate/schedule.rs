//! When an authority is asked, and when somebody is told. Pure rules.

use jiff::{SignedDuration, Timestamp};

use super::row::{Failed, Origin, Told};
use crate::base::Random;

/// After the first failure.
pub const FIRST_PAUSE: SignedDuration = SignedDuration::from_hours(1);
/// After many, and whenever the authority says that it is asked too often.
pub const LONGEST_PAUSE: SignedDuration = SignedDuration::from_hours(24);
/// Before somebody may ask again by hand.
pub const RETRY_PAUSE: SignedDuration = SignedDuration::from_secs(60);
/// How long before its end a certificate that nobody has renewed is an alarm; less for short ones.
pub const ALARM_BEFORE: SignedDuration = SignedDuration::from_hours(14 * 24);
/// Between a certificate and the next one for the same name, whatever its dates say.
const LEAST_PAUSE: SignedDuration = SignedDuration::from_hours(6);
/// Spread, so that many machines do not ask at the same moment.
const SPREAD: SignedDuration = SignedDuration::from_mins(10);

/// When the next one is asked for: at two thirds of its life, and up to a twenty-fourth of it later.
pub(super) fn renewal((begins, ends): (Timestamp, Timestamp), now: Timestamp, draw: Draw) -> Timestamp {
    let life = ends.as_second().saturating_sub(begins.as_second()).max(0);
    let third = life.checked_div(3).unwrap_or(0);
    let spread = draw.up_to(life.checked_div(24).unwrap_or(0));
    let at = begins.as_second().saturating_add(third.saturating_mul(2)).saturating_add(spread);
    let at = Timestamp::from_second(at).unwrap_or(now);
    now.checked_add(LEAST_PAUSE).map_or(at, |least| at.max(least))
}

/// When it is tried again after `tries` failures in a row, of which the last was just now.
pub(super) fn after_failure(tries: u32, too_often: bool, now: Timestamp, draw: Draw) -> Timestamp {
    let doubled = FIRST_PAUSE.checked_mul(1 << tries.saturating_sub(1).min(10)).unwrap_or(LONGEST_PAUSE);
    let pause = if too_often { LONGEST_PAUSE } else { doubled.min(LONGEST_PAUSE) };
    let spread = SignedDuration::from_secs(draw.up_to(SPREAD.as_secs()));
    now.checked_add(pause).and_then(|at| at.checked_add(spread)).unwrap_or(now)
}

/// Which alarm is due for a certificate that is in place.
pub(super) fn alarm(
    origin: &Origin,
    (begins, ends): (Timestamp, Timestamp),
    failed: Option<&Failed>,
    now: Timestamp,
) -> Option<Told> {
    if now >= ends {
        return Some(Told::Over);
    }
    let life = ends.duration_since(begins);
    let before = life.checked_div(6).unwrap_or(ALARM_BEFORE).min(ALARM_BEFORE);
    let soon = ends.checked_sub(before).is_ok_and(|soon| now >= soon);
    // What renews itself and has not failed needs nobody.
    let alone = matches!(origin, Origin::Uploaded) || failed.is_some();
    (soon && alone).then_some(Told::Soon)
}

/// A random number, drawn before a transaction that may run again.
#[derive(Debug, Clone, Copy)]
pub(super) struct Draw(u32);

impl Draw {
    pub(super) fn new(random: &dyn Random) -> Self {
        let mut bytes = [0; 4];
        random.fill(&mut bytes);
        Self(u32::from_be_bytes(bytes))
    }

    /// From 0 to `most`, not quite evenly: good enough to spread.
    fn up_to(self, most: i64) -> i64 {
        i64::from(self.0).checked_rem(most.saturating_add(1)).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::certificate::Authority;
    use crate::base::SeededRandom;
    use crate::tls::acme::{AcmeError, Check};

    const DAY: i64 = 86_400;

    fn at(day: i64) -> Timestamp {
        Timestamp::from_second(1_795_000_000 + day * DAY).unwrap()
    }

    fn draw(seed: u64) -> Draw {
        Draw::new(&SeededRandom::new(seed))
    }

    fn days(from: Timestamp, to: Timestamp) -> i64 {
        (to.as_second() - from.as_second()) / DAY
    }

    #[test]
    fn the_next_one_is_asked_for_at_two_thirds_of_its_life() {
        for seed in 0..50 {
            let next = renewal((at(0), at(90)), at(1), draw(seed));
            assert!((60..=63).contains(&days(at(0), next)), "{next}");
            let short = renewal((at(0), at(6)), at(0), draw(seed));
            assert!((4..=4).contains(&days(at(0), short)), "{short}");
        }
        let late = renewal((at(0), at(90)), at(89), draw(1));
        assert_eq!(late, at(89) + LEAST_PAUSE, "never at once again");
    }

    #[test]
    fn failures_are_followed_by_longer_and_longer_pauses_up_to_a_day() {
        let hours = |tries, too_often| {
            let next = after_failure(tries, too_often, at(0), draw(u64::from(tries)));
            let pause = next.duration_since(at(0));
            assert!(pause.as_secs() % 3600 <= SPREAD.as_secs());
            pause.as_hours()
        };
        assert_eq!([1, 2, 3, 4, 5, 6, 7, 99].map(|tries| hours(tries, false)), [1, 2, 4, 8, 16, 24, 24, 24]);
        assert_eq!(hours(1, true), 24);
    }

    #[test]
    fn somebody_is_told_a_fortnight_before_the_end_if_nobody_renews_it_and_again_at_the_end() {
        let asked = Origin::Asked { authority: Authority::LetsEncrypt, check: Check::Http };
        let failed = Failed { at: at(60), why: AcmeError::Slow };
        let life = (at(0), at(90));
        assert_eq!(alarm(&Origin::Uploaded, life, None, at(75)), None);
        assert_eq!(alarm(&Origin::Uploaded, life, None, at(76)), Some(Told::Soon));
        assert_eq!(alarm(&asked, life, None, at(89)), None, "its renewal is on its way");
        assert_eq!(alarm(&asked, life, Some(&failed), at(75)), None);
        assert_eq!(alarm(&asked, life, Some(&failed), at(76)), Some(Told::Soon));
        assert_eq!(alarm(&asked, life, None, at(90)), Some(Told::Over));
        let week = (at(0), at(6));
        assert_eq!(alarm(&asked, week, Some(&failed), at(4)), None, "a short one has no fortnight");
        assert_eq!(alarm(&asked, week, Some(&failed), at(5)), Some(Told::Soon));
    }
}
