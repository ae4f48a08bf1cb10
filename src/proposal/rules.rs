//! Who may decide on a proposal, and for how long.

use jiff::{SignedDuration, Timestamp};

use super::Proposal;
use crate::staff::{Ineligible, Person, standing};

/// A proposal that nobody decides on lapses after a day.
pub const LASTS: SignedDuration = SignedDuration::from_hours(24);

/// Why somebody may not decide on a proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// They proposed it.
    #[error("nobody confirms what they proposed themselves")]
    Proposer,
    /// It is about them.
    #[error("nobody decides on a proposal about themselves")]
    Concerned,
    /// Their role does not carry the right.
    #[error("the role does not carry the right")]
    NoRight,
    /// Their own record does not hold now.
    #[error("whoever decides {0}")]
    Standing(Ineligible),
}

/// Whether `person` may confirm or reject the proposal now.
pub fn may_decide(proposal: &Proposal, person: &Person, now: Timestamp) -> Result<(), Unfit> {
    if !person.role.may(proposal.what.right()) {
        return Err(Unfit::NoRight);
    }
    standing(person, now).map_err(Unfit::Standing)?;
    if proposal.by == person.id {
        return Err(Unfit::Proposer);
    }
    if proposal.what.person().is_some_and(|concerned| concerned.id == person.id) {
        return Err(Unfit::Concerned);
    }
    Ok(())
}
