//! Refunds. A transaction that is not settled yet can only be given back whole, by a void; a part of it waits
//! for the settlement. There is no idempotency key: each refund has an invoice number of its own, is looked
//! for under it before it is sent, and the gateway refuses a second one of the same invoice for eight hours,
//! which is for one that is on its way and in no list yet.

use super::answer::{Details, Said};
use super::find::Found;
use super::judge::judge;
use super::status::Status;
use super::{Attempt, AuthorizeNetGateway, Outcome, QUICK, Refund, RefundOutcome, amount, invoice};
use super::{reason, request};
use crate::payment::RefundFailure;

impl AuthorizeNetGateway {
    /// Gives the money back, if that has not been done yet.
    pub(super) async fn give_back(&self, attempt: &Attempt, refund: &Refund) -> RefundOutcome {
        if let Some(id) = &refund.reference {
            return self.look_at_refund(attempt, refund, id).await;
        }
        let own = invoice(refund.key);
        match self.find(&own, refund.begun).await {
            Found::One(id) => return self.look_at_refund(attempt, refund, &id).await,
            Found::Several => return odd(refund, "there are several under its invoice number"),
            Found::Unknown => return RefundOutcome::Unknown,
            Found::None => {}
        }
        let Ok(details) = self.details_of(attempt).await else { return RefundOutcome::Unknown };
        let whole = refund.amount == attempt.amount;
        match (judge(attempt, &details), details.status) {
            (Outcome::Captured(_), Status::Settled) => {
                self.send_refund(attempt, refund, &details, &own).await
            }
            (Outcome::Captured(_), _) if whole => self.void_whole(attempt, refund, &details).await,
            (Outcome::Captured(_), _) => RefundOutcome::NotYet,
            (Outcome::Voided, _) if whole => RefundOutcome::Done { reference: details.id },
            (Outcome::Voided, _) => RefundOutcome::Failed(RefundFailure::MoreThanLeft),
            (Outcome::Authorized(_) | Outcome::Declined(_), _) => {
                RefundOutcome::Failed(RefundFailure::TryAgain)
            }
            (Outcome::Mismatch, _) => odd(refund, "the payment is not what it should be"),
            (Outcome::Unknown | Outcome::ActionRequired { .. }, _) => RefundOutcome::Unknown,
        }
    }

    /// The whole of what is not settled: nothing will ever move.
    async fn void_whole(&self, attempt: &Attempt, refund: &Refund, details: &Details) -> RefundOutcome {
        let reference = attempt.reference.as_deref().unwrap_or_default();
        let said = self
            .transact((attempt.order, "void as refund"), reference, request::void(&details.id), QUICK)
            .await;
        match said {
            Said::NotSent | Said::Unknown => RefundOutcome::Unknown,
            Said::Approved(_) => self.look_at_refund(attempt, refund, &details.id).await,
            // It was settled meanwhile, or voided by somebody else: the next look tells.
            Said::Held | Said::Refused { .. } | Said::TurnedAway(_) => RefundOutcome::NotYet,
        }
    }

    async fn send_refund(
        &self,
        attempt: &Attempt,
        refund: &Refund,
        details: &Details,
        own: &str,
    ) -> RefundOutcome {
        let (amount, card) = (amount::text(refund.amount), details.card());
        let fields = request::refund((&amount, refund.amount), &card.last_four, &details.id, own);
        // Named after the payment, so that a notice of the refund is about it.
        let reference = attempt.reference.as_deref().unwrap_or_default();
        match self.transact((attempt.order, "refund"), reference, fields, QUICK).await {
            Said::Approved(reference) => RefundOutcome::Pending { reference },
            Said::Refused { code: reason::DUPLICATE, .. } => match self.find(own, refund.begun).await {
                Found::One(id) => self.look_at_refund(attempt, refund, &id).await,
                Found::None | Found::Several | Found::Unknown => RefundOutcome::Unknown,
            },
            Said::Refused { code, declined } => match reason::refund(code, declined) {
                Some(failure) => RefundOutcome::Failed(failure),
                None => RefundOutcome::NotYet,
            },
            Said::TurnedAway(_) => RefundOutcome::Failed(RefundFailure::TryAgain),
            Said::Held | Said::NotSent | Said::Unknown => RefundOutcome::Unknown,
        }
    }

    /// How a refund stands that has a transaction of its own, or is the payment's end.
    async fn look_at_refund(&self, attempt: &Attempt, refund: &Refund, id: &str) -> RefundOutcome {
        let Ok(details) = self.details(id).await else { return RefundOutcome::Unknown };
        if attempt.reference.as_deref() == Some(details.invoice()) {
            let gone = details.status == Status::Voided && refund.amount == attempt.amount;
            return if gone { RefundOutcome::Done { reference: details.id } } else { RefundOutcome::Unknown };
        }
        let sum = details.settled(refund.amount.currency.exponent()) == Some(refund.amount.minor);
        if details.invoice() != invoice(refund.key) || details.transaction_type != "refundTransaction" {
            return odd(refund, "its transaction is another one's");
        }
        match details.status {
            Status::RefundPending | Status::RefundSettled if !sum => odd(refund, "it is of another sum"),
            Status::RefundPending => RefundOutcome::Pending { reference: details.id },
            Status::RefundSettled => RefundOutcome::Done { reference: details.id },
            Status::Declined | Status::FailedReview => RefundOutcome::Failed(RefundFailure::Refused),
            Status::GeneralError | Status::CommunicationError => {
                let failure = reason::refund(details.reason(), false);
                RefundOutcome::Failed(failure.unwrap_or(RefundFailure::TryAgain))
            }
            Status::Voided => RefundOutcome::Failed(RefundFailure::TryAgain),
            _ => RefundOutcome::Unknown,
        }
    }
}

/// What must not happen: nothing is sent, and a person has to look.
fn odd(refund: &Refund, what: &str) -> RefundOutcome {
    log::error!("order {}: refund {} at Authorize.Net: {what}", refund.order, refund.number);
    RefundOutcome::Unknown
}
