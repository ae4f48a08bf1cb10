//! The row.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Which;
use crate::config::AdminRange;
use crate::store::{Reads, StoreError, Table};

/// One row, under 0.
pub const RANGES: Table<u64, Ranges> = Table::new("ranges", 1);

/// From where the console may be reached.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Ranges {
    /// The machine's, confirmed. The firewall knows them.
    pub admin: Vec<AdminRange>,
    /// The operator's, confirmed: its staff must come from inside these too. None narrows nothing.
    pub operator: Vec<AdminRange>,
    /// The change on trial.
    pub pending: Option<Pending>,
    /// The number of the last change.
    pub changes: u64,
    /// How the last change ended.
    pub last: Option<Ended>,
    /// Serial number of the last ranges that were given at the machine; 0 for none.
    pub recovered: u64,
    /// The last attempt at the machine that is on record.
    pub heard: Heard,
}

/// A change on trial.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// Higher than that of every change before.
    pub number: u64,
    /// Whose ranges.
    pub which: Which,
    /// What these are meanwhile.
    pub ranges: Vec<AdminRange>,
    /// The address of who asked for it.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// The end of a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// Its number.
    pub number: u64,
    /// The address of who asked for it.
    pub by: String,
    /// When it ended.
    pub at: Timestamp,
    /// How.
    pub how: How,
}

/// How a change ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// Somebody confirmed it.
    Confirmed,
    /// Somebody took it back.
    TakenBack,
    /// Nobody confirmed it in time, or the machine was started again.
    Expired,
    /// Other ranges were given at the machine.
    Recovered,
}

/// An attempt to give ranges at the machine.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Heard {
    /// The kernel's name of that start of the machine.
    pub boot: String,
    /// Its number since then.
    pub number: u64,
}

impl Ranges {
    /// The row; empty before the first start has written it.
    pub fn load(view: &impl Reads) -> Result<Self, StoreError> {
        Ok(view.get(&RANGES, &0)?.unwrap_or_default())
    }

    /// The confirmed ranges of one kind.
    pub fn confirmed(&self, which: Which) -> &[AdminRange] {
        match which {
            Which::Admin => &self.admin,
            Which::Operator => &self.operator,
        }
    }

    /// The ranges of one kind while change `trial` is in force.
    pub fn under(&self, which: Which, trial: Option<u64>) -> &[AdminRange] {
        match &self.pending {
            Some(pending) if pending.which == which && Some(pending.number) == trial => &pending.ranges,
            _ => self.confirmed(which),
        }
    }

    /// Ends the change on trial, if there is one; a confirmed one becomes what is confirmed.
    pub fn end(&mut self, how: How, at: Timestamp) -> Option<Pending> {
        let pending = self.pending.take()?;
        if how == How::Confirmed {
            let ranges = pending.ranges.clone();
            match pending.which {
                Which::Admin => self.admin = ranges,
                Which::Operator => self.operator = ranges,
            }
        }
        self.last = Some(Ended { number: pending.number, by: pending.by.clone(), at, how });
        Some(pending)
    }
}
