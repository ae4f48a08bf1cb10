//! Answers that are lost, at each step: asked for, never sent again.

use cashcow::payment::DeclineReason;
use cashcow::payment::gateway::{Gateway, Outcome};

use super::double::{Double, Fault};
use super::{AGAIN, CHARGE, GOOD, Shop, card, count, taken, transaction, visitor};

const LIST: &str = "getUnsettledTransactionListRequest";
const BATCHES: &str = "getSettledBatchListRequest";
const DETAILS: &str = "getTransactionDetailsRequest";
const LOST: [Fault; 6] = [
    Fault::ResetBefore,
    Fault::ResetAfter,
    Fault::HalfAnswer,
    Fault::ErrorBefore,
    Fault::Refused(503),
    Fault::TooLong,
];

#[tokio::test]
async fn an_answer_that_is_lost_is_asked_for_and_the_card_is_never_sent_again() {
    let double = Double::authorize_net().await;
    let shop = Shop::of(&double);
    let cases = [
        (1001, Fault::ResetAfter, true),
        (1002, Fault::HalfAnswer, true),
        (1003, Fault::ErrorAfter, true),
        (1004, Fault::TooLong, true),
        (1005, Fault::ResetBefore, false),
        (1006, Fault::ErrorBefore, false),
        (1007, Fault::Refused(503), false),
        (1008, Fault::Refused(429), false),
        (1009, Fault::Redirect, false),
    ];
    for (order, fault, charged) in cases {
        let attempt = shop.made(order).await;
        double.plan_text(CHARGE.split_once(' ').unwrap().1, fault);
        assert_eq!(shop.confirm(&attempt).await, Outcome::Unknown, "{fault:?}");
        // The question can be lost too; it may be asked as often as it takes.
        for lost in LOST {
            double.plan_text(LIST, lost);
            assert_eq!(shop.ask(&attempt).await, Outcome::Unknown, "{fault:?}, {lost:?}");
        }
        if charged {
            double.plan_text(DETAILS, Fault::HalfAnswer);
            assert_eq!(shop.ask(&attempt).await, Outcome::Unknown, "{fault:?}");
            assert_eq!(taken(&shop.ask(&attempt).await), "4242", "{fault:?}");
            continue;
        }
        // It may still be on its way.
        assert_eq!(shop.ask(&attempt).await, Outcome::Unknown, "{fault:?}");
        shop.wait();
        // No list, no verdict.
        for list in [LIST, BATCHES] {
            double.plan_text(list, Fault::ErrorAfter);
            assert_eq!(shop.ask(&attempt).await, Outcome::Unknown, "{fault:?}, {list}");
        }
        assert_eq!(shop.ask(&attempt).await, AGAIN, "{fault:?}");
    }
    let orders: Vec<_> = double.charges().iter().map(|charge| charge.order.clone()).collect();
    assert_eq!(orders, ["1001", "1002", "1003", "1004"]);
    // Those that were turned away or cut before they were read are no calls to the double.
    assert!(count(&double, CHARGE) <= cases.len());
    assert_eq!(double.seen().iter().filter(|seen| seen.card).count(), cases.len());
    assert_eq!(double.breaches(), Vec::<String>::new());
}

/// An approval says nothing of the sum; before that is known, nothing ships.
#[tokio::test]
async fn an_approval_that_cannot_be_looked_up_waits_until_it_can() {
    let double = Double::authorize_net().await;
    let shop = Shop::of(&double);
    for (order, lost) in (1001..).zip(LOST) {
        let attempt = shop.made(order).await;
        double.plan_text(DETAILS, lost);
        assert_eq!(shop.confirm(&attempt).await, Outcome::Unknown, "{lost:?}");
        assert_eq!(taken(&shop.ask(&attempt).await), "4242", "{lost:?}");
    }
    assert_eq!((double.charges().len(), count(&double, CHARGE)), (LOST.len(), LOST.len()));
}

