//! The one door through which an order is paid.
//!
//! Invariants:
//! - An attempt is durable before its gateway hears of it, the gateway's name for it before the card leaves,
//!   and the outcome before the shopper reads it.
//! - The card is handed to one call and is never kept: what is lost is asked for, not sent again.
//! - Once begun, a charge goes on whether or not the shopper stays.
//! - Money that is held or taken is written down whatever stood before, and has an order or an alarm.
//! - The same form sent again, or the same cart from another tab, follows the attempt that is under way.
//! - Whoever tries too often is slowed, then refused; a test card never reaches a live gateway, nor a real one a
//!   sandbox (`gate.rs`).

mod bank_page;
mod begin;
mod capture;
mod charge;
mod charging;
mod draft;
mod gate;
mod reconcile;
mod settle;
mod stock;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::sync::oneshot;

pub use bank_page::{abandon, resume};
pub use begin::MOST_ATTEMPTS;
pub(super) use begin::under_way;
pub use capture::{CaptureError, capture_order, void_order};
use charge::conclude;
pub(super) use charge::tell_of;
pub(super) use charging::Charging;
pub use charging::{MOST_CHARGES, MOST_DELAYED, finish_charges};
pub(super) use reconcile::gateway_of;
pub use reconcile::{ACTION_LASTS, UNPAID_FOR, keep_reconciling, reconcile, recover, standing, unsettled};
pub(super) use settle::{Settled, alarmed, settle as conclude_within};
pub(super) use stock::put_one_back;

use super::App;
use crate::base::{Money, MoneyError, Token};
use crate::payment::gateway::{Outcome, Visitor};
use crate::payment::{ATTEMPTS, AttemptState, Card, DeclineReason};
use crate::store::{Reads, StoreError};
use begin::{Begun, Facts, begin};
use charge::charge;
use gate::Gate;

/// How long a page waits for a charge before it shows the waiting page instead.
pub const PAGE_WAITS: Duration = Duration::from_secs(25);

/// What the payment page sends.
#[derive(Debug)]
pub struct PlaceOrder {
    /// The cart.
    pub cart: Token,
    /// The cart's version that the page showed.
    pub cart_version: u64,
    /// The total that the page showed: what the shopper agreed to pay.
    pub agreed: Money,
    /// Random, made anew for every form that is shown: a form that is sent again is known by it.
    pub nonce: Token,
    /// How it is paid.
    pub means: Means,
    /// What the gateway may want to know of the browser.
    pub browser: Browser,
}

/// How an order is paid.
#[derive(Debug)]
pub enum Means {
    /// With this card, typed into our page.
    Card(Card),
    /// On the gateway's own page.
    Hosted,
}

/// The browser of a shopper who pays.
#[derive(Debug, Clone)]
pub struct Browser {
    /// The storefront as the browser calls it: `https://shop.example`.
    pub origin: String,
    /// Where it is; also for the defence against card testing.
    pub address: IpAddr,
    /// What it calls itself; cut at [`MOST_BROWSER`] characters.
    pub user_agent: String,
    /// What it accepts; cut at [`MOST_BROWSER`] characters.
    pub accept: String,
}

/// The most characters of what a browser says of itself that a gateway is told.
pub const MOST_BROWSER: usize = 300;

impl Browser {
    fn visits(self, link: Token) -> Visitor {
        let cut = |text: String| text.chars().take(MOST_BROWSER).collect();
        Visitor {
            return_to: format!("{}/order/{link}/return", self.origin),
            origin: self.origin,
            address: self.address,
            user_agent: cut(self.user_agent),
            accept: cut(self.accept),
        }
    }
}

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placed {
    /// Paid, or held to be paid, and durable.
    Paid {
        /// The order's page.
        link: Token,
    },
    /// Refused; no money moved. The order stays open and can be paid with another form.
    Declined {
        /// The order's page.
        link: Token,
        /// Why.
        reason: DeclineReason,
    },
    /// The shopper must go to the bank's or the gateway's page; the order's page leads there.
    Action {
        /// The order's page.
        link: Token,
    },
    /// Not known yet. The order's page tells when it is; nothing needs to be done again.
    Waiting {
        /// The order's page.
        link: Token,
    },
}

