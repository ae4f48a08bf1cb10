//! What Adyen's events say of an attempt or a refund
//! (<https://docs.adyen.com/development-resources/webhooks/webhook-types>).
//!
//! Events come in any order, twice, or days late. What each one is turned into holds in every order:
//!
//! | event | success | outcome |
//! |---|---|---|
//! | `AUTHORISATION` | yes | captured (`KEY-a`) or authorized (`KEY-m`), for the amount told |
//! | | no | declined |
//! | `CAPTURE` | yes | captured, for the amount told |
//! | `CANCELLATION` | no | a mismatch: a person must look, nothing else changes |
//! | `CAPTURE`; `CAPTURE_FAILED` | no; yes | an alarm: the money could not be taken |
//! | `CHARGEBACK` ... | yes | an alarm: the money was taken back |
//! | `CANCELLATION`, `TECHNICAL_CANCEL`, `EXPIRE` | yes | released |
//! | `TECHNICAL_CANCEL` | no | names no payment: Adyen has none, which the next question finds; else nothing |
//! | `REFUND`, `REFUND_FAILED`, `REFUNDED_REVERSED` | | the refund's outcome |
//!
//! A release of a payment that was taken at once is told together with a mismatch: if the shop holds it for
//! paid already, that alone is heard.

use super::super::{About, Heard, News, Outcome, Paid, RefundOutcome};
use super::endings::Endings;
use super::name::{is_psp, mode, refund_key};
use super::notice::Item;
use super::refusal;
use crate::payment::{CaptureMode, RefundFailure, Surprise};

/// What an event tells; nothing for those of other systems' payments and those that change no money here.
pub(super) fn heard(item: &Item, endings: &Endings) -> Vec<Heard> {
    match item.event_code.as_str() {
        "REFUND" | "REFUND_FAILED" | "REFUNDED_REVERSED" => refund(item),
        _ => mode(&item.merchant_reference).map_or_else(Vec::new, |mode| payment(item, mode, endings)),
    }
}

fn payment(item: &Item, mode: CaptureMode, endings: &Endings) -> Vec<Heard> {
    let amount = || Some((item.amount.value, item.amount.currency.clone()));
    let taken = |psp: Option<&str>| {
        let transaction = psp.filter(|psp| is_psp(psp)).map(str::to_owned);
        Paid { card: item.card(), transaction }
    };
    let news = |outcome, amount| vec![of_payment(item, "", News::Payment { outcome, amount })];
    let odd = |surprise| vec![of_payment(item, "", News::Odd(surprise))];
    match (item.event_code.as_str(), item.succeeded()) {
        ("AUTHORISATION", true) => {
            endings.found(&item.merchant_reference);
            let psp = item.psp_reference.as_str();
            if endings.is_released(psp) {
                return Vec::new();
            }
            match mode {
                CaptureMode::Automatic => news(Outcome::Captured(taken(Some(psp))), amount()),
                CaptureMode::Manual => news(Outcome::Authorized(taken(Some(psp))), amount()),
            }
        }
        ("AUTHORISATION", false) => {
            news(Outcome::Declined(refusal::reason(None, item.reason.as_deref())), None)
        }
        ("CAPTURE", true) => news(Outcome::Captured(taken(item.payment())), amount()),
        ("CAPTURE", false) | ("CAPTURE_FAILED", true) => odd(Surprise::CaptureFailed),
        ("CANCELLATION", false) => news(Outcome::Mismatch, None),
        ("CANCELLATION" | "TECHNICAL_CANCEL" | "EXPIRE" | "CANCEL_OR_REFUND", true) => {
            if let Some(psp) = item.payment() {
                endings.released(psp);
            }
            let mut told = news(Outcome::Voided, None);
            if mode == CaptureMode::Automatic || item.event_code == "CANCEL_OR_REFUND" {
                let odd = News::Payment { outcome: Outcome::Mismatch, amount: None };
                told.push(of_payment(item, ":odd", odd));
            }
            told
        }
        // One that was captured or refused has its own event, which tells more.
        ("TECHNICAL_CANCEL", false) if item.payment().is_none() => {
            endings.missing(&item.merchant_reference);
            vec![of_payment(item, "", News::Ask)]
        }
        ("CHARGEBACK" | "SECOND_CHARGEBACK" | "NOTIFICATION_OF_CHARGEBACK" | "PREARBITRATION_LOST", true) => {
            odd(Surprise::TakenBack)
        }
        _ => Vec::new(),
    }
}

