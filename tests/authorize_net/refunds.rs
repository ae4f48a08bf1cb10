//! Refunds: whole by a void before the settlement, any part after it, each once.

use cashcow::base::{Clock, Currency, Line, Money, OsRandom, Token};
use cashcow::payment::gateway::{Gateway, RefundOutcome};
use cashcow::payment::{Attempt, Refund, RefundFailure, RefundState};

use super::Shop;
use super::count;
use super::double::{Double, Fault};

const REFUND: &str = "createTransactionRequest refundTransaction";
const VOID: &str = "createTransactionRequest voidTransaction";

fn refund(shop: &Shop, attempt: &Attempt, minor: i64) -> Refund {
    let now = shop.clock.now();
    Refund {
        order: attempt.order,
        number: 1,
        attempt: attempt.number,
        key: Token::random(&OsRandom),
        amount: Money::new(minor, Currency::Usd),
        tax: Money::zero(Currency::Usd),
        lines: Vec::new(),
        shipping: Money::zero(Currency::Usd),
        reason: Line::new("returned").unwrap(),
        by: "ada@shop.example".to_owned(),
        state: RefundState::Sending,
        reference: None,
        begun: now,
        changed: now,
    }
}

/// As `action` keeps it.
fn keep(refund: &mut Refund, outcome: &RefundOutcome) {
    if let RefundOutcome::Done { reference } | RefundOutcome::Pending { reference } = outcome {
        refund.reference = Some(reference.clone());
    }
}

