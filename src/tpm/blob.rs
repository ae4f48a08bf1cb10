//! A sealed secret as it lies on the disk: of no use without the TPM that made it.

use std::fmt;

use sha2::{Digest, Sha256};

use super::TpmError;

/// The encoding's version, its first byte.
const VERSION: u8 = 1;

/// The TPM's private (encrypted) and public part, and the names by which the right TPM is known again.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedBlob {
    /// The TPM's lasting name, if it told one.
    pub(super) identity: Option<Vec<u8>>,
    /// The name of the storage root key, which a clear changes.
    pub(super) storage_key: Vec<u8>,
    pub(super) private: Vec<u8>,
    pub(super) public: Vec<u8>,
}

impl SealedBlob {
    /// The bytes to store: a version byte, four parts with a 16-bit length each, and a SHA-256 over it all.
    /// The hash is there to call a damaged disk by its name; what protects the secret is the TPM.
    pub fn to_bytes(&self) -> Vec<u8> {
        let identity = self.identity.as_deref().unwrap_or_default();
        let mut bytes = vec![VERSION];
        for part in [identity, &self.storage_key, &self.private, &self.public] {
            // A part comes from a TPM structure, which has a 16-bit length itself.
            bytes.extend(u16::try_from(part.len()).unwrap_or(u16::MAX).to_be_bytes());
            bytes.extend(part);
        }
        bytes.extend(Sha256::digest(&bytes));
        bytes
    }

    /// Reads what [`SealedBlob::to_bytes`] wrote, and nothing else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, TpmError> {
        let (bytes, hash) = bytes.split_last_chunk::<32>().ok_or(TpmError::Damaged)?;
        if Sha256::digest(bytes).as_slice() != hash {
            return Err(TpmError::Damaged);
        }
        let (&VERSION, rest) = bytes.split_first().ok_or(TpmError::Damaged)? else {
            return Err(TpmError::Damaged);
        };
        let (identity, rest) = part(rest)?;
        let (storage_key, rest) = part(rest)?;
        let (private, rest) = part(rest)?;
        let (public, rest) = part(rest)?;
        if !rest.is_empty() {
            return Err(TpmError::Damaged);
        }
        let identity = if identity.is_empty() { None } else { Some(identity) };
        Ok(Self { identity, storage_key, private, public })
    }
}

fn part(bytes: &[u8]) -> Result<(Vec<u8>, &[u8]), TpmError> {
    let (length, rest) = bytes.split_first_chunk().ok_or(TpmError::Damaged)?;
    let (part, rest) = rest.split_at_checked(u16::from_be_bytes(*length).into()).ok_or(TpmError::Damaged)?;
    Ok((part.to_vec(), rest))
}

impl fmt::Debug for SealedBlob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealedBlob({} bytes)", self.private.len() + self.public.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Without the hash, one bit gone wrong in a name would send its owner off looking for another machine.
    #[test]
    fn a_blob_cut_short_lengthened_or_changed_is_damaged() {
        let blob = SealedBlob {
            identity: None,
            storage_key: vec![1; 34],
            private: vec![2; 100],
            public: vec![3; 50],
        };
        let bytes = blob.to_bytes();
        assert_eq!(SealedBlob::from_bytes(&bytes), Ok(blob));
        for at in 0..bytes.len() {
            assert_eq!(SealedBlob::from_bytes(&bytes[..at]), Err(TpmError::Damaged));
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert_eq!(SealedBlob::from_bytes(&changed), Err(TpmError::Damaged));
        }
        assert_eq!(SealedBlob::from_bytes(&[&bytes[..], &[0]].concat()), Err(TpmError::Damaged));
    }

    #[test]
    fn parts_that_overrun_a_blob_with_a_good_hash_are_damaged_too() {
        for inner in [&[1u8, 0, 9][..], &[1, 0, 0, 0, 0, 0, 0, 0, 0, 7], &[2, 0, 0, 0, 0, 0, 0, 0, 0], &[]] {
            let bytes = [inner, Sha256::digest(inner).as_slice()].concat();
            assert_eq!(SealedBlob::from_bytes(&bytes), Err(TpmError::Damaged));
        }
    }
}
