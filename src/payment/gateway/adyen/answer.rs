//! What Adyen answers to `/payments` and `/payments/details`: the few fields that are read, and whether they
//! are the attempt's.

use serde::Deserialize;

use super::name::{self, is_psp, reference};
use super::refusal;
use crate::payment::{Attempt, CardShown, DeclineReason};

/// A payment's answer (<https://docs.adyen.com/api-explorer/Checkout/71/post/payments>). No `Debug`: most of it is
/// text that somebody else has chosen.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Payment {
    result_code: ResultCode,
    psp_reference: Option<String>,
    merchant_reference: Option<String>,
    amount: Option<Amount>,
    refusal_reason: Option<String>,
    refusal_reason_code: Option<String>,
    action: Option<Action>,
    #[serde(default)]
    payment_method: Method,
    #[serde(default)]
    additional_data: Additional,
}

#[derive(Default, Deserialize)]
struct Method {
    brand: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Additional {
    card_summary: Option<String>,
}

/// Minor units and ISO 4217 code.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Amount {
    pub(super) value: i64,
    pub(super) currency: String,
}

#[derive(Deserialize)]
struct Action {
    #[serde(rename = "type")]
    kind: Option<String>,
    method: Option<String>,
    url: Option<String>,
}

/// <https://docs.adyen.com/online-payments/payment-result-codes>.
#[derive(Clone, Copy, Deserialize)]
enum ResultCode {
    Authorised,
    PartiallyAuthorised,
    Refused,
    Error,
    Cancelled,
    RedirectShopper,
    IdentifyShopper,
    ChallengeShopper,
    /// `Pending`, `Received`, and one that Adyen has added since.
    #[serde(other)]
    Later,
}

/// What an answer means for an attempt.
#[cfg_attr(test, derive(Debug, PartialEq, Eq))]
pub(super) enum Meaning {
    /// The bank has said yes, to exactly this payment; Adyen's name for it.
    Yes(String),
    No(DeclineReason),
    /// The shopper must go there, by a plain link. Not checked yet.
    Go(String),
    /// Another amount, currency or reference.
    Other,
    /// A notice will tell.
    Later,
}

impl Payment {
    /// Reads an answer; `None` for anything that is not a whole one.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let payment: Self = serde_json::from_slice(body).ok()?;
        payment.psp_reference.as_deref().is_none_or(is_psp).then_some(payment)
    }

    /// Brand and last four digits, where the account is set up to tell them.
    pub(super) fn card(&self) -> Option<CardShown> {
        let brand = self.payment_method.brand.as_deref();
        let last_four = self.additional_data.card_summary.as_deref();
        (brand.is_some() || last_four.is_some()).then(|| name::card(brand, last_four))
    }

    pub(super) fn meaning(self, attempt: &Attempt) -> Meaning {
        if self.may_be_of(attempt) { self.for_nobody() } else { Meaning::Other }
    }

    /// The same, whosever payment it is.
    fn for_nobody(self) -> Meaning {
        match self.result_code {
            // Without amount, reference or name it cannot be told whose money it is; the notice has them all.
            ResultCode::Authorised if self.amount.is_none() || self.merchant_reference.is_none() => {
                Meaning::Later
            }
            ResultCode::Authorised => self.psp_reference.map_or(Meaning::Later, Meaning::Yes),
            ResultCode::PartiallyAuthorised => Meaning::Other,
            ResultCode::Refused | ResultCode::Error => Meaning::No(refusal::reason(
                self.refusal_reason_code.as_deref(),
                self.refusal_reason.as_deref(),
            )),
            ResultCode::Cancelled => Meaning::No(DeclineReason::Abandoned),
            // Asked for the redirect and got 3-D Secure in the page itself, which this shop has none of; or a
            // redirect by a form, which its page must not send. Neither goes on without a call of this shop.
            ResultCode::IdentifyShopper | ResultCode::ChallengeShopper => {
                Meaning::No(DeclineReason::NeedsAuthentication)
            }
            ResultCode::RedirectShopper => match self.action {
                Some(Action { kind: Some(kind), method, url: Some(url) })
                    if kind == "redirect" && method.as_deref().is_none_or(|method| method == "GET") =>
                {
                    Meaning::Go(url)
                }
                _ => Meaning::No(DeclineReason::NeedsAuthentication),
            },
            ResultCode::Later => Meaning::Later,
        }
    }

    fn may_be_of(&self, attempt: &Attempt) -> bool {
        let amount = self.amount.as_ref().is_none_or(|amount| amount.is_of(attempt));
        amount && self.merchant_reference.as_ref().is_none_or(|told| *told == reference(attempt))
    }
}

impl Amount {
    fn is_of(&self, attempt: &Attempt) -> bool {
        self.value == attempt.amount.minor && self.currency == attempt.amount.currency.code()
    }
}