fn of_payment(item: &Item, mark: &str, news: News) -> Heard {
    let about = About::Payment { reference: item.merchant_reference.clone() };
    Heard { id: format!("{}{mark}", item.id()), about, news }
}

fn refund(item: &Item) -> Vec<Heard> {
    if let Some(key) = refund_key(&item.merchant_reference) {
        let outcome = match (item.event_code.as_str(), item.succeeded()) {
            ("REFUND", true) => RefundOutcome::Done { reference: item.psp_reference.clone() },
            ("REFUND", false) => RefundOutcome::Failed(failure(item.reason.as_deref())),
            (_, true) => RefundOutcome::Failed(RefundFailure::Refused),
            (_, false) => return Vec::new(),
        };
        return vec![Heard { id: item.id(), about: About::Refund { key }, news: News::Refund(outcome) }];
    }
    // Made in Adyen's own console, with the payment's reference: money went back that the shop knows nothing of.
    match (mode(&item.merchant_reference), item.event_code.as_str(), item.succeeded()) {
        (Some(_), "REFUND", true) => {
            vec![of_payment(item, "", News::Payment { outcome: Outcome::Mismatch, amount: None })]
        }
        _ => Vec::new(),
    }
}

/// Adyen's words for a refund that it did not make; other words are the bank's.
fn failure(words: Option<&str>) -> RefundFailure {
    let words = words.unwrap_or_default().to_ascii_lowercase();
    if words.contains("insufficient balance") {
        RefundFailure::MoreThanLeft
    } else if words.contains("captured") || words.contains("settled") {
        RefundFailure::TryAgain
    } else {
        RefundFailure::Refused
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Token;
    use crate::payment::{AttemptState, CardShown, DeclineReason, Surprise};
    use serde_json::json;

    fn item(mode: &str, event: &str, success: bool) -> Item {
        let key = Token::from_bytes([1; 16]);
        serde_json::from_value(json!({
            "pspReference": "QFQTPCQ8HXSKGK82", "originalReference": if event == "AUTHORISATION" { "" } else { "XB7XNCQ8HXSKGK82" },
            "merchantAccountCode": "M", "merchantReference": format!("{key}{mode}"),
            "amount": {"value": 2490, "currency": "EUR"}, "eventCode": event, "success": success.to_string(),
            "paymentMethod": "visa", "reason": "033899:1111:10/2029",
        }))
        .unwrap()
    }

    /// Where an attempt ends, and what a person is told, if these come one after the other.
    fn after(start: AttemptState, events: &[(&str, &str, bool)]) -> (AttemptState, Vec<Surprise>) {
        let endings = Endings::default();
        let (mut state, mut surprises) = (start, Vec::new());
        for (mode, event, success) in events {
            let mut item = item(mode, event, *success);
            if *event == "AUTHORISATION" {
                item.psp_reference = "XB7XNCQ8HXSKGK82".to_owned();
            }
            for heard in heard(&item, &endings) {
                match heard.news {
                    News::Payment { outcome, .. } => {
                        let next = state.after(&outcome);
                        state = next.state;
                        surprises.extend(next.surprise);
                    }
                    News::Odd(surprise) => surprises.push(surprise),
                    News::Ask | News::Refund(_) => {}
                }
            }
        }
        (state, surprises)
    }

    fn card() -> CardShown {
        CardShown { brand: "Visa".to_owned(), last_four: "1111".to_owned() }
    }

    #[test]
    fn a_yes_is_money_taken_or_held_as_its_reference_says() {
        let unknown = || AttemptState::Unknown;
        assert_eq!(
            after(unknown(), &[("-a", "AUTHORISATION", true)]),
            (AttemptState::Captured(card()), vec![])
        );
        assert_eq!(
            after(unknown(), &[("-m", "AUTHORISATION", true)]),
            (AttemptState::Authorized(card()), vec![])
        );
        let both = [("-m", "AUTHORISATION", true), ("-m", "CAPTURE", true)];
        assert_eq!(after(unknown(), &both).0, AttemptState::Captured(card()));
        let reversed = [("-m", "CAPTURE", true), ("-m", "AUTHORISATION", true)];
        assert_eq!(after(unknown(), &reversed).0, AttemptState::Captured(card()));
        let no = AttemptState::Declined { reason: DeclineReason::Declined };
        assert_eq!(after(unknown(), &[("-a", "AUTHORISATION", false)]).0, no);
        assert_eq!(after(unknown(), &[("", "AUTHORISATION", true)]).0, AttemptState::Unknown);
    }

    #[test]
    fn a_release_and_a_yes_end_in_a_release_in_either_order() {
        let released = AttemptState::Declined { reason: DeclineReason::Abandoned };
        for mode in ["-a", "-m"] {
            let late = [(mode, "TECHNICAL_CANCEL", true), (mode, "AUTHORISATION", true)];
            assert_eq!(after(AttemptState::Unknown, &late).0, released, "{mode}");
        }
        let held = [("-m", "AUTHORISATION", true), ("-m", "TECHNICAL_CANCEL", true)];
        let (state, surprises) = after(AttemptState::Unknown, &held);
        assert_eq!((state, surprises), (AttemptState::Voided, vec![Surprise::AuthorizationEnded]));
        // The shop has told that it is paid: a person must hear that it is not.
        let taken = [("-a", "AUTHORISATION", true), ("-a", "TECHNICAL_CANCEL", true)];
        let (state, surprises) = after(AttemptState::Unknown, &taken);
        assert_eq!((state, surprises), (AttemptState::Captured(card()), vec![Surprise::Mismatch]));
    }

    #[test]
    fn money_that_comes_after_all_is_written_down() {
        let refused = AttemptState::Declined { reason: DeclineReason::TryAgain };
        let taken = (AttemptState::Captured(card()), vec![Surprise::PaidAfterRefusal]);
        assert_eq!(after(refused.clone(), &[("-a", "AUTHORISATION", true)]), taken);
        let held = (AttemptState::Authorized(card()), vec![Surprise::PaidAfterRefusal]);
        assert_eq!(after(refused, &[("-m", "AUTHORISATION", true)]), held);
    }

    #[test]
    fn what_fails_later_is_for_a_person() {
        let odd = vec![Surprise::Mismatch];
        let later = |event| after(AttemptState::Captured(card()), &[("-a", event, true)]);
        assert_eq!(later("CAPTURE_FAILED"), (AttemptState::Captured(card()), vec![Surprise::CaptureFailed]));
        assert_eq!(later("CHARGEBACK"), (AttemptState::Captured(card()), vec![Surprise::TakenBack]));
        let stuck = after(AttemptState::Capturing(card()), &[("-m", "CAPTURE", false)]);
        assert_eq!(stuck, (AttemptState::Capturing(card()), vec![Surprise::CaptureFailed]));
        assert_eq!(after(AttemptState::Voiding(card()), &[("-m", "CANCELLATION", false)]).1, odd);
        assert_eq!(
            after(AttemptState::Voiding(card()), &[("-m", "CANCELLATION", true)]).0,
            AttemptState::Voided
        );
        assert_eq!(
            after(AttemptState::Authorized(card()), &[("-m", "EXPIRE", true)]).0,
            AttemptState::Voided
        );
        assert_eq!(
            after(AttemptState::Captured(card()), &[("-a", "AUTHORISATION_ADJUSTMENT", true)]).1,
            vec![]
        );
    }

    #[test]
    fn nothing_to_cancel_is_a_question_and_no_outcome() {
        let endings = Endings::default();
        let mut nothing = item("-m", "TECHNICAL_CANCEL", false);
        assert_eq!(heard(&nothing, &endings), vec![], "it names a payment, whose own event tells more");
        nothing.original_reference = None;
        let told = heard(&nothing, &endings);
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].news, News::Ask);
        assert!(endings.is_missing(&nothing.merchant_reference));
        heard(&item("-m", "AUTHORISATION", true), &endings);
        assert!(!endings.is_missing(&nothing.merchant_reference), "it has come after all");
    }

    #[test]
    fn refunds_are_known_by_their_key() {
        let told = |event, success| {
            let told = heard(&item("", event, success), &Endings::default());
            told.into_iter().next().map(|heard| (heard.about, heard.news))
        };
        let about = About::Refund { key: Token::from_bytes([1; 16]) };
        let done = RefundOutcome::Done { reference: "QFQTPCQ8HXSKGK82".to_owned() };
        assert_eq!(told("REFUND", true), Some((about.clone(), News::Refund(done))));
        let failed = News::Refund(RefundOutcome::Failed(RefundFailure::Refused));
        assert_eq!(told("REFUND", false), Some((about.clone(), failed.clone())));
        assert_eq!(told("REFUND_FAILED", true), Some((about.clone(), failed.clone())));
        assert_eq!(told("REFUNDED_REVERSED", true), Some((about, failed)));
        assert_eq!(failure(Some("Insufficient balance on payment")), RefundFailure::MoreThanLeft);
        let elsewhere = after(AttemptState::Captured(card()), &[("-a", "REFUND", true)]);
        assert_eq!(elsewhere.1, vec![Surprise::Mismatch], "a refund from Adyen's own console");
    }
}
