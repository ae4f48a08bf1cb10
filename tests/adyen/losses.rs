//! Every fault at every step.

use super::double::{Double, Fault};
use super::shop::{GOOD, Shop, agrees};
use cashcow::payment::gateway::{Asking, Gateway, Outcome, RefundOutcome};
use cashcow::payment::{AttemptState, CaptureMode, DeclineReason, RefundFailure, RefundState};
use jiff::SignedDuration;

const MODES: [CaptureMode; 2] = [CaptureMode::Automatic, CaptureMode::Manual];

#[tokio::test]
async fn a_payment_whose_answer_is_lost_is_told_by_its_notice() {
    let double = Double::adyen().await;
    for mode in MODES {
        for fault in Fault::LOSSES {
            let mut shop = Shop::of(&double, mode).await;
            double.plan("/payments", fault);
            shop.pay(GOOD).await;
            shop.hear_all(&double).await;
            if shop.attempt.state == AttemptState::Unknown {
                // It never arrived: the cancel by reference finds nothing.
                shop.reconcile().await;
                shop.hear_all(&double).await;
                let again = AttemptState::Declined { reason: DeclineReason::TryAgain };
                assert_eq!(shop.attempt.state, again, "{mode:?} {fault:?}");
            }
            assert!(agrees(&shop, &double), "{mode:?} {fault:?}: {:?}", shop.attempt.state);
            assert_eq!(shop.surprises, vec![], "{mode:?} {fault:?}");
        }
    }
    assert_eq!(double.breaches(), Vec::<String>::new());
}

#[tokio::test]
async fn nothing_is_cancelled_while_a_notice_may_be_on_its_way() {
    let double = Double::adyen().await;
    let mut shop = Shop::of(&double, CaptureMode::Manual).await;
    double.plan("/payments", Fault::ResetAfter);
    shop.pay(GOOD).await;
    for _ in 0..4 {
        assert_eq!(shop.adyen.inquire(&shop.attempt, Asking::Close).await, Outcome::Unknown);
        shop.clock.step(SignedDuration::from_secs(29));
    }
    assert_eq!(double.seen().len(), 1, "a cancel was sent too early");
    shop.clock.step(SignedDuration::from_secs(10));
    assert_eq!(shop.adyen.inquire(&shop.attempt, Asking::Close).await, Outcome::Unknown);
    assert_eq!(double.seen()[1].path, "/v71/cancels");
    // A look never ends anything.
    assert_eq!(shop.adyen.inquire(&shop.attempt, Asking::Look).await, Outcome::Unknown);
    assert_eq!(double.seen().len(), 2);
}

#[tokio::test]
async fn a_cancel_by_reference_survives_every_fault() {
    let double = Double::adyen().await;
    for mode in MODES {
        for arrived in [Fault::ResetBefore, Fault::ResetAfter] {
            for fault in Fault::LOSSES {
                let mut shop = Shop::of(&double, mode).await;
                double.plan("/payments", arrived);
                shop.pay(GOOD).await;
                // The first notice is lost for now.
                let late = double.adyen_held();
                double.plan("/cancels", fault);
                shop.reconcile().await;
                shop.hear_all(&double).await;
                // A failure of Adyen's own is not repeated for ever: the next hour's cancel is another one.
                shop.clock.step(SignedDuration::from_hours(1));
                if shop.attempt.state.is_under_way() {
                    shop.reconcile().await;
                    shop.hear_all(&double).await;
                }
                for notice in late {
                    shop.hear(&double, &notice).unwrap();
                }
                let what = format!("{mode:?} {arrived:?} {fault:?}: {:?}", shop.attempt.state);
                assert!(agrees(&shop, &double), "{what}");
                assert_eq!(shop.surprises, vec![], "{what}");
            }
        }
    }
}

#[tokio::test]
async fn captures_and_releases_survive_every_fault_and_happen_once() {
    let double = Double::adyen().await;
    for (into, on) in [
        (AttemptState::Capturing as fn(_) -> _, "/captures"),
        (AttemptState::Voiding as fn(_) -> _, "/cancels"),
    ] {
        for fault in Fault::LOSSES {
            let mut shop = Shop::of(&double, CaptureMode::Manual).await;
            let AttemptState::Authorized(card) = shop.pay(GOOD).await else { panic!("not authorized") };
            shop.hear_all(&double).await;
            shop.attempt.state = into(card);
            double.plan(on, fault);
            shop.reconcile().await;
            shop.reconcile().await;
            shop.hear_all(&double).await;
            if matches!(shop.attempt.state, AttemptState::Capturing(_) | AttemptState::Voiding(_)) {
                shop.clock.step(SignedDuration::from_hours(1));
                shop.reconcile().await;
                shop.hear_all(&double).await;
            }
            let what = format!("{on} {fault:?}: {:?} {:?}", shop.attempt.state, shop.surprises);
            assert!(matches!(shop.attempt.state, AttemptState::Captured(_) | AttemptState::Voided), "{what}");
            assert!(agrees(&shop, &double) && shop.surprises.is_empty(), "{what}");
        }
    }
}

#[tokio::test]
async fn a_refund_that_is_told_again_gives_money_back_once() {
    let double = Double::adyen().await;
    for fault in Fault::LOSSES {
        let mut shop = Shop::of(&double, CaptureMode::Automatic).await;
        shop.pay(GOOD).await;
        shop.hear_all(&double).await;
        let mut refund = shop.refund(1000);
        double.plan("/refunds", fault);
        for _ in 0..3 {
            let outcome = shop.adyen.inquire_refund(&shop.attempt, &refund).await;
            if let RefundOutcome::Pending { reference } = outcome {
                (refund.reference, refund.state) = (Some(reference), RefundState::Pending);
            } else {
                assert_eq!(outcome, RefundOutcome::Unknown, "{fault:?}");
            }
        }
        shop.hear_all(&double).await;
        let charge = double.charges().pop().unwrap();
        // A failure before the work was begun is what Adyen may answer under this key for days: nothing is
        // given back then, and nobody is told that it was.
        let given = if fault == Fault::ErrorBefore { 0 } else { 1000 };
        assert_eq!(charge.refunded, given, "{fault:?}");
        let done = shop
            .refunds
            .iter()
            .filter(|(key, outcome)| *key == refund.key && matches!(outcome, RefundOutcome::Done { .. }));
        assert_eq!(done.count(), usize::from(given > 0), "{fault:?}");
    }
}

#[tokio::test]
async fn an_acknowledged_refund_is_never_told_again_and_an_old_one_neither() {
    let double = Double::adyen().await;
    let mut shop = Shop::of(&double, CaptureMode::Automatic).await;
    shop.pay(GOOD).await;
    let mut refund = shop.refund(1000);
    refund.reference = Some("DOUBLE0000000099".to_owned());
    let pending = RefundOutcome::Pending { reference: "DOUBLE0000000099".to_owned() };
    assert_eq!(shop.adyen.inquire_refund(&shop.attempt, &refund).await, pending);
    refund.reference = None;
    shop.clock.step(SignedDuration::from_hours(24 * 7));
    assert_eq!(
        shop.adyen.inquire_refund(&shop.attempt, &refund).await,
        RefundOutcome::Failed(RefundFailure::TryAgain)
    );
    assert_eq!(double.seen().len(), 1, "Adyen may have forgotten the key");
}
