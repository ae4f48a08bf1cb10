//! A charge, its capture and its release. Each is followed by a look: an answer says yes or no, the look says
//! to what.

use super::answer::{Details, Said};
use super::find::Found;
use super::judge::judge;
use super::request::{self, Charge, MOST_DIGITS};
use super::status::Status;
use super::{
    ARRIVAL, Attempt, AuthorizeNetGateway, CHARGE, Card, DeclineReason, Outcome, QUICK, Undetailed, Visitor,
    amount, reason,
};

impl AuthorizeNetGateway {
    /// Sends the card, once.
    pub(super) async fn charge(&self, attempt: &Attempt, card: Card, visitor: &Visitor) -> Outcome {
        let Some(invoice) = attempt.reference.as_deref() else {
            return Outcome::Declined(DeclineReason::TryAgain);
        };
        if card.expose_number().len() > MOST_DIGITS {
            return Outcome::Declined(DeclineReason::OtherCard);
        }
        let said = {
            let charge = Charge::new(attempt, invoice, &card, visitor.address);
            self.transact((attempt.order, "charge"), invoice, charge.fields(&card), CHARGE).await
        };
        drop(card);
        match said {
            Said::Approved(id) => self.look_at(attempt, &id).await,
            // Somebody on the way has sent it twice; the first one counts.
            Said::Refused { code: reason::DUPLICATE, .. } => self.look(attempt).await,
            Said::Refused { code, declined } => Outcome::Declined(reason::declined(code, declined)),
            Said::TurnedAway(_) | Said::NotSent => Outcome::Declined(DeclineReason::TryAgain),
            Said::Held | Said::Unknown => Outcome::Unknown,
        }
    }

    /// How the attempt stands.
    pub(super) async fn look(&self, attempt: &Attempt) -> Outcome {
        match self.details_of(attempt).await {
            Ok(details) => judge(attempt, &details),
            Err(outcome) => outcome,
        }
    }

    /// How it stands, by a transaction of which it was just told.
    async fn look_at(&self, attempt: &Attempt, id: &str) -> Outcome {
        match self.details(id).await {
            Ok(details) => judge(attempt, &details),
            Err(_) => Outcome::Unknown,
        }
    }

    /// The attempt's transaction; or what is known without.
    pub(super) async fn details_of(&self, attempt: &Attempt) -> Result<Details, Outcome> {
        // The reference is durable before the card is sent: without one, no card was.
        let nothing = Outcome::Declined(DeclineReason::TryAgain);
        let Some(invoice) = attempt.reference.as_deref() else { return Err(nothing) };
        let id = match &attempt.transaction {
            Some(id) => id.clone(),
            None => match self.find(invoice, attempt.begun).await {
                Found::One(id) => id,
                Found::Several => return Err(Outcome::Mismatch),
                Found::None if self.has_arrived(attempt) => return Err(nothing),
                Found::None | Found::Unknown => return Err(Outcome::Unknown),
            },
        };
        self.details(&id).await.map_err(|undetailed| {
            if matches!(undetailed, Undetailed::Missing) {
                log::error!("order {}: Authorize.Net has lost transaction {id}", attempt.order);
            }
            Outcome::Unknown
        })
    }

    /// Whether all that was ever sent for it must be in the lists by now. Not if the clock was set back.
    fn has_arrived(&self, attempt: &Attempt) -> bool {
        self.clock.now().duration_since(attempt.begun) >= ARRIVAL
    }

    /// Takes the money that is held.
    pub(super) async fn take(&self, attempt: &Attempt) -> Outcome {
        let details = match self.details_of(attempt).await {
            Ok(details) => details,
            Err(outcome) => return outcome,
        };
        let (stands, amount) = (judge(attempt, &details), amount::text(attempt.amount));
        if !matches!(stands, Outcome::Authorized(_)) {
            return stands;
        }
        let fields = request::capture(&amount, attempt.amount, &details.id);
        self.change(attempt, "capture", &details.id, fields).await
    }

    /// Frees the money that is held, or what is held for review.
    pub(super) async fn release(&self, attempt: &Attempt) -> Outcome {
        let details = match self.details_of(attempt).await {
            Ok(details) => details,
            Err(outcome) => return outcome,
        };
        let stands = judge(attempt, &details);
        let taken = matches!(details.status, Status::Captured);
        if stands == Outcome::Mismatch || taken || !details.status.can_be_voided() {
            return stands;
        }
        self.change(attempt, "void", &details.id, request::void(&details.id)).await
    }

    async fn change(
        &self,
        attempt: &Attempt,
        doing: &'static str,
        id: &str,
        fields: request::Fields<'_>,
    ) -> Outcome {
        let reference = attempt.reference.as_deref().unwrap_or_default();
        match self.transact((attempt.order, doing), reference, fields, QUICK).await {
            Said::NotSent | Said::Unknown => Outcome::Unknown,
            Said::Approved(_) | Said::Held | Said::Refused { .. } | Said::TurnedAway(_) => {
                self.look_at(attempt, id).await
            }
        }
    }
}
