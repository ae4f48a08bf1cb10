//! The gateway's books: transactions, what may be done with each, and the batches in which they settle.

use jiff::{SignedDuration, Timestamp};

use super::super::cards::passes_luhn;
use super::money::minor;
use super::node::Node;

/// A transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    pub id: String,
    /// The transaction that it refunds.
    pub of: Option<String>,
    pub kind: String,
    pub status: String,
    pub reason: u32,
    pub requested: i64,
    pub granted: i64,
    pub settle: i64,
    pub currency: String,
    pub invoice: String,
    pub description: String,
    /// The `refId` of the call that made it.
    pub reference: String,
    pub last_four: String,
    pub brand: &'static str,
    pub names: (String, String),
    pub submitted: Timestamp,
    pub batch: Option<String>,
    /// Number and expiry, for the search for duplicates only.
    pub(super) card: (String, String),
}

/// A settled batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    pub id: String,
    pub settled: Timestamp,
}

/// What is said to a transaction: response code, reason code, and which one it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    pub response: u8,
    pub reason: u32,
    /// `0` for one that came to nothing.
    pub id: String,
    pub of: String,
    pub last_four: String,
    pub brand: &'static str,
    /// The topic of the notice that follows.
    pub topic: Option<&'static str>,
}

/// What a test may arrange for the next charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// A filter holds it; the bank has approved or was not asked.
    Hold { approved: bool },
    /// The bank grants less than was asked for.
    Grant(i64),
}

#[derive(Debug, Default)]
pub struct Ledger {
    pub all: Vec<Transaction>,
    pub batches: Vec<Batch>,
    /// The one currency of the account; any if empty.
    pub currency: String,
    pub next: Option<Next>,
    numbers: u64,
}

/// Currencies that Authorize.Net's processors know.
const CURRENCIES: [&str; 12] =
    ["USD", "CAD", "GBP", "EUR", "AUD", "NZD", "CHF", "DKK", "NOK", "PLN", "SEK", "ZAR"];

fn refuse(response: u8, reason: u32) -> Verdict {
    let (id, of, last_four) = ("0".to_owned(), String::new(), String::new());
    Verdict { response, reason, id, of, last_four, brand: "", topic: None }
}

impl Ledger {
    /// Does what a `transactionRequest` asks for.
    pub fn transact(&mut self, request: &Node, reference: &str, now: Timestamp) -> Verdict {
        let kind = request.text("transactionType");
        match kind {
            "authCaptureTransaction" | "authOnlyTransaction" => self.charge(kind, request, reference, now),
            "priorAuthCaptureTransaction" => self.capture(request),
            "voidTransaction" => self.void(request.text("refTransId")),
            "refundTransaction" => self.refund(request, reference, now),
            _ => refuse(3, 5),
        }
    }

    fn charge(&mut self, kind: &str, request: &Node, reference: &str, now: Timestamp) -> Verdict {
        let card = |name: &str| request.text(&format!("payment/creditCard/{name}"));
        let (number, expiry) = (card("cardNumber"), card("expirationDate"));
        let currency = self.currency_of(request);
        let Some(currency) = currency else { return refuse(3, 39) };
        let Some(amount) = minor(request.text("amount")).filter(|amount| *amount > 0) else {
            return refuse(3, 5);
        };
        if number.len() < 13 || !passes_luhn(number) {
            return refuse(3, 6);
        }
        match is_past(expiry, now) {
            None => return refuse(3, 7),
            Some(true) => return refuse(3, 8),
            Some(false) => {}
        }
        if self.is_duplicate(request, now) {
            return refuse(3, 11);
        }
        let bank = match (number, request.text("billTo/zip")) {
            (_, "46282") | ("4000000000000002" | "4000000000009995", _) => Err((2, 2)),
            ("4000000000009979" | "4000000000009987", _) => Err((2, 4)),
            ("4000000000000069", _) => Err((3, 8)),
            ("4000000000000127", _) => Err((2, 65)),
            ("4000000000000119", _) => Err((3, 19)),
            _ => Ok(()),
        };
        let next = self.next.take();
        let captured = kind == "authCaptureTransaction";
        let (response, reason, status, topic) = match (bank, next) {
            (Err((3, reason)), _) => return refuse(3, reason),
            (Err((response, reason)), _) => (response, reason, "declined", None),
            (Ok(()), Some(Next::Hold { approved })) => {
                let status = if approved { "FDSAuthorizedPendingReview" } else { "FDSPendingReview" };
                (4, if approved { 253 } else { 252 }, status, Some("fraud.held"))
            }
            (Ok(()), _) if captured => (1, 1, "capturedPendingSettlement", Some("authcapture.created")),
            (Ok(()), _) => (1, 1, "authorizedPendingCapture", Some("authorization.created")),
        };
        let granted = match next {
            Some(Next::Grant(less)) => less,
            _ if response == 2 => 0,
            _ => amount,
        };
        let id = self.id();
        let transaction = Transaction {
            id: id.clone(),
            of: None,
            kind: kind.to_owned(),
            status: status.to_owned(),
            reason,
            requested: amount,
            granted,
            settle: granted,
            currency,
            invoice: request.text("order/invoiceNumber").to_owned(),
            description: request.text("order/description").to_owned(),
            reference: reference.to_owned(),
            last_four: number[number.len() - 4..].to_owned(),
            brand: brand(number),
            names: (request.text("billTo/firstName").to_owned(), request.text("billTo/lastName").to_owned()),
            submitted: now,
            batch: None,
            card: (number.to_owned(), expiry.to_owned()),
        };
        let (last_four, brand) = (transaction.last_four.clone(), transaction.brand);
        self.all.push(transaction);
        Verdict { response, reason, id, of: String::new(), last_four, brand, topic }
    }

