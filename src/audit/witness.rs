//! Whoever vouches for the log: the TPM, through a narrow door, so that it may move into another process.

use crate::tpm::witness::{Certificate, WitnessKey};
use crate::tpm::{Approval, Tpm, TpmError};

use super::Hash;

/// A TPM that follows the log. Its calls block, for up to a second each on a slow chip.
pub trait Witness: Send {
    /// The key that signs.
    fn key(&mut self) -> Result<WitnessKey, TpmError>;
    /// What the index holds.
    fn value(&mut self) -> Result<Hash, TpmError>;
    /// Extends the index; gives what it holds then.
    fn extend(&mut self, with: Hash) -> Result<Hash, TpmError>;
    /// The signed statement of what the index holds, with `about` in it.
    fn certify(&mut self, about: Hash) -> Result<Certificate, TpmError>;
}

/// The machine's TPM under the approvals of the running image.
pub struct ApprovedWitness {
    /// The TPM.
    pub tpm: Tpm,
    /// The image's approvals.
    pub approval: Approval,
}

impl Witness for ApprovedWitness {
    fn key(&mut self) -> Result<WitnessKey, TpmError> {
        self.tpm.witness_key(&self.approval)
    }

    fn value(&mut self) -> Result<Hash, TpmError> {
        self.tpm.witness_value(&self.approval).map(Hash)
    }

    fn extend(&mut self, with: Hash) -> Result<Hash, TpmError> {
        self.tpm.witness_extend(&self.approval, &with.0).map(Hash)
    }

    fn certify(&mut self, about: Hash) -> Result<Certificate, TpmError> {
        self.tpm.witness_certify(&self.approval, &about.0)
    }
}
