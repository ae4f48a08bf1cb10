//! The real service on loopback, with a real software TPM and real TLS, used as people use it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may fail loudly"
)]

mod alarms;
mod card_testing;
mod console;
#[path = "../double/mod.rs"]
mod double;
mod gateways;
#[path = "../harness/mod.rs"]
mod harness;
mod keys;
mod purchase;
mod refunds;
mod transport;
