//! Settling what a crash, a cut line or a slow gateway left open: by asking, never by charging again.
//!
//! Every attempt that is not over is asked about with growing waits (1 s to 10 min) until its gateway
//! tells; an authorization that waits for its capture every six hours; and one of which a notice came, soon.
//! A shopper who was sent to the bank's page has [`ACTION_LASTS`]. An order that nobody paid for is given up after [`UNPAID_FOR`], never while an attempt is open.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinSet;

use super::begin::under_way;
use super::charge::conclude;
use super::stock::cancel;
use super::{Placed, told};
use crate::action::refund::open_at;
use crate::action::{App, sound};
use crate::alarm::{Kind, Object};
use crate::base::Token;
use crate::order::{ORDER_LINKS, ORDERS, State, UNPAID};
use crate::payment::gateway::{Asking, Gateway, Outcome, TEST, TestGateway};
use crate::payment::{ATTEMPTS, Attempt, AttemptState, DeclineReason, INQUIRIES, Patience};
use crate::store::{Reads, Span, StoreError};

/// How long stock is held for an order after its last sign of life.
pub const UNPAID_FOR: SignedDuration = SignedDuration::from_mins(60);
/// How long a shopper may stay at the bank's or the gateway's page. Less than [`UNPAID_FOR`], so that stock is
/// held meanwhile.
pub const ACTION_LASTS: SignedDuration = SignedDuration::from_mins(30);
/// After so long without an answer a person is told.
pub const OVERDUE: SignedDuration = SignedDuration::from_hours(1);
/// The most rows that one round looks at.
const ROUND: usize = 10_000;
/// The most questions at once.
const AT_ONCE: usize = 8;
/// The wait between two rounds.
const PAUSE: Duration = Duration::from_secs(1);
/// Between two questions on behalf of somebody who reloads a page.
const RELOAD: SignedDuration = SignedDuration::from_secs(3);

/// At start, before the first request: whatever a former life of the service left open is due now. Returns
/// how many attempts that is.
pub async fn recover(app: &Arc<App>) -> Result<usize, StoreError> {
    let now = app.clock().now();
    let due = Patience { asked: 0, next: now };
    app.store()
        .transact(move |tx| {
            let open = tx.scan(&INQUIRIES, &Span::all(usize::MAX))?;
            for (id, _) in &open {
                tx.put(&INQUIRIES, id, &due)?;
            }
            Ok(open.len())
        })
        .await
}

