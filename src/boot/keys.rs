//! From the keeper to an open store: the root key is unsealed, or made and sealed in a new file.

use std::path::Path;
use std::sync::Arc;

use crate::base::{Random, SecretBytes};
use crate::keeper::{Keep, KeepError};
use crate::store::{RootKey, Store, StoreError, StoreFile};

/// What opened: the store, and the key under which cookies and forms are signed.
pub struct Opened {
    /// The store, started.
    pub store: Store,
    /// Key of the web's HMACs.
    pub web_key: SecretBytes,
}

/// Why the store did not open. The file is kept as it is in every case.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The TPM refused, or its keeper does not answer.
    #[error("the store's key could not be had from the TPM: {0}; the store's file is kept as it is")]
    Keep(#[from] KeepError),
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What the TPM gave is not a key.
    #[error("the store's sealed key is not a key; restore the store from a backup")]
    NotAKey,
}

/// Opens the store at `path` with the key that `keep` keeps.
pub async fn open(path: &Path, keep: &mut dyn Keep, random: Arc<dyn Random>) -> Result<Opened, KeysError> {
    let file = StoreFile::open(path)?;
    let secret = keep.root_key(file.sealed_root_key()?.as_deref())?;
    if let Some(sealed) = &secret.sealed {
        file.keep_sealed_root_key(sealed)?;
    }
    let root = RootKey::from_bytes(secret.key.expose_secret()).ok_or(KeysError::NotAKey)?;
    let web_key = root.derive("web");
    let store = file.start(root, random).await?;
    Ok(Opened { store, web_key })
}
