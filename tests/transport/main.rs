//! Nothing below the table of TLS: what a scanner finds at both listeners is compared with it, and what a
//! scanner does not try is tried by hand.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

#[path = "../harness/mod.rs"]
mod harness;

mod by_hand;
mod openssl;
mod scan;

use std::net::SocketAddr;

/// Where a listener is.
fn address(url: &str) -> SocketAddr {
    let (_, at) = url.split_once("://").unwrap();
    at.trim_end_matches('/').parse().unwrap()
}
