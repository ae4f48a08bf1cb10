//! RFC 5424 over TLS: what arrives, when it counts, and what a bad receiver cannot do.

use std::time::{Duration, Instant};

use cashcow::collector::MOST_AT_ONCE;

use super::desk::{Log, QUICK, settings, ship};
use super::identity::{Presence, Root};
use super::receiver::{Mood, Receiver};

async fn receiver(mood: Mood) -> (Receiver, Root) {
    let root = Root::new();
    (Receiver::start(root.vouch(Presence::Good).server(), mood).await, root)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_record_arrives_once_in_order_and_readable() {
    let (receiver, root) = receiver(Mood::Good).await;
    let log = Log::with(1000);
    let work = ship(&log, settings("syslog", receiver.address, &root.pem), QUICK);
    log.until("all are confirmed", |kept| kept.confirmed == 1000).await;
    let numbers: Vec<_> = receiver.told().iter().map(super::parse::Message::number).collect();
    assert_eq!(numbers, (1..=1000).collect::<Vec<_>>());
    let seventh = &receiver.by_number()[&7];
    assert_eq!((seventh.priority, seventh.kind.as_str()), (13 * 8 + 4, "SignIn"));
    assert_eq!((seventh.host.as_str(), seventh.app.as_str()), ("shop.example", "cashcowd"));
    assert_eq!(seventh.data["log"], "c0ffee");
    assert_eq!(seventh.data["object"], "a \"quoted\" [thing] \\ 7 Köln");
    assert_eq!(seventh.text, "ada@example.com signed in, 7 Käse");
    let kept = log.0.lock().unwrap();
    assert!(kept.silences.is_empty() && kept.lost == 0 && kept.asked <= MOST_AT_ONCE);
    let state = work.outbox.state();
    assert!(state.well_since.is_some() && state.confirmed_at.is_some() && state.trouble.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_is_there_at_once_and_counts_when_the_connection_has_ended_in_order() {
    let (receiver, root) = receiver(Mood::Good).await;
    let log = Log::with(1);
    let pace = cashcow::collector::Pace { round: Duration::from_secs(2), ..QUICK };
    let _work = ship(&log, settings("syslog", receiver.address, &root.pem), pace);
    for number in 1..=3 {
        let began = Instant::now();
        while receiver.told().len() < number {
            assert!(began.elapsed() < Duration::from_millis(900), "record {number} is late");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(log.confirmed(), 0, "nothing is confirmed while the round is open");
        log.add(1);
    }
    log.until("the round has ended", |kept| kept.confirmed >= 3).await;
    assert_eq!(receiver.connections(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_reads_nothing_is_told_of_once_and_gets_everything_when_it_is_back() {
    for bad in [Mood::Deaf, Mood::Stalls, Mood::NeverEnds] {
        let (receiver, root) = receiver(bad).await;
        let log = Log::with(300);
        let work = ship(&log, settings("syslog", receiver.address, &root.pem), QUICK);
        log.until("it is told of", |kept| !kept.silences.is_empty()).await;
        log.add(300);
        tokio::time::sleep(QUICK.silent).await;
        assert_eq!(log.0.lock().unwrap().silences.len(), 1, "{bad:?} is told of once");
        assert_eq!(log.confirmed(), 0, "{bad:?}");
        assert!(work.outbox.state().trouble.is_some() && work.outbox.state().well_since.is_none());
        receiver.mood(Mood::Good);
        log.until("it is back", |kept| kept.confirmed == 600 && kept.returns == 1).await;
        assert_eq!(receiver.numbers(), (1..=600).collect());
        assert!(work.outbox.state().trouble.is_none());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_to_a_connection_that_breaks_and_what_comes_twice_has_its_number() {
    for bad in [Mood::Resets(0), Mood::Resets(17), Mood::EndsEarly(0), Mood::EndsEarly(23)] {
        let (receiver, root) = receiver(bad).await;
        let log = Log::with(40);
        let work = ship(&log, settings("syslog", receiver.address, &root.pem), QUICK);
        let began = Instant::now();
        while receiver.connections() < 3 {
            assert!(began.elapsed() < Duration::from_secs(20), "{bad:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let trouble = work.outbox.state().trouble;
        assert!(trouble.is_some(), "{bad:?}");
        receiver.mood(Mood::Good);
        log.until("all are confirmed", |kept| kept.confirmed == 40).await;
        // Checks, too, that a number that came twice is the same message.
        assert_eq!(receiver.numbers(), (1..=40).collect(), "{bad:?}");
        assert!(log.0.lock().unwrap().silences.is_empty(), "{bad:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_without_close_notify_counts_too_since_rsyslog_sends_none() {
    let (receiver, root) = receiver(Mood::NoNotify).await;
    let log = Log::with(10);
    let _work = ship(&log, settings("syslog", receiver.address, &root.pem), QUICK);
    log.until("all are confirmed", |kept| kept.confirmed == 10).await;
    assert_eq!(receiver.told().len(), 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_receiver_gets_smaller_rounds_until_it_can_follow() {
    // 256 of these would take four times as long as a confirmation may.
    let (receiver, root) = receiver(Mood::Slow(Duration::from_millis(30))).await;
    let log = Log::with(120);
    let _work = ship(&log, settings("syslog", receiver.address, &root.pem), QUICK);
    log.until("all are confirmed", |kept| kept.confirmed == 120).await;
    assert_eq!(receiver.numbers(), (1..=120).collect());
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_without_the_right_certificate_is_told_a_word() {
    let root = Root::new();
    let strangers = Root::called("Strangers");
    let cases = [
        (root.vouch(Presence::Expired), "expired"),
        (root.vouch(Presence::OtherName), "not valid for name"),
        (strangers.vouch(Presence::Good), "UnknownIssuer"),
    ];
    for (identity, why) in cases {
        let receiver = Receiver::start(identity.server(), Mood::Good).await;
        let log = Log::with(5);
        let work = ship(&log, settings("syslog", receiver.address, &root.pem), QUICK);
        log.until("it is told of", |kept| !kept.silences.is_empty()).await;
        let (_, said) = work.outbox.state().trouble.unwrap();
        assert!(said.to_string().contains(why), "{said}");
        assert!(receiver.connections() > 1 && receiver.bytes() == 0 && log.confirmed() == 0, "{why}");
    }
    // The authorities of the web vouch for nobody's private root.
    let receiver = Receiver::start(root.vouch(Presence::Good).server(), Mood::Good).await;
    let log = Log::with(5);
    let work = ship(&log, settings("syslog", receiver.address, ""), QUICK);
    log.until("it is told of", |kept| !kept.silences.is_empty()).await;
    assert!(
        work.outbox.state().trouble.unwrap().1.to_string().contains("UnknownIssuer") && receiver.bytes() == 0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_stops_and_starts_goes_on_at_its_bookmark() {
    let (receiver, root) = receiver(Mood::Slow(Duration::from_millis(5))).await;
    let log = Log::with(400);
    let to = settings("syslog", receiver.address, &root.pem);
    for _ in 0..6 {
        let work = ship(&log, to.clone(), QUICK);
        tokio::time::sleep(Duration::from_millis(400)).await;
        drop(work);
    }
    receiver.mood(Mood::Good);
    let before = log.confirmed();
    let heard = receiver.told().len();
    let _work = ship(&log, to, QUICK);
    log.until("all are confirmed", |kept| kept.confirmed == 400).await;
    assert_eq!(receiver.numbers(), (1..=400).collect());
    let again = receiver.told()[heard..].iter().map(super::parse::Message::number).min();
    assert!(again.is_none_or(|first| first <= before + 1 + MOST_AT_ONCE as u64), "{before} {again:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_longer_kept_is_named_instead() {
    let (receiver, root) = receiver(Mood::Good).await;
    let log = Log::with(500);
    log.forget(490);
    let _work = ship(&log, settings("syslog", receiver.address, &root.pem), QUICK);
    log.until("all are confirmed", |kept| kept.confirmed == 500).await;
    let told = receiver.told();
    let gap = &told[0];
    assert_eq!((gap.kind.as_str(), gap.number(), gap.priority), ("gap", 490, 108));
    assert_eq!((gap.data["from"].as_str(), gap.data["to"].as_str()), ("1", "490"));
    assert_eq!(
        told[1..].iter().map(super::parse::Message::number).collect::<Vec<_>>(),
        [491, 492, 493, 494, 495, 496, 497, 498, 499, 500]
    );
    assert_eq!(log.0.lock().unwrap().lost, 490);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_collector_takes_over_while_the_first_one_stalls() {
    let (first, root) = receiver(Mood::Stalls).await;
    let second = Receiver::start(root.vouch(Presence::Good).server(), Mood::Good).await;
    let log = Log::with(20);
    let work = ship(&log, settings("syslog", first.address, &root.pem), QUICK);
    while first.connections() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    work.outbox.ship_to(Some((settings("syslog", second.address, &root.pem), 2)));
    log.until("the second has all", |kept| kept.confirmed == 20).await;
    assert_eq!(second.numbers(), (1..=20).collect());
    work.outbox.ship_to(None);
    log.add(5);
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!((log.confirmed(), second.told().len()), (20, 20), "nothing is shipped to nowhere");
}
