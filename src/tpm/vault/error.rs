//! Why the vault does not do what it was asked. Where the TPM refused, its response code is part of the
//! error, so that a log and a test say which line of defence held.

use crate::tpm::TpmError;

/// A refusal or a fault of the vault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// A fault that is not the vault's own.
    #[error(transparent)]
    Tpm(#[from] TpmError),
    /// A counter of the vault is gone.
    #[error(
        "the TPM's {counter} counter ({handle:#x}) is gone though the vault was set up: somebody with the \
         owner's authority removed it, or the TPM was cleared; the stored entries cannot be opened any more: \
         treat the machine as tampered with and ask for the entries again"
    )]
    CounterMissing {
        /// Which.
        counter: &'static str,
        /// Its handle.
        handle: u32,
    },
    /// An index of the vault is not one that this profile's images made.
    #[error(
        "the TPM's index {handle:#x} is not the vault's: it was made anew, or belongs to another profile; \
         treat the machine as tampered with"
    )]
    Foreign {
        /// Its handle.
        handle: u32,
    },
    /// A set of custodians is gone from the TPM.
    #[error(
        "the TPM's index {handle:#x} of a set of custodians is gone; nothing that needs it opens any more"
    )]
    QuorumMissing {
        /// Its handle.
        handle: u32,
    },
    /// The custodians named are no set.
    #[error("a set of custodians has 3 to 8 different keys, each a point of P-256, and a slot below 4")]
    Custodians,
    /// There is no room for a bucket.
    #[error("the vault has no room for another bucket; forget those that have ended")]
    Full,
    /// The end asked for is not ahead, or too far.
    #[error("a bucket ends 1 to 64 steps of the epoch ahead and at a later time of the TPM's clock")]
    Ends,
    /// A batch is empty or too long.
    #[error("a batch has 1 to 512 rows, and 1 to 3600 seconds to be approved in")]
    Batch,
    /// Text to be fingerprinted is too long.
    #[error("a fingerprint is made of 1 to 1024 bytes, not of {length}")]
    Length {
        /// Its length.
        length: usize,
    },
    /// The bucket's secret was undefined: it is forgotten.
    #[error("the bucket is forgotten: its secret is no longer in the TPM (code {code:#x})")]
    Forgotten {
        /// The TPM's answer.
        code: u32,
    },
    /// The epoch counter has reached the bucket's end.
    #[error("the bucket has ended: the TPM's epoch counter has reached its end (code {code:#x})")]
    Ended {
        /// The TPM's answer.
        code: u32,
    },
    /// The TPM's clock has reached the bucket's end.
    #[error("the bucket has ended by the TPM's clock (code {code:#x})")]
    PastClock {
        /// The TPM's answer.
        code: u32,
    },
    /// The TPM does not trust its clock.
    #[error(
        "the TPM does not trust its clock after a power cut (code {code:#x}); it does again by itself once \
         it has run past the last value that it had saved: seconds to about 70 minutes with power"
    )]
    ClockUnsafe {
        /// The TPM's answer.
        code: u32,
    },
    /// A custodian's signature is not over this batch, in this session, for this command and expiry.
    #[error("the TPM does not accept the approval of custodian {custodian} for this batch (code {code:#x})")]
    Consent {
        /// Its place in the set, from 0.
        custodian: usize,
        /// The TPM's answer.
        code: u32,
    },
    /// A custodian is named who is not in the set.
    #[error("there is no custodian {custodian} in the set")]
    Stranger {
        /// The number given.
        custodian: usize,
    },
    /// Not two different custodians of the set.
    #[error("a batch needs the approvals of two different custodians (code {code:#x})")]
    NotTwo {
        /// The TPM's answer.
        code: u32,
    },
    /// The batch that the signatures are for is another one.
    #[error("the TPM does not take this batch for the approved one (code {code:#x})")]
    OtherBatch {
        /// The TPM's answer.
        code: u32,
    },
    /// The time to open the batch is over.
    #[error("the batch's time is over (code {code:#x}); ask the custodians again")]
    BatchLate {
        /// The TPM's answer.
        code: u32,
    },
    /// The batch was closed.
    #[error("the batch was closed (code {code:#x}); ask the custodians again")]
    BatchClosed {
        /// The TPM's answer.
        code: u32,
    },
    /// The row is not among those that the custodians approved.
    #[error("the row is not in the batch that the custodians approved (code {code:#x})")]
    NotListed {
        /// The TPM's answer.
        code: u32,
    },
    /// A row does not decrypt: altered, moved, or sealed for another bucket.
    #[error("the row was altered, or moved from its place: it does not decrypt there")]
    Altered,
    /// A bucket's record is damaged or put together from others.
    #[error("the bucket's record is damaged; its entries cannot be opened and have to be asked for again")]
    Damaged,
}
