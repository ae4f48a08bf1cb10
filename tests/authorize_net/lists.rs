//! Payments that must be found in long lists and old batches.

use cashcow::payment::gateway::Outcome;

use super::double::{Double, Fault};
use super::{AGAIN, Shop, count, taken};

const LIST: &str = "getUnsettledTransactionListRequest";
const OF_BATCH: &str = "getTransactionListRequest";

#[tokio::test]
async fn a_payment_is_found_after_it_was_settled() {
    let double = Double::authorize_net().await;
    let shop = Shop::of(&double);
    let attempt = shop.made(1001).await;
    double.plan_text("authCaptureTransaction", Fault::ResetAfter);
    assert_eq!(shop.confirm(&attempt).await, Outcome::Unknown);
    double.settle_batch();
    shop.wait();
    for call in ["getSettledBatchListRequest", OF_BATCH] {
        double.plan_text(call, Fault::HalfAnswer);
        assert_eq!(shop.ask(&attempt).await, Outcome::Unknown, "{call}");
    }
    assert_eq!(taken(&shop.ask(&attempt).await), "4242");
    // One of several batches.
    double.settle_batch();
    let other = shop.made(1002).await;
    assert_eq!(taken(&shop.confirm(&other).await), "4242");
    double.settle_batch();
    assert_eq!(taken(&shop.ask(&attempt).await), "4242");
    assert_eq!(taken(&shop.ask(&other).await), "4242");
}

#[tokio::test]
async fn a_payment_is_found_behind_a_thousand_others() {
    let double = Double::authorize_net().await;
    let shop = Shop::of(&double);
    let attempt = shop.made(1001).await;
    assert_eq!(taken(&shop.confirm(&attempt).await), "4242");
    double.crowd(1000);
    assert_eq!(taken(&shop.ask(&attempt).await), "4242");
    assert_eq!(count(&double, LIST), 3);
    double.settle_batch();
    assert_eq!(taken(&shop.ask(&attempt).await), "4242");
    assert_eq!(count(&double, OF_BATCH), 3);
    // And one that is not there is not there.
    let never = shop.made(1002).await;
    shop.wait();
    assert_eq!(shop.ask(&never).await, AGAIN);
}

/// A list without end would keep the one who asks for ever; what is not read to its end tells nothing.
#[tokio::test]
async fn of_a_list_that_is_too_long_nothing_is_concluded() {
    let double = Double::authorize_net().await;
    let shop = Shop::of(&double);
    let attempt = shop.made(1001).await;
    assert_eq!(taken(&shop.confirm(&attempt).await), "4242");
    double.crowd(10_001);
    let never = shop.made(1002).await;
    shop.wait();
    assert_eq!(shop.ask(&never).await, Outcome::Unknown);
    assert_eq!(count(&double, LIST), 25);
}

/// A clock that was set back must not make a fresh attempt old, nor an old one fresh for ever.
#[tokio::test]
async fn a_clock_that_was_set_back_lets_nothing_be_given_up() {
    let double = Double::authorize_net().await;
    let shop = Shop::of(&double);
    let attempt = shop.made(1001).await;
    shop.clock.step(jiff::SignedDuration::from_mins(-30));
    assert_eq!(shop.ask(&attempt).await, Outcome::Unknown);
    shop.clock.step(jiff::SignedDuration::from_mins(40));
    assert_eq!(shop.ask(&attempt).await, AGAIN);
}
