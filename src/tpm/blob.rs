//! A sealed secret as it lies on the disk: of no use without the TPM that made it.

use std::fmt;

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
    /// The bytes to store: a version byte, then four parts with a 16-bit length each.
    pub fn to_bytes(&self) -> Vec<u8> {
        let identity = self.identity.as_deref().unwrap_or_default();
        let mut bytes = vec![VERSION];
        for part in [identity, &self.storage_key, &self.private, &self.public] {
            // A part comes from a TPM structure, which has a 16-bit length itself.
            bytes.extend(u16::try_from(part.len()).unwrap_or(u16::MAX).to_be_bytes());
            bytes.extend(part);
        }
        bytes
    }

    /// Reads what [`SealedBlob::to_bytes`] wrote, and nothing else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, TpmError> {
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

    #[test]
    fn a_blob_cut_short_or_lengthened_is_damaged() {
        let blob = SealedBlob {
            identity: None,
            storage_key: vec![1; 34],
            private: vec![2; 100],
            public: vec![3; 50],
        };
        let bytes = blob.to_bytes();
        assert_eq!(SealedBlob::from_bytes(&bytes), Ok(blob));
        for length in 0..bytes.len() {
            assert_eq!(SealedBlob::from_bytes(&bytes[..length]), Err(TpmError::Damaged));
        }
        assert_eq!(SealedBlob::from_bytes(&[&bytes[..], &[0]].concat()), Err(TpmError::Damaged));
        assert_eq!(SealedBlob::from_bytes(&[&[2], &bytes[1..]].concat()), Err(TpmError::Damaged));
    }
}
