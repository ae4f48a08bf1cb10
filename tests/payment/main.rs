//! The edges of paying: what is parsed of others' bytes, the payment page in a real browser, and gateways
//! whose TLS is not what it should be.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may fail loudly"
)]

#[allow(dead_code, reason = "each suite uses its own part")]
mod chrome;
#[path = "../double/mod.rs"]
mod double;
#[path = "../harness/mod.rs"]
mod harness;
mod page;
mod parsers;
mod relay;
mod stage;
mod tls;
