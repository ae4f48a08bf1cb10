//! Money that goes back: durable before the gateway hears of it, like an attempt.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Patience;
use super::gateway::RefundOutcome;
use crate::base::{Line, Money, Token};
use crate::store::Table;

/// The refunds of an order: (order number, refund number from 1 up) to refund.
pub const REFUNDS: Table<(u64, u64), Refund> = Table::new("refunds", 1);
/// A form's nonce to the refund that it began.
pub const REFUNDS_OF_FORMS: Table<Token, (u64, u64)> = Table::new("refunds-of-forms", 1);
/// A refund's key to the refund, for the gateway's notices.
pub const REFUNDS_OF_KEYS: Table<Token, (u64, u64)> = Table::new("refunds-of-keys", 1);
/// The refunds that are not over, and when their gateway is asked next. Written with [`REFUNDS`].
pub const OPEN_REFUNDS: Table<(u64, u64), Patience> = Table::new("open-refunds", 1);

/// Where a refund stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum RefundState {
    /// Written down; the gateway is told, or was when the power went.
    Sending,
    /// The gateway takes it once the payment is settled there; it is told again until then.
    Waiting,
    /// The gateway has taken it; the bank has not yet.
    Pending,
    /// The money is on its way to the card.
    Done,
    /// No money moved.
    Failed {
        /// Why.
        reason: RefundFailure,
    },
    /// The gateway's answer was lost. It is asked, and told again under the same key.
    Unknown,
}

/// Why a refund failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundFailure {
    /// The gateway says that less is left than was to be refunded.
    MoreThanLeft,
    /// The bank does not take it: the card is closed or too old.
    Refused,
    /// The gateway's account has not enough money.
    NoFunds,
    /// The gateway could not do it; nothing was refunded.
    TryAgain,
    /// The payment was not settled at the gateway for days, so that it never took the refund.
    NeverSettled,
}

impl RefundFailure {
    /// The Fluent key of what the shop's staff reads.
    pub fn key(self) -> &'static str {
        match self {
            Self::MoreThanLeft => "refund-failed-more-than-left",
            Self::Refused => "refund-failed-refused",
            Self::NoFunds => "refund-failed-no-funds",
            Self::TryAgain => "refund-failed-try-again",
            Self::NeverSettled => "refund-failed-never-settled",
        }
    }
}

/// Part of a refund: so many of one line item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundLine {
    /// The line item's SKU.
    pub sku: Line<60>,
    /// How many of it.
    pub quantity: u32,
    /// What is given back for them.
    pub amount: Money,
    /// How many of them were put back into stock when the refund began.
    #[serde(default)]
    pub restocked: u32,
}

/// One refund of one captured attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    /// The order's number.
    pub order: u64,
    /// From 1 up within the order.
    pub number: u64,
    /// The attempt that took the money.
    pub attempt: u64,
    /// The key under which the gateway recognises a repeat; random, one per refund.
    pub key: Token,
    /// What is given back in all.
    pub amount: Money,
    /// The tax inside `amount`.
    pub tax: Money,
    /// The line items it is for; empty for a sum.
    pub lines: Vec<RefundLine>,
    /// The part of `amount` that is for delivery.
    pub shipping: Money,
    /// Why, for the shop's own books.
    pub reason: Line<200>,
    /// Who asked for it: the person's address, or a gateway's name for one that was made there.
    pub by: String,
    /// Where it stands.
    pub state: RefundState,
    /// The gateway's name for it.
    pub reference: Option<String>,
    /// When it began.
    pub begun: Timestamp,
    /// When its state last changed.
    pub changed: Timestamp,
}

/// The state after an outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NextRefund {
    /// Where the refund stands now.
    pub state: RefundState,
    /// What a person must look at.
    pub surprise: Option<RefundSurprise>,
}

/// What a person must look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundSurprise {
    /// It failed, at once or after the gateway had taken it: the buyer has no money back.
    Failed,
    /// It had failed and went through after all: perhaps the buyer has the money twice.
    DoneAfterFailure,
}

impl RefundState {
    /// Whether the gateway has nothing to add by itself. A bank may still send the money of one that is done
    /// back; then the gateway tells.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Failed { .. })
    }

    /// Whether the refund takes from what is left: all that did not fail, also one of which nobody knows.
    pub fn counts(self) -> bool {
        !matches!(self, Self::Failed { .. })
    }

    /// Whether the gateway has taken it.
    pub fn is_taken(self) -> bool {
        matches!(self, Self::Pending | Self::Done)
    }

    /// What `outcome` makes of it. Pure: the one table of all transitions.
    pub fn after(self, outcome: &RefundOutcome) -> NextRefund {
        let quiet = |state| NextRefund { state, surprise: None };
        let odd = |state, surprise| NextRefund { state, surprise: Some(surprise) };
        match (self, outcome) {
            // The money goes: that is written down whatever stood here.
            (Self::Failed { .. }, RefundOutcome::Done { .. }) => {
                odd(Self::Done, RefundSurprise::DoneAfterFailure)
            }
            (Self::Failed { .. }, RefundOutcome::Pending { .. }) => {
                odd(Self::Pending, RefundSurprise::DoneAfterFailure)
            }
            (Self::Failed { .. }, _) => quiet(self),
            (_, RefundOutcome::Failed(reason)) => {
                odd(Self::Failed { reason: *reason }, RefundSurprise::Failed)
            }
            (_, RefundOutcome::Done { .. }) => quiet(Self::Done),
            (Self::Done, _) => quiet(Self::Done),
            (_, RefundOutcome::Pending { .. }) => quiet(Self::Pending),
            (Self::Pending, _) => quiet(Self::Pending),
            (_, RefundOutcome::NotYet) => quiet(Self::Waiting),
            (_, RefundOutcome::Unknown) => quiet(Self::Unknown),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_gateway_has_taken_is_undone_by_a_failure_alone() {
        use RefundState as At;
        let reference = || "re_1".to_owned();
        let done = RefundOutcome::Done { reference: reference() };
        let pending = RefundOutcome::Pending { reference: reference() };
        let failed = RefundOutcome::Failed(RefundFailure::Refused);
        let lost = At::Failed { reason: RefundFailure::Refused };
        for before in [At::Sending, At::Waiting, At::Unknown] {
            let states: Vec<_> = [&done, &pending, &RefundOutcome::NotYet, &failed, &RefundOutcome::Unknown]
                .map(|outcome| before.after(outcome).state)
                .to_vec();
            assert_eq!(states, [At::Done, At::Pending, At::Waiting, lost, At::Unknown], "{before:?}");
        }
        for quiet in [&RefundOutcome::NotYet, &RefundOutcome::Unknown] {
            assert_eq!(At::Done.after(quiet).state, At::Done);
            assert_eq!(At::Pending.after(quiet).state, At::Pending);
            assert_eq!(lost.after(quiet), NextRefund { state: lost, surprise: None });
        }
        assert_eq!(At::Done.after(&pending).state, At::Done);
        assert_eq!(
            At::Done.after(&failed),
            NextRefund { state: lost, surprise: Some(RefundSurprise::Failed) }
        );
        assert_eq!(lost.after(&failed).surprise, None, "told once");
        let after_all = NextRefund { state: At::Done, surprise: Some(RefundSurprise::DoneAfterFailure) };
        assert_eq!(lost.after(&done), after_all);
        assert!(!lost.counts() && At::Unknown.counts() && !At::Unknown.is_taken());
    }
}
