//! OTLP over HTTPS: what is asked, and what each answer means.

use std::time::Duration;

use cashcow::collector::{Draft, Settings};

use super::desk::{Log, QUICK, settings, ship};
use super::identity::{NAME, Presence, Root};
use super::python;
use super::requests::{Mood, Server};

async fn server(mood: Mood) -> (Server, Root) {
    let root = Root::new();
    (Server::start(root.vouch(Presence::Good).server(), mood).await, root)
}

fn with_token(server: &Server, root: &Root) -> Settings {
    let draft = Draft {
        protocol: "otlp".to_owned(),
        address: server.address.to_string(),
        name: NAME.to_owned(),
        root: root.pem.clone(),
        path: "/audit/v1/logs".to_owned(),
        header: "X-Token".to_owned(),
        secret: "Bearer s3cret".to_owned().into(),
    };
    draft.check(true).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_record_arrives_once_in_batches_with_the_token() {
    let (server, root) = server(Mood::Good).await;
    let log = Log::with(1000);
    let work = ship(&log, with_token(&server, &root), QUICK);
    log.until("all are confirmed", |kept| kept.confirmed == 1000).await;
    let asked = server.asked();
    assert_eq!(
        asked.iter().flat_map(|asked| asked.numbers.clone()).collect::<Vec<_>>(),
        (1..=1000).collect::<Vec<_>>()
    );
    assert_eq!(asked.len(), 4, "256 at once");
    for each in &asked {
        assert!(each.head.starts_with("post /audit/v1/logs http/1.1\r\n"), "{}", each.head);
        assert!(
            each.head.contains(&format!("\r\nhost: {NAME}:{}\r\n", server.address.port())),
            "{}",
            each.head
        );
        assert!(each.head.contains("\r\ncontent-type: application/json\r\n"));
        assert!(each.head.contains("\r\nx-token: bearer s3cret"));
    }
    assert!(!format!("{:?}", work.outbox.state()).contains("s3cret"));
    log.add(1);
    log.until("a live one follows", |kept| kept.confirmed == 1001).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_server_is_left_alone_for_as_long_as_it_asks() {
    for (status, more, wait) in [
        (429, "retry-after: 1\r\n", 1000),
        (503, "retry-after: 1\r\n", 1000),
        // More than it may ask for.
        (503, "retry-after: 9999\r\n", 2000),
        (502, "", 0),
        (504, "retry-after: soon\r\n", 0),
    ] {
        let (server, root) = server(Mood::Says(status, more)).await;
        let log = Log::with(10);
        let work = ship(&log, with_token(&server, &root), QUICK);
        let began = std::time::Instant::now();
        while server.asked().len() < 2 {
            assert!(began.elapsed() < Duration::from_secs(10), "{status}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let asked = server.asked();
        let gap = asked[1].at - asked[0].at;
        assert!(
            gap >= Duration::from_millis(wait) && gap < Duration::from_millis(wait + 900),
            "{status} {gap:?}"
        );
        let said = work.outbox.state().trouble.unwrap().1.to_string();
        assert!(said.contains(&status.to_string()) && !said.contains("secret"), "{said}");
        server.mood(Mood::Good);
        log.until("all are confirmed", |kept| kept.confirmed == 10).await;
        assert_eq!(server.numbers(), (1..=10).collect());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_no_acceptance_drops_nothing_and_is_told_of_once() {
    for bad in [
        Mood::Says(401, ""),
        Mood::Says(404, ""),
        Mood::Says(500, ""),
        Mood::Says(302, "location: https://elsewhere.example/v1/logs\r\n"),
        Mood::ReadsNothing,
        Mood::Leaves,
        Mood::Floods,
        Mood::Stalls,
    ] {
        let (server, root) = server(bad.clone()).await;
        let log = Log::with(30);
        let _work = ship(&log, with_token(&server, &root), QUICK);
        log.until("it is told of", |kept| !kept.silences.is_empty()).await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        {
            let kept = log.0.lock().unwrap();
            assert_eq!((kept.confirmed, kept.lost, kept.silences.len()), (0, 0, 1), "{bad:?}");
        }
        server.mood(Mood::Good);
        log.until("it is back", |kept| kept.confirmed == 30 && kept.returns == 1).await;
        assert_eq!(server.numbers(), (1..=30).collect(), "{bad:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_refuses_for_good_is_counted_and_never_sent_again() {
    let (server, root) = server(Mood::Partial(3)).await;
    let log = Log::with(10);
    let _work = ship(&log, with_token(&server, &root), QUICK);
    log.until("all are confirmed", |kept| kept.confirmed == 10).await;
    assert_eq!(log.0.lock().unwrap().lost, 3);
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_record_that_cannot_be_read_holds_up_no_other() {
    let (server, root) = server(Mood::Chokes(77)).await;
    let log = Log::with(300);
    let _work = ship(&log, with_token(&server, &root), QUICK);
    log.until("all are confirmed", |kept| kept.confirmed == 300).await;
    assert_eq!(server.numbers(), (1..=300).collect());
    assert_eq!(log.0.lock().unwrap().lost, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_without_the_right_certificate_gets_a_token() {
    let root = Root::new();
    for bad in [Presence::Expired, Presence::OtherName] {
        let server = Server::start(root.vouch(bad).server(), Mood::Good).await;
        let log = Log::with(5);
        let _work = ship(&log, with_token(&server, &root), QUICK);
        log.until("it is told of", |kept| !kept.silences.is_empty()).await;
        assert!(server.asked().is_empty() && log.confirmed() == 0, "{bad:?}");
    }
}

/// The protocol's own definition in Python reads what we send.
#[tokio::test(flavor = "multi_thread")]
async fn the_published_definition_of_the_protocol_reads_every_field() {
    let python = python::installed("otlp", "collector/otlp.txt");
    let (server, root) = server(Mood::Good).await;
    let log = Log::with(20);
    let _work = ship(&log, settings("otlp", server.address, &root.pem), QUICK);
    log.until("all are confirmed", |kept| kept.confirmed == 20).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("request.json");
    std::fs::write(&file, &server.asked()[0].body).unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/collector/otlp.py");
    let run = std::process::Command::new(python).arg(script).arg(&file).output().unwrap();
    let said = String::from_utf8_lossy(&run.stdout).into_owned();
    assert!(run.status.success(), "{said}{}", String::from_utf8_lossy(&run.stderr));
    let numbers: Vec<u64> =
        said.lines().map(|line| line.split(' ').next().unwrap().parse().unwrap()).collect();
    assert_eq!(numbers, (1..=20).collect::<Vec<_>>());
    assert!(said.contains("7 13 cashcow.SignIn ada@example.com signed in, 7 Käse"), "{said}");
}
