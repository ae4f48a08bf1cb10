//! What a room sees of the store: a [`View`] to read, a [`Tx`] to read and write.

use std::collections::BTreeMap;
use std::ops::Bound;

use redb::{ReadTransaction, ReadableTable, TableDefinition, TableError, WriteTransaction};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::seal::Sealer;
use super::{Key, StoreError, Table};

pub(super) type Rows = TableDefinition<'static, &'static [u8], &'static [u8]>;
type Row = (Vec<u8>, Vec<u8>);
type Guard<'a> = redb::AccessGuard<'a, &'static [u8]>;
type OpenTable = redb::ReadOnlyTable<&'static [u8], &'static [u8]>;

/// Which rows of a table, in which order, how many.
#[derive(Debug, Clone)]
pub struct Span {
    from: Vec<u8>,
    to: Option<Vec<u8>>,
    newest_first: bool,
    limit: usize,
}

impl Span {
    /// The whole table, at most `limit` rows, in the order of their keys.
    pub fn all(limit: usize) -> Self {
        Self { from: Vec::new(), to: None, newest_first: false, limit }
    }

    /// The rows whose keys begin with `prefix` (the first part of a tuple).
    pub fn under(prefix: &impl Key, limit: usize) -> Self {
        let from = prefix.to_key();
        let to = successor(&from);
        Self { from, to, newest_first: false, limit }
    }

    /// Only keys below `key`: the next page of a list that shows the newest first.
    pub fn before(mut self, key: &impl Key) -> Self {
        self.to = Some(key.to_key());
        self
    }

    /// Only keys from `key` on, itself included.
    pub fn starting_at(mut self, key: &impl Key) -> Self {
        self.from = key.to_key();
        self
    }

    /// Highest keys first.
    pub fn newest_first(mut self) -> Self {
        self.newest_first = true;
        self
    }

    fn bounds(&self) -> (Bound<&[u8]>, Bound<&[u8]>) {
        (Bound::Included(&self.from), self.to.as_deref().map_or(Bound::Unbounded, Bound::Excluded))
    }
}

/// The first key after every key that begins with `prefix`.
fn successor(prefix: &[u8]) -> Option<Vec<u8>> {
    let mut next = prefix.to_vec();
    while let Some(last) = next.pop() {
        if let Some(higher) = last.checked_add(1) {
            next.push(higher);
            return Some(next);
        }
    }
    None
}

fn collect(
    table: &impl ReadableTable<&'static [u8], &'static [u8]>,
    span: &Span,
    extra: usize,
) -> Result<Vec<Row>, StoreError> {
    let engine = |error: redb::StorageError| StoreError::engine("read rows", error);
    let range = table.range::<&[u8]>(span.bounds()).map_err(engine)?;
    let limit = span.limit.saturating_add(extra);
    let copy = |row: Result<(Guard<'_>, Guard<'_>), redb::StorageError>| {
        row.map(|(key, value)| (key.value().to_vec(), value.value().to_vec())).map_err(engine)
    };
    if span.newest_first {
        range.rev().take(limit).map(copy).collect()
    } else {
        range.take(limit).map(copy).collect()
    }
}

mod sealed {
    use super::{Row, Sealer, Span, StoreError};

    pub trait Raw {
        fn sealer(&self) -> &Sealer;
        fn raw_get(&self, table: &'static str, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;
        fn raw_scan(&self, table: &'static str, span: &Span) -> Result<Vec<Row>, StoreError>;
    }
}

/// Reading rows, inside a transaction or beside it.
pub trait Reads: sealed::Raw {
    /// The row called `key`.
    fn get<K: Key, V: Serialize + DeserializeOwned>(
        &self,
        table: &Table<K, V>,
        key: &K,
    ) -> Result<Option<V>, StoreError> {
        let key = key.to_key();
        let Some(sealed) = self.raw_get(table.name, &key)? else { return Ok(None) };
        table.decode(&self.sealer().open(table.name, &key, &sealed)?).map(Some)
    }

    /// The rows within `span`.
    fn scan<K: Key, V: Serialize + DeserializeOwned>(
        &self,
        table: &Table<K, V>,
        span: &Span,
    ) -> Result<Vec<(K, V)>, StoreError> {
        let open = |(key, sealed): Row| {
            let row = self.sealer().open(table.name, &key, &sealed)?;
            Ok((table.decode_key(&key)?, table.decode(&row)?))
        };
        self.raw_scan(table.name, span)?.into_iter().map(open).collect()
    }
}

impl<T: sealed::Raw> Reads for T {}

/// A consistent look at the store as of one commit.
pub struct View<'a> {
    pub(super) engine: ReadTransaction,
    pub(super) sealer: &'a Sealer,
}

impl View<'_> {
    fn table(&self, table: &'static str) -> Result<Option<OpenTable>, StoreError> {
        match self.engine.open_table(Rows::new(table)) {
            Ok(open) => Ok(Some(open)),
            Err(TableError::TableDoesNotExist(_)) => Ok(None),
            Err(error) => Err(StoreError::engine("open a table", error)),
        }
    }
}

