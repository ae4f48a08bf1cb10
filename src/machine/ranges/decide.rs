//! The rule of what is in force. Pure.

use std::time::Duration;

use super::{Applied, Trial, Wanted};
use crate::base::Boottime;
use crate::config::AdminRange;

/// How long a change may stay without being confirmed. With the timer's 10 s and what a slow machine needs
/// to start a unit it has gone within two minutes.
pub const TRIAL: Duration = Duration::from_secs(90);

/// What is known when the rule is asked.
#[derive(Debug, Clone, Copy)]
pub struct Moment<'a> {
    /// Now.
    pub now: Boottime,
    /// Whether this is the start of the machine: no trial is applied then.
    pub at_start: bool,
    /// What the service asks for: nothing yet, something, or a file that is damaged.
    pub wanted: Option<Result<&'a Wanted, ()>>,
    /// Ranges that hosting staff gave at the machine, with their serial number.
    pub recovered: Option<(u64, &'a [AdminRange])>,
    /// The ranges of the provisioning file.
    pub provisioned: &'a [AdminRange],
    /// What was done last; nothing at the start of the machine.
    pub before: Option<&'a Applied>,
}

/// What is in force from now on. Its `loaded` is that of before if nothing about the ranges changes, else
/// now: the caller stamps it again when the firewall has taken it.
pub fn decide(moment: &Moment<'_>) -> Applied {
    let Moment { now, before, .. } = *moment;
    let good = moment.wanted.and_then(Result::ok);
    let taken_in = moment.recovered.is_none_or(|(serial, _)| good.is_some_and(|w| w.recovered == serial));
    let confirmed = match (good, moment.recovered, before, moment.wanted) {
        (Some(wanted), ..) if taken_in => wanted.confirmed.clone(),
        (_, Some((_, ranges)), ..) if !taken_in => ranges.to_vec(),
        (_, _, Some(before), _) => before.confirmed.clone(),
        (_, _, None, None) => moment.provisioned.to_vec(),
        // A damaged file at the start: closed until the service has written it again.
        _ => Vec::new(),
    };
    let mut over = before.map_or(0, |before| before.over);
    let asked = good.and_then(|wanted| wanted.trial.as_ref());
    let running = before.and_then(|before| before.trial);
    let trial = asked.filter(|asked| asked.number > over && taken_in && !moment.at_start).and_then(|asked| {
        let known = running.filter(|running| running.number == asked.number);
        let since = known.map_or(now, |known| known.since);
        (now.since(since) < TRIAL).then_some(Trial { number: asked.number, since })
    });
    for ended in
        [asked.map(|asked| asked.number), running.map(|running| running.number)].into_iter().flatten()
    {
        if trial.is_none_or(|trial| trial.number != ended) {
            over = over.max(ended);
        }
    }
    let in_force = match (trial, asked) {
        (Some(_), Some(asked)) => asked.ranges.clone(),
        _ => confirmed.clone(),
    };
    let collector = match (good, before) {
        (Some(wanted), _) => wanted.collector.clone(),
        (None, Some(before)) => before.collector.clone(),
        (None, None) => Vec::new(),
    };
    let same = before.filter(|before| before.in_force == in_force && before.trial == trial);
    let loaded = same.map_or(now, |before| before.loaded);
    Applied { version: 1, in_force, confirmed, trial, over, collector, loaded }
}
