//! Why the keeper did not do what it was asked for.

use crate::tpm::TpmError;

/// Why there is no answer, or a refusal. The words are for the log and the machine's screen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeepError {
    /// The TPM refused.
    #[error(transparent)]
    Tpm(#[from] TpmError),
    /// The keeper's process said no; its own words.
    #[error("{0}")]
    Refused(String),
    /// The keeper's process does not answer.
    #[error("the keeper does not answer ({0}); it is started again by itself, else restart the machine")]
    Silent(String),
    /// The keeper's answer is to no such question.
    #[error("the keeper's answer is not to what was asked; restart the machine")]
    Answer,
}
