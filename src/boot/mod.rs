//! The composition root: from arguments and files to a shop that runs.
//!
//! Owns the order in which things open (keeper, store, certificates, doors) and close. Decides nothing else.

mod authorities;
pub mod demo;
mod doors;
mod first_run;
mod gateways;
mod keep;
mod keys;
mod pulse;
#[cfg(test)]
mod renewal_tests;
mod run;
mod serve;
mod start;

pub use keep::keep;
pub use run::BootError;
pub use serve::serve;
pub use start::{start, start_demo};
