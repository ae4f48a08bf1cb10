//! From where the console may be reached, as the shop keeps it.
//!
//! Owns one row: the confirmed ranges of the machine, the operator's own ranges, which narrow them further for
//! the operator's staff, and the one change that may be on trial. Pure rules; the firewall is told by the
//! actions. Refuses ranges that are malformed, too wide or overlapping, a change while another is on trial,
//! and one that would cut off whoever asks for it.

mod change;
mod model;

pub use change::{ChangeRanges, Field, Mistake, NewRange, Refused, Which, Wrong, draft};
pub use model::{Ended, Heard, How, Pending, RANGES, Ranges};

#[cfg(test)]
mod tests;
