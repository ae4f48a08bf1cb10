//! What becomes of a change, without a machine.

use std::net::IpAddr;

use ipnet::IpNet;
use jiff::Timestamp;

use super::*;
use crate::base::{Line, TextError};
use crate::config::AdminRange;

const HERE: &str = "10.0.2.2";

fn ranges(nets: &[&str]) -> Vec<AdminRange> {
    let range = |net: &&str| AdminRange {
        net: net.parse().unwrap(),
        name: Line::new("desk").unwrap(),
        owner: Line::new("Ada Osei").unwrap(),
    };
    nets.iter().map(range).collect()
}

fn row(admin: &[&str], operator: &[&str]) -> Ranges {
    Ranges { admin: ranges(admin), operator: ranges(operator), ..Ranges::default() }
}

fn change(which: Which, add: &[&str], remove: &[&str]) -> ChangeRanges {
    let new = |cidr: &&str| NewRange {
        cidr: (*cidr).to_owned(),
        name: "desk".to_owned(),
        owner: "Ada Osei".to_owned(),
    };
    let remove = remove.iter().map(|net| net.parse::<IpNet>().unwrap()).collect();
    ChangeRanges { which, add: add.iter().map(new).collect(), remove }
}

fn said(row: &Ranges, change: &ChangeRanges, own: bool) -> Result<String, Refused> {
    let caller: IpAddr = HERE.parse().unwrap();
    let list = draft(row, change, caller, own)?;
    Ok(list.iter().map(|range| range.net.to_string()).collect::<Vec<_>>().join(" "))
}

#[test]
fn ranges_are_added_and_removed_in_one_change() {
    let row = row(&["10.0.2.0/24", "192.0.2.0/24"], &[]);
    let both = change(Which::Admin, &["2001:db8::/64", "::ffff:198.51.100.0/120"], &["192.0.2.0/24"]);
    assert_eq!(said(&row, &both, true).unwrap(), "10.0.2.0/24 198.51.100.0/24 2001:db8::/64");
    // What is removed makes room for what it overlapped.
    let narrower = change(Which::Admin, &["192.0.2.0/25"], &["192.0.2.0/24"]);
    assert_eq!(said(&row, &narrower, true).unwrap(), "10.0.2.0/24 192.0.2.0/25");
}

#[test]
fn a_change_that_cuts_off_the_caller_is_refused_however_it_is_written() {
    let row = row(&["10.0.2.0/24", "192.0.2.0/24"], &[]);
    let cut = Err(Refused::CutsOff(HERE.parse().unwrap()));
    assert_eq!(said(&row, &change(Which::Admin, &[], &["10.0.2.0/24"]), true), cut);
    assert_eq!(said(&row, &change(Which::Admin, &["10.0.2.128/25"], &["10.0.2.0/24"]), true), cut);
    let kept = change(Which::Admin, &["10.0.2.2/32"], &["10.0.2.0/24"]);
    assert_eq!(said(&row, &kept, true).unwrap(), "10.0.2.2/32 192.0.2.0/24");
    // A caller by an IPv4-mapped address is where the IPv4 address is.
    let mapped: IpAddr = "::ffff:10.0.2.2".parse().unwrap();
    assert!(draft(&row, &kept, mapped, true).is_ok());
    let gone = change(Which::Admin, &[], &["10.0.2.0/24"]);
    assert_eq!(draft(&row, &gone, mapped, true), Err(Refused::CutsOff(HERE.parse().unwrap())));
    let all = change(Which::Admin, &[], &["10.0.2.0/24", "192.0.2.0/24"]);
    assert_eq!(said(&row, &all, true), Err(Refused::Nobody));
}

