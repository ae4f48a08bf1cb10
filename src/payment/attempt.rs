//! An attempt to be paid: durable before each call to a gateway.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{AttemptState, Patience};
use crate::base::{Money, Token};
use crate::store::Table;

/// The attempts of an order: (order number, attempt number from 1 up) to attempt.
pub const ATTEMPTS: Table<(u64, u64), Attempt> = Table::new("attempts", 1);
/// A form's nonce to the attempt that it began: how a form that is sent again is recognised.
pub const ATTEMPTS_OF_FORMS: Table<Token, (u64, u64)> = Table::new("attempts-of-forms", 1);
/// (gateway's door, its name for a payment) to the attempt, for its notices. Written with the reference.
pub const ATTEMPTS_OF_REFERENCES: Table<(String, String), (u64, u64)> =
    Table::new("attempts-of-references", 1);
/// The attempts that their gateway is asked about, and when: all that are not over, authorizations that wait,
/// and those of which a notice came. Written with [`ATTEMPTS`], in the same transaction, so that no attempt is
/// forgotten.
pub const INQUIRIES: Table<(u64, u64), Patience> = Table::new("inquiries", 1);

/// When the money of an approved payment is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaptureMode {
    /// At once.
    #[default]
    Automatic,
    /// When a person says so, such as at dispatch. Until then it is only held on the card.
    Manual,
}

/// All that is kept of a card (PCI DSS 3.4.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardShown {
    /// `Visa`, `Mastercard`.
    pub brand: String,
    /// The last four digits; empty if the gateway does not tell.
    pub last_four: String,
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
    /// Name of the gateway: `test`, `stripe`, `adyen`.
    pub gateway: String,
    /// When the money is taken.
    pub capture: CaptureMode,
    /// The name by which the gateway finds the payment, durable before the card is sent.
    pub reference: Option<String>,
    /// The gateway's own name for it, where that is known only with the answer.
    pub transaction: Option<String>,
    /// Where it stands.
    pub state: AttemptState,
    /// When it began.
    pub begun: Timestamp,
    /// When its state last changed.
    pub changed: Timestamp,
}
