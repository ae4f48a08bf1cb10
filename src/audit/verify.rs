//! Whether an exported log is what the machine wrote. Pure: a file in, a report or the first bad record out.
//!
//! Believes nothing but hashes and the TPM's signatures. Knows no deeds, so that an older tool checks a newer
//! log. What it cannot see: whether records follow the last one, unless the file is a bundle; and whether the
//! records since the last head are all and as they were, again unless it is a bundle.

mod command;
mod error;
mod report;

use std::io::{BufRead, Read};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

pub use command::{VerifyEnd, verify_command};
pub use error::{Bad, Place, Why};
pub use report::Report;

use super::chain::genesis;
use super::export::{Begins, End, VERSION};
use super::{Hash, Head, canonical};
use crate::tpm::witness::{Certificate, Statement, WitnessKey};

/// The longest line that is read, in bytes.
pub const LONGEST_LINE: u64 = 65_536;

/// Reads a log to its end. `trusted` is the fingerprint of the TPM's key as the console shows it; without it, the
/// file's own key is taken, and the report names it.
pub fn verify(reader: impl BufRead, trusted: Option<Hash>) -> Result<Report, Bad> {
    let mut checker = Checker::new(trusted);
    let mut reader = reader;
    loop {
        let mut line = Vec::new();
        let read = (&mut reader).take(LONGEST_LINE).read_until(b'\n', &mut line);
        match read {
            Err(error) => {
                return Err(checker.bad(Place::Line(checker.lines), Why::Unreadable(error.to_string())));
            }
            Ok(0) => return checker.finish(),
            Ok(_) => checker.line(&line)?,
        }
    }
}

/// Reads a log line by line.
pub struct Checker {
    trusted: Option<Hash>,
    /// Whether a gap in what the TPM followed is noted rather than an error: for the machine itself, which has
    /// raised its alarm when it found the gap.
    note_gaps: bool,
    chain: Option<Begins>,
    keys: Vec<WitnessKey>,
    /// Number and hash of the latest record.
    record: (u64, Hash),
    /// What the TPM's index held after the latest head; `None` before the first one that is known.
    value: Option<Hash>,
    /// Number and last record of the latest head.
    head: (u64, u64),
    /// Whether a head has to come first, because the file begins in the middle of the chain.
    wants_head: bool,
    ended: bool,
    lines: u64,
    hash: Sha256,
    report: Report,
}

impl Checker {
    /// Nothing read yet.
    pub fn new(trusted: Option<Hash>) -> Self {
        Self {
            trusted,
            note_gaps: false,
            chain: None,
            keys: Vec::new(),
            record: (0, Hash::default()),
            value: None,
            head: (0, 0),
            wants_head: false,
            ended: false,
            lines: 0,
            hash: Sha256::new(),
            report: Report::default(),
        }
    }

    /// Takes a gap as known: it is counted in the report.
    pub fn noting_gaps(mut self) -> Self {
        self.note_gaps = true;
        self
    }

    fn bad(&self, place: Place, why: Why) -> Bad {
        Bad { place, why, line: self.lines }
    }

    /// Reads one line, its line feed included.
    pub fn line(&mut self, line: &[u8]) -> Result<(), Bad> {
        self.lines = self.lines.saturating_add(1);
        let here = Place::Line(self.lines);
        let bare = line.strip_suffix(b"\n").ok_or_else(|| self.bad(self.after(), Why::CutShort))?;
        if self.ended {
            return Err(self.bad(here, Why::AfterEnd));
        }
        let before = self.hash.clone();
        self.hash.update(line);
        let value: Value = serde_json::from_slice(bare).map_err(|_| self.bad(self.next(), Why::NotJson))?;
        // One thing has one text: nothing can hide in spaces, in a field that stands twice, or in escapes.
        if canonical::of_value(&value).as_bytes() != bare {
            return Err(self.bad(self.place_of(&value), Why::NotCanonical));
        }
        let Value::Object(fields) = value else { return Err(self.bad(here, Why::Unknown)) };
        let names: Vec<_> = fields.keys().map(String::as_str).collect();
        let has =
            |wanted: &[&str]| wanted.len() == names.len() && wanted.iter().all(|name| names.contains(name));
        match &self.chain {
            None if has(&["chain"]) => self.begin(&fields),
            None => Err(self.bad(here, Why::NoBeginning)),
            Some(_) if has(&["hash", "record"]) => self.take_record(&fields),
            Some(_) if has(&["head", "signature", "statement"]) => self.take_head(&fields),
            Some(_) if has(&["end"]) || has(&["end", "signature", "statement"]) => {
                self.take_end(&fields, before)
            }
            Some(_) => Err(self.bad(here, Why::Unknown)),
        }
    }

