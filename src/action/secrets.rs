//! The operator's secrets: rows that only the machine reads. They are never shown again, not even to who
//! typed them; pages show when they were set. Each row is sealed by the store, whose key the TPM keeps.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::base::SecretBytes;
use crate::store::{Reads, StoreError, Table, Tx};

/// Name to secret.
const SECRETS: Table<String, Kept> = Table::new("secrets", 1);

#[derive(Serialize, Deserialize)]
struct Kept {
    value: Zeroizing<String>,
    set: Timestamp,
}

/// A secret of the operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    /// Stripe's secret key.
    StripeKey,
}

impl Name {
    fn key(self) -> String {
        match self {
            Self::StripeKey => "stripe-key".to_owned(),
        }
    }
}

/// Keeps a secret in place of the one before.
pub(super) fn keep(
    tx: &mut Tx<'_>,
    name: Name,
    value: &Zeroizing<String>,
    set: Timestamp,
) -> Result<(), StoreError> {
    tx.put(&SECRETS, &name.key(), &Kept { value: value.clone(), set })
}

/// The secret, and when it was set.
pub(super) fn read(view: &impl Reads, name: Name) -> Result<Option<(SecretBytes, Timestamp)>, StoreError> {
    let kept = view.get(&SECRETS, &name.key())?;
    Ok(kept.map(|kept| (SecretBytes::new(kept.value.as_bytes().to_vec()), kept.set)))
}
