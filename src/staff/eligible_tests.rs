use super::*;
use crate::base::{Email, Line, Token};
use crate::staff::{Approval, Attested, Employment, Role, Screening, WhyDisabled};

fn at(day: &str) -> Timestamp {
    format!("{day}T12:00:00Z").parse().unwrap()
}

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

/// An administrator with everything in order, as of `now`.
fn administrator(now: &str) -> Person {
    let id = Token::from_bytes([1; 16]);
    let line = |text: &str| Line::new(text).unwrap();
    Person {
        id,
        name: line("Noor Haddad"),
        email: Email::new("noor@example.com").unwrap(),
        role: Role::PlatformAdministrator,
        employment: Employment {
            employer: line("Meadow Hosting"),
            kind: EmploymentKind::Employee,
            since: date("2020-01-01"),
            ended: None,
        },
        screening: Some(Screening {
            method: line("criminal record certificate"),
            on: date("2020-01-01"),
            valid_until: date("2039-12-31"),
            reference: line("HR 1"),
        }),
        approvals: vec![Approval {
            by: Token::from_bytes([2; 16]),
            email: Email::new("ada@example.com").unwrap(),
            at: at("2020-01-02"),
            role: Role::PlatformAdministrator,
        }],
        attested: None,
        state: PersonState::Active,
        since: at("2020-01-02"),
        last_seen: at(now),
    }
}

fn employed_since(since: &str, now: &str) -> Result<(), Ineligible> {
    let mut person = administrator(now);
    person.employment.since = date(since);
    standing(&person, at(now))
}

#[test]
fn a_day_short_of_two_years_is_too_short() {
    assert_eq!(employed_since("2024-11-24", "2026-11-23"), Err(Ineligible::TooNew));
    assert_eq!(employed_since("2024-11-23", "2026-11-23"), Ok(()));
    assert_eq!(employed_since("2026-11-24", "2026-11-23"), Err(Ineligible::EmploymentAhead));
}

#[test]
fn two_years_since_a_leap_day_end_on_the_first_of_march() {
    assert_eq!(employed_since("2024-02-29", "2026-02-28"), Err(Ineligible::TooNew));
    assert_eq!(employed_since("2024-02-29", "2026-03-01"), Ok(()));
    assert_eq!(employed_since("2026-02-28", "2028-02-28"), Ok(()));
    assert_eq!(employed_since("2026-03-01", "2028-02-29"), Err(Ineligible::TooNew));
    assert_eq!(anniversary(date("2024-02-29"), 4), Some(date("2028-02-29")));
    assert_eq!(anniversary(date("9999-01-01"), 2), None, "past the end of the calendar nobody is eligible");
}

#[test]
fn the_day_is_that_of_utc_to_the_second() {
    let mut person = administrator("2026-11-22");
    person.employment.since = date("2024-11-23");
    let instant = |text: &str| text.parse::<Timestamp>().unwrap();
    assert_eq!(standing(&person, instant("2026-11-22T23:59:59Z")), Err(Ineligible::TooNew));
    assert_eq!(standing(&person, instant("2026-11-23T00:00:00Z")), Ok(()));
}

#[test]
fn a_contractor_never_administers_however_long() {
    let mut person = administrator("2026-11-23");
    person.employment.kind = EmploymentKind::Contractor;
    assert_eq!(standing(&person, at("2026-11-23")), Err(Ineligible::NotAnEmployee));
    person.role = Role::SecurityOfficer;
    person.approvals[0].role = Role::SecurityOfficer;
    assert_eq!(standing(&person, at("2026-11-23")), Err(Ineligible::NotAnEmployee));
    person.role = Role::Auditor;
    person.approvals[0].role = Role::Auditor;
    assert_eq!(standing(&person, at("2026-11-23")), Ok(()), "who only reads may come from outside");
}

#[test]
fn a_screening_counts_from_its_day_to_its_last() {
    let mut person = administrator("2026-11-23");
    let known = person.screening.take().unwrap();
    let today = date("2026-11-23");
    person.screening = Some(Screening { on: today, valid_until: today, ..known });
    assert_eq!(standing(&person, at("2026-11-23")), Ok(()));
    assert_eq!(standing(&person, at("2026-11-24")), Err(Ineligible::ScreeningLapsed));
    assert_eq!(standing(&person, at("2026-11-22")), Err(Ineligible::ScreeningLapsed));
    person.screening = None;
    assert_eq!(standing(&person, at("2026-11-23")), Err(Ineligible::NotScreened));
    (person.role, person.approvals[0].role) = (Role::Support, Role::Support);
    assert_eq!(standing(&person, at("2026-11-23")), Ok(()), "the operator screens its own staff");
}

#[test]
fn nobody_approves_themselves_and_another_roles_approval_does_not_count() {
    let mut person = administrator("2026-11-23");
    person.approvals[0].by = person.id;
    assert_eq!(standing(&person, at("2026-11-23")), Err(Ineligible::NotApproved));
    person.approvals[0].by = Token::from_bytes([9; 16]);
    person.approvals[0].role = Role::Auditor;
    assert_eq!(standing(&person, at("2026-11-23")), Err(Ineligible::NotApproved));
    person.attested = Some(Attested { by: Line::new("Grace").unwrap(), role: Role::SecurityOfficer });
    assert_eq!(standing(&person, at("2026-11-23")), Err(Ineligible::NotApproved));
    person.attested = Some(Attested { by: Line::new("Grace").unwrap(), role: person.role });
    assert_eq!(standing(&person, at("2026-11-23")), Ok(()), "attested in the provisioning file");
}

#[test]
fn who_was_dismissed_has_left_or_never_came_is_out() {
    let now = at("2026-11-23");
    let mut person = administrator("2026-11-23");
    person.employment.ended = Some(date("2026-11-23"));
    assert_eq!(standing(&person, now), Ok(()), "the last day counts");
    person.employment.ended = Some(date("2026-11-22"));
    assert_eq!(standing(&person, now), Err(Ineligible::EmploymentEnded));
    person.state = PersonState::Disabled { at: now, why: WhyDisabled::Dismissed };
    assert_eq!(standing(&person, now), Err(Ineligible::Disabled));
    person.state = PersonState::Invited;
    assert_eq!(standing(&person, now), Err(Ineligible::NotJoined));
}

#[test]
fn an_account_that_rests_for_ninety_days_is_out() {
    let person = administrator("2026-08-25");
    assert_eq!(standing(&person, at("2026-11-22")), Ok(()));
    assert_eq!(standing(&person, at("2026-11-23")), Err(Ineligible::Unused));
}
