//! An order's money on its page: held, captured, refunded, left; the list of its refunds; and what just
//! happened to it.

use super::form::Problem;
use super::frame::{Clerk, Frame, when};
use crate::action::Books;
use crate::locale::Texts;
use crate::order::Order;
use crate::payment::{AttemptState, Refund, RefundState};
use crate::staff::Right;
use crate::web::Failure;

/// A refund as the page shows it.
pub struct Row {
    pub number: u64,
    pub begun: String,
    pub by: String,
    pub amount: String,
    pub tax: String,
    /// Items and delivery, line by line; or that it is a sum.
    pub what: Vec<String>,
    pub reason: String,
    pub state: (String, &'static str),
    /// What the state means for whoever reads it.
    pub explained: Option<String>,
    pub reference: Option<String>,
}

/// What `console/money.html` shows.
pub struct Panel {
    pub facts: Vec<(String, String)>,
    /// The amount that can be captured or released by whoever looks.
    pub held: Option<String>,
    /// Whether whoever looks can refund something.
    pub refundable: bool,
    pub refunds: Vec<Row>,
}

/// The panel; `None` for an order that has no money.
pub fn panel(clerk: &Clerk, books: &Books) -> Result<Option<Panel>, Failure> {
    let Some(attempt) = &books.attempt else { return Ok(None) };
    let texts = clerk.texts();
    let actor = &clerk.signed.actor;
    let (captured, so_far, left) = (books.captured(), books.so_far()?, books.left()?.total);
    let amount = attempt.amount.to_string();
    let facts = match &attempt.state {
        AttemptState::Authorized(_) => vec![(texts.say("money-held"), amount)],
        AttemptState::Capturing(_) => vec![(texts.say("attempt-capturing"), amount)],
        AttemptState::Voiding(_) => vec![(texts.say("attempt-voiding"), amount)],
        AttemptState::Voided => vec![(texts.say("attempt-voided"), amount)],
        _ => vec![
            (texts.say("money-captured"), captured.to_string()),
            (texts.say("money-refunded"), so_far.to_string()),
            (texts.say("money-left"), left.to_string()),
        ],
    };
    Ok(Some(Panel {
        facts,
        held: books.held().filter(|_| actor.may(Right::CapturePayment)).map(|held| held.to_string()),
        refundable: actor.may(Right::RefundPayment) && left.minor > 0,
        refunds: books.refunds.iter().rev().map(|refund| row(texts, &books.order, refund)).collect(),
    }))
}

fn row(texts: &Texts, order: &Order, refund: &Refund) -> Row {
    Row {
        number: refund.number,
        begun: when(refund.begun),
        by: refund.by.clone(),
        amount: refund.amount.to_string(),
        tax: refund.tax.to_string(),
        what: what(texts, order, refund),
        reason: refund.reason.to_string(),
        state: state(texts, refund.state),
        explained: explained(texts, refund.state),
        reference: refund.reference.clone(),
    }
}

fn what(texts: &Texts, order: &Order, refund: &Refund) -> Vec<String> {
    let mut what = Vec::new();
    for piece in &refund.lines {
        let line = order.lines.iter().find(|line| line.sku == piece.sku);
        let title = line.map_or(piece.sku.as_str(), |line| line.title.as_str());
        let values = [("count", piece.quantity.into()), ("title", title.into())];
        what.push(texts.say_with("refund-piece", &values));
    }
    if refund.shipping.minor > 0 {
        what.push(texts.say("console-order-delivery"));
    }
    let restocked = refund.lines.iter().map(|line| line.restocked).fold(0, u32::saturating_add);
    match (what.is_empty(), restocked) {
        (true, _) => what.push(texts.say("refund-of-sum")),
        (false, 0) => {}
        (false, count) => what.push(texts.say_with("refund-restocked", &[("count", count.into())])),
    }
    what
}

fn state(texts: &Texts, state: RefundState) -> (String, &'static str) {
    match state {
        RefundState::Sending => (texts.say("refund-state-sending"), "warn"),
        RefundState::Waiting => (texts.say("refund-state-waiting"), "warn"),
        RefundState::Pending => (texts.say("refund-state-pending"), "good"),
        RefundState::Done => (texts.say("refund-state-done"), "good"),
        RefundState::Failed { .. } => (texts.say("refund-state-failed"), "bad"),
        RefundState::Unknown => (texts.say("refund-state-unknown"), "warn"),
    }
}

fn explained(texts: &Texts, state: RefundState) -> Option<String> {
    match state {
        RefundState::Waiting => Some(texts.say("refund-waiting-text")),
        RefundState::Pending => Some(texts.say("refund-pending-text")),
        RefundState::Unknown => Some(texts.say("refund-unknown-text")),
        RefundState::Failed { reason } => Some(texts.say(reason.key())),
        RefundState::Sending | RefundState::Done => None,
    }
}

/// Says in `frame` how the deed went that the address names: `?captured`, `?released` or `?refund=2`. Reads it
/// from the books, so that a page that is opened again says what holds now.
pub fn tell(clerk: &Clerk, books: &Books, query: &str, frame: &mut Frame) {
    let texts = clerk.texts();
    let attempt = books.attempt.as_ref().map(|attempt| (&attempt.state, attempt.amount.to_string()));
    let say = |key: &str, amount: String| texts.say_with(key, &[("amount", amount.into())]);
    let refused = |key: &str| Problem::new("money", texts.say(key));
    match (query, attempt) {
        ("captured", Some((AttemptState::Captured(_) | AttemptState::Refunded(_), amount))) => {
            frame.done = Some(say("money-captured-done", amount));
        }
        ("captured", Some((AttemptState::Capturing(_), amount))) => {
            frame.done = Some(say("money-capturing-done", amount));
        }
        ("captured", _) => frame.problems.push(refused("money-not-captured")),
        ("released", Some((AttemptState::Voided, amount))) => {
            frame.done = Some(say("money-released-done", amount));
        }
        ("released", Some((AttemptState::Voiding(_), amount))) => {
            frame.done = Some(say("money-releasing-done", amount));
        }
        ("released", _) => frame.problems.push(refused("money-not-released")),
        _ => tell_of_refund(texts, books, query, frame),
    }
}

fn tell_of_refund(texts: &Texts, books: &Books, query: &str, frame: &mut Frame) {
    let number = query.strip_prefix("refund=").and_then(|number| number.parse::<u64>().ok());
    let Some(refund) = books.refunds.iter().find(|refund| Some(refund.number) == number) else { return };
    let values = [("amount", refund.amount.to_string().into())];
    let key = match refund.state {
        RefundState::Done | RefundState::Pending => "refund-told-done",
        RefundState::Waiting => "refund-told-waiting",
        RefundState::Sending | RefundState::Unknown => "refund-told-unknown",
        RefundState::Failed { reason } => {
            let why = ("why", texts.say(reason.key()).into());
            let [amount] = values;
            let text = texts.say_with("refund-told-failed", &[amount, why]);
            frame.problems.push(Problem::new("refunds", text));
            return;
        }
    };
    frame.done = Some(texts.say_with(key, &values));
}
