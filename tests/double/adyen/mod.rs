//! Adyen's Checkout API, version 71, as far as a shop with cards uses it: payments with raw card data, the
//! redirect for 3-D Secure and `/payments/details`, captures, cancels (by name and by reference), refunds,
//! reversals, idempotency keys, and standard webhooks, each signed.
//!
//! Strict where Adyen is, and more: a field that this double does not know is refused, a key serves one request
//! only, and a card is taken in `/payments` alone. Whatever comes of a modification is told by a notice only.
//!
//! What Adyen's documents leave open and this double had to choose: a cancel by a reference that Adyen has never
//! heard of is received, and its notice has `success: false` and no `originalReference`.

mod cards;
mod changes;
mod controls;
mod errors;
mod notices;
mod payments;
mod repeats;

use serde_json::{Value, json};

use super::api::{Answer, Api, Charge, Done, Notice, Request, Signed, Signing};
use errors::Refused;
pub use payments::Payment;

/// The one merchant account that there is.
pub const MERCHANT: &str = "CashCowTest";
/// How Adyen's API keys begin.
pub const KEY: &str = "AQEdoubleOfATest";
/// A key without the right to send card numbers.
pub const KEY_WITHOUT_CARDS: &str = "AQEnoCardsOfATest";

/// Adyen's API and its books.
#[derive(Default)]
pub struct Adyen {
    endpoint: String,
    next: u64,
    /// Oldest first.
    payments: Vec<Payment>,
    events: Vec<Value>,
    told: usize,
    /// Notices wait for a control, and then come together.
    held: bool,
    live: bool,
    repeats: repeats::Repeats,
}

type Done2xx = Result<(u16, Value), Refused>;

impl Adyen {
    /// A fresh `pspReference`.
    fn psp(&mut self) -> String {
        self.next += 1;
        format!("DOUBLE{:010}", self.next)
    }

    fn route(&mut self, request: &Request) -> Done2xx {
        let parts = request.parts();
        let parts = parts.strip_prefix(&["checkout"]).unwrap_or(&parts);
        let (Some(parts), "POST") = (parts.strip_prefix(&["v71"]), request.method.as_str()) else {
            return Err(errors::no_such_url());
        };
        let body = request.json().filter(Value::is_object).ok_or_else(errors::no_json)?;
        let cards = request.header("x-api-key").is_some_and(|key| key.starts_with(KEY));
        match parts {
            ["payments"] if !cards => Err(errors::not_allowed()),
            ["payments"] => self.pay(&body),
            ["payments", "details"] => self.details(&body),
            ["payments", psp, what @ ("captures" | "cancels" | "refunds" | "reversals")] => {
                self.change(psp, what, &body)
            }
            ["cancels"] => self.cancel_by_reference(&body),
            _ => Err(errors::no_such_url()),
        }
    }
}

/// The request's fields are among those that are known, and it is for this merchant account.
fn checked(body: &Value, known: &[&str]) -> Result<(), Refused> {
    let unknown: Vec<_> = body
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, _)| name)
        .filter(|name| !known.contains(&name.as_str()))
        .collect();
    if !unknown.is_empty() {
        return Err(errors::unknown_fields(&format!("{unknown:?}")));
    }
    match body["merchantAccount"].as_str() {
        Some(MERCHANT) => Ok(()),
        Some(_) => Err(errors::no_such_merchant()),
        None if known.contains(&"merchantAccount") => Err(errors::missing("merchantAccount")),
        None => Ok(()),
    }
}

/// `amount`, of at least one minor unit.
fn amount(body: &Value) -> Result<(i64, String), Refused> {
    let value = body["amount"]["value"].as_i64();
    let currency = body["amount"]["currency"].as_str();
    let (Some(value), Some(currency)) = (value, currency) else { return Err(errors::missing("amount")) };
    let code = currency.len() == 3 && currency.bytes().all(|letter| letter.is_ascii_uppercase());
    if value < 1 || !code {
        return Err(errors::wrong_amount());
    }
    Ok((value, currency.to_owned()))
}

