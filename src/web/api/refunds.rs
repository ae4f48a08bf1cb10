//! Giving money back: what it would come to, and doing it.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Json;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::access::Caller;
use super::amount::Amount;
use super::body::Sent;
use super::orders::books;
use super::problem::{Fault, Problem};
use crate::action::{Books, MOST_REFUNDS, RefundError, RefundOrder, preview_refund, refund_order};
use crate::base::{Line, Money, Token};
use crate::locale::Texts;
use crate::order::{NotRefundable, Portion, Wish};
use crate::payment::{Refund, RefundState};
use crate::web::Failure;

/// A refund that was begun
#[derive(Serialize, ToSchema)]
pub struct RefundRow {
    /// From 1 up within the order
    number: u64,
    amount: Amount,
    /// The tax inside `amount`
    tax: Amount,
    reason: String,
    /// Who asked for it
    by: String,
    /// `sending`, `waiting`, `pending`, `done`, `failed` or `unknown`
    state: String,
    #[schema(format = DateTime)]
    begun: String,
}

impl RefundRow {
    pub fn of(refund: &Refund) -> Self {
        let state = match refund.state {
            RefundState::Sending => "sending",
            RefundState::Waiting => "waiting",
            RefundState::Pending => "pending",
            RefundState::Done => "done",
            RefundState::Failed { .. } => "failed",
            RefundState::Unknown => "unknown",
        };
        Self {
            number: refund.number,
            amount: refund.amount.into(),
            tax: refund.tax.into(),
            reason: refund.reason.to_string(),
            by: refund.by.clone(),
            state: state.to_owned(),
            begun: refund.begun.to_string(),
        }
    }
}

/// What is given back of an order
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefundWish {
    /// `full`, `lines` or `sum`
    #[schema(value_type = String)]
    what: What,
    /// For `sum`: in the order's currency, such as 12.50
    #[serde(default)]
    #[schema(max_length = 20)]
    sum: Option<String>,
    /// For `lines`
    #[serde(default)]
    #[schema(max_items = 50)]
    lines: Vec<WishLine>,
    /// For `lines`: whether delivery is given back as well
    #[serde(default)]
    shipping: bool,
    /// Why, for the shop's own books
    #[schema(min_length = 1, max_length = 200)]
    reason: String,
    /// Whether the goods are back on the shelf
    #[serde(default)]
    restock: bool,
    /// The sum of the refunds so far that you know of (`money.refunded` of the order): if there are more by now,
    /// nothing is given back
    #[schema(max_length = 20)]
    seen: String,
    /// Made anew for every refund (26 of 0-9 and a-z without i, l, o, u): sent again, it follows the same refund
    #[schema(value_type = String, pattern = "^[0-7][0-9a-hjkmnp-tv-z]{25}$")]
    nonce: String,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
enum What {
    Full,
    Lines,
    Sum,
}

/// So many of one line item
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WishLine {
    #[schema(max_length = 60)]
    sku: String,
    #[schema(minimum = 1)]
    quantity: u32,
}

/// So many of one line item, and what they come to
#[derive(Serialize, ToSchema)]
pub struct PortionLine {
    sku: String,
    quantity: u32,
    amount: Amount,
}

/// What a refund comes to
#[derive(Serialize, ToSchema)]
pub struct RefundPreview {
    amount: Amount,
    /// The tax inside `amount`
    tax: Amount,
    /// The part of `amount` that is for delivery
    shipping: Amount,
    lines: Vec<PortionLine>,
}

/// What a refund would come to
///
/// Nothing is sent.
#[utoipa::path(
    post,
    path = "/orders/{number}/refunds/preview",
    tag = "orders",
    extensions(("x-right" = json!("refund-payment"))),
    params(("number" = u64, Path, description = "The order's number")),
    request_body = RefundWish,
    responses((status = 200, description = "The exact sum and its tax", body = RefundPreview))
)]
pub async fn preview(
    caller: Caller,
    Path(number): Path<String>,
    Sent(wish): Sent<RefundWish>,
) -> Result<Json<RefundPreview>, Problem> {
    let books = books(&caller, &number)?;
    let wanted = wanted(caller.texts(), &books, wish)?;
    let portion = preview_refund(&caller.api.site.app, &caller.actor, &wanted);
    let Portion { amount, tax, pieces, shipping } =
        portion.map_err(|error| refused(&caller, &books, error))?;
    let line = |piece: crate::order::Piece| PortionLine {
        sku: piece.sku.to_string(),
        quantity: piece.quantity,
        amount: piece.amount.into(),
    };
    Ok(Json(RefundPreview {
        amount: amount.into(),
        tax: tax.into(),
        shipping: shipping.into(),
        lines: pieces.into_iter().map(line).collect(),
    }))
}

