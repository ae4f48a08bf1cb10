//! The defence against card testing: who may try to pay, and how soon.
//!
//! Owns counters of the last 15 to 30 minutes, in memory alone: tries, declines and payments per source range
//! (IPv4 /24, IPv6 /56), per card and in the whole shop. A card is known by where its HMAC-SHA-256 points to
//! under a random key of this process; key and counters die together, so that a fingerprint is good for
//! minutes and for nobody else. Nothing here is stored, logged or printed (no Debug), and time and randomness
//! come from the caller.
//!
//! Invariants, shown by the tests:
//! - In any 15 minutes a range is let through at most [`RANGE_TRIES`] times and a card [`CARD_TRIES`] times,
//!   with at most [`RANGE_FAILURES`] and [`CARD_FAILURES`] of them declined by the bank at once, and at most
//!   [`RANGE_UNPAID`] and [`CARD_UNPAID`] of them without money, whatever else became of them.
//! - A try that is under way counts as a failure until it ends, so that many at once gain nothing.
//! - A refused try counts for nothing: whoever waits is let through, and nobody is kept out by others' clicks.
//! - The size is fixed, and no flood of other keys makes anybody forgotten (`sketch.rs`).
//! - A clock that is set back stops the window for that time and undoes nothing.

mod half;
mod limits;
mod sketch;

use std::collections::BTreeMap;
use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};

use super::Card;
use crate::base::Random;
use half::{Half, Known, Places};
use limits::{
    CARD_FAILURES, CARD_TRIES, CARD_UNPAID, DELAY_TESTING, HALF, MOST_UNDER_WAY, RANGE_FAILURES,
    RANGE_FAILURES_TESTING, RANGE_TRIES, RANGE_UNPAID, RETRY_SOON, SHOP_DECLINES, SHOP_DECLINES_OVER,
    SHOP_SHARE, SHOP_SHARE_OVER, delay,
};
use sketch::{Key, Standing};

/// A try that may go on and is counted. To be handed back: to [`Velocity::begun`] or [`Velocity::withdraw`].
#[must_use]
pub struct Pass {
    /// To be waited before the gateway is called: zero to [`limits::LONGEST_DELAY`].
    pub delay: SignedDuration,
    /// `None` while nothing is counted.
    counted: Option<UnderWay>,
}

/// A try that may not go on. It is not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// When a new try may fare better; at most twice [`HALF`].
    pub retry_after: SignedDuration,
}

/// How a try ended, or that it went elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The bank said yes.
    Paid,
    /// The bank said no.
    Declined,
    /// It ended without a word of the bank: given up, not processed.
    Silent,
    /// It goes on out of our hands: the shopper is at the bank's page, or the answer was lost. Its end may be
    /// told later.
    Away,
}

/// Card testing has begun: said once, until it is over and begins again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Episode {
    /// Declined lately.
    pub declined: u32,
    /// Paid lately.
    pub paid: u32,
}

/// Somebody who wants to try: where the try is counted, in the half before, the present one and the next, so
/// that a turn of the halves between knock and admission loses nothing. No Debug.
#[derive(Clone, Copy)]
pub struct Knock {
    half: u64,
    before: Places,
    present: Places,
    next: Places,
}

/// A try that was let through and has not ended.
#[derive(Clone, Copy)]
struct UnderWay {
    half: u64,
    places: Places,
    standing: Standing,
}

/// The counters of one process.
pub struct Velocity {
    /// Time that has passed, as far as the clock went forward.
    age: SignedDuration,
    last: Timestamp,
    /// The present half's number, and the age at which it began.
    half: u64,
    began: SignedDuration,
    before: Half,
    present: Half,
    next: Key,
    under_way: BTreeMap<(u64, u64), UnderWay>,
    testing: bool,
    lifted: bool,
}

