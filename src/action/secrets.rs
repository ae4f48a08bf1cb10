//! The operator's secrets: rows that only the machine reads. They are never shown again, not even to who
//! typed them; pages show when they were set. Each row is sealed by the store, whose key the TPM keeps.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::operator::{AccountField, Vendor};
use crate::store::{Reads, StoreError, Table, Tx};

/// Name to secret.
const SECRETS: Table<String, Kept> = Table::new("secrets", 1);

/// What is kept of one field.
#[derive(Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) value: Zeroizing<String>,
    pub(super) set: Timestamp,
}

/// The key of the field's row: its name with hyphens.
fn row(field: AccountField) -> String {
    field.name().replace('_', "-")
}

/// Keeps a value in place of the one before.
pub(super) fn keep(
    tx: &mut Tx<'_>,
    field: AccountField,
    value: &Zeroizing<String>,
    set: Timestamp,
) -> Result<(), StoreError> {
    tx.put(&SECRETS, &row(field), &Kept { value: value.clone(), set })
}

/// Forgets a value.
pub(super) fn forget(tx: &mut Tx<'_>, field: AccountField) {
    tx.delete(&SECRETS, &row(field));
}

/// All that is kept of every account.
pub(super) fn all(view: &impl Reads) -> Result<BTreeMap<AccountField, Kept>, StoreError> {
    let mut all = BTreeMap::new();
    for field in Vendor::ALL.iter().flat_map(|vendor| vendor.fields()) {
        if let Some(kept) = view.get(&SECRETS, &row(*field))? {
            all.insert(*field, kept);
        }
    }
    Ok(all)
}
