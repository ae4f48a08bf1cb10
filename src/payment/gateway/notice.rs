//! Notices: what a gateway tells by itself, over a door that is open to everybody.

use hyper::HeaderMap;
use jiff::Timestamp;

use super::{Outcome, RefundOutcome};
use crate::base::Token;
use crate::payment::Surprise;

/// A request to the door, unverified.
#[derive(Debug, Clone, Copy)]
pub struct Notice<'a> {
    /// Its headers.
    pub headers: &'a HeaderMap,
    /// Its body, byte by byte as it was signed; at most 256 KiB.
    pub body: &'a [u8],
    /// Now.
    pub now: Timestamp,
}

/// One thing that a verified notice tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// The event's name at the gateway: a second one of the same name is ignored.
    pub id: String,
    /// What it is about.
    pub about: About,
    /// What it says.
    pub news: News,
}

/// What a notice is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// A payment, by the attempt's reference.
    Payment {
        /// The reference.
        reference: String,
    },
    /// A refund, by its key.
    Refund {
        /// The key.
        key: Token,
    },
}

/// What a notice says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// Something changed: the gateway is asked what.
    Ask,
    /// For gateways that cannot be asked: this is how a payment stands.
    Payment {
        /// Its outcome.
        outcome: Outcome,
        /// Minor units and ISO 4217 code, to be compared with the attempt's.
        amount: Option<(i64, String)>,
    },
    /// A person must look at the payment; its state stays as it is.
    Odd(Surprise),
    /// For gateways that cannot be asked: this is how a refund stands.
    Refund(RefundOutcome),
}

/// A notice that is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unheard {
    /// No secret is set for the gateway's notices, so that nothing can be verified.
    #[error("no secret is set for the gateway's notices")]
    NoSecret,
    /// No signature, or one that does not fit.
    #[error("the signature does not fit")]
    Unsigned,
    /// Signed too long ago, or in the future: a replay, or a clock that is wrong.
    #[error("it was signed more than five minutes from now")]
    Stale,
    /// Signed, and not what the gateway documents.
    #[error("it cannot be read")]
    Unreadable,
}