impl Velocity {
    /// Nothing is known yet.
    pub fn new(now: Timestamp, random: &dyn Random) -> Self {
        Self {
            age: SignedDuration::ZERO,
            last: now,
            half: 1,
            began: SignedDuration::ZERO,
            before: Half::new(Key::random(random)),
            present: Half::new(Key::random(random)),
            next: Key::random(random),
            under_way: BTreeMap::new(),
            testing: false,
            lifted: false,
        }
    }

    /// Lets everyone through from now on. For load on a development machine alone.
    pub fn lift(&mut self) {
        self.lifted = true;
    }

    /// Whether card testing is under way.
    pub fn is_testing(&self) -> bool {
        self.testing
    }

    /// Somebody at `source` wants to pay, with `card` if it is typed into our page. Counts nothing yet.
    pub fn knock(
        &mut self,
        now: Timestamp,
        random: &dyn Random,
        source: IpAddr,
        card: Option<&Card>,
    ) -> Knock {
        self.turn(now, random);
        Knock {
            half: self.half,
            before: self.before.key.places(source, card),
            present: self.present.key.places(source, card),
            next: self.next.places(source, card),
        }
    }

    /// Decides about a try that is really a new one.
    pub fn admit(&mut self, knock: &Knock) -> Result<Pass, Refused> {
        if self.lifted {
            return Ok(Pass { delay: SignedDuration::ZERO, counted: None });
        }
        let Some((before, present)) = self.places(knock) else {
            return Err(Refused { retry_after: RETRY_SOON });
        };
        let (old, new) = (self.before.known(before), self.present.known(present));
        let known = old.and(new);
        if !self.lets_through(known) {
            return Err(Refused { retry_after: self.retry_after(known, new) });
        }
        self.present.change(present, |tally| {
            tally.tries = tally.tries.saturating_add(1);
            tally.open = tally.open.saturating_add(1);
        });
        let counted = UnderWay { half: self.half, places: present, standing: Standing::Open };
        Ok(Pass { delay: self.delay(known), counted: Some(counted) })
    }

    /// Nothing came of the try: it is as if it had not been.
    pub fn withdraw(&mut self, pass: Pass) {
        let Some(counted) = pass.counted else { return };
        if let Some(half) = self.half_of(&counted) {
            half.change(counted.places, |tally| {
                tally.tries = tally.tries.saturating_sub(1);
                tally.open = tally.open.saturating_sub(1);
            });
        }
    }

    /// The try is this attempt (order, number) from now on.
    pub fn begun(&mut self, pass: Pass, attempt: (u64, u64)) {
        let Some(counted) = pass.counted else { return };
        let full = self.under_way.len() >= MOST_UNDER_WAY;
        self.under_way.insert(attempt, counted);
        if full {
            // Its end could not be waited for, so the worst is believed now.
            self.end(attempt, Ending::Declined);
        }
    }

    /// How an attempt ended. What was not begun here, or longer ago than is remembered, is ignored. Returns
    /// the episode that this has begun, if it has.
    pub fn note(
        &mut self,
        now: Timestamp,
        random: &dyn Random,
        attempt: (u64, u64),
        ending: Ending,
    ) -> Option<Episode> {
        self.turn(now, random);
        self.end(attempt, ending);
        if self.testing || !self.shows(SHOP_DECLINES, SHOP_SHARE) {
            return None;
        }
        self.testing = true;
        let (declined, paid) = self.answered();
        Some(Episode { declined, paid })
    }

    /// Lets time pass, so that what is old goes even while nobody comes. Only forwards: a clock that is set
    /// back neither forgets nor keeps for ever.
    pub fn turn(&mut self, now: Timestamp, random: &dyn Random) {
        let passed = now.duration_since(self.last).max(SignedDuration::ZERO);
        self.age = self.age.saturating_add(passed);
        self.last = now;
        for _ in 0..2 {
            if self.age.saturating_sub(self.began) < HALF {
                break;
            }
            let key = std::mem::replace(&mut self.next, Key::random(random));
            self.before = std::mem::replace(&mut self.present, Half::new(key));
            self.half = self.half.saturating_add(1);
            self.began = self.began.saturating_add(HALF);
            let oldest = self.half.saturating_sub(1);
            self.under_way.retain(|_, counted| counted.half >= oldest);
        }
        if self.age.saturating_sub(self.began) >= HALF {
            // Both halves are new: the rest of a long silence passes at once.
            self.began = self.age;
        }
        self.testing = self.testing && self.shows(SHOP_DECLINES_OVER, SHOP_SHARE_OVER);
    }