fn pending(outcome: &RefundOutcome) -> &str {
    match outcome {
        RefundOutcome::Pending { reference } => reference,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn before_the_settlement_the_whole_is_voided_and_a_part_waits() {
    let double = Double::authorize_net().await;
    let shop = Shop::of(&double);
    let attempt = shop.paid(1001).await;
    let part = refund(&shop, &attempt, 1000);
    assert_eq!(shop.gateway.refund(&attempt, &part).await, RefundOutcome::NotYet);
    let mut whole = refund(&shop, &attempt, 2490);
    let done = RefundOutcome::Done { reference: attempt.transaction.clone().unwrap() };
    for _ in 0..2 {
        assert_eq!(shop.gateway.refund(&attempt, &whole).await, done);
    }
    keep(&mut whole, &done);
    assert_eq!(shop.gateway.inquire_refund(&attempt, &whole).await, done);
    double.settle_batch();
    assert_eq!(shop.gateway.refund(&attempt, &whole).await, done);
    assert_eq!((count(&double, VOID), count(&double, REFUND)), (1, 0));
    assert!(double.charges()[0].voided);
    // Nothing is left to give back a part of.
    let more = RefundOutcome::Failed(RefundFailure::MoreThanLeft);
    assert_eq!(shop.gateway.refund(&attempt, &part).await, more);
}

#[tokio::test]
async fn after_the_settlement_parts_are_refunded_once_each_and_no_more_than_was_paid() {
    let double = Double::authorize_net().await;
    let shop = Shop::of(&double);
    let attempt = shop.paid(1001).await;
    double.settle_batch();
    let mut first = refund(&shop, &attempt, 1000);
    let outcome = shop.gateway.refund(&attempt, &first).await;
    let id = pending(&outcome).to_owned();
    // Told again under the same key, with or without the name that it got.
    assert_eq!(pending(&shop.gateway.refund(&attempt, &first).await), id);
    keep(&mut first, &outcome);
    assert_eq!(pending(&shop.gateway.refund(&attempt, &first).await), id);
    // The same sum once more is another refund.
    let second = refund(&shop, &attempt, 1000);
    assert_ne!(pending(&shop.gateway.refund(&attempt, &second).await), id);
    let third = refund(&shop, &attempt, 491);
    let more = RefundOutcome::Failed(RefundFailure::MoreThanLeft);
    assert_eq!(shop.gateway.refund(&attempt, &third).await, more);
    let rest = refund(&shop, &attempt, 490);
    pending(&shop.gateway.refund(&attempt, &rest).await);
    assert_eq!(double.charges()[0].refunded, 2490);
    double.settle_batch();
    assert_eq!(
        shop.gateway.inquire_refund(&attempt, &first).await,
        RefundOutcome::Done { reference: id.clone() }
    );
    // Found in the settled batches too.
    first.reference = None;
    assert_eq!(shop.gateway.refund(&attempt, &first).await, RefundOutcome::Done { reference: id });
    assert_eq!((double.charges()[0].refunded, count(&double, REFUND)), (2490, 4));
    assert_eq!(double.breaches(), Vec::<String>::new());
}

#[tokio::test]
async fn a_refund_of_which_the_answer_is_lost_is_looked_for_before_it_is_sent_again() {
    let double = Double::authorize_net().await;
    let shop = Shop::of(&double);
    let faults = [
        (Fault::ResetAfter, true),
        (Fault::HalfAnswer, true),
        (Fault::ErrorAfter, true),
        (Fault::ResetBefore, false),
        (Fault::ErrorBefore, false),
        (Fault::Refused(503), false),
    ];
    for (order, (fault, done)) in (1001..).zip(faults) {
        let attempt = shop.paid(order).await;
        double.settle_batch();
        let refund = refund(&shop, &attempt, 1000);
        double.plan_text("refundTransaction", fault);
        assert_eq!(shop.gateway.refund(&attempt, &refund).await, RefundOutcome::Unknown, "{fault:?}");
        // What cannot be looked for is not sent.
        let before = count(&double, REFUND);
        for list in ["getUnsettledTransactionListRequest", "getSettledBatchListRequest"] {
            double.plan_text(list, Fault::HalfAnswer);
            if list.starts_with("getUnsettled") || !done {
                assert_eq!(shop.gateway.refund(&attempt, &refund).await, RefundOutcome::Unknown, "{fault:?}");
            }
        }
        double.forget_faults();
        assert_eq!(count(&double, REFUND), before, "{fault:?}");
        pending(&shop.gateway.refund(&attempt, &refund).await);
        assert_eq!(count(&double, REFUND), before + usize::from(!done), "{fault:?}");
    }
    assert!(double.charges().iter().all(|charge| charge.refunded == 1000));
}

#[tokio::test]
async fn a_void_in_place_of_a_refund_may_be_lost_too() {
    let double = Double::authorize_net().await;
    let shop = Shop::of(&double);
    for (order, fault) in (1001..).zip([Fault::ResetAfter, Fault::ErrorAfter, Fault::ResetBefore]) {
        let attempt = shop.paid(order).await;
        let whole = refund(&shop, &attempt, 2490);
        double.plan_text("voidTransaction", fault);
        assert_eq!(shop.gateway.refund(&attempt, &whole).await, RefundOutcome::Unknown, "{fault:?}");
        let done = RefundOutcome::Done { reference: attempt.transaction.clone().unwrap() };
        assert_eq!(shop.gateway.refund(&attempt, &whole).await, done, "{fault:?}");
    }
    assert!(double.charges().iter().all(|charge| charge.voided && charge.refunded == 0));
}

/// Settled between the look and the void: the void is refused, and the next try is a refund.
#[tokio::test]
async fn the_night_between_the_look_and_the_void_costs_nothing() {
    let double = Double::authorize_net().await;
    let shop = Shop::of(&double);
    let attempt = shop.paid(1001).await;
    let whole = refund(&shop, &attempt, 2490);
    double.plan_text("voidTransaction", Fault::SlowBefore(400));
    let (address, root) = (double.address(), double.root_pem().to_owned());
    let (asked, wanted) = (attempt.clone(), whole.clone());
    let refunding =
        tokio::spawn(async move { Shop::at(address, &root).gateway.refund(&asked, &wanted).await });
    while !double.seen().iter().any(|seen| seen.fault.is_some()) {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    double.settle_batch();
    assert_eq!(refunding.await.unwrap(), RefundOutcome::NotYet);
    pending(&shop.gateway.refund(&attempt, &whole).await);
    let charge = &double.charges()[0];
    assert_eq!((charge.captured, charge.refunded, charge.voided), (2490, 2490, false));
}

#[tokio::test]
async fn a_refund_that_the_bank_refuses_is_told() {
    let double = Double::authorize_net().await;
    let shop = Shop::of(&double);
    let attempt = shop.paid(1001).await;
    double.settle_batch();
    let mut part = refund(&shop, &attempt, 1000);
    let outcome = shop.gateway.refund(&attempt, &part).await;
    keep(&mut part, &outcome);
    double.turn_into(pending(&outcome), "declined");
    let refused = RefundOutcome::Failed(RefundFailure::Refused);
    assert_eq!(shop.gateway.inquire_refund(&attempt, &part).await, refused);
    // Another sum than was asked for is nothing that is believed.
    double.turn_into(pending(&outcome), "refundSettledSuccessfully");
    double.plan_text("getTransactionDetailsRequest", Fault::WrongAmount);
    assert_eq!(shop.gateway.inquire_refund(&attempt, &part).await, RefundOutcome::Unknown);
}
