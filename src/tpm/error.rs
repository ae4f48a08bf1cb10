//! What can go wrong with the TPM: each names what happened and the cure, for the log and the screen.

/// A fault of the TPM or a refusal by it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TpmError {
    /// There is no TPM to talk to.
    #[error("no TPM at {device}: {reason}")]
    NoDevice {
        /// Where one was looked for.
        device: String,
        /// Why there is none, and the cure.
        reason: String,
    },
    /// The connection broke off.
    #[error("the TPM stopped answering at: {step}; restart the machine, and if it stays so replace the TPM")]
    Lost {
        /// What was being done.
        step: &'static str,
    },
    /// The storage root key's place is taken by something that may not be a parent.
    #[error(
        "the key at 0x81000001 is not a storage root key: other software put it there; \
         clear the TPM in the firmware's menu and set the machine up again"
    )]
    StorageKey,
    /// The blob was sealed in another TPM.
    #[error(
        "the secrets were sealed in another machine's TPM: this disk belongs to that machine; \
         put it back there, or restore a backup here"
    )]
    OtherTpm,
    /// The blob was sealed in this TPM, which has been cleared since.
    #[error(
        "the TPM was cleared after the secrets were sealed, so nothing opens them any more; \
         set the machine up again and restore a backup"
    )]
    Cleared,
    /// The running image may not open the secrets.
    #[error("the running image is not approved to open the secrets: {0}")]
    NotApproved(NotApproved),
    /// The running image is older than the TPM's minimum version.
    #[error(
        "the running image has security version {image}, and this machine takes nothing below {minimum} \
         any more; start the newer image"
    )]
    OldImage {
        /// The image's version.
        image: u64,
        /// The TPM's minimum.
        minimum: u64,
    },
    /// The index of the minimum version is gone.
    #[error(
        "the TPM's minimum version (index 0x01800C01) is gone though secrets were sealed under it: \
         somebody with the owner's authority removed it; treat the machine as tampered with, \
         set it up again and restore a backup"
    )]
    MinimumMissing,
    /// The index of the minimum version is not one that this profile's images made.
    #[error(
        "the TPM's index 0x01800C01 belongs to another profile or other software; \
         clear the TPM in the firmware's menu and set the machine up again"
    )]
    MinimumForeign,
    /// The index that follows the audit log is not one that this profile's images made.
    #[error(
        "the TPM's index 0x01800C02 belongs to another profile or other software, so it cannot follow the audit \
         log; have it removed, or clear the TPM in the firmware's menu and set the machine up again"
    )]
    WitnessForeign,
    /// The index that follows the audit log is gone, or was never extended.
    #[error(
        "the TPM's index 0x01800C02, which follows the audit log, is not there; unless this is a new machine, \
         somebody with the owner's authority removed it: treat the machine as tampered with"
    )]
    WitnessMissing,
    /// The TPM defends itself against guessing.
    #[error(
        "the TPM is locked after too many wrong attempts by some software; it opens by itself after a \
         while (often two hours, with the power on), or is reset with the lockout password"
    )]
    Lockout,
    /// A PCR kept changing.
    #[error("the machine's measurements kept changing while the TPM was asked; try again once it is up")]
    Moved,
    /// The blob is not what was sealed.
    #[error("the sealed secret is damaged; restore it from a backup")]
    Damaged,
    /// More than a TPM seals.
    #[error("a secret of {length} bytes is too long or empty: a TPM seals 1 to 128")]
    Length {
        /// The secret's length.
        length: usize,
    },
    /// The TPM refused for another reason.
    #[error("the TPM refused to {step} (code {code:#x}); `tpm2_rc_decode {code:#x}` explains the code")]
    Refused {
        /// What was being done.
        step: &'static str,
        /// The TPM's answer, or its library's.
        code: u32,
    },
}

/// Why an image is not approved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotApproved {
    /// No signed policy is for what PCR 11 shows.
    #[error("PCR 11 shows {pcr11}, for which nothing is signed; start a released image, unaltered")]
    Image {
        /// The value, in hexadecimal; not a secret.
        pcr11: String,
    },
    /// A signature was not made by the key.
    #[error("a signature in it is not by its own key; start a released image, unaltered")]
    Signature,
    /// The secrets belong to another key: another profile's.
    #[error(
        "the secrets were sealed for another signing key; start an image of the profile that sealed them"
    )]
    OtherKey,
    /// The TPM holds the session's policy not to be the secret's.
    #[error("the TPM does not accept its policy for this secret; start a released image, unaltered")]
    Policy,
}
