//! The rule of what is in force, held by a clock that each test moves.

use super::*;
use crate::base::{Boottime, Line};
use crate::config::AdminRange;

const SECOND: u64 = 1000;

fn ranges(nets: &[&str]) -> Vec<AdminRange> {
    let range = |net: &&str| AdminRange {
        net: net.parse().unwrap(),
        name: Line::new("desk").unwrap(),
        owner: Line::new("Ada Osei").unwrap(),
    };
    nets.iter().map(range).collect()
}

fn wanted(confirmed: &[&str], trial: Option<(u64, &[&str])>) -> Wanted {
    let trial = trial.map(|(number, nets)| WantedTrial { number, ranges: ranges(nets) });
    Wanted { version: 1, confirmed: ranges(confirmed), trial, collector: Vec::new(), recovered: 0 }
}

/// A machine whose unit runs when it is told.
#[derive(Default)]
struct Machine {
    now: u64,
    before: Option<Applied>,
    recovered: Option<(u64, Vec<AdminRange>)>,
}

impl Machine {
    fn run(&mut self, at_start: bool, wanted: Option<Result<&Wanted, ()>>) -> Applied {
        let applied = decide(&Moment {
            now: Boottime(self.now),
            at_start,
            wanted,
            recovered: self.recovered.as_ref().map(|(serial, ranges)| (*serial, ranges.as_slice())),
            provisioned: &ranges(&["192.0.2.0/24"]),
            before: if at_start { None } else { self.before.as_ref() },
        });
        self.before = Some(applied.clone());
        applied
    }

    fn at(&mut self, seconds: u64, wanted: &Wanted) -> String {
        self.now = seconds * SECOND;
        let applied = self.run(false, Some(Ok(wanted)));
        nets(&applied)
    }
}

