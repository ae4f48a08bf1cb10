//! What Stripe says of its payment page: the few fields of a Checkout Session that are read
//! (<https://docs.stripe.com/api/checkout/sessions/object>).

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::intent::Intent;
use super::is_id;
use crate::payment::{Attempt, looks_like_card_number};

/// A Checkout Session.
#[derive(Deserialize)]
pub(super) struct Session {
    pub(super) id: String,
    pub(super) status: Status,
    url: Option<String>,
    amount_total: i64,
    currency: String,
    client_reference_id: Option<String>,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
    payment_intent: Option<Payment>,
}

/// Where a session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    /// It can be paid.
    Open,
    /// The shopper is done; what became of the money stands in the intent.
    Complete,
    /// It cannot be paid any more.
    Expired,
    /// One that Stripe has added since.
    #[serde(other)]
    New,
}

/// The intent, if the answer was asked to hold it; else its identifier.
#[derive(Deserialize)]
#[serde(untagged)]
enum Payment {
    Whole(Box<Intent>),
    Other(IgnoredAny),
}

/// The status alone: all else is text that somebody else has chosen.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Session({:?})", self.status)
    }
}

impl Session {
    /// Reads an answer; `None` for anything that is not a whole Checkout Session.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let session: Self = serde_json::from_slice(body).ok()?;
        let intent = session.intent().is_none_or(|intent| is_id(&intent.id, "pi_"));
        (is_id(&session.id, "cs_") && intent).then_some(session)
    }

    /// The page on which it is paid, as Stripe names it: not to be believed before its host was looked at. None
    /// with a card number in it: the address is kept.
    pub(super) fn page(&self) -> Option<&str> {
        self.url.as_deref().filter(|url| !looks_like_card_number(url))
    }

    /// The intent, if the answer holds it whole.
    pub(super) fn intent(&self) -> Option<&Intent> {
        match &self.payment_intent {
            Some(Payment::Whole(intent)) => Some(intent),
            _ => None,
        }
    }

    /// Whether there is an intent, even one that cannot be read.
    pub(super) fn has_intent(&self) -> bool {
        self.payment_intent.is_some()
    }

    /// Whether this is the attempt's session: identifier, amount, currency, order and attempt.
    pub(super) fn is_of(&self, attempt: &Attempt) -> bool {
        let noted = |name: &str, wanted: &str| self.metadata.get(name).is_some_and(|text| text == wanted);
        let order = attempt.order.to_string();
        attempt.reference.as_ref().is_none_or(|reference| *reference == self.id)
            && self.amount_total == attempt.amount.minor
            && self.currency.eq_ignore_ascii_case(attempt.amount.currency.code())
            && self.client_reference_id.as_ref() == Some(&order)
            && noted("order", &order)
            && noted("attempt", &attempt.key.to_string())
    }
}

/// All that an answer leaves behind.
pub(super) fn told(body: &[u8]) -> String {
    let Some(session) = Session::read(body) else { return String::new() };
    let card = session.intent().map(|intent| format!("{intent:?} {} {:?}", intent.id, intent.card()));
    format!("{session:?} {} {:?} {}", session.id, session.page(), card.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::super::bench::{attempt, intent_json, session_json};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_the_attempts_own_session_is_taken_for_it() {
        let mut attempt = attempt();
        attempt.reference = Some("cs_test_1".to_owned());
        let read = |change: &str, to: &str| {
            Session::read(session_json("open", "null").replacen(change, to, 1).as_bytes()).unwrap()
        };
        assert!(read("", "").is_of(&attempt));
        for (change, to) in [
            ("\"amount_total\":2490", "\"amount_total\":249"),
            ("eur", "usd"),
            ("\"order\":\"1001\"", "\"order\":\"1002\""),
            ("\"client_reference_id\":\"1001\"", "\"client_reference_id\":\"1002\""),
            ("\"client_reference_id\":\"1001\"", "\"client_reference_id\":null"),
            ("cs_test_1", "cs_test_2"),
            ("\"attempt\":\"", "\"attempt\":\"x"),
            ("\"metadata\":", "\"other\":"),
        ] {
            assert!(!read(change, to).is_of(&attempt), "{change} -> {to}");
        }
    }

    #[test]
    fn an_answer_that_is_not_whole_is_none() {
        for (change, to) in
            [("{", ""), ("cs_test_1", "cs_1/../../x"), ("\"status\"", "\"stat\""), ("2490", "24.9")]
        {
            let body = session_json("open", "null").replacen(change, to, 1);
            assert!(Session::read(body.as_bytes()).is_none(), "{change} -> {to}");
        }
        let with = session_json("complete", &intent_json("succeeded").replacen("pi_1", "pi_1?x", 1));
        assert!(Session::read(with.as_bytes()).is_none());
        let new = Session::read(session_json("resting", "\"pi_1\"").as_bytes()).unwrap();
        assert!(new.status == Status::New && new.intent().is_none() && new.has_intent());
    }

    proptest! {
        #[test]
        fn no_answer_makes_it_panic(body: Vec<u8>) {
            let _ = told(&body);
        }
    }
}
