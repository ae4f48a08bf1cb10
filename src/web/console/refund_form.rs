//! The refund form: what was typed, read and judged.

use super::form::Problem;
use crate::action::{Books, MOST_REFUNDS, RefundError, RefundOrder};
use crate::base::{Line, Money, Token};
use crate::locale::Texts;
use crate::order::{NotRefundable, Piece, Wish};
use crate::payment::looks_like_card_number;
use crate::web::{Failure, Fields, FormError};

/// The form as it was typed.
#[derive(Default)]
pub struct Typed {
    /// `full`, `lines`, `sum`, or nothing yet.
    pub what: String,
    quantities: Vec<(String, String)>,
    pub shipping: bool,
    pub sum: String,
    pub reason: String,
    pub restock: bool,
    /// Minor units of all refunds that the page showed.
    pub seen: i64,
    pub nonce: String,
}

impl Typed {
    /// An empty form that shows the books as they are.
    pub fn fresh(books: &Books, nonce: Token) -> Result<Self, Failure> {
        Ok(Self { seen: books.so_far()?.minor, nonce: nonce.to_string(), ..Self::default() })
    }

    /// The form that came.
    pub fn again(books: &Books, fields: &Fields) -> Result<Self, Failure> {
        let quantities = books.order.lines.iter().map(|line| {
            let sku = line.sku.to_string();
            let typed = fields.get(&format!("quantity.{sku}")).to_owned();
            (sku, typed)
        });
        // A number that could be a card's is not shown again, wherever it was typed.
        let shown = |name: &str| Some(fields.get(name)).filter(|text| !looks_like_card_number(text));
        Ok(Self {
            what: fields.get("what").to_owned(),
            quantities: quantities.collect(),
            shipping: fields.find("shipping").is_some(),
            sum: shown("sum").unwrap_or_default().to_owned(),
            reason: shown("reason").unwrap_or_default().to_owned(),
            restock: fields.find("restock").is_some(),
            seen: seen(fields)?,
            nonce: nonce(fields)?.to_string(),
        })
    }

    /// What was typed for a line item.
    pub fn quantity(&self, sku: &str) -> String {
        let typed = self.quantities.iter().find(|(known, _)| known == sku);
        typed.map(|(_, typed)| typed.clone()).unwrap_or_default()
    }

    /// The fields of a form that was read, to be sent once more.
    pub fn fields(wanted: &RefundOrder) -> Vec<(String, String)> {
        let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mut fields = match &wanted.what {
            Wish::Full => vec![field("what", "full")],
            Wish::Sum(sum) => vec![field("what", "sum"), field("sum", &sum.decimal())],
            Wish::Lines { lines, shipping } => {
                let mut fields = vec![field("what", "lines")];
                let each = lines.iter();
                fields.extend(each.map(|(sku, count)| field(&format!("quantity.{sku}"), &count.to_string())));
                fields.extend(shipping.then(|| field("shipping", "yes")));
                fields
            }
        };
        fields.push(field("reason", wanted.reason.as_str()));
        fields.extend(wanted.restock.then(|| field("restock", "yes")));
        fields.push(field("seen", &wanted.seen.minor.to_string()));
        fields.push(field("nonce", &wanted.nonce.to_string()));
        fields
    }
}

/// Only a page of ours has these two; a form without them is none.
fn seen(fields: &Fields) -> Result<i64, Failure> {
    fields.get("seen").parse().map_err(|_| Failure::Form(FormError::Encoding))
}

fn nonce(fields: &Fields) -> Result<Token, Failure> {
    fields.get("nonce").parse().map_err(|_| Failure::Form(FormError::Encoding))
}

/// What the form asks for, or what is wrong with it.
pub fn read(
    texts: &Texts,
    books: &Books,
    fields: &Fields,
) -> Result<Result<RefundOrder, Vec<Problem>>, Failure> {
    let currency = books.order.totals.total.currency;
    let mut problems = Vec::new();
    let what = match fields.get("what") {
        "full" => Some(Wish::Full),
        "lines" => lines(texts, (books, &books.left()?.pieces), fields, &mut problems),
        "sum" => {
            let sum = Money::parse(fields.get("sum"), currency).ok().filter(|sum| sum.minor > 0);
            if sum.is_none() {
                problems.push(Problem::new("sum", texts.say("refund-sum-wrong")));
            }
            sum.map(Wish::Sum)
        }
        _ => {
            problems.push(Problem::new("what", texts.say("refund-choose")));
            None
        }
    };
    let reason = reason(texts, fields, &mut problems);
    let (seen, nonce) = (Money::new(seen(fields)?, currency), nonce(fields)?);
    Ok(match (what, reason) {
        (Some(what), Some(reason)) if problems.is_empty() => Ok(RefundOrder {
            order: books.order.number,
            what,
            reason,
            restock: fields.find("restock").is_some(),
            seen,
            nonce,
        }),
        _ => Err(problems),
    })
}

