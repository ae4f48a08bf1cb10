//! The promise: what was sealed for a bucket opens for two custodians, for the rows that both approved, until
//! the bucket's end and never after, and the TPM itself refuses the rest.
//!
//! Every test has a software TPM of its own. Response codes are asserted (TPM 2.0 Library, part 2, 6.6), so
//! that a refusal by our own code is not mistaken for the TPM's. Attacks that need the inside, because our
//! code would not try them, are in `src/tpm/vault/tests/`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may fail loudly")]

mod approve;
mod bench;
mod budget;
mod fingerprint;
mod forget;
mod sealing;
mod tap;
