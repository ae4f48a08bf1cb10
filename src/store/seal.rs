//! Sealing of rows: AES-256-GCM with a key per table, derived from the root key (HKDF-SHA-256, RFC 5869).
//!
//! Nonces are 96 random bits. NIST SP 800-38D 8.3 allows 2^32 of them under one key: at a thousand
//! writes a second to one table that is fifty days, at a busy shop's one a second a lifetime.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::StoreError;
use crate::base::{Random, SecretBytes};

const NONCE: usize = 12;

/// The 32 bytes from which every key of the store and of the service comes. Kept by the TPM.
pub struct RootKey(Zeroizing<[u8; 32]>);

impl RootKey {
    /// A fresh key.
    pub fn random(random: &dyn Random) -> Self {
        let mut key = Zeroizing::new([0; 32]);
        random.fill(key.as_mut());
        Self(key)
    }

    /// The key of these bytes; `None` unless they are 32.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(Self(Zeroizing::new(bytes.try_into().ok()?)))
    }

    /// The bytes, for the TPM to seal.
    pub fn expose_secret(&self) -> &[u8] {
        self.0.as_ref()
    }

    /// A key for one use, 32 bytes. Different uses give unrelated keys.
    pub fn derive(&self, purpose: &str) -> SecretBytes {
        let mut key = vec![0; 32];
        let done =
            Hkdf::<Sha256>::new(Some(b"cashcow"), self.0.as_ref()).expand(purpose.as_bytes(), &mut key);
        debug_assert!(done.is_ok(), "32 bytes are within what HKDF gives");
        SecretBytes::new(key)
    }
}

impl std::fmt::Debug for RootKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RootKey")
    }
}

/// Seals and opens rows.
pub struct Sealer {
    root: RootKey,
    random: Arc<dyn Random>,
    ciphers: Mutex<HashMap<String, Arc<Aes256Gcm>>>,
}

impl Sealer {
    pub(super) fn new(root: RootKey, random: Arc<dyn Random>) -> Self {
        Self { root, random, ciphers: Mutex::default() }
    }

    fn cipher(&self, table: &str) -> Result<Arc<Aes256Gcm>, StoreError> {
        let mut ciphers = self.ciphers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cipher) = ciphers.get(table) {
            return Ok(Arc::clone(cipher));
        }
        let key = self.root.derive(&format!("store/table/{table}"));
        let cipher = Aes256Gcm::new_from_slice(key.expose_secret()).map(Arc::new);
        let cipher = cipher.map_err(|error| StoreError::engine("derive a table's key", error))?;
        ciphers.insert(table.to_owned(), Arc::clone(&cipher));
        Ok(cipher)
    }

    pub(super) fn seal(&self, table: &str, key: &[u8], row: &[u8]) -> Result<Vec<u8>, StoreError> {
        let mut nonce = [0; NONCE];
        self.random.fill(&mut nonce);
        let aad = associated(table, key);
        let sealed = self
            .cipher(table)?
            .encrypt(&Nonce::from(nonce), Payload { msg: row, aad: &aad })
            .map_err(|error| StoreError::engine("seal a row", error))?;
        Ok([&nonce[..], &sealed].concat())
    }

    pub(super) fn open(&self, table: &str, key: &[u8], sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
        let damaged = StoreError::Damaged { table: table.to_owned() };
        let (nonce, msg) = sealed.split_first_chunk::<NONCE>().ok_or_else(|| damaged.clone())?;
        let aad = associated(table, key);
        self.cipher(table)?.decrypt(&Nonce::from(*nonce), Payload { msg, aad: &aad }).map_err(|_| damaged)
    }
}

/// Table and key of the row: what ties it to its place.
fn associated(table: &str, key: &[u8]) -> Vec<u8> {
    [table.as_bytes(), &[0], key].concat()
}
