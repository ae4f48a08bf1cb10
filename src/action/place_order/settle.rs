//! What an outcome does to attempt, order, stock and cart: one transaction, the same for a gateway's first
//! answer, for one that was asked for later, and for one that came by itself.

use jiff::Timestamp;

use super::stock::{put_back, take};
use crate::alarm::{self, Kind, Object, Raised};
use crate::cart::{CARTS, CHECKOUTS};
use crate::order::{ORDERS, Order, PaidWith, State, UNPAID};
use crate::payment::gateway::{Outcome, Paid, door};
use crate::payment::{
    ATTEMPTS, ATTEMPTS_OF_REFERENCES, Attempt, AttemptState, CaptureMode, CardShown, INQUIRIES, Patience,
    Surprise,
};
use crate::store::{Reads, StoreError, Tx};

/// The most questions about an attempt that is over: a notice came of it, and the gateway does not answer.
const QUESTIONS_AFTER_THE_END: u32 = 20;

/// What came of it.
#[derive(Default)]
pub(in crate::action) struct Settled {
    /// What a person must look at, raised in this transaction.
    pub(super) alarms: Vec<Raised>,
    /// The attempt as it stands now, if its state changed.
    pub(super) attempt: Option<Attempt>,
}

impl From<Vec<Raised>> for Settled {
    fn from(alarms: Vec<Raised>) -> Self {
        Self { alarms, attempt: None }
    }
}

/// Applies an outcome. An attempt that was paid stays paid, whatever comes later; one that was refused
/// stays refused unless the gateway turns out to have taken the money.
pub(in crate::action) fn settle(
    tx: &mut Tx<'_>,
    id: (u64, u64),
    outcome: &Outcome,
    now: Timestamp,
) -> Result<Settled, StoreError> {
    let Some(mut attempt) = tx.get(&ATTEMPTS, &id)? else { return Ok(Settled::default()) };
    let before = attempt.state.clone();
    let next = before.after(outcome);
    let mut surprises: Vec<_> = next.surprise.into_iter().collect();
    attempt.state = next.state;
    if let Outcome::Captured(Paid { transaction: Some(transaction), .. })
    | Outcome::Authorized(Paid { transaction: Some(transaction), .. }) = outcome
    {
        attempt.transaction.get_or_insert_with(|| transaction.clone());
        let name = (door(&attempt.gateway).to_owned(), transaction.clone());
        tx.put(&ATTEMPTS_OF_REFERENCES, &name, &id)?;
    }
    let changed = attempt.state != before;
    if changed {
        surprises.extend(tell_order(tx, &mut attempt, now)?);
        attempt.changed = now;
    }
    tx.put(&ATTEMPTS, &id, &attempt)?;
    ask_again(tx, &attempt, (&before, outcome), now)?;
    let mut alarms = Vec::new();
    for surprise in surprises {
        alarms.push(alarm::raise(tx, kind_of(surprise), &Object::Order(attempt.order), now)?);
    }
    Ok(Settled { alarms, attempt: changed.then_some(attempt) })
}

/// Only an alarm about the attempt's order.
pub(in crate::action) fn alarmed(
    tx: &mut Tx<'_>,
    attempt: &Attempt,
    surprise: Surprise,
    now: Timestamp,
) -> Result<Settled, StoreError> {
    let raised = alarm::raise(tx, kind_of(surprise), &Object::Order(attempt.order), now)?;
    Ok(Settled { alarms: vec![raised], attempt: None })
}

fn kind_of(surprise: Surprise) -> Kind {
    match surprise {
        Surprise::Mismatch => Kind::PaymentMismatch,
        Surprise::PaidAfterRefusal => Kind::PaidAfterRefusal,
        Surprise::AuthorizationEnded => Kind::AuthorizationEnded,
        Surprise::CapturedInstead => Kind::CapturedInstead,
        Surprise::CaptureFailed => Kind::CaptureFailed,
        Surprise::TakenBack => Kind::RefundedElsewhere,
        Surprise::PaidTwice => Kind::PaidTwice,
        Surprise::PaidAfterCancel => Kind::PaidAfterCancel,
    }
}

