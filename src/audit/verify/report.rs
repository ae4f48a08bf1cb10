//! What a good log shows, and what it does not.

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

use crate::audit::{Hash, Head};

/// What was found in a log without a fault.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Report {
    /// The chain.
    pub chain: Hash,
    /// Fingerprints of the TPM's keys that signed.
    pub keys: Vec<Hash>,
    /// Whether they are the one that the caller trusts.
    pub trusted: bool,
    /// Number of the first record.
    pub first: u64,
    /// Number of the last one; below `first` if there is none.
    pub last: u64,
    /// When the last one was recorded, as it says itself.
    pub last_at: Option<String>,
    /// How many heads there are.
    pub heads: u64,
    /// The last of them.
    pub latest_head: Option<Head>,
    /// How many records come after it: nobody has signed those, unless the file is a bundle.
    pub unsealed: u64,
    /// When the TPM signed the file as a whole; `None` if it is no bundle.
    pub signed: Option<Timestamp>,
    /// How often the TPM had followed heads that are not there. Always 0 unless gaps are taken as known.
    pub gaps: u64,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { first, last, heads, .. } = self;
        let count = last.saturating_add(1).saturating_sub(*first);
        writeln!(f, "good: {count} records ({first} to {last}), {heads} heads signed by the TPM")?;
        writeln!(f, "chain {}", self.chain)?;
        for key in &self.keys {
            let word = if self.trusted { "the trusted one" } else { "compare it with the console's" };
            writeln!(f, "key {key} ({word})")?;
        }
        if let Some(head) = &self.latest_head {
            writeln!(
                f,
                "last head: {} of {}, made {:.0}, up to record {}",
                head.n, head.day, head.at, head.last
            )?;
        }
        match (self.signed, self.unsealed) {
            (Some(at), _) => {
                writeln!(
                    f,
                    "the TPM signed the whole file {at:.0}: nothing before that is missing at its end"
                )
            }
            (None, 0) => writeln!(f, "not a bundle: whether later records exist, the file cannot show"),
            (None, open) => writeln!(
                f,
                "not a bundle: the last {open} records are under no head yet, and whether later ones exist, the \
                 file cannot show"
            ),
        }
    }
}
