//! The minimum version: an image below it opens nothing any more.
//!
//! An ordinary NV index, not a counter: a new counter starts wherever the TPM's highest one ever stood, so
//! its absolute value would mean nothing. The index's policy lets an approved image write its own version
//! and no other, first into an unwritten index, and later only over a smaller or equal one.

use super::approval::{Approval, SigningKey};
use super::authorise::{authorise, steadily};
use super::code::Doing;
use super::esys::{Esys, Kind, Object};
use super::policy::{Purpose, minimum_area, minimum_name};
use super::public::MINIMUM;
use super::{Tpm, TpmError};

/// The index, known to be one of this signing key's.
pub(super) struct Index<'a> {
    pub(super) object: Object<'a>,
    written: bool,
}

impl Tpm {
    /// Makes the image's own version the smallest that may open the secrets from now on; gives the minimum
    /// in force. Call it once an update has proved itself: the older image opens nothing after it.
    pub fn raise_minimum_version(&mut self, approval: &Approval) -> Result<u64, TpmError> {
        steadily(|| raise(&self.esys, approval))
    }

    /// The minimum in force, or `None` before the first secret is sealed.
    pub fn minimum_version(&mut self, approval: &Approval) -> Result<Option<u64>, TpmError> {
        match index(&self.esys, approval.key())? {
            Some(index) => read(&self.esys, &index),
            None => Ok(None),
        }
    }
}

/// Makes sure that a minimum exists; one that does is left alone.
pub(super) fn establish(esys: &Esys, approval: &Approval) -> Result<(), TpmError> {
    match index(esys, approval.key())? {
        Some(Index { written: true, .. }) => Ok(()),
        _ => raise(esys, approval).map(|_| ()),
    }
}

/// The index, if there is one. Its name covers its attributes and its write policy, so one that anybody
/// else could write has another name and is refused.
pub(super) fn index<'a>(esys: &'a Esys, key: &SigningKey) -> Result<Option<Index<'a>>, TpmError> {
    if !esys.exists(MINIMUM).doing("list its indices")? {
        return Ok(None);
    }
    let object = esys.at(MINIMUM).doing("find the minimum version")?;
    let name = esys.name(&object).doing("name the minimum version")?;
    let written = name == minimum_name(key, true);
    if written || name == minimum_name(key, false) {
        Ok(Some(Index { object, written }))
    } else {
        Err(TpmError::MinimumForeign)
    }
}

/// The index's content; `None` before its first write.
pub(super) fn read(esys: &Esys, index: &Index<'_>) -> Result<Option<u64>, TpmError> {
    if !index.written {
        return Ok(None);
    }
    let bytes = esys.nv_read(&index.object, 8).doing("read the minimum version")?;
    Ok(bytes.first_chunk().map(|bytes| u64::from_be_bytes(*bytes)))
}

fn raise(esys: &Esys, approval: &Approval) -> Result<u64, TpmError> {
    let (key, version) = (approval.key(), approval.version());
    let index = match index(esys, key)? {
        Some(index) => index,
        None => {
            let object =
                esys.nv_define(&minimum_area(key, false)).doing("make room for the minimum version")?;
            Index { object, written: false }
        }
    };
    let purpose = match read(esys, &index)? {
        None => Purpose::FirstMinimum,
        Some(minimum) if minimum > version => return Err(TpmError::OldImage { image: version, minimum }),
        Some(minimum) if minimum == version => return Ok(minimum),
        Some(_) => Purpose::RaiseMinimum,
    };
    let session = esys.session(Kind::Policy, None).doing("open a session")?;
    authorise(esys, &session, approval, purpose, &index)?;
    esys.nv_write(&index.object, &session, &version.to_be_bytes()).doing("write the minimum version")?;
    Ok(version)
}
