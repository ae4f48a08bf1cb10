//! The store: one redb file, one writer, every row sealed.
//!
//! Owns the engine, the codecs and the keys of the rows; knows no business words, and is the only
//! importer of redb. What the rooms above see is an ordered key-value transaction that may be asked
//! to run again.
//!
//! Invariants:
//! - A [`Store::transact`] that returned `Ok` is on the disk (two-phase commit, `fdatasync`).
//! - Closures that arrive together share one commit; one that fails leaves no trace and harms no other.
//! - A row is AES-256-GCM under a key of its table, with table and key as associated data: a row that
//!   was edited, moved or copied from another machine is an error, never a wrong answer.

mod codec;
mod error;
mod file;
mod key;
mod seal;
mod tx;
mod writer;

pub use codec::Table;
pub use error::StoreError;
pub use file::{Store, StoreFile};
pub use key::Key;
pub use seal::RootKey;
pub use tx::{Reads, Span, Tx, View};
