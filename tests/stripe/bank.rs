//! 3-D Secure: the shopper is sent to the bank's page and comes back.

use cashcow::payment::gateway::{Asking, Gateway, Outcome, StripeGateway};
use cashcow::payment::{Attempt, AttemptState, CaptureMode, DeclineReason};

use super::browser::visit;
use super::double::{Double, Fault};
use super::{card, made, made_of, of, paid, taken, visitor};

const ASKS: &str = "4000000000003220";
const ASKS_THEN_REFUSES: &str = "4000008400001629";

/// Confirms, and remembers the page as `action` does.
async fn sent_to_bank(stripe: &StripeGateway, mut attempt: Attempt, number: &str) -> (Attempt, String) {
    let outcome = stripe.confirm(&attempt, card(number), &visitor()).await;
    let Outcome::ActionRequired { url } = outcome else { panic!("{outcome:?}") };
    attempt.state = AttemptState::ActionRequired { url: url.clone() };
    (attempt, url)
}

/// Follows the bank's page back; the query of the return.
async fn back(double: &Double, url: &str) -> String {
    let (status, to) = visit(double, url).await;
    let to = to.unwrap();
    assert_eq!(status, 302);
    to.strip_prefix(&format!("{}?", visitor().return_to)).unwrap().to_owned()
}

#[tokio::test]
async fn a_bank_that_asks_its_customer_is_asked_for_its_answer() {
    let double = Double::stripe().await;
    let stripe = of(&double);
    let attempt = made(&stripe, 1001).await;
    let (attempt, url) = sent_to_bank(&stripe, attempt, ASKS).await;
    assert!(url.starts_with(&format!("{}/pages/proof/", double.endpoint())));
    // A look changes nothing, as often as it takes.
    for _ in 0..2 {
        let waits = Outcome::ActionRequired { url: url.clone() };
        assert_eq!(stripe.inquire(&attempt, Asking::Look).await, waits);
        // Nothing that the address says is believed.
        assert_eq!(stripe.resume(&attempt, "redirect_status=succeeded").await, waits);
        assert_eq!(stripe.resume(&attempt, "ended").await, waits);
    }
    assert!(double.charges().is_empty());
    let query = back(&double, &format!("{url}?ok")).await;
    assert!(query.contains("redirect_status=succeeded"));
    assert_eq!(stripe.resume(&attempt, &query).await, taken("3220"));
    // A shopper may come back twice.
    assert_eq!(stripe.resume(&attempt, "redirect_status=failed").await, taken("3220"));
    assert_eq!(stripe.inquire(&attempt, Asking::Close).await, taken("3220"));
    assert_eq!(double.charges().len(), 1);
}

#[tokio::test]
async fn money_is_held_after_the_banks_yes_when_it_was_to_be_held() {
    let double = Double::stripe().await;
    let stripe = of(&double);
    let attempt = made_of(&stripe, 1001, CaptureMode::Manual).await;
    let (attempt, url) = sent_to_bank(&stripe, attempt, ASKS).await;
    let query = back(&double, &format!("{url}?ok")).await;
    assert_eq!(stripe.resume(&attempt, &query).await, Outcome::Authorized(paid("3220")));
}

#[tokio::test]
async fn who_does_not_say_yes_pays_nothing() {
    let needs = Outcome::Declined(DeclineReason::NeedsAuthentication);
    let double = Double::stripe().await;
    let stripe = of(&double);
    for (number, answer, outcome) in
        [(ASKS, "fail", needs.clone()), (ASKS_THEN_REFUSES, "ok", Outcome::Declined(DeclineReason::Declined))]
    {
        let attempt = made(&stripe, 1001).await;
        let (attempt, url) = sent_to_bank(&stripe, attempt, number).await;
        let query = back(&double, &format!("{url}?{answer}")).await;
        assert_eq!(stripe.resume(&attempt, &query).await, outcome);
        assert_eq!(stripe.inquire(&attempt, Asking::Look).await, outcome);
        assert_eq!(stripe.inquire(&attempt, Asking::Close).await, outcome);
        assert_eq!(double.intents().last().unwrap().status, "canceled");
    }
    // And whoever never comes back.
    let attempt = made(&stripe, 1002).await;
    let (attempt, url) = sent_to_bank(&stripe, attempt, ASKS).await;
    double.plan("/cancel", Fault::ResetAfter);
    assert_eq!(stripe.inquire(&attempt, Asking::Close).await, Outcome::Unknown);
    assert_eq!(stripe.inquire(&attempt, Asking::Close).await, needs);
    assert_eq!(stripe.inquire(&attempt, Asking::Look).await, needs);
    back(&double, &format!("{url}?ok")).await;
    assert_eq!(stripe.inquire(&attempt, Asking::Look).await, needs);
    assert!(double.charges().is_empty());
}

#[tokio::test]
async fn an_answer_that_is_lost_on_the_way_to_the_bank_is_asked_for() {
    let double = Double::stripe().await;
    let stripe = of(&double);
    let attempt = made(&stripe, 1001).await;
    double.plan("/confirm", Fault::ResetAfter);
    assert_eq!(stripe.confirm(&attempt, card(ASKS), &visitor()).await, Outcome::Unknown);
    assert!(matches!(stripe.inquire(&attempt, Asking::Look).await, Outcome::ActionRequired { .. }));
    let ended = stripe.inquire(&attempt, Asking::Close).await;
    assert_eq!(ended, Outcome::Declined(DeclineReason::NeedsAuthentication));
}

/// Otherwise whoever answers in the gateway's place sends the shop's customers anywhere.
#[tokio::test]
async fn a_page_that_is_not_stripes_is_nobodys_way() {
    let (double, other) = (Double::stripe().await, Double::stripe().await);
    let stripe = of(&double);
    double.lives_at(&other.endpoint());
    let attempt = made(&stripe, 1001).await;
    let needs = Outcome::Declined(DeclineReason::NeedsAuthentication);
    assert_eq!(stripe.confirm(&attempt, card(ASKS), &visitor()).await, needs);
    assert!(double.intents().iter().all(|intent| intent.status == "canceled"));
    // Found out only when it is asked about: a look ends nothing.
    let attempt = made(&stripe, 1002).await;
    double.plan("/confirm", Fault::HalfAnswer);
    assert_eq!(stripe.confirm(&attempt, card(ASKS), &visitor()).await, Outcome::Unknown);
    assert_eq!(stripe.inquire(&attempt, Asking::Look).await, Outcome::Unknown);
    assert_eq!(double.intents().last().unwrap().status, "requires_action");
    assert_eq!(stripe.inquire(&attempt, Asking::Close).await, needs);
    assert!(double.charges().is_empty());
}
