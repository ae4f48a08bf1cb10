//! Which ranges the firewall lets in, while the machine runs.
//!
//! The service says what it wants (`wanted.json`); a unit with CAP_NET_ADMIN and nothing else judges it,
//! loads the sets and says what it did (`applied.json`), in times that no clock can step. Owns the rule of
//! what is in force. Refuses every file that is not exactly what it must be, and then keeps what was
//! confirmed before.
//!
//! Invariants:
//! - A change on trial is over [`TRIAL`] after it was first seen, whoever lives; it is never applied again,
//!   and never by the run at the start of the machine.
//! - What is loaded passed [`check_ranges`](crate::config::check_ranges).
//! - Ranges that hosting staff gave at the machine count until the service has taken them in.

mod applied;
mod decide;
mod load;
mod wanted;

pub use applied::{Applied, Trial};
pub use decide::{Moment, TRIAL, decide};
pub use load::{RangeFiles, boottime, load_ranges};
pub use wanted::{MOST_COLLECTORS, Wanted, WantedTrial};

#[cfg(test)]
mod tests;
