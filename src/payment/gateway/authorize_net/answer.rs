//! What Authorize.Net answers: the few fields that are read. An answer begins with a byte order mark, is a
//! 200 even for a refusal, and says in `messages` whether the call itself was understood.
//!
//! Its texts (`errorText`, `description`) are not read: they may quote what was sent.

use std::fmt;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::amount::Decimal;
use super::status::Status;
use crate::payment::{Brand, CardShown, looks_like_card_number};

const MARK: &[u8] = b"\xef\xbb\xbf";
/// The longest identifier of a transaction or batch that is taken; theirs have about twelve digits.
const LONGEST_ID: usize = 20;
/// "The record cannot be found."
const NO_RECORD: u32 = 40;

/// An answer to a question.
pub(super) enum Reply<T> {
    /// It.
    Told(T),
    /// There is no such record.
    Missing,
    /// The call was refused, with this message code (`E00007` is 7).
    Refused(u32),
}

/// What became of a transaction that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    /// Approved, under this identifier.
    Approved(String),
    /// A filter holds it until the merchant has looked.
    Held,
    /// Refused with this reason code; by the bank or a filter, or else it failed.
    Refused { code: u32, declined: bool },
    /// The call was turned away before it was a transaction, with this message code.
    TurnedAway(u32),
    /// It never left.
    NotSent,
    /// Whether it was done, only asking can tell.
    Unknown,
}

/// A transaction in full (`transactionDetailsType`).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Details {
    #[serde(rename = "transId")]
    pub(super) id: String,
    #[serde(default)]
    pub(super) transaction_type: String,
    #[serde(rename = "transactionStatus")]
    pub(super) status: Status,
    #[serde(default)]
    response_reason_code: Word,
    #[serde(default)]
    order: Order,
    requested_amount: Option<Decimal>,
    auth_amount: Decimal,
    settle_amount: Decimal,
    #[serde(default)]
    payment: Payment,
}

/// A line of a list (`transactionSummaryType`).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Summary {
    #[serde(rename = "transId")]
    pub(super) id: String,
    #[serde(rename = "submitTimeUTC")]
    submitted: Option<String>,
    #[serde(rename = "transactionStatus")]
    pub(super) status: Status,
    #[serde(default)]
    invoice_number: Option<String>,
}

