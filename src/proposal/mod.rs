//! What one person proposes and another must confirm: dual control.
//!
//! Owns proposals, how long they stand, who may decide, and the bounds of the table. Pure: the actions check
//! rights and standing, and carry out what was confirmed. A proposal holds names and records, and a setting's
//! secret only where the setting itself has one; its row is sealed like every other.

mod model;
mod rules;
mod table;

pub use model::{Decided, Proposal, ProposalState, Proposed, Record, Subject};
pub use rules::{LASTS, Unfit, may_decide};
pub use table::{
    MOST_KEPT, MOST_OPEN, PROPOSALS, about_the_same, all, is_proposed, number_next, open, prune,
};