    /// The record that should come next.
    fn next(&self) -> Place {
        Place::Record(self.record.0.saturating_add(1))
    }

    /// After the latest record.
    fn after(&self) -> Place {
        Place::After(self.record.0)
    }

    fn place_of(&self, value: &Value) -> Place {
        let number = |kind: &str| value.get(kind).and_then(|inner| inner.get("n")).and_then(Value::as_u64);
        match (number("record"), number("head")) {
            (Some(n), _) => Place::Record(n),
            (_, Some(n)) => Place::Head(n),
            _ => Place::Line(self.lines),
        }
    }

    fn parse<T: DeserializeOwned>(&self, fields: &Map<String, Value>, name: &str) -> Result<T, Bad> {
        let value = fields.get(name).cloned().unwrap_or_default();
        serde_json::from_value(value).map_err(|_| self.bad(Place::Line(self.lines), Why::Unknown))
    }

    fn begin(&mut self, fields: &Map<String, Value>) -> Result<(), Bad> {
        let begins: Begins = self.parse(fields, "chain")?;
        let here = Place::Line(self.lines);
        if begins.v != VERSION {
            return Err(self.bad(here, Why::Version(begins.v)));
        }
        let id = genesis(begins.seed, &begins.key).map_err(|_| self.bad(here, Why::Unknown))?;
        let whole = begins.record == 0;
        if id != begins.id || (whole && (begins.hash != id || begins.head != 0)) {
            return Err(self.bad(here, Why::Chain));
        }
        for area in &begins.keys {
            let key = unhex(area).and_then(|area| WitnessKey::from_area(&area));
            self.keys.push(key.ok_or_else(|| self.bad(here, Why::Key))?);
        }
        self.record = (begins.record, begins.hash);
        self.value = if whole { Some(Hash::default()) } else { None };
        self.head = (if whole { 0 } else { begins.head.saturating_sub(1) }, begins.record);
        self.wants_head = !whole;
        self.report.chain = begins.id;
        self.report.first = begins.record.saturating_add(1);
        self.report.last = begins.record;
        self.chain = Some(begins);
        Ok(())
    }

    fn take_record(&mut self, fields: &Map<String, Value>) -> Result<(), Bad> {
        let record = fields.get("record").unwrap_or(&Value::Null);
        let n = record.get("n").and_then(Value::as_u64).ok_or_else(|| self.bad(self.next(), Why::Unknown))?;
        let hash: Hash = self.parse(fields, "hash")?;
        if Hash::of(canonical::of_value(record).as_bytes()) != hash {
            return Err(self.bad(Place::Record(n), Why::Edited));
        }
        let text = |name: &str| record.get(name).and_then(Value::as_str);
        if text("chain") != Some(self.report.chain.to_string().as_str()) {
            return Err(self.bad(Place::Record(n), Why::Foreign));
        }
        let expected = self.record.0.saturating_add(1);
        if n != expected {
            let why = if n > expected { Why::Missing } else { Why::Repeated };
            return Err(self.bad(Place::Record(n.min(expected)), why));
        }
        if self.wants_head {
            return Err(self.bad(Place::Record(n), Why::NoBeginning));
        }
        if text("prev") != Some(self.record.1.to_string().as_str()) {
            return Err(self.bad(Place::Record(n), Why::Unchained));
        }
        self.record = (n, hash);
        self.report.last = n;
        self.report.last_at =
            record.get("event").and_then(|event| event.get("at")?.as_str().map(str::to_owned));
        Ok(())
    }

