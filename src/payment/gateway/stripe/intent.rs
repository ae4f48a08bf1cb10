//! What Stripe says of a payment: the few fields that are read, and whether they are the attempt's.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::refusal::Failure;
use super::{intent_of, is_id};
use crate::payment::{Attempt, Brand, CardShown, looks_like_card_number};

/// A PaymentIntent (<https://docs.stripe.com/api/payment_intents/object>).
#[derive(Deserialize)]
pub(super) struct Intent {
    pub(super) id: String,
    pub(super) status: Status,
    amount: i64,
    currency: String,
    amount_received: Option<i64>,
    amount_capturable: Option<i64>,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
    #[serde(default)]
    payment_method: Method,
    #[serde(default)]
    next_action: Option<Action>,
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
    Whole { card: Option<Shown> },
    Other(IgnoredAny),
}

impl Default for Method {
    fn default() -> Self {
        Self::Other(IgnoredAny)
    }
}

#[derive(Deserialize)]
struct Shown {
    brand: String,
    last4: String,
}

/// What the shopper must do. Only a page to go to is known here.
#[derive(Deserialize)]
struct Action {
    redirect_to_url: Option<Redirect>,
}

#[derive(Deserialize)]
struct Redirect {
    url: Option<String>,
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
        is_id(&intent.id, "pi_").then_some(intent)
    }

    /// Whether this is the attempt's payment: identifier, amount, currency, order and attempt. What was
    /// received, or is held, must be all of it.
    pub(super) fn is_of(&self, attempt: &Attempt) -> bool {
        let noted = |name: &str, wanted: &str| self.metadata.get(name).is_some_and(|text| text == wanted);
        let whole = |part: Option<i64>| part.is_none_or(|part| part == attempt.amount.minor);
        let moved = match self.status {
            Status::Succeeded => whole(self.amount_received),
            Status::RequiresCapture => whole(self.amount_capturable),
            _ => true,
        };
        intent_of(attempt).is_none_or(|id| id == self.id)
            && moved
            && self.amount == attempt.amount.minor
            && self.currency.eq_ignore_ascii_case(attempt.amount.currency.code())
            && noted("order", &attempt.order.to_string())
            && noted("attempt", &attempt.key.to_string())
    }

    /// Scheme and last four digits as Stripe tells them; plain words where it does not.
    pub(super) fn card(&self) -> CardShown {
        let Method::Whole { card: Some(shown) } = &self.payment_method else {
            return CardShown { brand: Brand::Other.name().to_owned(), last_four: String::new() };
        };
        let four = shown.last4.len() == 4 && shown.last4.bytes().all(|byte| byte.is_ascii_digit());
        let last_four = if four { shown.last4.clone() } else { String::new() };
        CardShown { brand: brand(&shown.brand).name().to_owned(), last_four }
    }

    /// The page that the shopper must see, as Stripe names it: not to be believed before its host was looked at.
    /// None with a card number in it: the address is kept.
    pub(super) fn page(&self) -> Option<&str> {
        let url = self.next_action.as_ref()?.redirect_to_url.as_ref()?.url.as_deref()?;
        (!looks_like_card_number(url)).then_some(url)
    }
}

/// All that an answer leaves behind.
pub(super) fn told(body: &[u8]) -> String {
    let Some(intent) = Intent::read(body) else { return String::new() };
    let (id, page) = (&intent.id, intent.page());
    format!("{intent:?} {id} {:?} {page:?} {:?}", intent.card(), intent.last_payment_error)
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
    use super::super::bench::{attempt, intent_json};
    use super::*;
    use proptest::prelude::*;

    fn answer(status: &str, change: &str, to: &str) -> String {
        intent_json(status).replacen(change, to, 1)
    }

    fn card(brand: &str, last_four: &str) -> CardShown {
        CardShown { brand: brand.to_owned(), last_four: last_four.to_owned() }
    }

    #[test]
    fn only_the_attempts_own_payment_is_taken_for_it() {
        let read = |status, change, to| Intent::read(answer(status, change, to).as_bytes()).unwrap();
        let whole = read("succeeded", "", "");
        assert!(whole.is_of(&attempt()));
        assert_eq!(whole.card(), card("Mastercard", "4444"));
        for status in ["succeeded", "requires_capture", "requires_action"] {
            for (change, to) in [
                ("\"amount\":2490", "\"amount\":249"),
                ("eur", "usd"),
                ("1001", "1002"),
                ("pi_1", "pi_2"),
                ("\"attempt\":\"", "\"attempt\":\"x"),
                ("\"metadata\":", "\"other\":"),
            ] {
                assert!(!read(status, change, to).is_of(&attempt()), "{status}: {change} -> {to}");
            }
        }
        let part = ("\"amount_received\":2490", "\"amount_received\":1");
        assert!(!read("succeeded", part.0, part.1).is_of(&attempt()));
        let held = ("\"amount_capturable\":2490", "\"amount_capturable\":1");
        assert!(!read("requires_capture", held.0, held.1).is_of(&attempt()));
        assert!(read("requires_action", held.0, held.1).is_of(&attempt()));
    }

    #[test]
    fn a_payment_that_a_session_has_made_is_known_by_what_was_learned_of_it() {
        let mut attempt = attempt();
        attempt.reference = Some("cs_test_1".to_owned());
        let intent = Intent::read(intent_json("succeeded").as_bytes()).unwrap();
        assert!(intent.is_of(&attempt));
        attempt.transaction = Some("pi_1".to_owned());
        assert!(intent.is_of(&attempt));
        attempt.transaction = Some("pi_2".to_owned());
        assert!(!intent.is_of(&attempt));
    }

    #[test]
    fn an_answer_that_is_not_whole_is_none() {
        for (change, to) in
            [("{", ""), ("pi_1", "pi_1/../../x"), ("\"status\"", "\"stat\""), ("2490", "24.9")]
        {
            assert!(Intent::read(answer("succeeded", change, to).as_bytes()).is_none(), "{change} -> {to}");
        }
        let new = Intent::read(answer("requires_patience", "", "").as_bytes()).unwrap();
        assert_eq!(new.status, Status::New);
        let bare = Intent::read(answer("succeeded", "\"payment_method\"", "\"x\"").as_bytes()).unwrap();
        assert_eq!(bare.card(), card("Card", ""));
        assert_eq!(bare.page(), None);
    }

    proptest! {
        #[test]
        fn no_answer_makes_it_panic(body: Vec<u8>) {
            let _ = told(&body);
        }
    }
}