/// A card that reaches the gateway after its call was given up is found.
#[tokio::test]
async fn what_arrives_late_is_found() {
    let double = Double::authorize_net().await;
    let shop = Shop::of(&double);
    let attempt = shop.made(1001).await;
    double.plan_text("authCaptureTransaction", Fault::SlowBefore(400));
    let (address, root) = (double.address(), double.root_pem().to_owned());
    let sent = attempt.clone();
    let sending =
        tokio::spawn(
            async move { Shop::at(address, &root).gateway.confirm(&sent, card(GOOD), &visitor()).await },
        );
    while double.seen().is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    sending.abort();
    assert!(sending.await.unwrap_err().is_cancelled());
    assert_eq!(shop.ask(&attempt).await, Outcome::Unknown);
    while double.charges().is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(taken(&shop.ask(&attempt).await), "4242");
}

/// The shop never does this; what stands between it and the gateway might.
#[tokio::test]
async fn a_charge_that_comes_twice_is_taken_once() {
    let double = Double::authorize_net().await;
    let shop = Shop::of(&double);
    let attempt = shop.made(1001).await;
    let first = shop.confirm(&attempt).await;
    let second = shop.confirm(&attempt).await;
    assert_eq!((taken(&first), transaction(&first)), (taken(&second), transaction(&second)));
    assert_eq!((double.charges().len(), count(&double, CHARGE)), (1, 2));
}

#[tokio::test]
async fn a_wrong_sum_or_a_second_charge_is_a_mismatch_and_never_a_payment() {
    let double = Double::authorize_net().await;
    let shop = Shop::of(&double);
    let attempt = shop.made(1001).await;
    double.plan_text(DETAILS, Fault::WrongAmount);
    assert_eq!(shop.confirm(&attempt).await, Outcome::Mismatch);
    double.plan_text(DETAILS, Fault::WrongAmount);
    assert_eq!(shop.ask(&attempt).await, Outcome::Mismatch);
    // Part of the sum, although none was asked for.
    let part = shop.made(1002).await;
    double.grant_next(1000);
    assert_eq!(shop.confirm(&part).await, Outcome::Mismatch);
    // Another attempt's transaction.
    let mut other = shop.made(1003).await;
    other.transaction = Some(double.charges()[0].id.clone());
    assert_eq!(shop.ask(&other).await, Outcome::Mismatch);
    // Two of one invoice number.
    double.twin(&double.charges()[0].id);
    assert_eq!(shop.ask(&attempt).await, Outcome::Mismatch);
}

/// One that failed beside one that holds money is not a second charge.
#[tokio::test]
async fn a_failed_twin_does_not_hide_the_payment() {
    let double = Double::authorize_net().await;
    let shop = Shop::of(&double);
    let attempt = shop.made(1001).await;
    let outcome = shop.confirm(&attempt).await;
    double.twin(&double.charges()[0].id);
    double.turn_into(&double.charges()[1].id, "generalError");
    assert_eq!(transaction(&shop.ask(&attempt).await), transaction(&outcome));
}

#[tokio::test]
async fn whatever_is_lost_no_order_is_paid_twice_and_none_is_forgotten() {
    for seed in 0..3 {
        let double = Double::authorize_net().await;
        let shop = Shop::of(&double);
        double.plan_random(seed, 350, &Fault::LOSSES);
        let mut paid = Vec::new();
        for order in 1001..1013 {
            let attempt = shop.made(order).await;
            let mut outcome = shop.confirm(&attempt).await;
            for asked in 0..40 {
                if outcome != Outcome::Unknown {
                    break;
                }
                if asked == 5 {
                    shop.wait();
                }
                outcome = shop.ask(&attempt).await;
            }
            match outcome {
                Outcome::Captured(_) => paid.push(order.to_string()),
                Outcome::Declined(DeclineReason::TryAgain) => {}
                other => panic!("seed {seed}, order {order}: {other:?}"),
            }
        }
        let charges: Vec<_> = double.charges().into_iter().map(|charge| charge.order).collect();
        assert_eq!(charges, paid, "seed {seed}");
        assert_eq!(double.breaches(), Vec::<String>::new());
    }
}
