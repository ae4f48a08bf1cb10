//! Orders: the list, newest first, and one of them with its money.

use axum::extract::{Path, RawQuery};
use axum::response::Json;
use serde::Serialize;
use utoipa::ToSchema;

use super::access::Caller;
use super::amount::Amount;
use super::list::Query;
use super::problem::Problem;
use super::refunds::RefundRow;
use crate::action::{Books, RefundError};
use crate::order::{ORDERS, Order, State};
use crate::payment::{ATTEMPTS, Attempt, AttemptState};
use crate::store::{Reads, Span};
use crate::web::Failure;

/// The most rows that one answer looks at for a state that is rare.
const MOST_READ: usize = 5000;
/// Rows that are read at once.
const CHUNK: usize = 250;
/// The most attempts that an order shows: the newest.
const MOST_SHOWN: usize = 20;

const STATES: [(&str, State); 5] = [
    ("awaiting-payment", State::AwaitingPayment),
    ("authorized", State::Authorized),
    ("paid", State::Paid),
    ("refunded", State::Refunded),
    ("cancelled", State::Cancelled),
];

fn state_name(state: State) -> String {
    STATES.iter().find(|(_, known)| *known == state).map_or("", |(name, _)| name).to_owned()
}

/// An order in a list
#[derive(Serialize, ToSchema)]
pub struct OrderRow {
    number: u64,
    #[schema(format = DateTime)]
    placed: String,
    /// Who receives it
    name: String,
    /// `awaiting-payment`, `authorized`, `paid`, `refunded` or `cancelled`
    state: String,
    /// Taken with the test gateway: no money moved
    test: bool,
    total: Amount,
}

/// A page of orders
#[derive(Serialize, ToSchema)]
pub struct OrderList {
    items: Vec<OrderRow>,
    /// The cursor of the next page; left out on the last one
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    next: Option<String>,
}

/// So many of one variant
#[derive(Serialize, ToSchema)]
pub struct OrderLine {
    sku: String,
    title: String,
    options: String,
    quantity: u32,
    unit_price: Amount,
    total: Amount,
}

/// Where an order goes
#[derive(Serialize, ToSchema)]
pub struct OrderAddress {
    name: String,
    street: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    extra: Option<String>,
    postal_code: String,
    city: String,
    /// ISO 3166-1 alpha-2
    country: String,
}

/// All that is kept of a card
#[derive(Serialize, ToSchema)]
pub struct PaidRow {
    /// Such as Visa
    brand: String,
    /// The last four digits; empty if the gateway does not tell
    last_four: String,
    gateway: String,
    /// The gateway's own name for the payment
    reference: String,
    #[schema(format = DateTime)]
    at: String,
}

/// An attempt to be paid
#[derive(Serialize, ToSchema)]
pub struct AttemptRow {
    number: u64,
    #[schema(format = DateTime)]
    begun: String,
    gateway: String,
    amount: Amount,
    state: String,
}

/// What was taken, given back and is left of an order's money
#[derive(Serialize, ToSchema)]
pub struct OrderMoney {
    /// Held on the card, to be captured or released; left out if nothing is
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    held: Option<Amount>,
    captured: Amount,
    /// The sum of all refunds that have not failed
    refunded: Amount,
    /// What can still be refunded
    left: Amount,
}

/// An order
#[derive(Serialize, ToSchema)]
pub struct OrderWhole {
    number: u64,
    #[schema(format = DateTime)]
    placed: String,
    state: String,
    test: bool,
    email: String,
    address: OrderAddress,
    /// The way of delivery
    delivery: String,
    lines: Vec<OrderLine>,
    items: Amount,
    shipping: Amount,
    /// Tax inside `total`
    tax: Amount,
    total: Amount,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    paid: Option<PaidRow>,
    money: OrderMoney,
    refunds: Vec<RefundRow>,
    /// The newest 20
    attempts: Vec<AttemptRow>,
}

/// Orders, newest first
#[utoipa::path(
    get,
    path = "/orders",
    tag = "orders",
    extensions(("x-right" = json!("see-orders"))),
    params(
        ("state" = Option<String>, Query, description = "Only those in this state"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
        ("limit" = Option<u16>, Query, minimum = 1, maximum = 100, description = "Items on a page; 50 if left out"),
    ),
    responses((status = 200, description = "A page", body = OrderList))
)]
pub async fn list(caller: Caller, RawQuery(query): RawQuery) -> Result<Json<OrderList>, Problem> {
    let query = Query::read(caller.texts(), query, &["state"])?;
    let (state, limit, before) = (query.choice("state", &STATES)?, query.limit()?, query.number()?);
    let fits = |order: &Order| state.is_none_or(|state| order.state == state);
    caller.api.site.app.store().read(|view| {
        let (mut items, mut below, mut looked) = (Vec::new(), before.unwrap_or(u64::MAX), 0_usize);
        loop {
            let chunk = view.scan(&ORDERS, &Span::all(CHUNK).newest_first().before(&below))?;
            let whole = chunk.len() == CHUNK;
            looked = looked.saturating_add(chunk.len());
            for (number, order) in chunk {
                if fits(&order) {
                    if items.len() == limit {
                        return Ok(Json(OrderList { items, next: Some(below.to_string()) }));
                    }
                    items.push(row(&order));
                }
                below = number;
            }
            if !whole {
                return Ok(Json(OrderList { items, next: None }));
            }
            if looked >= MOST_READ {
                return Ok(Json(OrderList { items, next: Some(below.to_string()) }));
            }
        }
    })
}

