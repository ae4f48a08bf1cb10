//! Stripe: PaymentIntents with the card sent by the server
//! (<https://docs.stripe.com/api/payment_intents>).
//!
//! 1. Create the intent: amount, currency, order and attempt; no card. Its id is durable before step 2.
//! 2. Confirm it with the card, once. 200 and 402 are answers; everything else after the card was sent is
//!    `Unknown`.
//! 3. Recover by reading the intent. One that never got its card, or waits for something that this shop
//!    cannot do, is cancelled: Stripe decides between that and a late confirmation, and either is final.
//!
//! Stripe takes numbers from a server only from accounts for which it has enabled "raw card data"; without
//! that each payment is refused and the log says so.

mod intent;
mod refusal;

use std::time::Duration;

use hyper::header::{AUTHORIZATION, HeaderValue};
use hyper::{HeaderMap, Method};
use zeroize::Zeroizing;

use self::intent::{Intent, Status, is_id};
use self::refusal::Failure;
use super::body::Body;
use super::http::{Answer, CallError, Client, Detour, Unusable};
use super::{
    Asking, Call, Created, Gateway, Heard, Notice, Outcome, Paid, RefundOutcome, StripeAccount, Trouble,
    Unheard, Visitor, http,
};
use crate::payment::{Attempt, Card, CardShown, DeclineReason, Refund};

/// Its name in attempts and orders.
pub const NAME: &str = "stripe";
/// The same with Stripe's own payment page.
pub const NAME_HOSTED: &str = "stripe-hosted";
/// The one host, for live and test keys alike.
const HOST: &str = "api.stripe.com";
/// The version of the API whose documents this file follows.
const VERSION: HeaderValue = HeaderValue::from_static("2025-03-31.basil");
const INTENTS: &str = "/v1/payment_intents";
/// For creating, reading and cancelling.
const QUICK: Duration = Duration::from_secs(20);
/// For confirming: the bank is asked meanwhile.
const CONFIRM: Duration = Duration::from_secs(45);

/// Stripe, with the operator's key.
pub struct StripeGateway {
    client: Client,
    account: StripeAccount,
}

impl StripeGateway {
    /// With the operator's account. `detour` is empty on all but `dev` machines.
    pub fn new(account: StripeAccount, detour: Detour) -> Result<Self, Unusable> {
        Ok(Self { client: Client::new(HOST, detour)?, account })
    }

