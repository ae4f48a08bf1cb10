//! What a person must look at: alarms that stay until somebody says that they have dealt with them.
//!
//! Owns the kinds of alarms, the table of those that are open and of those that were acknowledged, and the
//! one way to raise one. The same kind about the same object counts up while it is open. Refuses to hold
//! secrets: an object is the number of an order or the name of a thing.
//!
//! Invariants:
//! - An alarm is written in the transaction of the change that it tells of.
//! - No alarm is lost for want of room: past [`MOST_OPEN`] the next ones are counted by kind, under
//!   [`Object::Others`].
//! - The journal is told at priority alert (`PRIORITY=1`) of each of the first ten times, then of each
//!   doubling.

mod kind;
mod object;
mod table;

pub use kind::Kind;
pub use object::Object;
#[cfg(test)]
pub(crate) use table::forget;
pub use table::{
    Acknowledged, Alarm, MOST_ACKNOWLEDGED, MOST_OPEN, NotAcknowledged, Raised, acknowledge, acknowledged,
    log_unkept, open, raise,
};
