//! Shoppers whose bank asks: to Adyen's page and back.

use super::double::{Double, Fault, form};
use super::shop::{Shop, agrees};
use cashcow::payment::gateway::{Asking, Gateway, Outcome};
use cashcow::payment::{AttemptState, CaptureMode, DeclineReason};
use jiff::SignedDuration;

const ASKED: &str = "4212345678901237";
const ASKED_AND_REFUSED: &str = "4000008400001629";

/// What the bank's page sends back for the newest payment.
fn came_back(double: &Double, word: &str) -> String {
    let psp = double.adyen_payments().pop().unwrap().psp;
    format!("redirectResult={}", form::encode(&format!("{psp}!{word}")))
}

async fn asked(double: &Double, number: &str, mode: CaptureMode) -> Shop {
    let mut shop = Shop::of(double, mode).await;
    let psp = match shop.pay(number).await {
        AttemptState::ActionRequired { url } => url.rsplit('/').next().unwrap().to_owned(),
        other => panic!("not asked: {other:?}"),
    };
    assert_eq!(double.adyen_payments().pop().unwrap().psp, psp);
    assert!(double.charges().iter().all(|charge| charge.id != psp));
    shop
}

#[tokio::test]
async fn a_shopper_who_proves_it_pays_and_one_who_does_not_does_not() {
    let double = Double::adyen().await;
    for (number, word, reason) in [
        (ASKED, "ok", None),
        (ASKED, "fail", Some(DeclineReason::NeedsAuthentication)),
        (ASKED, "cancel", Some(DeclineReason::Abandoned)),
        (ASKED_AND_REFUSED, "ok", Some(DeclineReason::Declined)),
    ] {
        let mut shop = asked(&double, number, CaptureMode::Automatic).await;
        let query = came_back(&double, word);
        let state = shop.resume(&query).await;
        match reason {
            None => assert!(matches!(state, AttemptState::Captured(_)), "{state:?}"),
            Some(reason) => assert_eq!(state, AttemptState::Declined { reason }, "{number} {word}"),
        }
        // Back a second time, and the notice.
        shop.resume(&query).await;
        shop.hear_all(&double).await;
        assert_eq!((shop.attempt.state.clone(), shop.surprises.len()), (state, 0));
        assert!(agrees(&shop, &double));
    }
    assert_eq!(double.charges().len(), 1);
}

#[tokio::test]
async fn a_return_that_was_made_up_changes_nothing_and_bars_nothing() {
    let double = Double::adyen().await;
    let mut shop = asked(&double, ASKED, CaptureMode::Manual).await;
    let before = shop.attempt.state.clone();
    for made_up in ["", "redirectResult=", "redirectResult=nonsense", "MD=1&PaRes=2", "redirectResult=%0a"] {
        assert_eq!(shop.resume(made_up).await, before, "{made_up}");
    }
    assert!(double.charges().is_empty());
    let query = came_back(&double, "ok");
    assert!(matches!(shop.resume(&query).await, AttemptState::Authorized(_)));
    assert_eq!(double.charges().len(), 1);
}

#[tokio::test]
async fn a_return_whose_answer_is_lost_is_told_by_its_notice_or_when_it_comes_again() {
    let double = Double::adyen().await;
    for mode in [CaptureMode::Automatic, CaptureMode::Manual] {
        for again in [false, true] {
            for fault in Fault::LOSSES {
                let mut shop = asked(&double, ASKED, mode).await;
                let query = came_back(&double, "ok");
                double.plan("/details", fault);
                shop.resume(&query).await;
                if again {
                    shop.resume(&query).await;
                }
                shop.hear_all(&double).await;
                if matches!(shop.attempt.state, AttemptState::ActionRequired { .. }) {
                    // Nothing was done, and the shopper is gone.
                    shop.reconcile().await;
                }
                let what = format!("{mode:?} {again} {fault:?}: {:?}", shop.attempt.state);
                assert!(agrees(&shop, &double), "{what}");
                assert_eq!(shop.surprises, vec![], "{what}");
            }
        }
    }
}

#[tokio::test]
async fn a_shopper_who_gives_up_has_paid_nothing() {
    let double = Double::adyen().await;
    let mut shop = asked(&double, ASKED, CaptureMode::Automatic).await;
    // Somebody may have come back a moment ago: not yet.
    assert_eq!(shop.adyen.inquire(&shop.attempt, Asking::Close).await, Outcome::Unknown);
    assert_eq!(double.seen().len(), 1);
    assert_eq!(shop.reconcile().await, AttemptState::Declined { reason: DeclineReason::Abandoned });
    shop.hear_all(&double).await;
    assert!(agrees(&shop, &double) && shop.surprises.is_empty());
}

#[tokio::test]
async fn authentication_in_the_page_itself_is_refused_without_a_charge() {
    let double = Double::adyen().await;
    let shop = Shop::of(&double, CaptureMode::Automatic).await;
    let card =
        cashcow::payment::Card::parse(super::GOOD, "12/40", "123", "NATIVE", super::shop::now()).unwrap();
    let outcome = shop.adyen.confirm(&shop.attempt, card, &super::visitor()).await;
    assert_eq!(outcome, Outcome::Declined(DeclineReason::NeedsAuthentication));
    assert!(double.charges().is_empty());
}

#[tokio::test]
async fn a_payment_that_is_pending_is_settled_by_its_notice() {
    let double = Double::adyen().await;
    let mut shop = Shop::of(&double, CaptureMode::Automatic).await;
    let card =
        cashcow::payment::Card::parse(super::GOOD, "12/40", "123", "PENDING", super::shop::now()).unwrap();
    let outcome = shop.adyen.confirm(&shop.attempt, card, &super::visitor()).await;
    shop.settle(&outcome);
    assert_eq!(shop.attempt.state, AttemptState::Unknown);
    shop.clock.step(SignedDuration::from_mins(1));
    double.adyen_settles();
    shop.hear_all(&double).await;
    assert!(agrees(&shop, &double), "{:?}", shop.attempt.state);
}
