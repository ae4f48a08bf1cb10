//! How long records are kept: twelve months at least (PCI DSS 10.5.1), then whole days go, up to a head.
//!
//! The head up to which they go stays. It is certified, so the chain goes on from it as from a beginning.

use jiff::{SignedDuration, Timestamp};

use super::chain::{self, INDEX, index_keys};
use super::head::HEADS;
use super::{EVENTS, Head};
use crate::store::{Reads, Span, StoreError, Tx};

/// A record is kept for so long at least: twelve months and a month's margin.
pub const KEPT_FOR: SignedDuration = SignedDuration::from_hours(397 * 24);
/// The most records: past that the oldest days go before their time, with an alarm. 1,370 a day for a year.
pub const MOST_RECORDS: u64 = 500_000;
/// So many, and an alarm tells that there is not much room left.
pub const NEARLY_FULL: u64 = 400_000;
/// Rows that one transaction removes: short, so that nobody waits behind it.
const AT_ONCE: u64 = 500;
/// And so many heads.
const HEADS_AT_ONCE: usize = 600;

/// Up to where records go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal {
    /// The head that stays in their place.
    pub head: Head,
    /// Whether some of them are younger than [`KEPT_FOR`].
    pub early: bool,
}

/// Up to which day's last head records may go: all that are older than [`KEPT_FOR`], and if more than `most` are
/// kept, the oldest of the others. `None` if none may.
pub fn removable(view: &impl Reads, now: Timestamp, most: u64) -> Result<Option<Removal>, StoreError> {
    let state = chain::state(view)?;
    let old = now.checked_sub(KEPT_FOR).unwrap_or(Timestamp::MIN);
    let excess = state.gone.saturating_add(state.kept().saturating_sub(most));
    let (mut found, mut latest) = (None, None::<Head>);
    for (_, sealed) in view.scan(&HEADS, &Span::all(usize::MAX))? {
        let head = sealed.head()?;
        // A head closes its day if the next one is of another.
        let closing =
            latest.replace(head).zip(latest.as_ref()).filter(|(before, next)| before.day != next.day);
        let Some((head, _)) = closing else { continue };
        let early = head.at >= old;
        let enough = found.as_ref().map_or(state.gone, |found: &Removal| found.head.last) >= excess;
        if early && enough {
            break;
        }
        found = Some(Removal { head, early });
    }
    Ok(found.filter(|found| found.head.last > state.gone))
}

/// Removes the next few records of a removal; `false` once all are gone.
pub fn remove(tx: &mut Tx<'_>, removal: &Removal) -> Result<bool, StoreError> {
    let mut state = chain::state(tx)?;
    let through = removal.head.last.min(state.gone.saturating_add(AT_ONCE));
    for n in state.gone.saturating_add(1)..=through {
        if let Some(record) = tx.get(&EVENTS, &n)? {
            for sought in index_keys(&record) {
                tx.delete(&INDEX, &(sought, n));
            }
        }
        tx.delete(&EVENTS, &n);
    }
    // A head goes after all its records; the one up to which they go stays.
    for (n, sealed) in tx.scan(&HEADS, &Span::all(HEADS_AT_ONCE))? {
        if sealed.head()?.last < through {
            tx.delete(&HEADS, &n);
        }
    }
    let more = through < removal.head.last;
    state.gone = state.gone.max(through);
    state.put(tx)?;
    Ok(more)
}
