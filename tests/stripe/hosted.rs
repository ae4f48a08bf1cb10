//! Stripe's own page: no card in this process, and no charge without an attempt.

use cashcow::payment::gateway::{
    Asking, Detour, Gateway, Outcome, Paid, RefundOutcome, StripeGateway, StripePage,
};
use cashcow::payment::{Attempt, AttemptState, CaptureMode, CardShown, DeclineReason};
use jiff::Timestamp;

use super::browser::visit;
use super::double::{Double, Fault};
use super::refunds::refund;
use super::{GOOD, account, attempt, card, visitor};

fn hosted(double: &Double) -> StripeGateway {
    let detour = Detour::new(Some(double.address()), Some(double.root_pem())).unwrap();
    StripeGateway::new(account(StripePage::Hosted), detour).unwrap()
}

fn fresh(order: u64, capture: CaptureMode) -> Attempt {
    let gateway = "stripe-hosted".to_owned();
    Attempt { gateway, capture, begun: Timestamp::now(), ..attempt(order) }
}

/// As `action` does it: reference and page go into the attempt before the shopper is sent there.
async fn opened(stripe: &StripeGateway, order: u64, capture: CaptureMode) -> (Attempt, String) {
    let mut attempt = fresh(order, capture);
    let created = stripe.create(&attempt, &visitor()).await.unwrap();
    let url = created.redirect.unwrap();
    attempt.reference = Some(created.reference);
    attempt.state = AttemptState::ActionRequired { url: url.clone() };
    (attempt, url)
}

/// Its name and its page.
pub async fn open(double: &Double, order: u64) -> (String, String) {
    let (attempt, url) = opened(&hosted(double), order, CaptureMode::Automatic).await;
    (attempt.reference.unwrap(), url)
}

fn paid(double: &Double) -> Paid {
    let card = CardShown { brand: "Visa".to_owned(), last_four: "4242".to_owned() };
    Paid { card, transaction: Some(double.intents().last().unwrap().id.clone()) }
}

/// As `settle` does it.
fn learn(attempt: &mut Attempt, paid: &Paid) {
    attempt.transaction.clone_from(&paid.transaction);
    attempt.state = AttemptState::Authorized(paid.card.clone());
}

#[tokio::test]
async fn a_shopper_pays_at_stripe_and_the_money_has_its_attempt() {
    let double = Double::stripe().await;
    let stripe = hosted(&double);
    assert_eq!((stripe.name(), stripe.takes_card()), ("stripe-hosted", false));
    let (mut attempt, url) = opened(&stripe, 1001, CaptureMode::Automatic).await;
    let waits = Outcome::ActionRequired { url: url.clone() };
    assert_eq!(stripe.inquire(&attempt, Asking::Look).await, waits);
    assert_eq!(stripe.resume(&attempt, "").await, waits);
    // A card that is refused there leaves the page open.
    assert_eq!(visit(&double, &format!("{url}?pay=pm_card_visa_chargeDeclined")).await.0, 402);
    assert_eq!(stripe.inquire(&attempt, Asking::Look).await, waits);
    let (_, to) = visit(&double, &format!("{url}?pay")).await;
    assert_eq!(to.as_deref(), Some(visitor().return_to.as_str()));
    let taken = Outcome::Captured(paid(&double));
    for query in ["", "ended"] {
        assert_eq!(stripe.resume(&attempt, query).await, taken, "{query}");
    }
    assert_eq!(stripe.inquire(&attempt, Asking::Close).await, taken);
    let charges = double.charges();
    assert_eq!((charges.len(), charges[0].amount, charges[0].currency.as_str()), (1, 2490, "eur"));
    assert_eq!((charges[0].order.as_str(), &charges[0].attempt), ("1001", &attempt.key.to_string()));
    assert!(double.seen().iter().all(|seen| !seen.card));
    // What comes later goes by the payment's own name, or by the session while that is not known.
    let first = refund(&attempt, 1000);
    assert!(matches!(stripe.refund(&attempt, &first).await, RefundOutcome::Done { .. }));
    learn(&mut attempt, &paid(&double));
    assert!(matches!(stripe.refund(&attempt, &first).await, RefundOutcome::Done { .. }));
    assert_eq!(double.charges()[0].refunded, 1000);
}

#[tokio::test]
async fn the_page_is_opened_as_stripe_documents_it() {
    let double = Double::stripe().await;
    let stripe = hosted(&double);
    let (attempt, url) = opened(&stripe, 1001, CaptureMode::Automatic).await;
    assert!(url.starts_with(&format!("{}/pages/checkout/cs_test", double.endpoint())));
    let seen = double.seen();
    assert_eq!((seen.len(), seen[0].path.as_str()), (1, "/v1/checkout/sessions"));
    assert_eq!(seen[0].idempotency_key, Some(format!("{}-create", attempt.key)));
    for field in [
        "mode",
        "payment_method_types[]",
        "line_items[0][price_data][unit_amount]",
        "adaptive_pricing[enabled]",
        "success_url",
        "cancel_url",
        "expires_at",
        "client_reference_id",
        "metadata[attempt]",
        "payment_intent_data[metadata][order]",
        "payment_intent_data[metadata][attempt]",
        "payment_intent_data[capture_method]",
    ] {
        assert!(seen[0].fields.iter().any(|name| name == field), "{field} was not sent");
    }
    // No card belongs here.
    let again = Outcome::Declined(DeclineReason::TryAgain);
    assert_eq!(stripe.confirm(&attempt, card(GOOD), &visitor()).await, again);
    assert_eq!(double.seen().len(), 1);
}

