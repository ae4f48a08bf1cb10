//! Money that is held: for a capture, or for the merchant's review.

use cashcow::payment::gateway::{Gateway, Outcome};
use cashcow::payment::{Attempt, CaptureMode, DeclineReason};

use super::double::{Double, Fault};
use super::{Shop, count, taken, transaction};

const CAPTURE: &str = "createTransactionRequest priorAuthCaptureTransaction";
const VOID: &str = "createTransactionRequest voidTransaction";

async fn held(shop: &Shop, order: u64) -> Attempt {
    let mut attempt = shop.made(order).await;
    attempt.capture = CaptureMode::Manual;
    let outcome = shop.confirm(&attempt).await;
    assert!(matches!(outcome, Outcome::Authorized(_)), "{outcome:?}");
    attempt.transaction = transaction(&outcome);
    attempt
}

#[tokio::test]
async fn what_is_held_is_taken_once_however_often_it_is_asked_for() {
    let double = Double::authorize_net().await;
    let shop = Shop::of(&double);
    let attempt = held(&shop, 1001).await;
    assert_eq!(double.charges()[0].captured, 0);
    for _ in 0..2 {
        assert_eq!(taken(&shop.gateway.capture(&attempt).await), "4242");
    }
    double.settle_batch();
    assert_eq!(taken(&shop.gateway.capture(&attempt).await), "4242");
    assert_eq!((double.charges()[0].captured, count(&double, CAPTURE)), (2490, 1));
}

#[tokio::test]
async fn what_is_held_is_freed_once_however_often_it_is_asked_for() {
    let double = Double::authorize_net().await;
    let shop = Shop::of(&double);
    let attempt = held(&shop, 1001).await;
    for _ in 0..2 {
        assert_eq!(shop.gateway.void(&attempt).await, Outcome::Voided);
    }
    assert!(double.charges()[0].voided && count(&double, VOID) == 1);
    // What is gone cannot be taken, and what is taken is not freed.
    assert_eq!(shop.gateway.capture(&attempt).await, Outcome::Voided);
    let paid = shop.paid(1002).await;
    assert_eq!(taken(&shop.gateway.void(&paid).await), "4242");
    assert_eq!((double.charges()[1].captured, count(&double, VOID)), (2490, 1));
}

#[tokio::test]
async fn a_capture_or_a_release_that_is_lost_is_asked_for_before_it_is_repeated() {
    let faults = [
        Fault::ResetBefore,
        Fault::ResetAfter,
        Fault::HalfAnswer,
        Fault::ErrorBefore,
        Fault::ErrorAfter,
        Fault::Refused(503),
    ];
    let double = Double::authorize_net().await;
    let shop = Shop::of(&double);
    for (order, fault) in (1001..).zip(faults) {
        let attempt = held(&shop, order).await;
        double.plan_text("priorAuthCaptureTransaction", fault);
        assert_eq!(shop.gateway.capture(&attempt).await, Outcome::Unknown, "{fault:?}");
        double.plan_text("getTransactionDetailsRequest", Fault::HalfAnswer);
        assert_eq!(shop.gateway.capture(&attempt).await, Outcome::Unknown, "{fault:?}");
        assert_eq!(taken(&shop.gateway.capture(&attempt).await), "4242", "{fault:?}");

        let attempt = held(&shop, order + 100).await;
        double.plan_text("voidTransaction", fault);
        assert_eq!(shop.gateway.void(&attempt).await, Outcome::Unknown, "{fault:?}");
        assert_eq!(shop.gateway.void(&attempt).await, Outcome::Voided, "{fault:?}");
    }
    let charges = double.charges();
    assert_eq!(charges.iter().filter(|charge| charge.captured == 2490).count(), faults.len());
    assert_eq!(charges.iter().filter(|charge| charge.voided).count(), faults.len());
    // Three faults leave nothing done, and are repeated; the others were done.
    assert_eq!(count(&double, CAPTURE), faults.len());
}

#[tokio::test]
async fn a_wrong_sum_is_not_taken() {
    let double = Double::authorize_net().await;
    let shop = Shop::of(&double);
    let attempt = held(&shop, 1001).await;
    double.plan_text("getTransactionDetailsRequest", Fault::WrongAmount);
    assert_eq!(shop.gateway.capture(&attempt).await, Outcome::Mismatch);
    assert_eq!((double.charges()[0].captured, count(&double, CAPTURE)), (0, 0));
}

#[tokio::test]
async fn what_expired_is_over() {
    let double = Double::authorize_net().await;
    let shop = Shop::of(&double);
    let attempt = held(&shop, 1001).await;
    double.turn_into(attempt.transaction.as_deref().unwrap(), "expired");
    assert_eq!(shop.ask(&attempt).await, Outcome::Voided);
    assert_eq!(shop.gateway.capture(&attempt).await, Outcome::Voided);
}

/// Goods that left for money which the merchant then declines are lost.
#[tokio::test]
async fn what_is_held_for_review_is_no_payment_until_the_merchant_says_so() {
    let double = Double::authorize_net().await;
    let shop = Shop::of(&double);
    for (order, approved, approve) in
        [(1001, true, true), (1002, true, false), (1003, false, true), (1004, false, false)]
    {
        let attempt = shop.made(order).await;
        double.hold_next(approved);
        assert_eq!(shop.confirm(&attempt).await, Outcome::Unknown);
        // However long that takes: it is not lost, and not free for another try.
        for _ in 0..3 {
            shop.wait();
            assert_eq!(shop.ask(&attempt).await, Outcome::Unknown);
        }
        let id = double.transactions().last().unwrap().id.clone();
        double.review(&id, approve);
        let outcome = shop.ask(&attempt).await;
        if approve {
            assert_eq!(taken(&outcome), "4242");
        } else {
            assert_eq!(outcome, Outcome::Declined(DeclineReason::Declined));
        }
    }
    // What is held can be given back meanwhile.
    let attempt = shop.made(1005).await;
    double.hold_next(true);
    assert_eq!(shop.confirm(&attempt).await, Outcome::Unknown);
    assert_eq!(shop.gateway.void(&attempt).await, Outcome::Voided);
    assert_eq!(double.charges().iter().filter(|charge| charge.holds()).count(), 2);
}