fn nets(applied: &Applied) -> String {
    applied.in_force.iter().map(|range| range.net.to_string()).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_change_that_nobody_confirms_goes_by_itself_and_never_comes_back() {
    let mut machine = Machine::default();
    machine.run(true, None);
    let change = wanted(&["10.0.0.0/24"], Some((7, &["10.0.1.0/24"])));
    assert_eq!(machine.at(10, &wanted(&["10.0.0.0/24"], None)), "10.0.0.0/24");
    assert_eq!(machine.at(20, &change), "10.0.1.0/24");
    assert_eq!(machine.before.as_ref().unwrap().trial, Some(Trial { number: 7, since: Boottime(20_000) }));
    assert_eq!(machine.at(109, &change), "10.0.1.0/24");
    assert_eq!(machine.at(110, &change), "10.0.0.0/24");
    assert_eq!(machine.before.as_ref().unwrap().over, 7);
    // The service still asks for it: it is dead, or lies.
    assert_eq!(machine.at(500, &change), "10.0.0.0/24");
    let older = wanted(&["10.0.0.0/24"], Some((6, &["10.0.1.0/24"])));
    assert_eq!(machine.at(501, &older), "10.0.0.0/24");
    let newer = wanted(&["10.0.0.0/24"], Some((8, &["10.0.2.0/24"])));
    assert_eq!(machine.at(502, &newer), "10.0.2.0/24");
}

#[test]
fn a_confirmed_change_stays_and_its_number_is_used_up() {
    let mut machine = Machine::default();
    machine.at(0, &wanted(&["10.0.0.0/24"], Some((1, &["10.0.1.0/24"]))));
    let loaded = machine.before.as_ref().unwrap().loaded;
    assert_eq!(machine.at(30, &wanted(&["10.0.1.0/24"], None)), "10.0.1.0/24");
    assert_eq!(machine.at(300, &wanted(&["10.0.1.0/24"], None)), "10.0.1.0/24");
    assert_eq!((loaded, machine.before.as_ref().unwrap().loaded), (Boottime(0), Boottime(30_000)));
    assert_eq!(machine.at(301, &wanted(&["10.0.1.0/24"], Some((1, &["10.0.9.0/24"])))), "10.0.1.0/24");
}

#[test]
fn the_start_of_the_machine_applies_no_trial() {
    let mut machine = Machine::default();
    let change = wanted(&["10.0.0.0/24"], Some((7, &["10.0.1.0/24"])));
    assert_eq!(nets(&machine.run(true, Some(Ok(&change)))), "10.0.0.0/24");
    assert_eq!(machine.at(5, &change), "10.0.0.0/24");
}

#[test]
fn a_damaged_file_opens_nothing_and_ends_a_trial() {
    let mut machine = Machine::default();
    assert_eq!(nets(&machine.run(true, Some(Err(())))), "", "closed until the service has written it");
    machine.at(1, &wanted(&["10.0.0.0/24"], Some((7, &["10.0.1.0/24"]))));
    assert_eq!(nets(&machine.run(false, Some(Err(())))), "10.0.0.0/24");
    assert_eq!(machine.before.as_ref().unwrap().over, 7);
    assert_eq!(nets(&machine.run(false, None)), "10.0.0.0/24", "a file that is gone is no reset");
    assert_eq!(nets(&machine.run(true, None)), "192.0.2.0/24", "a new machine has its provisioning file");
}

#[test]
fn ranges_given_at_the_machine_count_until_the_service_has_taken_them_in() {
    let mut machine = Machine::default();
    let change = wanted(&["10.0.0.0/24"], Some((7, &["10.0.1.0/24"])));
    assert_eq!(machine.at(1, &change), "10.0.1.0/24");
    machine.recovered = Some((3, ranges(&["203.0.113.0/24"])));
    assert_eq!(machine.at(2, &change), "203.0.113.0/24");
    assert_eq!(machine.before.as_ref().unwrap().over, 7, "the change on trial is over");
    assert_eq!(nets(&machine.run(true, Some(Err(())))), "203.0.113.0/24");
    for (recovered, in_force) in [(2, "203.0.113.0/24"), (4, "203.0.113.0/24"), (3, "10.0.5.0/24")] {
        let taken = Wanted { recovered, ..wanted(&["10.0.5.0/24"], None) };
        assert_eq!(machine.at(9, &taken), in_force, "{recovered}");
    }
}

#[test]
fn a_new_collector_is_no_new_rule_for_the_console() {
    let mut machine = Machine::default();
    machine.at(1, &wanted(&["10.0.0.0/24"], None));
    let more =
        Wanted { collector: vec!["192.0.2.9:6514".parse().unwrap()], ..wanted(&["10.0.0.0/24"], None) };
    machine.at(2, &more);
    let applied = machine.before.unwrap();
    assert_eq!((applied.loaded, applied.collector.len()), (Boottime(1000), 1));
}

#[test]
fn what_the_service_asks_for_is_judged_as_if_a_stranger_had_written_it() {
    let good = wanted(&["10.0.0.0/24"], Some((1, &["10.0.0.0/24", "2001:db8::/64"])));
    let json = serde_json::to_string(&good).unwrap();
    assert_eq!(Wanted::parse(json.as_bytes()).unwrap(), good);
    for (from, to) in [
        ("10.0.0.0/24", "0.0.0.0/0"),
        ("10.0.0.0/24", "10.0.0.0/8"),
        ("2001:db8::/64", "::/0"),
        ("2001:db8::/64", "::ffff:0:0/96"),
        ("2001:db8::/64", "10.0.0.7/32"),
        ("2001:db8::/64", "224.0.0.0/24"),
        ("10.0.0.0/24", "10.0.0.0/24 }; flush ruleset; #"),
        ("\"version\":1", "\"version\":2"),
        ("\"recovered\":0", "\"recovered\":0,\"more\":1"),
        ("\"collector\":[]", "\"collector\":[\"collector.example:6514\"]"),
        ("\"collector\":[]", "\"collector\":[\"127.0.0.1:6514\"]"),
        ("\"collector\":[]", "\"collector\":[\"192.0.2.9:0\"]"),
        ("\"collector\":[]", "\"collector\":[\"[::ffff:192.0.2.9]:514\"]"),
        ("desk", "a\\nb"),
    ] {
        let bad = json.replace(from, to);
        assert_ne!(bad, json, "{from}");
        assert!(Wanted::parse(bad.as_bytes()).is_err(), "{to}");
    }
    let nobody = Wanted { confirmed: Vec::new(), ..good };
    assert!(Wanted::parse(serde_json::to_string(&nobody).unwrap().as_bytes()).is_err());
}
