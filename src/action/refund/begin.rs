//! The transaction that begins a refund, or finds the one that the same form began.

use jiff::Timestamp;

use super::{Books, RefundError, RefundOrder};
use crate::action::Actor;
use crate::action::place_order::put_one_back;
use crate::audit::{Deed, Event};
use crate::base::Token;
use crate::payment::{
    Attempt, OPEN_REFUNDS, Patience, REFUNDS, REFUNDS_OF_FORMS, REFUNDS_OF_KEYS, Refund, RefundLine,
    RefundState,
};
use crate::store::{Reads, StoreError, Tx};

/// What the transaction needs to know and may not ask for itself, since it may run more than once.
pub(super) struct Facts {
    pub(super) wanted: RefundOrder,
    pub(super) key: Token,
    pub(super) now: Timestamp,
    pub(super) actor: Actor,
}

/// What to do next.
pub(super) enum Begun {
    /// Tell the gateway.
    New { refund: Box<Refund>, attempt: Box<Attempt>, event: Box<Event> },
    /// The same form began this one.
    Known(Box<Refund>),
}

impl Begun {
    pub(super) fn refund(&self) -> Refund {
        match self {
            Self::New { refund, .. } | Self::Known(refund) => refund.as_ref().clone(),
        }
    }
}

/// The refund that the same form began, if it began one.
pub(super) fn known(view: &impl Reads, wanted: &RefundOrder) -> Result<Option<Refund>, RefundError> {
    let Some(id) = view.get(&REFUNDS_OF_FORMS, &wanted.nonce)? else { return Ok(None) };
    let refund = view.get(&REFUNDS, &id)?.filter(|refund| refund.order == wanted.order);
    refund.map(Some).ok_or(RefundError::OtherForm)
}

pub(super) fn begin(tx: &mut Tx<'_>, facts: &Facts) -> Result<Begun, RefundError> {
    let wanted = &facts.wanted;
    if let Some(refund) = known(tx, wanted)? {
        return Ok(Begun::Known(Box::new(refund)));
    }
    let books = Books::open(tx, wanted.order)?;
    let portion = books.portion(wanted)?;
    let attempt = books.captured_attempt()?;
    let mut lines = Vec::with_capacity(portion.pieces.len());
    for piece in portion.pieces {
        let restocked = match wanted.restock {
            true => piece.quantity.min(books.not_restocked(piece.sku.as_str())),
            false => 0,
        };
        if restocked > 0 {
            put_one_back(tx, piece.sku.as_str(), restocked)?;
        }
        lines.push(RefundLine { sku: piece.sku, quantity: piece.quantity, amount: piece.amount, restocked });
    }
    let last = books.refunds.last().map_or(0, |refund| refund.number);
    let refund = Refund {
        order: wanted.order,
        number: last.saturating_add(1),
        attempt: attempt.number,
        key: facts.key,
        amount: portion.amount,
        tax: portion.tax,
        lines,
        shipping: portion.shipping,
        reason: wanted.reason.clone(),
        by: facts.actor.name(),
        state: RefundState::Sending,
        reference: None,
        begun: facts.now,
        changed: facts.now,
    };
    let event = keep(tx, facts, &refund)?;
    Ok(Begun::New { refund: Box::new(refund), attempt: Box::new(attempt), event: Box::new(event) })
}

fn keep(tx: &mut Tx<'_>, facts: &Facts, refund: &Refund) -> Result<Event, StoreError> {
    let id = (refund.order, refund.number);
    tx.put(&REFUNDS, &id, refund)?;
    tx.put(&REFUNDS_OF_FORMS, &facts.wanted.nonce, &id)?;
    tx.put(&REFUNDS_OF_KEYS, &refund.key, &id)?;
    tx.put(&OPEN_REFUNDS, &id, &Patience::fresh(facts.now))?;
    let object = format!("order {}: refund {}, {}", refund.order, refund.number, refund.amount);
    let event = facts.actor.did(facts.now, Deed::RefundPayment, &object);
    event.record(tx)?;
    Ok(event)
}
