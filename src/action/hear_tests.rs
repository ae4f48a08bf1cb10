//! Notices that come twice, late, too early, or with another sum.

use std::sync::Arc;

use super::super::place_order::bench::{Bench, GOOD};
use super::super::place_order::ledger::{Bank, Ledger, Truth, notify};
use super::super::place_order::reconcile;
use super::*;
use crate::order::State;

async fn asked(path: &std::path::Path) -> (Bench, Ledger, String) {
    let bench = Bench::open(path, 9).await;
    let ledger = Ledger::default();
    ledger.0.lock().unwrap().bank = Some(Bank::Asks);
    bench.app.use_gateway(Some(Arc::new(ledger.clone())));
    let cart = bench.cart(1).await;
    bench.pay_at_once(cart, GOOD).await;
    let name = format!("ledger_{}", ledger.all()[0].0.key);
    (bench, ledger, name)
}

#[tokio::test]
async fn an_event_that_comes_twice_counts_once_until_it_is_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let (bench, ledger, name) = asked(folder.path()).await;
    ledger.each(|truth| *truth = Truth::Closed);
    notify(&bench.app, &format!("!e1 {name}")).await.unwrap();
    assert!(matches!(bench.attempts()[0].state, AttemptState::Declined { .. }));
    // The same event again, with other words in it.
    ledger.each(|truth| *truth = Truth::Taken);
    notify(&bench.app, &format!("!e1 {name}")).await.unwrap();
    assert_eq!(bench.orders()[0].state, State::AwaitingPayment);
    assert_eq!(forget_notices(&bench.app).await, Ok(0));
    bench.clock.step(REMEMBERED + SignedDuration::from_secs(1));
    assert_eq!(forget_notices(&bench.app).await, Ok(1));
    notify(&bench.app, &format!("!e1 {name}")).await.unwrap();
    assert!(matches!(bench.attempts()[0].state, AttemptState::Captured(_)), "late money has its owner");
}

#[tokio::test]
async fn an_event_makes_the_next_round_ask_and_never_ends_a_payment_under_way() {
    let folder = tempfile::tempdir().unwrap();
    let (bench, ledger, name) = asked(folder.path()).await;
    ledger.each(|truth| *truth = Truth::Taken);
    assert_eq!(reconcile(&bench.app).await, Ok(0), "it is not due yet");
    notify(&bench.app, &format!("?e1 {name}")).await.unwrap();
    assert_eq!(reconcile(&bench.app).await, Ok(1));
    assert_eq!(bench.orders()[0].state, State::Paid);

    // One whose card is just on its way is left to its own call.
    let id = (bench.orders()[0].number, 1);
    let sending = bench.app.store().transact(move |tx| {
        let attempt = tx.get(&ATTEMPTS, &id)?;
        let Some(attempt) = attempt else { return Ok::<_, StoreError>(()) };
        tx.put(&ATTEMPTS, &id, &Attempt { state: AttemptState::Sending, ..attempt })
    });
    sending.await.unwrap();
    notify(&bench.app, &format!("?e2 {name}")).await.unwrap();
    assert_eq!(reconcile(&bench.app).await, Ok(0), "a question would end it");
}

#[tokio::test]
async fn an_event_with_another_sum_is_an_alarm_and_ships_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (bench, ledger, name) = asked(folder.path()).await;
    for (attempt, truth) in ledger.0.lock().unwrap().truth.values_mut() {
        attempt.amount.minor -= 1;
        *truth = Truth::Taken;
    }
    notify(&bench.app, &format!("!e1 {name}")).await.unwrap();
    assert_eq!(bench.attempts()[0].state, AttemptState::Mismatch);
    assert_eq!(bench.orders()[0].state, State::AwaitingPayment);
    let alarms = bench.app.store().read(|view| crate::alarm::open(view)).unwrap();
    assert_eq!(alarms[0].1.kind, Kind::PaymentMismatch);
}

#[tokio::test]
async fn money_that_went_back_elsewhere_is_an_alarm_and_changes_no_order() {
    let folder = tempfile::tempdir().unwrap();
    let (bench, ledger, name) = asked(folder.path()).await;
    ledger.each(|truth| *truth = Truth::Taken);
    notify(&bench.app, &format!("!e1 {name}")).await.unwrap();
    notify(&bench.app, &format!("-e2 {name}")).await.unwrap();
    notify(&bench.app, &format!("-e2 {name}")).await.unwrap();
    let alarms = bench.app.store().read(|view| crate::alarm::open(view)).unwrap();
    assert_eq!(alarms.len(), 1);
    assert_eq!((alarms[0].1.kind, alarms[0].1.count), (Kind::RefundedElsewhere, 1));
    assert_eq!(bench.orders()[0].state, State::Paid);
}
