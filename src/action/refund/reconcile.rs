//! Settling refunds that a crash, a cut line or a slow gateway left open: asked for and told again under the
//! same key, with growing waits.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::task::JoinSet;

use super::conclude;
use crate::action::App;
use crate::action::place_order::gateway_of;
use crate::payment::gateway::RefundOutcome;
use crate::payment::{ATTEMPTS, OPEN_REFUNDS, Patience, REFUNDS, RefundState};
use crate::store::{Reads, Span, StoreError};

/// Between two tries of a refund that the gateway takes only once the payment is settled there. Authorize.Net
/// settles once a day.
pub const SETTLING_PAUSE: SignedDuration = SignedDuration::from_mins(45);
/// How long that may take, from the refund's begin; after that it has failed and a person must look.
pub const SETTLES_WITHIN: SignedDuration = SignedDuration::from_hours(5 * 24);
/// Between two questions about a refund that the gateway has taken and the bank has not.
pub const PENDING_PAUSE: SignedDuration = Patience::HELD;
/// How long such a one is asked about. After that it stays as it is until the gateway tells by itself.
pub const PENDING_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);
/// So many questions without an answer (about two and a half hours) are an alarm.
pub const LOST_AFTER: u32 = 24;
/// The most rows that one round looks at.
const ROUND: usize = 10_000;
/// The most questions at once.
const AT_ONCE: usize = 4;
/// The wait between two rounds.
const PAUSE: Duration = Duration::from_secs(1);

/// At start, before the first request: refunds whose answer a former life of the service did not hear are due
/// now. Returns how many that is.
pub async fn recover_refunds(app: &Arc<App>) -> Result<usize, StoreError> {
    let now = app.clock().now();
    app.store()
        .transact(move |tx| {
            let mut open = 0_usize;
            for (id, _) in tx.scan(&OPEN_REFUNDS, &Span::all(usize::MAX))? {
                let refund = tx.get(&REFUNDS, &id)?;
                let unheard = |state| matches!(state, RefundState::Sending | RefundState::Unknown);
                if refund.is_some_and(|refund| unheard(refund.state)) {
                    tx.put(&OPEN_REFUNDS, &id, &Patience { asked: 0, next: now })?;
                    open = open.saturating_add(1);
                }
            }
            Ok(open)
        })
        .await
}

/// Reconciles refunds for as long as the service runs.
pub async fn keep_refunding(app: Arc<App>) {
    loop {
        if let Err(error) = reconcile_refunds(&app).await {
            log::error!("reconciling refunds: {error}");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// One round: asks about every refund that is due. Returns how many were asked about.
pub async fn reconcile_refunds(app: &Arc<App>) -> Result<usize, StoreError> {
    let now = app.clock().now();
    let open = app.store().read(|view| view.scan(&OPEN_REFUNDS, &Span::all(ROUND)))?;
    let due = open.into_iter().filter(|(_, patience)| patience.is_over(now)).map(|(id, _)| id);
    let (mut asked, mut questions) = (0_usize, JoinSet::new());
    for id in due {
        if questions.len() >= AT_ONCE {
            questions.join_next().await;
        }
        asked = asked.saturating_add(1);
        let app = Arc::clone(app);
        questions.spawn(async move {
            if let Err(error) = ask(&app, id).await {
                log::error!("order {}: refund {} cannot be read: {error}", id.0, id.1);
            }
        });
    }
    while questions.join_next().await.is_some() {}
    Ok(asked)
}

/// Asks about one refund, or tells it again, and writes down what comes back.
async fn ask(app: &Arc<App>, id: (u64, u64)) -> Result<(), StoreError> {
    let found = app.store().read(|view| {
        let Some(refund) = view.get(&REFUNDS, &id)? else { return Ok::<_, StoreError>(None) };
        let attempt = view.get(&ATTEMPTS, &(refund.order, refund.attempt))?;
        Ok(attempt.map(|attempt| (refund, attempt)))
    })?;
    let Some((refund, attempt)) = found else { return Ok(()) };
    let outcome = match gateway_of(app, &attempt) {
        Some(gateway) if refund.state == RefundState::Waiting => gateway.refund(&attempt, &refund).await,
        Some(gateway) => gateway.inquire_refund(&attempt, &refund).await,
        None => {
            log::warn!("order {}: its gateway {} has no keys, so it cannot be asked", id.0, attempt.gateway);
            RefundOutcome::Unknown
        }
    };
    conclude(app, id, outcome).await;
    Ok(())
}

/// How many refunds of a gateway are open: while there are any, its account must stay.
pub(in crate::action) fn open_at(view: &impl Reads, gateway: &str) -> Result<usize, StoreError> {
    let mut open = 0_usize;
    for (id, _) in view.scan(&OPEN_REFUNDS, &Span::all(ROUND))? {
        let Some(refund) = view.get(&REFUNDS, &id)?.filter(|refund| !refund.state.is_final()) else {
            continue;
        };
        let attempt = view.get(&ATTEMPTS, &(refund.order, refund.attempt))?;
        open = open.saturating_add(usize::from(attempt.is_some_and(|it| it.gateway == gateway)));
    }
    Ok(open)
}
