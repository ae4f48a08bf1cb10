//! The rows: raised, counted up, acknowledged, and forgotten in the end.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Kind, Object};
use crate::audit::{Deed, Event, Who};
use crate::machine::ALERT;
use crate::store::{Reads, Span, StoreError, Table, Tx};

/// Number, from 1 up, to alarm: those that nobody has dealt with.
const OPEN: Table<u64, Alarm> = Table::new("alarms-open", 1);
/// Number to alarm: those that somebody has dealt with.
const ACKNOWLEDGED: Table<u64, Alarm> = Table::new("alarms-acknowledged", 1);
/// One row, under 0: the number of the latest alarm.
const LATEST: Table<u64, u64> = Table::new("alarms-latest", 1);

/// The most open alarms that have a row of their own. One more is counted under [`Object::Others`], one row
/// for each kind.
pub const MOST_OPEN: usize = 100;
/// The most acknowledged alarms that are kept: the one that was acknowledged first goes first.
pub const MOST_ACKNOWLEDGED: usize = 200;
/// Each of so many is logged; then only each doubling, so that an attack cannot fill the journal.
const EACH_IS_LOGGED: u32 = 10;

/// An alarm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    /// What is the matter.
    pub kind: Kind,
    /// With what.
    pub object: Object,
    /// When it was raised first.
    pub first: Timestamp,
    /// When it was raised last.
    pub last: Timestamp,
    /// How often it was raised.
    pub count: u32,
    /// Who has dealt with it; `None` while it is open.
    pub acknowledged: Option<Acknowledged>,
}

/// Who has dealt with an alarm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledged {
    /// Who.
    pub by: Who,
    /// When they said so.
    pub at: Timestamp,
}

/// An alarm that was raised. Its journal record is written by [`Raised::log`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "the journal is told by log(), once the transaction is committed"]
pub struct Raised {
    number: u64,
    kind: Kind,
    object: Object,
    count: u32,
}

/// Why an alarm was not acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotAcknowledged {
    /// No open alarm has that number: somebody was faster.
    Gone,
    /// It was raised again since it was looked at.
    RaisedAgain,
}

/// Raises an alarm, or counts it up if the same is open. The audit is told whenever the journal is.
pub fn raise(tx: &mut Tx<'_>, kind: Kind, object: &Object, now: Timestamp) -> Result<Raised, StoreError> {
    let rows = tx.scan(&OPEN, &Span::all(usize::MAX))?;
    let same =
        |about: &Object| rows.iter().find(|(_, alarm)| alarm.kind == kind && alarm.object == *about).cloned();
    let full = rows.len() >= MOST_OPEN;
    let found = same(object).or_else(|| same(&Object::Others).filter(|_| full));
    let (number, alarm) = match found {
        Some((number, mut alarm)) => {
            alarm.last = now;
            alarm.count = alarm.count.saturating_add(1);
            (number, alarm)
        }
        None => {
            let number = tx.get(&LATEST, &0)?.unwrap_or(0).saturating_add(1);
            tx.put(&LATEST, &0, &number)?;
            let row = if full { Object::Others } else { object.clone() };
            (number, Alarm { kind, object: row, first: now, last: now, count: 1, acknowledged: None })
        }
    };
    tx.put(&OPEN, &number, &alarm)?;
    if is_logged(alarm.count) {
        let about = format!("alarm {number}: {}, {object}, raised {} times", kind.name(), alarm.count);
        Event::done(now, Who::Machine, Deed::RaiseAlarm, &about, None).record(tx)?;
    }
    Ok(Raised { number, kind, object: object.clone(), count: alarm.count })
}

/// As if there had never been one, for tests that count from the first.
#[cfg(test)]
pub(crate) fn forget(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    for (number, _) in tx.scan(&OPEN, &Span::all(usize::MAX))? {
        tx.delete(&OPEN, &number);
    }
    tx.delete(&LATEST, &0);
    Ok(())
}

impl Raised {
    /// Writes the journal's record at priority alert. For after the commit, because a transaction may run
    /// more than once. Of an alarm that is raised again and again the first ten are written, then each
    /// doubling.
    pub fn log(&self) {
        if !is_logged(self.count) {
            return;
        }
        let Self { number, kind, object, count } = self;
        let (name, about, says) = (kind.name(), object.to_string(), kind.says());
        let about = about.as_str();
        log::error!(
            target: ALERT, alarm = name, number, about, count;
            "alarm {number}, {about}: {says}"
        );
    }

    /// The alarm's number.
    pub fn number(&self) -> u64 {
        self.number
    }
}

/// Tells the journal of an alarm that could not be written down.
pub fn log_unkept(kind: Kind, object: &Object, error: &StoreError) {
    let (name, about, says) = (kind.name(), object.to_string(), kind.says());
    let about = about.as_str();
    log::error!(target: ALERT, alarm = name, about; "an alarm that could not be kept ({error}), {about}: {says}");
}

fn is_logged(count: u32) -> bool {
    count <= EACH_IS_LOGGED || count.is_power_of_two()
}

/// Says that somebody has dealt with an open alarm that had been raised `seen` times when they looked.
pub fn acknowledge(
    tx: &mut Tx<'_>,
    number: u64,
    seen: u32,
    acknowledged: &Acknowledged,
) -> Result<Result<Alarm, NotAcknowledged>, StoreError> {
    let Some(mut alarm) = tx.get(&OPEN, &number)? else { return Ok(Err(NotAcknowledged::Gone)) };
    if alarm.count != seen {
        return Ok(Err(NotAcknowledged::RaisedAgain));
    }
    alarm.acknowledged = Some(acknowledged.clone());
    tx.delete(&OPEN, &number);
    tx.put(&ACKNOWLEDGED, &number, &alarm)?;
    let mut kept = tx.scan(&ACKNOWLEDGED, &Span::all(usize::MAX))?;
    kept.sort_by_key(|(_, alarm)| done_at(alarm));
    for (oldest, _) in kept.iter().take(kept.len().saturating_sub(MOST_ACKNOWLEDGED)) {
        tx.delete(&ACKNOWLEDGED, oldest);
    }
    Ok(Ok(alarm))
}

fn done_at(alarm: &Alarm) -> Option<Timestamp> {
    alarm.acknowledged.as_ref().map(|done| done.at)
}

/// The alarms that nobody has dealt with, by number; the one that was raised last comes first.
pub fn open(view: &impl Reads) -> Result<Vec<(u64, Alarm)>, StoreError> {
    let mut rows = view.scan(&OPEN, &Span::all(usize::MAX))?;
    rows.sort_by_key(|(number, alarm)| std::cmp::Reverse((alarm.last, *number)));
    Ok(rows)
}

/// The alarms that somebody has dealt with, at most [`MOST_ACKNOWLEDGED`], the latest first.
pub fn acknowledged(view: &impl Reads) -> Result<Vec<(u64, Alarm)>, StoreError> {
    let mut rows = view.scan(&ACKNOWLEDGED, &Span::all(usize::MAX))?;
    rows.sort_by_key(|(number, alarm)| std::cmp::Reverse((done_at(alarm), *number)));
    Ok(rows)
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
