//! Money that is held: taken once, or let go.

use cashcow::payment::gateway::{Asking, Gateway, Outcome, StripeGateway};
use cashcow::payment::{Attempt, AttemptState, CaptureMode};

use super::double::{Double, Fault};
use super::{GOOD, card, made_of, of, paid, taken, visitor};

async fn held(stripe: &StripeGateway, order: u64) -> Attempt {
    let mut attempt = made_of(stripe, order, CaptureMode::Manual).await;
    let outcome = stripe.confirm(&attempt, card(GOOD), &visitor()).await;
    assert_eq!(outcome, Outcome::Authorized(paid("4242")));
    attempt.state = AttemptState::Authorized(paid("4242").card);
    attempt
}

const LOSSES: [Fault; 6] = [
    Fault::ResetBefore,
    Fault::ResetAfter,
    Fault::HalfAnswer,
    Fault::ErrorBefore,
    Fault::ErrorAfter,
    Fault::Refused(429),
];

#[tokio::test]
async fn money_that_is_held_stays_held_until_it_is_taken() {
    let double = Double::stripe().await;
    let stripe = of(&double);
    let attempt = held(&stripe, 1001).await;
    for asking in [Asking::Look, Asking::Close] {
        assert_eq!(stripe.inquire(&attempt, asking).await, Outcome::Authorized(paid("4242")));
    }
    assert_eq!(double.charges()[0].captured, 0);
    for _ in 0..2 {
        assert_eq!(stripe.capture(&attempt).await, taken("4242"));
    }
    assert_eq!((double.charges().len(), double.charges()[0].captured), (1, 2490));
    // Too late to let go.
    assert_eq!(stripe.void(&attempt).await, taken("4242"));
    let captures = double.seen().into_iter().filter(|seen| seen.path.ends_with("/capture"));
    let captures: Vec<_> = captures.collect();
    assert_eq!((captures.len(), &captures[0].idempotency_key), (1, &None));
}

#[tokio::test]
async fn money_that_is_let_go_is_not_taken_any_more() {
    let double = Double::stripe().await;
    let stripe = of(&double);
    let attempt = held(&stripe, 1001).await;
    for _ in 0..2 {
        assert_eq!(stripe.void(&attempt).await, Outcome::Voided);
    }
    assert_eq!(stripe.capture(&attempt).await, Outcome::Voided);
    assert_eq!(stripe.inquire(&attempt, Asking::Look).await, Outcome::Voided);
    let charge = &double.charges()[0];
    assert_eq!((charge.captured, charge.voided), (0, true));
    // So is a hold that has run out.
    let attempt = held(&stripe, 1002).await;
    double.expire_hold(attempt.reference.as_deref().unwrap());
    assert_eq!(stripe.capture(&attempt).await, Outcome::Voided);
}

#[tokio::test]
async fn a_capture_or_release_whose_answer_is_lost_is_done_once() {
    let double = Double::stripe().await;
    let stripe = of(&double);
    for (order, fault) in LOSSES.into_iter().enumerate() {
        let order = 1001 + 10 * order as u64;
        let attempt = held(&stripe, order).await;
        double.plan("/capture", fault);
        assert_eq!(stripe.capture(&attempt).await, Outcome::Unknown, "{fault:?}");
        assert_eq!(stripe.capture(&attempt).await, taken("4242"), "{fault:?}");
        let attempt = held(&stripe, order + 1).await;
        double.plan("/cancel", fault);
        assert_eq!(stripe.void(&attempt).await, Outcome::Unknown, "{fault:?}");
        assert_eq!(stripe.void(&attempt).await, Outcome::Voided, "{fault:?}");
        // The look before it can be lost as well.
        let attempt = held(&stripe, order + 2).await;
        double.plan(attempt.reference.as_deref().unwrap(), fault);
        assert_eq!(stripe.capture(&attempt).await, Outcome::Unknown, "{fault:?}");
        assert_eq!(stripe.capture(&attempt).await, taken("4242"), "{fault:?}");
    }
    for charge in double.charges() {
        let released = charge.order.ends_with('2');
        assert_eq!((charge.captured, charge.voided), if released { (0, true) } else { (2490, false) });
    }
}

#[tokio::test]
async fn a_wrong_amount_is_neither_taken_nor_let_go() {
    let double = Double::stripe().await;
    let stripe = of(&double);
    let attempt = held(&stripe, 1001).await;
    let id = attempt.reference.clone().unwrap();
    double.plan(&id, Fault::WrongAmount);
    assert_eq!(stripe.capture(&attempt).await, Outcome::Mismatch);
    double.plan(&id, Fault::WrongAmount);
    assert_eq!(stripe.void(&attempt).await, Outcome::Mismatch);
    let called = |end: &str| double.seen().iter().filter(|seen| seen.path.ends_with(end)).count();
    assert_eq!((called("/capture"), called("/cancel")), (0, 0));
    // What was done by then cannot be undone, and is told.
    double.plan("/capture", Fault::WrongAmount);
    assert_eq!(stripe.capture(&attempt).await, Outcome::Mismatch);
    let attempt = held(&stripe, 1002).await;
    double.plan("/cancel", Fault::WrongAmount);
    assert_eq!(stripe.void(&attempt).await, Outcome::Mismatch);
}
