//! One charge, from an attempt that is written down to an outcome that is written down.

use std::sync::Arc;

use super::Means;
use super::gate::note;
use super::settle::{Settled, settle};
use crate::action::{App, sound};
use crate::alarm::{Kind, Object, Raised};
use crate::payment::gateway::{Created, Gateway, Outcome, Trouble, Visitor, door};
use crate::payment::{
    ATTEMPTS, ATTEMPTS_OF_REFERENCES, Attempt, AttemptState, CaptureMode, DeclineReason, INQUIRIES, Patience,
};
use crate::store::{Reads, StoreError};

/// Charges a fresh attempt. Whatever happens, the store says where it stands; what it cannot say, the
/// reconciliation asks for.
pub(super) async fn charge(
    app: &Arc<App>,
    gateway: &dyn Gateway,
    attempt: Attempt,
    means: Means,
    visitor: &Visitor,
) {
    let id = (attempt.order, attempt.number);
    let created = match gateway.create(&attempt, visitor).await {
        Ok(created) => created,
        Err(reason) => {
            complain(app, gateway).await;
            conclude(app, id, Outcome::Declined(reason)).await;
            return;
        }
    };
    let card = match (means, &created.redirect) {
        (Means::Card(card), None) => Some(card),
        (Means::Hosted, Some(_)) => None,
        _ => {
            log::error!("order {}: {} and the page disagree on who takes the card", id.0, gateway.name());
            conclude(app, id, Outcome::Declined(DeclineReason::TryAgain)).await;
            return;
        }
    };
    match (begin_payment(app, id, created).await, card) {
        (Ok(Some(attempt)), Some(card)) => {
            let outcome = gateway.confirm(&attempt, card, visitor).await;
            complain(app, gateway).await;
            conclude(app, id, outcome).await;
        }
        // The shopper goes to the gateway's page now.
        (Ok(Some(attempt)), None) => {
            note(app, &attempt).await;
            app.charging().ring();
        }
        (Ok(None), _) => log::warn!("order {}: attempt {} was given up before it was sent", id.0, id.1),
        // The card stays here: without the reference on the disk nobody could ask for it later.
        (Err(error), _) => log::error!("order {}: the gateway's reference could not be kept: {error}", id.0),
    }
}

/// Tells a person when nobody can pay.
pub(super) async fn complain(app: &Arc<App>, gateway: &dyn Gateway) {
    let kind = match gateway.trouble() {
        Some(Trouble::KeyRefused) => Kind::GatewayRefusesKey,
        Some(Trouble::Unreachable) => Kind::GatewayDown,
        None => return,
    };
    sound(app, kind, Object::named(gateway.name())).await;
}

/// From `Created` to `Sending`, or to the gateway's own page, with the gateway's name for the payment. `None`
/// if the attempt was given up meanwhile: then the card must not be sent.
async fn begin_payment(
    app: &Arc<App>,
    id: (u64, u64),
    created: Created,
) -> Result<Option<Attempt>, StoreError> {
    let now = app.clock().now();
    app.store()
        .transact(move |tx| {
            let attempt = tx.get(&ATTEMPTS, &id)?.filter(|attempt| attempt.state == AttemptState::Created);
            let Some(mut attempt) = attempt else { return Ok(None) };
            attempt.reference = Some(created.reference.clone());
            attempt.state = match &created.redirect {
                None => AttemptState::Sending,
                Some(url) => AttemptState::ActionRequired { url: url.clone() },
            };
            attempt.changed = now;
            tx.put(&ATTEMPTS, &id, &attempt)?;
            let name = (door(&attempt.gateway).to_owned(), created.reference.clone());
            tx.put(&ATTEMPTS_OF_REFERENCES, &name, &id)?;
            if created.redirect.is_some() {
                tx.put(&INQUIRIES, &id, &Patience::soon(now, Patience::ACTION))?;
            }
            Ok(Some(attempt))
        })
        .await
}

/// Writes an outcome down, sounds the alarms that it calls for, and tells who waits.
pub(super) async fn conclude(app: &Arc<App>, id: (u64, u64), outcome: Outcome) {
    let now = app.clock().now();
    let settled = app.store().transact(move |tx| settle(tx, id, &outcome, now)).await;
    match settled {
        Ok(settled) => tell_of(app, settled).await,
        Err(error) => log::error!("order {}: the outcome could not be kept, and is asked for: {error}", id.0),
    }
    app.charging().ring();
}

/// After the commit: alarms reach the journal, the gate learns how the try went, and what follows is begun.
pub(in crate::action) async fn tell_of(app: &Arc<App>, settled: Settled) {
    settled.alarms.iter().for_each(Raised::log);
    if let Some(attempt) = &settled.attempt {
        note(app, attempt).await;
    }
    if let Some(attempt) = settled.attempt.filter(takes_now) {
        take(app, attempt);
    }
}

/// Whether the money is held and was to be taken at once: some gateways need to be told.
fn takes_now(attempt: &Attempt) -> bool {
    attempt.capture == CaptureMode::Automatic && matches!(attempt.state, AttemptState::Capturing(_))
}

fn take(app: &Arc<App>, attempt: Attempt) {
    let app = Arc::clone(app);
    tokio::spawn(async move {
        let Some(gateway) = app.gateway_named(&attempt.gateway) else { return };
        let outcome = gateway.capture(&attempt).await;
        Box::pin(conclude(&app, (attempt.order, attempt.number), outcome)).await;
    });
}