fn row(order: &Order) -> OrderRow {
    OrderRow {
        number: order.number,
        placed: order.placed.to_string(),
        name: order.address.name.to_string(),
        state: state_name(order.state),
        test: order.test,
        total: order.totals.total.into(),
    }
}

/// The books of an order by the number in the address.
pub fn books(caller: &Caller, number: &str) -> Result<Books, Problem> {
    let number: u64 = number.parse().map_err(|_| Failure::NotFound)?;
    let found = caller.api.site.app.store().read(|view| Books::open(view, number));
    found.map_err(|error| match error {
        RefundError::Store(error) => error.into(),
        _ => Failure::NotFound.into(),
    })
}

/// An order
#[utoipa::path(
    get,
    path = "/orders/{number}",
    tag = "orders",
    extensions(("x-right" = json!("see-orders"))),
    params(("number" = u64, Path, description = "Its number")),
    responses((status = 200, description = "The order", body = OrderWhole))
)]
pub async fn show(caller: Caller, Path(number): Path<String>) -> Result<Json<OrderWhole>, Problem> {
    whole(&caller, &books(&caller, &number)?).map(Json)
}

/// The order as it stands in the books.
pub fn whole(caller: &Caller, books: &Books) -> Result<OrderWhole, Problem> {
    let order = &books.order;
    let span = Span::under(&order.number, MOST_SHOWN).newest_first();
    let attempts =
        caller.api.site.app.store().read(|view| view.scan(&ATTEMPTS, &span).map_err(Problem::from))?;
    let address = &order.address;
    Ok(OrderWhole {
        number: order.number,
        placed: order.placed.to_string(),
        state: state_name(order.state),
        test: order.test,
        email: order.email.to_string(),
        address: OrderAddress {
            name: address.name.to_string(),
            street: address.street.to_string(),
            extra: address.extra.as_ref().map(ToString::to_string),
            postal_code: address.postal_code.to_string(),
            city: address.city.to_string(),
            country: address.country.code().to_owned(),
        },
        delivery: order.shipping.name.to_string(),
        lines: order.lines.iter().map(line).collect(),
        items: order.totals.items.into(),
        shipping: order.totals.shipping.into(),
        tax: order.totals.tax.into(),
        total: order.totals.total.into(),
        paid: order.paid.as_ref().map(|paid| PaidRow {
            brand: paid.brand.clone(),
            last_four: paid.last_four.clone(),
            gateway: paid.gateway.clone(),
            reference: paid.reference.clone(),
            at: paid.at.to_string(),
        }),
        money: OrderMoney {
            held: books.held().map(Amount::from),
            captured: books.captured().into(),
            refunded: books.so_far()?.into(),
            left: books.left()?.total.into(),
        },
        refunds: books.refunds.iter().map(RefundRow::of).collect(),
        attempts: attempts.iter().map(|(_, attempt)| attempt_row(attempt)).collect(),
    })
}

fn line(item: &crate::order::LineItem) -> OrderLine {
    OrderLine {
        sku: item.sku.to_string(),
        title: item.title.to_string(),
        options: item.options.clone(),
        quantity: item.quantity,
        unit_price: item.unit_price.into(),
        total: item.total.into(),
    }
}

fn attempt_row(attempt: &Attempt) -> AttemptRow {
    AttemptRow {
        number: attempt.number,
        begun: attempt.begun.to_string(),
        gateway: attempt.gateway.clone(),
        amount: attempt.amount.into(),
        state: attempt_state(&attempt.state).to_owned(),
    }
}

/// The state's name in JSON.
pub fn attempt_state(state: &AttemptState) -> &'static str {
    match state {
        AttemptState::Created => "created",
        AttemptState::Sending => "sending",
        AttemptState::ActionRequired { .. } => "action-required",
        AttemptState::Authorized(_) => "authorized",
        AttemptState::Capturing(_) => "capturing",
        AttemptState::Voiding(_) => "releasing",
        AttemptState::Voided => "released",
        AttemptState::Captured(_) => "captured",
        AttemptState::Refunded(_) => "refunded",
        AttemptState::Declined { .. } => "declined",
        AttemptState::Unknown => "unknown",
        AttemptState::Mismatch => "mismatch",
    }
}
