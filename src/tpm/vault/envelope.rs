//! AES-256-GCM under a key and a nonce that serve once: both come from HKDF-SHA-256 over a secret that is
//! never used for a second message.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::base::SecretBytes;

const KEY: usize = 32;
const NONCE: usize = 12;

/// A cipher for one message.
pub(super) struct Once<'a> {
    cipher: Aes256Gcm,
    nonce: [u8; NONCE],
    about: &'a [u8],
}

impl<'a> Once<'a> {
    /// From a secret, a word that keeps uses apart, and what else goes into the key; `about` is authenticated.
    pub(super) fn new(secret: &[u8], salt: &[u8], info: &[&[u8]], about: &'a [u8]) -> Option<Self> {
        let mut okm = Zeroizing::new([0; KEY + NONCE]);
        Hkdf::<Sha256>::new(Some(salt), secret).expand_multi_info(info, okm.as_mut()).ok()?;
        let (key, nonce) = okm.split_first_chunk::<KEY>()?;
        Some(Self { cipher: Aes256Gcm::new_from_slice(key).ok()?, nonce: nonce.try_into().ok()?, about })
    }

    /// Ciphertext with its tag.
    pub(super) fn seal(self, msg: &[u8]) -> Option<Vec<u8>> {
        self.cipher.encrypt(&Nonce::from(self.nonce), Payload { msg, aad: self.about }).ok()
    }

    /// The message, if nothing was altered.
    pub(super) fn open(self, msg: &[u8]) -> Option<SecretBytes> {
        let opened = self.cipher.decrypt(&Nonce::from(self.nonce), Payload { msg, aad: self.about });
        opened.ok().map(SecretBytes::new)
    }
}
