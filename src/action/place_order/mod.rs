//! The one door through which an order is paid.
//!
//! Invariants:
//! - An attempt is durable before its gateway hears of it, the gateway's name for it before the card leaves,
//!   and the outcome before the shopper reads it.
//! - The card is handed to one call and is never kept: what is lost is asked for, not sent again.
//! - Once begun, a charge goes on whether or not the shopper stays.
//! - The same form sent again, or the same cart from another tab, follows the attempt that is under way.

mod begin;
mod charge;
mod charging;
mod draft;
mod reconcile;
mod settle;
mod stock;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

pub use begin::MOST_ATTEMPTS;
pub(super) use begin::under_way;
pub(super) use charging::Charging;
pub use charging::{MOST_CHARGES, finish_charges};
pub use reconcile::{UNPAID_FOR, keep_reconciling, reconcile, recover, standing, unsettled};

use super::App;
use crate::base::{Money, MoneyError, Token};
use crate::payment::{ATTEMPTS, AttemptState, Card, DeclineReason};
use crate::store::{Reads, StoreError};
use begin::{Begun, Facts, begin};
use charge::charge;

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
    /// The card.
    pub card: Card,
    /// Where the request came from; for the defence against card testing.
    pub source: IpAddr,
}

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placed {
    /// Paid, and durable.
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
    /// Too many charges at once, or too many attempts for one order.
    #[error("too many attempts to pay")]
    TooMany,
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
    let slot = app.charging().slot().ok_or(PlaceError::TooMany)?;
    let facts = Facts {
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
            Ok(Begun::Charge { attempt, .. }) => Some(attempt.as_ref().clone()),
            _ => None,
        };
        // The page may be gone; the charge goes on.
        drop(to.send(begun));
        if let Some(attempt) = attempt {
            charge(&worker, gateway.as_ref(), attempt, order.card).await;
        }
        drop(slot);
    });
    match begun.await.map_err(|_| StoreError::Stopped)?? {
        Begun::Done(placed) => Ok(placed),
        Begun::Charge { link, attempt } => Ok(follow(app, link, (attempt.order, attempt.number)).await),
        Begun::Follow { link, attempt } => Ok(follow(app, link, attempt).await),
    }
}

/// Waits for an attempt to become final.
async fn follow(app: &App, link: Token, attempt: (u64, u64)) -> Placed {
    let look = || {
        let found: Result<_, StoreError> = app.store().read(|view| view.get(&ATTEMPTS, &attempt));
        let state = found.ok().flatten()?.state;
        state.is_final().then(|| told(link, &state))
    };
    app.charging().wait_for(PAGE_WAITS, look).await.unwrap_or(Placed::Waiting { link })
}

/// What a page says of an attempt in this state.
pub(super) fn told(link: Token, state: &AttemptState) -> Placed {
    match state {
        AttemptState::Captured { .. } => Placed::Paid { link },
        AttemptState::Declined { reason } => Placed::Declined { link, reason: *reason },
        AttemptState::Created | AttemptState::Sending | AttemptState::Unknown | AttemptState::Mismatch => {
            Placed::Waiting { link }
        }
    }
}

#[cfg(test)]
mod tests;
