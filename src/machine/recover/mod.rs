//! The way back in at the machine: ranges on a provisioning volume, signed with the recovery key.
//!
//! Owns the key that signs them (derived from the recovery key that set-up showed once), its public half on
//! the data volume, and the last file that was taken. Refuses a wrong signature, another machine's file and a
//! serial number that is not greater than the last one, says so on the screen and leaves a note for the
//! service's audit. Invariant: the recovery key itself is never kept.

mod ask;
mod key;
mod take;

pub use ask::ask_recovery_key;
pub use key::{RecoveryKey, keep_public_key};
pub use take::{Attempt, Attempts, RecoverOutcome, Recovered, take_recovery};

/// The file of ranges on the volume.
pub const RECOVER_FILE: &str = "recover.toml";
/// Its signature: Ed25519, 128 hexadecimal digits.
pub const RECOVER_SIGNATURE: &str = "recover.sig";

#[cfg(test)]
mod tests;
