//! Having the index's content certified.

use super::{Certificate, index, key};
use crate::tpm::approval::Approval;
use crate::tpm::authorise::{authorise, steadily};
use crate::tpm::code::Doing;
use crate::tpm::esys::{Esys, Kind};
use crate::tpm::policy::Purpose;
use crate::tpm::{Tpm, TpmError, minimum};

impl Tpm {
    /// The TPM's signed statement of what the index holds, with `about` in it. The index must have been
    /// extended before.
    pub fn witness_certify(
        &mut self,
        approval: &Approval,
        about: &[u8; 32],
    ) -> Result<Certificate, TpmError> {
        steadily(|| certify(&self.esys, approval, about))
    }
}

fn certify(esys: &Esys, approval: &Approval, about: &[u8; 32]) -> Result<Certificate, TpmError> {
    let index = index(esys, approval)?.filter(|index| index.written).ok_or(TpmError::WitnessMissing)?;
    let key = key::load(esys, approval)?;
    let session = esys.session(Kind::Policy, None).doing("open a session")?;
    {
        let minimum = minimum::index(esys, approval.key())?.ok_or(TpmError::MinimumMissing)?;
        authorise(esys, &session, approval, Purpose::Open, &minimum)?;
    }
    let (statement, signature) =
        esys.nv_certify(&key, &session, &index.object, about, 32).doing("certify the audit log's index")?;
    Ok(Certificate { statement, signature: signature.to_vec() })
}
