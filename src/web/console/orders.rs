//! Orders: the list, newest first, and one of them.

use askama::Template;
use axum::extract::{Path, RawQuery};
use axum::response::Response;

use super::form::FORM;
use super::frame::{Clerk, Frame, when};
use super::refund::books_of;
use super::{attempts, money};
use crate::locale::Texts;
use crate::order::{ORDERS, Order, State};
use crate::staff::Right;
use crate::store::{Reads, Span};
use crate::web::{Failure, Fields, Head, page};

/// Orders on a page.
const PAGE: usize = 25;
/// The most rows that one page looks at for a state that is rare.
const MOST_READ: usize = 5000;
/// Rows that are read at once.
const CHUNK: usize = 250;

/// An order in a list.
pub struct Row {
    pub number: u64,
    pub placed: String,
    pub name: String,
    pub state: (String, &'static str),
    pub test: bool,
    pub total: String,
}

/// A filter of the list.
struct Filter {
    label: String,
    href: String,
    current: bool,
}

#[derive(Template)]
#[template(path = "console/orders.html")]
struct OrdersPage {
    head: Head,
    frame: Frame,
    filters: Vec<Filter>,
    orders: Vec<Row>,
    /// Address of the next page.
    older: Option<String>,
    /// Whether this is not the first page.
    later: Option<String>,
}

/// A line of an order.
struct Line {
    title: String,
    options: String,
    sku: String,
    quantity: u32,
    unit_price: String,
    total: String,
}

#[derive(Template)]
#[template(path = "console/order.html")]
struct OrderPage {
    head: Head,
    frame: Frame,
    row: Row,
    email: String,
    address: Vec<String>,
    delivery: String,
    lines: Vec<Line>,
    sums: Vec<(String, String)>,
    paid: Option<Vec<(String, String)>>,
    money: Option<money::Panel>,
    attempts: Vec<attempts::Row>,
}

const STATES: [(&str, &str, State); 5] = [
    ("authorized", "console-order-state-authorized", State::Authorized),
    ("paid", "console-order-state-paid", State::Paid),
    ("awaiting", "console-order-state-awaiting", State::AwaitingPayment),
    ("refunded", "console-order-state-refunded", State::Refunded),
    ("cancelled", "console-order-state-cancelled", State::Cancelled),
];

fn state_of(texts: &Texts, state: State) -> (String, &'static str) {
    match state {
        State::Paid => (texts.say("console-order-state-paid"), "good"),
        State::AwaitingPayment => (texts.say("console-order-state-awaiting"), "warn"),
        State::Authorized => (texts.say("console-order-state-authorized"), "warn"),
        State::Refunded => (texts.say("console-order-state-refunded"), "muted"),
        State::Cancelled => (texts.say("console-order-state-cancelled"), "muted"),
    }
}

fn row(texts: &Texts, order: &Order) -> Row {
    Row {
        number: order.number,
        placed: when(order.placed),
        name: order.address.name.to_string(),
        state: state_of(texts, order.state),
        test: order.test,
        total: order.totals.total.to_string(),
    }
}

/// The newest orders.
pub fn latest(clerk: &Clerk, count: usize) -> Result<Vec<Row>, Failure> {
    clerk.signed.actor.require(Right::SeeOrders)?;
    let span = Span::all(count).newest_first();
    let orders = clerk.desk.site.app.store().read(|view| view.scan(&ORDERS, &span).map_err(Failure::from))?;
    Ok(orders.iter().map(|(_, order)| row(clerk.texts(), order)).collect())
}

/// `GET /orders?state=paid&before=1042`.
pub async fn list(clerk: Clerk, RawQuery(query): RawQuery) -> Result<Response, Failure> {
    clerk.signed.actor.require(Right::SeeOrders)?;
    let query = Fields::parse(query.unwrap_or_default().as_bytes(), FORM)?;
    let chosen = STATES.iter().find(|(name, _, _)| *name == query.get("state"));
    let before: Option<u64> = query.get("before").parse().ok();
    let (orders, next) = read(&clerk, chosen.map(|(_, _, state)| *state), before)?;
    let texts = clerk.texts();
    let address =
        |state: &str| if state.is_empty() { "/orders".to_owned() } else { format!("/orders?state={state}") };
    let filter = |state: &str, label: &str| Filter {
        label: texts.say(label),
        href: address(state),
        current: chosen.map_or("", |(name, _, _)| *name) == state,
    };
    let mut filters = vec![filter("", "orders-all")];
    filters.extend(STATES.iter().map(|(name, label, _)| filter(name, label)));
    let here = address(chosen.map_or("", |(name, _, _)| *name));
    let joint = if here.contains('?') { '&' } else { '?' };
    let (head, frame) = clerk.frame(texts.say("orders-title"), "/orders");
    page(&OrdersPage {
        orders: orders.iter().map(|order| row(texts, order)).collect(),
        older: next.map(|next| format!("{here}{joint}before={next}")),
        later: before.map(|_| here.clone()),
        filters,
        head,
        frame,
    })
}

/// One page of orders below `before`, and the number below which the next page begins.
fn read(
    clerk: &Clerk,
    state: Option<State>,
    before: Option<u64>,
) -> Result<(Vec<Order>, Option<u64>), Failure> {
    clerk.desk.site.app.store().read(|view| {
        let (mut found, mut below, mut looked) = (Vec::new(), before.unwrap_or(u64::MAX), 0_usize);
        loop {
            let rows = view.scan(&ORDERS, &Span::all(CHUNK).newest_first().before(&below))?;
            let whole = rows.len() == CHUNK;
            looked = looked.saturating_add(rows.len());
            for (number, order) in rows {
                if state.is_none_or(|state| order.state == state) {
                    if found.len() == PAGE {
                        return Ok((found, Some(below)));
                    }
                    found.push(order);
                }
                below = number;
            }
            if !whole {
                return Ok((found, None));
            }
            if looked >= MOST_READ {
                return Ok((found, Some(below)));
            }
        }
    })
}

/// `GET /orders/{number}`; with `?captured`, `?released` or `?refund=2` after such a deed.
pub async fn show(
    clerk: Clerk,
    Path(number): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    clerk.signed.actor.require(Right::SeeOrders)?;
    let books = books_of(&clerk, &number)?;
    let order = &books.order;
    let texts = clerk.texts();
    let title = texts.say_with("console-order-title", &[("number", order.number.to_string().into())]);
    let (head, mut frame) = clerk.frame(title, "/orders");
    money::tell(&clerk, &books, &query.unwrap_or_default(), &mut frame);
    let address = &order.address;
    let town = format!("{} {}", address.postal_code, address.city);
    let mut lines = vec![address.name.to_string(), address.street.to_string()];
    lines.extend(address.extra.as_ref().map(ToString::to_string));
    lines.extend([town, address.country.name().to_owned()]);
    let paid = order.paid.as_ref().map(|paid| {
        vec![
            (texts.say("paid-at"), when(paid.at)),
            (texts.say("paid-card"), format!("{} •••• {}", paid.brand, paid.last_four)),
            (texts.say("paid-gateway"), paid.gateway.clone()),
            (texts.say("paid-reference"), paid.reference.clone()),
        ]
    });
    page(&OrderPage {
        row: row(texts, order),
        email: order.email.to_string(),
        address: lines,
        delivery: format!("{} ({})", order.shipping.name, order.shipping.estimate),
        lines: order.lines.iter().map(line).collect(),
        sums: vec![
            (texts.say("console-order-items"), order.totals.items.to_string()),
            (texts.say("console-order-delivery"), order.totals.shipping.to_string()),
            (texts.say("console-order-tax"), order.totals.tax.to_string()),
        ],
        paid,
        money: money::panel(&clerk, &books)?,
        attempts: attempts::of_order(&clerk, order.number)?,
        head,
        frame,
    })
}

fn line(item: &crate::order::LineItem) -> Line {
    Line {
        title: item.title.to_string(),
        options: item.options.clone(),
        sku: item.sku.to_string(),
        quantity: item.quantity,
        unit_price: item.unit_price.to_string(),
        total: item.total.to_string(),
    }
}