/// Why no payment was begun. Nothing was charged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    /// No such cart.
    #[error("there is no such cart")]
    NoCart,
    /// Nothing in it.
    #[error("the cart is empty")]
    CartEmpty,
    /// It was changed since the page was shown.
    #[error("the cart was changed meanwhile")]
    CartChanged,
    /// The total is not the one that the page showed.
    #[error("the total is {now} now")]
    PriceChanged {
        /// What it costs now.
        now: Money,
    },
    /// Address or delivery are missing.
    #[error("the delivery details are missing")]
    NoDetails,
    /// Not enough left.
    #[error("only {available} of {sku} can be sold")]
    OutOfStock {
        /// The variant.
        sku: String,
        /// The product's title; the SKU if the product is gone.
        title: String,
        /// How many could be had.
        available: u32,
    },
    /// The shop has no gateway, or none that may take money.
    #[error("the shop cannot take payments")]
    NoGateway,
    /// The page was made for another gateway than the one that takes payments now.
    #[error("the way to pay was changed meanwhile")]
    GatewayChanged,
    /// Too many charges at once, or too many attempts for one order.
    #[error("too many attempts to pay")]
    TooMany,
    /// This card, or this part of the network, has tried too often.
    #[error("too many tries to pay")]
    TooManyTries {
        /// When a new try may fare better.
        retry_after: SignedDuration,
    },
    /// A test card, and the gateway moves money.
    #[error("a test card at a live gateway")]
    TestCard,
    /// Not a test card, and the gateway moves no money.
    #[error("a real card at a gateway for tests")]
    RealCard,
    /// A sum beyond what money holds, or two currencies in one cart.
    #[error(transparent)]
    Sum(#[from] MoneyError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Pays a cart: makes or finds its order, begins an attempt, charges, and tells how it went. Returns after
/// at most [`PAGE_WAITS`] and the store's own time; the charge goes on by itself after that.
pub async fn place_order(app: &Arc<App>, order: PlaceOrder) -> Result<Placed, PlaceError> {
    let gateway = app.gateway().ok_or(PlaceError::NoGateway)?;
    if gateway.takes_card() != matches!(order.means, Means::Card(_)) {
        return Err(PlaceError::GatewayChanged);
    }
    let slot = app.charging().slot().ok_or(PlaceError::TooMany)?;
    let gate = Arc::new(Gate::new(app, gateway.as_ref(), order.browser.address, &order.means));
    let facts = Facts {
        gate: Arc::clone(&gate),
        catalog: app.catalog(),
        now: app.clock().now(),
        gateway: gateway.name(),
        link: Token::random(app.random()),
        key: Token::random(app.random()),
        cart: order.cart,
        version: order.cart_version,
        agreed: order.agreed,
        nonce: order.nonce,
    };
    let (to, begun) = oneshot::channel();
    let worker = Arc::clone(app);
    // A task of its own from the first write on: a shopper who closes the page stops nothing half-way.
    tokio::spawn(async move {
        let begun = worker.store().transact(move |tx| begin(tx, &facts)).await;
        let attempt = match &begun {
            Ok(Begun::Charge { link, attempt }) => Some((*link, attempt.as_ref().clone())),
            _ => None,
        };
        let id = attempt.as_ref().map(|(_, attempt)| (attempt.order, attempt.number));
        let delay = gate.leave(id);
        // The page may be gone; the charge goes on.
        drop(to.send(begun));
        let Some((link, attempt)) = attempt else { return };
        let Some(_slot) = worker.charging().after(delay, slot).await else {
            let nothing_sent = Outcome::Declined(DeclineReason::TryAgain);
            return conclude(&worker, (attempt.order, attempt.number), nothing_sent).await;
        };
        let visitor = order.browser.visits(link);
        charge(&worker, gateway.as_ref(), attempt, order.means, &visitor).await;
    });
    match begun.await.map_err(|_| StoreError::Stopped)?? {
        Begun::Done(placed) => Ok(placed),
        Begun::Charge { link, attempt } => Ok(follow(app, link, (attempt.order, attempt.number)).await),
        Begun::Follow { link, attempt } => Ok(follow(app, link, attempt).await),
    }
}

/// Waits until there is something to tell of an attempt.
async fn follow(app: &App, link: Token, attempt: (u64, u64)) -> Placed {
    let waiting = Placed::Waiting { link };
    let look = || {
        let found: Result<_, StoreError> = app.store().read(|view| view.get(&ATTEMPTS, &attempt));
        let placed = told(link, &found.ok().flatten()?.state);
        (placed != waiting).then_some(placed)
    };
    app.charging().wait_for(PAGE_WAITS, look).await.unwrap_or(waiting)
}

/// What a page says of an attempt in this state.
pub(super) fn told(link: Token, state: &AttemptState) -> Placed {
    match state {
        AttemptState::Declined { reason } => Placed::Declined { link, reason: *reason },
        AttemptState::Voided => Placed::Declined { link, reason: DeclineReason::Abandoned },
        AttemptState::ActionRequired { .. } => Placed::Action { link },
        approved if approved.is_approved() => Placed::Paid { link },
        _ => Placed::Waiting { link },
    }
}

#[cfg(test)]
pub(crate) mod bench;
#[cfg(test)]
pub(crate) mod ledger;
#[cfg(test)]
mod panics;
#[cfg(test)]
mod paths;
#[cfg(test)]
mod tests;
