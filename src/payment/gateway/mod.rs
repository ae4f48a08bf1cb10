//! Gateways: one file each behind one trait.

mod account;
mod adyen;
mod authorize_net;
mod body;
mod http;
mod notice;
mod stripe;
mod test;
#[doc(hidden)]
pub mod untrusted;

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;

pub use account::{Account, AdyenAccount, AuthorizeNetAccount, StripeAccount, StripePage};
pub use adyen::{AdyenGateway, NAME as ADYEN};
pub use authorize_net::AuthorizeNetGateway;
pub use http::{Detour, Unusable};
pub use notice::{About, Heard, News, Notice, Unheard};
pub use stripe::{NAME as STRIPE, NAME_HOSTED as STRIPE_HOSTED, StripeGateway};
pub use test::{NAME as TEST, TestGateway};

/// Authorize.Net's name.
pub const AUTHORIZE_NET: &str = "authorize-net";

use super::{Attempt, Card, CardShown, DeclineReason, Refund, RefundFailure};

/// A future of a gateway's call.
pub type Call<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What a gateway said about an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The money is taken: exactly the attempt's amount and currency (a gateway's file checks that).
    Captured(Paid),
    /// The money is held, exactly the attempt's amount and currency, and waits for a capture.
    Authorized(Paid),
    /// The shopper must go to this page of the bank or the gateway; its host is one of the gateway's own.
    ActionRequired {
        /// Where.
        url: String,
    },
    /// What was held, or waited for the shopper, was ended at the gateway; no money was taken.
    Voided,
    /// Refused; no money moved, and none will under this attempt.
    Declined(DeclineReason),
    /// The gateway tells of another amount, currency or order than the attempt's.
    Mismatch,
    /// Nobody knows: time-out, reset, half an answer, 5xx. Ask later.
    Unknown,
}

/// A yes of the bank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paid {
    /// Brand and last four digits.
    pub card: CardShown,
    /// The gateway's own name for the payment, if it is told only now.
    pub transaction: Option<String>,
}

/// What a gateway said about a refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefundOutcome {
    /// The money is on its way to the card.
    Done {
        /// The gateway's name for the refund.
        reference: String,
    },
    /// Taken, not done yet.
    Pending {
        /// The gateway's name for the refund.
        reference: String,
    },
    /// Not possible before the payment is settled at the gateway: to be told again later.
    NotYet,
    /// No money moved.
    Failed(RefundFailure),
    /// Nobody knows.
    Unknown,
}

/// How a gateway is asked about an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asking {
    /// What is it?
    Look,
    /// What is it; and see to it that it cannot go on by itself: one that never got its card, or whose shopper
    /// does not come back, is ended there.
    Close,
}

/// What a gateway wants to know of the shopper's browser, and where it sends it back to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visitor {
    /// The storefront as the browser calls it: `https://shop.example`.
    pub origin: String,
    /// The address of the page that takes the shopper back; absolute, without a query.
    pub return_to: String,
    /// Where the browser is.
    pub address: IpAddr,
    /// What it calls itself; at most 300 characters.
    pub user_agent: String,
    /// What it accepts; at most 300 characters.
    pub accept: String,
}

/// A payment made known at a gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Created {
    /// The name by which the gateway finds it again.
    pub reference: String,
    /// The gateway's own page on which the shopper pays; `None` where the card is taken here.
    pub redirect: Option<String>,
}

/// The last part of the address to which the notices of the gateway called `name` are sent: Stripe's two
/// ways to pay are one account and have one door.
pub fn door(name: &str) -> &str {
    if name == STRIPE_HOSTED { STRIPE } else { name }
}

/// What keeps everybody from paying.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The gateway does not take the account's key.
    KeyRefused,
    /// Call after call does not reach it.
    Unreachable,
}

/// A gateway. Calls are bounded in time; none of them is repeated by itself.
pub trait Gateway: Send + Sync {
    /// Its name in attempts and orders: `test`, `stripe`.
    fn name(&self) -> &'static str;

    /// Whether the card is typed into this shop's own page; else the shopper pays on the gateway's.
    fn takes_card(&self) -> bool {
        true
    }

    /// Whether real money moves: test cards are refused then, and all others are refused otherwise.
    fn is_live(&self) -> bool;

    /// What keeps everybody from paying, as far as the last calls tell.
    fn trouble(&self) -> Option<Trouble> {
        None
    }

    /// Makes the payment known at the gateway, unconfirmed: no card yet, no money moves. What comes back
    /// is made durable in the attempt before [`Gateway::confirm`]. An error means that nothing was charged.
    fn create<'a>(
        &'a self,
        attempt: &'a Attempt,
        visitor: &'a Visitor,
    ) -> Call<'a, Result<Created, DeclineReason>>;

    /// Sends the card, once. Takes the card, so that nobody can send it again.
    fn confirm<'a>(&'a self, attempt: &'a Attempt, card: Card, visitor: &'a Visitor) -> Call<'a, Outcome>;

    /// Asks how the attempt went. Never needs the card.
    fn inquire<'a>(&'a self, attempt: &'a Attempt, asking: Asking) -> Call<'a, Outcome>;

    /// The shopper is back from the bank's or the gateway's page, with this query. Believes none of it but
    /// what the gateway confirms. A shopper may come back twice.
    fn resume<'a>(&'a self, attempt: &'a Attempt, query: &'a str) -> Call<'a, Outcome> {
        let _ = query;
        self.inquire(attempt, Asking::Look)
    }

    /// Takes the money that is held. Safe to repeat.
    fn capture<'a>(&'a self, attempt: &'a Attempt) -> Call<'a, Outcome>;

    /// Frees the money that is held. Safe to repeat.
    fn void<'a>(&'a self, attempt: &'a Attempt) -> Call<'a, Outcome>;

    /// Gives money back. Safe to repeat: the gateway recognises the refund's key, or is asked first.
    fn refund<'a>(&'a self, attempt: &'a Attempt, refund: &'a Refund) -> Call<'a, RefundOutcome>;

    /// Asks how a refund went; one that the gateway has never heard of is sent, once, under its key.
    fn inquire_refund<'a>(&'a self, attempt: &'a Attempt, refund: &'a Refund) -> Call<'a, RefundOutcome> {
        self.refund(attempt, refund)
    }

    /// Reads a notice that claims to come from the gateway. Believes nothing without its signature.
    fn hear(&self, notice: &Notice<'_>) -> Result<Vec<Heard>, Unheard>;
}
