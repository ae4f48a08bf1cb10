//! The key that vouches for the audit log.

use sha2::{Digest, Sha256};

use super::policy;
use crate::tpm::approval::Approval;
use crate::tpm::code::{Code, Doing};
use crate::tpm::esys::{Esys, Hierarchy, Object};
use crate::tpm::{Tpm, TpmError, public};

/// The key's public area, as a TPM knows it (`TPMT_PUBLIC`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WitnessKey {
    area: Vec<u8>,
    point: [u8; 64],
}

impl Tpm {
    /// The key of this TPM, for images of the approval's profile.
    pub fn witness_key(&mut self, approval: &Approval) -> Result<WitnessKey, TpmError> {
        let key = load(&self.esys, approval)?;
        let area = self.esys.public(&key).doing("read the audit log's key")?;
        WitnessKey::from_area(&area).ok_or(Code::MALFORMED).doing("read the audit log's key")
    }
}

/// Makes the key anew from the owner's seed: it is the same each time.
pub(super) fn load<'a>(esys: &'a Esys, approval: &Approval) -> Result<Object<'a>, TpmError> {
    let template = public::witness_key(&policy(approval));
    esys.create_primary(Hierarchy::Owner, &template).doing("make the audit log's key")
}

impl WitnessKey {
    /// Reads a public area; `None` unless it is just such a key: P-256, made in a TPM, never leaving it, and
    /// signing only that TPM's own statements.
    pub fn from_area(area: &[u8]) -> Option<Self> {
        let policy: &[u8; 32] = area.get(10..)?.first_chunk()?;
        let template = public::witness_key(policy);
        // All but the two empty coordinates of the template.
        let fixed = template.get(..template.len().checked_sub(4)?)?;
        let rest = area.strip_prefix(fixed)?;
        let ([0, 32], rest) = rest.split_first_chunk()? else { return None };
        let (x, rest) = rest.split_first_chunk::<32>()?;
        let ([0, 32], rest) = rest.split_first_chunk()? else { return None };
        let (y, []) = rest.split_first_chunk::<32>()? else { return None };
        let mut point = [0; 64];
        let (left, right) = point.split_at_mut(32);
        left.copy_from_slice(x);
        right.copy_from_slice(y);
        Some(Self { area: area.to_vec(), point })
    }

    /// The public area.
    pub fn area(&self) -> &[u8] {
        &self.area
    }

    /// What people compare: the SHA-256 of the public area. It is the key's name in the TPM without the two
    /// bytes in front.
    pub fn fingerprint(&self) -> [u8; 32] {
        Sha256::digest(&self.area).into()
    }

    /// The point on the curve, X and Y.
    pub(super) fn point(&self) -> &[u8; 64] {
        &self.point
    }

    /// The name of the index that the key's images extend.
    pub(super) fn index_name(&self) -> Option<[u8; 34]> {
        let policy: &[u8; 32] = self.area.get(10..)?.first_chunk()?;
        Some(public::name(&public::witness_index(policy, true)))
    }
}
