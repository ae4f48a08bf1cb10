//! What the service asks for.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use crate::config::{AdminRange, Fault, check_ranges};

/// The most collectors of audit events.
pub const MOST_COLLECTORS: usize = 4;

/// `wanted.json`: written whole by the service after each change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// The form of this file: 1.
    pub version: u32,
    /// The ranges that were confirmed last.
    pub confirmed: Vec<AdminRange>,
    /// A change that waits to be confirmed.
    pub trial: Option<WantedTrial>,
    /// Where audit events are shipped to: addresses and ports.
    pub collector: Vec<SocketAddr>,
    /// Serial number of the last recovery that the service has taken in; 0 for none.
    pub recovered: u64,
}

/// A change that waits to be confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WantedTrial {
    /// Higher than that of every change before.
    pub number: u64,
    /// The ranges meanwhile.
    pub ranges: Vec<AdminRange>,
}

impl Wanted {
    /// Reads the file's bytes and judges all of it.
    pub fn parse(bytes: &[u8]) -> Result<Self, Fault> {
        let wanted: Self = serde_json::from_slice(bytes)
            .map_err(|error| Fault::new(format!("cannot be read: {error}"), "write it again"))?;
        wanted.check()?;
        Ok(wanted)
    }

    fn check(&self) -> Result<(), Fault> {
        let refuse = |wrong: String| Err(Fault::new(wrong, "write it again"));
        if self.version != 1 {
            return refuse(format!("is of version {}, which is not known", self.version));
        }
        check_ranges(&self.confirmed)?;
        if let Some(trial) = &self.trial {
            check_ranges(&trial.ranges)?;
        }
        if self.collector.len() > MOST_COLLECTORS {
            return refuse(format!("has more than {MOST_COLLECTORS} collectors"));
        }
        for at in &self.collector {
            let ip = at.ip();
            let nobodys =
                ip.is_loopback() || ip.is_multicast() || ip.is_unspecified() || ip != ip.to_canonical();
            if nobodys || at.port() == 0 {
                return refuse(format!("names {at}, which is no collector"));
            }
        }
        Ok(())
    }
}
