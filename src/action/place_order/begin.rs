//! The transaction that begins a payment: order found or made, stock held, attempt written; or the attempt
//! that is already under way.

use std::sync::Arc;

use jiff::Timestamp;

use super::draft::Draft;
use super::gate::Gate;
use super::stock::{cancel, reserve};
use super::{PlaceError, Placed, told};
use crate::base::{Money, Token};
use crate::cart::CARTS;
use crate::catalog::Catalog;
use crate::operator::Settings;
use crate::order::{NEXT_NUMBER, ORDER_LINKS, ORDERS, ORDERS_OF_CARTS, Order, State, UNPAID};
use crate::payment::gateway::TEST;
use crate::payment::{ATTEMPTS, ATTEMPTS_OF_FORMS, Attempt, AttemptState, CaptureMode, INQUIRIES, Patience};
use crate::store::{Reads, Span, StoreError, Tx};

/// The most attempts to pay one order.
pub const MOST_ATTEMPTS: u64 = 20;
/// The first order's number.
const FIRST_NUMBER: u64 = 1001;
/// The most orders of one cart that are looked at: one per version, and all but the last are final.
const ORDERS_OF_ONE_CART: usize = 100;

/// What the transaction needs to know and may not ask for itself, since it may run more than once.
pub(super) struct Facts {
    pub(super) gate: Arc<Gate>,
    pub(super) catalog: Arc<Catalog>,
    pub(super) now: Timestamp,
    pub(super) gateway: &'static str,
    pub(super) link: Token,
    pub(super) key: Token,
    pub(super) cart: Token,
    pub(super) version: u64,
    pub(super) agreed: Money,
    pub(super) nonce: Token,
}

/// What to do next.
pub(super) enum Begun {
    /// Charge this attempt.
    Charge { link: Token, attempt: Box<Attempt> },
    /// Another one is at it: wait for its outcome.
    Follow { link: Token, attempt: (u64, u64) },
    /// It is over.
    Done(Placed),
}

pub(super) fn begin(tx: &mut Tx<'_>, facts: &Facts) -> Result<Begun, PlaceError> {
    if let Some(begun) = same_form(tx, facts)? {
        return Ok(begun);
    }
    let cart = tx.get(&CARTS, &facts.cart)?;
    let Some(cart) = cart.filter(|cart| cart.version == facts.version) else {
        return gone(tx, facts);
    };
    if cart.items.is_empty() {
        return Err(PlaceError::CartEmpty);
    }
    let settings = Settings::load(tx)?.ok_or(PlaceError::NoGateway)?;
    may_take_money(&settings, facts.gateway)?;
    let open = open_orders(tx, facts.cart)?;
    for order in &open {
        // Money may be moving for this cart: nothing else begins before that is known.
        if let Some(attempt) = under_way(tx, order.number)? {
            return Ok(Begun::Follow { link: order.link, attempt });
        }
    }
    let draft = Draft::of(tx, facts, &settings, &cart)?;
    if draft.totals.total != facts.agreed {
        return Err(PlaceError::PriceChanged { now: draft.totals.total });
    }
    let test = facts.gateway == TEST;
    let place = (facts.cart, facts.version);
    let same = |order: &Order| order.cart == place && order.test == test && draft.is_of(order);
    let order = match open.iter().position(same).and_then(|at| open.get(at)) {
        Some(order) => order.clone(),
        None => {
            for order in &open {
                cancel(tx, order.number)?;
            }
            reserve(tx, &draft.lines)?;
            make(tx, facts, draft)?
        }
    };
    attempt(tx, facts, &order, settings.capture)
}

/// The attempt that this very form began, if it did.
fn same_form(tx: &Tx<'_>, facts: &Facts) -> Result<Option<Begun>, StoreError> {
    let Some(id) = tx.get(&ATTEMPTS_OF_FORMS, &facts.nonce)? else { return Ok(None) };
    let (Some(order), Some(attempt)) = (tx.get(&ORDERS, &id.0)?, tx.get(&ATTEMPTS, &id)?) else {
        return Ok(None);
    };
    // A nonce from somebody else's form must not open somebody else's order.
    if order.cart.0 != facts.cart {
        return Ok(None);
    }
    Ok(Some(match told(order.link, &attempt.state) {
        Placed::Waiting { link } => Begun::Follow { link, attempt: id },
        placed => Begun::Done(placed),
    }))
}

