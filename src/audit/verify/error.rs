//! What is wrong with a log, and where.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::audit::Hash;
use crate::tpm::witness::Untrue;

/// The first thing that is wrong with a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bad {
    /// Where.
    pub place: Place,
    /// What.
    pub why: Why,
    /// The line of the file at which it showed.
    pub line: u64,
}

/// Where something is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// At this record.
    Record(u64),
    /// Somewhere in these records, first and last.
    Records(u64, u64),
    /// After this record.
    After(u64),
    /// At this head.
    Head(u64),
    /// At this line of the file.
    Line(u64),
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// The file could not be read.
    #[error("the file cannot be read: {0}")]
    Unreadable(String),
    /// Not JSON.
    #[error("the line is not JSON")]
    NotJson,
    /// JSON, but not as it was hashed.
    #[error("the line was written again: it is not in the canonical form")]
    NotCanonical,
    /// Not a line of such a log.
    #[error("no such line belongs into an audit log")]
    Unknown,
    /// A form that this program does not know.
    #[error("the log has version {0}, which this program does not know; use a newer one")]
    Version(u32),
    /// The first line, or the head after it, is not there.
    #[error("the beginning is missing")]
    NoBeginning,
    /// The first line contradicts itself.
    #[error("the first line was edited: the chain's name does not follow from what it is made of")]
    Chain,
    /// A key is not one that only a TPM can have, or is not in the first line.
    #[error("the key that should have signed is not among the chain's, or is no TPM's signing key")]
    Key,
    /// The record's hash is another.
    #[error("it was edited: its hash is not the one that it was recorded with")]
    Edited,
    /// From another chain.
    #[error("it comes from another machine's log")]
    Foreign,
    /// A record is not there.
    #[error("it is missing")]
    Missing,
    /// A record stands there twice, or too late.
    #[error("it stands in the wrong place, or twice")]
    Repeated,
    /// The record before is not the one that stood there.
    #[error("it does not follow the record before it: that one was exchanged, or this one")]
    Unchained,
    /// A head is not there.
    #[error("this head is missing")]
    HeadMissing,
    /// A head is not what the TPM signed.
    #[error("this head was edited: the TPM signed another")]
    HeadEdited,
    /// The records are not what the TPM signed.
    #[error("they are not what the TPM signed: the hashes were computed anew")]
    NotSigned,
    /// The TPM's word is not believed.
    #[error("the TPM's statement is not believed: {0}")]
    Untrue(Untrue),
    /// Signed by another TPM or for another profile.
    #[error("it is signed by another key (fingerprint {0}) than the trusted one: another machine or TPM")]
    OtherKey(Hash),
    /// The TPM followed heads that are not there.
    #[error(
        "before this head, of {day} ({at:.0}), the TPM followed heads that are not in the log: it was put back \
         to an earlier state, or the TPM was used otherwise"
    )]
    Gap {
        /// The head's day.
        day: Date,
        /// When it was made.
        at: Timestamp,
    },
    /// A key is trusted, and no signature is there to compare it with.
    #[error("nothing in the file is signed, so the trusted key shows nothing")]
    NothingSigned,
    /// The file ends too early.
    #[error("the file ends here, before its last line: it was cut short")]
    CutShort,
    /// Something stands after the last line.
    #[error("something stands after the last line")]
    AfterEnd,
    /// The last line tells of another file.
    #[error("the last line does not fit the file: lines were added, removed or changed before it")]
    EndDiffers,
    /// The TPM has followed more heads than the file has.
    #[error("heads are missing at the end: when the bundle was signed, the TPM had followed others")]
    HeadsMissing,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Record(n) => write!(f, "record {n}"),
            Self::Records(first, last) if first == last => write!(f, "record {first}"),
            Self::Records(first, last) => write!(f, "records {first} to {last}"),
            Self::After(n) => write!(f, "after record {n}"),
            Self::Head(n) => write!(f, "head {n}"),
            Self::Line(n) => write!(f, "line {n}"),
        }
    }
}

impl fmt::Display for Bad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} (line {} of the file)", self.place, self.why, self.line)
    }
}

impl std::error::Error for Bad {}
