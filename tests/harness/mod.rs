//! What the suites share: a shop that really runs, and people who use it as a browser would.
#![allow(dead_code, reason = "each suite uses its own part")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

pub mod browser;
pub mod cards;
pub mod people;
pub mod shop;
#[allow(clippy::duplicate_mod, reason = "a double has it, too")]
pub mod trust;

pub use browser::{Browser, Page};
#[allow(unused_imports, reason = "each suite uses its own part")]
pub use people::{Admin, Shopper};
pub use shop::Shop;
