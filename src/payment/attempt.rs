//! An attempt to be paid: durable before each call to a gateway.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::base::{Money, Token};
use crate::store::Table;

/// The attempts of an order: (order number, attempt number from 1 up) to attempt.
pub const ATTEMPTS: Table<(u64, u64), Attempt> = Table::new("attempts", 1);

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
