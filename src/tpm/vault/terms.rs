//! The vault's policies as digests (TPM 2.0 Library, part 3, chapter 23).
//!
//! Pure: what a key or an index is made with here, `session.rs` and `request.rs` make the TPM go through.
//! `PolicyAuthorize`, `PolicyAuthorizeNV` and `PolicyOR` replace what stood before them, so every term that
//! must not be waived stands after the last of them.

use crate::tpm::esys::{Compare, Field};
use crate::tpm::policy::{self, NV_WRITE, POLICY_CP_HASH, POLICY_NV, Policy, extend, hash};
use crate::tpm::public::Name;

use super::tree::Tree;

const POLICY_SECRET: u32 = 0x151;
const POLICY_SIGNED: u32 = 0x160;
const POLICY_AUTH_VALUE: u32 = 0x16B;
const POLICY_COMMAND_CODE: u32 = 0x16C;
const POLICY_COUNTER_TIMER: u32 = 0x16D;
const POLICY_AUTHORIZE_NV: u32 = 0x192;
pub(super) const ECDH_ZGEN: u32 = 0x154;
pub(super) const HMAC: u32 = 0x155;
/// `TPM2_NV_Write`.
pub(super) const WRITE: u32 = NV_WRITE;

/// What a custodian's signature is for, and nothing else (`policyRef`).
pub(super) const CUSTODIAN: &[u8] = b"cashcow-batch";
/// What the gate consents to.
pub(super) const GATE: &[u8] = b"cashcow-row";

/// When a bucket ends, in the TPM's own terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ends {
    /// The epoch counter's value from which on the bucket is over: the bound that counts.
    pub epoch: u64,
    /// The TPM's clock in milliseconds from which on it is over: the second line, because the clock stands
    /// still without power.
    pub clock: u64,
}

fn nv(policy: Policy, name: &Name, operand: u64, compare: Compare) -> Policy {
    let term = hash(&[&operand.to_be_bytes(), &[0, 0], &(compare as u16).to_be_bytes()]);
    extend(policy, POLICY_NV, &[&term, name])
}

fn time(policy: Policy, operand: &[u8], field: Field, compare: Compare) -> Policy {
    let term = hash(&[operand, &(field as u16).to_be_bytes(), &(compare as u16).to_be_bytes()]);
    extend(policy, POLICY_COUNTER_TIMER, &[&term])
}

fn command_code(policy: Policy, code: u32) -> Policy {
    extend(policy, POLICY_COMMAND_CODE, &[&code.to_be_bytes()])
}

/// The bucket's secret: an approved image, before the end.
pub(super) fn secret(image: Policy, epoch: &Name, ends: Ends) -> Policy {
    nv(image, epoch, ends.epoch, Compare::Below)
}

/// The bucket's fingerprint key: the same, by the clock too, for HMAC alone. Not by the clock's being safe:
/// a power cut would keep the shop from taking cards for as long as the chip takes to trust its clock again,
/// and a fingerprint opens nothing.
pub(super) fn mark(image: Policy, epoch: &Name, ends: Ends) -> Policy {
    let policy = secret(image, epoch, ends);
    command_code(time(policy, &ends.clock.to_be_bytes(), Field::Clock, Compare::Below), HMAC)
}

/// The bucket's key: an approved image, before the end by epoch and by a clock that is safe, through the
/// gate, for `ECDH_ZGen` alone.
pub(super) fn bucket(image: Policy, epoch: &Name, ends: Ends, gate: &Name) -> Policy {
    let policy = secret(image, epoch, ends);
    let policy = time(policy, &ends.clock.to_be_bytes(), Field::Clock, Compare::Below);
    let policy = time(policy, &[1], Field::Safe, Compare::Equal);
    let policy = hash(&[&extend(policy, POLICY_SECRET, &[gate]), GATE]);
    command_code(policy, ECDH_ZGEN)
}

/// Any two different of these custodians in an approved image, each pair a branch, in the order of
/// [`pairs`].
pub(super) fn two_of(image: Policy, custodians: &[Name]) -> Tree {
    let signed = |policy, name: &Name| hash(&[&extend(policy, POLICY_SIGNED, &[name]), CUSTODIAN]);
    let branch = |(first, second)| {
        let (first, second) = (custodians.get::<usize>(first)?, custodians.get::<usize>(second)?);
        Some(signed(signed(image, first), second))
    };
    Tree::grow(pairs(custodians.len()).filter_map(branch).collect())
}

/// All pairs of `count`, the smaller number first.
pub(super) fn pairs(count: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..count).flat_map(move |first| (first + 1..count).map(move |second| (first, second)))
}

/// Writing the approved digest: two custodians.
pub(super) fn batch(two_of: &Tree) -> Policy {
    command_code(two_of.root(), WRITE)
}

/// The gate: whatever policy stands in the index of this name.
pub(super) fn gate(batch: &Name) -> Policy {
    extend(extend([0; 32], POLICY_AUTHORIZE_NV, &[batch]), POLICY_AUTH_VALUE, &[])
}

/// One approved row: before the deadline, in this round, for one use of the gate.
pub(super) fn leaf(deadline: u64, counter: &Name, round: u64, gate: [u8; 32]) -> Policy {
    let policy = time([0; 32], &deadline.to_be_bytes(), Field::Clock, Compare::Below);
    let policy = nv(policy, counter, round, Compare::Equal);
    extend(policy, POLICY_CP_HASH, &[&gate])
}

/// The hash of a command: its code, the names of its objects, its parameters (part 1, section 16.7).
pub(super) fn command(code: u32, names: &[&[u8]], parameters: &[u8]) -> [u8; 32] {
    policy::hash(&[&code.to_be_bytes(), &names.concat(), parameters])
}

/// "Multiply this bucket's key with this point."
pub(super) fn zgen(key: &Name, point: &[u8; 64]) -> [u8; 32] {
    let (x, y) = point.split_at(32);
    // A sized point of two sized coordinates: 2 + 32 + 2 + 32 bytes.
    command(ECDH_ZGEN, &[key], &[&[0, 68, 0, 32], x, &[0, 32], y].concat())
}

/// "The gate consents to that command in this session."
pub(super) fn consent(gate: &Name, session: u32, command_hash: &[u8; 32]) -> [u8; 32] {
    let reference = [&[0, u8::try_from(GATE.len()).unwrap_or(u8::MAX)], GATE].concat();
    // No nonce, the command's hash, the reference, no expiry.
    let parameters = [&[0, 0, 0, 32][..], command_hash, &reference, &[0; 4]].concat();
    command(POLICY_SECRET, &[gate, &session.to_be_bytes()], &parameters)
}

/// "Write this digest into the index", authorised by the index itself.
pub(super) fn write(batch: &Name, digest: &Policy) -> [u8; 32] {
    let parameters = [&[0, 34][..], &approved(digest), &[0, 0]].concat();
    command(WRITE, &[batch, batch], &parameters)
}

/// An approved digest as it stands in the index: SHA-256 and the hash.
pub(super) fn approved(digest: &Policy) -> [u8; 34] {
    let mut content = [0; 34];
    let (algorithm, hash) = content.split_at_mut(2);
    algorithm.copy_from_slice(&[0, 0x0B]);
    hash.copy_from_slice(digest);
    content
}
