//! Public areas of the vault's keys and indices, and where the indices lie.
//!
//! Pure, so that a custodian's tool and a test compute the names that the TPM will.

use crate::tpm::public::{
    ADMIN_WITH_POLICY, Area, DECRYPT, ECC, ECDSA, FIXED_PARENT, FIXED_TPM, HMAC, KEYED_HASH, NO_DA, NULL,
    NV_AUTH_READ, NV_COUNTER, NV_NO_DA, NV_POLICY_READ, NV_POLICY_WRITE, NV_WRITTEN, P256,
    SENSITIVE_DATA_ORIGIN, SHA256, SIGN, USER_WITH_AUTH,
};

/// Steps once for each time that a bucket comes to its end.
pub(super) const EPOCH: u32 = 0x0180_0C03;
/// Steps once for each batch that is closed.
pub(super) const ROUND: u32 = 0x0180_0C04;
/// Two indices for each set of custodians: what they approved, and the gate that asks for it.
const QUORUMS: u32 = 0x0180_0C10;
/// One index for each bucket: the secret that wraps its keys.
pub(super) const SECRETS: u32 = 0x0180_0C40;
/// Sets of custodians at one time.
pub(super) const MOST_QUORUMS: u8 = 4;
/// Buckets at one time: a week of six hours each, and a few that wait to be forgotten.
pub(super) const MOST_BUCKETS: u32 = 32;
/// Length of a bucket's secret in bytes.
pub(super) const SECRET: u16 = 32;
/// Length of an approved digest: the hash's identifier and the hash.
pub(super) const APPROVED: u16 = 34;

/// Where a set's approvals lie.
pub(super) fn batch_handle(slot: u8) -> u32 {
    QUORUMS + 2 * u32::from(slot)
}

/// Where a set's gate lies.
pub(super) fn gate_handle(slot: u8) -> u32 {
    batch_handle(slot) + 1
}

/// A custodian's public key, which verifies ECDSA with SHA-256 and does nothing else.
pub(super) fn custodian(point: &[u8; 64]) -> Vec<u8> {
    let (x, y) = point.split_at(32);
    let area = Area::default().half(ECC).half(SHA256).word(SIGN | USER_WITH_AUTH).sized(&[]);
    area.half(NULL).half(ECDSA).half(SHA256).half(P256).half(NULL).sized(x).sized(y).0
}

/// The template of a bucket's key: made in the TPM, never leaving it, and used under its policy alone.
pub(super) fn bucket_key(policy: &[u8; 32]) -> Vec<u8> {
    let attributes = FIXED_TPM | FIXED_PARENT | SENSITIVE_DATA_ORIGIN | ADMIN_WITH_POLICY | NO_DA | DECRYPT;
    let area = Area::default().half(ECC).half(SHA256).word(attributes).sized(policy);
    area.half(NULL).half(NULL).half(P256).half(NULL).sized(&[]).sized(&[]).0
}

/// The point of a public area that was made from [`bucket_key`] with this policy.
pub(super) fn bucket_point(area: &[u8], policy: &[u8; 32]) -> Option<[u8; 64]> {
    let template = bucket_key(policy);
    // All but the two empty coordinates of the template.
    let rest = area.strip_prefix(template.strip_suffix(&[0; 4])?)?;
    let (x, rest) = rest.strip_prefix(&[0, 32])?.split_first_chunk::<32>()?;
    let (y, []) = rest.strip_prefix(&[0, 32])?.split_first_chunk::<32>()? else { return None };
    let mut point = [0; 64];
    let (left, right) = point.split_at_mut(32);
    left.copy_from_slice(x);
    right.copy_from_slice(y);
    Some(point)
}

/// The template of a bucket's fingerprint key.
pub(super) fn mark_key(policy: &[u8; 32]) -> Vec<u8> {
    let attributes = FIXED_TPM | FIXED_PARENT | SENSITIVE_DATA_ORIGIN | ADMIN_WITH_POLICY | NO_DA | SIGN;
    let area = Area::default().half(KEYED_HASH).half(SHA256).word(attributes).sized(policy);
    area.half(HMAC).half(SHA256).sized(&[]).0
}

/// A counter that anybody reads and that steps under a policy alone.
pub(super) fn counter(handle: u32, policy: &[u8; 32], written: bool) -> Vec<u8> {
    index(handle, NV_COUNTER | NV_POLICY_WRITE | NV_AUTH_READ, policy, 8, written)
}

/// What two custodians approved: anybody reads it, and it is written under their policy alone.
pub(super) fn batch(slot: u8, policy: &[u8; 32], written: bool) -> Vec<u8> {
    index(batch_handle(slot), NV_POLICY_WRITE | NV_AUTH_READ, policy, APPROVED, written)
}

/// The gate: an index that is never written and serves only through its policy. Without `AUTHREAD` its auth
/// value is good for nothing, so that an owner who makes it anew with a password of his own gains nothing.
pub(super) fn gate(slot: u8, policy: &[u8; 32]) -> Vec<u8> {
    index(gate_handle(slot), NV_POLICY_READ | NV_POLICY_WRITE, policy, 1, false)
}

/// A bucket's secret: read and written under its policy alone.
pub(super) fn secret(handle: u32, policy: &[u8; 32], written: bool) -> Vec<u8> {
    index(handle, NV_POLICY_READ | NV_POLICY_WRITE, policy, SECRET, written)
}

fn index(handle: u32, attributes: u32, policy: &[u8; 32], size: u16, written: bool) -> Vec<u8> {
    let attributes = attributes | NV_NO_DA | if written { NV_WRITTEN } else { 0 };
    Area::default().word(handle).half(SHA256).word(attributes).sized(policy).half(size).0
}
