//! Money that goes back: once, whatever is lost.

use std::sync::Arc;

use cashcow::base::{Currency, Line, ManualClock, Money, OsRandom, Token};
use cashcow::payment::gateway::{Gateway, RefundOutcome, StripeGateway};
use cashcow::payment::{Attempt, CaptureMode, Refund, RefundFailure, RefundState};
use jiff::{SignedDuration, Timestamp};

use super::double::{Double, Fault};
use super::{card, made, of, visitor};

pub fn refund(attempt: &Attempt, minor: i64) -> Refund {
    let none = Money::new(0, Currency::Eur);
    Refund {
        order: attempt.order,
        number: 1,
        attempt: 1,
        key: Token::random(&OsRandom),
        amount: Money::new(minor, Currency::Eur),
        tax: none,
        lines: Vec::new(),
        shipping: none,
        reason: Line::new("broken").unwrap(),
        by: "ada@shop.example".to_owned(),
        state: RefundState::Sending,
        reference: None,
        begun: Timestamp::now(),
        changed: Timestamp::now(),
    }
}

async fn paid_with(stripe: &StripeGateway, order: u64, number: &str) -> Attempt {
    let attempt = made(stripe, order).await;
    stripe.confirm(&attempt, card(number), &visitor()).await;
    attempt
}

fn reference(outcome: &RefundOutcome) -> String {
    let RefundOutcome::Done { reference } = outcome else { panic!("{outcome:?}") };
    reference.clone()
}

fn sent(double: &Double) -> usize {
    double.seen().iter().filter(|seen| seen.method == "POST" && seen.path == "/v1/refunds").count()
}

#[tokio::test]
async fn parts_go_back_until_nothing_is_left() {
    let double = Double::stripe().await;
    let stripe = of(&double);
    let attempt = paid_with(&stripe, 1001, "4242424242424242").await;
    let (first, second) = (refund(&attempt, 990), refund(&attempt, 1500));
    let done = stripe.refund(&attempt, &first).await;
    let id = reference(&done);
    // Told again, it is the same one.
    assert_eq!(stripe.refund(&attempt, &first).await, done);
    assert_eq!(stripe.inquire_refund(&attempt, &first).await, done);
    assert_eq!((sent(&double), double.charges()[0].refunded), (1, 990));
    let more = RefundOutcome::Failed(RefundFailure::MoreThanLeft);
    assert_eq!(stripe.refund(&attempt, &refund(&attempt, 1501)).await, more);
    assert_ne!(reference(&stripe.refund(&attempt, &second).await), id);
    assert_eq!(stripe.refund(&attempt, &refund(&attempt, 1)).await, more);
    assert_eq!(double.charges()[0].refunded, 2490);
    let seen = double.seen();
    let call = seen.iter().find(|seen| seen.path == "/v1/refunds" && seen.method == "POST").unwrap();
    assert_eq!(call.idempotency_key, Some(format!("{}-refund", first.key)));
    assert_eq!(call.fields, ["payment_intent", "amount", "metadata[refund]", "metadata[order]"]);
}

#[tokio::test]
async fn a_refund_that_takes_time_is_asked_about_and_one_that_fails_says_so() {
    let double = Double::stripe().await;
    let stripe = of(&double);
    let slow = paid_with(&stripe, 1001, "4000000000007726").await;
    let bad = paid_with(&stripe, 1002, "4000000000005126").await;
    let (waits, fails) = (refund(&slow, 500), refund(&bad, 500));
    assert!(matches!(stripe.refund(&slow, &waits).await, RefundOutcome::Pending { .. }));
    assert!(matches!(stripe.inquire_refund(&slow, &waits).await, RefundOutcome::Pending { .. }));
    assert!(matches!(stripe.refund(&bad, &fails).await, RefundOutcome::Done { .. }));
    double.settle_refunds();
    assert!(matches!(stripe.inquire_refund(&slow, &waits).await, RefundOutcome::Done { .. }));
    let refused = RefundOutcome::Failed(RefundFailure::Refused);
    assert_eq!(stripe.inquire_refund(&bad, &fails).await, refused);
    assert_eq!(sent(&double), 2);
}

#[tokio::test]
async fn a_refund_whose_answer_is_lost_is_given_once() {
    let double = Double::stripe().await;
    let stripe = of(&double);
    for (place, fault) in [
        Fault::ResetBefore,
        Fault::ResetAfter,
        Fault::HalfAnswer,
        Fault::ErrorAfter,
        Fault::Refused(503),
        Fault::TooLong,
        Fault::Redirect,
    ]
    .into_iter()
    .enumerate()
    {
        let attempt = paid_with(&stripe, 1001 + place as u64, "4242424242424242").await;
        let refund = refund(&attempt, 1000);
        // The look before it, then the refund itself.
        double.plan("/refunds", fault);
        let key = refund.key.to_string();
        double.plan_text(&key, fault);
        assert_eq!(stripe.refund(&attempt, &refund).await, RefundOutcome::Unknown, "{fault:?}");
        assert_eq!(stripe.inquire_refund(&attempt, &refund).await, RefundOutcome::Unknown, "{fault:?}");
        let done = stripe.inquire_refund(&attempt, &refund).await;
        reference(&done);
        assert_eq!(stripe.refund(&attempt, &refund).await, done, "{fault:?}");
        assert_eq!(double.charges()[place].refunded, 1000, "{fault:?}");
    }
}

