//! Forgetting, in this order: the epoch counter steps, a PCR is extended, the secret is undefined.
//!
//! The order matters. After the step no new session is satisfied; a session that was satisfied before would
//! still open, so the extended PCR spoils it; only then is the secret gone, and with it the record on any
//! disk. Cut off in the middle, it is done again from its beginning.

use super::bucket::Bucket;
use super::counter::Counter;
use super::{Vault, VaultError, area, held, terms};
use crate::tpm::code::Doing;
use crate::tpm::public;

/// What no policy selects and nothing in the chain of this image measures into: PCR 8 is GRUB's. Any change
/// of a PCR below 16 spoils every session that has gone through `PolicyPCR`.
pub(super) const SPOILS: u8 = 8;

impl Vault<'_> {
    /// Ends a bucket and forgets it: steps the epoch to the bucket's end and removes its secret. Buckets
    /// whose end is not later end with it, so it is called when the bucket's time has come.
    pub fn forget(&self, bucket: &Bucket) -> Result<(), VaultError> {
        self.end(bucket)?;
        self.spoil()?;
        self.remove(bucket)
    }

    /// Steps the epoch until the bucket is over.
    pub(super) fn end(&self, bucket: &Bucket) -> Result<(), VaultError> {
        while self.epoch()? < bucket.ends.epoch {
            self.step(Counter::Epoch)?;
        }
        Ok(())
    }

    /// Makes every session refuse that was satisfied up to now.
    pub(super) fn spoil(&self) -> Result<(), VaultError> {
        Ok(self.esys().extend(SPOILS, [0xF0; 32]).doing("extend PCR 8")?)
    }

    fn remove(&self, bucket: &Bucket) -> Result<(), VaultError> {
        let policy = terms::secret(self.image(), &self.counter_name(Counter::Epoch), bucket.ends);
        let names = [false, true].map(|written| public::name(&area::secret(bucket.handle, &policy, written)));
        match held(self.esys(), bucket.handle, &names) {
            Ok(Some(secret)) => Ok(self.esys().nv_undefine(secret).doing("remove a bucket's secret")?),
            // Already gone, and a later bucket may have its place.
            Ok(None) | Err(VaultError::Foreign { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Removes a bucket's secret that no record names, as [`Vault::secrets`] lists it.
    pub fn discard(&self, handle: u32) -> Result<(), VaultError> {
        let ours = area::SECRETS..area::SECRETS + area::MOST_BUCKETS;
        if !ours.contains(&handle) || !self.esys().exists(handle).doing("list its indices")? {
            return Ok(());
        }
        let secret = self.esys().at(handle).doing("find a bucket's secret")?;
        Ok(self.esys().nv_undefine(secret).doing("remove a bucket's secret")?)
    }
}
