//! Payments whose card is typed here: a PaymentIntent per attempt (<https://docs.stripe.com/api/payment_intents>).
//!
//! An intent that was refused would stay open at Stripe, ready for another card. Only this shop could send
//! one, and it never sends a second card for an attempt; it is cancelled all the same, so that a refusal is
//! final on both sides, as far as one short call gets through. What that call says changes nothing.

use hyper::Method;
use zeroize::Zeroizing;

use super::intent::{Intent, Status};
use super::refusal::Failure;
use super::{BANK, INTENTS, QUICK, StripeGateway, TIDY, intent_of, tell};
use crate::payment::gateway::body::Body;
use crate::payment::gateway::http::{Answer, CallError};
use crate::payment::gateway::{Asking, Created, Outcome, Paid, Visitor};
use crate::payment::{Attempt, AttemptState, CaptureMode, Card, CardShown, DeclineReason};

/// On what occasion Stripe tells of an intent.
pub(super) enum Occasion {
    /// This card was just sent.
    Sent(CardShown),
    /// Somebody asked.
    Asked(Asking),
}

/// `automatic` or `manual`.
pub(super) fn capture_method(attempt: &Attempt) -> &'static str {
    match attempt.capture {
        CaptureMode::Automatic => "automatic",
        CaptureMode::Manual => "manual",
    }
}

impl StripeGateway {
    pub(super) async fn make(&self, attempt: &Attempt) -> Result<Created, DeclineReason> {
        let refused = Err(DeclineReason::TryAgain);
        let (amount, order) = (attempt.amount.minor.to_string(), attempt.order.to_string());
        let currency = attempt.amount.currency.code().to_ascii_lowercase();
        let key = attempt.key.to_string();
        let form = Body::form(&[
            ("amount", &amount),
            ("currency", &currency),
            ("payment_method_types[]", "card"),
            ("capture_method", capture_method(attempt)),
            ("metadata[order]", &order),
            ("metadata[attempt]", &key),
        ]);
        let to = (Method::POST, INTENTS.to_owned());
        match self.call(to, Some(form), Some(format!("{key}-create")), QUICK).await {
            Ok(Answer { status: 200, body, .. }) => match Intent::read(&body) {
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
                tell(attempt.order, "create", &answer);
                refused
            }
            Err(error) => {
                log::warn!("order {order}: Stripe, create: {error}; no card was sent");
                refused
            }
        }
    }

