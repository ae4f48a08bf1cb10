//! Passkeys with a real browser: Debian's Chromium, its virtual authenticators (WebAuthn Level 3, section 11), and a
//! console that it reaches by name.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may fail loudly"
)]

#[allow(dead_code, reason = "each suite uses its own part")]
#[path = "../payment/chrome.rs"]
mod chrome;
#[path = "../harness/mod.rs"]
mod harness;
mod honest;
mod stage;
mod thief;