/// A settled batch (`batchDetailsType`).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Batch {
    #[serde(rename = "batchId")]
    id: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Order {
    invoice_number: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payment {
    credit_card: Option<MaskedCard>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MaskedCard {
    #[serde(default)]
    card_number: String,
    #[serde(default)]
    card_type: String,
}

/// A code that comes as text here and as a number there.
#[derive(Default, Deserialize)]
#[serde(untagged)]
enum Word {
    Number(u32),
    Text(String),
    Other(IgnoredAny),
    #[default]
    None,
}

#[derive(Deserialize)]
struct Envelope {
    messages: Messages,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Messages {
    result_code: String,
    #[serde(default)]
    message: Vec<Message>,
}

#[derive(Deserialize)]
struct Message {
    code: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Created {
    ref_id: Option<String>,
    transaction_response: Option<Transaction>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Transaction {
    #[serde(default)]
    response_code: Word,
    trans_id: Option<String>,
    #[serde(default)]
    errors: Option<Vec<Failure>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Failure {
    #[serde(default)]
    error_code: Word,
}

#[derive(Deserialize)]
pub(super) struct OfDetails {
    pub(super) transaction: Details,
}

#[derive(Deserialize)]
pub(super) struct OfTransactions {
    #[serde(default)]
    pub(super) transactions: Option<Vec<Summary>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OfBatches {
    #[serde(default)]
    batch_list: Option<Vec<Batch>>,
}

impl Word {
    fn number(&self) -> Option<u32> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(text) => text.parse().ok(),
            Self::Other(_) | Self::None => None,
        }
    }
}

impl Messages {
    fn is_ok(&self) -> bool {
        self.result_code == "Ok"
    }

    /// `E00007` as 7; 1, "an unexpected error", for what has no such form.
    fn code(&self) -> u32 {
        let code = self.message.first().and_then(|message| message.code.strip_prefix('E'));
        code.and_then(|digits| digits.parse().ok()).unwrap_or(1)
    }
}

/// Reads the answer to a question; `None` for anything that is not a whole answer.
pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Option<Reply<T>> {
    let body = body.strip_prefix(MARK).unwrap_or(body);
    let messages = serde_json::from_slice::<Envelope>(body).ok()?.messages;
    match (messages.is_ok(), messages.code()) {
        (true, _) => serde_json::from_slice(body).ok().map(Reply::Told),
        (false, NO_RECORD) => Some(Reply::Missing),
        (false, code) => Some(Reply::Refused(code)),
    }
}

/// Reads the answer to a transaction that was sent with this `refId`. What is not whole, or somebody else's
/// answer, leaves it unknown.
pub(super) fn said(body: &[u8], reference: &str) -> Said {
    let body = body.strip_prefix(MARK).unwrap_or(body);
    let envelope = serde_json::from_slice::<Envelope>(body);
    let (Ok(envelope), Ok(created)) = (envelope, serde_json::from_slice::<Created>(body)) else {
        return Said::Unknown;
    };
    if created.ref_id.is_some_and(|echoed| echoed != reference) {
        return Said::Unknown;
    }
    let transaction = created.transaction_response;
    let response = transaction.as_ref().and_then(|transaction| transaction.response_code.number());
    let (Some(transaction), Some(response)) = (transaction, response) else {
        return match envelope.messages.code() {
            // Not XML of the schema, wrong credentials or an account that is not open for this.
            code @ 2..=11 if !envelope.messages.is_ok() => Said::TurnedAway(code),
            _ => Said::Unknown,
        };
    };
    let reason = transaction.errors.iter().flatten().find_map(|failure| failure.error_code.number());
    match response {
        1 => match transaction.trans_id.filter(|id| is_id(id)) {
            Some(id) if envelope.messages.is_ok() => Said::Approved(id),
            _ => Said::Unknown,
        },
        2 => Said::Refused { code: reason.unwrap_or(2), declined: true },
        3 => Said::Refused { code: reason.unwrap_or(19), declined: false },
        4 => Said::Held,
        _ => Said::Unknown,
    }
}

/// Digits, as Authorize.Net makes identifiers of (`numericString`); 0 is none. No card number either, because
/// identifiers are kept and shown.
pub(super) fn is_id(text: &str) -> bool {
    (1..=LONGEST_ID).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && text.bytes().any(|byte| byte != b'0')
        && !looks_like_card_number(text)
}

impl Details {
    pub(super) fn invoice(&self) -> &str {
        self.order.invoice_number.as_deref().unwrap_or_default()
    }

    /// Why it failed, if it did.
    pub(super) fn reason(&self) -> u32 {
        self.response_reason_code.number().unwrap_or_default()
    }

    /// What the bank was asked for and granted, in minor units; `None` if that is not one and the same sum.
    pub(super) fn granted(&self, exponent: u32) -> Option<i64> {
        let granted = self.auth_amount.minor(exponent)?;
        let requested = self.requested_amount.as_ref();
        requested.is_none_or(|asked| asked.minor(exponent) == Some(granted)).then_some(granted)
    }

    /// What is, or will be, settled, in minor units.
    pub(super) fn settled(&self, exponent: u32) -> Option<i64> {
        self.settle_amount.minor(exponent)
    }

    /// Scheme and last four digits; plain words where it does not tell.
    pub(super) fn card(&self) -> CardShown {
        let card = self.payment.credit_card.as_ref();
        let last_four = card
            .and_then(|card| card.card_number.strip_prefix("XXXX"))
            .filter(|four| four.len() == 4 && four.bytes().all(|byte| byte.is_ascii_digit()));
        let brand = card.map_or(Brand::Other, |card| brand(&card.card_type));
        CardShown { brand: brand.name().to_owned(), last_four: last_four.unwrap_or_default().to_owned() }
    }
}

impl Summary {
    pub(super) fn is_of(&self, invoice: &str) -> bool {
        is_id(&self.id) && self.invoice_number.as_deref() == Some(invoice)
    }

    /// Whether it came in before this; no if it does not tell.
    pub(super) fn is_before(&self, time: Timestamp) -> bool {
        let submitted = self.submitted.as_deref().and_then(|text| text.parse::<Timestamp>().ok());
        submitted.is_some_and(|submitted| submitted < time)
    }
}

/// The status alone: all else is text that somebody else has chosen.
impl fmt::Debug for Details {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Details({:?})", self.status)
    }
}

/// Likewise.
impl fmt::Debug for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Summary({:?})", self.status)
    }
}

/// All that the answer to a transaction leaves behind.
pub(super) fn told_transaction(body: &[u8]) -> String {
    match said(body, "0123456789abcdefghjk") {
        Said::Unknown => String::new(),
        said => format!("{said:?}"),
    }
}

/// All that details leave behind: sums, invoice and kind are compared and never kept.
pub(super) fn told_details(body: &[u8]) -> String {
    let Some(reply) = read::<OfDetails>(body) else { return String::new() };
    let Reply::Told(OfDetails { transaction: told }) = reply else { return String::from("none") };
    let id = Some(&told.id).filter(|id| is_id(id));
    let sums = (told.granted(2) == Some(2490), told.settled(2) == Some(2490));
    format!("{told:?} {id:?} {:?} {sums:?} {}", told.card(), told.reason())
}

/// All that a list leaves behind, for one who looks for its first line's invoice.
pub(super) fn told_list(body: &[u8]) -> String {
    let Some(reply) = read::<OfTransactions>(body) else { return String::new() };
    let Reply::Told(list) = reply else { return String::from("none") };
    let lines = list.transactions.unwrap_or_default();
    let wanted = lines.first().and_then(|line| line.invoice_number.clone()).unwrap_or_default();
    let found = lines.iter().filter(|line| line.is_of(&wanted));
    let ids: Vec<_> = found.map(|line| (line, &line.id, line.is_before(Timestamp::UNIX_EPOCH))).collect();
    format!("{ids:?}")
}

/// All that a list of batches leaves behind.
pub(super) fn told_batches(body: &[u8]) -> String {
    match read::<OfBatches>(body) {
        Some(Reply::Told(list)) => format!("{:?}", list.ids()),
        Some(Reply::Missing | Reply::Refused(_)) => String::from("none"),
        None => String::new(),
    }
}

impl OfBatches {
    /// Their identifiers; `None` if one of them is none.
    pub(super) fn ids(self) -> Option<Vec<String>> {
        let ids = self.batch_list.unwrap_or_default().into_iter().map(|batch| batch.id);
        ids.map(|id| is_id(&id).then_some(id)).collect()
    }
}

fn brand(name: &str) -> Brand {
    match name.to_ascii_lowercase().as_str() {
        "visa" => Brand::Visa,
        "mastercard" => Brand::Mastercard,
        "americanexpress" => Brand::Amex,
        "discover" => Brand::Discover,
        "dinersclub" => Brand::Diners,
        "jcb" => Brand::Jcb,
        "chinaunionpay" => Brand::UnionPay,
        _ => Brand::Other,
    }
}

#[cfg(test)]
#[path = "answer_tests.rs"]
mod tests;
