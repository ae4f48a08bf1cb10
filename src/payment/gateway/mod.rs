//! Gateways: one file each behind one trait.

mod address;
mod form;
mod http;
mod stripe;
mod test;
#[doc(hidden)]
pub mod untrusted;

use std::future::Future;
use std::pin::Pin;

pub use http::{Detour, Unusable};
pub use stripe::{NAME as STRIPE, StripeGateway};
pub use test::{NAME as TEST, TestGateway};

use super::{Attempt, Card, DeclineReason};

/// A future of a gateway's call.
pub type Call<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What a gateway said about an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Paid: exactly the attempt's amount and currency (a gateway's file checks that).
    Captured {
        /// `Visa`, `Mastercard`.
        brand: String,
        /// The last four digits.
        last_four: String,
    },
    /// Refused; no money moved, and none will under this attempt.
    Declined(DeclineReason),
    /// The gateway tells of another amount, currency or order than the attempt's.
    Mismatch,
    /// Nobody knows: time-out, reset, half an answer, 5xx. Ask later.
    Unknown,
}

/// A gateway. Calls are bounded in time; none of them is repeated by itself.
pub trait Gateway: Send + Sync {
    /// Its name in attempts and orders: `test`, `stripe`.
    fn name(&self) -> &'static str;

    /// Makes the payment known at the gateway, unconfirmed: no card yet, no money moves. What comes back
    /// is made durable in the attempt before [`Gateway::confirm`]. An error means that nothing was charged.
    fn create<'a>(&'a self, attempt: &'a Attempt) -> Call<'a, Result<String, Outcome>>;

    /// Sends the card, once. Takes the card, so that nobody can send it again.
    fn confirm<'a>(&'a self, attempt: &'a Attempt, card: Card) -> Call<'a, Outcome>;

    /// Asks how the attempt went, and makes sure that it cannot go on by itself: one that never got its
    /// card ends as declined. Never needs the card.
    fn inquire<'a>(&'a self, attempt: &'a Attempt) -> Call<'a, Outcome>;
}
