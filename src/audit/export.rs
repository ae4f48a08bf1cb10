//! The log as lines: a piece at a time, so that memory stays bounded, and twice the same.
//!
//! First a line that names the chain; then the records, each head after its last record; then a line that counts
//! the lines and hashes them. In a bundle the TPM signs that last line, with what its index holds at that moment.
//! What is exported is fixed when the export begins; what is recorded meanwhile is not in it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::chain::{self, State, records_after};
use super::head::{HEADS, Sealed};
use super::{Hash, canonical};
use crate::store::{Reads, Span, StoreError};
use crate::tpm::witness::Certificate;

/// Records in a piece.
pub const PIECE: usize = 500;
/// The version of the form.
pub(super) const VERSION: u32 = 1;

/// The first line: which chain, and where in it the file begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Begins {
    /// The head at which the file begins; 0 if it begins with the chain.
    pub(super) head: u64,
    /// The hash before the first record.
    pub(super) hash: Hash,
    pub(super) id: Hash,
    pub(super) key: String,
    pub(super) keys: Vec<String>,
    /// The number before the first record.
    pub(super) record: u64,
    pub(super) seed: Hash,
    pub(super) v: u32,
}

/// The last line: what stands before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// When the export was made.
    pub at: Timestamp,
    /// The chain.
    pub chain: Hash,
    /// How many lines come before.
    pub lines: u64,
    /// SHA-256 of all bytes before, line feeds included.
    pub sha256: Hash,
    /// The form's version.
    pub v: u32,
}

/// An export under way. A copy made before the first piece gives the same lines again.
#[derive(Clone)]
pub struct Export {
    state: State,
    begins: Option<Begins>,
    /// The next head, and the last.
    heads: (u64, u64),
    /// The latest record given.
    given: u64,
    hash: Sha256,
    lines: u64,
}

impl Export {
    /// Everything that is kept, or what was recorded on `from` and later: then it begins with the head that
    /// closed the days before.
    pub fn begin(view: &impl Reads, from: Option<Date>) -> Result<Self, StoreError> {
        let state = chain::state(view)?;
        let lowest = view.scan(&HEADS, &Span::all(1))?.first().map_or(1, |(n, _)| *n);
        let latest = view.scan(&HEADS, &Span::all(1).newest_first())?.first().map_or(0, |(n, _)| *n);
        // The last head whose day is over before `from`, or the first one that is still whole.
        let first_of = |wants: &dyn Fn(&Sealed) -> Result<bool, StoreError>| {
            let (mut low, mut high) = (lowest, latest.saturating_add(1));
            while low < high {
                let middle = low.midpoint(high);
                let sealed = view.get(&HEADS, &middle)?;
                let sealed = sealed.ok_or(StoreError::Damaged { table: "audit-heads".to_owned() })?;
                if wants(&sealed)? { high = middle } else { low = middle.saturating_add(1) }
            }
            Ok::<_, StoreError>(low)
        };
        let mut anchor = 0;
        if state.gone > 0 {
            anchor = first_of(&|sealed| Ok(sealed.head()?.last >= state.gone))?;
        }
        if let Some(from) = from {
            anchor = anchor.max(first_of(&|sealed| Ok(sealed.head()?.day >= from))?.saturating_sub(1));
        }
        let sealed = if anchor == 0 { None } else { view.get(&HEADS, &anchor)? };
        let (record, hash, next) = match sealed {
            Some(sealed) => {
                let head = sealed.head()?;
                (head.last, head.hash, anchor)
            }
            None => (0, state.chain, 1),
        };
        let begins = Begins {
            head: if record == 0 { 0 } else { anchor },
            hash,
            id: state.chain,
            key: state.key.clone(),
            keys: state.keys.clone(),
            record,
            seed: state.seed,
            v: VERSION,
        };
        let heads = (next, latest);
        Ok(Self { state, begins: Some(begins), heads, given: record, hash: Sha256::new(), lines: 0 })
    }

    /// The next lines; `None` once all but the last line are given.
    pub fn piece(&mut self, view: &impl Reads) -> Result<Option<String>, StoreError> {
        let mut out = String::new();
        if let Some(begins) = self.begins.take() {
            self.push(&mut out, &format!("{{\"chain\":{}}}", canonical::text(&begins)?));
            self.push_heads(view, &mut out)?;
        }
        let left = self.state.last.saturating_sub(self.given);
        let most = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
        for (number, record) in records_after(view, self.given, most)? {
            // What was removed or is missing shows to whoever checks the file; it is not hidden here.
            self.given = number;
            self.push(&mut out, &record.line());
            self.push_heads(view, &mut out)?;
        }
        Ok(if out.is_empty() { None } else { Some(out) })
    }

    fn push_heads(&mut self, view: &impl Reads, out: &mut String) -> Result<(), StoreError> {
        while self.heads.0 <= self.heads.1 {
            let Some(sealed) = view.get(&HEADS, &self.heads.0)? else {
                self.heads.0 = self.heads.0.saturating_add(1);
                continue;
            };
            if sealed.head()?.last > self.given {
                break;
            }
            self.push(out, &sealed.line());
            self.heads.0 = self.heads.0.saturating_add(1);
        }
        Ok(())
    }

    fn push(&mut self, out: &mut String, line: &str) {
        let before = out.len();
        out.push_str(line);
        out.push('\n');
        self.hash.update(out.as_bytes().get(before..).unwrap_or_default());
        self.lines = self.lines.saturating_add(1);
    }

    /// What the last line says of the pieces that were given.
    pub fn end(&self, at: Timestamp) -> End {
        let sha256 = Hash(self.hash.clone().finalize().into());
        End { at, chain: self.state.chain, lines: self.lines, sha256, v: VERSION }
    }
}

impl End {
    /// What the TPM signs.
    pub fn digest(&self) -> Result<Hash, StoreError> {
        Ok(Hash::of(canonical::text(self)?.as_bytes()))
    }

    /// The last line; signed in a bundle.
    pub fn line(&self, certificate: Option<&Certificate>) -> Result<String, StoreError> {
        let text = canonical::text(self)?;
        Ok(match certificate {
            None => format!("{{\"end\":{text}}}\n"),
            Some(Certificate { statement, signature }) => {
                let (statement, signature) = (STANDARD.encode(statement), STANDARD.encode(signature));
                format!("{{\"end\":{text},\"signature\":\"{signature}\",\"statement\":\"{statement}\"}}\n")
            }
        })
    }
}
