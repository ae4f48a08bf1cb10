//! The calls: what is sent, under which key, and what each answer means.

use hyper::Method;
use hyper::header::{HeaderMap, HeaderValue};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::super::body::{Body, Json};
use super::super::http::{self, Answer, CallError};
use super::super::{Outcome, Paid, RefundOutcome, Visitor};
use super::answer::{Meaning, Payment, received};
use super::name::{is_psp, reference};
use super::refusal::Failure;
use super::{AdyenGateway, CONFIRM, QUICK, REPEAT_REFUND, paid};
use crate::base::Money;
use crate::payment::{
    Attempt, AttemptState, Brand, CaptureMode, Card, CardShown, DeclineReason, Refund, RefundFailure,
    looks_like_card_number,
};

/// Where shoppers are sent: Adyen's page for 3-D Secure, `checkoutshopper-test.adyen.com` and its live kin.
const PAGES: [&str; 1] = [".adyen.com"];
/// The longest `redirectResult` that Adyen takes.
const LONGEST_RESULT: usize = 20_000;

impl AdyenGateway {
    /// One POST below the API's base, recognised by `once`, which has at most 64 characters.
    async fn post(
        &self,
        path: &str,
        body: Body,
        once: String,
        limit: std::time::Duration,
    ) -> Result<Answer, CallError> {
        let unsendable = |_| CallError::NotSent("the key has characters that no header takes".to_owned());
        let mut key = HeaderValue::from_bytes(self.key.expose_secret()).map_err(unsendable)?;
        key.set_sensitive(true);
        let mut headers = HeaderMap::new();
        headers.insert("x-api-key", key);
        let once = HeaderValue::try_from(once)
            .map_err(|_| CallError::NotSent("the attempt's key fits no header".to_owned()))?;
        headers.insert("idempotency-key", once);
        let path = format!("{}{path}", self.base);
        self.client.send(http::Call { method: Method::POST, path, headers, body: Some(body), limit }).await
    }

    /// Sends the card.
    pub(super) async fn pay(&self, attempt: &Attempt, card: Card, visitor: &Visitor) -> Outcome {
        let shown =
            CardShown { brand: card.brand().name().to_owned(), last_four: card.last_four().to_owned() };
        let body = self.payment(attempt, &card, visitor);
        drop(card);
        let answer = match self.post("/payments", body, format!("{}-pay", attempt.key), CONFIRM).await {
            Ok(answer) => answer,
            Err(error @ CallError::NotSent(_)) => {
                log::warn!("order {}: Adyen, payment: {error}", attempt.order);
                return Outcome::Declined(DeclineReason::TryAgain);
            }
            Err(error @ CallError::Lost(_)) => {
                log::warn!("order {}: Adyen, payment: {error}; a notice will tell", attempt.order);
                return Outcome::Unknown;
            }
        };
        let failure = match answer.status {
            200 => return self.judge(attempt, &answer, shown),
            400 | 401 | 403 | 422 => Failure::read(&answer.body),
            _ => {
                tell(attempt, "payment", &answer);
                return Outcome::Unknown;
            }
        };
        tell(attempt, "payment", &answer);
        if failure.is_in_progress() {
            return Outcome::Unknown;
        }
        let reason = failure.card_reason();
        if reason.is_none() {
            log::error!("Adyen refuses the call, not the card: is raw card data enabled for the account?");
        }
        Outcome::Declined(reason.unwrap_or(DeclineReason::TryAgain))
    }

