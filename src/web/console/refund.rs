//! Refunding an order in two steps: a form, then a page with the exact sum and its tax and one button.

use askama::Template;
use axum::body::Body;
use axum::extract::Path;
use axum::http::Request;
use axum::response::{IntoResponse, Redirect, Response};

use super::form::{FORM, Problem};
use super::frame::{Clerk, Frame, status};
use super::refund_form::{Typed, problem, read};
use crate::action::{Books, RefundError, RefundOrder, preview_refund, refund_order};
use crate::base::{Money, Token};
use crate::order::{Portion, Wish};
use crate::staff::Right;
use crate::web::{Failure, Fields, Head, page, reply};

/// A line item in the form.
struct Item {
    sku: String,
    title: String,
    options: String,
    unit_price: String,
    bought: u32,
    left: u32,
    typed: String,
    error: Option<String>,
}

#[derive(Template)]
#[template(path = "console/refund.html")]
struct RefundPage {
    head: Head,
    frame: Frame,
    number: u64,
    currency: &'static str,
    facts: Vec<(String, String)>,
    left: String,
    items: Vec<Item>,
    /// Delivery that is left.
    shipping: Option<String>,
    typed: Typed,
    what_error: Option<String>,
    sum_error: Option<String>,
    reason_error: Option<String>,
    restock_error: Option<String>,
}

#[derive(Template)]
#[template(path = "console/refund_check.html")]
struct CheckPage {
    head: Head,
    frame: Frame,
    number: u64,
    lines: Vec<(String, String)>,
    amount: String,
    tax: String,
    facts: Vec<(String, String)>,
    /// The form again, unseen.
    fields: Vec<(String, String)>,
    button: String,
}

/// The books of the order in the address.
pub fn books_of(clerk: &Clerk, number: &str) -> Result<Books, Failure> {
    let number: u64 = number.parse().map_err(|_| Failure::NotFound)?;
    let found = clerk.desk.site.app.store().read(|view| Books::open(view, number));
    found.map_err(|error| match error {
        RefundError::Store(error) => Failure::from(error),
        _ => Failure::NotFound,
    })
}

/// `GET /orders/{number}/refund`.
pub async fn show(clerk: Clerk, Path(number): Path<String>) -> Result<Response, Failure> {
    clerk.signed.actor.require(Right::RefundPayment)?;
    let books = books_of(&clerk, &number)?;
    if books.left()?.total.minor == 0 {
        return Ok(Redirect::to(&format!("/orders/{}", books.order.number)).into_response());
    }
    let typed = Typed::fresh(&books, Token::random(clerk.desk.site.app.random()))?;
    draw(&clerk, &books, typed, Vec::new())
}

/// `POST /orders/{number}/refund`: shows what the form comes to, or what is wrong with it; with `change`, the
/// form again.
pub async fn check(
    clerk: Clerk,
    Path(number): Path<String>,
    request: Request<Body>,
) -> Result<Response, Failure> {
    let fields = clerk.form(request, FORM).await?;
    clerk.signed.actor.require(Right::RefundPayment)?;
    let books = books_of(&clerk, &number)?;
    if fields.find("change").is_some() {
        let typed = Typed::again(&books, &fields)?;
        return draw(&clerk, &books, typed, Vec::new());
    }
    match read(clerk.texts(), &books, &fields)? {
        Ok(wanted) => match preview_refund(&clerk.desk.site.app, &clerk.signed.actor, &wanted) {
            Ok(portion) => ask(&clerk, &books, &wanted, &portion),
            Err(error) => refuse(&clerk, &number, &fields, error),
        },
        Err(problems) => {
            let typed = Typed::again(&books, &fields)?;
            draw(&clerk, &books, typed, problems)
        }
    }
}

/// `POST /orders/{number}/refund/confirm`: gives the money back.
pub async fn confirm(
    clerk: Clerk,
    Path(number): Path<String>,
    request: Request<Body>,
) -> Result<Response, Failure> {
    let fields = clerk.form(request, FORM).await?;
    clerk.signed.actor.require(Right::RefundPayment)?;
    let books = books_of(&clerk, &number)?;
    let wanted = match read(clerk.texts(), &books, &fields)? {
        Ok(wanted) => wanted,
        Err(problems) => {
            let typed = Typed::again(&books, &fields)?;
            return draw(&clerk, &books, typed, problems);
        }
    };
    match refund_order(&clerk.desk.site.app, &clerk.signed.actor, wanted).await {
        Ok(refund) => {
            let to = format!("/orders/{}?refund={}", refund.order, refund.number);
            Ok(Redirect::to(&to).into_response())
        }
        Err(error) => refuse(&clerk, &number, &fields, error),
    }
}

