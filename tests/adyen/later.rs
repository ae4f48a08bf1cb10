//! Money that is taken, released or given back later.

use super::double::{Double, Fault};
use super::shop::{GOOD, Shop, agrees};
use cashcow::payment::gateway::{Gateway, Outcome, RefundOutcome};
use cashcow::payment::{AttemptState, CaptureMode, RefundFailure};
use jiff::SignedDuration;

async fn held(double: &Double) -> Shop {
    let mut shop = Shop::of(double, CaptureMode::Manual).await;
    assert!(matches!(shop.pay(GOOD).await, AttemptState::Authorized(_)));
    shop.hear_all(double).await;
    shop
}

#[tokio::test]
async fn held_money_is_taken_when_asked_for_and_told_by_a_notice() {
    let double = Double::adyen().await;
    let mut shop = held(&double).await;
    let AttemptState::Authorized(card) = shop.attempt.state.clone() else { panic!("not authorized") };
    assert_eq!(double.charges()[0].captured, 0);
    shop.attempt.state = AttemptState::Capturing(card);
    assert!(matches!(shop.reconcile().await, AttemptState::Capturing(_)), "received is not done");
    shop.hear_all(&double).await;
    assert!(matches!(shop.attempt.state, AttemptState::Captured(_)));
    assert!(agrees(&shop, &double) && shop.surprises.is_empty());
}

#[tokio::test]
async fn held_money_is_freed_when_asked_for_and_told_by_a_notice() {
    let double = Double::adyen().await;
    let mut shop = held(&double).await;
    let AttemptState::Authorized(card) = shop.attempt.state.clone() else { panic!("not authorized") };
    shop.attempt.state = AttemptState::Voiding(card);
    assert!(matches!(shop.reconcile().await, AttemptState::Voiding(_)), "received is not done");
    shop.hear_all(&double).await;
    assert_eq!(shop.attempt.state, AttemptState::Voided);
    assert!(agrees(&shop, &double) && shop.surprises.is_empty());
}

#[tokio::test]
async fn an_authorization_stays_one_however_often_it_is_looked_at() {
    let double = Double::adyen().await;
    let mut shop = held(&double).await;
    let calls = double.seen().len();
    assert!(matches!(shop.reconcile().await, AttemptState::Authorized(_)));
    assert_eq!(double.seen().len(), calls, "Adyen cannot be asked");
}

#[tokio::test]
async fn refunds_in_parts_are_pending_until_their_notices_come() {
    let double = Double::adyen().await;
    let mut shop = Shop::of(&double, CaptureMode::Automatic).await;
    shop.pay(GOOD).await;
    let (one, two, three) = (shop.refund(1000), shop.refund(1490), shop.refund(1));
    for refund in [&one, &two, &three] {
        let outcome = shop.adyen.refund(&shop.attempt, refund).await;
        assert!(matches!(outcome, RefundOutcome::Pending { .. }), "{outcome:?}");
    }
    shop.hear_all(&double).await;
    let of = |key| shop.refunds.iter().find(|(known, _)| *known == key).unwrap().1.clone();
    assert!(matches!(of(one.key), RefundOutcome::Done { .. }));
    assert!(matches!(of(two.key), RefundOutcome::Done { .. }));
    assert_eq!(of(three.key), RefundOutcome::Failed(RefundFailure::MoreThanLeft));
    assert_eq!(double.charges()[0].refunded, 2490);
}

#[tokio::test]
async fn a_refund_that_the_bank_sends_back_is_heard() {
    let double = Double::adyen().await;
    let mut shop = Shop::of(&double, CaptureMode::Automatic).await;
    let card =
        cashcow::payment::Card::parse(GOOD, "12/40", "123", "refund failed", super::shop::now()).unwrap();
    let outcome = shop.adyen.confirm(&shop.attempt, card, &super::visitor()).await;
    shop.settle(&outcome);
    let refund = shop.refund(1000);
    shop.adyen.refund(&shop.attempt, &refund).await;
    shop.hear_all(&double).await;
    let told: Vec<_> = shop.refunds.iter().map(|(_, outcome)| outcome).collect();
    assert!(matches!(told[0], RefundOutcome::Done { .. }));
    assert_eq!(told[1], &RefundOutcome::Failed(RefundFailure::Refused));
}

#[tokio::test]
async fn without_adyens_name_for_a_payment_nothing_is_sent() {
    let double = Double::adyen().await;
    let mut shop = held(&double).await;
    let calls = double.seen().len();
    for name in [None, Some("../../cancels"), Some("")] {
        shop.attempt.transaction = name.map(str::to_owned);
        assert_eq!(shop.adyen.capture(&shop.attempt).await, Outcome::Unknown);
        assert_eq!(shop.adyen.void(&shop.attempt).await, Outcome::Unknown);
        let failed = RefundOutcome::Failed(RefundFailure::TryAgain);
        assert_eq!(shop.adyen.refund(&shop.attempt, &shop.refund(1)).await, failed);
    }
    assert_eq!(double.seen().len(), calls);
}

#[tokio::test]
async fn a_key_without_rights_is_told_again_later() {
    let double = Double::adyen().await;
    let mut shop = Shop::of(&double, CaptureMode::Automatic).await;
    shop.pay(GOOD).await;
    let refund = shop.refund(1000);
    double.plan("/refunds", Fault::Refused(403));
    assert_eq!(shop.adyen.refund(&shop.attempt, &refund).await, RefundOutcome::Unknown);
    let outcome = shop.adyen.refund(&shop.attempt, &refund).await;
    assert!(matches!(outcome, RefundOutcome::Pending { .. }), "{outcome:?}");
}

/// Adyen repeats a 500 under its key, with nothing done. Without an end the sum could never be refunded.
#[tokio::test]
async fn a_refund_that_adyen_never_takes_on_has_failed_after_six_days() {
    let double = Double::adyen().await;
    let mut shop = Shop::of(&double, CaptureMode::Automatic).await;
    shop.pay(GOOD).await;
    let refund = shop.refund(1000);
    double.plan("/refunds", Fault::ErrorBefore);
    for hours in [0, 5 * 24, 23] {
        shop.clock.step(SignedDuration::from_hours(hours));
        assert_eq!(shop.adyen.refund(&shop.attempt, &refund).await, RefundOutcome::Unknown);
    }
    shop.clock.step(SignedDuration::from_hours(2));
    let failed = RefundOutcome::Failed(RefundFailure::TryAgain);
    assert_eq!(shop.adyen.refund(&shop.attempt, &refund).await, failed);
    assert_eq!(double.charges()[0].refunded, 0);
}
