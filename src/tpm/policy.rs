//! What must hold before the TPM opens a secret or takes a new minimum version.
//!
//! One description serves twice: [`Step::extend`] computes the digest that the build signs, and
//! `authorise.rs` makes the TPM go through the same steps. Pure, and tested equal to the TPM's own trial
//! sessions (TPM 2.0 Library, part 3, chapter 23).

use sha2::{Digest, Sha256};

use super::approval::SigningKey;
use super::public::{self, Name};

/// A SHA-256 policy digest.
pub(super) type Policy = [u8; 32];

/// The PCR that systemd-stub extends with the image, and the boot phases after it.
pub(super) const IMAGE_PCR: u8 = 11;

pub(super) const POLICY_NV: u32 = 0x149;
pub(super) const POLICY_CP_HASH: u32 = 0x16E;
const POLICY_AUTHORIZE: u32 = 0x16A;
const POLICY_PCR: u32 = 0x17F;
const POLICY_NV_WRITTEN: u32 = 0x18F;
pub(super) const NV_WRITE: u32 = 0x137;

/// What an approval is for. Each has signatures of its own, so that none can stand in for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Opening what the service sealed.
    Open,
    /// Writing this image's version into a minimum-version index that was never written.
    FirstMinimum,
    /// Raising the minimum version to this image's.
    RaiseMinimum,
}

/// One condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// PCR 11 has this value.
    Image([u8; 32]),
    /// The minimum version is at most this.
    MinimumAtMost(u64),
    /// The index that the command addresses was never written.
    Unwritten,
    /// The command is this one, with these objects and parameters.
    Command([u8; 32]),
}

impl Purpose {
    /// All of them, in the order in which they are written down.
    pub(super) const ALL: [Self; 3] = [Self::Open, Self::FirstMinimum, Self::RaiseMinimum];

    /// The word in the approvals' file.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::FirstMinimum => "first-minimum",
            Self::RaiseMinimum => "raise-minimum",
        }
    }

    /// The reference that is signed along with the policy (`policyRef`). systemd's own signatures have
    /// none, so they approve nothing of ours, and ours nothing of systemd's.
    pub(super) fn reference(self) -> &'static [u8] {
        match self {
            Self::Open => b"cashcow-service",
            Self::FirstMinimum | Self::RaiseMinimum => b"cashcow-minver",
        }
    }

    /// The steps for an image of version `version` that has brought PCR 11 to `image`.
    pub(super) fn steps(self, key: &SigningKey, version: u64, image: [u8; 32]) -> Vec<Step> {
        let write = |written| Step::Command(nv_write(&minimum_name(key, written), version));
        match self {
            Self::Open => vec![Step::Image(image), Step::MinimumAtMost(version)],
            Self::FirstMinimum => vec![Step::Image(image), Step::Unwritten, write(false)],
            Self::RaiseMinimum => vec![Step::Image(image), Step::MinimumAtMost(version), write(true)],
        }
    }

    /// The digest of those steps: what gets signed, and what the TPM's session must have reached.
    pub(super) fn policy(self, key: &SigningKey, version: u64, image: [u8; 32]) -> Policy {
        let minimum = minimum_name(key, true);
        self.steps(key, version, image).iter().fold([0; 32], |policy, step| step.extend(policy, &minimum))
    }

    /// The policy of the object itself: anything that the key approves under this purpose's reference.
    pub(super) fn authorized_by(self, key: &SigningKey) -> Policy {
        let approved = extend([0; 32], POLICY_AUTHORIZE, &[key.name()]);
        hash(&[&approved, self.reference()])
    }

    /// What the key signs to approve a policy.
    pub(super) fn message(self, policy: &Policy) -> Vec<u8> {
        [policy, self.reference()].concat()
    }
}

impl Step {
    fn extend(self, policy: Policy, minimum: &Name) -> Policy {
        match self {
            Self::Image(value) => {
                // One selection: SHA-256 bank, three bytes of bitmap, PCR 11.
                let selection = [0, 0, 0, 1, 0, 0x0B, 3, 0, 1 << (IMAGE_PCR % 8), 0];
                extend(policy, POLICY_PCR, &[&selection, &hash(&[&value])])
            }
            Self::MinimumAtMost(version) => {
                // Operand, offset 0, operation 9 (unsigned, less or equal).
                let comparison = hash(&[&version.to_be_bytes(), &[0, 0], &[0, 9]]);
                extend(policy, POLICY_NV, &[&comparison, minimum])
            }
            Self::Unwritten => extend(policy, POLICY_NV_WRITTEN, &[&[0]]),
            Self::Command(command) => extend(policy, POLICY_CP_HASH, &[&command]),
        }
    }
}

/// The policy of PCR 11 alone, which systemd signs for the data volume.
#[cfg(test)]
pub(super) fn image_only(image: [u8; 32]) -> Policy {
    Step::Image(image).extend([0; 32], &[0; 34])
}

/// The public area of the minimum-version index for a signing key.
pub(super) fn minimum_area(key: &SigningKey, written: bool) -> Vec<u8> {
    public::minimum_index(&Purpose::RaiseMinimum.authorized_by(key), written)
}

/// The index's name, before or after its first write.
pub(super) fn minimum_name(key: &SigningKey, written: bool) -> Name {
    public::name(&minimum_area(key, written))
}

/// The hash of "write this version, whole, into the index of this name, authorised by the index itself".
fn nv_write(index: &Name, version: u64) -> [u8; 32] {
    let parameters = [&[0, 8][..], &version.to_be_bytes(), &[0, 0]].concat();
    hash(&[&NV_WRITE.to_be_bytes(), index, index, &parameters])
}

pub(super) fn extend(policy: Policy, command: u32, arguments: &[&[u8]]) -> Policy {
    hash(&[&policy[..], &command.to_be_bytes(), &arguments.concat()])
}

pub(super) fn hash(parts: &[&[u8]]) -> [u8; 32] {
    parts.iter().fold(Sha256::new(), |hash, part| hash.chain_update(part)).finalize().into()
}
