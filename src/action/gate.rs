//! Who may speak to the console now, as the firewall has it: asked by the listener for each connection, by the
//! router for each request, and at each sign-in.
//!
//! In the image the firewall's unit decides and says so in a file of its own; outside there is no firewall, and
//! the same rule runs here. Invariant: what is admitted is what is in force, never what was merely asked for.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ipnet::IpNet;
use tokio::sync::watch;

use crate::base::Boottime;
use crate::config::{AdminRange, within};
use crate::machine::{
    Applied, Moment, RangeFiles, TRIAL, Trial, Wanted, WantedTrial, boottime, decide, write_durably,
    write_whole,
};
use crate::ranges::{Pending, Ranges, Which};
use crate::staff::{Person, Side};

/// How long before its end a change can still be confirmed, so that the answer is not overtaken by the end.
const MARGIN: Duration = Duration::from_secs(5);

/// When the listener accepted the connection over which a request came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accepted(pub Boottime);

/// What is in force.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rules {
    /// The machine's ranges. None means: this machine alone (a demo on loopback).
    pub admin: Vec<AdminRange>,
    /// The operator's, which narrow them for its staff. None narrows nothing.
    pub operator: Vec<AdminRange>,
    /// The change on trial.
    pub trial: Option<Trial>,
    /// The highest number of a change that has ended.
    pub over: u64,
    /// Since when the machine's ranges are what they are.
    pub loaded: Boottime,
}

impl Rules {
    /// Whether the console answers to `peer`.
    pub fn admits(&self, peer: IpAddr) -> bool {
        if self.admin.is_empty() { peer.to_canonical().is_loopback() } else { within(&self.admin, peer) }
    }

    /// Whether all of `net` may reach the console.
    pub fn holds(&self, net: &IpNet) -> bool {
        if self.admin.is_empty() {
            return net.network().is_loopback() && net.broadcast().is_loopback();
        }
        self.admin.iter().any(|range| range.net.contains(net))
    }

    /// Whether the operator's staff may come from there.
    pub fn admits_operator(&self, peer: IpAddr) -> bool {
        self.operator.is_empty() || within(&self.operator, peer)
    }
}

/// Who applies what is asked for.
enum Applier {
    /// The firewall's unit.
    Unit(RangeFiles),
    /// Nobody but us.
    Here { clock: Box<dyn Fn() -> Boottime + Send>, wanted: Option<Wanted>, applied: Option<Applied> },
}

/// The gate: one per process.
pub struct Gate {
    applier: Mutex<Applier>,
    rules: watch::Sender<Arc<Rules>>,
    collector: Mutex<Vec<SocketAddr>>,
    /// The row as it was last told.
    row: Mutex<Ranges>,
}

impl Default for Gate {
    /// Of a machine without a firewall; lets in this machine alone until it is told more.
    fn default() -> Self {
        let applier = Applier::Here { clock: Box::new(boottime), wanted: None, applied: None };
        Self {
            applier: Mutex::new(applier),
            rules: watch::Sender::new(Arc::default()),
            collector: Mutex::default(),
            row: Mutex::default(),
        }
    }
}

fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Gate {
    /// From now on the firewall's unit applies what is asked for.
    pub fn stand_before(&self, unit: RangeFiles) {
        *held(&self.applier) = Applier::Unit(unit);
    }

    /// From now on time is what `clock` says. For tests, without a firewall.
    pub fn keep_time_by(&self, clock: impl Fn() -> Boottime + Send + 'static) {
        *held(&self.applier) = Applier::Here { clock: Box::new(clock), wanted: None, applied: None };
    }

    /// Whether the console answers to `peer`. A stranger who came through the firewall makes it look again:
    /// the ranges may have changed a moment ago.
    pub fn admits(&self, peer: IpAddr) -> bool {
        self.rules().admits(peer) || {
            self.look();
            self.rules().admits(peer)
        }
    }

    /// Whether this person may come from there: the operator's staff from inside the operator's ranges alone.
    pub fn admits_person(&self, person: &Person, source: IpAddr) -> bool {
        person.role.side() == Side::Platform || self.rules().admits_operator(source)
    }

    /// What is in force, as it was seen last.
    pub fn rules(&self) -> Arc<Rules> {
        Arc::clone(&self.rules.borrow())
    }

    /// Tells of every change of what is in force.
    pub fn watch(&self) -> watch::Receiver<Arc<Rules>> {
        self.rules.subscribe()
    }

    /// Now, on the clock of the rules.
    pub fn now(&self) -> Boottime {
        match &*held(&self.applier) {
            Applier::Unit(_) => boottime(),
            Applier::Here { clock, .. } => clock(),
        }
    }

    /// Whether a connection is from before what is in force now, and cannot confirm it.
    pub fn outdates(&self, accepted: Boottime) -> bool {
        let rules = self.rules();
        rules.trial.is_some() && accepted <= rules.loaded
    }

    /// How long a change on trial can still be confirmed. `None` once it is too late, or not in force yet.
    pub fn left(&self, number: u64) -> Option<Duration> {
        let trial = self.rules().trial.filter(|trial| trial.number == number)?;
        TRIAL.checked_sub(MARGIN)?.checked_sub(self.now().since(trial.since)).filter(|left| !left.is_zero())
    }

    /// Where audit events may be shipped to from now on.
    pub fn collect_at(&self, collector: Vec<SocketAddr>) -> std::io::Result<()> {
        if *held(&self.collector) == collector {
            return Ok(());
        }
        *held(&self.collector) = collector;
        let row = held(&self.row).clone();
        self.ask(&row)
    }

    /// Takes note of the row, and asks for nothing.
    pub fn know(&self, row: &Ranges) {
        row.clone_into(&mut held(&self.row));
        self.look();
    }

    /// Asks for what the row says.
    pub fn ask(&self, row: &Ranges) -> std::io::Result<()> {
        row.clone_into(&mut held(&self.row));
        let collector = held(&self.collector).clone();
        if !row.admin.is_empty() {
            let asked = wanted(row, collector);
            match &mut *held(&self.applier) {
                Applier::Unit(files) => {
                    let json = serde_json::to_vec_pretty(&asked).map_err(std::io::Error::other)?;
                    write_durably(&files.wanted, &json, 0o644)?;
                    write_whole(&files.asked, b"", 0o644)?;
                }
                Applier::Here { wanted, .. } => *wanted = Some(asked),
            }
        }
        self.look();
        Ok(())
    }

    /// Looks at what is in force.
    pub fn look(&self) {
        let applied = match &mut *held(&self.applier) {
            Applier::Unit(files) => files.applied(),
            Applier::Here { clock, wanted, applied } => {
                let now = wanted.as_ref().map(|wanted| {
                    decide(&Moment {
                        now: clock(),
                        at_start: applied.is_none(),
                        wanted: Some(Ok(wanted)),
                        recovered: None,
                        provisioned: &[],
                        before: applied.as_ref(),
                    })
                });
                applied.clone_from(&now);
                now
            }
        };
        let row = held(&self.row);
        let rules = match applied {
            Some(applied) => {
                let trial = applied.trial.map(|trial| trial.number);
                Rules {
                    operator: row.under(Which::Operator, trial).to_vec(),
                    admin: applied.in_force,
                    trial: applied.trial,
                    over: applied.over,
                    loaded: applied.loaded,
                }
            }
            None => Rules { admin: row.admin.clone(), operator: row.operator.clone(), ..Rules::default() },
        };
        drop(row);
        self.rules.send_if_modified(|known| {
            let new = **known != rules;
            if new {
                *known = Arc::new(rules);
            }
            new
        });
    }
}

/// What the firewall's unit is asked for. A change of the operator's ranges is on trial there too, with the
/// machine's ranges as they are: the unit keeps the time.
fn wanted(row: &Ranges, collector: Vec<SocketAddr>) -> Wanted {
    let trial = |pending: &Pending| WantedTrial {
        number: pending.number,
        ranges: row.under(Which::Admin, Some(pending.number)).to_vec(),
    };
    Wanted {
        version: 1,
        confirmed: row.admin.clone(),
        trial: row.pending.as_ref().map(trial),
        collector,
        recovered: row.recovered,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Line;

    #[test]
    fn only_the_allowed_ranges_are_admitted_and_mapped_addresses_do_not_slip_by() {
        let range = |net: &str| AdminRange {
            net: net.parse().unwrap(),
            name: Line::new("desk").unwrap(),
            owner: Line::new("Ada Osei").unwrap(),
        };
        let gate = Gate::default();
        let admits = |peer: &str| gate.admits(peer.parse().unwrap());
        assert!(admits("127.0.0.1") && !admits("10.0.2.2"));
        gate.ask(&Ranges { admin: vec![range("10.0.2.0/24"), range("2001:db8::/64")], ..Ranges::default() })
            .unwrap();
        for inside in ["10.0.2.2", "::ffff:10.0.2.2", "2001:db8::9"] {
            assert!(admits(inside), "{inside}");
        }
        for outside in ["10.0.3.1", "::ffff:10.0.3.1", "2001:db8:1::1", "127.0.0.1", "::1", "::10.0.2.2"] {
            assert!(!admits(outside), "{outside}");
        }
    }
}
