//! Money that is held: taken or let go, for payments of both pages alike.
//!
//! Neither call has an idempotency key: Stripe looks at the intent's status itself, so that nothing can be
//! done twice, and under a key it would repeat a failure for a day.

use hyper::Method;

use super::intent::{Intent, Status};
use super::own::Occasion;
use super::{BANK, INTENTS, StripeGateway, intent_of, session_of, tell};
use crate::payment::gateway::body::Body;
use crate::payment::gateway::http::Answer;
use crate::payment::gateway::{Asking, Outcome, Paid};
use crate::payment::{Attempt, DeclineReason};

impl StripeGateway {
    /// Looks first, and takes only what waits to be taken.
    pub(super) async fn take(&self, attempt: &Attempt) -> Outcome {
        let intent = match self.find(attempt).await {
            Ok(intent) => intent,
            Err(outcome) => return outcome,
        };
        if intent.status != Status::RequiresCapture || !intent.is_of(attempt) {
            return self.judge(attempt, intent, Occasion::Asked(Asking::Look)).await;
        }
        let card = intent.card();
        let amount = attempt.amount.minor.to_string();
        let to = (Method::POST, format!("{INTENTS}/{}/capture", intent.id));
        let form = Body::form(&[("amount_to_capture", &amount)]);
        match self.call(to, Some(form), None, BANK).await {
            Ok(Answer { status: 200, body, .. }) => match Intent::read(&body) {
                Some(intent) if intent.status == Status::Succeeded && intent.is_of(attempt) => {
                    Outcome::Captured(Paid { card, transaction: None })
                }
                Some(intent) => self.judge(attempt, intent, Occasion::Asked(Asking::Look)).await,
                None => Outcome::Unknown,
            },
            Ok(answer) => {
                tell(attempt.order, "capture", &answer);
                Outcome::Unknown
            }
            Err(error) => {
                log::warn!("order {}: Stripe, capture: {error}; it will be asked", attempt.order);
                Outcome::Unknown
            }
        }
    }

    /// Looks first, and ends only what has taken no money.
    pub(super) async fn release(&self, attempt: &Attempt) -> Outcome {
        let intent = match self.find(attempt).await {
            Ok(intent) => intent,
            Err(outcome) => return outcome,
        };
        if !intent.is_of(attempt) {
            return Outcome::Mismatch;
        }
        let now = match intent.status {
            Status::Succeeded | Status::Canceled | Status::Processing | Status::New => Some(intent),
            _ => self.end(attempt, &intent.id).await,
        };
        match now {
            Some(intent) if !intent.is_of(attempt) => Outcome::Mismatch,
            Some(intent) if intent.status == Status::Canceled => Outcome::Voided,
            Some(intent) => self.judge(attempt, intent, Occasion::Asked(Asking::Look)).await,
            None => Outcome::Unknown,
        }
    }

    /// The attempt's intent as it stands; through its session where the intent's own name is not known.
    async fn find(&self, attempt: &Attempt) -> Result<Intent, Outcome> {
        let id = match (intent_of(attempt), session_of(attempt)) {
            (Some(id), _) => id.to_owned(),
            (None, Some(session)) => self.intent_of_session(attempt, session).await?,
            (None, None) => return Err(Outcome::Declined(DeclineReason::TryAgain)),
        };
        self.read_intent(attempt, &id).await.ok_or(Outcome::Unknown)
    }
}
