//! One charge, from an attempt that is written down to an outcome that is written down.

use std::sync::Arc;

use super::settle::{Settled, settle};
use crate::action::App;
use crate::payment::gateway::{Gateway, Outcome};
use crate::payment::{ATTEMPTS, Attempt, AttemptState, Card, DeclineReason};
use crate::store::{Reads, StoreError};

/// Charges a fresh attempt. Whatever happens, the store says where it stands; what it cannot say, the
/// reconciliation asks for.
pub(super) async fn charge(app: &Arc<App>, gateway: &dyn Gateway, attempt: Attempt, card: Card) {
    let id = (attempt.order, attempt.number);
    let reference = match gateway.create(&attempt).await {
        Ok(reference) => reference,
        Err(outcome) => {
            // No card was sent, so a lost answer is a refusal too.
            let refused = match outcome {
                Outcome::Declined(reason) => reason,
                _ => DeclineReason::TryAgain,
            };
            conclude(app, id, Outcome::Declined(refused)).await;
            return;
        }
    };
    match send(app, id, reference).await {
        Ok(Some(attempt)) => {
            let outcome = gateway.confirm(&attempt, card).await;
            conclude(app, id, outcome).await;
        }
        Ok(None) => log::warn!("order {}: attempt {} was given up before its card was sent", id.0, id.1),
        // The card stays here: without the reference on the disk nobody could ask for it later.
        Err(error) => log::error!("order {}: the gateway's reference could not be kept: {error}", id.0),
    }
}

/// From `Created` to `Sending`, with the gateway's name for the payment. `None` if the attempt was given up
/// meanwhile: then the card must not be sent.
async fn send(app: &Arc<App>, id: (u64, u64), reference: String) -> Result<Option<Attempt>, StoreError> {
    let now = app.clock().now();
    app.store()
        .transact(move |tx| {
            let attempt = tx.get(&ATTEMPTS, &id)?.filter(|attempt| attempt.state == AttemptState::Created);
            let Some(mut attempt) = attempt else { return Ok(None) };
            attempt.reference = Some(reference.clone());
            attempt.state = AttemptState::Sending;
            attempt.changed = now;
            tx.put(&ATTEMPTS, &id, &attempt)?;
            Ok(Some(attempt))
        })
        .await
}

/// Writes an outcome down, sounds an alarm if it calls for one, and tells who waits.
pub(super) async fn conclude(app: &Arc<App>, id: (u64, u64), outcome: Outcome) {
    let now = app.clock().now();
    let settled = app.store().transact(move |tx| settle(tx, id, &outcome, now)).await;
    match settled {
        Ok(Settled { alarm: Some(alarm) }) => {
            log::error!(target: "cashcow::alarm", "order {}, attempt {}: {alarm}", id.0, id.1);
        }
        Ok(Settled { alarm: None }) => {}
        Err(error) => log::error!("order {}: the outcome could not be kept, and is asked for: {error}", id.0),
    }
    app.charging().ring();
}
