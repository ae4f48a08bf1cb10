//! Payments whose card is typed at Stripe: a Checkout Session per attempt
//! (<https://docs.stripe.com/api/checkout/sessions>). No card is ever in this process.
//!
//! The session's address is told to this shop alone, and by it to the shopper alone. A session whose creation
//! was not heard of has an address that nobody knows, and ends by itself.

use hyper::Method;
use jiff::SignedDuration;

use super::intent::Status as Paying;
use super::own::capture_method;
use super::session::{Session, Status};
use super::{QUICK, SESSIONS, StripeGateway, tell};
use crate::payment::gateway::body::Body;
use crate::payment::gateway::http::Answer;
use crate::payment::gateway::{Asking, Created, Outcome, Paid, Visitor};
use crate::payment::{Attempt, DeclineReason};

/// How long a session may be paid. Stripe takes no less than 30 minutes from its own now; ten more let this
/// machine's clock be slow.
const LIFE: SignedDuration = SignedDuration::from_mins(40);
/// The query of the link by which a shopper gives up.
const GIVES_UP: &str = "ended";

/// Whether the shopper came back by the link that gives up.
pub(super) fn gives_up(query: &str) -> bool {
    query.split('&').any(|part| part.split('=').next() == Some(GIVES_UP))
}

impl StripeGateway {
    /// Opens Stripe's page for this attempt.
    pub(super) async fn open_page(
        &self,
        attempt: &Attempt,
        visitor: &Visitor,
    ) -> Result<Created, DeclineReason> {
        let refused = Err(DeclineReason::TryAgain);
        let (amount, order) = (attempt.amount.minor.to_string(), attempt.order.to_string());
        let currency = attempt.amount.currency.code().to_ascii_lowercase();
        let key = attempt.key.to_string();
        let until = attempt.begun.as_second().saturating_add(LIFE.as_secs()).to_string();
        let back = format!("{}?{GIVES_UP}", visitor.return_to);
        let goods = format!("Order {order}");
        let form = Body::form(&[
            ("mode", "payment"),
            ("payment_method_types[]", "card"),
            ("line_items[0][quantity]", "1"),
            ("line_items[0][price_data][currency]", &currency),
            ("line_items[0][price_data][unit_amount]", &amount),
            ("line_items[0][price_data][product_data][name]", &goods),
            // The shopper pays what the order says, in its currency.
            ("adaptive_pricing[enabled]", "false"),
            ("success_url", &visitor.return_to),
            ("cancel_url", &back),
            ("expires_at", &until),
            ("client_reference_id", &order),
            ("metadata[order]", &order),
            ("metadata[attempt]", &key),
            ("payment_intent_data[capture_method]", capture_method(attempt)),
            ("payment_intent_data[metadata][order]", &order),
            ("payment_intent_data[metadata][attempt]", &key),
        ]);
        let to = (Method::POST, SESSIONS.to_owned());
        let session = match self.call(to, Some(form), Some(format!("{key}-create")), QUICK).await {
            Ok(Answer { status: 200, body, .. }) => Session::read(&body),
            Ok(answer) => {
                tell(attempt.order, "create", &answer);
                return refused;
            }
            Err(error) => {
                log::warn!("order {order}: Stripe, create: {error}; nobody was sent there");
                return refused;
            }
        };
        let Some(session) = session.filter(|session| session.is_of(attempt)) else {
            log::error!(
                "order {order}: Stripe's page is not the one that was asked for; nobody is sent there"
            );
            return refused;
        };
        match self.page(attempt.order, session.page()) {
            Some(url) => Ok(Created { reference: session.id, redirect: Some(url) }),
            None => refused,
        }
    }

    /// How a session stands; `Close` expires one that is still open.
    pub(super) async fn ask_session(&self, attempt: &Attempt, id: &str, asking: Asking) -> Outcome {
        let Some(session) = self.read_session(attempt, id).await else { return Outcome::Unknown };
        let outcome = self.judge_session(attempt, &session);
        match (&session.status, &outcome, asking) {
            // What was paid in it, or does not fit, is told as it is.
            (Status::Open, Outcome::ActionRequired { .. } | Outcome::Unknown, Asking::Close) => {
                self.expire(attempt, id).await
            }
            _ => outcome,
        }
    }

    async fn read_session(&self, attempt: &Attempt, id: &str) -> Option<Session> {
        let path = format!("{SESSIONS}/{id}?expand%5B%5D=payment_intent.payment_method");
        Session::read(&self.get(attempt.order, path).await?.body)
    }

    /// The name of the intent that a session has made.
    pub(super) async fn intent_of_session(&self, attempt: &Attempt, id: &str) -> Result<String, Outcome> {
        let session = self.read_session(attempt, id).await.ok_or(Outcome::Unknown)?;
        match (self.judge_session(attempt, &session), session.intent()) {
            (Outcome::Mismatch, _) => Err(Outcome::Mismatch),
            (_, Some(intent)) => Ok(intent.id.clone()),
            (outcome, None) => Err(outcome),
        }
    }

    /// What a session means, as far as looking tells. Money that moved counts before the session's own status.
    fn judge_session(&self, attempt: &Attempt, session: &Session) -> Outcome {
        let intent = session.intent();
        if !session.is_of(attempt) || intent.is_some_and(|intent| !intent.is_of(attempt)) {
            return Outcome::Mismatch;
        }
        let paid = |intent: &super::intent::Intent| Paid {
            card: intent.card(),
            transaction: Some(intent.id.clone()),
        };
        match (intent.map(|intent| (intent.status, intent)), &session.status) {
            (Some((Paying::Succeeded, intent)), _) => Outcome::Captured(paid(intent)),
            (Some((Paying::RequiresCapture, intent)), _) => Outcome::Authorized(paid(intent)),
            (_, Status::Open) => match self.page(attempt.order, session.page()) {
                Some(url) => Outcome::ActionRequired { url },
                None => Outcome::Unknown,
            },
            (Some((Paying::Canceled, _)), Status::Complete) => Outcome::Voided,
            (Some((Paying::Processing | Paying::New, _)), _) => Outcome::Unknown,
            (None, Status::Expired) if session.has_intent() => Outcome::Unknown,
            (_, Status::Expired) => Outcome::Declined(DeclineReason::Abandoned),
            (_, Status::Complete | Status::New) => Outcome::Unknown,
        }
    }

    /// Ends a session: nobody can pay it any more. Without an idempotency key, as with all that may be said
    /// twice. One that was paid meanwhile is not ended, and tells so when it is looked at again.
    async fn expire(&self, attempt: &Attempt, id: &str) -> Outcome {
        let to = (Method::POST, format!("{SESSIONS}/{id}/expire"));
        match self.call(to, Some(Body::form(&[])), None, QUICK).await {
            Ok(Answer { status: 200, body, .. }) => match Session::read(&body) {
                Some(session) if !session.is_of(attempt) => Outcome::Mismatch,
                Some(session) if session.status == Status::Expired => {
                    Outcome::Declined(DeclineReason::Abandoned)
                }
                _ => Outcome::Unknown,
            },
            Ok(answer) => {
                tell(attempt.order, "expire", &answer);
                match self.read_session(attempt, id).await {
                    Some(session) if session.status != Status::Open => self.judge_session(attempt, &session),
                    _ => Outcome::Unknown,
                }
            }
            Err(error) => {
                log::warn!("order {}: Stripe, expire: {error}", attempt.order);
                Outcome::Unknown
            }
        }
    }
}
