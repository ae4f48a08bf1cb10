//! Approvals: which images may open the service's secrets, signed by the key of the image's profile.
//!
//! Owns the signing key's public half, the signed policies and their file. The signatures are checked by
//! the TPM, which is what counts; reading checks only that each policy is the one that this service will
//! go through.

mod authority;
mod error;
mod file;
mod key;

use std::fmt;

pub use authority::{Authority, pcr_value};
pub use error::ApprovalError;
pub(super) use file::to_hex;
pub(super) use key::SigningKey;

use super::policy::{Policy, Purpose};

/// The policies that one key has signed for one image.
#[derive(Clone)]
pub struct Approval {
    key: SigningKey,
    version: u64,
    policies: Vec<Signed>,
}

/// One signed policy: for one purpose, in one boot phase.
#[derive(Clone)]
pub(super) struct Signed {
    pub(super) purpose: Purpose,
    pub(super) phase: String,
    pub(super) image: [u8; 32],
    pub(super) policy: Policy,
    pub(super) signature: Vec<u8>,
}

impl Approval {
    /// The image's own security version: it opens secrets while the TPM's minimum is not above it.
    pub fn version(&self) -> u64 {
        self.version
    }

    pub(super) fn key(&self) -> &SigningKey {
        &self.key
    }

    /// What was signed for a purpose, for the image and phase that PCR 11 shows.
    pub(super) fn find(&self, purpose: Purpose, image: [u8; 32]) -> Option<&Signed> {
        self.policies.iter().find(|signed| signed.purpose == purpose && signed.image == image)
    }
}

impl fmt::Debug for Approval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Approval(version {}, {} policies)", self.version, self.policies.len())
    }
}