    /// The one place where a card becomes bytes for the network.
    fn payment(&self, attempt: &Attempt, card: &Card, visitor: &Visitor) -> Body {
        let (month, year) = card.expiry();
        let (month, year) = (Zeroizing::new(format!("{month:02}")), Zeroizing::new(year.to_string()));
        let (order, key) = (attempt.order.to_string(), attempt.key.to_string());
        let (reference, address) = (reference(attempt), visitor.address.to_string());
        let method = Json::Object(vec![
            ("type", Json::Text("scheme")),
            ("number", Json::Text(card.expose_number())),
            ("expiryMonth", Json::Text(&month)),
            ("expiryYear", Json::Text(&year)),
            ("cvc", Json::Text(card.expose_code())),
            ("holderName", Json::Text(card.expose_holder())),
        ]);
        let browser = Json::Object(vec![
            ("userAgent", Json::Text(&visitor.user_agent)),
            ("acceptHeader", Json::Text(&visitor.accept)),
        ]);
        let redirect = Json::Object(vec![("nativeThreeDS", Json::Text("disabled"))]);
        let capture = match attempt.capture {
            CaptureMode::Automatic => ("captureDelayHours", Json::Number(0)),
            CaptureMode::Manual => {
                ("additionalData", Json::Object(vec![("manualCapture", Json::Text("true"))]))
            }
        };
        Body::json(&Json::Object(vec![
            ("merchantAccount", Json::Text(&self.merchant)),
            ("amount", amount(&attempt.amount)),
            ("reference", Json::Text(&reference)),
            ("paymentMethod", method),
            ("returnUrl", Json::Text(&visitor.return_to)),
            ("redirectFromIssuerMethod", Json::Text("GET")),
            ("redirectToIssuerMethod", Json::Text("GET")),
            ("origin", Json::Text(&visitor.origin)),
            ("channel", Json::Text("Web")),
            ("shopperIP", Json::Text(&address)),
            ("browserInfo", browser),
            ("authenticationData", Json::Object(vec![("threeDSRequestData", redirect)])),
            ("shopperInteraction", Json::Text("Ecommerce")),
            capture,
            ("metadata", Json::Object(vec![("order", Json::Text(&order)), ("attempt", Json::Text(&key))])),
        ]))
    }

    /// The shopper is back. The key is made of what came back: the same return is answered the same, and one
    /// that was made up does not stand in the real one's way.
    pub(super) async fn back(&self, attempt: &Attempt, query: &str) -> Outcome {
        let Some(result) = redirect_result(query) else { return Outcome::Unknown };
        let digest = Sha256::digest(result.as_bytes());
        let mark: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        let details = Json::Object(vec![("redirectResult", Json::Text(&result))]);
        let body = Json::Object(vec![("details", details)]);
        let once = format!("{}-{mark}", attempt.key);
        match self.post("/payments/details", Body::json(&body), once, CONFIRM).await {
            Ok(answer) if answer.status == 200 => {
                let card = CardShown { brand: Brand::Other.name().to_owned(), last_four: String::new() };
                self.judge(attempt, &answer, card)
            }
            Ok(answer) => {
                tell(attempt, "details", &answer);
                Outcome::Unknown
            }
            Err(error) => {
                log::warn!("order {}: Adyen, details: {error}; a notice will tell", attempt.order);
                Outcome::Unknown
            }
        }
    }

    fn judge(&self, attempt: &Attempt, answer: &Answer, card: CardShown) -> Outcome {
        let Some(payment) = Payment::read(&answer.body) else { return Outcome::Unknown };
        let card = payment.card().filter(|_| card.last_four.is_empty()).unwrap_or(card);
        match payment.meaning(attempt) {
            Meaning::Yes(psp) => {
                let paid = Paid { card, transaction: Some(psp) };
                match attempt.capture {
                    CaptureMode::Automatic => Outcome::Captured(paid),
                    CaptureMode::Manual => Outcome::Authorized(paid),
                }
            }
            Meaning::No(reason) => Outcome::Declined(reason),
            Meaning::Go(url) => match self.client.page(&url, &PAGES) {
                Some(url) => Outcome::ActionRequired { url },
                None => {
                    log::error!(
                        "order {}: Adyen sends shoppers to a page that is not its own",
                        attempt.order
                    );
                    Outcome::Declined(DeclineReason::NeedsAuthentication)
                }
            },
            Meaning::Other => Outcome::Mismatch,
            Meaning::Later => Outcome::Unknown,
        }
    }

