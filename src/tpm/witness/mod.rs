//! The witness: what the TPM says about the audit log, so that a log that was changed or put back shows.
//!
//! An index that can only be extended follows the log's heads, and a key that signs nothing but the TPM's own
//! statements certifies its content. Both serve only an image that the profile's key approves: whoever starts
//! another system on this machine can neither extend nor sign. The index has to outlive every log, so nothing
//! here removes it.
//!
//! Refuses an index that others could write. Cannot keep the owner of the TPM from removing it; that it is gone
//! then shows in the statements, because they name its content.

mod certify;
mod extend;
mod key;
mod statement;

pub use key::WitnessKey;
pub use statement::{Certificate, Statement, Untrue};

use super::approval::Approval;
use super::code::Doing;
use super::esys::{Esys, Object};
use super::policy::Purpose;
use super::public::{self, WITNESS};
use super::{Tpm, TpmError};

/// What the index holds before its first extension.
pub const NOTHING_YET: [u8; 32] = [0; 32];

impl Tpm {
    /// What the index holds: [`NOTHING_YET`], or the hash of all that it was extended with.
    pub fn witness_value(&mut self, approval: &Approval) -> Result<[u8; 32], TpmError> {
        match index(&self.esys, approval)? {
            Some(index) => value(&self.esys, &index),
            None => Ok(NOTHING_YET),
        }
    }
}

struct Index<'a> {
    object: Object<'a>,
    written: bool,
}

fn policy(approval: &Approval) -> [u8; 32] {
    Purpose::Open.authorized_by(approval.key())
}

/// The index, if there is one. Its name covers its attributes and its policy.
fn index<'a>(esys: &'a Esys, approval: &Approval) -> Result<Option<Index<'a>>, TpmError> {
    if !esys.exists(WITNESS).doing("list its indices")? {
        return Ok(None);
    }
    let object = esys.at(WITNESS).doing("find the audit log's index")?;
    let name = esys.name(&object).doing("name the audit log's index")?;
    let named = |written| name == public::name(&public::witness_index(&policy(approval), written));
    match (named(true), named(false)) {
        (true, _) => Ok(Some(Index { object, written: true })),
        (_, true) => Ok(Some(Index { object, written: false })),
        _ => Err(TpmError::WitnessForeign),
    }
}

fn value(esys: &Esys, index: &Index<'_>) -> Result<[u8; 32], TpmError> {
    if !index.written {
        return Ok(NOTHING_YET);
    }
    let bytes = esys.nv_read(&index.object, 32).doing("read the audit log's index")?;
    bytes.try_into().map_err(|_| TpmError::WitnessForeign)
}

#[cfg(test)]
mod tests;
