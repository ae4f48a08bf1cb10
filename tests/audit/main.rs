//! The promise: who changes, cuts short, exchanges or puts back the audit log is found out, and told where.
//!
//! Every test has a software TPM of its own, and the log of a real store.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may fail loudly")]

mod bench;
mod disk;
mod size;
mod stranger;
mod tamper;
mod time;
