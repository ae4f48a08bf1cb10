//! What the TPM stated, read and checked without a TPM: by a stranger's tool as well.
//!
//! `TPMS_ATTEST` with `TPM_ST_ATTEST_NV` (TPM 2.0 Library, part 2, sections 10.12.8 and 10.12.12).

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

use super::WitnessKey;

/// "\xffTCG": no text that a restricted key is asked to sign may begin so.
const GENERATED: [u8; 4] = [0xff, 0x54, 0x43, 0x47];
const ATTEST_NV: [u8; 2] = [0x80, 0x14];

/// A statement as the TPM made it, and its signature (ECDSA P-256 over SHA-256, r and s of 32 bytes each).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The bytes that were signed (`TPMS_ATTEST`).
    pub statement: Vec<u8>,
    /// The signature.
    pub signature: Vec<u8>,
}

/// What a certificate says, believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// What was put into it.
    pub about: [u8; 32],
    /// What the index held.
    pub value: [u8; 32],
    /// Milliseconds that the TPM had been powered in its life, up to what an unclean end lost.
    pub clock: u64,
    /// How often it was reset.
    pub resets: u32,
}

/// Why a certificate is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Untrue {
    /// The signature is not the key's.
    #[error("its signature is not by the log's key")]
    Signature,
    /// It is not a TPM's statement about an index.
    #[error("it is not a TPM's statement about an index")]
    Shape,
    /// It is about another index.
    #[error("it is about another index of the TPM")]
    Index,
}

impl Certificate {
    /// What it says, if `key` signed it and it is about the index that belongs to the key.
    pub fn check(&self, key: &WitnessKey) -> Result<Statement, Untrue> {
        let point = [&[4][..], key.point()].concat();
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
        public.verify(&self.statement, &self.signature).map_err(|_| Untrue::Signature)?;
        let (name, statement) = read(&self.statement).ok_or(Untrue::Shape)?;
        if key.index_name().is_none_or(|own| own != name) {
            return Err(Untrue::Index);
        }
        Ok(statement)
    }
}

/// The index's name and the rest; `None` if it is anything else than a whole statement about 32 bytes.
fn read(bytes: &[u8]) -> Option<(&[u8], Statement)> {
    let rest = bytes.strip_prefix(&GENERATED)?.strip_prefix(&ATTEST_NV)?;
    let (_signer, rest) = sized(rest)?;
    let (about, rest) = sized(rest)?;
    let (clock, rest) = rest.split_first_chunk()?;
    let (resets, rest) = rest.split_first_chunk()?;
    // Restarts, whether the clock is safe, the firmware's version.
    let rest = rest.get(4 + 1 + 8..)?;
    let (name, rest) = sized(rest)?;
    let (value, []) = sized(rest.strip_prefix(&[0, 0])?)? else { return None };
    let statement = Statement {
        about: about.try_into().ok()?,
        value: value.try_into().ok()?,
        clock: u64::from_be_bytes(*clock),
        resets: u32::from_be_bytes(*resets),
    };
    Some((name, statement))
}

fn sized(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(u16::from_be_bytes(*length).into())
}

/// [`read`], for tests of what is not a statement.
#[cfg(test)]
pub(super) fn read_whole(bytes: &[u8]) -> Option<Statement> {
    read(bytes).map(|(_, statement)| statement)
}
