//! Extending the index.

use super::{Index, index, policy, value};
use crate::tpm::approval::Approval;
use crate::tpm::authorise::{authorise, steadily};
use crate::tpm::code::Doing;
use crate::tpm::esys::{Esys, Kind};
use crate::tpm::policy::Purpose;
use crate::tpm::{Tpm, TpmError, minimum, public};

impl Tpm {
    /// Extends the index, which is made if there is none; gives what it holds now: the SHA-256 of what it held
    /// and `with`. Writes to the chip's non-volatile memory once.
    pub fn witness_extend(&mut self, approval: &Approval, with: &[u8; 32]) -> Result<[u8; 32], TpmError> {
        steadily(|| extend(&self.esys, approval, with))
    }
}

fn extend(esys: &Esys, approval: &Approval, with: &[u8; 32]) -> Result<[u8; 32], TpmError> {
    minimum::establish(esys, approval)?;
    let index = match index(esys, approval)? {
        Some(index) => index,
        None => {
            let area = public::witness_index(&policy(approval), false);
            Index { object: esys.nv_define(&area).doing("make the audit log's index")?, written: false }
        }
    };
    {
        let session = esys.session(Kind::Policy, None).doing("open a session")?;
        let minimum = minimum::index(esys, approval.key())?.ok_or(TpmError::MinimumMissing)?;
        authorise(esys, &session, approval, Purpose::Open, &minimum)?;
        esys.nv_extend(&index.object, &session, with).doing("extend the audit log's index")?;
    }
    value(esys, &Index { written: true, ..index })
}
