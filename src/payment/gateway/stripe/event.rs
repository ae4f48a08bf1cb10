//! What a verified notice is about (<https://docs.stripe.com/api/events/types>). Nothing that it says of a
//! payment is believed: Stripe is asked.

use std::fmt;

use serde::Deserialize;

use super::is_id;
use crate::base::Token;
use crate::payment::Surprise;
use crate::payment::gateway::{About, Heard, News, Unheard};

/// The longest notice; Stripe's have about 5 KiB.
const LONGEST: usize = 256 * 1024;

#[derive(Deserialize)]
struct Event {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    livemode: bool,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    object: Object,
}

/// The fields that are read of whatever an event is about.
#[derive(Deserialize)]
struct Object {
    id: Option<String>,
    payment_intent: Option<String>,
    #[serde(default)]
    metadata: Option<Metadata>,
}

#[derive(Deserialize)]
struct Metadata {
    refund: Option<String>,
}

/// Nothing: all of it is text that somebody else has chosen.
impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Event")
    }
}

/// Reads a notice. One of test money for a key of real money, or the other way round, is refused. Empty for
/// events that change no payment.
pub(super) fn read(body: &[u8], live: bool) -> Result<Vec<Heard>, Unheard> {
    if body.len() > LONGEST {
        return Err(Unheard::Unreadable);
    }
    let event: Event = serde_json::from_slice(body).map_err(|_| Unheard::Unreadable)?;
    if !is_id(&event.id, "evt_") || event.livemode != live {
        return Err(Unheard::Unreadable);
    }
    let about = about(&event.kind, event.data.object);
    let news = match (event.kind.as_str(), &about) {
        // A refund without a key of ours was made at Stripe's dashboard; a dispute takes the money at once.
        ("refund.created" | "charge.dispute.created", Some(About::Payment { .. })) => {
            News::Odd(Surprise::TakenBack)
        }
        _ => News::Ask,
    };
    Ok(about.into_iter().map(|about| Heard { id: event.id.clone(), about, news: news.clone() }).collect())
}

/// The payment or refund that an event of this kind is about.
fn about(kind: &str, object: Object) -> Option<About> {
    let payment = |id: Option<String>, kind| {
        id.filter(|id| is_id(id, kind)).map(|reference| About::Payment { reference })
    };
    let (family, rest) = kind.split_once('.')?;
    match family {
        "payment_intent" => payment(object.id, "pi_"),
        // An expired session is heard of too: the shopper did not come back.
        "checkout" if rest.starts_with("session.") => payment(object.id, "cs_"),
        "charge" | "refund" => {
            let key = object.metadata.and_then(|metadata| metadata.refund?.parse::<Token>().ok());
            let of_refund = family == "refund" || rest.starts_with("refund.");
            match key.filter(|_| of_refund) {
                Some(key) => Some(About::Refund { key }),
                // One that was made at Stripe's dashboard, or a dispute.
                None => payment(object.payment_intent, "pi_"),
            }
        }
        _ => None,
    }
}

/// All that a notice leaves behind.
pub(super) fn told(body: &[u8]) -> String {
    let heard = read(body, false).or_else(|_| read(body, true)).unwrap_or_default();
    let told = heard.iter().map(|heard| format!("{heard:?} {}", heard.id));
    told.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn event(kind: &str, object: &str) -> String {
        format!(r#"{{"id":"evt_1","type":"{kind}","livemode":false,"data":{{"object":{object}}}}}"#)
    }

    fn heard(kind: &str, object: &str) -> Option<About> {
        let all = read(event(kind, object).as_bytes(), false).unwrap();
        let odd = matches!(kind, "refund.created" | "charge.dispute.created");
        for heard in &all {
            assert_eq!(heard.id, "evt_1");
            let taken_back = odd && matches!(heard.about, About::Payment { .. });
            let news = if taken_back { News::Odd(Surprise::TakenBack) } else { News::Ask };
            assert_eq!(heard.news, news, "{kind}");
        }
        assert!(all.len() <= 1);
        all.into_iter().next().map(|heard| heard.about)
    }

    fn payment(reference: &str) -> Option<About> {
        Some(About::Payment { reference: reference.to_owned() })
    }

    #[test]
    fn each_kind_of_event_names_what_is_to_be_asked_about() {
        let key = Token::from_bytes([3; 16]);
        let ours = format!(r#"{{"id":"re_1","payment_intent":"pi_1","metadata":{{"refund":"{key}"}}}}"#);
        let foreign = r#"{"id":"re_1","payment_intent":"pi_1","metadata":{}}"#;
        let charge = format!(r#"{{"id":"ch_1","payment_intent":"pi_1","metadata":{{"refund":"{key}"}}}}"#);
        for kind in ["succeeded", "payment_failed", "canceled", "amount_capturable_updated"] {
            assert_eq!(heard(&format!("payment_intent.{kind}"), r#"{"id":"pi_1"}"#), payment("pi_1"));
        }
        for kind in ["completed", "expired"] {
            assert_eq!(
                heard(&format!("checkout.session.{kind}"), r#"{"id":"cs_test_1"}"#),
                payment("cs_test_1")
            );
        }
        for kind in ["refund.created", "refund.updated", "refund.failed", "charge.refund.updated"] {
            assert_eq!(heard(kind, &ours), Some(About::Refund { key }), "{kind}");
            assert_eq!(heard(kind, foreign), payment("pi_1"), "{kind}");
        }
        for kind in ["charge.succeeded", "charge.refunded", "charge.captured", "charge.dispute.created"] {
            assert_eq!(heard(kind, &charge), payment("pi_1"), "{kind}");
        }
        for kind in ["payout.paid", "customer.created", "checkout.other", "ping", ""] {
            assert_eq!(heard(kind, &charge), None, "{kind}");
        }
        assert_eq!(heard("charge.succeeded", r#"{"id":"ch_1","payment_intent":null}"#), None);
        assert_eq!(heard("payment_intent.succeeded", r#"{"id":"pi_1/../x"}"#), None);
    }

    #[test]
    fn what_stripe_does_not_document_is_unreadable() {
        let good = event("payment_intent.succeeded", r#"{"id":"pi_1"}"#);
        assert!(read(good.as_bytes(), false).is_ok());
        // Test money, heard with a key for real money.
        assert_eq!(read(good.as_bytes(), true), Err(Unheard::Unreadable));
        for (change, to) in [("{", ""), ("evt_1", "evt 1"), ("livemode", "mode"), ("\"data\"", "\"date\"")] {
            let bad = good.replacen(change, to, 1);
            assert_eq!(read(bad.as_bytes(), false), Err(Unheard::Unreadable), "{change} -> {to}");
        }
        let padded = |spaces: usize| format!("{good}{}", " ".repeat(spaces - good.len()));
        assert!(read(padded(LONGEST).as_bytes(), false).is_ok());
        assert_eq!(read(padded(LONGEST + 1).as_bytes(), false), Err(Unheard::Unreadable));
    }

    proptest! {
        #[test]
        fn no_notice_makes_it_panic(body: Vec<u8>) {
            let _ = told(&body);
        }
    }
}
