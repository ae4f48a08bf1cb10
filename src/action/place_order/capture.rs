//! Money that is held on a card: taken when the goods leave, or released. Both are asked for by a person, are
//! durable before the gateway hears of them, and are told again until it confirms.

use std::sync::Arc;

use super::conclude;
use super::reconcile::gateway_of;
use crate::action::{Actor, App, Denied};
use crate::audit::Deed;
use crate::order::{ORDERS, State};
use crate::payment::{ATTEMPTS, Attempt, AttemptState, CardShown, INQUIRIES, Patience};
use crate::staff::Right;
use crate::store::{Reads, StoreError};

/// Why nothing was captured or released.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CaptureError {
    /// Not allowed.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// No such order.
    #[error("there is no such order")]
    NoOrder,
    /// No money is held for it, or somebody else was faster.
    #[error("no money is held for this order")]
    NothingHeld,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Takes the money that is held for an order. Returns where its attempt stands when the gateway has answered,
/// or `Capturing` if it has not.
pub async fn capture_order(app: &Arc<App>, actor: &Actor, order: u64) -> Result<AttemptState, CaptureError> {
    actor.require(Right::CapturePayment)?;
    let attempt = turn(app, actor, order, (Deed::CapturePayment, AttemptState::Capturing)).await?;
    let Some(gateway) = gateway_of(app, &attempt) else { return Ok(attempt.state) };
    let outcome = gateway.capture(&attempt).await;
    conclude(app, (attempt.order, attempt.number), outcome).await;
    standing(app, &attempt)
}

/// Releases the money that is held for an order and gives the order up. Returns where its attempt stands when
/// the gateway has answered, or `Voiding` if it has not.
pub async fn void_order(app: &Arc<App>, actor: &Actor, order: u64) -> Result<AttemptState, CaptureError> {
    actor.require(Right::CapturePayment)?;
    let attempt = turn(app, actor, order, (Deed::VoidPayment, AttemptState::Voiding)).await?;
    let Some(gateway) = gateway_of(app, &attempt) else { return Ok(attempt.state) };
    let outcome = gateway.void(&attempt).await;
    conclude(app, (attempt.order, attempt.number), outcome).await;
    standing(app, &attempt)
}

/// Turns the order's attempt from `Authorized` to another state, once, on record.
async fn turn(
    app: &Arc<App>,
    actor: &Actor,
    number: u64,
    (deed, into): (Deed, fn(CardShown) -> AttemptState),
) -> Result<Attempt, CaptureError> {
    let now = app.clock().now();
    let event = actor.did(now, deed, &number.to_string());
    let kept = event.clone();
    let attempt = app
        .store()
        .transact(move |tx| {
            let order = tx.get(&ORDERS, &number)?.ok_or(CaptureError::NoOrder)?;
            let paid = order.paid.filter(|_| order.state == State::Authorized);
            let id = (number, paid.ok_or(CaptureError::NothingHeld)?.attempt);
            let mut attempt = tx.get(&ATTEMPTS, &id)?.ok_or(CaptureError::NothingHeld)?;
            let AttemptState::Authorized(card) = attempt.state else { return Err(CaptureError::NothingHeld) };
            attempt.state = into(card);
            attempt.changed = now;
            tx.put(&ATTEMPTS, &id, &attempt)?;
            tx.put(&INQUIRIES, &id, &Patience::soon(now, Patience::ACTION))?;
            kept.record(tx)?;
            Ok(attempt)
        })
        .await?;
    event.log();
    Ok(attempt)
}

fn standing(app: &App, attempt: &Attempt) -> Result<AttemptState, CaptureError> {
    let id = (attempt.order, attempt.number);
    let now: Option<Attempt> =
        app.store().read(|view| view.get(&ATTEMPTS, &id).map_err(CaptureError::from))?;
    Ok(now.map_or_else(|| attempt.state.clone(), |attempt| attempt.state))
}
