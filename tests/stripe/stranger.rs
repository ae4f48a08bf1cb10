//! The same calls against a server that nobody here wrote, as far as it knows them.

use cashcow::payment::gateway::{Asking, Gateway, Outcome, RefundOutcome};
use cashcow::payment::{AttemptState, CaptureMode, DeclineReason};

use super::browser::go;
use super::localstripe::{Cut, LocalStripe};
use super::refunds::refund;
use super::{GOOD, card, gateway, made, made_of, paid, taken, visitor};

#[tokio::test]
async fn a_server_that_nobody_here_wrote_charges_declines_and_tells_after_a_cut() {
    let server = LocalStripe::start().await;
    let stripe = gateway(server.address(), server.root_pem());

    let paid = made(&stripe, 1001).await;
    assert_eq!(stripe.confirm(&paid, card(GOOD), &visitor()).await, taken("4242"));
    assert_eq!(stripe.inquire(&paid, Asking::Close).await, taken("4242"));

    let refused = made(&stripe, 1002).await;
    let declined = Outcome::Declined(DeclineReason::Declined);
    assert_eq!(stripe.confirm(&refused, card("4000000000000341"), &visitor()).await, declined);
    assert_eq!(stripe.inquire(&refused, Asking::Close).await, declined);

    let asked_first = made(&stripe, 1003).await;
    let needs = Outcome::Declined(DeclineReason::NeedsAuthentication);
    let asked = stripe.confirm(&asked_first, card("4000000000003220"), &visitor()).await;
    assert!(matches!(asked, Outcome::ActionRequired { .. }), "{asked:?}");
    assert_eq!(stripe.inquire(&asked_first, Asking::Close).await, needs);

    let cut_after = made(&stripe, 1004).await;
    server.cut(Cut::After);
    assert_eq!(stripe.confirm(&cut_after, card(GOOD), &visitor()).await, Outcome::Unknown);
    assert_eq!(stripe.inquire(&cut_after, Asking::Close).await, taken("4242"));

    let cut_before = made(&stripe, 1005).await;
    server.cut(Cut::Before);
    assert_eq!(stripe.confirm(&cut_before, card(GOOD), &visitor()).await, Outcome::Unknown);
    assert_eq!(stripe.inquire(&cut_before, Asking::Close).await, Outcome::Declined(DeclineReason::TryAgain));

    let charges = server.charges().await;
    let moved = charges.iter().filter(|charge| charge["status"] == "succeeded").count();
    assert_eq!((moved, charges.len()), (2, 3), "two paid, one refused, nothing else: {charges:?}");
    assert!(charges.iter().all(|charge| charge["amount"] == 2490 && charge["currency"] == "eur"));
}

#[tokio::test]
async fn a_server_that_nobody_here_wrote_sends_to_the_bank_holds_takes_frees_and_gives_back() {
    let server = LocalStripe::start().await;
    let stripe = gateway(server.address(), server.root_pem());
    for (order, answer) in [(1001, "ok"), (1002, "fail")] {
        let mut attempt = made(&stripe, order).await;
        let asked = stripe.confirm(&attempt, card("4000000000003220"), &visitor()).await;
        let Outcome::ActionRequired { url } = asked else { panic!("{asked:?}") };
        attempt.state = AttemptState::ActionRequired { url: url.clone() };
        let waits = Outcome::ActionRequired { url: url.clone() };
        assert_eq!(stripe.inquire(&attempt, Asking::Look).await, waits);
        assert_eq!(go(server.address(), server.client(), &format!("{url}?{answer}")).await.0, 200);
        let told = stripe.resume(&attempt, "").await;
        match answer {
            "ok" => assert_eq!(told, taken("3220")),
            _ => assert_eq!(told, Outcome::Declined(DeclineReason::NeedsAuthentication)),
        }
    }

    let taken_later = made_of(&stripe, 1003, CaptureMode::Manual).await;
    let held = Outcome::Authorized(paid("4242"));
    assert_eq!(stripe.confirm(&taken_later, card(GOOD), &visitor()).await, held);
    assert_eq!(stripe.inquire(&taken_later, Asking::Close).await, held);
    for _ in 0..2 {
        assert_eq!(stripe.capture(&taken_later).await, taken("4242"));
    }
    let freed = made_of(&stripe, 1004, CaptureMode::Manual).await;
    assert_eq!(stripe.confirm(&freed, card(GOOD), &visitor()).await, held);
    for _ in 0..2 {
        assert_eq!(stripe.void(&freed).await, Outcome::Voided);
    }

    let (first, second) = (refund(&taken_later, 1000), refund(&taken_later, 490));
    let done = stripe.refund(&taken_later, &first).await;
    assert!(matches!(done, RefundOutcome::Done { .. }), "{done:?}");
    // It knows no idempotency keys, so that only the look before it keeps the second from going out.
    assert_eq!(stripe.refund(&taken_later, &first).await, done);
    assert!(matches!(stripe.refund(&taken_later, &second).await, RefundOutcome::Done { .. }));
    let charges = server.charges().await;
    let refunded: Vec<_> = charges.iter().filter_map(|charge| charge["amount_refunded"].as_i64()).collect();
    assert_eq!(refunded.iter().filter(|amount| **amount == 1490).count(), 1, "{charges:?}");
}
