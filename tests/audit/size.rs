//! 100,000 events: written, searched, exported and checked. Times are compared with each other, never with a clock.

use std::time::{Duration, Instant};

use cashcow::action::App;
use cashcow::audit::{Deed, Event, LOOKED_AT, Outcome, Query, Who, search};
use cashcow::base::Email;
use cashcow::store::StoreError;
use jiff::SignedDuration;

use crate::bench::{Machine, at, check};

const MANY: usize = 100_000;
const FEW: usize = 1_000;

fn event(number: usize) -> Event {
    let seconds = i64::try_from(number).unwrap() * 60;
    let time = at("2026-11-24T00:00:00Z") + SignedDuration::from_secs(seconds);
    let source = Some(format!("10.0.{}.{}", number / 250 % 250, number % 250).parse().unwrap());
    let by = match number % 1000 {
        7 => Who::Person {
            id: cashcow::base::Token::from_bytes([3; 16]),
            email: Email::new("rare@example.com").unwrap(),
        },
        _ => Who::Stranger,
    };
    let event = Event::done(time, by, Deed::ChangeProduct, &format!("mug {number}"), source);
    if number.is_multiple_of(2) { event } else { event.refused() }
}

async fn write(app: &App, numbers: std::ops::Range<usize>) -> Duration {
    let began = Instant::now();
    for start in numbers.clone().step_by(1000) {
        let end = (start + 1000).min(numbers.end);
        let written = app.store().transact(move |tx| {
            (start..end).try_for_each(|number| event(number).record(tx))?;
            Ok::<_, StoreError>(())
        });
        written.await.unwrap();
    }
    began.elapsed()
}

/// The quickest of some: what else runs on the machine makes the others slower.
fn quickest(app: &App, query: &Query) -> Duration {
    let once = || {
        let began = Instant::now();
        let page = app.store().read(|view| search(view, query, 50)).unwrap();
        assert!(!page.found.is_empty(), "{query:?}");
        began.elapsed()
    };
    (0..7).map(|_| once()).min().unwrap()
}

#[tokio::test]
async fn a_hundred_thousand_events_are_searched_and_added_to_about_as_quickly_as_a_thousand() {
    let machine = Machine::new().await;
    let app = &machine.app;
    let rare = Query { who: Some("rare@example.com".to_owned()), ..Query::default() };
    let early = |day: &str| Query { until: Some(at(day)), ..Query::default() };
    let queries = [
        ("the newest", Query::default()),
        ("refused", Query { outcome: Some(Outcome::Refused), ..Query::default() }),
        ("a deed", Query { deed: Some(Deed::ChangeProduct), ..Query::default() }),
        ("a day", early("2026-11-24T12:00:00Z")),
    ];
    let few = Machine::new().await;
    write(app, 0..MANY - FEW).await;
    // One after the other, so that both have the same load beside them.
    let (first, last) = (write(&few.app, 0..FEW).await, write(app, MANY - FEW..MANY).await);
    for (name, query) in &queries {
        let (small, large) = (quickest(&few.app, query), quickest(app, query));
        println!("{name}: {small:?} among {FEW}, {large:?} among {MANY}");
        assert!(large < small * 8, "{name}: {small:?} became {large:?}");
    }
    println!("{FEW} added: {first:?} at first, {last:?} at last");
    assert!(last < first * 6, "{first:?} became {last:?}");

    // Somebody rare is found by the index: a hundred records are looked at, not a hundred thousand.
    let page = app.store().read(|view| search(view, &rare, 50)).unwrap();
    assert_eq!((page.found.len(), page.cut_short), (50, false));
    assert_eq!(page.found[0].1.object, "mug 99007");
    let next =
        app.store().read(|view| search(view, &Query { before: page.next, ..rare.clone() }, 50)).unwrap();
    assert_eq!((next.found.len(), next.next), (50, None));

    // A word that is nowhere: the bound ends it, and it can be gone on with.
    let (mut query, mut rounds) = (Query { text: Some("no such thing".to_owned()), ..Query::default() }, 0);
    loop {
        let page = app.store().read(|view| search(view, &query, 50)).unwrap();
        assert!(page.found.is_empty());
        let Some(next) = page.next else { break };
        assert!(page.cut_short);
        (query.before, rounds) = (Some(next), rounds + 1);
    }
    assert_eq!(rounds, MANY / LOOKED_AT);

    machine.pass(24 * 100);
    machine.seal().await;
    let (bundle, key) = (machine.bundle(), machine.fingerprint());
    let report = check(&bundle, key).unwrap();
    assert_eq!((report.last, report.unsealed), (u64::try_from(MANY).unwrap() + 2, 0));
    // In the midst of it one letter.
    let forged = bundle.replacen("mug 54321", "mug 54320", 1);
    assert_eq!(check(&forged, key).unwrap_err().place.to_string(), "record 54324");
}

#[tokio::test]
async fn every_filter_finds_what_it_should_and_they_hold_together() {
    let machine = Machine::new().await;
    write(&machine.app, 0..FEW).await;
    let find = |query: Query| machine.app.store().read(|view| search(view, &query, 5000)).unwrap().found;
    let all = Query::default;
    assert_eq!(find(all()).len(), FEW + 2);
    assert_eq!(find(Query { outcome: Some(Outcome::Refused), ..all() }).len(), FEW / 2);
    assert_eq!(find(Query { deed: Some(Deed::StartService), ..all() }).len(), 1);
    assert_eq!(find(Query { who: Some("Rare@Example.com".to_owned()), ..all() }).len(), 1);
    assert_eq!(find(Query { who: Some("machine".to_owned()), ..all() }).len(), 2);
    assert_eq!(find(Query { text: Some("MUG 99".to_owned()), ..all() }).len(), 11);
    assert_eq!(find(Query { source: Some("10.0.2.0/24".parse().unwrap()), ..all() }).len(), 250);
    assert_eq!(find(Query { source: Some("10.0.2.7/32".parse().unwrap()), ..all() }).len(), 1);
    let hour =
        Query { from: Some(at("2026-11-24T02:00:00Z")), until: Some(at("2026-11-24T03:00:00Z")), ..all() };
    let found = find(hour.clone());
    assert_eq!(
        (found.len(), found[0].1.object.as_str(), found[59].1.object.as_str()),
        (60, "mug 179", "mug 120")
    );
    let narrow = Query { outcome: Some(Outcome::Done), text: Some("mug 12".to_owned()), ..hour };
    let objects: Vec<_> = find(narrow).iter().map(|(_, record)| record.object.clone()).collect();
    assert_eq!(objects, ["mug 128", "mug 126", "mug 124", "mug 122", "mug 120"]);
    // Page by page nothing is left out or shown twice.
    let (mut query, mut seen) = (Query { outcome: Some(Outcome::Refused), ..all() }, Vec::new());
    loop {
        let page = machine.app.store().read(|view| search(view, &query, 7)).unwrap();
        seen.extend(page.found.iter().map(|(number, _)| *number));
        let Some(next) = page.next else { break };
        query.before = Some(next);
    }
    assert_eq!(
        seen,
        find(Query { outcome: Some(Outcome::Refused), ..all() }).iter().map(|(n, _)| *n).collect::<Vec<_>>()
    );
}
