//! The one door through which money goes back.
//!
//! Invariants:
//! - A refund is durable before its gateway hears of it, under a key by which a repeat is recognised.
//! - All refunds of an order that have not failed, those of which nobody knows included, are never more than
//!   what was captured: decided in one transaction, so that two people at once cannot both be first.
//! - The same form sent again follows the refund that it began. A page that shows an older sum begins none.
//! - Once begun, a refund goes on whether or not the browser stays.
//! - Goods are put back once, with the row that says so.

mod begin;
mod books;
mod reconcile;
mod settle;

use std::sync::Arc;

use tokio::sync::oneshot;

pub use books::Books;
pub(super) use reconcile::open_at;
pub use reconcile::{PENDING_FOR, SETTLES_WITHIN, keep_refunding, reconcile_refunds, recover_refunds};
pub use settle::{ask_refund_soon, settle_refund};

use super::place_order::{PAGE_WAITS, gateway_of};
use super::{Actor, App, Denied};
use crate::alarm::Raised;
use crate::base::{Line, Money, MoneyError, Token};
use crate::order::{NotRefundable, Portion, Wish};
use crate::payment::gateway::RefundOutcome;
use crate::payment::{REFUNDS, Refund, RefundState};
use crate::staff::Right;
use crate::store::{Reads, StoreError};
use begin::{Begun, Facts, begin, known};

/// The most refunds of one order.
pub const MOST_REFUNDS: usize = 100;

/// What the refund page sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundOrder {
    /// The order's number.
    pub order: u64,
    /// What is to be given back.
    pub what: Wish,
    /// Why, for the shop's own books.
    pub reason: Line<200>,
    /// Whether the goods are back on the shelf. A sum belongs to no goods.
    pub restock: bool,
    /// The sum of the refunds so far that the page showed.
    pub seen: Money,
    /// Random, made anew for every form that is shown: a form that is sent again is known by it.
    pub nonce: Token,
}

/// Why no refund was begun. No money moved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RefundError {
    /// Not allowed.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// No such order.
    #[error("there is no such order")]
    NoOrder,
    /// Nothing was captured for it, or all of it was given back.
    #[error("no captured money is left to refund")]
    NothingCaptured,
    /// Somebody else refunded since the page was shown.
    #[error("somebody else refunded meanwhile: {so_far} in all")]
    Meanwhile {
        /// What was refunded by now.
        so_far: Money,
    },
    /// It cannot be given back that way.
    #[error(transparent)]
    NotRefundable(#[from] NotRefundable),
    /// A sum belongs to no goods that could be put back.
    #[error("a sum belongs to no goods")]
    NoGoods,
    /// More refunds than [`MOST_REFUNDS`].
    #[error("the order has too many refunds")]
    TooManyRefunds,
    /// The gateway that took the money has no keys any more.
    #[error("the gateway that took the money is not connected")]
    NoGateway,
    /// The nonce began a refund of another order.
    #[error("the form belongs to another order")]
    OtherForm,
    /// Too many charges and refunds at once.
    #[error("too much is under way")]
    Busy,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<MoneyError> for RefundError {
    fn from(error: MoneyError) -> Self {
        Self::NotRefundable(error.into())
    }
}

/// What an order's refund would give back, without beginning it.
pub fn preview_refund(app: &Arc<App>, actor: &Actor, wanted: &RefundOrder) -> Result<Portion, RefundError> {
    actor.require(Right::RefundPayment)?;
    app.store().read(|view| Books::open(view, wanted.order)?.portion(wanted))
}

/// Gives money back: writes the refund down, tells the gateway, and returns where it stands once the gateway
/// has answered, or after at most [`PAGE_WAITS`]. It goes on by itself after that.
pub async fn refund_order(app: &Arc<App>, actor: &Actor, wanted: RefundOrder) -> Result<Refund, RefundError> {
    actor.require(Right::RefundPayment)?;
    // A form that is sent again needs neither its gateway's keys nor a slot to find what it began.
    if let Some(refund) = app.store().read(|view| known(view, &wanted))? {
        return Ok(follow(app, refund).await);
    }
    let attempt = app.store().read(|view| Books::open(view, wanted.order)?.captured_attempt())?;
    let gateway = gateway_of(app, &attempt).ok_or(RefundError::NoGateway)?;
    let slot = app.charging().slot().ok_or(RefundError::Busy)?;
    let key = Token::random(app.random());
    let facts = Facts { wanted, key, now: app.clock().now(), actor: actor.clone() };
    let (to, begun) = oneshot::channel();
    let worker = Arc::clone(app);
    // A task of its own from the first write on: a browser that is closed stops nothing half-way.
    tokio::spawn(async move {
        let begun = worker.store().transact(move |tx| begin(tx, &facts)).await;
        let told = begun.as_ref().map_err(Clone::clone).map(Begun::refund);
        let sent = match begun {
            Ok(Begun::New { refund, attempt, event }) => {
                event.log();
                Some((*refund, *attempt))
            }
            _ => None,
        };
        // The page may be gone; the refund goes on.
        drop(to.send(told));
        if let Some((refund, attempt)) = sent {
            let outcome = gateway.refund(&attempt, &refund).await;
            conclude(&worker, (refund.order, refund.number), outcome).await;
        }
        drop(slot);
    });
    let refund = begun.await.map_err(|_| StoreError::Stopped)??;
    Ok(follow(app, refund).await)
}

/// Waits until the gateway has answered.
async fn follow(app: &App, begun: Refund) -> Refund {
    let id = (begun.order, begun.number);
    let look = || {
        let found: Result<_, StoreError> = app.store().read(|view| view.get(&REFUNDS, &id));
        found.ok().flatten().filter(|refund| refund.state != RefundState::Sending)
    };
    app.charging().wait_for(PAGE_WAITS, look).await.unwrap_or(begun)
}

/// Writes an outcome down, sounds the alarms that it calls for, and tells who waits.
async fn conclude(app: &Arc<App>, id: (u64, u64), outcome: RefundOutcome) {
    let now = app.clock().now();
    match app.store().transact(move |tx| settle_refund(tx, id, &outcome, now)).await {
        Ok(alarms) => alarms.iter().for_each(Raised::log),
        Err(error) => {
            log::error!("order {}: refund {}: the outcome could not be kept: {error}", id.0, id.1);
        }
    }
    app.charging().ring();
}

#[cfg(test)]
mod tests;