/// Stripe repeats a failure of its own for a day: the refund would hang, or go out twice under another key.
#[tokio::test]
async fn a_refund_that_stripe_itself_could_not_make_fails_once_it_is_sure() {
    let double = Double::stripe().await;
    let clock = Arc::new(ManualClock::at(Timestamp::now()));
    let stripe = of(&double).with_clock(clock.clone());
    let attempt = paid_with(&stripe, 1001, "4242424242424242").await;
    let (lost, late) = (refund(&attempt, 1000), refund(&attempt, 500));
    for refund in [&lost, &late] {
        double.plan_text(&refund.key.to_string(), Fault::ErrorBefore);
        for _ in 0..3 {
            assert_eq!(stripe.inquire_refund(&attempt, refund).await, RefundOutcome::Unknown);
        }
    }
    clock.step(SignedDuration::from_mins(59));
    assert_eq!(stripe.inquire_refund(&attempt, &lost).await, RefundOutcome::Unknown);
    clock.step(SignedDuration::from_mins(2));
    // Not while the list cannot be had.
    double.plan("/refunds", Fault::ErrorBefore);
    assert_eq!(stripe.inquire_refund(&attempt, &lost).await, RefundOutcome::Unknown);
    let again = RefundOutcome::Failed(RefundFailure::TryAgain);
    assert_eq!(stripe.inquire_refund(&attempt, &lost).await, again);
    assert_eq!(double.charges()[0].refunded, 0);
    // A failure that is fresh says nothing, however old the refund is.
    let mut fresh = refund(&attempt, 700);
    fresh.begun = Timestamp::UNIX_EPOCH;
    double.plan_text(&fresh.key.to_string(), Fault::ErrorBefore);
    assert_eq!(stripe.inquire_refund(&attempt, &fresh).await, RefundOutcome::Unknown);
    assert_eq!(stripe.inquire_refund(&attempt, &fresh).await, again);
    // And one that was made although Stripe said that it failed is found.
    let mut made = refund(&attempt, 800);
    made.begun = Timestamp::UNIX_EPOCH;
    double.plan_text(&made.key.to_string(), Fault::ErrorAfter);
    assert_eq!(stripe.inquire_refund(&attempt, &made).await, RefundOutcome::Unknown);
    reference(&stripe.inquire_refund(&attempt, &made).await);
    assert_eq!(double.charges()[0].refunded, 800);
}

#[tokio::test]
async fn a_refund_is_found_on_the_last_page_of_many() {
    let double = Double::stripe().await;
    let stripe = of(&double);
    let attempt = paid_with(&stripe, 1001, "4242424242424242").await;
    let first = refund(&attempt, 1);
    let done = stripe.refund(&attempt, &first).await;
    for _ in 0..100 {
        reference(&stripe.refund(&attempt, &refund(&attempt, 1)).await);
    }
    let before = double.seen().len();
    assert_eq!(stripe.inquire_refund(&attempt, &first).await, done);
    assert_eq!(double.seen().len() - before, 2, "the list was not read to its second page");
    assert_eq!(double.charges()[0].refunded, 101);
}

#[tokio::test]
async fn a_wrong_amount_is_not_believed_and_not_repeated() {
    let double = Double::stripe().await;
    let stripe = of(&double);
    let attempt = paid_with(&stripe, 1001, "4242424242424242").await;
    let refund = refund(&attempt, 1000);
    double.plan_text(&refund.key.to_string(), Fault::WrongAmount);
    assert_eq!(stripe.refund(&attempt, &refund).await, RefundOutcome::Unknown);
    double.plan("/refunds", Fault::WrongAmount);
    assert_eq!(stripe.inquire_refund(&attempt, &refund).await, RefundOutcome::Unknown);
    reference(&stripe.inquire_refund(&attempt, &refund).await);
    assert_eq!((sent(&double), double.charges()[0].refunded), (1, 1000));
}

/// A refund that Stripe refuses as it stands would otherwise be told again for ever.
#[tokio::test]
async fn what_was_never_taken_is_not_given_back() {
    let double = Double::stripe().await;
    let stripe = of(&double);
    let again = RefundOutcome::Failed(RefundFailure::TryAgain);
    let refused = paid_with(&stripe, 1001, "4000000000000002").await;
    assert_eq!(stripe.refund(&refused, &refund(&refused, 5)).await, again);
    let held = super::made_of(&stripe, 1002, CaptureMode::Manual).await;
    stripe.confirm(&held, card("4242424242424242"), &visitor()).await;
    assert_eq!(stripe.refund(&held, &refund(&held, 5)).await, again);
    assert_eq!(double.charges().iter().map(|charge| charge.refunded).sum::<i64>(), 0);
}

#[tokio::test]
async fn without_a_payment_nothing_is_refunded() {
    let double = Double::stripe().await;
    let stripe = of(&double);
    let mut unmade = super::attempt(1001);
    assert_eq!(stripe.refund(&unmade, &refund(&unmade, 5)).await, RefundOutcome::Unknown);
    assert!(double.seen().is_empty());
    unmade.reference = Some("pi_of_another_account".to_owned());
    assert_eq!(stripe.refund(&unmade, &refund(&unmade, 5)).await, RefundOutcome::Unknown);
}