    /// A key that changes every hour: a failure of Adyen's own may be answered under the same key for days. A
    /// second capture or cancel changes nothing there.
    fn hourly(&self, attempt: &Attempt, what: &str) -> String {
        let hour = self.clock.now().duration_since(attempt.begun).as_hours();
        format!("{}-{what}-{hour}", attempt.key)
    }

    /// Cancels whatever payment has the attempt's reference. Whether Adyen has taken that on.
    pub(super) async fn close(&self, attempt: &Attempt) -> bool {
        let reference = reference(attempt);
        let body = Json::Object(vec![
            ("merchantAccount", Json::Text(&self.merchant)),
            ("paymentReference", Json::Text(&reference)),
            ("reference", Json::Text(&reference)),
        ]);
        self.modify(attempt, "/cancels", &body, self.hourly(attempt, "close")).await
    }

    /// Takes what is held. A notice tells how it went; until then it is held.
    pub(super) async fn take(&self, attempt: &Attempt) -> Outcome {
        let reference = reference(attempt);
        let body = Json::Object(vec![
            ("merchantAccount", Json::Text(&self.merchant)),
            ("amount", amount(&attempt.amount)),
            ("reference", Json::Text(&reference)),
        ]);
        self.turn(attempt, "captures", &body).await
    }

    /// Frees what is held. A notice tells how it went.
    pub(super) async fn release(&self, attempt: &Attempt) -> Outcome {
        let reference = reference(attempt);
        let body = Json::Object(vec![
            ("merchantAccount", Json::Text(&self.merchant)),
            ("reference", Json::Text(&reference)),
        ]);
        self.turn(attempt, "cancels", &body).await
    }

    async fn turn(&self, attempt: &Attempt, what: &str, body: &Json<'_>) -> Outcome {
        let (AttemptState::Authorized(card) | AttemptState::Capturing(card) | AttemptState::Voiding(card)) =
            &attempt.state
        else {
            return Outcome::Unknown;
        };
        let Some(psp) = attempt.transaction.as_deref().filter(|psp| is_psp(psp)) else {
            log::error!("order {}: Adyen's name of the payment is not known", attempt.order);
            return Outcome::Unknown;
        };
        let once = self.hourly(attempt, what);
        if self.modify(attempt, &format!("/payments/{psp}/{what}"), body, once).await {
            Outcome::Authorized(paid(attempt, card))
        } else {
            Outcome::Unknown
        }
    }

    /// Whether a modification was taken on.
    async fn modify(&self, attempt: &Attempt, path: &str, body: &Json<'_>, once: String) -> bool {
        let doing = path.rsplit('/').next().unwrap_or_default();
        match self.post(path, Body::json(body), once, QUICK).await {
            Ok(answer) if matches!(answer.status, 200 | 201) => received(&answer.body).is_some(),
            Ok(answer) => {
                tell(attempt, doing, &answer);
                false
            }
            Err(error) => {
                log::warn!("order {}: Adyen, {doing}: {error}", attempt.order);
                false
            }
        }
    }

