//! What one round carries: records in order, and in place of those that are gone one that says so.

use super::ledger::Ledger;
use super::record::Record;
use super::trouble::Trouble;

/// Why records are missing that are not kept any more.
const AGED: &str = "no longer kept when the collector could be reached";
/// Why a record is missing that the collector does not take.
const UNREADABLE: &str = "the collector could not take it";

/// How far a round has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Delivery {
    /// The last number that is told.
    pub(super) upto: u64,
    /// Records in it.
    pub(super) records: usize,
    /// Records that the collector will not get.
    pub(super) lost: u64,
}

/// A record on its way.
pub(super) struct Carried {
    pub(super) record: Record,
    /// How many records it stands for that the collector will not get.
    pub(super) lost: u64,
}

impl Delivery {
    pub(super) fn none(upto: u64) -> Self {
        Self { upto, records: 0, lost: 0 }
    }

    /// The same with one record more.
    pub(super) fn note(self, carried: &Carried) -> Self {
        Self {
            upto: carried.record.number,
            records: self.records.saturating_add(1),
            lost: self.lost.saturating_add(carried.lost),
        }
    }
}

/// The next records after `number`, with a record for every gap between them.
pub(super) fn filled(ledger: &impl Ledger, number: u64, most: usize) -> Result<Vec<Carried>, Trouble> {
    let mut next = number.saturating_add(1);
    let mut all = Vec::new();
    for record in ledger.after(number, most)? {
        // A log that went backwards would be told for ever.
        if record.number < next {
            return Err(Trouble::Log("its numbers do not grow".to_owned()));
        }
        if record.number > next {
            let last = record.number.saturating_sub(1);
            let gap = Record::gap(next, last, record.at, AGED);
            all.push(Carried { record: gap, lost: record.number.saturating_sub(next) });
        }
        next = record.number.saturating_add(1);
        all.push(Carried { record, lost: 0 });
    }
    all.truncate(most);
    Ok(all)
}

/// What is told in place of a record that the collector cannot read.
pub(super) fn instead(record: &Record) -> Carried {
    Carried { record: Record::gap(record.number, record.number, record.at, UNREADABLE), lost: 1 }
}