/// The order follows its attempt. May turn the attempt further: money that is held for an order that needs
/// none is released, and what is to be taken at once is taken.
fn tell_order(
    tx: &mut Tx<'_>,
    attempt: &mut Attempt,
    now: Timestamp,
) -> Result<Option<Surprise>, StoreError> {
    let Some(mut order) = tx.get(&ORDERS, &attempt.order)? else {
        return Ok(attempt.state.is_approved().then_some(Surprise::PaidAfterCancel));
    };
    let own = order.paid.as_ref().is_some_and(|paid| paid.attempt == attempt.number);
    match (attempt.state.clone(), order.state) {
        (AttemptState::Authorized(card), State::AwaitingPayment) => {
            buy(tx, &mut order, State::Authorized, paid_with(attempt, &card, now))?;
            if attempt.capture == CaptureMode::Automatic {
                attempt.state = AttemptState::Capturing(card);
            }
            Ok(None)
        }
        // Nobody waits for this money: the order is paid otherwise, or given up.
        (AttemptState::Authorized(card), _) if !own => {
            attempt.state = AttemptState::Voiding(card);
            Ok(None)
        }
        (AttemptState::Captured(card), State::AwaitingPayment) => {
            buy(tx, &mut order, State::Paid, paid_with(attempt, &card, now))?;
            Ok(None)
        }
        (AttemptState::Captured(_), State::Authorized) if own => {
            order.state = State::Paid;
            tx.put(&ORDERS, &order.number, &order)?;
            Ok(None)
        }
        (AttemptState::Captured(card), State::Cancelled) => {
            take(tx, &order.lines, false)?;
            order.state = State::Paid;
            order.paid = Some(paid_with(attempt, &card, now));
            tx.put(&ORDERS, &order.number, &order)?;
            Ok(Some(Surprise::PaidAfterCancel))
        }
        (AttemptState::Captured(_), _) if !own => Ok(Some(Surprise::PaidTwice)),
        (AttemptState::Voided, State::Authorized) if own => {
            put_back(tx, &order.lines)?;
            order.state = State::Cancelled;
            tx.put(&ORDERS, &order.number, &order)?;
            Ok(None)
        }
        // A refused order is held for its buyer from now on anew.
        (AttemptState::Declined { .. }, State::AwaitingPayment) => {
            tx.put(&UNPAID, &order.number, &now)?;
            Ok(None)
        }
        _ => Ok(None),
    }
}

fn paid_with(attempt: &Attempt, card: &CardShown, now: Timestamp) -> PaidWith {
    PaidWith {
        brand: card.brand.clone(),
        last_four: card.last_four.clone(),
        gateway: attempt.gateway.clone(),
        attempt: attempt.number,
        reference: attempt.transaction.clone().or_else(|| attempt.reference.clone()).unwrap_or_default(),
        at: now,
    }
}

/// An order that awaited payment is bought: its stock is gone, its cart is done with.
fn buy(tx: &mut Tx<'_>, order: &mut Order, state: State, paid: PaidWith) -> Result<(), StoreError> {
    order.state = state;
    order.paid = Some(paid);
    tx.put(&ORDERS, &order.number, order)?;
    tx.delete(&UNPAID, &order.number);
    take(tx, &order.lines, true)?;
    // A cart that was changed meanwhile is its owner's next one.
    let (cart, version) = order.cart;
    if tx.get(&CARTS, &cart)?.is_some_and(|cart| cart.version == version) {
        tx.delete(&CARTS, &cart);
        tx.delete(&CHECKOUTS, &cart);
    }
    Ok(())
}

/// When the gateway is asked next.
fn ask_again(
    tx: &mut Tx<'_>,
    attempt: &Attempt,
    (before, outcome): (&AttemptState, &Outcome),
    now: Timestamp,
) -> Result<(), StoreError> {
    let id = (attempt.order, attempt.number);
    let row = tx.get(&INQUIRIES, &id)?;
    let waited = row.filter(|_| *before == attempt.state);
    let next = match &attempt.state {
        AttemptState::Authorized(_) if *outcome != Outcome::Unknown => {
            Some(Patience::soon(now, Patience::HELD))
        }
        AttemptState::ActionRequired { .. } if waited.is_none() => {
            Some(Patience::soon(now, Patience::ACTION))
        }
        AttemptState::Capturing(_) | AttemptState::Voiding(_) if waited.is_none() => {
            // Whoever asked for it is calling the gateway now.
            Some(Patience::soon(now, Patience::ACTION))
        }
        state if state.is_open() => {
            Some(waited.map_or_else(|| Patience::soon(now, Patience::FIRST), |row| row.again(now)))
        }
        // Over; a notice made us ask, and the gateway has not answered.
        _ if *outcome == Outcome::Unknown => {
            row.map(|row| row.again(now)).filter(|row| row.asked < QUESTIONS_AFTER_THE_END)
        }
        _ => None,
    };
    match next {
        Some(next) => tx.put(&INQUIRIES, &id, &next),
        None => {
            tx.delete(&INQUIRIES, &id);
            Ok(())
        }
    }
}
