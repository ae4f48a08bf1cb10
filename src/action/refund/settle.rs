//! What an outcome does to a refund, its order and its attempt: one transaction, the same for a gateway's
//! first answer, for one that was asked for later, and for one that came by itself.

use jiff::{SignedDuration, Timestamp};

use super::MOST_REFUNDS;
use super::reconcile::{LOST_AFTER, PENDING_FOR, PENDING_PAUSE, SETTLES_WITHIN, SETTLING_PAUSE};
use crate::alarm::{self, Kind, Object, Raised};
use crate::order::{ORDERS, State};
use crate::payment::gateway::RefundOutcome;
use crate::payment::{
    ATTEMPTS, AttemptState, OPEN_REFUNDS, Patience, REFUNDS, Refund, RefundFailure, RefundState,
    RefundSurprise,
};
use crate::store::{Reads, Span, StoreError, Tx};

/// The most questions about a refund that is over: a notice came of it, and the gateway does not answer.
const QUESTIONS_AFTER_THE_END: u32 = 20;

/// Applies an outcome to the refund `id` (order and refund number). The order counts as refunded once refunds
/// that its gateway has taken make up all that was captured, and as paid again when one of them fails later.
/// Returns the alarms that this raised, to be logged after the commit. A refund that does not exist is left
/// alone.
pub fn settle_refund(
    tx: &mut Tx<'_>,
    id: (u64, u64),
    outcome: &RefundOutcome,
    now: Timestamp,
) -> Result<Vec<Raised>, StoreError> {
    let Some(mut refund) = tx.get(&REFUNDS, &id)? else { return Ok(Vec::new()) };
    let before = refund.state;
    let next = before.after(outcome);
    (refund.state, refund.reference) = (next.state, name(outcome).or(refund.reference));
    let mut surprises: Vec<_> = next.surprise.into_iter().map(kind_of).collect();
    if refund.state == RefundState::Waiting && now.duration_since(refund.begun) >= SETTLES_WITHIN {
        refund.state = RefundState::Failed { reason: RefundFailure::NeverSettled };
        surprises.push(Kind::RefundFailed);
    }
    if refund.state != before {
        refund.changed = now;
    }
    tx.put(&REFUNDS, &id, &refund)?;
    let asked = ask_again(tx, &refund, (before, outcome), now)?;
    if refund.state == RefundState::Unknown && asked == Some(LOST_AFTER) {
        surprises.push(Kind::Unsettled);
    }
    tell_order(tx, &refund, now)?;
    surprises.into_iter().map(|kind| alarm::raise(tx, kind, &Object::Order(refund.order), now)).collect()
}

/// The gateway says that something about the refund has changed: it is asked in the next round. One that is on
/// its way just now has its own time.
pub fn ask_refund_soon(tx: &mut Tx<'_>, id: (u64, u64), now: Timestamp) -> Result<(), StoreError> {
    let Some(refund) = tx.get(&REFUNDS, &id)? else { return Ok(()) };
    if refund.state == RefundState::Sending && now.duration_since(refund.begun) < Patience::GRACE {
        return Ok(());
    }
    tx.put(&OPEN_REFUNDS, &id, &Patience::soon(now, SignedDuration::ZERO))
}

fn name(outcome: &RefundOutcome) -> Option<String> {
    match outcome {
        RefundOutcome::Done { reference } | RefundOutcome::Pending { reference } => Some(reference.clone()),
        _ => None,
    }
}

fn kind_of(surprise: RefundSurprise) -> Kind {
    match surprise {
        RefundSurprise::Failed => Kind::RefundFailed,
        RefundSurprise::DoneAfterFailure => Kind::RefundedAfterFailure,
    }
}

/// When the gateway is asked next. Returns how often it was asked in a row.
fn ask_again(
    tx: &mut Tx<'_>,
    refund: &Refund,
    (before, outcome): (RefundState, &RefundOutcome),
    now: Timestamp,
) -> Result<Option<u32>, StoreError> {
    let id = (refund.order, refund.number);
    let row = tx.get(&OPEN_REFUNDS, &id)?;
    let asked = row.map_or(0, |row| row.asked).saturating_add(1);
    let after = |wait| Some(Patience { asked, ..Patience::soon(now, wait) });
    let next = match refund.state {
        RefundState::Waiting => after(SETTLING_PAUSE),
        RefundState::Pending if now.duration_since(refund.begun) < PENDING_FOR => after(PENDING_PAUSE),
        RefundState::Sending | RefundState::Unknown => {
            let waited = row.filter(|_| before == refund.state);
            Some(waited.map_or_else(|| Patience::soon(now, Patience::FIRST), |row| row.again(now)))
        }
        // Over, or left to the bank; a notice made us ask, and the gateway has not answered.
        _ if *outcome == RefundOutcome::Unknown => {
            row.map(|row| row.again(now)).filter(|row| row.asked < QUESTIONS_AFTER_THE_END)
        }
        _ => None,
    };
    match &next {
        Some(next) => tx.put(&OPEN_REFUNDS, &id, next)?,
        None => tx.delete(&OPEN_REFUNDS, &id),
    }
    Ok(next.map(|next| next.asked))
}

/// Order and attempt follow the sum of what the gateway has taken.
fn tell_order(tx: &mut Tx<'_>, refund: &Refund, now: Timestamp) -> Result<(), StoreError> {
    let id = (refund.order, refund.attempt);
    let Some(mut attempt) = tx.get(&ATTEMPTS, &id)? else { return Ok(()) };
    let refunds = tx.scan(&REFUNDS, &Span::under(&refund.order, MOST_REFUNDS))?;
    let taken = refunds.iter().map(|(_, refund)| refund);
    let taken = taken.filter(|refund| refund.attempt == attempt.number && refund.state.is_taken());
    let sum = taken.map(|refund| refund.amount.minor).fold(0, i64::saturating_add);
    let whole = sum >= attempt.amount.minor;
    let (attempt_state, from, to) = match (attempt.state.clone(), whole) {
        (AttemptState::Captured(card), true) => (AttemptState::Refunded(card), State::Paid, State::Refunded),
        (AttemptState::Refunded(card), false) => (AttemptState::Captured(card), State::Refunded, State::Paid),
        _ => return Ok(()),
    };
    (attempt.state, attempt.changed) = (attempt_state, now);
    tx.put(&ATTEMPTS, &id, &attempt)?;
    let Some(mut order) = tx.get(&ORDERS, &refund.order)? else { return Ok(()) };
    let own = order.paid.as_ref().is_some_and(|paid| paid.attempt == attempt.number);
    if own && order.state == from {
        order.state = to;
        tx.put(&ORDERS, &order.number, &order)?;
    }
    Ok(())
}
