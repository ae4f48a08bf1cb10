//! Notices of gateways: verified, remembered so that a second one changes nothing, and then either believed
//! (from a gateway that cannot be asked) or taken as a reason to ask.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::place_order::{alarmed, conclude_within, tell_of};
use super::refund::{ask_refund_soon, settle_refund};
use super::{App, sound};
use crate::alarm::{Kind, Object};
use crate::payment::gateway::{About, Heard, News, Notice, Outcome, Unheard};
use crate::payment::{
    ATTEMPTS, ATTEMPTS_OF_REFERENCES, Attempt, AttemptState, INQUIRIES, Patience, REFUNDS_OF_KEYS,
};
use crate::store::{Reads, Span, StoreError, Table, Tx};

/// (gateway's door, event) to when it was heard: what comes again is ignored.
const HEARD: Table<(String, String), Timestamp> = Table::new("heard-notices", 1);

/// The longest notice that is read, in bytes.
pub const MOST_NOTICE: usize = 256 * 1024;
/// How long an event is remembered. Gateways repeat theirs for three days at most (Stripe), Adyen for 30.
pub const REMEMBERED: SignedDuration = SignedDuration::from_hours(24 * 31);
/// The most events that one round forgets.
const ROUND: usize = 50_000;
/// So many that nobody signed, without one that was signed between them, are an alarm: the secret is wrong, or
/// somebody knocks.
pub const UNSIGNED_IN_A_ROW: u32 = 20;

/// A notice that was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HearError {
    /// No gateway of this name is connected.
    #[error("no such gateway is connected")]
    NoGateway,
    /// It is not believed.
    #[error(transparent)]
    Unheard(#[from] Unheard),
    /// The store failed; the gateway may send it again.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Takes a notice that came through the door of the gateway called `door`.
pub async fn hear(app: &Arc<App>, door: &str, notice: &Notice<'_>) -> Result<(), HearError> {
    let gateway = app.gateway_behind(door).ok_or(HearError::NoGateway)?;
    let heard = match gateway.hear(notice) {
        Ok(heard) => heard,
        Err(unheard) => {
            let in_a_row = app.unsigned_notice(false);
            // The door is open to everybody: a stranger fills no log.
            if in_a_row <= UNSIGNED_IN_A_ROW || in_a_row.is_power_of_two() {
                log::warn!("{in_a_row} in a row: a notice in the name of {door} is not believed: {unheard}");
            }
            if in_a_row == UNSIGNED_IN_A_ROW {
                sound(app, Kind::WebhookSignatures, Object::named(gateway.name())).await;
            }
            return Err(unheard.into());
        }
    };
    app.unsigned_notice(true);
    let (now, door) = (app.clock().now(), door.to_owned());
    let told = app
        .store()
        .transact(move |tx| {
            let mut told = Vec::new();
            for one in &heard {
                let name = (door.clone(), one.id.clone());
                if tx.get(&HEARD, &name)?.is_none() && take(tx, &door, one, now, &mut told)? {
                    tx.put(&HEARD, &name, &now)?;
                }
            }
            Ok::<_, StoreError>(told)
        })
        .await?;
    for settled in told {
        tell_of(app, settled).await;
    }
    app.charging().ring();
    Ok(())
}

/// Applies one event; whether it was about anything of this shop's.
fn take(
    tx: &mut Tx<'_>,
    door: &str,
    heard: &Heard,
    now: Timestamp,
    told: &mut Vec<super::place_order::Settled>,
) -> Result<bool, StoreError> {
    match &heard.about {
        About::Payment { reference } => {
            let name = (door.to_owned(), reference.clone());
            let Some(id) = tx.get(&ATTEMPTS_OF_REFERENCES, &name)? else { return Ok(false) };
            let Some(attempt) = tx.get(&ATTEMPTS, &id)? else { return Ok(false) };
            match &heard.news {
                News::Ask => ask_soon(tx, &attempt, now)?,
                News::Payment { outcome, amount } => {
                    let outcome = compared(&attempt, outcome, amount.as_ref());
                    told.push(conclude_within(tx, id, &outcome, now)?);
                }
                News::Odd(surprise) => told.push(alarmed(tx, &attempt, *surprise, now)?),
                News::Refund(_) => {}
            }
            Ok(true)
        }
        About::Refund { key } => {
            let Some(id) = tx.get(&REFUNDS_OF_KEYS, key)? else { return Ok(false) };
            match &heard.news {
                News::Refund(outcome) => told.push(settle_refund(tx, id, outcome, now)?.into()),
                News::Ask | News::Payment { .. } | News::Odd(_) => ask_refund_soon(tx, id, now)?,
            }
            Ok(true)
        }
    }
}

/// The attempt is asked about in the next round. One whose card is on its way just now has its own time: a
/// question would end it.
fn ask_soon(tx: &mut Tx<'_>, attempt: &Attempt, now: Timestamp) -> Result<(), StoreError> {
    if matches!(attempt.state, AttemptState::Created | AttemptState::Sending) {
        return Ok(());
    }
    tx.put(&INQUIRIES, &(attempt.order, attempt.number), &Patience::soon(now, SignedDuration::ZERO))
}

/// An outcome for another sum than the attempt's is a mismatch.
fn compared(attempt: &Attempt, outcome: &Outcome, amount: Option<&(i64, String)>) -> Outcome {
    let fits = amount.is_none_or(|(minor, currency)| {
        *minor == attempt.amount.minor && currency.eq_ignore_ascii_case(attempt.amount.currency.code())
    });
    if fits { outcome.clone() } else { Outcome::Mismatch }
}

/// Forgets the events that no gateway sends again; says how many.
pub async fn forget_notices(app: &Arc<App>) -> Result<usize, StoreError> {
    let Ok(limit) = app.clock().now().checked_sub(REMEMBERED) else { return Ok(0) };
    let all = app.store().read(|view| view.scan(&HEARD, &Span::all(ROUND)))?;
    let old: Vec<_> = all.into_iter().filter(|(_, heard)| *heard < limit).map(|(name, _)| name).collect();
    let count = old.len();
    if count > 0 {
        app.store()
            .transact(move |tx| {
                old.iter().for_each(|name| tx.delete(&HEARD, name));
                Ok::<_, StoreError>(())
            })
            .await?;
    }
    Ok(count)
}

#[cfg(test)]
#[path = "hear_tests.rs"]
mod tests;
