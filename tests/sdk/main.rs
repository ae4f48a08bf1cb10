//! The gateway double is honest: the vendors' own SDKs, which nobody here wrote, run their basic flows against
//! it, and its faults are what they are called. Without this, the shop's gateways would be tested against a
//! misreading of the vendors' documents.
//!
//! To add a vendor: a script beside `stripe_flows.py` (not named like the SDK: Python would import it instead) that does its flows and prints `ran: FLOW` for each, and a file
//! beside `stripe.rs` that starts the double, installs the SDK (PyPI: `python::installed`, npm:
//! `node::installed`) and calls
//! [`script::run`].

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may fail loudly"
)]

mod adyen;
mod authorize_net;
mod authorize_net_rules;
mod client;
#[path = "../double/mod.rs"]
mod double;
mod faults;
mod node;
mod notices;
mod presence;
#[path = "../python/mod.rs"]
mod python;
mod script;
mod stripe;
mod stripe_rules;
