//! A change from the form to its end, with a clock and connections that each test makes up.

use jiff::SignedDuration;

use super::*;
use crate::action::fixture::Fixture;
use crate::base::{Boottime, Line, SeededRandom, Token};
use crate::machine::{Attempt, TRIAL};
use crate::ranges::NewRange;
use crate::staff::{PERSONS, Person, Role};
use crate::store::Reads;

const LONG: SignedDuration = SignedDuration::from_secs(91);

fn add(which: Which, net: &str) -> ChangeRanges {
    let new = NewRange { cidr: net.to_owned(), name: "yard".to_owned(), owner: "Noor Haddad".to_owned() };
    ChangeRanges { which, add: vec![new], remove: Vec::new() }
}

fn in_force(app: &App) -> String {
    app.gate().look();
    nets(&app.gate().rules().admin)
}

fn now(app: &App) -> Accepted {
    Accepted(app.gate().now())
}

/// Another person of the staff, at the same place.
async fn somebody(fixture: &Fixture, role: Role) -> (Person, Actor) {
    let app = fixture.app();
    let mut person = app
        .store()
        .read(|view| view.scan(&PERSONS, &crate::store::Span::all(1)))
        .unwrap_or_else(|error: StoreError| panic!("{error}"))
        .remove(0)
        .1;
    person.id = Token::random(&SeededRandom::new(7));
    person.role = role;
    let actor = Actor::person(&person, "10.0.2.2".parse().unwrap(), true);
    (person, actor)
}

#[tokio::test]
async fn a_change_is_on_trial_at_once_and_stays_once_it_is_confirmed() {
    let (fixture, ada) = Fixture::open(false).await;
    let app = fixture.app();
    let number = change_ranges(app, &ada, add(Which::Admin, "192.0.2.0/24")).await.unwrap();
    assert_eq!(in_force(app), "10.0.2.0/24 192.0.2.0/24");
    let deed = fixture.last_deed();
    assert!(
        deed.contains("ChangeRanges \"change 1 of the machine: + 192.0.2.0/24\" Done from 10.0.2.2"),
        "{deed}"
    );
    let twice = change_ranges(app, &ada, add(Which::Admin, "198.51.100.0/24")).await;
    assert!(matches!(twice, Err(RangesError::Refused(Refused::OnTrial))));
    let operators = change_ranges(app, &ada, add(Which::Operator, "10.0.2.0/28")).await;
    assert!(matches!(operators, Err(RangesError::Refused(Refused::OnTrial))), "one change of either kind");
    fixture.wait(SignedDuration::from_secs(5));
    confirm_ranges(app, &ada, number, now(app)).await.unwrap();
    fixture.wait(LONG);
    look_after_ranges(app, Path::new(""), Path::new("")).await.unwrap();
    assert_eq!(in_force(app), "10.0.2.0/24 192.0.2.0/24");
    assert!(fixture.last_deed().contains("ConfirmRanges"));
}

#[tokio::test]
async fn a_change_that_nobody_confirms_is_taken_back_by_the_clock_and_on_record() {
    let (fixture, ada) = Fixture::open(false).await;
    let app = fixture.app();
    let number = change_ranges(app, &ada, add(Which::Admin, "192.0.2.0/24")).await.unwrap();
    let left = ranges_state(app).unwrap().left.unwrap();
    assert!(left < TRIAL && left > Duration::from_secs(80), "{left:?}");
    fixture.wait(SignedDuration::from_secs(86));
    let late = confirm_ranges(app, &ada, number, now(app)).await;
    assert!(matches!(late, Err(RangesError::TooLate)), "{late:?}");
    assert_eq!(in_force(app), "10.0.2.0/24 192.0.2.0/24");
    fixture.wait(SignedDuration::from_secs(5));
    assert_eq!(in_force(app), "10.0.2.0/24");
    let over = confirm_ranges(app, &ada, number, now(app)).await;
    assert!(matches!(over, Err(RangesError::TooLate)), "{over:?}");
    look_after_ranges(app, Path::new(""), Path::new("")).await.unwrap();
    assert!(
        fixture.last_deed().starts_with("machine RevertRanges \"change 1 of the machine: + 192.0.2.0/24\"")
    );
    let row = ranges_state(app).unwrap().ranges;
    assert!(row.pending.is_none() && row.last.is_some_and(|last| last.how == How::Expired));
    let gone = confirm_ranges(app, &ada, number, now(app)).await;
    assert!(matches!(gone, Err(RangesError::NotOnTrial)));
    change_ranges(app, &ada, add(Which::Admin, "192.0.2.0/24")).await.unwrap();
}

