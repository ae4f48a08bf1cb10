//! The records: each holds the hash of the one before it.

use std::fmt;
use std::ops::Deref;

use serde::{Deserialize, Serialize};

use super::{Event, Hash, canonical};
use crate::store::{Reads, Span, StoreError, Table, Tx};

/// Number, from 1 up, to record.
pub const EVENTS: Table<u64, Record> = Table::new("audit-records", 1);
/// What version 0.1 of the service wrote, without a chain.
const UNCHAINED: Table<u64, Event> = Table::new("audit-events", 1);
/// (what is sought, number): which records are a person's, and which tell of a deed. See `search.rs`.
pub(super) const INDEX: Table<(String, u64), u8> = Table::new("audit-index", 1);
/// One row, under 0.
const STATE: Table<u64, State> = Table::new("audit-state", 1);

/// The version of the records' form.
const VERSION: u32 = 1;

/// An event with its place in the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Row", into = "Row")]
pub struct Record {
    event: Event,
    prev: Hash,
    hash: Hash,
    /// The canonical text, which is what was hashed. It is kept, not made again, so that a field that events
    /// get one day changes no older record.
    text: String,
}

/// As it lies in the store.
#[derive(Serialize, Deserialize)]
struct Row {
    hash: Hash,
    text: String,
}

/// What the text says.
#[derive(Serialize, Deserialize)]
struct Said {
    chain: Hash,
    event: Event,
    n: u64,
    prev: Hash,
    v: u32,
}

/// Where the chain stands: all that an event needs to be added, in one row.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct State {
    /// The hash of the random bytes and the key with which it began; all zeros before that.
    pub chain: Hash,
    /// The random bytes, as hexadecimal digits.
    pub seed: Hash,
    /// The public area of the TPM's key with which it began, in hexadecimal digits; empty if no TPM answered.
    pub key: String,
    /// The public areas of all keys that have vouched for it.
    pub keys: Vec<String>,
    /// Number of the latest record; 0 if there is none.
    pub last: u64,
    /// Its hash; the chain's own before the first.
    pub hash: Hash,
    /// Records up to this number are removed.
    pub gone: u64,
}

impl State {
    /// How many records are kept.
    pub fn kept(&self) -> u64 {
        self.last.saturating_sub(self.gone)
    }

    pub(super) fn put(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        tx.put(&STATE, &0, self)
    }
}

impl TryFrom<Row> for Record {
    type Error = serde_json::Error;

    fn try_from(row: Row) -> Result<Self, Self::Error> {
        let Row { hash, text } = row;
        let Said { event, prev, .. } = serde_json::from_str(&text)?;
        Ok(Self { event, prev, hash, text })
    }
}

impl From<Record> for Row {
    fn from(record: Record) -> Self {
        Self { hash: record.hash, text: record.text }
    }
}

impl Record {
    /// The hash of this record.
    pub fn hash(&self) -> Hash {
        self.hash
    }

    /// The hash of the record before.
    pub fn prev(&self) -> Hash {
        self.prev
    }

    /// What happened, without its place in the chain.
    pub fn into_event(self) -> Event {
        self.event
    }

    /// The record's line in an export: its canonical text, and the hash of just that text.
    pub fn line(&self) -> String {
        format!("{{\"hash\":\"{}\",\"record\":{}}}", self.hash, self.text)
    }
}

impl Deref for Record {
    type Target = Event;

    fn deref(&self) -> &Event {
        &self.event
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.event.fmt(f)
    }
}

/// Where the chain stands.
pub fn state(view: &impl Reads) -> Result<State, StoreError> {
    Ok(view.get(&STATE, &0)?.unwrap_or_default())
}

/// The records after `number`, at most `limit`, in their order: for what follows the log.
pub fn records_after(view: &impl Reads, number: u64, limit: usize) -> Result<Vec<(u64, Record)>, StoreError> {
    view.scan(&EVENTS, &Span::all(limit).starting_at(&number.saturating_add(1)))
}

/// Begins the chain of this machine, bound to `seed` (32 random bytes) and to the TPM's key (its public area);
/// later only notes another key. What an earlier version wrote without a chain comes first in it. `true` if the
/// chain began now.
pub fn begin(tx: &mut Tx<'_>, seed: Hash, key: Option<&[u8]>) -> Result<bool, StoreError> {
    let mut state = state(tx)?;
    let area = key.map(hex);
    let begins = state.chain == Hash::default();
    if begins {
        let earlier: Vec<Event> =
            tx.scan(&EVENTS, &Span::all(usize::MAX))?.into_iter().map(|(_, record)| record.event).collect();
        let unchained = tx.scan(&UNCHAINED, &Span::all(usize::MAX))?;
        let key = area.clone().unwrap_or_default();
        let chain = genesis(seed, &key)?;
        let keys = area.into_iter().collect();
        State { chain, seed, key, keys, hash: chain, last: 0, gone: 0 }.put(tx)?;
        for (number, event) in unchained {
            tx.delete(&UNCHAINED, &number);
            append(tx, &event)?;
        }
        earlier.iter().try_for_each(|event| append(tx, event))?;
    } else if let Some(area) = area.filter(|area| !state.keys.contains(area)) {
        state.keys.push(area);
        state.put(tx)?;
    }
    Ok(begins)
}

/// What a chain is called, and what its first record holds as the hash before: bound to 32 random bytes and to
/// the TPM's key.
pub(super) fn genesis(seed: Hash, key: &str) -> Result<Hash, StoreError> {
    Ok(Hash::of(canonical::text(&("cashcow-audit-1", seed, key))?.as_bytes()))
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Adds an event to the end. One row is read, whatever the length of the log.
pub(super) fn append(tx: &mut Tx<'_>, event: &Event) -> Result<(), StoreError> {
    let mut state = state(tx)?;
    let (n, prev) = (state.last.saturating_add(1), state.hash);
    let text = canonical::text(&Said { chain: state.chain, event: event.clone(), n, prev, v: VERSION })?;
    let hash = Hash::of(text.as_bytes());
    state.last = n;
    state.hash = hash;
    state.put(tx)?;
    for sought in index_keys(event) {
        tx.put(&INDEX, &(sought, n), &0)?;
    }
    tx.put(&EVENTS, &n, &Record { event: event.clone(), prev, hash, text })
}

/// Under which words an event is found without a look at all others.
pub(super) fn index_keys(event: &Event) -> [String; 2] {
    [format!("who {}", event.by).to_lowercase(), format!("deed {}", event.deed.name())]
}