#[test]
fn every_mistake_in_a_new_range_is_told_with_its_field() {
    let row = row(&["10.0.2.0/24"], &[]);
    let mut many = change(Which::Admin, &["10.0.0.0/8", "10.0.2.7/32", "desk", "2001:db8::/32"], &[]);
    many.add[2].name = " ".to_owned();
    many.add[3].owner = "a\nb".to_owned();
    let Err(Refused::Mistakes(mistakes)) = said(&row, &many, true) else { panic!("taken") };
    let found: Vec<_> = mistakes.iter().map(|mistake| (mistake.place, mistake.field)).collect();
    let wanted = [
        (0, Field::Cidr),
        (1, Field::Cidr),
        (2, Field::Cidr),
        (2, Field::Name),
        (3, Field::Cidr),
        (3, Field::Owner),
    ];
    assert_eq!(found, wanted);
    assert_eq!(mistakes[1].wrong, Wrong::Overlaps("10.0.2.0/24".parse().unwrap()));
    assert_eq!(mistakes[3].wrong, Wrong::Text(TextError::Empty));
    // Two new ones that overlap each other, one of them IPv4-mapped.
    let twice = change(Which::Admin, &["192.0.2.0/24", "::ffff:192.0.2.0/121"], &[]);
    let Err(Refused::Mistakes(mistakes)) = said(&row, &twice, true) else { panic!("taken") };
    assert_eq!((mistakes.len(), mistakes[0].place), (1, 1));
}

#[test]
fn the_operators_ranges_lie_inside_the_machines_and_bind_the_operators_staff_alone() {
    let row = row(&["10.0.2.0/24", "192.0.2.0/24"], &["10.0.2.0/28"]);
    let outside = change(Which::Operator, &["198.51.100.0/24"], &[]);
    let Err(Refused::Mistakes(mistakes)) = said(&row, &outside, true) else { panic!("taken") };
    assert_eq!(mistakes[0].wrong, Wrong::Outside);
    let elsewhere = change(Which::Operator, &["192.0.2.0/28"], &["10.0.2.0/28"]);
    assert_eq!(said(&row, &elsewhere, true), Err(Refused::CutsOff(HERE.parse().unwrap())));
    assert_eq!(said(&row, &elsewhere, false).unwrap(), "192.0.2.0/28", "the platform's staff stays in");
    assert_eq!(said(&row, &change(Which::Operator, &[], &["10.0.2.0/28"]), true).unwrap(), "");
}

#[test]
fn one_change_at_a_time_and_none_that_changes_nothing() {
    let mut row = row(&["10.0.2.0/24"], &[]);
    assert_eq!(said(&row, &change(Which::Admin, &[], &[]), true), Err(Refused::Nothing));
    let back = change(Which::Admin, &["10.0.2.0/24"], &["10.0.2.0/24"]);
    assert_eq!(said(&row, &back, true), Err(Refused::Nothing));
    let gone = change(Which::Admin, &[], &["192.0.2.0/24"]);
    assert_eq!(said(&row, &gone, true), Err(Refused::Unknown("192.0.2.0/24".parse().unwrap())));
    let many: Vec<_> = (0..64).map(|n| format!("192.0.{n}.0/24")).collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    assert_eq!(said(&row, &change(Which::Admin, &many, &[]), true), Err(Refused::TooMany));
    row.pending = Some(Pending {
        number: 1,
        which: Which::Operator,
        ranges: Vec::new(),
        by: "ada@example.com".to_owned(),
        at: Timestamp::UNIX_EPOCH,
    });
    assert_eq!(said(&row, &change(Which::Admin, &["192.0.2.0/24"], &[]), true), Err(Refused::OnTrial));
}

#[test]
fn a_change_counts_while_it_is_on_trial_and_for_good_once_it_is_confirmed() {
    let mut row = row(&["10.0.2.0/24"], &["10.0.2.0/28"]);
    row.pending = Some(Pending {
        number: 7,
        which: Which::Operator,
        ranges: ranges(&["10.0.2.2/32"]),
        by: "ada@example.com".to_owned(),
        at: Timestamp::UNIX_EPOCH,
    });
    let first =
        |row: &Ranges, which, trial| row.under(which, trial).first().map(|range| range.net.to_string());
    assert_eq!(first(&row, Which::Operator, Some(7)).unwrap(), "10.0.2.2/32");
    assert_eq!(first(&row, Which::Operator, None).unwrap(), "10.0.2.0/28");
    assert_eq!(first(&row, Which::Admin, Some(7)).unwrap(), "10.0.2.0/24");
    let mut expired = row.clone();
    expired.end(How::Expired, Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(first(&expired, Which::Operator, Some(7)).unwrap(), "10.0.2.0/28");
    row.end(How::Confirmed, Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(first(&row, Which::Operator, None).unwrap(), "10.0.2.2/32");
    assert!(row.end(How::Confirmed, Timestamp::UNIX_EPOCH).is_none());
}