#[tokio::test]
async fn only_a_connection_that_was_made_under_the_new_rules_confirms_them() {
    let (fixture, ada) = Fixture::open(false).await;
    let app = fixture.app();
    let before = now(app);
    fixture.wait(SignedDuration::from_secs(1));
    let number = change_ranges(app, &ada, add(Which::Admin, "192.0.2.0/24")).await.unwrap();
    for accepted in [before, now(app), Accepted(Boottime::default())] {
        let old = confirm_ranges(app, &ada, number, accepted).await;
        assert!(matches!(old, Err(RangesError::OldConnection)), "{old:?}");
        assert!(app.gate().outdates(accepted.0), "such a connection is closed with its answer");
    }
    fixture.wait(SignedDuration::from_secs(1));
    assert!(!app.gate().outdates(now(app).0));
    let wrong = confirm_ranges(app, &ada, number + 1, now(app)).await;
    assert!(matches!(wrong, Err(RangesError::NotOnTrial)));
    confirm_ranges(app, &ada, number, now(app)).await.unwrap();
}

#[tokio::test]
async fn a_change_that_would_cut_off_the_caller_never_begins() {
    let (fixture, ada) = Fixture::open(false).await;
    let app = fixture.app();
    let mut change = add(Which::Admin, "192.0.2.0/24");
    change.remove = vec!["10.0.2.0/24".parse().unwrap()];
    let refused = change_ranges(app, &ada, change.clone()).await;
    assert!(matches!(refused, Err(RangesError::Refused(Refused::CutsOff(_)))));
    assert!(matches!(preview_ranges(app, &ada, &change), Err(RangesError::Refused(Refused::CutsOff(_)))));
    assert_eq!(in_force(app), "10.0.2.0/24");
    assert!(app.gate().rules().trial.is_none());
}

#[tokio::test]
async fn somebody_takes_a_change_back_at_once_and_only_who_may() {
    let (fixture, ada) = Fixture::open(false).await;
    let app = fixture.app();
    let (_, owner) = somebody(&fixture, Role::OperatorOwner).await;
    let denied = change_ranges(app, &owner, add(Which::Admin, "192.0.2.0/24")).await;
    assert!(matches!(denied, Err(RangesError::Denied(Denied::Right(Right::ChangeRanges)))));
    let number = change_ranges(app, &ada, add(Which::Admin, "192.0.2.0/24")).await.unwrap();
    assert!(matches!(take_back_ranges(app, &owner, number).await, Err(RangesError::Denied(_))));
    assert!(matches!(confirm_ranges(app, &owner, number, now(app)).await, Err(RangesError::Denied(_))));
    take_back_ranges(app, &ada, number).await.unwrap();
    assert_eq!(in_force(app), "10.0.2.0/24");
    assert!(fixture.last_deed().starts_with("ada@example.com RevertRanges"));
}