    /// A transaction of the same card, sum, kind and invoice within the window that the new one names.
    fn is_duplicate(&self, request: &Node, now: Timestamp) -> bool {
        let settings = request.at("transactionSettings/setting").map(Node::each).unwrap_or_default();
        let window = settings.iter().find(|setting| setting.text("settingName") == "duplicateWindow");
        let window = window.and_then(|setting| setting.text("settingValue").parse().ok()).unwrap_or(120);
        let window = SignedDuration::from_secs(window);
        let same = |known: &&Transaction| {
            known.kind == request.text("transactionType")
                && known.card.0 == request.text("payment/creditCard/cardNumber")
                && known.card.1 == request.text("payment/creditCard/expirationDate")
                && known.invoice == request.text("order/invoiceNumber")
                && Some(known.requested) == minor(request.text("amount"))
                && known.names.1 == request.text("billTo/lastName")
                && now.duration_since(known.submitted) < window
        };
        self.all.iter().any(|known| same(&known))
    }

    fn currency_of(&self, request: &Node) -> Option<String> {
        let own = if self.currency.is_empty() { "USD" } else { &self.currency };
        match request.text("currencyCode") {
            "" => Some(own.to_owned()),
            code if self.currency.is_empty() => CURRENCIES.contains(&code).then(|| code.to_owned()),
            code => (code == self.currency).then(|| code.to_owned()),
        }
    }

    pub fn find(&mut self, id: &str) -> Option<&mut Transaction> {
        self.all.iter_mut().find(|known| known.id == id)
    }

    fn capture(&mut self, request: &Node) -> Verdict {
        let (id, amount) = (request.text("refTransId"), request.text("amount"));
        let Some(held) = self.find(id) else { return refuse(3, 16) };
        let amount = if amount.is_empty() { Some(held.granted) } else { minor(amount) };
        let Some(amount) = amount.filter(|amount| *amount > 0) else { return refuse(3, 5) };
        let said = |response, reason, topic, held: &Transaction| Verdict {
            response,
            reason,
            id: held.id.clone(),
            of: held.id.clone(),
            last_four: held.last_four.clone(),
            brand: held.brand,
            topic,
        };
        match held.status.as_str() {
            "authorizedPendingCapture" if amount > held.granted => refuse(3, 47),
            "authorizedPendingCapture" => {
                held.status = "capturedPendingSettlement".to_owned();
                held.kind = "priorAuthCaptureTransaction".to_owned();
                held.settle = amount;
                said(1, 1, Some("priorAuthCapture.created"), held)
            }
            "capturedPendingSettlement" | "settledSuccessfully" => said(1, 311, None, held),
            _ => refuse(3, 16),
        }
    }

    fn void(&mut self, id: &str) -> Verdict {
        let Some(known) = self.find(id) else { return refuse(3, 16) };
        let (reason, topic) = match known.status.as_str() {
            "authorizedPendingCapture"
            | "capturedPendingSettlement"
            | "refundPendingSettlement"
            | "FDSPendingReview"
            | "FDSAuthorizedPendingReview" => (1, Some("void.created")),
            "voided" => (310, None),
            _ => return refuse(3, 16),
        };
        known.status = "voided".to_owned();
        known.settle = 0;
        let (id, last_four) = (known.id.clone(), known.last_four.clone());
        Verdict { response: 1, reason, of: id.clone(), id, last_four, brand: known.brand, topic }
    }

