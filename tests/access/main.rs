//! Who gets where: people of all seven roles in one real shop, walked over every address.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may fail loudly"
)]

mod api;
mod crew;
#[path = "../harness/mod.rs"]
mod harness;
mod routes;
mod staff;
