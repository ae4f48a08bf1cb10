//! What can go wrong with the store, in words for the log.

use std::path::PathBuf;

/// A fault of the store. None of them is the shopper's doing, and none of them loses a row.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The file could not be opened or created.
    #[error("the store {path} cannot be opened: {reason}; the file is kept as it is")]
    Open {
        /// The file.
        path: PathBuf,
        /// The engine's words.
        reason: String,
    },
    /// The file belongs to another root key.
    #[error(
        "the store was sealed under another key, so nothing in it can be read; the file is kept as it is"
    )]
    WrongKey,
    /// A row does not authenticate or does not decode.
    #[error("a row of table {table} is damaged; restore the store from a backup")]
    Damaged {
        /// The table.
        table: String,
    },
    /// A row was written by a newer version of the service.
    #[error(
        "a row of table {table} has version {found}, and this service knows versions up to {known}: start the newer image"
    )]
    Newer {
        /// The table.
        table: String,
        /// The row's version.
        found: u8,
        /// The newest that this service reads.
        known: u8,
    },
    /// The engine failed: disk full, input/output error.
    #[error("the store could not {doing}: {reason}")]
    Engine {
        /// The operation.
        doing: &'static str,
        /// The engine's words.
        reason: String,
    },
    /// The writer has stopped; the service must be restarted.
    #[error("the store's writer has stopped")]
    Stopped,
    /// More transactions wait than the queue holds.
    #[error("the store has too much to write at once; try again shortly")]
    Busy,
}

impl StoreError {
    pub(super) fn engine(doing: &'static str, reason: impl ToString) -> Self {
        Self::Engine { doing, reason: reason.to_string() }
    }
}
