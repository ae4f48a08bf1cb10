//! The TPM's own random numbers, to stir into the system's.

use zeroize::Zeroizing;

use super::code::{Code, Doing};
use super::esys::Kind;
use super::storage_key::storage_key;
use super::{Tpm, TpmError};
use crate::base::SecretBytes;

impl Tpm {
    /// `count` bytes, encrypted on their way. Mix them with the system's rather than trust them alone: who
    /// made the chip could know them.
    pub fn random(&mut self, count: usize) -> Result<SecretBytes, TpmError> {
        let parent = storage_key(&self.esys)?;
        let session = self.esys.session(Kind::Encrypted, Some(&parent)).doing("open a session")?;
        // The whole room at once, so that growing leaves no copies behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(count));
        while bytes.len() < count {
            let wanted = u16::try_from((count - bytes.len()).min(32)).unwrap_or(32);
            let got = self.esys.random(&session, wanted).doing("give random bytes")?;
            if got.expose_secret().is_empty() || got.expose_secret().len() > wanted.into() {
                return Err(Code::MALFORMED).doing("give random bytes");
            }
            bytes.extend_from_slice(got.expose_secret());
        }
        Ok(SecretBytes::new(std::mem::take(&mut *bytes)))
    }
}