/// The cart is not there at this version: it was paid from another tab, is being paid, or was changed.
fn gone(tx: &Tx<'_>, facts: &Facts) -> Result<Begun, PlaceError> {
    let place = (facts.cart, facts.version);
    let order = match tx.get(&ORDERS_OF_CARTS, &place)? {
        Some(number) => tx.get(&ORDERS, &number)?,
        None => None,
    };
    if let Some(order) = order {
        if matches!(order.state, State::Paid | State::Authorized | State::Refunded) {
            return Ok(Begun::Done(Placed::Paid { link: order.link }));
        }
        if let Some(attempt) = under_way(tx, order.number)? {
            return Ok(Begun::Follow { link: order.link, attempt });
        }
    }
    match tx.get(&CARTS, &facts.cart)? {
        Some(_) => Err(PlaceError::CartChanged),
        None => Err(PlaceError::NoCart),
    }
}

/// The gateway at hand must be the one that the settings name, and the test gateway ends at go-live.
fn may_take_money(settings: &Settings, gateway: &str) -> Result<(), PlaceError> {
    let chosen = settings.gateway.is_some_and(|choice| choice.name() == gateway);
    let ended = gateway == TEST && settings.live_since.is_some();
    if chosen && !ended { Ok(()) } else { Err(PlaceError::NoGateway) }
}

fn open_orders(tx: &Tx<'_>, cart: Token) -> Result<Vec<Order>, StoreError> {
    let span = Span::under(&cart, ORDERS_OF_ONE_CART).newest_first();
    let mut open = Vec::new();
    for (_, number) in tx.scan(&ORDERS_OF_CARTS, &span)? {
        let order = tx.get(&ORDERS, &number)?;
        open.extend(order.filter(|order| order.state == State::AwaitingPayment));
    }
    Ok(open)
}

/// The order's attempt that is under way: there is at most one.
pub(in crate::action) fn under_way(view: &impl Reads, order: u64) -> Result<Option<(u64, u64)>, StoreError> {
    let last = view.scan(&ATTEMPTS, &Span::under(&order, 1).newest_first())?;
    Ok(last.into_iter().find(|(_, attempt)| attempt.state.is_under_way()).map(|(id, _)| id))
}

fn make(tx: &mut Tx<'_>, facts: &Facts, draft: Draft) -> Result<Order, StoreError> {
    let number = tx.get(&NEXT_NUMBER, &0)?.unwrap_or(FIRST_NUMBER);
    tx.put(&NEXT_NUMBER, &0, &number.saturating_add(1))?;
    let order = Order {
        number,
        link: facts.link,
        cart: (facts.cart, facts.version),
        placed: facts.now,
        state: State::AwaitingPayment,
        email: draft.email,
        address: draft.address,
        shipping: draft.shipping,
        lines: draft.lines,
        totals: draft.totals,
        paid: None,
        test: facts.gateway == TEST,
    };
    tx.put(&ORDERS, &number, &order)?;
    tx.put(&ORDER_LINKS, &order.link, &number)?;
    tx.put(&ORDERS_OF_CARTS, &order.cart, &number)?;
    Ok(order)
}

fn attempt(tx: &mut Tx<'_>, facts: &Facts, order: &Order, capture: CaptureMode) -> Result<Begun, PlaceError> {
    let last = tx.scan(&ATTEMPTS, &Span::under(&order.number, 1).newest_first())?;
    let number = last.first().map_or(0, |((_, number), _)| *number).saturating_add(1);
    if number > MOST_ATTEMPTS {
        return Err(PlaceError::TooMany);
    }
    // Last of all, so that only what is really a new attempt is counted.
    facts.gate.admit()?;
    let attempt = Attempt {
        order: order.number,
        number,
        key: facts.key,
        nonce: facts.nonce,
        amount: order.totals.total,
        gateway: facts.gateway.to_owned(),
        capture,
        reference: None,
        transaction: None,
        state: AttemptState::Created,
        begun: facts.now,
        changed: facts.now,
    };
    let id = (order.number, number);
    tx.put(&ATTEMPTS, &id, &attempt)?;
    tx.put(&ATTEMPTS_OF_FORMS, &facts.nonce, &id)?;
    tx.put(&INQUIRIES, &id, &Patience::fresh(facts.now))?;
    tx.put(&UNPAID, &order.number, &facts.now)?;
    Ok(Begun::Charge { link: order.link, attempt: Box::new(attempt) })
}
