//! The rows: numbered, and forgotten in the end. What was decided stays in the audit log.

use jiff::Timestamp;

use super::{Proposal, Proposed};
use crate::base::Token;
use crate::store::{Reads, Span, StoreError, Table, Tx};

/// Number, from 1 up, to proposal.
pub const PROPOSALS: Table<u64, Proposal> = Table::new("proposals", 1);
/// The most proposals that are open at once.
pub const MOST_OPEN: usize = 50;
/// The most rows: past it those go that were closed first.
pub const MOST_KEPT: usize = 300;

/// All of them, the latest first.
pub fn all(view: &impl Reads) -> Result<Vec<Proposal>, StoreError> {
    let rows = view.scan(&PROPOSALS, &Span::all(MOST_KEPT).newest_first())?;
    Ok(rows.into_iter().map(|(_, proposal)| proposal).collect())
}

/// Those that wait for somebody, the latest first.
pub fn open(view: &impl Reads, now: Timestamp) -> Result<Vec<Proposal>, StoreError> {
    Ok(all(view)?.into_iter().filter(|proposal| proposal.is_open(now)).collect())
}

/// The open one that is about the same thing as `what`: two of them could not both be carried out as they were read.
pub fn about_the_same<'a>(open: &'a [Proposal], what: &Proposed) -> Option<&'a Proposal> {
    let email = what.email().map(crate::base::Email::as_str).unwrap_or_default();
    let person = what.person().map(|person| person.id);
    open.iter().find(|known| match (&known.what, what) {
        (Proposed::Collector { .. }, Proposed::Collector { .. }) => true,
        _ => is_proposed(std::slice::from_ref(*known), person, email),
    })
}

/// Whether something about this person, or this address, is open.
pub fn is_proposed(open: &[Proposal], person: Option<Token>, email: &str) -> bool {
    let email = crate::staff::email_key(email);
    open.iter().any(|proposal| {
        let same = proposal.what.person().map(|subject| subject.id);
        (person.is_some() && same == person)
            || proposal.what.email().is_some_and(|known| crate::staff::email_key(known.as_str()) == email)
    })
}

/// The number of the next one.
pub fn number_next(view: &impl Reads) -> Result<u64, StoreError> {
    let last = view.scan(&PROPOSALS, &Span::all(1).newest_first())?;
    Ok(last.first().map_or(0, |(number, _)| *number).saturating_add(1))
}

/// Makes room for one more: the oldest that is not open goes.
pub fn prune(tx: &mut Tx<'_>, now: Timestamp) -> Result<(), StoreError> {
    let rows = tx.scan(&PROPOSALS, &Span::all(MOST_KEPT))?;
    if rows.len() >= MOST_KEPT
        && let Some((number, _)) = rows.iter().find(|(_, proposal)| !proposal.is_open(now))
    {
        tx.delete(&PROPOSALS, number);
    }
    Ok(())
}