    pub(super) async fn charge(&self, attempt: &Attempt, card: Card, visitor: &Visitor) -> Outcome {
        let Some(id) = intent_of(attempt) else { return Outcome::Declined(DeclineReason::TryAgain) };
        let shown =
            CardShown { brand: card.brand().name().to_owned(), last_four: card.last_four().to_owned() };
        let form = card_form(&card, &visitor.return_to);
        drop(card);
        let once = format!("{}-confirm", attempt.key);
        let to = (Method::POST, format!("{INTENTS}/{id}/confirm"));
        let answer = match self.call(to, Some(form), Some(once), BANK).await {
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
                Some(intent) => self.judge(attempt, intent, Occasion::Sent(shown)).await,
                None => Outcome::Unknown,
            },
            402 => {
                tell(attempt.order, "confirm", &answer);
                let reason = Failure::read(&answer.body).reason();
                if reason.is_none() {
                    log::error!(
                        "Stripe refuses the call, not the card: is raw card data enabled for the account?"
                    );
                }
                self.put_away(attempt, id).await;
                Outcome::Declined(reason.unwrap_or(DeclineReason::TryAgain))
            }
            _ => {
                tell(attempt.order, "confirm", &answer);
                Outcome::Unknown
            }
        }
    }

    pub(super) async fn ask(&self, attempt: &Attempt, asking: Asking) -> Outcome {
        let Some(id) = intent_of(attempt) else {
            // The id is durable before the card is sent: without one, no card was.
            return Outcome::Declined(DeclineReason::TryAgain);
        };
        match self.read_intent(attempt, id).await {
            Some(intent) => self.judge(attempt, intent, Occasion::Asked(asking)).await,
            None => Outcome::Unknown,
        }
    }

    /// The intent as it stands, with its card.
    pub(super) async fn read_intent(&self, attempt: &Attempt, id: &str) -> Option<Intent> {
        let answer = self.get(attempt.order, format!("{INTENTS}/{id}?expand%5B%5D=payment_method")).await?;
        Intent::read(&answer.body)
    }

    /// What an intent means. A mere look ends nothing.
    pub(super) async fn judge(&self, attempt: &Attempt, intent: Intent, occasion: Occasion) -> Outcome {
        use Occasion::{Asked, Sent};
        if !intent.is_of(attempt) {
            return Outcome::Mismatch;
        }
        let refusal = intent
            .last_payment_error
            .as_ref()
            .map(|failure| failure.reason().unwrap_or(DeclineReason::Declined));
        let at_bank = matches!(attempt.state, AttemptState::ActionRequired { .. });
        let silence = if at_bank { DeclineReason::NeedsAuthentication } else { DeclineReason::TryAgain };
        let reason = refusal.unwrap_or(silence);
        match (intent.status, occasion) {
            (Status::Succeeded, occasion) => Outcome::Captured(paid(&intent, occasion)),
            (Status::RequiresCapture, occasion) => Outcome::Authorized(paid(&intent, occasion)),
            (Status::Canceled, _) if is_held(attempt) => Outcome::Voided,
            (Status::Canceled, _) => Outcome::Declined(reason),
            (Status::RequiresAction, Asked(Asking::Close)) => {
                self.cancel(attempt, &intent.id, DeclineReason::NeedsAuthentication).await
            }
            (Status::RequiresAction, occasion) => match (self.page(attempt.order, intent.page()), occasion) {
                (Some(url), _) => Outcome::ActionRequired { url },
                // Asked for in a way that this shop has no page for: nobody can say yes.
                (None, Sent(_)) => self.cancel(attempt, &intent.id, DeclineReason::NeedsAuthentication).await,
                (None, Asked(_)) => Outcome::Unknown,
            },
            // The card was just refused: nothing is on its way any more.
            (Status::RequiresPaymentMethod, Sent(_)) => {
                self.put_away(attempt, &intent.id).await;
                Outcome::Declined(refusal.unwrap_or(DeclineReason::Declined))
            }
            (Status::RequiresPaymentMethod, Asked(Asking::Look)) if refusal.is_some() => {
                Outcome::Declined(reason)
            }
            (Status::RequiresPaymentMethod | Status::RequiresConfirmation, Asked(Asking::Look))
            | (Status::Processing | Status::New, _) => Outcome::Unknown,
            (Status::RequiresPaymentMethod | Status::RequiresConfirmation, _) => {
                self.cancel(attempt, &intent.id, reason).await
            }
        }
    }

    /// Ends a payment that has not taken money.
    async fn cancel(&self, attempt: &Attempt, id: &str, reason: DeclineReason) -> Outcome {
        match self.end(attempt, id).await {
            Some(intent) if !intent.is_of(attempt) => Outcome::Mismatch,
            Some(intent) if intent.status == Status::Canceled => Outcome::Declined(reason),
            _ => Outcome::Unknown,
        }
    }

    /// The call that ends a payment. Without an idempotency key: Stripe would repeat a failure under it for a
    /// day, and cancelling twice does no harm.
    pub(super) async fn end(&self, attempt: &Attempt, id: &str) -> Option<Intent> {
        let to = (Method::POST, format!("{INTENTS}/{id}/cancel"));
        match self.call(to, Some(Body::form(&[])), None, QUICK).await {
            Ok(Answer { status: 200, body, .. }) => Intent::read(&body),
            Ok(answer) => {
                tell(attempt.order, "cancel", &answer);
                None
            }
            Err(error) => {
                log::warn!("order {}: Stripe, cancel: {error}", attempt.order);
                None
            }
        }
    }

    /// Ends a payment that was refused, if that can be done quickly.
    async fn put_away(&self, attempt: &Attempt, id: &str) {
        let to = (Method::POST, format!("{INTENTS}/{id}/cancel"));
        match self.call(to, Some(Body::form(&[])), None, TIDY).await {
            Ok(answer) if answer.status == 200 => {}
            Ok(answer) => tell(attempt.order, "put away", &answer),
            Err(error) => log::info!("order {}: Stripe, put away: {error}", attempt.order),
        }
    }
}

/// Whether the bank has said yes to it before.
fn is_held(attempt: &Attempt) -> bool {
    use AttemptState::{Authorized, Capturing, Voiding};
    matches!(attempt.state, Authorized(_) | Capturing(_) | Voiding(_))
}

/// The card as it was sent, else as Stripe tells.
fn paid(intent: &Intent, occasion: Occasion) -> Paid {
    let card = match occasion {
        Occasion::Sent(card) => card,
        Occasion::Asked(_) => intent.card(),
    };
    Paid { card, transaction: None }
}

/// The one place where a card becomes bytes for the network.
fn card_form(card: &Card, return_to: &str) -> Body {
    let (month, year) = card.expiry();
    Body::form(&[
        ("return_url", return_to),
        ("payment_method_data[type]", "card"),
        ("payment_method_data[card][number]", card.expose_number()),
        ("payment_method_data[card][exp_month]", &Zeroizing::new(month.to_string())),
        ("payment_method_data[card][exp_year]", &Zeroizing::new(year.to_string())),
        ("payment_method_data[card][cvc]", card.expose_code()),
        ("payment_method_data[billing_details][name]", card.expose_holder()),
    ])
}
