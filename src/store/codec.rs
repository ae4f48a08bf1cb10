//! Rows: a version byte, then JSON. A domain names its tables as constants of [`Table`].

use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Key, StoreError};

/// A table: its name in the file, the version of the rows that this code writes, and its types.
///
/// A row is read by any code that knows its version. Adding a field needs `#[serde(default)]` and no
/// new version; anything else needs a new version and a migration with a test from an old file.
pub struct Table<K, V> {
    pub(super) name: &'static str,
    version: u8,
    types: PhantomData<fn() -> (K, V)>,
}

impl<K: Key, V: Serialize + DeserializeOwned> Table<K, V> {
    /// The table called `name`, whose rows are written at `version`.
    pub const fn new(name: &'static str, version: u8) -> Self {
        Self { name, version, types: PhantomData }
    }

    pub(super) fn encode(&self, value: &V) -> Result<Vec<u8>, StoreError> {
        let mut row = vec![self.version];
        serde_json::to_writer(&mut row, value).map_err(|error| StoreError::engine("write a row", error))?;
        Ok(row)
    }

    pub(super) fn decode(&self, row: &[u8]) -> Result<V, StoreError> {
        let damaged = StoreError::Damaged { table: self.name.to_owned() };
        let (version, json) = row.split_first().ok_or_else(|| damaged.clone())?;
        if *version > self.version {
            return Err(StoreError::Newer {
                table: self.name.to_owned(),
                found: *version,
                known: self.version,
            });
        }
        serde_json::from_slice(json).map_err(|_| damaged)
    }

    pub(super) fn decode_key(&self, bytes: &[u8]) -> Result<K, StoreError> {
        match K::read(bytes) {
            Some((key, [])) => Ok(key),
            _ => Err(StoreError::Damaged { table: self.name.to_owned() }),
        }
    }
}