/// The form again, with what was typed and what to do about it.
fn refuse(clerk: &Clerk, number: &str, fields: &Fields, error: RefundError) -> Result<Response, Failure> {
    // Read anew: somebody may have refunded since.
    let books = books_of(clerk, number)?;
    let problem = problem(clerk.texts(), &books, error)?;
    let mut typed = Typed::again(&books, fields)?;
    // Nothing was begun with this form, and what it showed may be over.
    let fresh = Typed::fresh(&books, Token::random(clerk.desk.site.app.random()))?;
    (typed.seen, typed.nonce) = (fresh.seen, fresh.nonce);
    draw(clerk, &books, typed, vec![problem])
}

fn facts(clerk: &Clerk, books: &Books) -> Result<Vec<(String, String)>, Failure> {
    let texts = clerk.texts();
    Ok(vec![
        (texts.say("money-captured"), books.captured().to_string()),
        (texts.say("money-refunded"), books.so_far()?.to_string()),
        (texts.say("money-left"), books.left()?.total.to_string()),
    ])
}

fn draw(clerk: &Clerk, books: &Books, typed: Typed, problems: Vec<Problem>) -> Result<Response, Failure> {
    let texts = clerk.texts();
    let left = books.left()?;
    let error = |field: &str| {
        problems.iter().find(|problem| problem.field == field).map(|problem| problem.text.clone())
    };
    let items = books.order.lines.iter().zip(&left.pieces).map(|(line, left)| Item {
        sku: line.sku.to_string(),
        title: line.title.to_string(),
        options: line.options.clone(),
        unit_price: line.unit_price.to_string(),
        bought: line.quantity,
        left: left.quantity,
        typed: typed.quantity(line.sku.as_str()),
        error: error(&format!("quantity.{}", line.sku)),
    });
    let items = items.collect();
    let (what_error, sum_error) = (error("what"), error("sum"));
    let (reason_error, restock_error) = (error("reason"), error("restock"));
    let numbered = [("number", books.order.number.to_string().into())];
    let (head, mut frame) = clerk.frame(texts.say_with("refund-title", &numbered), "/orders");
    frame.problems = problems;
    let page = RefundPage {
        number: books.order.number,
        currency: left.total.currency.code(),
        facts: facts(clerk, books)?,
        left: left.total.to_string(),
        items,
        shipping: (left.shipping.minor > 0).then(|| left.shipping.to_string()),
        typed,
        what_error,
        sum_error,
        reason_error,
        restock_error,
        head,
        frame,
    };
    reply::page_with(status(&page.frame.problems), &page)
}

/// The second step: nothing is sent before somebody has read this.
fn ask(clerk: &Clerk, books: &Books, wanted: &RefundOrder, portion: &Portion) -> Result<Response, Failure> {
    let texts = clerk.texts();
    let mut lines = Vec::new();
    for piece in &portion.pieces {
        let line = books.order.lines.iter().find(|line| line.sku == piece.sku);
        let title = line.map_or(piece.sku.as_str(), |line| line.title.as_str());
        let values = [("count", piece.quantity.into()), ("title", title.into())];
        lines.push((texts.say_with("refund-piece", &values), piece.amount.to_string()));
    }
    if portion.shipping.minor > 0 {
        lines.push((texts.say("console-order-delivery"), portion.shipping.to_string()));
    }
    if lines.is_empty() {
        lines.push((texts.say("refund-of-sum"), portion.amount.to_string()));
    }
    let left = books.left()?.total.minor.saturating_sub(portion.amount.minor);
    let left = Money::new(left, portion.amount.currency);
    let paid = books.order.paid.as_ref();
    let card = paid.map_or_else(String::new, |paid| format!("{} •••• {}", paid.brand, paid.last_four));
    let goods = match (&wanted.what, wanted.restock) {
        (Wish::Sum(_), _) => None,
        (_, true) => Some(texts.say("refund-goods-back")),
        (_, false) => Some(texts.say("refund-goods-stay")),
    };
    let mut facts = vec![
        (texts.say("refund-to"), card),
        (texts.say("refund-reason"), wanted.reason.to_string()),
        (texts.say("refund-left-after"), left.to_string()),
    ];
    facts.extend(goods.map(|goods| (texts.say("refund-goods"), goods)));
    let number = books.order.number;
    let numbered = [("number", number.to_string().into())];
    let (head, frame) = clerk.frame(texts.say_with("refund-check-title", &numbered), "/orders");
    page(&CheckPage {
        number,
        lines,
        amount: portion.amount.to_string(),
        tax: portion.tax.to_string(),
        facts,
        fields: Typed::fields(wanted),
        button: texts.say_with("refund-button", &[("amount", portion.amount.to_string().into())]),
        head,
        frame,
    })
}
