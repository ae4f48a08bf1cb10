//! Whoever vouches for the log: the TPM, through a narrow door.

use crate::keeper::{Keep, KeepError};
use crate::tpm::witness::{Certificate, WitnessKey};

use super::Hash;

/// A TPM that follows the log. Its calls block, for up to a second each on a slow chip.
pub trait Witness: Send {
    /// The key that signs.
    fn key(&mut self) -> Result<WitnessKey, KeepError>;
    /// What the index holds.
    fn value(&mut self) -> Result<Hash, KeepError>;
    /// Extends the index; gives what it holds then.
    fn extend(&mut self, with: Hash) -> Result<Hash, KeepError>;
    /// The signed statement of what the index holds, with `about` in it.
    fn certify(&mut self, about: Hash) -> Result<Certificate, KeepError>;
}

impl<K: Keep> Witness for K {
    fn key(&mut self) -> Result<WitnessKey, KeepError> {
        self.witness_key()
    }

    fn value(&mut self) -> Result<Hash, KeepError> {
        self.witness_value().map(Hash)
    }

    fn extend(&mut self, with: Hash) -> Result<Hash, KeepError> {
        self.witness_extend(&with.0).map(Hash)
    }

    fn certify(&mut self, about: Hash) -> Result<Certificate, KeepError> {
        self.witness_certify(&about.0)
    }
}
