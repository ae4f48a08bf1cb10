//! Sealing by a bucket's public half alone, outside the TPM: whoever seals holds nothing that opens.
//!
//! Ephemeral ECDH on P-256, HKDF-SHA-256 (RFC 5869), AES-256-GCM (NIST SP 800-38D). Each message has an
//! ephemeral key of its own, so its key and nonce are used once; both come from HKDF. The point, the bucket's
//! name and the place where the message belongs are bound in: moved, it does not open.

use p256::elliptic_curve::sec1::ToSec1Point;
use p256::{PublicKey, SecretKey};
use zeroize::Zeroizing;

use super::envelope::Once;
use crate::base::{Random, SecretBytes};
use crate::tpm::public::Name;

/// The format's version, which is authenticated too.
const VERSION: u8 = 1;
/// The first byte of a point with both coordinates (SEC 1, 2.3.3).
const UNCOMPRESSED: u8 = 4;
/// Bytes of the tag.
const TAG: usize = 16;
/// The longest message.
const LONGEST: usize = 1024;
const SALT: &[u8] = b"cashcow vault row 1";
const TRIES: usize = 8;

/// A bucket's public half. It seals and cannot open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealingKey {
    /// The key's name in the TPM: the hash of its public area with its policy, so it stands for the bucket.
    pub(super) name: Name,
    pub(super) point: [u8; 64],
}

/// Where a message belongs. Opening it anywhere else fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// Whose it is.
    pub tenant: &'a str,
    /// The entry that it belongs to.
    pub entry: &'a str,
    /// When the entry was first made, in seconds since 1970; editing it later keeps this time.
    pub first: i64,
}

/// A sealed message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    pub(super) point: [u8; 64],
    ciphertext: Vec<u8>,
}

/// Why a message was not sealed, or not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The bucket's public half is no point of the curve.
    #[error("the bucket's public key is not a point of P-256: its record was altered")]
    Key,
    /// The message or its place is too long, or there is none.
    #[error("a sealed message has 1 to 1024 bytes, and its place's names at most 255 each")]
    Length,
    /// The bytes are no sealed message.
    #[error("these bytes are not a sealed message of version 1")]
    Shape,
    /// The source of randomness gives no usable key.
    #[error("the system's random numbers cannot be used: they give no key")]
    Random,
}

impl SealingKey {
    /// Seals `message` for `place`.
    pub fn seal(
        &self,
        place: &Place<'_>,
        message: &SecretBytes,
        random: &dyn Random,
    ) -> Result<Sealed, SealError> {
        let message = message.expose_secret();
        if message.is_empty() || message.len() > LONGEST {
            return Err(SealError::Length);
        }
        let public = [&[UNCOMPRESSED][..], &self.point].concat();
        let public = PublicKey::from_sec1_bytes(&public).map_err(|_| SealError::Key)?;
        let about = self.about(place)?;
        let ephemeral = ephemeral(random)?;
        let point = ephemeral.public_key().to_sec1_point(false);
        let point = point.as_bytes().split_first_chunk().and_then(|([_], point)| point.try_into().ok());
        let point: [u8; 64] = point.ok_or(SealError::Random)?;
        let shared = ephemeral.diffie_hellman(&public);
        let cipher = Once::new(shared.raw_secret_bytes(), SALT, &[&point, &about], &about);
        let ciphertext = cipher.and_then(|cipher| cipher.seal(message)).ok_or(SealError::Length)?;
        Ok(Sealed { point, ciphertext })
    }

    /// What is authenticated: version, bucket, tenant, entry, first time.
    fn about(&self, place: &Place<'_>) -> Result<Vec<u8>, SealError> {
        let mut about = vec![VERSION];
        about.extend(self.name);
        for name in [place.tenant, place.entry] {
            about.push(u8::try_from(name.len()).map_err(|_| SealError::Length)?);
            about.extend(name.as_bytes());
        }
        about.extend(place.first.to_be_bytes());
        Ok(about)
    }

    /// Opens with the X coordinate that the TPM gave. `None` if message or place are not what was sealed.
    pub(super) fn unseal(
        &self,
        shared: &SecretBytes,
        sealed: &Sealed,
        place: &Place<'_>,
    ) -> Option<SecretBytes> {
        let about = self.about(place).ok()?;
        Once::new(shared.expose_secret(), SALT, &[&sealed.point, &about], &about)?.open(&sealed.ciphertext)
    }
}

fn ephemeral(random: &dyn Random) -> Result<SecretKey, SealError> {
    let mut bytes = Zeroizing::new([0; 32]);
    for _ in 0..TRIES {
        random.fill(bytes.as_mut());
        // Fails once in 2^32 times: zero, or not below the curve's order.
        if let Ok(key) = SecretKey::from_slice(bytes.as_ref()) {
            return Ok(key);
        }
    }
    Err(SealError::Random)
}

impl Sealed {
    /// The bytes to store: version, point, ciphertext with its tag.
    pub fn to_bytes(&self) -> Vec<u8> {
        [&[VERSION][..], &self.point, &self.ciphertext].concat()
    }

    /// Reads what [`Sealed::to_bytes`] wrote. Altered bytes are found out on opening.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SealError> {
        let (&VERSION, rest) = bytes.split_first().ok_or(SealError::Shape)? else {
            return Err(SealError::Shape);
        };
        let (point, ciphertext) = rest.split_first_chunk().ok_or(SealError::Shape)?;
        // A tag and at least one byte.
        if ciphertext.len() <= TAG || ciphertext.len() > LONGEST + TAG {
            return Err(SealError::Shape);
        }
        Ok(Self { point: *point, ciphertext: ciphertext.to_vec() })
    }

    /// The point that the TPM multiplies: how a batch lists the message.
    pub fn point(&self) -> &[u8; 64] {
        &self.point
    }
}
