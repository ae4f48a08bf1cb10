//! Money that goes back: durable before the gateway hears of it, like an attempt.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Patience;
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
}

impl RefundFailure {
    /// The Fluent key of what the shop's staff reads.
    pub fn key(self) -> &'static str {
        match self {
            Self::MoreThanLeft => "refund-failed-more-than-left",
            Self::Refused => "refund-failed-refused",
            Self::NoFunds => "refund-failed-no-funds",
            Self::TryAgain => "refund-failed-try-again",
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

impl RefundState {
    /// Whether nothing will change any more.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Failed { .. })
    }
}
