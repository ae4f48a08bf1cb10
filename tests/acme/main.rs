//! The real service asks a real authority (Debian's `pebble`) for certificates, which looks at the real
//! listeners, and shows what it was given.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

#[path = "../harness/mod.rs"]
mod harness;
#[allow(dead_code, reason = "the renewals use the rest")]
mod pebble;

mod orders;
mod stage;
mod troubles;