fn lines(
    texts: &Texts,
    (books, left): (&Books, &[Piece]),
    fields: &Fields,
    problems: &mut Vec<Problem>,
) -> Option<Wish> {
    let (before, mut lines) = (problems.len(), Vec::new());
    for (line, left) in books.order.lines.iter().zip(left) {
        let name = format!("quantity.{}", line.sku);
        let typed = fields.get(&name).trim();
        let digits = typed.bytes().all(|byte| byte.is_ascii_digit());
        match typed.parse::<u32>() {
            _ if typed.is_empty() => {}
            Ok(count) if digits && count > left.quantity => {
                let left = [("left", left.quantity.into())];
                problems.push(Problem::new(&name, texts.say_with("refund-quantity-left", &left)));
            }
            Ok(count) if digits => lines.extend((count > 0).then(|| (line.sku.clone(), count))),
            _ => problems.push(Problem::new(&name, texts.say("refund-quantity-wrong"))),
        }
    }
    let shipping = fields.find("shipping").is_some();
    if problems.len() == before && lines.is_empty() && !shipping {
        problems.push(Problem::new("what", texts.say("refund-no-lines")));
    }
    (problems.len() == before).then_some(Wish::Lines { lines, shipping })
}

fn reason(texts: &Texts, fields: &Fields, problems: &mut Vec<Problem>) -> Option<Line<200>> {
    let typed = fields.get("reason");
    let found = Line::new(typed).ok().filter(|_| !looks_like_card_number(typed));
    if found.is_none() {
        let key = if looks_like_card_number(typed) { "refund-reason-is-card" } else { "refund-reason-wrong" };
        problems.push(Problem::new("reason", texts.say(key)));
    }
    found
}

/// Where on the form a refusal belongs, and the cure.
pub fn problem(texts: &Texts, books: &Books, error: RefundError) -> Result<Problem, Failure> {
    let say = |field: &str, key: &str| Problem::new(field, texts.say(key));
    Ok(match error {
        RefundError::Denied(denied) => return Err(denied.into()),
        RefundError::NoOrder => return Err(Failure::NotFound),
        RefundError::OtherForm => return Err(Failure::Form(FormError::Encoding)),
        RefundError::Store(error) => return Err(error.into()),
        RefundError::NothingCaptured => say("money", "refund-nothing-captured"),
        RefundError::Meanwhile { so_far } => {
            let left = books.left()?.total.to_string();
            let values = [("sum", so_far.to_string().into()), ("left", left.into())];
            Problem::new("money", texts.say_with("refund-meanwhile", &values))
        }
        RefundError::NoGoods => say("restock", "refund-no-goods"),
        RefundError::TooManyRefunds => {
            let most = [("most", MOST_REFUNDS.into())];
            Problem::new("money", texts.say_with("refund-too-many", &most))
        }
        RefundError::NoGateway => say("money", "refund-no-gateway"),
        RefundError::Busy => say("money", "refund-busy"),
        RefundError::NotRefundable(error) => refused(texts, error)?,
    })
}

fn refused(texts: &Texts, error: NotRefundable) -> Result<Problem, Failure> {
    Ok(match error {
        NotRefundable::Nothing => Problem::new("what", texts.say("refund-nothing")),
        NotRefundable::MoreThanLeft { wanted, left } => {
            let values = [("wanted", wanted.to_string().into()), ("left", left.to_string().into())];
            Problem::new("sum", texts.say_with("refund-more-than-left", &values))
        }
        NotRefundable::TooMany { sku, left } => {
            let text = texts.say_with("refund-quantity-left", &[("left", left.into())]);
            Problem::new(&format!("quantity.{sku}"), text)
        }
        NotRefundable::UnknownItem(_) => return Err(Failure::NotFound),
        NotRefundable::Sum(error) => return Err(error.into()),
    })
}