    /// Gives money back. One that Adyen has acknowledged is not told again: its notice tells.
    pub(super) async fn give_back(&self, attempt: &Attempt, refund: &Refund) -> RefundOutcome {
        if let Some(reference) = refund.reference.clone() {
            return RefundOutcome::Pending { reference };
        }
        let Some(psp) = attempt.transaction.as_deref().filter(|psp| is_psp(psp)) else {
            log::error!("order {}: Adyen's name of the payment is not known", attempt.order);
            return RefundOutcome::Failed(RefundFailure::TryAgain);
        };
        // Its notice comes within minutes, or within days where Adyen could not deliver it. One that comes later
        // than this still counts, with an alarm.
        if self.clock.now().duration_since(refund.begun) > REPEAT_REFUND {
            log::error!(
                "order {}: Adyen has not taken refund {} on within 6 days",
                refund.order,
                refund.number
            );
            return RefundOutcome::Failed(RefundFailure::TryAgain);
        }
        let key = refund.key.to_string();
        let body = Json::Object(vec![
            ("merchantAccount", Json::Text(&self.merchant)),
            ("amount", amount(&refund.amount)),
            ("reference", Json::Text(&key)),
        ]);
        match self.post(&format!("/payments/{psp}/refunds"), Body::json(&body), key.clone(), QUICK).await {
            Ok(answer) if matches!(answer.status, 200 | 201) => match received(&answer.body) {
                Some(reference) => RefundOutcome::Pending { reference },
                None => RefundOutcome::Unknown,
            },
            Ok(answer) => {
                tell(attempt, "refunds", &answer);
                // Not looked at: keys and rights can be mended, and then it is told again.
                let refused = matches!(answer.status, 400 | 422);
                if refused && !Failure::read(&answer.body).is_in_progress() {
                    RefundOutcome::Failed(RefundFailure::TryAgain)
                } else {
                    RefundOutcome::Unknown
                }
            }
            Err(error) => {
                log::warn!("order {}: Adyen, refunds: {error}", attempt.order);
                RefundOutcome::Unknown
            }
        }
    }
}

fn amount(money: &Money) -> Json<'static> {
    Json::Object(vec![("value", Json::Number(money.minor)), ("currency", Json::Text(money.currency.code()))])
}

/// `redirectResult` of a query, decoded; `None` if there is none that could be Adyen's. One that somebody made up
/// of a card's number is not sent on.
pub(super) fn redirect_result(query: &str) -> Option<String> {
    let value = query.split('&').find_map(|pair| pair.strip_prefix("redirectResult="))?;
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let mut digit = || rest.next().and_then(|digit| char::from(digit).to_digit(16));
                u8::try_from(digit()?.checked_mul(16)?.checked_add(digit()?)?).ok()?
            }
            b'+' => b' ',
            other => other,
        });
    }
    let fits = (1..=LONGEST_RESULT).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic);
    let result = fits.then(|| String::from_utf8(bytes).ok()).flatten();
    result.filter(|result| !looks_like_card_number(result))
}

/// An answer that is not good, for the log: status and code, never the message.
fn tell(attempt: &Attempt, doing: &str, answer: &Answer) {
    let (order, status) = (attempt.order, answer.status);
    let failure = Failure::read(&answer.body);
    match status {
        401 | 403 => log::error!(
            "order {order}: Adyen refuses the key ({doing}, {status}, {}): check key and roles",
            failure.code()
        ),
        _ => log::warn!("order {order}: Adyen, {doing}: {status}, {}", failure.code()),
    }
}

/// Whether a shopper's query holds what only Adyen reads: that goes back to Adyen and stays nowhere.
pub(super) fn told(query: &[u8]) -> String {
    let result = std::str::from_utf8(query).ok().and_then(|query| redirect_result(query.trim()));
    result.map_or_else(String::new, |result| format!("{} characters", result.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_adyens_own_word_of_a_query_is_read() {
        let read = |query| redirect_result(query);
        assert_eq!(read("redirectResult=X6XtfGC3%21Y").as_deref(), Some("X6XtfGC3!Y"));
        assert_eq!(read("a=b&redirectResult=eyJ0%2B%2F%3D&c").as_deref(), Some("eyJ0+/="));
        for nothing in [
            "",
            "redirectResult",
            "redirectResult=",
            "xredirectResult=a",
            "redirectResult=%0d%0a",
            "redirectResult=%zz",
            "redirectResult=%2",
            "redirectResult=4242424242424242",
            "redirectResult=X6XtfGC3%21Y%34242424242424242%21H",
            "redirectResult=é",
            "MD=1&PaRes=2",
        ] {
            assert_eq!(read(nothing), None, "{nothing}");
        }
        assert_eq!(read(&format!("redirectResult={}", "a".repeat(LONGEST_RESULT + 1))), None);
    }

    proptest! {
        #[test]
        fn no_query_makes_it_panic(query in ".{0,200}") {
            let _ = redirect_result(&query);
        }
    }
}