    fn headers(&self, once: Option<String>) -> Result<HeaderMap, CallError> {
        let unsendable = |_| CallError::NotSent("the key has characters that no header takes".to_owned());
        let mut bearer = Zeroizing::new(Vec::with_capacity(300));
        bearer.extend_from_slice(b"Bearer ");
        bearer.extend_from_slice(self.account.key.expose_secret());
        let mut bearer = HeaderValue::from_bytes(&bearer).map_err(unsendable)?;
        bearer.set_sensitive(true);
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, bearer);
        headers.insert("stripe-version", VERSION);
        if let Some(once) = once {
            headers.insert(
                "idempotency-key",
                HeaderValue::try_from(once)
                    .map_err(|_| CallError::NotSent("the attempt's key fits no header".to_owned()))?,
            );
        }
        Ok(headers)
    }

    async fn call(
        &self,
        (method, path): (Method, String),
        body: Option<Body>,
        once: Option<String>,
        limit: Duration,
    ) -> Result<Answer, CallError> {
        let headers = self.headers(once)?;
        self.client.send(http::Call { method, path, headers, body, limit }).await
    }

    async fn make(&self, attempt: &Attempt) -> Result<Created, DeclineReason> {
        let refused = Err(DeclineReason::TryAgain);
        let (amount, order) = (attempt.amount.minor.to_string(), attempt.order.to_string());
        let currency = attempt.amount.currency.code().to_ascii_lowercase();
        let key = attempt.key.to_string();
        let form = Body::form(&[
            ("amount", &amount),
            ("currency", &currency),
            ("payment_method_types[]", "card"),
            ("capture_method", "automatic"),
            ("metadata[order]", &order),
            ("metadata[attempt]", &key),
        ]);
        let to = (Method::POST, INTENTS.to_owned());
        match self.call(to, Some(form), Some(format!("{key}-create")), QUICK).await {
            Ok(Answer { status: 200, body }) => match Intent::read(&body) {
                Some(intent) if intent.is_of(attempt) => Ok(Created { reference: intent.id, redirect: None }),
                Some(_) => {
                    log::error!(
                        "order {order}: Stripe has made another payment than was asked for; no card was sent"
                    );
                    refused
                }
                None => {
                    log::error!("order {order}: Stripe's answer cannot be read; no card was sent");
                    refused
                }
            },
            Ok(answer) => {
                tell(attempt, "create", &answer);
                refused
            }
            Err(error) => {
                log::warn!("order {order}: Stripe, create: {error}; no card was sent");
                refused
            }
        }
    }

    async fn charge(&self, attempt: &Attempt, card: Card) -> Outcome {
        let Some(id) = attempt.reference.as_deref().filter(|id| is_id(id)) else {
            return Outcome::Declined(DeclineReason::TryAgain);
        };
        let shown = (card.brand().name().to_owned(), card.last_four().to_owned());
        let form = card_form(&card);
        drop(card);
        let once = format!("{}-confirm", attempt.key);
        let to = (Method::POST, format!("{INTENTS}/{id}/confirm"));
        let answer = match self.call(to, Some(form), Some(once), CONFIRM).await {
            Ok(answer) => answer,
            Err(error @ CallError::NotSent(_)) => {
                log::warn!("order {}: Stripe, confirm: {error}", attempt.order);
                return Outcome::Declined(DeclineReason::TryAgain);
            }
            Err(error @ CallError::Lost(_)) => {
                log::warn!("order {}: Stripe, confirm: {error}; it will be asked", attempt.order);
                return Outcome::Unknown;
            }
        };
        match answer.status {
            200 => match Intent::read(&answer.body) {
                Some(intent) => self.judge(attempt, intent, Some(shown)).await,
                None => Outcome::Unknown,
            },
            402 => {
                tell(attempt, "confirm", &answer);
                let reason = Failure::read(&answer.body).reason();
                if reason.is_none() {
                    log::error!(
                        "Stripe refuses the call, not the card: is raw card data enabled for the account?"
                    );
                }
                Outcome::Declined(reason.unwrap_or(DeclineReason::TryAgain))
            }
            _ => {
                tell(attempt, "confirm", &answer);
                Outcome::Unknown
            }
        }
    }

    /// What an intent means. One that waits for something is brought to an end first. `shown` is the card
    /// that was just sent; without it, Stripe tells.
    async fn judge(&self, attempt: &Attempt, intent: Intent, shown: Option<(String, String)>) -> Outcome {
        if !intent.is_of(attempt) {
            return Outcome::Mismatch;
        }
        let refusal = intent
            .last_payment_error
            .as_ref()
            .map(|failure| failure.reason().unwrap_or(DeclineReason::Declined));
        let reason = match intent.status {
            Status::RequiresAction => DeclineReason::NeedsAuthentication,
            _ => refusal.unwrap_or(DeclineReason::TryAgain),
        };
        match intent.status {
            Status::Succeeded => {
                let (brand, last_four) = shown.unwrap_or_else(|| intent.card());
                Outcome::Captured(Paid { card: CardShown { brand, last_four }, transaction: None })
            }
            Status::Canceled => Outcome::Declined(reason),
            // The card was just refused: nothing is on its way any more.
            Status::RequiresPaymentMethod if shown.is_some() => {
                Outcome::Declined(refusal.unwrap_or(DeclineReason::Declined))
            }
            Status::RequiresPaymentMethod
            | Status::RequiresConfirmation
            | Status::RequiresAction
            | Status::RequiresCapture => self.cancel(attempt, &intent.id, reason).await,
            Status::Processing | Status::New => Outcome::Unknown,
        }
    }

    /// Ends a payment that has not taken money. Without an idempotency key: Stripe would repeat a failure
    /// under it for a day, and cancelling twice does no harm.
    async fn cancel(&self, attempt: &Attempt, id: &str, reason: DeclineReason) -> Outcome {
        let to = (Method::POST, format!("{INTENTS}/{id}/cancel"));
        match self.call(to, Some(Body::form(&[])), None, QUICK).await {
            Ok(Answer { status: 200, body }) => match Intent::read(&body) {
                Some(intent) if intent.status == Status::Canceled => Outcome::Declined(reason),
                _ => Outcome::Unknown,
            },
            Ok(answer) => {
                tell(attempt, "cancel", &answer);
                Outcome::Unknown
            }
            Err(error) => {
                log::warn!("order {}: Stripe, cancel: {error}", attempt.order);
                Outcome::Unknown
            }
        }
    }

    async fn ask(&self, attempt: &Attempt) -> Outcome {
        let Some(id) = attempt.reference.as_deref().filter(|id| is_id(id)) else {
            // The id is durable before the card is sent: without one, no card was.
            return Outcome::Declined(DeclineReason::TryAgain);
        };
        let to = (Method::GET, format!("{INTENTS}/{id}?expand%5B%5D=payment_method"));
        match self.call(to, None, None, QUICK).await {
            Ok(Answer { status: 200, body }) => match Intent::read(&body) {
                Some(intent) => self.judge(attempt, intent, None).await,
                None => Outcome::Unknown,
            },
            Ok(answer) => {
                tell(attempt, "read", &answer);
                Outcome::Unknown
            }
            Err(error) => {
                log::warn!("order {}: Stripe, read: {error}", attempt.order);
                Outcome::Unknown
            }
        }
    }
}