/// An answer to a modification (capture, cancel, refund): it is taken on, under this name.
pub(super) fn received(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Received {
        psp_reference: String,
        status: String,
    }
    let answer: Received = serde_json::from_slice(body).ok()?;
    (answer.status == "received" && is_psp(&answer.psp_reference)).then_some(answer.psp_reference)
}

/// All that an answer to a payment or a modification leaves behind.
pub(super) fn told(body: &[u8]) -> String {
    let Some(payment) = Payment::read(body) else { return received(body).unwrap_or_default() };
    let card = payment.card();
    let meaning = match payment.for_nobody() {
        Meaning::Yes(psp) => psp,
        Meaning::No(reason) => format!("{reason:?}"),
        // Whether a shopper may go there is the client's to say.
        Meaning::Go(_) => "go".to_owned(),
        Meaning::Other => "other".to_owned(),
        Meaning::Later => "later".to_owned(),
    };
    format!("{meaning} {card:?}")
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::base::{Currency, Money, Token};
    use crate::payment::{AttemptState, CaptureMode};
    use jiff::Timestamp;
    use proptest::prelude::*;

    pub(in super::super) fn attempt() -> Attempt {
        Attempt {
            order: 1001,
            number: 1,
            key: Token::from_bytes([1; 16]),
            nonce: Token::from_bytes([2; 16]),
            amount: Money::new(2490, Currency::Eur),
            gateway: "adyen".to_owned(),
            capture: CaptureMode::Automatic,
            transaction: None,
            reference: Some(format!("{}-a", Token::from_bytes([1; 16]))),
            state: AttemptState::Sending,
            begun: Timestamp::UNIX_EPOCH,
            changed: Timestamp::UNIX_EPOCH,
        }
    }

    fn meaning(change: &str, to: &str) -> Option<Meaning> {
        let key = Token::from_bytes([1; 16]);
        let text = format!(
            r#"{{"pspReference":"XB7XNCQ8HXSKGK82","resultCode":"Authorised","merchantReference":"{key}-a",
            "amount":{{"currency":"EUR","value":2490}},"additionalData":{{"cardSummary":"1111"}}}}"#
        );
        Payment::read(text.replacen(change, to, 1).as_bytes()).map(|payment| payment.meaning(&attempt()))
    }

    #[test]
    fn only_the_attempts_own_payment_is_taken_for_it() {
        assert_eq!(meaning("", ""), Some(Meaning::Yes("XB7XNCQ8HXSKGK82".to_owned())));
        for (change, to) in
            [("2490", "249"), ("EUR", "USD"), ("-a\"", "-m\""), ("Authorised", "PartiallyAuthorised")]
        {
            assert_eq!(meaning(change, to), Some(Meaning::Other), "{change} -> {to}");
        }
        for missing in ["\"amount\"", "\"merchantReference\"", "\"pspReference\""] {
            assert_eq!(meaning(missing, "\"x\""), Some(Meaning::Later), "{missing}");
        }
    }

    #[test]
    fn an_answer_that_is_not_whole_is_none() {
        for (change, to) in
            [("{", ""), ("XB7XNCQ8HXSKGK82", "../x"), ("\"resultCode\"", "\"r\""), ("2490", "24.9")]
        {
            assert_eq!(meaning(change, to), None, "{change} -> {to}");
        }
        for later in ["Pending", "Received", "AuthenticationFinished", "SomethingNew"] {
            assert_eq!(meaning("Authorised", later), Some(Meaning::Later), "{later}");
        }
    }

    #[test]
    fn a_shopper_goes_by_a_plain_link_or_not_at_all() {
        let redirect =
            |action: &str| meaning("Authorised\"", &format!("RedirectShopper\",\"action\":{action}"));
        let no = Some(Meaning::No(DeclineReason::NeedsAuthentication));
        let go = Some(Meaning::Go("https://x/".to_owned()));
        assert_eq!(redirect(r#"{"type":"redirect","method":"GET","url":"https://x/"}"#), go);
        assert_eq!(
            redirect(r#"{"type":"redirect","method":"POST","url":"https://x/","data":{"MD":"1"}}"#),
            no
        );
        assert_eq!(redirect(r#"{"type":"threeDS2","url":"https://x/"}"#), no);
        assert_eq!(redirect("null"), no);
        assert_eq!(meaning("Authorised", "IdentifyShopper"), no);
    }

    #[test]
    fn a_modification_is_received_or_nothing_is_known() {
        let good = br#"{"status":"received","pspReference":"XB7XNCQ8HXSKGK82"}"#;
        assert_eq!(received(good).as_deref(), Some("XB7XNCQ8HXSKGK82"));
        assert_eq!(received(br#"{"status":"refused","pspReference":"XB7XNCQ8HXSKGK82"}"#), None);
        assert_eq!(received(b"[]"), None);
    }

    proptest! {
        #[test]
        fn no_answer_makes_it_panic(body: Vec<u8>) {
            let _ = Payment::read(&body).map(|payment| payment.meaning(&attempt()));
            let _ = received(&body);
        }
    }
}
