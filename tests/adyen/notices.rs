//! Notices in every order, twice, and those that are not to be believed.

use super::double::{Adyen, Api, Double, Fault, Notice, Signing};
use super::shop::{GOOD, HMAC, Shop, agrees, now};
use cashcow::payment::gateway::{Gateway, Unheard};
use cashcow::payment::{AttemptState, CaptureMode};

fn permutations(count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![Vec::new()];
    }
    let shorter = permutations(count - 1);
    let with = |order: &Vec<usize>, place: usize| {
        let mut order = order.clone();
        order.insert(place, count - 1);
        order
    };
    shorter.iter().flat_map(|order| (0..count).map(move |place| with(order, place))).collect()
}

/// The state that is reached with these notices in each order, each of them twice.
async fn in_every_order(double: &Double, shop: &Shop, notices: &[Notice]) -> Vec<(Vec<usize>, Shop)> {
    let mut reached = Vec::new();
    for order in permutations(notices.len()) {
        let mut copy = Shop::of(double, shop.attempt.capture).await;
        copy.attempt = shop.attempt.clone();
        for place in order.iter().chain(&order) {
            copy.hear(double, &notices[*place]).unwrap();
        }
        copy.hear_all(double).await;
        reached.push((order, copy));
    }
    reached
}

#[tokio::test]
async fn a_lost_payment_that_is_captured_later_is_captured_in_every_order_of_its_notices() {
    let double = Double::adyen().await;
    let mut shop = Shop::of(&double, CaptureMode::Manual).await;
    double.plan("/payments", Fault::ResetAfter);
    shop.pay(GOOD).await;
    let lost = shop.attempt.clone();
    let mut notices = double.adyen_held();
    shop.hear(&double, &notices[0]).unwrap();
    let AttemptState::Authorized(card) = shop.attempt.state.clone() else { panic!("not authorized") };
    shop.attempt.state = AttemptState::Capturing(card);
    shop.reconcile().await;
    notices.extend(double.adyen_held());
    assert_eq!(notices.len(), 2);
    shop.attempt = lost;
    for (order, shop) in in_every_order(&double, &shop, &notices).await {
        assert!(agrees(&shop, &double), "{order:?}: {:?}", shop.attempt.state);
        assert_eq!(shop.surprises, vec![], "{order:?}");
    }
}

#[tokio::test]
async fn a_lost_payment_that_was_released_is_nobodys_in_every_order_of_its_notices() {
    let double = Double::adyen().await;
    let mut shop = Shop::of(&double, CaptureMode::Manual).await;
    double.plan("/payments", Fault::ResetAfter);
    shop.pay(GOOD).await;
    // Two cancels: the second one finds it released.
    shop.reconcile().await;
    shop.clock.step(jiff::SignedDuration::from_hours(1));
    shop.reconcile().await;
    let notices = double.adyen_held();
    let topics: Vec<_> = notices.iter().map(|notice| notice.topic.as_str()).collect();
    assert_eq!(topics, ["AUTHORISATION", "TECHNICAL_CANCEL", "TECHNICAL_CANCEL"]);
    for (order, shop) in in_every_order(&double, &shop, &notices).await {
        assert!(agrees(&shop, &double), "{order:?}: {:?}", shop.attempt.state);
    }
}

#[tokio::test]
async fn a_payment_that_comes_after_its_cancel_found_nothing_keeps_its_owner_in_every_order() {
    let double = Double::adyen().await;
    for mode in [CaptureMode::Automatic, CaptureMode::Manual] {
        let mut shop = Shop::of(&double, mode).await;
        shop.attempt.state = AttemptState::Unknown;
        shop.reconcile().await;
        // Only now does it arrive.
        let late = shop.adyen.confirm(&shop.attempt, super::card(GOOD), &super::visitor()).await;
        drop(late);
        let notices = double.adyen_held();
        let topics: Vec<_> = notices.iter().map(|notice| notice.topic.as_str()).collect();
        assert_eq!(topics, ["TECHNICAL_CANCEL", "AUTHORISATION"]);
        for (order, shop) in in_every_order(&double, &shop, &notices).await {
            assert!(agrees(&shop, &double), "{mode:?} {order:?}: {:?}", shop.attempt.state);
        }
        // The shop has told its buyer that nothing was paid: somebody must look.
        shop.hear(&double, &notices[0]).unwrap();
        shop.hear_all(&double).await;
        assert!(matches!(shop.attempt.state, AttemptState::Declined { .. }));
        shop.hear(&double, &notices[1]).unwrap();
        assert!(agrees(&shop, &double) && shop.surprises.len() == 1, "{:?}", shop.attempt.state);
    }
}

#[tokio::test]
async fn an_authorization_that_runs_out_is_heard() {
    let double = Double::adyen().await;
    let mut shop = Shop::of(&double, CaptureMode::Manual).await;
    shop.pay(GOOD).await;
    let psp = shop.attempt.transaction.clone().unwrap();
    double.adyen_tells(&psp, "EXPIRE");
    shop.hear_all(&double).await;
    assert_eq!(shop.attempt.state, AttemptState::Voided);
    assert_eq!(shop.surprises.len(), 1);
}

#[tokio::test]
async fn what_the_bank_takes_back_later_is_told_to_a_person() {
    let double = Double::adyen().await;
    for event in ["CAPTURE_FAILED", "CHARGEBACK"] {
        let mut shop = Shop::of(&double, CaptureMode::Automatic).await;
        shop.pay(GOOD).await;
        double.adyen_tells(&shop.attempt.transaction.clone().unwrap(), event);
        shop.hear_all(&double).await;
        assert!(matches!(shop.attempt.state, AttemptState::Captured(_)));
        assert_eq!(shop.surprises.len(), 1, "{event}");
    }
}

#[tokio::test]
async fn several_items_in_one_notice_are_all_believed_or_none() {
    let double = Double::adyen().await;
    let mut shop = Shop::of(&double, CaptureMode::Manual).await;
    double.plan("/payments", Fault::ResetAfter);
    shop.pay(GOOD).await;
    let authorised = double.adyen_held();
    shop.reconcile().await;
    let both = double.adyen_together(&[authorised, double.adyen_held()].concat());
    let sign = |secret: &str, signing: &Signing| {
        double.with(|adyen: &mut Adyen| adyen.sign(&both, secret, signing, 0)).body
    };
    let headers = hyper::HeaderMap::new();
    let hear = |body: &[u8]| {
        shop.adyen.hear(&cashcow::payment::gateway::Notice { headers: &headers, body, now: now() })
    };
    let good = sign(HMAC, &Signing::default());
    assert_eq!(hear(&good).unwrap().len(), 2);
    let wrong = Signing { wrong: true, ..Signing::default() };
    assert_eq!(hear(&sign(HMAC, &wrong)), Err(Unheard::Unsigned));
    // One of the two is changed on its way.
    let text = String::from_utf8(good).unwrap();
    let changed = text.replacen("\"success\":\"true\"", "\"success\":\"false\"", 1);
    assert_ne!(changed, text);
    assert_eq!(hear(changed.as_bytes()), Err(Unheard::Unsigned));
    let live = text.replacen("\"live\":\"false\"", "\"live\":\"true\"", 1);
    assert_eq!(hear(live.as_bytes()), Err(Unheard::Unreadable));
}
