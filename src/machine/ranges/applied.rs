//! What the unit with the capability did.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use crate::base::Boottime;
use crate::config::AdminRange;

/// `applied.json`: written whole by the unit, read by the service and the screen. In memory only, so that
/// no trial outlives a restart of the machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Applied {
    /// The form of this file: 1.
    pub version: u32,
    /// What the firewall lets in now.
    pub in_force: Vec<AdminRange>,
    /// What it goes back to.
    pub confirmed: Vec<AdminRange>,
    /// The change on trial.
    pub trial: Option<Trial>,
    /// The highest number of a trial that has ended: neither it nor an earlier one is ever applied again.
    pub over: u64,
    /// Where the service may ship audit events to.
    pub collector: Vec<SocketAddr>,
    /// When the rules of now were in place: a connection accepted later was made under them.
    pub loaded: Boottime,
}

/// A change on trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trial {
    /// Its number.
    pub number: u64,
    /// When it was first seen.
    pub since: Boottime,
}
