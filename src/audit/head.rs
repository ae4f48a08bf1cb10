//! Heads: where the log stood, what the TPM followed, and what it signed.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Hash, canonical};
use crate::store::{Reads, Span, StoreError, Table, Tx};
use crate::tpm::witness::Certificate;

/// Number, from 1 up, to head.
pub(super) const HEADS: Table<u64, Sealed> = Table::new("audit-heads", 1);
/// One row, under 0, while a head is on its way into the TPM: it says whether the TPM has taken it.
pub(super) const PENDING: Table<u64, Pending> = Table::new("audit-pending", 1);

/// The version of the heads' form.
pub(super) const VERSION: u32 = 1;

/// Where the log stood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// When it was made.
    pub at: Timestamp,
    /// The chain.
    pub chain: Hash,
    /// The day, in UTC, of the records since the head before. The last head of a day closes it.
    pub day: Date,
    /// The first record since the head before.
    pub first: u64,
    /// The hash of the last record.
    pub hash: Hash,
    /// The fingerprint of the TPM's key.
    pub key: Hash,
    /// The last record.
    pub last: u64,
    /// The head's own number, from 1 up.
    pub n: u64,
    /// The form's version.
    pub v: u32,
}

/// A head with the TPM's certificate, kept as the text that was hashed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    text: String,
    statement: String,
    signature: String,
    /// What the TPM's index held afterwards.
    value: Hash,
}

/// A head on its way into the TPM.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pending {
    pub(super) head: Head,
    /// What the TPM's index held before.
    pub(super) before: Hash,
}

impl Head {
    /// What the TPM's index is extended with, and what its statement is about.
    pub(super) fn digest(&self) -> Result<Hash, StoreError> {
        Ok(Hash::of(canonical::text(self)?.as_bytes()))
    }
}

impl Sealed {
    pub(super) fn new(head: &Head, certificate: &Certificate, value: Hash) -> Result<Self, StoreError> {
        Ok(Self {
            text: canonical::text(head)?,
            statement: STANDARD.encode(&certificate.statement),
            signature: STANDARD.encode(&certificate.signature),
            value,
        })
    }

    /// The head.
    pub fn head(&self) -> Result<Head, StoreError> {
        serde_json::from_str(&self.text).map_err(|_| StoreError::Damaged { table: "audit-heads".to_owned() })
    }

    /// What the TPM's index held after it.
    pub fn value(&self) -> Hash {
        self.value
    }

    /// The head's line in an export.
    pub fn line(&self) -> String {
        let Self { text, statement, signature, .. } = self;
        format!("{{\"head\":{text},\"signature\":\"{signature}\",\"statement\":\"{statement}\"}}")
    }
}

/// The latest head, and its number.
pub fn latest_head(view: &impl Reads) -> Result<Option<(u64, Sealed)>, StoreError> {
    Ok(view.scan(&HEADS, &Span::all(1).newest_first())?.pop())
}

pub(super) fn put(tx: &mut Tx<'_>, head: &Head, sealed: &Sealed) -> Result<(), StoreError> {
    tx.put(&HEADS, &head.n, sealed)?;
    tx.delete(&PENDING, &0);
    Ok(())
}
