//! When a head is due, and whether the TPM and the log agree. Pure over the store; the TPM's part is done by
//! whoever holds it.
//!
//! A head on its way is written down before the TPM is asked, so that a power cut between the two is told from
//! a log that was put back.

use std::fmt;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::head::{self, HEADS, PENDING, Pending, VERSION};
use super::{EVENTS, Hash, Head, Sealed, chain, latest_head};
use crate::store::{Reads, StoreError, Tx};
use crate::tpm::witness::Certificate;

/// An event is under a head once its hour (UTC) is over, and at the latest so much after it.
pub const EVERY: SignedDuration = SignedDuration::from_hours(1);

/// How the log and the TPM stand to each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// The TPM has followed just the heads that are kept.
    Agree,
    /// The TPM has taken this head; only its certificate is not written down yet.
    Taken(Head),
    /// The TPM has followed something else.
    Differ(Gap),
}

/// Where the log and the TPM part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// The last head that the log has: its number, its day, when it was made. `None` if it has none.
    pub after: Option<(u64, Date, Timestamp)>,
    /// Whether the TPM has followed no head at all: its index is new, or was removed.
    pub fresh: bool,
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.after, self.fresh) {
            (Some((number, day, at)), false) => {
                write!(f, "after head {number} of {day} ({at:.0}) the TPM followed heads that are not here")
            }
            (Some((number, day, _)), true) => {
                write!(f, "the TPM knows no head; here is head {number} of {day}")
            }
            (None, _) => f.write_str("the TPM has followed heads, and none is here"),
        }
    }
}

/// The next head: from the first record without one to the last of the same day (UTC). `None` if there is no
/// such record, or its hour is not over and `at_once` does not ask for it. `key` is the TPM's fingerprint.
pub fn due(view: &impl Reads, key: Hash, now: Timestamp, at_once: bool) -> Result<Option<Head>, StoreError> {
    let state = chain::state(view)?;
    let (n, covered) = match latest_head(view)? {
        Some((n, sealed)) => (n, sealed.head()?.last),
        None => (0, 0),
    };
    let first = covered.max(state.gone).saturating_add(1);
    let Some(record) = view.get(&EVENTS, &first)? else { return Ok(None) };
    let day = day(record.at);
    // A clock that went back must not keep a head waiting.
    let over = hour(record.at) != hour(now);
    if !over && !at_once {
        return Ok(None);
    }
    let after = midnight_after(day)?;
    let last = before(view, first, state.last, after)?.max(first);
    let hash =
        if last == state.last { Some(state.hash) } else { view.get(&EVENTS, &last)?.map(|last| last.hash()) };
    let hash = hash.ok_or(StoreError::Damaged { table: "audit-records".to_owned() })?;
    let n = n.saturating_add(1);
    Ok(Some(Head { at: now, chain: state.chain, day, first, hash, key, last, n, v: VERSION }))
}

/// The last record before `time` among `first..=last`, by halves; records stand in the order of their times.
/// 0 if there is none.
pub(super) fn before(view: &impl Reads, first: u64, last: u64, time: Timestamp) -> Result<u64, StoreError> {
    let (mut low, mut high) = (first, last.saturating_add(1));
    while low < high {
        let middle = low.midpoint(high);
        let early = view.get(&EVENTS, &middle)?.is_some_and(|record| record.at < time);
        if early { low = middle.saturating_add(1) } else { high = middle }
    }
    let found = low.saturating_sub(1);
    Ok(if found < first { 0 } else { found })
}

fn day(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}

fn hour(at: Timestamp) -> (Date, i8) {
    let at = at.to_zoned(TimeZone::UTC);
    (at.date(), at.hour())
}

fn midnight_after(day: Date) -> Result<Timestamp, StoreError> {
    let midnight = day.tomorrow().and_then(|day| day.to_zoned(TimeZone::UTC));
    Ok(midnight.map_or(Timestamp::MAX, |midnight| midnight.timestamp()))
}

/// Compares the log with what the TPM's index holds. Settles a head that was on its way when the power went.
pub fn compare(view: &impl Reads, value: Hash) -> Result<Standing, StoreError> {
    let latest = latest_head(view)?;
    let followed = latest.as_ref().map_or(Hash::default(), |(_, sealed)| sealed.value());
    if value == followed {
        return Ok(Standing::Agree);
    }
    if let Some(Pending { head, before }) = view.get(&PENDING, &0)?
        && before.extended(head.digest()?) == value
    {
        return Ok(Standing::Taken(head));
    }
    let after = match latest {
        Some((number, sealed)) => {
            let head = sealed.head()?;
            Some((number, head.day, head.at))
        }
        None => None,
    };
    Ok(Standing::Differ(Gap { after, fresh: value == Hash::default() }))
}

/// Writes down that `head` is about to go into the TPM, whose index holds `before`.
pub fn begin_head(tx: &mut Tx<'_>, head: &Head, before: Hash) -> Result<(), StoreError> {
    tx.put(&PENDING, &0, &Pending { head: head.clone(), before })
}

/// Writes down that the TPM has taken `head`, with its certificate and what its index holds.
pub fn finish_head(
    tx: &mut Tx<'_>,
    head: &Head,
    certificate: &Certificate,
    value: Hash,
) -> Result<(), StoreError> {
    if tx.get(&HEADS, &head.n)?.is_some() {
        return Ok(());
    }
    head::put(tx, head, &Sealed::new(head, certificate, value)?)
}

/// What `head` makes of an index that held `before`.
pub fn follows(before: Hash, head: &Head) -> Result<Hash, StoreError> {
    Ok(before.extended(head.digest()?))
}

/// What a head puts into the TPM: for [`super::Witness::extend`] and [`super::Witness::certify`].
pub fn digest(head: &Head) -> Result<Hash, StoreError> {
    head.digest()
}