/// The one place where a card becomes bytes for the network.
fn card_form(card: &Card) -> Body {
    let (month, year) = card.expiry();
    Body::form(&[
        ("payment_method_data[type]", "card"),
        ("payment_method_data[card][number]", card.expose_number()),
        ("payment_method_data[card][exp_month]", &Zeroizing::new(month.to_string())),
        ("payment_method_data[card][exp_year]", &Zeroizing::new(year.to_string())),
        ("payment_method_data[card][cvc]", card.expose_code()),
        ("payment_method_data[billing_details][name]", card.expose_holder()),
    ])
}

/// An answer that is not a 200, for the log: status and code, never the message.
fn tell(attempt: &Attempt, doing: &str, answer: &Answer) {
    let (order, status) = (attempt.order, answer.status);
    let failure = Failure::read(&answer.body);
    match status {
        401 | 403 => {
            log::error!("order {order}: Stripe refuses the key ({doing}, {status}): check it in the console")
        }
        402 => log::info!("order {order}: Stripe, {doing}: {}", failure.code()),
        _ => log::warn!("order {order}: Stripe, {doing}: {status}, {}", failure.code()),
    }
}

impl Gateway for StripeGateway {
    fn name(&self) -> &'static str {
        NAME
    }

    fn trouble(&self) -> Option<Trouble> {
        self.client.trouble()
    }

    fn is_live(&self) -> bool {
        self.account
            .key
            .expose_str()
            .is_some_and(|key| key.get(3..).is_some_and(|rest| rest.starts_with("live_")))
    }

    fn create<'a>(
        &'a self,
        attempt: &'a Attempt,
        _: &'a Visitor,
    ) -> Call<'a, Result<Created, DeclineReason>> {
        Box::pin(self.make(attempt))
    }

    fn confirm<'a>(&'a self, attempt: &'a Attempt, card: Card, _: &'a Visitor) -> Call<'a, Outcome> {
        Box::pin(self.charge(attempt, card))
    }

    fn inquire<'a>(&'a self, attempt: &'a Attempt, _: Asking) -> Call<'a, Outcome> {
        Box::pin(self.ask(attempt))
    }

    fn capture<'a>(&'a self, attempt: &'a Attempt) -> Call<'a, Outcome> {
        Box::pin(self.ask(attempt))
    }

    fn void<'a>(&'a self, attempt: &'a Attempt) -> Call<'a, Outcome> {
        Box::pin(self.ask(attempt))
    }

    fn refund<'a>(&'a self, _: &'a Attempt, _: &'a Refund) -> Call<'a, RefundOutcome> {
        Box::pin(async { RefundOutcome::Unknown })
    }

    fn hear(&self, _: &Notice<'_>) -> Result<Vec<Heard>, Unheard> {
        Err(Unheard::NoSecret)
    }
}
