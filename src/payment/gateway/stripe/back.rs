//! Money that goes back (<https://docs.stripe.com/api/refunds>).
//!
//! Stripe is asked for its list first and told only what is not in it, always under the same idempotency key.
//! Within the key's life (24 hours at least) Stripe itself sees to it that it happens once; after that, the list
//! does, because by then nothing of an earlier call can still be on its way.
//!
//! A failure of Stripe's own is kept under the key too and told again for a day, so that the refund cannot get
//! through under it. When Stripe says that it only repeats itself, that call is over; Stripe may still mend what
//! it left half-done, so the list must show nothing for [`MENDED`] before the refund counts as failed.

use hyper::Method;
use jiff::SignedDuration;

use super::refund::{Found, Page, Returned};
use super::refusal::Failure;
use super::{BANK, REFUNDS, StripeGateway, intent_of, session_of, tell};
use crate::payment::gateway::RefundOutcome;
use crate::payment::gateway::body::Body;
use crate::payment::gateway::http::Answer;
use crate::payment::{Attempt, Refund, RefundFailure};

/// From the refund's beginning until a failure that Stripe repeats is final.
const MENDED: SignedDuration = SignedDuration::from_mins(60);
/// The most pages of a payment's refunds, 100 each.
const MOST_PAGES: usize = 10;

/// What the list says.
enum Listed {
    Here(Returned),
    NotThere,
    NotTold,
}

impl StripeGateway {
    /// Gives money back, unless Stripe has already heard of this refund: then it tells how that one stands.
    pub(super) async fn give_back(&self, attempt: &Attempt, refund: &Refund) -> RefundOutcome {
        let intent = match (intent_of(attempt), session_of(attempt)) {
            (Some(id), _) => Some(id.to_owned()),
            (None, Some(session)) => self.intent_of_session(attempt, session).await.ok(),
            (None, None) => None,
        };
        let Some(intent) = intent else {
            log::error!("order {}: there is no payment at Stripe to refund", attempt.order);
            return RefundOutcome::Unknown;
        };
        match self.look_for(refund, &intent).await {
            Listed::Here(returned) => returned.outcome(refund, &intent),
            Listed::NotThere => self.send_back(refund, &intent).await,
            Listed::NotTold => RefundOutcome::Unknown,
        }
    }

    async fn send_back(&self, refund: &Refund, intent: &str) -> RefundOutcome {
        let (amount, order) = (refund.amount.minor.to_string(), refund.order.to_string());
        let key = refund.key.to_string();
        let form = Body::form(&[
            ("payment_intent", intent),
            ("amount", &amount),
            ("metadata[refund]", &key),
            ("metadata[order]", &order),
        ]);
        let to = (Method::POST, REFUNDS.to_owned());
        match self.call(to, Some(form), Some(format!("{key}-refund")), BANK).await {
            Ok(Answer { status: 200, body, .. }) => match Returned::read(&body) {
                Some(returned) => returned.outcome(refund, intent),
                None => RefundOutcome::Unknown,
            },
            Ok(answer) => {
                tell(refund.order, "refund", &answer);
                self.judge_refusal(refund, intent, &answer).await
            }
            Err(error) => {
                log::warn!("order {order}: Stripe, refund: {error}; it will be asked");
                RefundOutcome::Unknown
            }
        }
    }

    /// A refund that Stripe has not taken. Nothing is final while the list does not show that it is not there.
    async fn judge_refusal(&self, refund: &Refund, intent: &str, answer: &Answer) -> RefundOutcome {
        let failure = match answer.status {
            400 | 402 => Failure::read(&answer.body).of_refund(),
            500.. if is_repeated(answer) && self.is_mended(refund) => Some(RefundFailure::TryAgain),
            _ => None,
        };
        let Some(failure) = failure else { return RefundOutcome::Unknown };
        match self.look_for(refund, intent).await {
            Listed::Here(returned) => returned.outcome(refund, intent),
            Listed::NotThere => RefundOutcome::Failed(failure),
            Listed::NotTold => RefundOutcome::Unknown,
        }
    }

    fn is_mended(&self, refund: &Refund) -> bool {
        self.clock.now().duration_since(refund.begun) >= MENDED
    }

    async fn look_for(&self, refund: &Refund, intent: &str) -> Listed {
        let mut after = String::new();
        for _ in 0..MOST_PAGES {
            let path = format!("{REFUNDS}?payment_intent={intent}&limit=100{after}");
            let page = self.get(refund.order, path).await.and_then(|answer| Page::read(&answer.body));
            match page.map(|page| page.find(refund)) {
                Some(Found::Here(returned)) => return Listed::Here(returned),
                Some(Found::After(last)) => after = format!("&starting_after={last}"),
                Some(Found::Nowhere) => return Listed::NotThere,
                None => return Listed::NotTold,
            }
        }
        log::error!("order {}: Stripe's list of refunds has no end", refund.order);
        Listed::NotTold
    }
}

/// Whether Stripe says that it only tells again what it told before.
fn is_repeated(answer: &Answer) -> bool {
    answer.headers.get("idempotent-replayed").is_some_and(|value| value == "true")
}
