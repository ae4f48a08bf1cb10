//! Each vendor's ways: paid, declined, lost at each call, to a bank and back, taken, released and refunded, told
//! of by notices, with the wrong key, and with nobody at the other end.

use super::stage::Stage;
use super::vendor::VENDORS;
use super::{answers, banks, desk, detours, letters, lost};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn service_keeps_no_trace_of_cards_on_the_wrong_way() {
    let mut stage = Stage::of(&VENDORS[0]).await;
    detours::all(&mut stage).await;
    ways(&mut stage).await;
    detours::cut_off(&mut stage).await;
    detours::kept_open(&mut stage).await;
    stage.search(170).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn service_keeps_no_trace_of_cards_that_went_to_adyen() {
    let mut stage = Stage::of(&VENDORS[1]).await;
    ways(&mut stage).await;
    stage.search(80).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn service_keeps_no_trace_of_cards_that_went_to_authorize_net() {
    let mut stage = Stage::of(&VENDORS[2]).await;
    ways(&mut stage).await;
    stage.search(75).await;
}

async fn ways(stage: &mut Stage) {
    straight(stage).await;
    lost::refused(stage).await;
    lost::at_each_call(stage).await;
    answers::quote_the_card(stage).await;
    if stage.vendor.asks {
        banks::ask(stage).await;
    }
    banks::made_up_returns(stage).await;
    desk::moves_money(stage).await;
    letters::quote_a_card(stage).await;
    lost::wrong_key(stage).await;
    lost::nobody_there(stage).await;
}

async fn straight(stage: &mut Stage) {
    for time in 1..=3 {
        let (mut shopper, page) = stage.pay(format!("straight {time}"), "Grace Hopper").await;
        assert!(super::harness::people::is_paid(&page), "{}", page.words());
        stage.said.append(&mut shopper.browser.seen);
    }
}