/// Reconciles for as long as the service runs.
pub async fn keep_reconciling(app: Arc<App>) {
    loop {
        app.velocity().turn(app.clock().now(), app.random());
        if let Err(error) = reconcile(&app).await {
            log::error!("reconciling payments: {error}");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// One round: asks about every attempt that is due, then gives up orders that nobody paid for. Returns how
/// many attempts were asked about.
pub async fn reconcile(app: &Arc<App>) -> Result<usize, StoreError> {
    let now = app.clock().now();
    let open = app.store().read(|view| view.scan(&INQUIRIES, &Span::all(ROUND)))?;
    let due = open.into_iter().filter(|(_, patience)| patience.is_over(now)).map(|(id, _)| id);
    let (mut asked, mut questions) = (0_usize, JoinSet::new());
    for id in due {
        if questions.len() >= AT_ONCE {
            questions.join_next().await;
        }
        asked = asked.saturating_add(1);
        let app = Arc::clone(app);
        questions.spawn(async move { ask(&app, id).await });
    }
    while questions.join_next().await.is_some() {}
    give_up(app, now).await?;
    Ok(asked)
}

/// How the order of this link stands, for its page: `None` if there is none or it was cancelled. An attempt
/// whose answer was lost is asked about on the way, at most every three seconds.
pub async fn standing(app: &Arc<App>, link: Token) -> Result<Option<Placed>, StoreError> {
    let Some((placed, open)) = look(app, link)? else { return Ok(None) };
    let Some(attempt) = open.filter(is_lost) else { return Ok(Some(placed)) };
    let id = (attempt.order, attempt.number);
    let asked = app.store().read(|view| view.get(&INQUIRIES, &id))?;
    let now = app.clock().now();
    if asked.is_some_and(|asked| now.duration_since(asked.last()) < RELOAD) {
        return Ok(Some(placed));
    }
    let Some(_slot) = app.charging().slot() else { return Ok(Some(placed)) };
    ask(app, id).await;
    Ok(look(app, link)?.map(|(placed, _)| placed))
}

fn is_lost(attempt: &Attempt) -> bool {
    matches!(attempt.state, AttemptState::Unknown | AttemptState::Mismatch)
}

/// What to tell, and the attempt that is under way.
pub(super) fn look(app: &App, link: Token) -> Result<Option<(Placed, Option<Attempt>)>, StoreError> {
    app.store().read(|view| {
        let Some(number) = view.get(&ORDER_LINKS, &link)? else { return Ok(None) };
        let order = view.get(&ORDERS, &number)?;
        let Some(order) = order.filter(|order| order.state != State::Cancelled) else { return Ok(None) };
        if matches!(order.state, State::Paid | State::Authorized | State::Refunded) {
            return Ok(Some((Placed::Paid { link }, None)));
        }
        let last = view.scan(&ATTEMPTS, &Span::under(&number, 1).newest_first())?;
        Ok(last.into_iter().next().map(|(_, attempt)| {
            let open = attempt.state.is_under_way();
            (told(link, &attempt.state), open.then_some(attempt))
        }))
    })
}

/// Asks about one attempt and writes down what comes back.
pub(super) async fn ask(app: &Arc<App>, id: (u64, u64)) {
    let attempt = app.store().read(|view| view.get(&ATTEMPTS, &id));
    let attempt = match attempt {
        Ok(Some(attempt)) => attempt,
        Ok(None) => return,
        Err(error) => {
            let error: StoreError = error;
            log::error!("order {}: attempt {} cannot be read: {error}", id.0, id.1);
            return;
        }
    };
    let outcome = match gateway_of(app, &attempt) {
        Some(gateway) => question(gateway.as_ref(), &attempt, app.clock().now()).await,
        // Its card was never sent: the reference is durable before that.
        None if attempt.reference.is_none() => Outcome::Declined(DeclineReason::TryAgain),
        None => {
            log::warn!("order {}: its gateway {} has no keys, so it cannot be asked", id.0, attempt.gateway);
            Outcome::Unknown
        }
    };
    let lost = outcome == Outcome::Unknown;
    conclude(app, id, outcome).await;
    if let Some(kind) = overdue(&attempt, app.clock().now()).filter(|_| lost) {
        sound(app, kind, Object::Order(id.0)).await;
    }
}

/// What a person must look at when the gateway has not told for so long.
fn overdue(attempt: &Attempt, now: Timestamp) -> Option<Kind> {
    let late = now.duration_since(attempt.changed) >= OVERDUE;
    match attempt.state {
        AttemptState::Sending | AttemptState::Unknown if late => Some(Kind::Unsettled),
        AttemptState::Capturing(_) | AttemptState::Voiding(_) if late => Some(Kind::CaptureFailed),
        _ => None,
    }
}

/// What the gateway is asked, or told again, of an attempt in its state.
async fn question(gateway: &dyn Gateway, attempt: &Attempt, now: Timestamp) -> Outcome {
    match &attempt.state {
        AttemptState::Capturing(_) => gateway.capture(attempt).await,
        AttemptState::Voiding(_) => gateway.void(attempt).await,
        AttemptState::ActionRequired { .. } if now.duration_since(attempt.begun) < ACTION_LASTS => {
            gateway.inquire(attempt, Asking::Look).await
        }
        state if state.is_under_way() => gateway.inquire(attempt, Asking::Close).await,
        _ => gateway.inquire(attempt, Asking::Look).await,
    }
}

/// The gateway that the attempt was begun with, if it can be asked now.
pub(in crate::action) fn gateway_of(app: &App, attempt: &Attempt) -> Option<Arc<dyn Gateway>> {
    app.gateway_named(&attempt.gateway).or_else(|| {
        (attempt.gateway == TEST).then(|| Arc::new(TestGateway::new(app.store().clone())) as Arc<dyn Gateway>)
    })
}

/// How many attempts and refunds of a gateway are open: while there are any, its account must stay.
pub fn unsettled(view: &impl Reads, gateway: &str) -> Result<usize, StoreError> {
    let mut open = open_at(view, gateway)?;
    for (id, _) in view.scan(&INQUIRIES, &Span::all(ROUND))? {
        let attempt = view.get(&ATTEMPTS, &id)?;
        if attempt.is_some_and(|attempt| attempt.gateway == gateway && attempt.state.is_open()) {
            open = open.saturating_add(1);
        }
    }
    Ok(open)
}

async fn give_up(app: &Arc<App>, now: Timestamp) -> Result<(), StoreError> {
    let stale = |since: Timestamp| now.duration_since(since) >= UNPAID_FOR;
    let unpaid = app.store().read(|view| view.scan(&UNPAID, &Span::all(ROUND)))?;
    let numbers: Vec<u64> =
        unpaid.into_iter().filter(|(_, since)| stale(*since)).map(|(number, _)| number).collect();
    if numbers.is_empty() {
        return Ok(());
    }
    app.store()
        .transact(move |tx| {
            for number in &numbers {
                let still =
                    tx.get(&UNPAID, number)?.is_some_and(|since| now.duration_since(since) >= UNPAID_FOR);
                if still && under_way(tx, *number)?.is_none() {
                    cancel(tx, *number)?;
                }
            }
            Ok(())
        })
        .await
}