impl sealed::Raw for View<'_> {
    fn sealer(&self) -> &Sealer {
        self.sealer
    }

    fn raw_get(&self, table: &'static str, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(table) = self.table(table)? else { return Ok(None) };
        let row = table.get(key).map_err(|error| StoreError::engine("read a row", error))?;
        Ok(row.map(|row| row.value().to_vec()))
    }

    fn raw_scan(&self, table: &'static str, span: &Span) -> Result<Vec<Row>, StoreError> {
        self.table(table)?.map_or_else(|| Ok(Vec::new()), |table| collect(&table, span, 0))
    }
}

/// A transaction: sees its own writes, and leaves none of them if its closure fails. It may run more
/// than once before it is answered, so its closure has no effect outside it.
pub struct Tx<'a> {
    engine: &'a WriteTransaction,
    sealer: &'a Sealer,
    written: BTreeMap<(&'static str, Vec<u8>), Option<Vec<u8>>>,
}

impl<'a> Tx<'a> {
    pub(super) fn new(engine: &'a WriteTransaction, sealer: &'a Sealer) -> Self {
        Self { engine, sealer, written: BTreeMap::new() }
    }

    /// Writes the row called `key`, new or in place of the old one.
    pub fn put<K: Key, V: Serialize + DeserializeOwned>(
        &mut self,
        table: &Table<K, V>,
        key: &K,
        value: &V,
    ) -> Result<(), StoreError> {
        let key = key.to_key();
        let sealed = self.sealer.seal(table.name, &key, &table.encode(value)?)?;
        self.written.insert((table.name, key), Some(sealed));
        Ok(())
    }

    /// Removes the row called `key`, if it is there. The bytes stay in the file until they are
    /// overwritten: removal is not erasure.
    pub fn delete<K: Key, V>(&mut self, table: &Table<K, V>, key: &K) {
        self.written.insert((table.name, key.to_key()), None);
    }

    pub(super) fn into_engine(self) -> Result<(), StoreError> {
        let engine = |error: redb::StorageError| StoreError::engine("write a row", error);
        for ((table, key), row) in &self.written {
            let mut table = self.table(table)?;
            match row {
                Some(row) => drop(table.insert(key.as_slice(), row.as_slice()).map_err(engine)?),
                None => drop(table.remove(key.as_slice()).map_err(engine)?),
            }
        }
        Ok(())
    }

    fn table(
        &self,
        table: &'static str,
    ) -> Result<redb::Table<'a, &'static [u8], &'static [u8]>, StoreError> {
        self.engine.open_table(Rows::new(table)).map_err(|error| StoreError::engine("open a table", error))
    }
}

impl sealed::Raw for Tx<'_> {
    fn sealer(&self) -> &Sealer {
        self.sealer
    }

    fn raw_get(&self, table: &'static str, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        if let Some(row) = self.written.get(&(table, key.to_vec())) {
            return Ok(row.clone());
        }
        let table = self.table(table)?;
        let row = table.get(key).map_err(|error| StoreError::engine("read a row", error))?;
        Ok(row.map(|row| row.value().to_vec()))
    }

    fn raw_scan(&self, table: &'static str, span: &Span) -> Result<Vec<Row>, StoreError> {
        let inside = |key: &[u8]| key >= span.from.as_slice() && span.to.as_deref().is_none_or(|to| key < to);
        let own: Vec<_> =
            self.written.iter().filter(|((name, key), _)| *name == table && inside(key)).collect();
        // Each row of ours may hide one of the engine's.
        let mut rows: BTreeMap<_, _> = collect(&self.table(table)?, span, own.len())?.into_iter().collect();
        for ((_, key), row) in own {
            match row {
                Some(row) => drop(rows.insert(key.clone(), row.clone())),
                None => drop(rows.remove(key)),
            }
        }
        if span.newest_first {
            Ok(rows.into_iter().rev().take(span.limit).collect())
        } else {
            Ok(rows.into_iter().take(span.limit).collect())
        }
    }
}
