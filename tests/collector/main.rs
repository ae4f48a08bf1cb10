//! Shipping to a collector: real TLS on loopback, receivers that are good, slow, dead or false, and Debian's own
//! rsyslog.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

mod desk;
mod identity;
mod otlp;
mod parse;
#[path = "../python/mod.rs"]
mod python;
mod real;
mod receiver;
mod requests;
mod syslog;
