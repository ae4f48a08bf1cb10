//! What Stripe says of a payment: the few fields that are read, and whether they are the attempt's.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::refusal::Failure;
use crate::payment::{Attempt, Brand, looks_like_card_number};

/// The longest identifier that is taken; Stripe's own limit for identifiers is 255.
const LONGEST_ID: usize = 255;

/// A PaymentIntent (<https://docs.stripe.com/api/payment_intents/object>).
#[derive(Deserialize)]
pub(super) struct Intent {
    pub(super) id: String,
    pub(super) status: Status,
    amount: i64,
    currency: String,
    amount_received: Option<i64>,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
    #[serde(default)]
    payment_method: Method,
    pub(super) last_payment_error: Option<Failure>,
}

/// Where a PaymentIntent stands (<https://docs.stripe.com/payments/paymentintents/lifecycle>).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    RequiresPaymentMethod,
    RequiresConfirmation,
    RequiresAction,
    RequiresCapture,
    Processing,
    Succeeded,
    Canceled,
    /// One that Stripe has added since.
    #[serde(other)]
    New,
}

/// The card that paid, if the answer was asked to hold it; else an identifier or nothing.
#[derive(Deserialize)]
#[serde(untagged)]
enum Method {
    Whole { card: Option<CardShown> },
    Other(IgnoredAny),
}

impl Default for Method {
    fn default() -> Self {
        Self::Other(IgnoredAny)
    }
}

#[derive(Clone, Deserialize)]
struct CardShown {
    brand: String,
    last4: String,
}

/// The status alone: all else is text that somebody else has chosen.
impl fmt::Debug for Intent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Intent({:?})", self.status)
    }
}

impl Intent {
    /// Reads an answer; `None` for anything that is not a whole PaymentIntent.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let intent: Self = serde_json::from_slice(body).ok()?;
        is_id(&intent.id).then_some(intent)
    }

    /// Whether this is the attempt's payment: identifier, amount, currency, order and attempt.
    pub(super) fn is_of(&self, attempt: &Attempt) -> bool {
        let noted = |name: &str, wanted: &str| self.metadata.get(name).is_some_and(|text| text == wanted);
        let id = attempt.reference.as_ref().is_none_or(|reference| *reference == self.id);
        let received = self.status != Status::Succeeded
            || self.amount_received.is_none_or(|received| received == attempt.amount.minor);
        id && received
            && self.amount == attempt.amount.minor
            && self.currency.eq_ignore_ascii_case(attempt.amount.currency.code())
            && noted("order", &attempt.order.to_string())
            && noted("attempt", &attempt.key.to_string())
    }

    /// Scheme and last four digits as Stripe tells them; plain words where it does not.
    pub(super) fn card(&self) -> (String, String) {
        let shown = match &self.payment_method {
            Method::Whole { card } => card.clone(),
            Method::Other(_) => None,
        };
        let Some(shown) = shown else { return (Brand::Other.name().to_owned(), String::new()) };
        let four = shown.last4.len() == 4 && shown.last4.bytes().all(|byte| byte.is_ascii_digit());
        (brand(&shown.brand).name().to_owned(), if four { shown.last4 } else { String::new() })
    }
}

/// `pi_` and what Stripe makes identifiers of: nothing that would change the path of a call, and no card
/// number, because identifiers are kept and shown.
pub(super) fn is_id(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    text.len() <= LONGEST_ID
        && !looks_like_card_number(text)
        && text.strip_prefix("pi_").is_some_and(|rest| !rest.is_empty() && rest.bytes().all(plain))
}

/// All that an answer leaves behind.
pub(super) fn told(body: &[u8]) -> String {
    let Some(intent) = Intent::read(body) else { return String::new() };
    let (brand, last_four) = intent.card();
    format!("{intent:?} {} {brand} {last_four} {:?}", intent.id, intent.last_payment_error)
}

fn brand(name: &str) -> Brand {
    match name {
        "visa" => Brand::Visa,
        "mastercard" => Brand::Mastercard,
        "amex" => Brand::Amex,
        "discover" => Brand::Discover,
        "diners" => Brand::Diners,
        "jcb" => Brand::Jcb,
        "unionpay" => Brand::UnionPay,
        _ => Brand::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Currency, Money, Token};
    use crate::payment::{AttemptState, CaptureMode};
    use jiff::Timestamp;
    use proptest::prelude::*;

    fn attempt() -> Attempt {
        Attempt {
            order: 1001,
            number: 1,
            key: Token::from_bytes([1; 16]),
            nonce: Token::from_bytes([2; 16]),
            amount: Money::new(2490, Currency::Eur),
            gateway: "stripe".to_owned(),
            capture: CaptureMode::Automatic,
            transaction: None,
            reference: Some("pi_1".to_owned()),
            state: AttemptState::Sending,
            begun: Timestamp::UNIX_EPOCH,
            changed: Timestamp::UNIX_EPOCH,
        }
    }

    fn answer(change: &str, to: &str) -> String {
        let key = Token::from_bytes([1; 16]);
        let text = format!(
            r#"{{"id":"pi_1","object":"payment_intent","status":"succeeded","amount":2490,"amount_received":2490,
            "currency":"eur","metadata":{{"order":"1001","attempt":"{key}"}},
            "payment_method":{{"id":"pm_1","card":{{"brand":"mastercard","last4":"4444"}}}}}}"#
        );
        text.replacen(change, to, 1)
    }

    #[test]
    fn only_the_attempts_own_payment_is_taken_for_it() {
        let read = |change, to| Intent::read(answer(change, to).as_bytes()).unwrap();
        let whole = read("", "");
        assert!(whole.is_of(&attempt()));
        assert_eq!(whole.card(), ("Mastercard".to_owned(), "4444".to_owned()));
        for (change, to) in [
            ("\"amount\":2490", "\"amount\":249"),
            ("\"amount_received\":2490", "\"amount_received\":1"),
            ("eur", "usd"),
            ("1001", "1002"),
            ("pi_1", "pi_2"),
            ("\"attempt\":\"", "\"attempt\":\"x"),
            ("\"metadata\":", "\"other\":"),
        ] {
            assert!(!read(change, to).is_of(&attempt()), "{change} -> {to}");
        }
    }

    #[test]
    fn an_answer_that_is_not_whole_is_none() {
        for (change, to) in
            [("{", ""), ("pi_1", "pi_1/../../x"), ("\"status\"", "\"stat\""), ("2490", "24.9")]
        {
            assert!(Intent::read(answer(change, to).as_bytes()).is_none(), "{change} -> {to}");
        }
        let new = Intent::read(answer("succeeded", "requires_patience").as_bytes()).unwrap();
        assert_eq!(new.status, Status::New);
        let bare = Intent::read(answer("\"payment_method\"", "\"x\"").as_bytes()).unwrap();
        assert_eq!(bare.card(), ("Card".to_owned(), String::new()));
    }

    proptest! {
        #[test]
        fn no_answer_makes_it_panic(body: Vec<u8>) {
            let _ = Intent::read(&body);
        }
    }
}
