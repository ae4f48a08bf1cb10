//! The promise: secrets open on this machine only, under an approved image of a recent enough version.
//!
//! Every test has a software TPM of its own. `stranger.rs` plays whoever else can talk to the TPM, with
//! another client than the service's.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may fail loudly")]

mod approval;
mod bench;
mod bus;
mod images;
mod keeper;
mod machine;
mod stranger;