    fn refund(&mut self, request: &Node, reference: &str, now: Timestamp) -> Verdict {
        let of = request.text("refTransId");
        let given: i64 = self.refunds_of(of).map(|refund| refund.settle).sum();
        let Some(amount) = minor(request.text("amount")).filter(|amount| *amount > 0) else {
            return refuse(3, 5);
        };
        let Some(currency) = self.currency_of(request) else { return refuse(3, 39) };
        let Some(paid) = self.all.iter().find(|known| known.id == of).cloned() else { return refuse(3, 16) };
        let number = request.text("payment/creditCard/cardNumber");
        let own = number.get(number.len().saturating_sub(4)..) == Some(&paid.last_four);
        if paid.status != "settledSuccessfully" || !own {
            return refuse(3, 54);
        }
        if self.is_duplicate(request, now) {
            return refuse(3, 11);
        }
        if given + amount > paid.settle {
            return refuse(3, 55);
        }
        let id = self.id();
        let expiry = request.text("payment/creditCard/expirationDate").to_owned();
        self.all.push(Transaction {
            id: id.clone(),
            of: Some(of.to_owned()),
            kind: "refundTransaction".to_owned(),
            status: "refundPendingSettlement".to_owned(),
            reason: 1,
            requested: amount,
            granted: amount,
            settle: amount,
            currency,
            invoice: request.text("order/invoiceNumber").to_owned(),
            description: String::new(),
            reference: reference.to_owned(),
            submitted: now,
            batch: None,
            names: (String::new(), String::new()),
            card: (number.to_owned(), expiry),
            ..paid.clone()
        });
        let topic = Some("refund.created");
        let (of, last_four) = (of.to_owned(), paid.last_four);
        Verdict { response: 1, reason: 1, id, of, last_four, brand: paid.brand, topic }
    }

    /// The refunds of a transaction that were not refused or voided.
    pub fn refunds_of<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a Transaction> {
        self.all.iter().filter(move |known| {
            known.of.as_deref() == Some(id)
                && matches!(known.status.as_str(), "refundPendingSettlement" | "refundSettledSuccessfully")
        })
    }

    /// The night's batch: what is captured or to be refunded is settled, what failed goes along, and what is
    /// only held stays.
    pub fn settle(&mut self, now: Timestamp) {
        self.numbers += 1;
        let id = (9_000_000 + self.numbers).to_string();
        for known in self.all.iter_mut().filter(|known| known.batch.is_none()) {
            let status = match known.status.as_str() {
                "capturedPendingSettlement" => "settledSuccessfully",
                "refundPendingSettlement" => "refundSettledSuccessfully",
                "authorizedPendingCapture" | "FDSPendingReview" | "FDSAuthorizedPendingReview" => continue,
                _ => known.status.as_str(),
            };
            known.status = status.to_owned();
            known.batch = Some(id.clone());
        }
        self.batches.push(Batch { id, settled: now });
    }

    fn id(&mut self) -> String {
        self.numbers += 1;
        (60_100_000_000 + self.numbers).to_string()
    }
}

/// Whether a card with this expiry is past its month; `None` if it is none.
fn is_past(expiry: &str, now: Timestamp) -> Option<bool> {
    let (year, month) = match expiry.split_once(['-', '/']) {
        Some((year, month)) if year.len() == 4 => (year.to_owned(), month.to_owned()),
        Some((month, year)) => {
            (if year.len() == 2 { format!("20{year}") } else { year.to_owned() }, month.to_owned())
        }
        None if expiry.len() == 4 => (format!("20{}", expiry.get(2..)?), expiry.get(..2)?.to_owned()),
        None => (expiry.get(2..)?.to_owned(), expiry.get(..2)?.to_owned()),
    };
    let (year, month): (i16, i8) = (year.parse().ok()?, month.parse().ok()?);
    let today = now.to_zoned(jiff::tz::TimeZone::UTC);
    (1..=12).contains(&month).then(|| (year, month) < (today.year(), today.month()))
}

fn brand(number: &str) -> &'static str {
    match number.as_bytes() {
        [b'3', b'4' | b'7', ..] => "AmericanExpress",
        [b'3', b'5', ..] => "JCB",
        [b'3', ..] => "DinersClub",
        [b'4', ..] => "Visa",
        [b'5' | b'2', ..] => "MasterCard",
        [b'6', b'2', ..] => "ChinaUnionPay",
        _ => "Discover",
    }
}
