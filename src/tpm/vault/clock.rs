//! The TPM's clock, and the terms that compare it.

use super::{Ends, Vault, VaultError};
use crate::tpm::code::Doing;
use crate::tpm::esys::{Compare, Field, Object};

/// What the TPM's clock shows. It runs only with power, and an unclean end puts it back to the last value
/// that was saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// Milliseconds with power since the TPM was last cleared.
    pub millis: u64,
    /// Whether the TPM vouches that it never showed a later value.
    pub safe: bool,
    /// How often the TPM was reset.
    pub resets: u32,
}

impl Vault<'_> {
    /// The TPM's clock.
    pub fn clock(&self) -> Result<Clock, VaultError> {
        let time = self.esys().read_clock().doing("read its clock")?;
        Ok(Clock { millis: time.clock, safe: time.safe, resets: time.resets })
    }

    /// Takes a session on by "the clock is below this"; the TPM's code if it is not.
    pub(super) fn before(&self, session: &Object<'_>, clock: u64) -> Result<Result<(), u32>, VaultError> {
        let bound = clock.to_be_bytes();
        match self.esys().policy_counter_timer(session, &bound, Field::Clock, Compare::Below) {
            Err(code) if code.is_comparison() => Ok(Err(code.number())),
            outcome => Ok(Ok(outcome.doing("compare its clock")?)),
        }
    }

    /// Takes a session on by "the clock is below the bucket's end".
    pub(super) fn in_time(&self, session: &Object<'_>, ends: Ends) -> Result<(), VaultError> {
        self.before(session, ends.clock)?.map_err(|code| VaultError::PastClock { code })
    }

    /// Takes a session on by "the clock is safe".
    pub(super) fn safe(&self, session: &Object<'_>) -> Result<(), VaultError> {
        match self.esys().policy_counter_timer(session, &[1], Field::Safe, Compare::Equal) {
            Err(code) if code.is_comparison() => Err(VaultError::ClockUnsafe { code: code.number() }),
            outcome => Ok(outcome.doing("ask whether its clock is safe")?),
        }
    }
}
