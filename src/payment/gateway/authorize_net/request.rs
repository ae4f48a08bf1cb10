//! Requests. Authorize.Net turns the JSON into XML of its schema on its side, so members stand in the order of
//! <https://api.authorize.net/xml/v1/schema/AnetApiSchema.xsd>; any other order is refused (E00003).

use std::net::{IpAddr, Ipv4Addr};

use zeroize::Zeroizing;

use super::amount;
use super::{AuthorizeNetAccount, Body, Json};
use crate::base::Money;
use crate::payment::{Attempt, CaptureMode, Card};

/// Members of an object, in the schema's order.
pub(super) type Fields<'a> = Vec<(&'static str, Json<'a>)>;

/// For so many seconds a transaction of the same card, sum and invoice is refused: the most that is taken. The
/// shop never sends one twice; this is for what repeats requests on the way.
const DUPLICATE_WINDOW: &str = "28800";
/// The longest number that the schema takes; UnionPay has longer ones.
pub(super) const MOST_DIGITS: usize = 16;
/// The longest first and last name, in characters.
const LONGEST_NAME: usize = 50;

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Question {
    CreateTransaction,
    Details,
    Unsettled,
    Batches,
    OfBatch,
}

impl Question {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::CreateTransaction => "createTransactionRequest",
            Self::Details => "getTransactionDetailsRequest",
            Self::Unsettled => "getUnsettledTransactionListRequest",
            Self::Batches => "getSettledBatchListRequest",
            Self::OfBatch => "getTransactionListRequest",
        }
    }
}

/// The whole body. `None` if the account's login or key is no text.
pub(super) fn body(account: &AuthorizeNetAccount, question: Question, fields: Fields<'_>) -> Option<Body> {
    let (login, key) = (account.login.expose_str()?, account.transaction_key.expose_str()?);
    let mut all = vec![(
        "merchantAuthentication",
        Json::Object(vec![("name", Json::Text(login)), ("transactionKey", Json::Text(key))]),
    )];
    all.extend(fields);
    Some(Body::json(&Json::Object(vec![(question.name(), Json::Object(all))])))
}

/// What a charge consists of besides the card; kept by the caller, because the request borrows it.
pub(super) struct Charge<'a> {
    pub(super) attempt: &'a Attempt,
    pub(super) invoice: &'a str,
    pub(super) amount: String,
    pub(super) description: String,
    /// Only dotted addresses are taken.
    pub(super) address: Option<String>,
    pub(super) expiry: Zeroizing<String>,
}

impl<'a> Charge<'a> {
    pub(super) fn new(attempt: &'a Attempt, invoice: &'a str, card: &Card, visitor: IpAddr) -> Self {
        let (month, year) = card.expiry();
        let dotted: Option<Ipv4Addr> = match visitor.to_canonical() {
            IpAddr::V4(four) => Some(four),
            IpAddr::V6(_) => None,
        };
        Self {
            attempt,
            invoice,
            amount: amount::text(attempt.amount),
            description: format!("Order {}", attempt.order),
            address: dotted.map(|four| four.to_string()),
            expiry: Zeroizing::new(format!("{year:04}-{month:02}")),
        }
    }

    /// The one place where a card becomes bytes for the network.
    pub(super) fn fields(&'a self, card: &'a Card) -> Fields<'a> {
        let kind = match self.attempt.capture {
            CaptureMode::Automatic => "authCaptureTransaction",
            CaptureMode::Manual => "authOnlyTransaction",
        };
        let credit_card = Json::Object(vec![
            ("cardNumber", Json::Text(card.expose_number())),
            ("expirationDate", Json::Text(&self.expiry)),
            ("cardCode", Json::Text(card.expose_code())),
        ]);
        let mut fields = vec![
            ("transactionType", Json::Text(kind)),
            ("amount", Json::Text(&self.amount)),
            ("currencyCode", Json::Text(self.attempt.amount.currency.code())),
            ("payment", Json::Object(vec![("creditCard", credit_card)])),
            (
                "order",
                Json::Object(vec![
                    ("invoiceNumber", Json::Text(self.invoice)),
                    ("description", Json::Text(&self.description)),
                ]),
            ),
            ("billTo", Json::Object(names(card.expose_holder()))),
        ];
        fields.extend(self.address.as_deref().map(|address| ("customerIP", Json::Text(address))));
        // Part of a sum is no payment.
        fields.push(settings(&[("duplicateWindow", DUPLICATE_WINDOW), ("allowPartialAuth", "false")]));
        fields
    }
}

/// Takes what an earlier transaction holds.
pub(super) fn capture<'a>(amount: &'a str, money: Money, of: &'a str) -> Fields<'a> {
    vec![
        ("transactionType", Json::Text("priorAuthCaptureTransaction")),
        ("amount", Json::Text(amount)),
        ("currencyCode", Json::Text(money.currency.code())),
        ("refTransId", Json::Text(of)),
    ]
}

/// Ends what is not settled yet.
pub(super) fn void(of: &str) -> Fields<'_> {
    vec![("transactionType", Json::Text("voidTransaction")), ("refTransId", Json::Text(of))]
}

/// Gives part of a settled transaction back to its card, of which the last four digits suffice.
pub(super) fn refund<'a>(
    (amount, money): (&'a str, Money),
    last_four: &'a str,
    of: &'a str,
    invoice: &'a str,
) -> Fields<'a> {
    let card =
        Json::Object(vec![("cardNumber", Json::Text(last_four)), ("expirationDate", Json::Text("XXXX"))]);
    vec![
        ("transactionType", Json::Text("refundTransaction")),
        ("amount", Json::Text(amount)),
        ("currencyCode", Json::Text(money.currency.code())),
        ("payment", Json::Object(vec![("creditCard", card)])),
        ("refTransId", Json::Text(of)),
        ("order", Json::Object(vec![("invoiceNumber", Json::Text(invoice))])),
        settings(&[("duplicateWindow", DUPLICATE_WINDOW)]),
    ]
}

/// A page of a list, newest first.
pub(super) fn page<'a>(limit: i64, page: i64) -> Fields<'a> {
    vec![
        (
            "sorting",
            Json::Object(vec![
                ("orderBy", Json::Text("submitTimeUTC")),
                ("orderDescending", Json::Flag(true)),
            ]),
        ),
        ("paging", Json::Object(vec![("limit", Json::Number(limit)), ("offset", Json::Number(page))])),
    ]
}

fn settings<'a>(all: &[(&'a str, &'a str)]) -> (&'static str, Json<'a>) {
    let one = |(name, value): &(&'a str, &'a str)| {
        Json::Object(vec![("settingName", Json::Text(name)), ("settingValue", Json::Text(value))])
    };
    ("transactionSettings", Json::Object(vec![("setting", Json::List(all.iter().map(one).collect()))]))
}

/// First and last name of a holder: what stands before and after the last space.
fn names(holder: &str) -> Fields<'_> {
    let space = holder.rfind(' ').unwrap_or_default();
    let (first, last) = holder.split_at_checked(space).unwrap_or(("", holder));
    let first = Some(short(first.trim())).filter(|first| !first.is_empty());
    let first = first.map(|first| ("firstName", Json::Text(first)));
    first.into_iter().chain([("lastName", Json::Text(short(last.trim())))]).collect()
}

fn short(name: &str) -> &str {
    let end = name.char_indices().nth(LONGEST_NAME).map_or(name.len(), |(at, _)| at);
    name.get(..end).unwrap_or_default()
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;
