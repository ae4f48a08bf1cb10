//! Unsealing: the TPM gives the secret back if the image, its approval and the minimum version agree.

use super::approval::Approval;
use super::authorise::{authorise, steadily};
use super::code::Doing;
use super::esys::{Esys, Kind};
use super::policy::Purpose;
use super::storage_key::{identity, storage_key};
use super::{NotApproved, SealedBlob, Tpm, TpmError, minimum, public};
use crate::base::SecretBytes;

impl Tpm {
    /// Opens what [`Tpm::seal`] made.
    pub fn unseal(&mut self, approval: &Approval, blob: &SealedBlob) -> Result<SecretBytes, TpmError> {
        steadily(|| unseal(&self.esys, approval, blob))
    }
}

fn unseal(esys: &Esys, approval: &Approval, blob: &SealedBlob) -> Result<SecretBytes, TpmError> {
    let parent = storage_key(esys)?;
    // The parent is known by name, so that a chip put in front of the real one cannot offer its own key
    // as the salt key and listen.
    if esys.name(&parent).doing("name the storage root key")? != blob.storage_key {
        let same = blob.identity.is_some() && identity(esys) == blob.identity;
        return Err(if same { TpmError::Cleared } else { TpmError::OtherTpm });
    }
    let template = public::sealed_data(&Purpose::Open.authorized_by(approval.key()));
    // All but the last field, which is the TPM's own.
    if !template.strip_suffix(&[0, 0]).is_some_and(|fixed| blob.public.starts_with(fixed)) {
        return Err(TpmError::NotApproved(NotApproved::OtherKey));
    }
    let session = esys.session(Kind::PolicyEncrypted, Some(&parent)).doing("open a session")?;
    {
        let index = minimum::index(esys, approval.key())?.ok_or(TpmError::MinimumMissing)?;
        authorise(esys, &session, approval, Purpose::Open, &index)?;
    }
    let object = match esys.load(&parent, &blob.private, &blob.public) {
        Err(code) if code.is_integrity() => return Err(TpmError::Damaged),
        loaded => loaded.doing("load a sealed secret")?,
    };
    match esys.unseal(&object, &session) {
        Err(code) if code.is_policy() => Err(TpmError::NotApproved(NotApproved::Policy)),
        opened => opened.doing("open a sealed secret"),
    }
}