    fn end(&mut self, attempt: (u64, u64), ending: Ending) {
        let Some(mut counted) = self.under_way.remove(&attempt) else { return };
        let before = counted.standing;
        counted.standing = match ending {
            Ending::Paid => Standing::Paid,
            Ending::Declined => Standing::Declined,
            Ending::Silent | Ending::Away => Standing::Silent,
        };
        let Some(half) = self.half_of(&counted) else { return };
        half.change(counted.places, |tally| {
            let was = tally.of(before);
            *was = was.saturating_sub(1);
            let is = tally.of(counted.standing);
            *is = is.saturating_add(1);
        });
        match ending {
            Ending::Paid => half.paid = half.paid.saturating_add(1),
            Ending::Declined => half.declined = half.declined.saturating_add(1),
            Ending::Silent => {}
            Ending::Away => {
                self.under_way.insert(attempt, counted);
            }
        }
    }

    /// The half that a try is counted in, while there is one.
    fn half_of(&mut self, counted: &UnderWay) -> Option<&mut Half> {
        match self.half.checked_sub(counted.half)? {
            0 => Some(&mut self.present),
            1 => Some(&mut self.before),
            _ => None,
        }
    }

    /// The places of a knock in the half before and the present one; `None` if it is of another age.
    fn places(&self, knock: &Knock) -> Option<(Places, Places)> {
        match self.half.checked_sub(knock.half)? {
            0 => Some((knock.before, knock.present)),
            1 => Some((knock.present, knock.next)),
            _ => None,
        }
    }

    fn lets_through(&self, known: Known) -> bool {
        let Known { range, card } = known;
        let failures = if self.testing {
            RANGE_FAILURES_TESTING.saturating_add(range.paid / 2).min(RANGE_FAILURES)
        } else {
            RANGE_FAILURES
        };
        card.tries < CARD_TRIES
            && card.failures() < CARD_FAILURES
            && card.unpaid() < CARD_UNPAID
            && range.tries < RANGE_TRIES
            && range.failures() < failures
            && range.unpaid() < RANGE_UNPAID
    }

    fn delay(&self, known: Known) -> SignedDuration {
        // Where people pay, a decline now and then is what declines are.
        let range = known.range.declined.saturating_sub(known.range.paid / 2);
        let delay = delay(known.card.failures()).max(delay(range));
        if self.testing { delay.max(DELAY_TESTING) } else { delay }
    }

    /// When enough will have been forgotten.
    fn retry_after(&self, known: Known, new: Known) -> SignedDuration {
        if self.lets_through(known.at_rest()) {
            return RETRY_SOON;
        }
        let turn = self.began.saturating_add(HALF).saturating_sub(self.age);
        if self.lets_through(new.at_rest()) { turn } else { turn.saturating_add(HALF) }
    }

    /// Declined and paid lately, in the whole shop.
    fn answered(&self) -> (u32, u32) {
        let Self { before, present, .. } = self;
        (before.declined.saturating_add(present.declined), before.paid.saturating_add(present.paid))
    }

    /// Whether so many were declined lately, and such a share in percent of all that was answered.
    fn shows(&self, declines: u32, share: u32) -> bool {
        let (declined, paid) = self.answered();
        let (declined, paid) = (u64::from(declined), u64::from(paid));
        declined >= u64::from(declines)
            && declined.saturating_mul(100) >= declined.saturating_add(paid).saturating_mul(u64::from(share))
    }
}

#[cfg(test)]
mod tests;