    fn take_head(&mut self, fields: &Map<String, Value>) -> Result<(), Bad> {
        let head: Head = self.parse(fields, "head")?;
        let inner = fields.get("head").unwrap_or(&Value::Null);
        let digest = Hash::of(canonical::of_value(inner).as_bytes());
        let here = Place::Head(head.n);
        if head.chain != self.report.chain {
            return Err(self.bad(here, Why::Foreign));
        }
        let expected = self.head.0.saturating_add(1);
        if head.n != expected {
            return Err(self.bad(Place::Head(head.n.min(expected)), Why::HeadMissing));
        }
        let says = self.certified(fields, Some(head.key), here)?;
        if says.about != digest.0 {
            return Err(self.bad(here, Why::HeadEdited));
        }
        // From here on the head is what the TPM signed; what does not fit it are the records.
        let since = Place::Records(head.first, head.last);
        if head.last > self.record.0 {
            return Err(self.bad(self.next(), Why::Missing));
        }
        if (head.last, head.hash) != self.record
            || (!self.wants_head && head.first != self.head.1.saturating_add(1))
        {
            return Err(self.bad(since, Why::NotSigned));
        }
        let value = Hash(says.value);
        if self.value.is_some_and(|before| before.extended(digest) != value) {
            if !self.note_gaps {
                return Err(self.bad(here, Why::Gap { day: head.day, at: head.at }));
            }
            self.report.gaps = self.report.gaps.saturating_add(1);
        }
        self.value = Some(value);
        self.head = (head.n, head.last);
        self.wants_head = false;
        self.report.heads = self.report.heads.saturating_add(1);
        self.report.latest_head = Some(head);
        Ok(())
    }

    /// What the TPM says in this line, if it is signed by a key of the chain and by the trusted one.
    fn certified(
        &mut self,
        fields: &Map<String, Value>,
        by: Option<Hash>,
        here: Place,
    ) -> Result<Statement, Bad> {
        let bytes = |name: &str| fields.get(name)?.as_str().and_then(|text| STANDARD.decode(text).ok());
        let (Some(statement), Some(signature)) = (bytes("statement"), bytes("signature")) else {
            return Err(self.bad(here, Why::Unknown));
        };
        let certificate = Certificate { statement, signature };
        let keys = self.keys.iter().filter(|key| by.is_none_or(|by| key.fingerprint() == by.0));
        let mut checked = Err(Why::Key);
        for key in keys {
            match certificate.check(key) {
                Ok(statement) => {
                    checked = Ok((statement, Hash(key.fingerprint())));
                    break;
                }
                Err(untrue) => checked = Err(Why::Untrue(untrue)),
            }
        }
        let (statement, key) = checked.map_err(|why| self.bad(here, why))?;
        if self.trusted.is_some_and(|trusted| trusted != key) {
            return Err(self.bad(here, Why::OtherKey(key)));
        }
        if !self.report.keys.contains(&key) {
            self.report.keys.push(key);
        }
        Ok(statement)
    }

    fn take_end(&mut self, fields: &Map<String, Value>, before: Sha256) -> Result<(), Bad> {
        let end: End = self.parse(fields, "end")?;
        let here = Place::Line(self.lines);
        let inner = fields.get("end").unwrap_or(&Value::Null);
        let digest = Hash::of(canonical::of_value(inner).as_bytes());
        if self.wants_head {
            return Err(self.bad(here, Why::NoBeginning));
        }
        if end.chain != self.report.chain {
            return Err(self.bad(here, Why::Foreign));
        }
        let lines = self.lines.saturating_sub(1);
        if end.lines != lines || end.sha256 != Hash(before.finalize().into()) {
            return Err(self.bad(self.after(), Why::EndDiffers));
        }
        if fields.contains_key("statement") {
            let says = self.certified(fields, None, here)?;
            if says.about != digest.0 {
                return Err(self.bad(self.after(), Why::EndDiffers));
            }
            if self.value.is_some_and(|value| value.0 != says.value) {
                return Err(self.bad(self.after(), Why::HeadsMissing));
            }
            self.report.signed = Some(end.at);
        }
        self.ended = true;
        Ok(())
    }

    /// The end of the file.
    pub fn finish(mut self) -> Result<Report, Bad> {
        if self.chain.is_none() {
            return Err(self.bad(Place::Line(self.lines), Why::NoBeginning));
        }
        if !self.ended {
            return Err(self.bad(self.after(), Why::CutShort));
        }
        self.report.unsealed = self.record.0.saturating_sub(self.head.1);
        if self.trusted.is_some() && self.report.keys.is_empty() {
            return Err(self.bad(self.after(), Why::NothingSigned));
        }
        self.report.trusted = self.trusted.is_some();
        Ok(self.report)
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        text.chars().map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0)?;
    Some(digits.chunks_exact(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect())
}
