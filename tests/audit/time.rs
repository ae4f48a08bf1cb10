//! Heads by the hour and by the day, and what is kept for how long.

use cashcow::action::{seal_audit, shorten_audit};
use cashcow::audit::{MOST_RECORDS, Why, latest_head, state};

use crate::bench::{Machine, at, check};

async fn hourly(machine: &Machine) -> usize {
    seal_audit(&machine.app, false).await.unwrap()
}

#[tokio::test]
async fn a_head_is_made_once_its_hour_is_over_and_not_before() {
    let machine = Machine::new().await;
    machine.work(10).await;
    assert_eq!(hourly(&machine).await, 0, "12:10: the hour is not over");
    machine.pass(1);
    assert_eq!(hourly(&machine).await, 1);
    assert_eq!(hourly(&machine).await, 0, "nothing new");
    machine.pass(24 * 9);
    assert_eq!(hourly(&machine).await, 0, "days without events need no head");
}

#[tokio::test]
async fn days_that_passed_while_the_tpm_was_not_asked_get_a_head_each() {
    let machine = Machine::new().await;
    for _ in 0..3 {
        machine.work(5).await;
        machine.pass(24);
    }
    machine.work(5).await;
    machine.pass(24 * 30);
    assert_eq!(hourly(&machine).await, 4);
    let latest = machine.app.store().read(|view| latest_head(view)).unwrap().unwrap().1.head().unwrap();
    assert_eq!((latest.day.to_string(), latest.first, latest.last), ("2026-11-26".to_owned(), 18, 22));
    let report = check(&machine.lines(), machine.fingerprint()).unwrap();
    assert_eq!(report.heads, 5, "and the one with which the log began");
}

#[tokio::test]
async fn a_clock_that_goes_back_keeps_no_head_waiting_and_breaks_no_chain() {
    let machine = Machine::new().await;
    machine.work(5).await;
    machine.pass(-48);
    machine.work(5).await;
    assert!(hourly(&machine).await > 0);
    machine.pass(1);
    hourly(&machine).await;
    let report = check(&machine.lines(), machine.fingerprint()).unwrap();
    assert_eq!((report.last, report.unsealed), (12, 0));
}

#[tokio::test]
async fn a_day_is_kept_for_twelve_months_and_what_is_left_afterwards_still_checks() {
    let machine = Machine::new().await;
    machine.work(700).await;
    for _ in 0..3 {
        machine.work(5).await;
        hourly(&machine).await;
        machine.pass(24);
    }
    // 2026-11-23 and the next day have about 700 records; twelve months later all are there.
    let kept = || machine.app.store().read(|view| state(view)).unwrap();
    machine.pass(366 * 24);
    shorten_audit(&machine.app, MOST_RECORDS).await.unwrap();
    assert_eq!(kept().gone, 0);
    machine.pass(29 * 24);
    shorten_audit(&machine.app, MOST_RECORDS).await.unwrap();
    let gone = kept().gone;
    assert!(gone > 0 && gone < 717, "{gone}");
    assert_eq!(machine.records()[0].0, gone + 1);
    let report = check(&machine.lines(), machine.fingerprint()).unwrap();
    assert_eq!(report.first, gone + 1);
    assert!(machine.alarms().is_empty());
    // The head at which it begins now has to be the one that the TPM signed.
    let forged = machine.lines().replacen("\"hash\":\"", "\"hash\":\"0", 1);
    assert!(check(&forged, machine.fingerprint()).is_err());
    let records = machine.records();
    assert!(records.last().unwrap().1.to_string().contains("PruneAudit"), "that records went is recorded");
}

#[tokio::test]
async fn a_log_that_is_full_loses_its_oldest_days_and_an_alarm_tells() {
    let machine = Machine::new().await;
    for _ in 0..6 {
        machine.work(20).await;
        machine.pass(24);
    }
    hourly(&machine).await;
    shorten_audit(&machine.app, 1000).await.unwrap();
    assert!(machine.alarms().is_empty());
    shorten_audit(&machine.app, 50).await.unwrap();
    let state = machine.app.store().read(|view| state(view)).unwrap();
    assert!((20..=52).contains(&state.kept()), "{}", state.kept());
    assert_eq!(machine.alarms(), ["audit-full up to 2026-11-26"]);
    assert!(check(&machine.lines(), machine.fingerprint()).is_ok());
}

#[tokio::test]
async fn an_export_of_some_days_begins_with_a_head_and_checks_on_its_own() {
    let machine = Machine::new().await;
    for _ in 0..4 {
        machine.work(5).await;
        machine.pass(24);
        hourly(&machine).await;
    }
    let whole = check(&machine.lines(), machine.fingerprint()).unwrap();
    let some = machine.lines_from("2026-11-25".parse().unwrap());
    let report = check(&some, machine.fingerprint()).unwrap();
    assert_eq!((report.first, report.last), (13, whole.last));
    assert_eq!(machine.records()[12].1.at, at("2026-11-25T12:11:00Z"));
    // Its first head left out: then nothing says that the file begins where it should.
    let without: Vec<_> = some.lines().enumerate().filter(|(at, _)| *at != 1).map(|(_, line)| line).collect();
    let bad = check(&(without.join("\n") + "\n"), machine.fingerprint()).unwrap_err();
    assert_eq!(bad.why, Why::NoBeginning);
}
