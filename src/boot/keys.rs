//! From the TPM to an open store: the root key is unsealed, or made and sealed in a new file.

use std::path::Path;
use std::sync::Arc;

use crate::base::{Random, SecretBytes};
use crate::store::{RootKey, Store, StoreError, StoreFile};
use crate::tpm::{Approval, SealedBlob, Tpm, TpmError};

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
    /// The TPM refused.
    #[error("the store's key could not be had from the TPM: {0}; the store's file is kept as it is")]
    Tpm(#[from] TpmError),
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What the TPM gave is not a key.
    #[error("the store's sealed key is not a key; restore the store from a backup")]
    NotAKey,
}

/// Opens the store at `path` with the key that `tpm` keeps.
pub async fn open(
    path: &Path,
    tpm: &mut Tpm,
    approval: &Approval,
    random: Arc<dyn Random>,
) -> Result<Opened, KeysError> {
    let file = StoreFile::open(path)?;
    let root = match file.sealed_root_key()? {
        Some(blob) => {
            let secret = tpm.unseal(approval, &SealedBlob::from_bytes(&blob)?)?;
            RootKey::from_bytes(secret.expose_secret()).ok_or(KeysError::NotAKey)?
        }
        None => {
            let root = RootKey::random(random.as_ref());
            file.keep_sealed_root_key(&tpm.seal(approval, root.expose_secret())?.to_bytes())?;
            root
        }
    };
    let web_key = root.derive("web");
    let store = file.start(root, random).await?;
    Ok(Opened { store, web_key })
}
