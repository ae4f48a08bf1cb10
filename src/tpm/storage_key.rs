//! The storage root key: the parent of everything sealed, and the key that salts the sessions.

use super::TpmError;
use super::code::Doing;
use super::esys::{Esys, Hierarchy, Object};
use super::public;

/// The key at 0x81000001, after a look at what it is; made and kept there if nothing is. systemd's
/// `tpm2-setup` usually has made it before us, from the same template.
pub(super) fn storage_key(esys: &Esys) -> Result<Object<'_>, TpmError> {
    if !esys.exists(public::STORAGE_KEY).doing("list its keys")? {
        let made = esys
            .create_primary(Hierarchy::Owner, &public::storage_key())
            .doing("make the storage root key")?;
        return esys.persist(&made, public::STORAGE_KEY).doing("keep the storage root key");
    }
    let found = esys.at(public::STORAGE_KEY).doing("find the storage root key")?;
    let area = esys.public(&found).doing("read the storage root key's public part")?;
    if public::is_storage_key(&area) { Ok(found) } else { Err(TpmError::StorageKey) }
}

/// A name that stays with the TPM for life, through a clear too: that of a primary key under the maker's
/// seed. `None` if the endorsement hierarchy has a password or is switched off.
pub(super) fn identity(esys: &Esys) -> Option<Vec<u8>> {
    let key = esys.create_primary(Hierarchy::Endorsement, &public::storage_key()).ok()?;
    esys.name(&key).ok()
}
