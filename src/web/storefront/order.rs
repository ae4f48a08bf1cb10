//! An order's page, behind its unguessable link: thanks, or an honest word on where the payment stands.

use askama::Template;
use axum::body::Body;
use axum::extract::{Path, RawQuery};
use axum::http::{HeaderName, HeaderValue, Request};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::SignedDuration;

use super::cart::Sums;
use super::checkout::pay::address_lines;
use super::frame::{Frame, Visit};
use super::listing::Picture;
use super::refunds;
use crate::action::{self, Placed, resume};
use crate::base::Token;
use crate::catalog::PictureRef;
use crate::locale::Texts;
use crate::order::{LineItem, ORDER_LINKS, ORDERS, Order, State};
use crate::payment::{ATTEMPTS, Attempt, AttemptState};
use crate::store::{Reads, Span, StoreError};
use crate::web::{Failure, Head, cookies};

/// Seconds until a waiting page asks again; after [`PATIENCE`] seconds it asks less often.
const REFRESH: u32 = 4;
const SLOW_REFRESH: u32 = 30;
const PATIENCE: i64 = 60;
/// How long after the payment page a browser is sent on to the bank's or the gateway's page by itself.
const ONWARD: SignedDuration = SignedDuration::from_secs(5);

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
    /// The bank's or the gateway's page, where its buyer must say yes.
    action: Option<String>,
    /// Its buyer can try to pay again from here.
    again: bool,
}

#[derive(Template)]
#[template(path = "storefront/order.html")]
struct OrderPage {
    head: Head,
    frame: Frame,
    standing: Standing,
    csrf: String,
    link: String,
    paid: bool,
    number: u64,
    placed: String,
    email: String,
    address: Vec<String>,
    delivery: (String, String),
    lines: Vec<Line>,
    sums: Sums,
    paid_with: Option<String>,
    refunds: Vec<String>,
    test: bool,
}

/// `GET /order/{link}`.
pub async fn show(mut visit: Visit, Path(link): Path<String>) -> Result<Response, Failure> {
    let link: Token = link.parse().map_err(|_| Failure::NotFound)?;
    // A payment whose answer was lost is asked about by whoever looks at it.
    action::standing(&visit.site.app, link).await?;
    let found = visit.site.app.store().read(|view| {
        let Some(number) = view.get(&ORDER_LINKS, &link)? else { return Ok(None) };
        let Some(order) = view.get(&ORDERS, &number)? else { return Ok(None) };
        let last = view.scan(&ATTEMPTS, &Span::under(&number, 1).newest_first())?;
        let given = refunds::of_order(view, number)?;
        Ok::<_, StoreError>(Some((order, last.into_iter().next().map(|(_, attempt)| attempt), given)))
    })?;
    let (order, attempt, given) = found.ok_or(Failure::NotFound)?;
    let own = visit.cart() == Some(order.cart.0);
    let csrf = if own { visit.form_token() } else { String::new() };
    let texts = visit.texts();
    let standing = standing(texts, &order, attempt.as_ref(), own);
    let now = visit.site.app.clock().now();
    let (mut head, frame) = visit.frame(standing.title.clone(), "");
    if standing.waiting {
        let waited = now.duration_since(order.placed).as_secs();
        head.refresh = Some(if waited < PATIENCE { REFRESH } else { SLOW_REFRESH });
    }
    if let (Some(url), Some(attempt)) = (&standing.action, &attempt) {
        // Only on the way from the payment page: who comes back later is not sent away again.
        if now.duration_since(attempt.changed) < ONWARD {
            head.onward = Some(url.clone());
        } else {
            head.refresh = Some(SLOW_REFRESH);
        }
    }
    let page = OrderPage {
        csrf,
        link: order.link.to_string(),
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
        refunds: given.iter().map(|refund| refunds::say(texts, refund)).collect(),
        test: order.test,
    };
    let mut response = visit.page(&page)?;
    let robots = HeaderName::from_static("x-robots-tag");
    response.headers_mut().insert(robots, HeaderValue::from_static("noindex, nofollow"));
    Ok(response)
}

/// `GET /order/{link}/return?...`: back from the bank's or the gateway's page.
pub async fn take_back(
    visit: Visit,
    Path(link): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let link: Token = link.parse().map_err(|_| Failure::NotFound)?;
    let placed = resume(&visit.site.app, link, &query.unwrap_or_default()).await?;
    let mut response = Redirect::to(&format!("/order/{link}")).into_response();
    if matches!(placed, Some(Placed::Paid { .. })) {
        cookies::CART.clear(response.headers_mut());
    }
    Ok(response)
}

/// `POST /order/{link}/abandon`: its buyer pays another way.
pub async fn abandon(
    visit: Visit,
    Path(link): Path<String>,
    request: Request<Body>,
) -> Result<Response, Failure> {
    let link: Token = link.parse().map_err(|_| Failure::NotFound)?;
    visit.form(request).await?;
    let to = match action::abandon(&visit.site.app, link).await? {
        Some(Placed::Declined { .. }) => "/checkout/pay".to_owned(),
        _ => format!("/order/{link}"),
    };
    Ok(Redirect::to(&to).into_response())
}

fn standing(texts: &Texts, order: &Order, attempt: Option<&Attempt>, own: bool) -> Standing {
    let make = |title: &str, text: String, tone| Standing {
        title: texts.say(title),
        text,
        tone,
        waiting: false,
        action: None,
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
        (State::AwaitingPayment, Some(AttemptState::ActionRequired { url })) => Standing {
            action: Some(url.clone()),
            ..make("order-action-title", texts.say("order-action-text"), "warn")
        },
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
