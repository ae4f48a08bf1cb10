//! An attempt to be paid: durable before each call to a gateway.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::base::{Money, Token};
use crate::store::Table;

/// The attempts of an order: (order number, attempt number from 1 up) to attempt.
pub const ATTEMPTS: Table<(u64, u64), Attempt> = Table::new("attempts", 1);
/// A form's nonce to the attempt that it began: how a form that is sent again is recognised.
pub const ATTEMPTS_OF_FORMS: Table<Token, (u64, u64)> = Table::new("attempts-of-forms", 1);
/// The attempts that are not final, and when their gateway is asked next. Written with [`ATTEMPTS`], in the
/// same transaction, so that no attempt is forgotten.
pub const UNSETTLED: Table<(u64, u64), Patience> = Table::new("unsettled-attempts", 1);

/// Where an attempt stands. Only `Captured` and `Declined` are final.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum AttemptState {
    /// Written down; nothing was sent yet, or only the empty payment was made at the gateway.
    Created,
    /// The card is on its way, or was when the power went. Ask the gateway, never send again.
    Sending,
    /// Paid.
    Captured {
        /// `Visa`, `Mastercard`.
        brand: String,
        /// The last four digits.
        last_four: String,
    },
    /// Refused; no money moved.
    Declined {
        /// Why, as far as the shopper may know.
        reason: DeclineReason,
    },
    /// The gateway's answer was lost. It is asked until it tells.
    Unknown,
    /// The gateway tells of another amount, currency or order than was asked for. Nothing ships and nothing
    /// is tried anew until a person has looked, or the gateway tells otherwise.
    Mismatch,
}

/// How often an unsettled attempt was asked about, and when it is asked about again.
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
    /// The longest wait between two questions.
    pub const LONGEST: SignedDuration = SignedDuration::from_mins(10);

    /// For an attempt that has just begun.
    pub fn fresh(now: Timestamp) -> Self {
        Self { asked: 0, next: later(now, Self::GRACE) }
    }

    /// For an attempt whose answer was just lost, or that was found after a restart.
    pub fn soon(now: Timestamp, wait: SignedDuration) -> Self {
        Self { asked: 0, next: later(now, wait) }
    }

    /// After one more question that brought no answer: 1, 2, 4 ... seconds, at most ten minutes.
    pub fn again(self, now: Timestamp) -> Self {
        let doubled = Self::FIRST.checked_mul(1 << self.asked.min(10)).unwrap_or(Self::LONGEST);
        Self { asked: self.asked.saturating_add(1), next: later(now, doubled.min(Self::LONGEST)) }
    }

    /// Whether it is time. A wait that is longer than any comes from a clock that was set back.
    pub fn is_over(self, now: Timestamp) -> bool {
        self.next <= now || self.next > later(now, Self::LONGEST)
    }
}

fn later(now: Timestamp, wait: SignedDuration) -> Timestamp {
    now.checked_add(wait).unwrap_or(now)
}

/// What a shopper is told about a refusal: enough to help, nothing that helps a thief.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeclineReason {
    /// The bank said no without saying why.
    Declined,
    /// Not enough money on the account.
    InsufficientFunds,
    /// The card has expired.
    ExpiredCard,
    /// The security code does not match.
    WrongCode,
    /// Not a number that the gateway takes.
    WrongNumber,
    /// The bank wants to ask its customer first, which this shop cannot do yet.
    NeedsAuthentication,
    /// The gateway could not process it now; nothing was charged.
    TryAgain,
    /// The test gateway takes test cards only.
    TestCardsOnly,
}

impl DeclineReason {
    /// The Fluent key of what the shopper reads.
    pub fn key(self) -> &'static str {
        match self {
            Self::Declined => "decline-declined",
            Self::InsufficientFunds => "decline-insufficient-funds",
            Self::ExpiredCard => "decline-expired-card",
            Self::WrongCode => "decline-wrong-code",
            Self::WrongNumber => "decline-wrong-number",
            Self::NeedsAuthentication => "decline-needs-authentication",
            Self::TryAgain => "decline-try-again",
            Self::TestCardsOnly => "decline-test-cards-only",
        }
    }
}

/// One attempt to be paid for one order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// The order's number.
    pub order: u64,
    /// From 1 up within the order.
    pub number: u64,
    /// The key under which the gateway recognises a repeat; random, one per attempt.
    pub key: Token,
    /// The nonce of the form that began it.
    pub nonce: Token,
    /// What is to be paid.
    pub amount: Money,
    /// `test` or `stripe`.
    pub gateway: String,
    /// The gateway's name for the payment, durable before the card is sent.
    pub reference: Option<String>,
    /// Where it stands.
    pub state: AttemptState,
    /// When it began.
    pub begun: Timestamp,
    /// When its state last changed.
    pub changed: Timestamp,
}

impl AttemptState {
    /// Whether nothing will change any more.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Captured { .. } | Self::Declined { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_never_pass_ten_minutes() {
        let now = Timestamp::UNIX_EPOCH;
        let mut patience = Patience::soon(now, Patience::FIRST);
        let mut waits = Vec::new();
        for _ in 0..40 {
            patience = patience.again(now);
            waits.push(patience.next.duration_since(now).as_secs());
        }
        assert_eq!(waits[..5], [1, 2, 4, 8, 16]);
        assert!(waits.iter().all(|wait| *wait <= 600) && waits.is_sorted());
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_put_a_question_off_for_ever() {
        let now = Timestamp::UNIX_EPOCH;
        let patience = Patience { asked: 3, next: now + SignedDuration::from_hours(5) };
        assert!(patience.is_over(now));
        assert!(!Patience::fresh(now).is_over(now));
    }
}
