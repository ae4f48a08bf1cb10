//! Stripe: PaymentIntents with the card sent by the server, or Checkout Sessions on Stripe's own page.
//!
//! ```text
//! own.rs      the card is typed here: create, confirm, inquire (PaymentIntents)
//! hosted.rs   the card is typed at Stripe: create, inquire (Checkout Sessions)
//! held.rs     capture and void, the same for both
//! back.rs     refunds, the same for both
//! intent.rs session.rs refund.rs refusal.rs   what is read of Stripe's answers
//! signature.rs event.rs                       what is believed of Stripe's notices
//! ```
//!
//! 1. Create the intent: amount, currency, order and attempt; no card. Its id is durable before step 2.
//! 2. Confirm it with the card, once. 200 and 402 are answers; everything else after the card was sent is
//!    `Unknown`.
//! 3. Recover by reading the intent. One that never got its card, or whose shopper does not come back, is
//!    cancelled when it is closed: Stripe decides between that and a late confirmation, and either is final.
//!
//! Amount, currency, order and attempt are compared on every answer; what does not fit is a mismatch, and
//! nothing is cancelled, captured or refunded on its word.
//!
//! Stripe takes numbers from a server only from accounts for which it has enabled "raw card data"; without
//! that each payment is refused and the log says so.

mod back;
#[cfg(test)]
mod bench;
mod event;
mod held;
mod hosted;
mod intent;
mod own;
mod refund;
mod refusal;
mod session;
mod signature;

use std::sync::Arc;
use std::time::Duration;

use hyper::header::{AUTHORIZATION, HeaderValue};
use hyper::{HeaderMap, Method};
use zeroize::Zeroizing;

use self::refusal::Failure;
use super::body::Body;
use super::http::{Answer, CallError, Client, Detour, Unusable};
use super::untrusted::Parser;
use super::{
    Asking, Call, Created, Gateway, Heard, Notice, Outcome, RefundOutcome, StripeAccount, StripePage,
    Trouble, Unheard, Visitor, http,
};
use crate::base::{Clock, SystemClock};
use crate::payment::{Attempt, Card, DeclineReason, Refund, looks_like_card_number};

/// Its name in attempts and orders.
pub const NAME: &str = "stripe";
/// The same with Stripe's own payment page.
pub const NAME_HOSTED: &str = "stripe-hosted";
/// The one host, for live and test keys alike.
const HOST: &str = "api.stripe.com";
/// Where a shopper may be sent: the bank's questions, and the payment page. An account with a domain of its
/// own for the payment page cannot be used: that domain is nobody's constant.
const PAGES: [&str; 3] = ["hooks.stripe.com", "pm-redirects.stripe.com", "checkout.stripe.com"];
/// The version of the API whose documents this folder follows.
const VERSION: HeaderValue = HeaderValue::from_static("2025-03-31.basil");
const INTENTS: &str = "/v1/payment_intents";
const SESSIONS: &str = "/v1/checkout/sessions";
const REFUNDS: &str = "/v1/refunds";
/// What reads Stripe's bytes.
pub(super) const PARSERS: [Parser; 7] = [
    ("stripe-payment", intent::told),
    ("stripe-session", session::told),
    ("stripe-refund", refund::told),
    ("stripe-refunds", refund::told_of_page),
    ("stripe-refusal", refusal::told),
    ("stripe-signature", signature::told),
    ("stripe-event", event::told),
];
/// For creating, reading and cancelling.
const QUICK: Duration = Duration::from_secs(20);
/// For what the bank is asked for meanwhile: confirming, capturing, refunding.
const BANK: Duration = Duration::from_secs(45);
/// For putting away what was refused: the shopper waits, and nothing depends on it.
const TIDY: Duration = Duration::from_secs(5);
/// The longest identifier that is taken; Stripe's own limit for identifiers is 255.
const LONGEST_ID: usize = 255;

/// Stripe, with the operator's key.
pub struct StripeGateway {
    client: Client,
    account: StripeAccount,
    clock: Arc<dyn Clock>,
}

impl StripeGateway {
    /// With the operator's account. `detour` is empty on all but `dev` machines.
    pub fn new(account: StripeAccount, detour: Detour) -> Result<Self, Unusable> {
        Ok(Self { client: Client::new(HOST, detour)?, account, clock: Arc::new(SystemClock) })
    }

    /// With another clock than the machine's.
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
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

