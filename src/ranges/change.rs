//! What a change makes of the ranges, or everything that is wrong with it.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::Ranges;
use crate::base::{Line, TextError};
use crate::config::{AdminRange, Fault, MOST_RANGES, canonical, parse_range, within};

/// Whose ranges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Which {
    /// The machine's: the firewall lets nobody else reach the console.
    Admin,
    /// The operator's: its staff must come from inside these too.
    Operator,
}

/// A change, as somebody typed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeRanges {
    /// Whose ranges.
    pub which: Which,
    /// Ranges to be added.
    pub add: Vec<NewRange>,
    /// Ranges to be removed.
    pub remove: Vec<IpNet>,
}

/// A range, as somebody typed it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NewRange {
    /// The addresses.
    pub cidr: String,
    /// What it is called.
    pub name: String,
    /// Who answers for it.
    pub owner: String,
}

/// A field of a new range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// The addresses.
    Cidr,
    /// What it is called.
    Name,
    /// Who answers for it.
    Owner,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Which of the new ranges.
    pub place: usize,
    /// Which field.
    pub field: Field,
    /// What.
    pub wrong: Wrong,
}

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrong {
    /// Not a range that anybody may have; wrong and cure, in words.
    Range(Fault),
    /// It shares addresses with this one.
    Overlaps(IpNet),
    /// No allowed range holds it.
    Outside,
    /// Not a text.
    Text(TextError),
}

/// Why there is no such change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Fields.
    #[error("the change has mistakes")]
    Mistakes(Vec<Mistake>),
    /// It changes nothing.
    #[error("the change changes nothing")]
    Nothing,
    /// A range that is to be removed is not there: somebody was faster.
    #[error("{0} is not among the ranges")]
    Unknown(IpNet),
    /// Nobody could reach the console any more.
    #[error("at least one range must stay")]
    Nobody,
    /// Too many.
    #[error("there may be at most {MOST_RANGES} ranges")]
    TooMany,
    /// The change would cut off whoever asks for it.
    #[error("the change would cut off {0}, from where it was asked for")]
    CutsOff(IpAddr),
    /// Another change is on trial.
    #[error("another change is on trial")]
    OnTrial,
}

/// What the ranges would be. `caller` is from where the change is asked for; `own` says whether the ranges
/// that are changed bind the caller.
pub fn draft(
    ranges: &Ranges,
    change: &ChangeRanges,
    caller: IpAddr,
    own: bool,
) -> Result<Vec<AdminRange>, Refused> {
    if ranges.pending.is_some() {
        return Err(Refused::OnTrial);
    }
    let mut list = ranges.confirmed(change.which).to_vec();
    for net in &change.remove {
        let net = canonical(*net);
        let before = list.len();
        list.retain(|range| range.net != net);
        if list.len() == before {
            return Err(Refused::Unknown(net));
        }
    }
    let mut mistakes = Vec::new();
    for (place, new) in change.add.iter().enumerate() {
        let mut refuse = |field, wrong| mistakes.push(Mistake { place, field, wrong });
        let net = match parse_range(&new.cidr) {
            Ok(net) => match shares(&list, &net) {
                Some(other) => {
                    refuse(Field::Cidr, Wrong::Overlaps(other));
                    None
                }
                None if change.which == Which::Operator && !inside(&ranges.admin, &net) => {
                    refuse(Field::Cidr, Wrong::Outside);
                    None
                }
                None => Some(net),
            },
            Err(fault) => {
                refuse(Field::Cidr, Wrong::Range(fault));
                None
            }
        };
        let name = Line::new(&new.name).map_err(|error| refuse(Field::Name, Wrong::Text(error)));
        let owner = Line::new(&new.owner).map_err(|error| refuse(Field::Owner, Wrong::Text(error)));
        if let (Some(net), Ok(name), Ok(owner)) = (net, name, owner) {
            list.push(AdminRange { net, name, owner });
        }
    }
    if !mistakes.is_empty() {
        return Err(Refused::Mistakes(mistakes));
    }
    if list == ranges.confirmed(change.which) || (change.add.is_empty() && change.remove.is_empty()) {
        return Err(Refused::Nothing);
    }
    if list.len() > MOST_RANGES {
        return Err(Refused::TooMany);
    }
    match change.which {
        Which::Admin if list.is_empty() => return Err(Refused::Nobody),
        Which::Operator if list.is_empty() => {}
        _ if own && !within(&list, caller) => return Err(Refused::CutsOff(caller.to_canonical())),
        _ => {}
    }
    list.sort_by_key(|range| range.net);
    Ok(list)
}

/// The first range that shares addresses with `net`.
fn shares(list: &[AdminRange], net: &IpNet) -> Option<IpNet> {
    list.iter().map(|range| range.net).find(|other| other.contains(net) || net.contains(other))
}

fn inside(list: &[AdminRange], net: &IpNet) -> bool {
    list.iter().any(|range| range.net.contains(net))
}
