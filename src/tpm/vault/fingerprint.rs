//! Fingerprints: the same text twice in a bucket is recognised, by a key that lies in the TPM and dies with
//! the bucket. Never an unkeyed hash: of a number with few unknown digits that would be the number.

use super::bucket::{Bucket, Which};
use super::{Ends, Vault, VaultError, terms};
use crate::base::SecretBytes;
use crate::tpm::code::{Code, Doing};
use crate::tpm::esys::{Kind, Object};

/// What every TPM 2.0 takes in one command.
const LONGEST: usize = 1024;

/// HMAC-SHA-256 of a text under a bucket's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

/// A bucket's fingerprint key, loaded: one of the three objects that a TPM has room for.
pub struct Fingerprinter<'t> {
    vault: Vault<'t>,
    pub(super) key: Object<'t>,
    ends: Ends,
}

impl<'t> Vault<'t> {
    /// Loads a bucket's fingerprint key.
    pub fn fingerprinter(&self, bucket: &Bucket) -> Result<Fingerprinter<'t>, VaultError> {
        let key = self.load(bucket, Which::Mark)?;
        Ok(Fingerprinter { vault: *self, key, ends: bucket.ends })
    }
}

impl Fingerprinter<'_> {
    /// The text's fingerprint. The TPM refuses from the bucket's end on, however long the key is loaded.
    pub fn of(&self, text: &SecretBytes) -> Result<Fingerprint, VaultError> {
        let text = text.expose_secret();
        if text.is_empty() || text.len() > LONGEST {
            return Err(VaultError::Length { length: text.len() });
        }
        let session = self.satisfied()?;
        let code = self.vault.esys().hmac(&self.key, &session, text);
        let code = code.and_then(|code| code.try_into().map_err(|_| Code::MALFORMED));
        Ok(Fingerprint(code.doing("make a fingerprint")?))
    }

    /// A session that satisfies the key's policy ([`terms::mark`]).
    pub(super) fn satisfied(&self) -> Result<Object<'_>, VaultError> {
        let session = self.vault.session(Kind::PolicyBoth)?;
        self.vault.live(&session, self.ends)?;
        self.vault.in_time(&session, self.ends)?;
        self.vault.esys().policy_command_code(&session, terms::HMAC).doing("bind to HMAC")?;
        Ok(session)
    }
}

impl Fingerprint {
    /// The bytes to store and compare.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}
