//! The gate against card testing at the door: which card may go to which gateway, who has tried too often, and
//! what became of it.
//!
//! Asked inside the transaction that begins an attempt, after everything that finds an attempt which is there
//! already: so a form that is sent again is never counted nor refused, and a try that is refused leaves no
//! order, no attempt and no held stock.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::SignedDuration;

use super::{Means, PlaceError};
use crate::action::{App, sound};
use crate::alarm::{Kind, Object};
use crate::payment::gateway::Gateway;
use crate::payment::{Attempt, AttemptState, DeclineReason, Ending, Knock, Pass, is_test_number};

/// One form at the gate.
pub(super) struct Gate {
    app: Arc<App>,
    knock: Knock,
    /// A card of the wrong kind for the gateway.
    wrong: Option<PlaceError>,
    /// Kept, because a transaction may run more than once and is one try all the same.
    pass: Mutex<Option<Pass>>,
}

impl Gate {
    /// Whoever comes from `source` to pay by `means`. Counts nothing yet.
    pub(super) fn new(app: &Arc<App>, gateway: &dyn Gateway, source: IpAddr, means: &Means) -> Self {
        let card = match means {
            Means::Card(card) => Some(card),
            Means::Hosted => None,
        };
        let knock = app.velocity().knock(app.clock().now(), app.random(), source, card);
        let kinds = card.map(|card| (gateway.is_live(), is_test_number(card.expose_number())));
        let wrong = match kinds {
            Some((true, true)) => Some(PlaceError::TestCard),
            Some((false, false)) => Some(PlaceError::RealCard),
            _ => None,
        };
        Self { app: Arc::clone(app), knock, wrong, pass: Mutex::new(None) }
    }

    /// Lets a new try through, or says why not. Asked again, it says the same and counts nothing more.
    pub(super) fn admit(&self) -> Result<(), PlaceError> {
        if let Some(wrong) = &self.wrong {
            return Err(wrong.clone());
        }
        let mut pass = self.pass.lock().unwrap_or_else(PoisonError::into_inner);
        if pass.is_none() {
            let admitted = self.app.velocity().admit(&self.knock);
            let fresh =
                admitted.map_err(|refused| PlaceError::TooManyTries { retry_after: refused.retry_after })?;
            *pass = Some(fresh);
        }
        Ok(())
    }

    /// What came of it: the attempt that has begun, or none. Returns how long to wait before its first call.
    pub(super) fn leave(&self, attempt: Option<(u64, u64)>) -> SignedDuration {
        let pass = self.pass.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(pass) = pass else { return SignedDuration::ZERO };
        let delay = pass.delay;
        match attempt {
            Some(attempt) => self.app.velocity().begun(pass, attempt),
            None => self.app.velocity().withdraw(pass),
        }
        delay
    }
}

/// Notes where an attempt stands now, and sounds the alarm if card testing has begun with it.
pub(super) async fn note(app: &Arc<App>, attempt: &Attempt) {
    let id = (attempt.order, attempt.number);
    let episode = app.velocity().note(app.clock().now(), app.random(), id, ending(&attempt.state));
    if let Some(episode) = episode {
        log::warn!("card testing: {} declined and {} paid lately", episode.declined, episode.paid);
        sound(app, Kind::CardTesting, Object::named("payments")).await;
    }
}

fn ending(state: &AttemptState) -> Ending {
    use DeclineReason::{Abandoned, TestCardsOnly, TryAgain};
    match state {
        // The bank was not asked, or its customer did not answer it.
        AttemptState::Declined { reason: TryAgain | Abandoned | TestCardsOnly } | AttemptState::Voided => {
            Ending::Silent
        }
        AttemptState::Declined { .. } => Ending::Declined,
        AttemptState::Authorized(_)
        | AttemptState::Capturing(_)
        | AttemptState::Voiding(_)
        | AttemptState::Captured(_)
        | AttemptState::Refunded(_) => Ending::Paid,
        AttemptState::Created
        | AttemptState::Sending
        | AttemptState::ActionRequired { .. }
        | AttemptState::Unknown
        | AttemptState::Mismatch => Ending::Away,
    }
}

#[cfg(test)]
#[path = "gate_tests.rs"]
mod tests;
