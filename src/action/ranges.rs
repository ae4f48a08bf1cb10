//! Changing from where the console may be reached: on trial first, for good once somebody confirms it from a
//! connection that was made under the new rules.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::{Accepted, Actor, App, Denied};
use crate::alarm::{self, Kind, Object};
use crate::audit::{Deed, Event};
use crate::config::{AdminRange, within};
use crate::machine::{Attempts, RecoverOutcome, Recovered};
use crate::ranges::{ChangeRanges, Heard, How, Pending, RANGES, Ranges, Refused, Which, draft};
use crate::staff::{Right, Side};
use crate::store::{StoreError, Tx};

/// How often what is in force is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// Why the ranges stay as they are.
#[derive(Debug, thiserror::Error)]
pub enum RangesError {
    /// Not allowed.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// Not a change.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// No such change is on trial.
    #[error("no such change is on trial")]
    NotOnTrial,
    /// The firewall has not taken it yet.
    #[error("the change is not in force yet")]
    NotInForce,
    /// It is about to be taken back.
    #[error("the time to confirm the change is over")]
    TooLate,
    /// The connection is from before the change.
    #[error("the connection was made before the change was in force")]
    OldConnection,
    /// The firewall cannot be told.
    #[error("the firewall cannot be told: {0}")]
    Told(#[from] std::io::Error),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The ranges, and the change on trial.
#[derive(Debug, Clone)]
pub struct RangesState {
    /// The row.
    pub ranges: Ranges,
    /// How long the change on trial can still be confirmed; `None` while the firewall has not taken it.
    pub left: Option<Duration>,
}

fn right(which: Which) -> Right {
    match which {
        Which::Admin => Right::ChangeRanges,
        Which::Operator => Right::ChangeOperatorRanges,
    }
}

/// Whether ranges of this kind bind the actor.
fn binds(which: Which, actor: &Actor) -> bool {
    which == Which::Admin || actor.side() == Some(Side::Operator)
}

fn nets(ranges: &[AdminRange]) -> String {
    ranges.iter().map(|range| range.net.to_string()).collect::<Vec<_>>().join(" ")
}

/// What an event is about: `change 7 of the machine: + 192.0.2.0/24 - 10.0.2.0/24`.
fn about(number: u64, which: Which, before: &[AdminRange], after: &[AdminRange]) -> String {
    let whose = match which {
        Which::Admin => "machine",
        Which::Operator => "operator",
    };
    let only = |these: &[AdminRange], those: &[AdminRange]| -> Vec<AdminRange> {
        these.iter().filter(|range| !those.contains(range)).cloned().collect()
    };
    let (new, gone) = (nets(&only(after, before)), nets(&only(before, after)));
    let part = |sign: &str, text: String| if text.is_empty() { text } else { format!(" {sign} {text}") };
    format!("change {number} of the {whose}:{}{}", part("+", new), part("-", gone))
}

/// Writes the first ranges of a new machine, and takes note of what happened while the service was away.
pub async fn open_ranges(app: &Arc<App>, provisioned: &[AdminRange]) -> Result<(), RangesError> {
    let first = provisioned.to_vec();
    let row = app
        .store()
        .transact(move |tx| {
            let mut row = Ranges::load(tx)?;
            if row.admin.is_empty() {
                row.admin.clone_from(&first);
                tx.put(&RANGES, &0, &row)?;
            }
            Ok::<_, StoreError>(row)
        })
        .await?;
    app.gate().know(&row);
    let in_force = app.gate().rules().trial.map(|trial| trial.number);
    match &row.pending {
        // The machine was started again, or the firewall never heard of it.
        Some(pending) if Some(pending.number) != in_force => {
            finish(app, pending.number, How::Expired, &Actor::machine()).await
        }
        _ => Ok(app.gate().ask(&row)?),
    }
}

/// What the page shows.
pub fn ranges_state(app: &App) -> Result<RangesState, StoreError> {
    app.gate().look();
    let ranges = app.store().read(|view| Ranges::load(view))?;
    let left = ranges.pending.as_ref().and_then(|pending| app.gate().left(pending.number));
    Ok(RangesState { ranges, left })
}

/// What the ranges would be after the change; nothing is written.
pub fn preview_ranges(
    app: &App,
    actor: &Actor,
    change: &ChangeRanges,
) -> Result<Vec<AdminRange>, RangesError> {
    actor.require(right(change.which))?;
    let row = app.store().read(|view| Ranges::load(view))?;
    Ok(drafted(&row, actor, change)?)
}

fn drafted(row: &Ranges, actor: &Actor, change: &ChangeRanges) -> Result<Vec<AdminRange>, Refused> {
    match actor.source() {
        Some(source) => draft(row, change, source, binds(change.which, actor)),
        // The machine is nowhere, and cannot cut itself off.
        None => draft(row, change, IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED), false),
    }
}

/// Puts a change on trial: its number.
pub async fn change_ranges(app: &Arc<App>, actor: &Actor, change: ChangeRanges) -> Result<u64, RangesError> {
    actor.require(right(change.which))?;
    let (now, kept) = (app.clock().now(), actor.clone());
    let (row, event) = app
        .store()
        .transact(move |tx| {
            let mut row = Ranges::load(tx)?;
            let ranges = drafted(&row, &kept, &change)?;
            row.changes = row.changes.saturating_add(1);
            let about = about(row.changes, change.which, row.confirmed(change.which), &ranges);
            let (number, by, which) = (row.changes, kept.name(), change.which);
            row.pending = Some(Pending { number, which, ranges, by, at: now });
            tx.put(&RANGES, &0, &row)?;
            let event = kept.did(now, Deed::ChangeRanges, &about);
            event.record(tx)?;
            Ok::<_, RangesError>((row, event))
        })
        .await?;
    event.log();
    let number = row.changes;
    if let Err(error) = app.gate().ask(&row) {
        // Nothing was applied: nothing stays on trial.
        finish(app, number, How::TakenBack, &Actor::machine()).await?;
        return Err(error.into());
    }
    Ok(number)
}

/// Makes the change on trial the ranges for good. `accepted` is when the connection of the request was made.
pub async fn confirm_ranges(
    app: &Arc<App>,
    actor: &Actor,
    number: u64,
    accepted: Accepted,
) -> Result<(), RangesError> {
    let pending = on_trial(app, number)?;
    actor.require(right(pending.which))?;
    let gate = app.gate();
    gate.look();
    let rules = gate.rules();
    if rules.over >= number {
        return Err(RangesError::TooLate);
    }
    if rules.trial.is_none_or(|trial| trial.number != number) {
        return Err(RangesError::NotInForce);
    }
    if gate.left(number).is_none() {
        return Err(RangesError::TooLate);
    }
    if accepted.0 <= rules.loaded {
        return Err(RangesError::OldConnection);
    }
    let inside = actor.source().is_none_or(|source| within(&pending.ranges, source));
    if binds(pending.which, actor) && !pending.ranges.is_empty() && !inside {
        return Err(RangesError::OldConnection);
    }
    finish(app, number, How::Confirmed, actor).await
}

/// Ends the trial at once.
pub async fn take_back_ranges(app: &Arc<App>, actor: &Actor, number: u64) -> Result<(), RangesError> {
    let pending = on_trial(app, number)?;
    actor.require(right(pending.which))?;
    finish(app, number, How::TakenBack, actor).await
}

fn on_trial(app: &App, number: u64) -> Result<Pending, RangesError> {
    let row = app.store().read(|view| Ranges::load(view))?;
    row.pending.filter(|pending| pending.number == number).ok_or(RangesError::NotOnTrial)
}

async fn finish(app: &Arc<App>, number: u64, how: How, actor: &Actor) -> Result<(), RangesError> {
    let (now, kept) = (app.clock().now(), actor.clone());
    let (row, event) = app
        .store()
        .transact(move |tx| {
            let mut row = Ranges::load(tx)?;
            if row.pending.as_ref().is_none_or(|pending| pending.number != number) {
                return Err(RangesError::NotOnTrial);
            }
            let before = row.clone();
            let Some(pending) = row.end(how, now) else { return Err(RangesError::NotOnTrial) };
            tx.put(&RANGES, &0, &row)?;
            let deed = if how == How::Confirmed { Deed::ConfirmRanges } else { Deed::RevertRanges };
            let about = about(number, pending.which, before.confirmed(pending.which), &pending.ranges);
            let event = kept.did(now, deed, &about);
            event.record(tx)?;
            Ok((row, event))
        })
        .await?;
    event.log();
    Ok(app.gate().ask(&row)?)
}

/// Looks at what is in force, every second, for as long as the service runs: ends a change that nobody
/// confirmed, and takes in what was given at the machine. `attempts` and `recovered` are its files.
pub async fn keep_ranges(app: Arc<App>, attempts: impl AsRef<Path>, recovered: impl AsRef<Path>) {
    loop {
        if let Err(error) = look_after_ranges(&app, attempts.as_ref(), recovered.as_ref()).await {
            log::error!(target: "action", "the allowed ranges: {error}");
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// One look.
pub async fn look_after_ranges(app: &Arc<App>, attempts: &Path, recovered: &Path) -> Result<(), RangesError> {
    let gate = app.gate();
    gate.look();
    let row = app.store().read(|view| Ranges::load(view))?;
    if let Some(pending) = &row.pending
        && gate.rules().over >= pending.number
    {
        match finish(app, pending.number, How::Expired, &Actor::machine()).await {
            Ok(()) | Err(RangesError::NotOnTrial) => {}
            Err(error) => return Err(error),
        }
    }
    if attempts.as_os_str().is_empty() {
        return Ok(());
    }
    let told = Attempts::load(attempts);
    let seen = if told.boot == row.heard.boot { row.heard.number } else { 0 };
    let given = Recovered::load(recovered).filter(|given| given.serial > row.recovered);
    if given.is_none() && told.attempts.iter().all(|attempt| attempt.number <= seen) {
        return Ok(());
    }
    let now = app.clock().now();
    let (row, events, raised) =
        app.store().transact(move |tx| take_in(tx, &told, given.as_ref(), now)).await?;
    events.iter().for_each(Event::log);
    if let Some(raised) = raised {
        raised.log();
    }
    Ok(gate.ask(&row)?)
}

/// Writes down what happened at the machine since the row was written.
fn take_in(
    tx: &mut Tx<'_>,
    told: &Attempts,
    given: Option<&Recovered>,
    now: Timestamp,
) -> Result<(Ranges, Vec<Event>, Option<alarm::Raised>), StoreError> {
    let (mut row, machine) = (Ranges::load(tx)?, Actor::machine());
    let seen = if told.boot == row.heard.boot { row.heard.number } else { 0 };
    let mut events = Vec::new();
    for attempt in told.attempts.iter().filter(|attempt| attempt.number > seen) {
        if let RecoverOutcome::Refused { why } = &attempt.outcome {
            events.push(machine.did(now, Deed::RecoverRanges, why).refused());
        }
    }
    if let Some(last) = told.attempts.last() {
        row.heard = Heard { boot: told.boot.clone(), number: last.number };
    }
    let mut raised = None;
    if let Some(given) = given.filter(|given| given.serial > row.recovered) {
        row.end(How::Recovered, now);
        row.admin.clone_from(&given.ranges);
        row.recovered = given.serial;
        let about = format!("serial {}: {}", given.serial, nets(&given.ranges));
        events.push(machine.did(now, Deed::RecoverRanges, &about));
        let serial = Object::named(&format!("serial {}", given.serial));
        raised = Some(alarm::raise(tx, Kind::RangesRecovered, &serial, now)?);
    }
    tx.put(&RANGES, &0, &row)?;
    for event in &events {
        event.record(tx)?;
    }
    Ok((row, events, raised))
}

#[cfg(test)]
#[path = "ranges_tests.rs"]
mod tests;
