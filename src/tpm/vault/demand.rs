//! What custodians are asked to sign, and how they know what it is: pure, for their own tool.
//!
//! The digest is computed from the rows themselves, never taken from the machine: whoever signs has seen
//! what opens.

use super::bucket::Bucket;
use super::seal::Sealed;
use super::terms;
use super::tree::Tree;
use crate::tpm::policy::Policy;
use crate::tpm::public::Name;

/// The shortest nonce that a TPM's session has.
const NONCE: usize = 16;
/// The longest time in seconds for approving.
pub(super) const LONGEST: u32 = 3600;
/// The most rows in a batch.
pub(super) const MOST_ROWS: usize = 512;

/// A row of a batch: the bucket's key and the point that it is to be multiplied with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listed {
    bucket: Name,
    point: [u8; 64],
}

/// A batch, and all that its digest is computed from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The name of the index that takes the digest.
    pub index: [u8; 34],
    /// The name of the gate.
    pub gate: [u8; 34],
    /// The session in which rows will be opened.
    pub session: u32,
    /// The TPM's clock in milliseconds from which on nothing of the batch opens.
    pub deadline: u64,
    /// The name of the counter that closes batches.
    pub counter: [u8; 34],
    /// What it has to stand at.
    pub round: u64,
    /// What opens.
    pub rows: Vec<Listed>,
}

/// What one custodian signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demand {
    /// The TPM's nonce for the session that takes the approvals: a signature over it is of no use in another.
    pub nonce: Vec<u8>,
    /// Seconds from the session's start in which the approval serves.
    pub expiry: i32,
    /// What is approved.
    pub batch: Batch,
}

/// A custodian's approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Approved {
    /// The custodian's place in the set, from 0.
    pub custodian: usize,
    /// ECDSA P-256 over the SHA-256 of [`Demand::message`]: r and s of 32 bytes each.
    pub signature: [u8; 64],
}

/// Why a demand must not be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unsignable {
    /// Without a nonce the TPM would accept the signature for ever.
    #[error("the demand has no nonce of the TPM: signed, it would serve for ever; do not sign it")]
    Nonce,
    /// Without an expiry it would serve as long as the session.
    #[error("the demand has no expiry within an hour; do not sign it")]
    Expiry,
    /// Without rows it approves nothing that could be shown.
    #[error("the demand lists no rows, or more than 512, or the same row twice; do not sign it")]
    Rows,
}

impl Listed {
    /// A sealed row of a bucket.
    pub fn new(bucket: &Bucket, sealed: &Sealed) -> Self {
        Self { bucket: bucket.sealing_key().name, point: sealed.point }
    }

    pub(super) fn command(&self) -> [u8; 32] {
        terms::zgen(&self.bucket, &self.point)
    }
}

impl Batch {
    pub(super) fn tree(&self) -> Tree {
        let leaf = |row: &Listed| self.leaf(&self.consent(&row.command()));
        Tree::grow(self.rows.iter().map(leaf).collect())
    }

    pub(super) fn consent(&self, command: &[u8; 32]) -> [u8; 32] {
        terms::consent(&self.gate, self.session, command)
    }

    fn leaf(&self, consent: &[u8; 32]) -> Policy {
        terms::leaf(self.deadline, &self.counter, self.round, *consent)
    }

    /// The digest that stands for the batch in the TPM.
    pub fn digest(&self) -> [u8; 32] {
        self.tree().root()
    }

    /// The hash of the one command that an approval allows: writing this digest.
    pub fn command(&self) -> [u8; 32] {
        terms::write(&self.index, &self.digest())
    }
}

impl Demand {
    /// The bytes that a custodian signs with ECDSA and SHA-256, computed anew from the rows: nonce, expiry,
    /// the command's hash, the reference (TPM 2.0 Library, part 3, 23.3).
    pub fn message(&self) -> Result<Vec<u8>, Unsignable> {
        if self.nonce.len() < NONCE {
            return Err(Unsignable::Nonce);
        }
        if !u32::try_from(self.expiry).is_ok_and(|seconds| (1..=LONGEST).contains(&seconds)) {
            return Err(Unsignable::Expiry);
        }
        let rows = &self.batch.rows;
        let twice =
            rows.iter().enumerate().any(|(at, row)| rows.iter().skip(at + 1).any(|other| other == row));
        if twice || !(1..=MOST_ROWS).contains(&rows.len()) {
            return Err(Unsignable::Rows);
        }
        let command = self.batch.command();
        Ok([&self.nonce[..], &self.expiry.to_be_bytes(), &command, terms::CUSTODIAN].concat())
    }
}
