//! Sealing: a secret becomes a blob that only this TPM opens, and only for an approved image.

use super::approval::Approval;
use super::code::Doing;
use super::esys::{Esys, Kind};
use super::policy::Purpose;
use super::storage_key::{identity, storage_key};
use super::{SealedBlob, Tpm, TpmError, minimum, public};

/// The most that every TPM 2.0 seals in one object.
const LONGEST: usize = 128;

impl Tpm {
    /// Seals 1 to 128 bytes. Sets the minimum version if the TPM has none yet, and opens the result again
    /// before giving it out, so that an image that is not approved finds out before it relies on it.
    pub fn seal(&mut self, approval: &Approval, secret: &[u8]) -> Result<SealedBlob, TpmError> {
        if secret.is_empty() || secret.len() > LONGEST {
            return Err(TpmError::Length { length: secret.len() });
        }
        super::authorise::steadily(|| minimum::establish(&self.esys, approval))?;
        let blob = create(&self.esys, approval, secret)?;
        let opened = self.unseal(approval, &blob)?;
        if opened.expose_secret() == secret { Ok(blob) } else { Err(TpmError::Damaged) }
    }
}

fn create(esys: &Esys, approval: &Approval, secret: &[u8]) -> Result<SealedBlob, TpmError> {
    let policy = Purpose::Open.authorized_by(approval.key());
    let identity = identity(esys);
    let parent = storage_key(esys)?;
    let session = esys.session(Kind::Encrypted, Some(&parent)).doing("open a session")?;
    let (private, public) =
        esys.create(&parent, &session, secret, &public::sealed_data(&policy)).doing("seal a secret")?;
    let storage_key = esys.name(&parent).doing("name the storage root key")?;
    Ok(SealedBlob { identity, storage_key, private, public })
}