#[tokio::test]
async fn the_operators_staff_comes_from_inside_the_operators_ranges_alone() {
    let (fixture, ada) = Fixture::open(false).await;
    let app = fixture.app();
    let (person, owner) = somebody(&fixture, Role::OperatorOwner).await;
    let mut boss = person.clone();
    boss.role = Role::PlatformAdministrator;
    let from = |source: &str| app.gate().admits_person(&person, source.parse().unwrap());
    assert!(from("10.0.2.2") && from("10.0.2.200"));
    let elsewhere = change_ranges(app, &owner, add(Which::Operator, "10.0.2.128/25")).await;
    assert!(matches!(elsewhere, Err(RangesError::Refused(Refused::CutsOff(_)))), "{elsewhere:?}");
    change_ranges(app, &owner, add(Which::Operator, "10.0.2.0/28")).await.unwrap();
    assert_eq!(in_force(app), "10.0.2.0/24", "the firewall's ranges stay");
    assert!(from("10.0.2.2") && from("::ffff:10.0.2.2") && !from("10.0.2.200"));
    assert!(app.gate().admits_person(&boss, "10.0.2.200".parse().unwrap()));
    fixture.wait(LONG);
    look_after_ranges(app, Path::new(""), Path::new("")).await.unwrap();
    assert!(from("10.0.2.200"), "the narrower ranges were on trial too");
    let number = change_ranges(app, &ada, add(Which::Operator, "10.0.2.128/25")).await.unwrap();
    fixture.wait(SignedDuration::from_secs(1));
    confirm_ranges(app, &ada, number, now(app)).await.unwrap();
    assert!(from("10.0.2.200") && !from("10.0.2.2"));
}

#[tokio::test]
async fn a_start_of_the_service_takes_back_what_the_firewall_does_not_know() {
    let (fixture, ada) = Fixture::open(false).await;
    let app = fixture.app();
    change_ranges(app, &ada, add(Which::Admin, "192.0.2.0/24")).await.unwrap();
    // As after a restart of the machine: nobody remembers a trial.
    let time = app.gate().now();
    app.gate().keep_time_by(move || time);
    open_ranges(app, &[]).await.unwrap();
    assert_eq!(in_force(app), "10.0.2.0/24");
    assert!(fixture.last_deed().starts_with("machine RevertRanges"));
}

#[tokio::test]
async fn ranges_given_at_the_machine_replace_all_and_are_told_loudly() {
    let (fixture, ada) = Fixture::open(false).await;
    let app = fixture.app();
    change_ranges(app, &ada, add(Which::Admin, "192.0.2.0/24")).await.unwrap();
    let (attempts, recovered) =
        (fixture.folder.path().join("attempts.json"), fixture.folder.path().join("r.json"));
    let refused =
        Attempt { number: 1, outcome: RecoverOutcome::Refused { why: "a wrong signature".to_owned() } };
    let taken = Attempt { number: 2, outcome: RecoverOutcome::Taken { serial: 5 } };
    let mut told = Attempts { boot: "start-1".to_owned(), attempts: vec![refused] };
    let put = |told: &Attempts| std::fs::write(&attempts, serde_json::to_vec(told).unwrap()).unwrap();
    put(&told);
    look_after_ranges(app, &attempts, &recovered).await.unwrap();
    assert_eq!(fixture.last_deed(), "machine RecoverRanges \"a wrong signature\" Refused");
    assert_eq!(in_force(app), "10.0.2.0/24 192.0.2.0/24");
    let range = AdminRange {
        net: "203.0.113.0/24".parse().unwrap(),
        name: Line::new("desk").unwrap(),
        owner: Line::new("Ada Osei").unwrap(),
    };
    let given = Recovered { version: 1, serial: 5, digest: String::new(), ranges: vec![range] };
    std::fs::write(&recovered, serde_json::to_vec(&given).unwrap()).unwrap();
    told.attempts.push(taken);
    put(&told);
    for _ in 0..2 {
        look_after_ranges(app, &attempts, &recovered).await.unwrap();
        assert_eq!(in_force(app), "203.0.113.0/24");
        assert_eq!(fixture.last_deed(), "machine RecoverRanges \"serial 5: 203.0.113.0/24\" Done");
    }
    let row = ranges_state(app).unwrap().ranges;
    assert!(row.pending.is_none() && row.last.is_some_and(|last| last.how == How::Recovered));
    let open = app.store().read(|view| alarm::open(view)).unwrap();
    assert_eq!((open.len(), open[0].1.kind, open[0].1.count), (1, Kind::RangesRecovered, 1));
}
