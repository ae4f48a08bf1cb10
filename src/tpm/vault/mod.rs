//! The vault in the TPM: what was sealed for a bucket opens for two custodians, for the rows that both
//! approved and no other, until the bucket's end, and never after.
//!
//! A bucket is a P-256 key and a fingerprint key that the TPM made. Their private parts lie on the disk,
//! encrypted by the TPM and once more under a secret that lives only in an index. The bucket's key serves an
//! approved image, while the epoch counter is below the bucket's end, while the TPM's clock is below it and
//! safe, and through a gate, which opens for what two custodians wrote into the TPM: the digest of the very
//! rows. Forgetting steps the counter, spoils the sessions that were satisfied before, and undefines the
//! secret.
//!
//! Owns the counters, the custodians' indices and the buckets' secrets (0x01800C03 to 0x01800C5F). Refuses
//! to know what is sealed, for whom, and when a bucket should end: that is told in the TPM's own terms.
//!
//! Invariants:
//! - Whatever is opened was listed in a digest that two different custodians signed, for this session, with
//!   an expiry. The TPM holds to it, not this code.
//! - Nothing here makes anew what is gone: [`Vault::found`] is called once in a machine's life.
//! - At most three sessions and three objects are in the TPM at any time.

mod area;
mod bucket;
mod clock;
mod counter;
mod custodian;
mod demand;
mod envelope;
mod error;
mod fingerprint;
mod forget;
mod request;
mod seal;
mod terms;
mod tree;

pub use bucket::Bucket;
pub use clock::Clock;
pub use custodian::{CustodianKey, Quorum};
pub use demand::{Approved, Batch, Demand, Listed, Unsignable};
pub use error::VaultError;
pub use fingerprint::{Fingerprint, Fingerprinter};
pub use request::Request;
pub use seal::{Place, SealError, Sealed, SealingKey};
pub use terms::Ends;

use super::approval::Approval;
use super::authorise::authorise;
use super::code::Doing;
use super::esys::{Compare, Esys, Kind, Object};
use super::policy::{Policy, Purpose};
use super::public::Name;
use super::storage_key::storage_key;
use super::{Tpm, TpmError, minimum};

/// The vault of one TPM, for an approved image.
#[derive(Clone, Copy)]
pub struct Vault<'t> {
    tpm: &'t Tpm,
    approval: &'t Approval,
}

impl<'t> Vault<'t> {
    /// The vault that was founded here before. A counter that is gone is an error, and stays one.
    pub fn open(tpm: &'t Tpm, approval: &'t Approval) -> Result<Self, VaultError> {
        let vault = Self { tpm, approval };
        vault.epoch()?;
        vault.round()?;
        Ok(vault)
    }

    /// Sets the vault up: makes its counters. For a machine's first time alone: where entries were sealed
    /// before, a counter that has to be made anew means that they are lost.
    pub fn found(tpm: &'t Tpm, approval: &'t Approval) -> Result<Self, VaultError> {
        let vault = Self { tpm, approval };
        minimum::establish(vault.esys(), approval)?;
        vault.make_counters()?;
        Self::open(tpm, approval)
    }

    fn esys(&self) -> &'t Esys {
        &self.tpm.esys
    }

    /// "An approved image of a permitted version": what every policy of the vault begins with.
    fn image(&self) -> Policy {
        Purpose::Open.authorized_by(self.approval.key())
    }

    /// A session salted with the storage root key.
    fn session(&self, kind: Kind) -> Result<Object<'t>, VaultError> {
        let salt = storage_key(self.esys())?;
        Ok(self.esys().session(kind, Some(&salt)).doing("open a session")?)
    }

    /// Takes a session to [`Vault::image`].
    fn authorise(&self, session: &Object<'_>) -> Result<(), VaultError> {
        let index = minimum::index(self.esys(), self.approval.key())?.ok_or(TpmError::MinimumMissing)?;
        Ok(authorise(self.esys(), session, self.approval, Purpose::Open, &index)?)
    }

    /// Takes a session to [`terms::secret`]: an approved image, before the end.
    fn live(&self, session: &Object<'_>, ends: Ends) -> Result<(), VaultError> {
        self.authorise(session)?;
        let epoch = self.counter(counter::Counter::Epoch)?;
        match self.esys().policy_nv(session, &epoch, &ends.epoch.to_be_bytes(), Compare::Below) {
            Err(code) if code.is_comparison() => Err(VaultError::Ended { code: code.number() }),
            outcome => Ok(outcome.doing("compare the epoch")?),
        }
    }
}

/// What stands at a handle, if anything does; it has to have one of these names, which cover its attributes
/// and its policy.
fn held<'t>(esys: &'t Esys, handle: u32, names: &[Name]) -> Result<Option<Object<'t>>, VaultError> {
    if !esys.exists(handle).doing("list its indices")? {
        return Ok(None);
    }
    let object = esys.at(handle).doing("find an index of the vault")?;
    let name = esys.name(&object).doing("name an index of the vault")?;
    let known = names.iter().any(|known| name == known);
    if known { Ok(Some(object)) } else { Err(VaultError::Foreign { handle }) }
}

#[cfg(test)]
mod tests;
