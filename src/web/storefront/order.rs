//! An order's page, behind its unguessable link: thanks, or an honest word on where the payment stands.

use askama::Template;
use axum::extract::Path;
use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;

use super::cart::Sums;
use super::checkout::pay::address_lines;
use super::frame::{Frame, Visit};
use super::listing::Picture;
use crate::base::Token;
use crate::catalog::PictureRef;
use crate::locale::Texts;
use crate::order::{LineItem, ORDER_LINKS, ORDERS, Order, State};
use crate::payment::{ATTEMPTS, Attempt, AttemptState};
use crate::store::{Reads, Span, StoreError};
use crate::web::{Failure, Head};

/// Seconds until a waiting page asks again; after [`PATIENCE`] seconds it asks less often.
const REFRESH: u32 = 4;
const SLOW_REFRESH: u32 = 30;
const PATIENCE: i64 = 60;

struct Line {
    title: String,
    options: String,
    href: String,
    picture: Option<Picture>,
    quantity: u32,
    total: String,
}

/// Where the payment stands, in the page's words.
struct Standing {
    title: String,
    text: String,
    /// `good`, `warn` or `bad`.
    tone: &'static str,
    waiting: bool,
    /// Its buyer can try to pay again from here.
    again: bool,
}

#[derive(Template)]
#[template(path = "storefront/order.html")]
struct OrderPage {
    head: Head,
    frame: Frame,
    standing: Standing,
    paid: bool,
    number: u64,
    placed: String,
    email: String,
    address: Vec<String>,
    delivery: (String, String),
    lines: Vec<Line>,
    sums: Sums,
    paid_with: Option<String>,
    test: bool,
}

/// `GET /order/{link}`.
pub async fn show(visit: Visit, Path(link): Path<String>) -> Result<Response, Failure> {
    let link: Token = link.parse().map_err(|_| Failure::NotFound)?;
    // A payment whose answer was lost is asked about by whoever looks at it.
    crate::action::standing(&visit.site.app, link).await?;
    let found = visit.site.app.store().read(|view| {
        let Some(number) = view.get(&ORDER_LINKS, &link)? else { return Ok(None) };
        let Some(order) = view.get(&ORDERS, &number)? else { return Ok(None) };
        let last = view.scan(&ATTEMPTS, &Span::under(&number, 1).newest_first())?;
        Ok::<_, StoreError>(Some((order, last.into_iter().next().map(|(_, attempt)| attempt))))
    })?;
    let (order, attempt) = found.ok_or(Failure::NotFound)?;
    let texts = visit.texts();
    let own = visit.cart() == Some(order.cart.0);
    let standing = standing(texts, &order, attempt.as_ref(), own);
    let (mut head, frame) = visit.frame(standing.title.clone(), "");
    if standing.waiting {
        let waited = visit.site.app.clock().now().duration_since(order.placed).as_secs();
        head.refresh = Some(if waited < PATIENCE { REFRESH } else { SLOW_REFRESH });
    }
    let page = OrderPage {
        head,
        frame,
        standing,
        paid: matches!(order.state, State::Paid | State::Authorized),
        number: order.number,
        placed: order.placed.strftime("%-d %B %Y, %H:%M UTC").to_string(),
        email: order.email.to_string(),
        address: address_lines(&order.address),
        delivery: (order.shipping.name.to_string(), order.shipping.estimate.to_string()),
        lines: order.lines.iter().map(line).collect(),
        sums: sums(texts, &order),
        paid_with: order.paid.as_ref().map(|paid| {
            let values = [("brand", paid.brand.as_str().into()), ("digits", paid.last_four.as_str().into())];
            texts.say_with("order-paid-with", &values)
        }),
        test: order.test,
    };
    let mut response = visit.page(&page)?;
    let robots = HeaderName::from_static("x-robots-tag");
    response.headers_mut().insert(robots, HeaderValue::from_static("noindex, nofollow"));
    Ok(response)
}

fn standing(texts: &Texts, order: &Order, attempt: Option<&Attempt>, own: bool) -> Standing {
    let make = |title: &str, text: String, tone| Standing {
        title: texts.say(title),
        text,
        tone,
        waiting: false,
        again: false,
    };
    match (order.state, attempt.map(|attempt| &attempt.state)) {
        (State::Paid, _) => make("order-paid-title", texts.say("order-paid-text"), "good"),
        (State::Authorized, _) => make("order-paid-title", texts.say("order-authorized-text"), "good"),
        (State::Refunded, _) => make("order-refunded-title", texts.say("order-refunded-text"), "warn"),
        (State::Cancelled, _) => make("order-cancelled-title", texts.say("order-cancelled-text"), "warn"),
        (State::AwaitingPayment, Some(AttemptState::Declined { reason })) => {
            Standing { again: own, ..make("order-declined-title", texts.say(reason.key()), "bad") }
        }
        (State::AwaitingPayment, Some(state)) if state.is_under_way() => {
            Standing { waiting: true, ..make("order-waiting-title", texts.say("order-waiting-text"), "warn") }
        }
        (State::AwaitingPayment, _) => {
            Standing { again: own, ..make("order-unpaid-title", texts.say("order-unpaid-text"), "warn") }
        }
    }
}

fn line(item: &LineItem) -> Line {
    // The product may be gone by now: the picture has no words of its own here, the title stands beside it.
    let picture = item.picture.clone().and_then(|name| {
        let alt = crate::base::Line::new(item.title.as_str()).ok()?;
        Some(Picture::of(&PictureRef { name, alt }))
    });
    Line {
        title: item.title.to_string(),
        options: item.options.clone(),
        href: format!("/product/{}", item.handle),
        picture,
        quantity: item.quantity,
        total: item.total.to_string(),
    }
}

/// As it was charged; the rate of that day is not kept, only its result.
fn sums(texts: &Texts, order: &Order) -> Sums {
    let totals = &order.totals;
    Sums {
        items: totals.items.to_string(),
        delivery_name: order.shipping.name.to_string(),
        delivery: totals.shipping.to_string(),
        total: totals.total.to_string(),
        tax: texts.say_with("sum-tax-of-order", &[("tax", totals.tax.to_string().into())]),
    }
}
