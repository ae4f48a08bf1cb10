//! What can be wrong with an approval or with the key that makes one.

use std::path::PathBuf;

/// A fault in the approvals' files or arguments. At build time the cure is in the build; in a running
/// image they come with the image, so a fault means that the image was built wrongly.
#[derive(Debug, thiserror::Error)]
pub enum ApprovalError {
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// The file is not the JSON that systemd-stub hands over.
    #[error("{path} is not a PCR signature file: {source}")]
    Json {
        /// The file.
        path: PathBuf,
        /// The parser's words.
        source: serde_json::Error,
    },
    /// The file has systemd's signatures but not ours.
    #[error(
        "{path} has no \"cashcow\" part: the image was built without `cowctl approve`; build it again with it"
    )]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// A key is not what is needed.
    #[error("{what} is not an RSA key of 2048 bits with exponent 65537 in PEM form")]
    Key {
        /// Which key.
        what: String,
    },
    /// A policy in the file is another one than this service goes through.
    #[error(
        "the approval for phase {phase:?} is for another policy than this service's: \
         it was signed by another version of cowctl or for another key; build the image again"
    )]
    OtherPolicy {
        /// The boot phase.
        phase: String,
    },
    /// A field of an entry does not decode.
    #[error("the approval for phase {phase:?} has no readable `{field}`; build the image again")]
    Field {
        /// The boot phase.
        phase: String,
        /// The field.
        field: &'static str,
    },
    /// Two policies were asked for with one value of PCR 11, or one phase twice.
    #[error("phase {phase:?} is given twice, or has the PCR 11 value of another phase")]
    Twice {
        /// The boot phase.
        phase: String,
    },
    /// The crypto library failed.
    #[error("could not {doing}")]
    Crypto {
        /// The operation.
        doing: &'static str,
    },
}
