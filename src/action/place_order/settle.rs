//! What an outcome does to attempt, order, stock and cart: one transaction, the same for a gateway's first
//! answer and for one that was asked for later.

use jiff::Timestamp;

use super::stock::take;
use crate::cart::{CARTS, CHECKOUTS};
use crate::order::{ORDERS, PaidWith, State, UNPAID};
use crate::payment::gateway::Outcome;
use crate::payment::{ATTEMPTS, Attempt, AttemptState, Patience, UNSETTLED};
use crate::store::{Reads, StoreError, Tx};

const MISMATCH: &str = "the gateway tells of another amount, currency or order; nothing ships";
const PAID_AFTER_REFUSAL: &str = "the gateway has taken a payment that it had refused";
const PAID_TWICE: &str = "paid a second time; refund one of the payments";
const PAID_AFTER_CANCEL: &str = "paid after it was cancelled; check the stock";

/// What came of it.
pub(super) struct Settled {
    /// What a person must look at.
    pub(super) alarm: Option<&'static str>,
}

/// Applies an outcome. An attempt that was paid stays paid, whatever comes later; one that was refused
/// stays refused unless the gateway turns out to have taken the money.
pub(super) fn settle(
    tx: &mut Tx<'_>,
    id: (u64, u64),
    outcome: &Outcome,
    now: Timestamp,
) -> Result<Settled, StoreError> {
    let quiet = Settled { alarm: None };
    let Some(mut attempt) = tx.get(&ATTEMPTS, &id)? else { return Ok(quiet) };
    let before = attempt.state.clone();
    let refused = matches!(before, AttemptState::Declined { .. });
    let after = match (&before, outcome) {
        (AttemptState::Captured { .. }, _) => return Ok(quiet),
        (_, Outcome::Captured { brand, last_four }) => {
            AttemptState::Captured { brand: brand.clone(), last_four: last_four.clone() }
        }
        (AttemptState::Declined { .. }, Outcome::Mismatch) => {
            return Ok(Settled { alarm: Some(MISMATCH) });
        }
        (AttemptState::Declined { .. }, _) => return Ok(quiet),
        (_, Outcome::Declined(reason)) => AttemptState::Declined { reason: *reason },
        (_, Outcome::Mismatch) | (AttemptState::Mismatch, Outcome::Unknown) => AttemptState::Mismatch,
        (_, Outcome::Unknown) => AttemptState::Unknown,
    };
    attempt.state = after;
    attempt.changed = now;
    tx.put(&ATTEMPTS, &id, &attempt)?;
    let alarm = match &attempt.state {
        AttemptState::Captured { brand, last_four } => {
            tx.delete(&UNSETTLED, &id);
            let late = refused.then_some(PAID_AFTER_REFUSAL);
            pay(tx, &attempt, brand, last_four, now)?.or(late)
        }
        AttemptState::Declined { .. } => {
            tx.delete(&UNSETTLED, &id);
            touch(tx, id.0, now)?;
            None
        }
        open => {
            let asked = matches!(before, AttemptState::Unknown | AttemptState::Mismatch);
            let patience = tx.get(&UNSETTLED, &id)?.filter(|_| asked);
            let patience =
                patience.map_or_else(|| Patience::soon(now, Patience::FIRST), |row| row.again(now));
            tx.put(&UNSETTLED, &id, &patience)?;
            (*open == AttemptState::Mismatch && before != AttemptState::Mismatch).then_some(MISMATCH)
        }
    };
    Ok(Settled { alarm })
}

/// A refused order is held for its buyer from now on anew.
fn touch(tx: &mut Tx<'_>, number: u64, now: Timestamp) -> Result<(), StoreError> {
    match tx.get(&ORDERS, &number)? {
        Some(order) if order.state == State::AwaitingPayment => tx.put(&UNPAID, &number, &now),
        _ => Ok(()),
    }
}

fn pay(
    tx: &mut Tx<'_>,
    attempt: &Attempt,
    brand: &str,
    last_four: &str,
    now: Timestamp,
) -> Result<Option<&'static str>, StoreError> {
    let Some(mut order) = tx.get(&ORDERS, &attempt.order)? else { return Ok(Some(PAID_AFTER_CANCEL)) };
    let before = order.state;
    if before == State::Paid {
        return Ok(Some(PAID_TWICE));
    }
    order.state = State::Paid;
    order.paid = Some(PaidWith {
        brand: brand.to_owned(),
        last_four: last_four.to_owned(),
        gateway: attempt.gateway.clone(),
        reference: attempt.reference.clone().unwrap_or_default(),
        at: now,
    });
    tx.put(&ORDERS, &order.number, &order)?;
    tx.delete(&UNPAID, &order.number);
    take(tx, &order.lines, before == State::AwaitingPayment)?;
    // A cart that was changed meanwhile is its owner's next one.
    let (cart, version) = order.cart;
    if tx.get(&CARTS, &cart)?.is_some_and(|cart| cart.version == version) {
        tx.delete(&CARTS, &cart);
        tx.delete(&CHECKOUTS, &cart);
    }
    Ok((before == State::Cancelled).then_some(PAID_AFTER_CANCEL))
}