    /// Reads one thing; whatever is not a 200 is told to the log.
    async fn get(&self, order: u64, path: String) -> Option<Answer> {
        match self.call((Method::GET, path), None, None, QUICK).await {
            Ok(answer) if answer.status == 200 => Some(answer),
            Ok(answer) => {
                tell(order, "read", &answer);
                None
            }
            Err(error) => {
                log::warn!("order {order}: Stripe, read: {error}");
                None
            }
        }
    }

    /// A page of Stripe's to which a shopper may be sent.
    fn page(&self, order: u64, url: Option<&str>) -> Option<String> {
        let page = url.and_then(|url| self.client.page(url, &PAGES));
        if page.is_none() {
            log::error!("order {order}: Stripe names no page of its own to send the shopper to");
        }
        page
    }
}

/// An answer that is not a 200, for the log: status and code, never the message.
fn tell(order: u64, doing: &str, answer: &Answer) {
    let status = answer.status;
    let failure = Failure::read(&answer.body);
    match status {
        401 | 403 => {
            log::error!("order {order}: Stripe refuses the key ({doing}, {status}): check it in the console")
        }
        402 => log::info!("order {order}: Stripe, {doing}: {}", failure.code()),
        _ => log::warn!("order {order}: Stripe, {doing}: {status}, {}", failure.code()),
    }
}

/// `pi_`, `cs_` and what Stripe makes identifiers of: nothing that would change the path of a call, and no
/// card number, because identifiers are kept and shown.
fn is_id(text: &str, kind: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    text.len() <= LONGEST_ID
        && !looks_like_card_number(text)
        && text.strip_prefix(kind).is_some_and(|rest| !rest.is_empty() && rest.bytes().all(plain))
}

/// The attempt's Checkout Session, if it was begun at Stripe's own page.
fn session_of(attempt: &Attempt) -> Option<&str> {
    attempt.reference.as_deref().filter(|id| is_id(id, "cs_"))
}

/// The attempt's PaymentIntent, as far as it is known: the reference, or learned from the session.
fn intent_of(attempt: &Attempt) -> Option<&str> {
    let is_intent = |id: &&str| is_id(id, "pi_");
    let learned = attempt.transaction.as_deref().filter(is_intent);
    learned.or_else(|| attempt.reference.as_deref().filter(is_intent))
}

impl Gateway for StripeGateway {
    fn name(&self) -> &'static str {
        match self.account.page {
            StripePage::Own => NAME,
            StripePage::Hosted => NAME_HOSTED,
        }
    }

    fn takes_card(&self) -> bool {
        self.account.page == StripePage::Own
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
        visitor: &'a Visitor,
    ) -> Call<'a, Result<Created, DeclineReason>> {
        match self.account.page {
            StripePage::Own => Box::pin(self.make(attempt)),
            StripePage::Hosted => Box::pin(self.open_page(attempt, visitor)),
        }
    }

    fn confirm<'a>(&'a self, attempt: &'a Attempt, card: Card, visitor: &'a Visitor) -> Call<'a, Outcome> {
        match self.account.page {
            StripePage::Own => Box::pin(self.charge(attempt, card, visitor)),
            // No card belongs here: it goes to nobody.
            StripePage::Hosted => Box::pin(async { Outcome::Declined(DeclineReason::TryAgain) }),
        }
    }

    fn inquire<'a>(&'a self, attempt: &'a Attempt, asking: Asking) -> Call<'a, Outcome> {
        match session_of(attempt) {
            Some(session) => Box::pin(self.ask_session(attempt, session, asking)),
            None => Box::pin(self.ask(attempt, asking)),
        }
    }

    fn resume<'a>(&'a self, attempt: &'a Attempt, query: &'a str) -> Call<'a, Outcome> {
        // Whoever comes back by the link that gives up needs no page any more. The bank's page has no such link.
        let ended = session_of(attempt).is_some() && hosted::gives_up(query);
        self.inquire(attempt, if ended { Asking::Close } else { Asking::Look })
    }

    fn capture<'a>(&'a self, attempt: &'a Attempt) -> Call<'a, Outcome> {
        Box::pin(self.take(attempt))
    }

    fn void<'a>(&'a self, attempt: &'a Attempt) -> Call<'a, Outcome> {
        Box::pin(self.release(attempt))
    }

    fn refund<'a>(&'a self, attempt: &'a Attempt, refund: &'a Refund) -> Call<'a, RefundOutcome> {
        Box::pin(self.give_back(attempt, refund))
    }

    fn hear(&self, notice: &Notice<'_>) -> Result<Vec<Heard>, Unheard> {
        let secret = self.account.notices.as_ref().ok_or(Unheard::NoSecret)?;
        signature::verify(notice, secret)?;
        event::read(notice.body, self.is_live())
    }
}