/// `reference`, if it is there: at most 80 characters.
fn own_reference(body: &Value) -> Result<String, Refused> {
    let reference = body["reference"].as_str().unwrap_or_default();
    if reference.len() > 80 { Err(errors::invalid("reference")) } else { Ok(reference.to_owned()) }
}

impl Api for Adyen {
    fn lives_at(&mut self, endpoint: &str) {
        endpoint.clone_into(&mut self.endpoint);
    }

    fn answer(&mut self, request: &Request) -> Answer {
        if request.is_page() {
            return self.page(request);
        }
        let known = [KEY, KEY_WITHOUT_CARDS]
            .map(|key| request.header("x-api-key").is_some_and(|told| told.starts_with(key)));
        if !known.contains(&true) {
            return errors::no_key().answer();
        }
        if let Some(answer) = self.repeats.find(request) {
            return answer;
        }
        let done = if super::cards::in_body(request) && !self.takes_card(request) {
            Err(errors::invalid("card"))
        } else {
            self.route(request)
        };
        let mut answer = match done {
            Ok((status, body)) => Answer::json(status, &body),
            Err(refused) => refused.answer(),
        };
        if let Some(key) = request.header("idempotency-key") {
            answer.headers.push(("idempotency-key".to_owned(), key.to_owned()));
        }
        self.repeats.keep(request, &answer);
        answer
    }

    fn linger(&mut self, request: &Request, begun: bool) {
        self.repeats.linger(request, begun);
    }

    fn fail(&mut self, request: &Request, status: u16, done: Done) -> Answer {
        let answer = errors::own(status).answer();
        match done {
            Done::NotSeen => {}
            Done::Nothing => self.repeats.keep(request, &answer),
            Done::All => self.repeats.replace(request, &answer),
        }
        answer
    }

    fn refuse(&mut self, _: &Request) -> Answer {
        errors::card_number().answer()
    }

    fn echo_wrong_amount(&self, answer: &mut Answer) {
        answer.edit(|json| {
            if json["amount"].is_object() {
                json["amount"]["value"] = json!(1);
            }
        });
    }

    fn takes_card(&self, request: &Request) -> bool {
        let parts = request.parts();
        let parts = parts.strip_prefix(&["checkout"]).unwrap_or(&parts);
        request.method == "POST" && parts == ["v71", "payments"]
    }

    fn amount_of(&self, request: &Request) -> Option<i64> {
        let body = request.json()?;
        let parts = request.parts();
        let of = |fits: &dyn Fn(&&Payment) -> bool| self.payments.iter().find(fits).map(|paid| paid.amount);
        match parts.strip_prefix(&["checkout"]).unwrap_or(&parts).strip_prefix(&["v71"])? {
            ["payments"] => body["amount"]["value"].as_i64(),
            ["payments", "details"] => {
                let psp = body["details"]["redirectResult"].as_str()?.split('!').next()?;
                of(&|payment| payment.psp == psp)
            }
            ["payments", psp, _] => of(&|payment| payment.psp == *psp),
            ["cancels"] => of(&|payment| body["paymentReference"] == payment.reference.as_str()),
            _ => None,
        }
    }

    fn amount_told(&self, notice: &Notice) -> Option<i64> {
        notice.body["notificationItems"][0]["NotificationRequestItem"]["amount"]["value"].as_i64()
    }

    fn charges(&self) -> Vec<Charge> {
        self.payments.iter().filter(|payment| payment.authorised).map(Payment::charge).collect()
    }

    fn notices(&mut self) -> Vec<Notice> {
        if self.held {
            return Vec::new();
        }
        let fresh = self.events[self.told..]
            .iter()
            .map(|item| notices::of(std::slice::from_ref(item), self.live))
            .collect();
        self.told = self.events.len();
        fresh
    }

    fn sign(&self, notice: &Notice, secret: &str, signing: &Signing, _: i64) -> Signed {
        notices::sign(notice, secret, signing)
    }
}