/// Give money back
///
/// It cannot be taken back. The answer shows where it stands when the gateway has answered, or after a while; it
/// goes on by itself.
#[utoipa::path(
    post,
    path = "/orders/{number}/refunds",
    tag = "orders",
    extensions(("x-right" = json!("refund-payment"))),
    params(("number" = u64, Path, description = "The order's number")),
    request_body = RefundWish,
    responses((status = 201, description = "Begun, or followed", body = RefundRow))
)]
pub async fn refund(
    caller: Caller,
    Path(number): Path<String>,
    Sent(wish): Sent<RefundWish>,
) -> Result<(StatusCode, Json<RefundRow>), Problem> {
    let books = books(&caller, &number)?;
    let wanted = wanted(caller.texts(), &books, wish)?;
    match refund_order(&caller.api.site.app, &caller.actor, wanted).await {
        Ok(refund) => Ok((StatusCode::CREATED, Json(RefundRow::of(&refund)))),
        Err(error) => Err(refused(&caller, &books, error)),
    }
}

fn wanted(texts: &Texts, books: &Books, wish: RefundWish) -> Result<RefundOrder, Problem> {
    let currency = books.order.totals.total.currency;
    let mut faults = Vec::new();
    let mut fault = |field: &str, key: &str| faults.push(Fault::of(texts, field, &texts.say(key)));
    let what = match wish.what {
        What::Full => Some(Wish::Full),
        What::Sum => {
            let sum = wish.sum.and_then(|sum| Money::parse(&sum, currency).ok()).filter(|sum| sum.minor > 0);
            if sum.is_none() {
                fault("sum", "refund-sum-wrong");
            }
            sum.map(Wish::Sum)
        }
        What::Lines => {
            let mut lines = Vec::new();
            for (place, line) in wish.lines.iter().enumerate() {
                match Line::new(&line.sku) {
                    Ok(sku) if line.quantity > 0 => lines.push((sku, line.quantity)),
                    Ok(_) => fault(&format!("lines[{place}].quantity"), "refund-quantity-wrong"),
                    Err(_) => fault(&format!("lines[{place}].sku"), "api-no-such-item"),
                }
            }
            if wish.lines.is_empty() && !wish.shipping {
                fault("lines", "api-no-lines");
            }
            Some(Wish::Lines { lines, shipping: wish.shipping })
        }
    };
    let reason = Line::new(&wish.reason).ok();
    if reason.is_none() {
        fault("reason", "refund-reason-wrong");
    }
    let seen = Money::parse(&wish.seen, currency).ok();
    if seen.is_none() {
        fault("seen", "api-seen-wrong");
    }
    let nonce: Option<Token> = wish.nonce.parse().ok();
    if nonce.is_none() {
        fault("nonce", "api-nonce-wrong");
    }
    match (what, reason, seen, nonce) {
        (Some(what), Some(reason), Some(seen), Some(nonce)) if faults.is_empty() => {
            Ok(RefundOrder { order: books.order.number, what, reason, restock: wish.restock, seen, nonce })
        }
        _ => Err(Problem::fields(faults)),
    }
}

fn refused(caller: &Caller, books: &Books, error: RefundError) -> Problem {
    let texts = caller.texts();
    let field = |field: &str, key: &str| Problem::field(texts, field, &texts.say(key));
    let conflict = |key: &str| Problem::conflict(texts.say(key));
    match error {
        RefundError::Denied(denied) => denied.into(),
        RefundError::NoOrder => Failure::NotFound.into(),
        RefundError::Store(error) => error.into(),
        RefundError::Busy => Failure::TooMany { retry_after: 60 }.into(),
        RefundError::OtherForm => field("nonce", "api-nonce-taken"),
        RefundError::NoGoods => field("restock", "refund-no-goods"),
        RefundError::NothingCaptured => conflict("refund-nothing-captured"),
        RefundError::NoGateway => conflict("refund-no-gateway"),
        RefundError::TooManyRefunds => {
            Problem::conflict(texts.say_with("refund-too-many", &[("most", MOST_REFUNDS.into())]))
        }
        RefundError::Meanwhile { so_far } => {
            let left = books.left().map(|left| left.total.to_string()).unwrap_or_default();
            let values = [("sum", so_far.to_string().into()), ("left", left.into())];
            Problem::conflict(texts.say_with("refund-meanwhile", &values))
        }
        RefundError::NotRefundable(error) => match error {
            NotRefundable::Nothing => field("what", "refund-nothing"),
            NotRefundable::UnknownItem(_) => field("lines", "api-no-such-item"),
            NotRefundable::Sum(error) => error.into(),
            NotRefundable::TooMany { left, .. } => {
                let text = texts.say_with("refund-quantity-left", &[("left", left.into())]);
                Problem::field(texts, "lines", &text)
            }
            NotRefundable::MoreThanLeft { wanted, left } => {
                let values = [("wanted", wanted.to_string().into()), ("left", left.to_string().into())];
                Problem::field(texts, "sum", &texts.say_with("refund-more-than-left", &values))
            }
        },
    }
}