#[tokio::test]
async fn who_gives_up_or_does_not_come_back_pays_nothing() {
    let double = Double::stripe().await;
    let stripe = hosted(&double);
    let abandoned = Outcome::Declined(DeclineReason::Abandoned);
    // By the link back to the shop.
    let (attempt, url) = opened(&stripe, 1001, CaptureMode::Automatic).await;
    let (_, to) = visit(&double, &format!("{url}?cancel")).await;
    let to = to.unwrap();
    let query = to.strip_prefix(&format!("{}?", visitor().return_to)).unwrap();
    assert_eq!(stripe.resume(&attempt, query).await, abandoned);
    assert_eq!(visit(&double, &format!("{url}?pay")).await.0, 402);
    // Never back: closed by the shop.
    let (attempt, url) = opened(&stripe, 1002, CaptureMode::Automatic).await;
    visit(&double, &format!("{url}?pay=pm_card_visa_chargeDeclined")).await;
    for fault in [Fault::ResetBefore, Fault::ErrorBefore, Fault::Refused(503), Fault::ResetAfter] {
        double.plan("/expire", fault);
        assert_eq!(stripe.inquire(&attempt, Asking::Close).await, Outcome::Unknown, "{fault:?}");
    }
    assert_eq!(stripe.inquire(&attempt, Asking::Close).await, abandoned);
    // Or by Stripe.
    let (attempt, _) = opened(&stripe, 1003, CaptureMode::Automatic).await;
    double.expire_session(attempt.reference.as_deref().unwrap());
    for asking in [Asking::Look, Asking::Close] {
        assert_eq!(stripe.inquire(&attempt, asking).await, abandoned);
    }
    assert!(double.charges().is_empty());
    assert!(double.intents().iter().all(|intent| intent.status == "canceled"));
}

/// Between the look and the end of the page lies a moment in which the shopper pays.
#[tokio::test]
async fn whoever_pays_in_the_last_moment_has_paid() {
    let double = Double::stripe().await;
    let stripe = hosted(&double);
    let (attempt, url) = opened(&stripe, 1001, CaptureMode::Automatic).await;
    double.plan("/expire", Fault::SlowBefore(1_500));
    let close = stripe.inquire(&attempt, Asking::Close);
    let pay = async {
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        visit(&double, &format!("{url}?pay")).await
    };
    let (outcome, _) = tokio::join!(close, pay);
    assert_eq!(outcome, Outcome::Captured(paid(&double)));
}

#[tokio::test]
async fn money_that_is_held_there_is_taken_or_let_go() {
    let double = Double::stripe().await;
    let stripe = hosted(&double);
    for knows_name in [false, true] {
        for takes in [false, true] {
            let (mut attempt, url) = opened(&stripe, 1001, CaptureMode::Manual).await;
            visit(&double, &format!("{url}?pay")).await;
            let held = paid(&double);
            for asking in [Asking::Look, Asking::Close] {
                assert_eq!(stripe.inquire(&attempt, asking).await, Outcome::Authorized(held.clone()));
            }
            if knows_name {
                learn(&mut attempt, &held);
            }
            let outcome = if takes { stripe.capture(&attempt).await } else { stripe.void(&attempt).await };
            let looked = stripe.inquire(&attempt, Asking::Look).await;
            match (takes, outcome) {
                (true, Outcome::Captured(paid)) => {
                    assert_eq!(paid.card, held.card);
                    assert_eq!(looked, Outcome::Captured(held));
                }
                (false, Outcome::Voided) => assert_eq!(looked, Outcome::Voided),
                (_, other) => panic!("{other:?}"),
            }
            let charge = double.charges().pop().unwrap();
            assert_eq!((charge.captured, charge.voided), if takes { (2490, false) } else { (0, true) });
        }
    }
}

#[tokio::test]
async fn a_page_that_is_not_the_one_that_was_asked_for_is_nobodys_way() {
    let (double, other) = (Double::stripe().await, Double::stripe().await);
    let stripe = hosted(&double);
    let again = Err(DeclineReason::TryAgain);
    for fault in
        [Fault::ResetBefore, Fault::ResetAfter, Fault::HalfAnswer, Fault::ErrorAfter, Fault::WrongAmount]
    {
        double.plan("/sessions", fault);
        let attempt = fresh(1001, CaptureMode::Automatic);
        assert_eq!(stripe.create(&attempt, &visitor()).await, again, "{fault:?}");
    }
    let (attempt, url) = opened(&stripe, 1002, CaptureMode::Automatic).await;
    double.plan(attempt.reference.as_deref().unwrap(), Fault::WrongAmount);
    assert_eq!(stripe.inquire(&attempt, Asking::Close).await, Outcome::Mismatch);
    assert_eq!(visit(&double, &url).await.0, 200, "a session that does not fit was ended");
    // Another attempt's session is not this attempt's.
    let stranger = Attempt { order: 1003, ..attempt.clone() };
    assert_eq!(stripe.inquire(&stranger, Asking::Close).await, Outcome::Mismatch);
    assert_eq!(stripe.void(&stranger).await, Outcome::Mismatch);
    // A page on another host.
    double.lives_at(&other.endpoint());
    assert_eq!(stripe.create(&fresh(1004, CaptureMode::Automatic), &visitor()).await, again);
    assert_eq!(stripe.inquire(&attempt, Asking::Look).await, Outcome::Unknown);
}
