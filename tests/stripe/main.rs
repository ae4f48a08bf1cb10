//! The shop's Stripe client against two servers: a double of our own, which fails on order, and PyPI's
//! localstripe, which nobody here wrote. Without this, a cut line charges twice or loses a paid order.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::cast_possible_truncation,
    reason = "a test may fail loudly"
)]

mod bank;
mod browser;
#[path = "../double/mod.rs"]
mod double;
mod held;
mod hosted;
#[path = "../localstripe/mod.rs"]
mod localstripe;
mod memory;
mod notices;
mod refunds;
mod stranger;

use std::net::SocketAddr;

use cashcow::base::{Currency, Money, OsRandom, SecretBytes, Token};
use cashcow::payment::gateway::{
    Asking, Detour, Gateway, Outcome, Paid, StripeAccount, StripeGateway, StripePage, Trouble,
};
use cashcow::payment::{Attempt, AttemptState, CaptureMode, CardShown, DeclineReason};
use double::payer::{card, visitor};
use double::{Double, Fault};
use jiff::Timestamp;

const GOOD: &str = "4242424242424242";

fn attempt(order: u64) -> Attempt {
    Attempt {
        order,
        number: 1,
        key: Token::random(&OsRandom),
        nonce: Token::random(&OsRandom),
        amount: Money::new(2490, Currency::Eur),
        gateway: "stripe".to_owned(),
        capture: CaptureMode::Automatic,
        reference: None,
        transaction: None,
        state: AttemptState::Created,
        begun: Timestamp::UNIX_EPOCH,
        changed: Timestamp::UNIX_EPOCH,
    }
}

/// What signs the double's notices.
const SECRET: &str = "whsec_of_these_tests";

fn account(page: StripePage) -> StripeAccount {
    let key = SecretBytes::new(b"sk_test_0123456789".to_vec());
    StripeAccount { key, notices: Some(SecretBytes::new(SECRET.as_bytes().to_vec())), page }
}

fn gateway(at: SocketAddr, root: &str) -> StripeGateway {
    let detour = Detour::new(Some(at), Some(root)).unwrap();
    StripeGateway::new(account(StripePage::Own), detour).unwrap()
}

fn of(double: &Double) -> StripeGateway {
    gateway(double.address(), double.root_pem())
}

/// As `action` does it: the reference goes into the attempt before the card leaves.
async fn made(gateway: &StripeGateway, order: u64) -> Attempt {
    made_of(gateway, order, CaptureMode::Automatic).await
}

async fn made_of(gateway: &StripeGateway, order: u64, capture: CaptureMode) -> Attempt {
    let mut attempt = Attempt { capture, ..attempt(order) };
    attempt.reference = Some(gateway.create(&attempt, &visitor()).await.unwrap().reference);
    attempt.state = AttemptState::Sending;
    attempt
}

fn paid(last_four: &str) -> Paid {
    let card = CardShown { brand: "Visa".to_owned(), last_four: last_four.to_owned() };
    Paid { card, transaction: None }
}

fn taken(last_four: &str) -> Outcome {
    Outcome::Captured(paid(last_four))
}

#[tokio::test]
async fn a_charge_is_made_as_stripe_documents_it_and_the_card_goes_once() {
    let double = Double::stripe().await;
    let stripe = of(&double);
    let attempt = made(&stripe, 1001).await;
    assert_eq!(stripe.confirm(&attempt, card(GOOD), &visitor()).await, taken("4242"));
    let seen = double.seen();
    assert_eq!(seen.len(), 2);
    assert_eq!(
        seen[0].fields,
        [
            "amount",
            "currency",
            "payment_method_types[]",
            "capture_method",
            "metadata[order]",
            "metadata[attempt]"
        ]
    );
    assert_eq!(seen[0].idempotency_key, Some(format!("{}-create", attempt.key)));
    assert_eq!(seen[1].idempotency_key, Some(format!("{}-confirm", attempt.key)));
    let card_fields =
        seen[1].fields.iter().filter(|name| name.starts_with("payment_method_data[card]")).count();
    assert_eq!(card_fields, 4);
    assert!(seen[1].fields.contains(&"return_url".to_owned()));
    let charges = double.charges();
    assert_eq!(charges.len(), 1);
    assert_eq!((charges[0].amount, charges[0].currency.as_str()), (2490, "eur"));
    assert_eq!(charges[0].order, "1001");
    assert_eq!(stripe.inquire(&attempt, Asking::Close).await, taken("4242"));
}

#[tokio::test]
async fn refusals_are_told_and_nothing_is_charged() {
    use DeclineReason as Why;
    let double = Double::stripe().await;
    let stripe = of(&double);
    for (number, why) in [
        ("4000000000000002", Why::Declined),
        ("4000000000009995", Why::InsufficientFunds),
        ("4000000000000069", Why::ExpiredCard),
        ("4000000000000127", Why::WrongCode),
        ("4000000000000119", Why::TryAgain),
        ("4000000000009987", Why::Declined),
        ("4000000000009979", Why::Declined),
        ("4100000000000019", Why::Declined),
        ("4000000000006975", Why::InsufficientFunds),
    ] {
        let attempt = made(&stripe, 1001).await;
        assert_eq!(
            stripe.confirm(&attempt, card(number), &visitor()).await,
            Outcome::Declined(why),
            "{number}"
        );
        // Nothing stays open there, ready for another card.
        assert_eq!(double.intents().last().unwrap().status, "canceled", "{number}");
        assert!(matches!(stripe.inquire(&attempt, Asking::Look).await, Outcome::Declined(_)), "{number}");
        assert!(matches!(stripe.inquire(&attempt, Asking::Close).await, Outcome::Declined(_)), "{number}");
    }
    assert!(double.charges().is_empty());
    assert!(double.intents().iter().all(|intent| intent.status == "canceled"));
}

/// A refusal is a refusal, whether or not the second call comes through.
#[tokio::test]
async fn a_refused_payment_that_could_not_be_put_away_is_refused_all_the_same() {
    let double = Double::stripe().await;
    let stripe = of(&double);
    let declined = Outcome::Declined(DeclineReason::Declined);
    for fault in [Fault::ResetBefore, Fault::ResetAfter, Fault::ErrorBefore, Fault::Refused(503)] {
        let attempt = made(&stripe, 1001).await;
        double.plan("/cancel", fault);
        let said = stripe.confirm(&attempt, card("4000000000000002"), &visitor()).await;
        assert_eq!(said, declined, "{fault:?}");
        assert_eq!(stripe.inquire(&attempt, Asking::Look).await, declined, "{fault:?}");
        assert_eq!(stripe.inquire(&attempt, Asking::Close).await, declined, "{fault:?}");
    }
    assert!(double.intents().iter().all(|intent| intent.status == "canceled"));
}

#[tokio::test]
async fn a_look_ends_nothing() {
    let double = Double::stripe().await;
    let stripe = of(&double);
    let attempt = made(&stripe, 1001).await;
    // Whether its card is on its way, only time tells.
    assert_eq!(stripe.inquire(&attempt, Asking::Look).await, Outcome::Unknown);
    assert_eq!(stripe.confirm(&attempt, card(GOOD), &visitor()).await, taken("4242"));
    assert_eq!(stripe.inquire(&attempt, Asking::Look).await, taken("4242"));
    assert!(double.seen().iter().all(|seen| !seen.path.ends_with("/cancel")));
}

#[tokio::test]
async fn an_answer_that_is_lost_is_asked_for_and_the_card_is_never_sent_again() {
    let double = Double::stripe().await;
    let stripe = of(&double);
    let again = Outcome::Declined(DeclineReason::TryAgain);
    for (order, fault, truth) in [
        (1001, Fault::ResetAfter, taken("4242")),
        (1002, Fault::HalfAnswer, taken("4242")),
        (1003, Fault::ErrorAfter, taken("4242")),
        (1004, Fault::ResetBefore, again.clone()),
        (1005, Fault::ErrorBefore, again.clone()),
    ] {
        let attempt = made(&stripe, order).await;
        double.plan("/confirm", fault);
        assert_eq!(stripe.confirm(&attempt, card(GOOD), &visitor()).await, Outcome::Unknown, "{fault:?}");
        // The question can be lost too; it may be asked as often as it takes.
        double.plan(attempt.reference.as_deref().unwrap(), Fault::HalfAnswer);
        assert_eq!(stripe.inquire(&attempt, Asking::Close).await, Outcome::Unknown, "{fault:?}");
        if truth == again {
            double.plan("/cancel", Fault::ErrorBefore);
            assert_eq!(stripe.inquire(&attempt, Asking::Close).await, Outcome::Unknown, "{fault:?}");
            double.plan("/cancel", Fault::ResetAfter);
            assert_eq!(stripe.inquire(&attempt, Asking::Close).await, Outcome::Unknown, "{fault:?}");
        }
        assert_eq!(stripe.inquire(&attempt, Asking::Close).await, truth, "{fault:?}");
    }
    let orders: Vec<_> = double.charges().iter().map(|charge| charge.order.clone()).collect();
    assert_eq!(orders, ["1001", "1002", "1003"]);
    let confirmations = double.seen().iter().filter(|seen| seen.path.ends_with("/confirm")).count();
    assert_eq!(confirmations, 5);
    let open = double
        .intents()
        .iter()
        .filter(|intent| intent.charge.is_none() && intent.status != "canceled")
        .count();
    assert_eq!(open, 0, "a payment without an owner could still be taken");
}

#[tokio::test]
async fn a_wrong_amount_is_a_mismatch_and_never_a_payment() {
    let double = Double::stripe().await;
    let stripe = of(&double);
    let attempt = made(&stripe, 1001).await;
    double.plan("/confirm", Fault::WrongAmount);
    assert_eq!(stripe.confirm(&attempt, card(GOOD), &visitor()).await, Outcome::Mismatch);
    double.plan(attempt.reference.as_deref().unwrap(), Fault::WrongAmount);
    assert_eq!(stripe.inquire(&attempt, Asking::Close).await, Outcome::Mismatch);
    // Another order's payment is not this order's.
    let mut other = attempt.clone();
    other.order = 1002;
    assert_eq!(stripe.inquire(&other, Asking::Close).await, Outcome::Mismatch);
}

/// Otherwise whoever answers once in the gateway's place is handed the card by the shop itself.
#[tokio::test]
async fn a_redirect_is_not_followed_with_the_card() {
    let double = Double::stripe().await;
    let stripe = of(&double);
    let attempt = made(&stripe, 1001).await;
    double.plan("/confirm", Fault::Redirect);
    assert_eq!(stripe.confirm(&attempt, card(GOOD), &visitor()).await, Outcome::Unknown);
    let last = double.seen().pop().unwrap();
    assert!(last.path.ends_with("/confirm"), "the redirect was followed: {last:?}");
    assert_eq!(stripe.inquire(&attempt, Asking::Close).await, Outcome::Declined(DeclineReason::TryAgain));
    assert!(double.charges().is_empty());
}

/// An answer without end would otherwise fill the memory; one that is cut off is not believed, but asked for.
#[tokio::test]
async fn an_answer_that_is_too_long_is_not_read_to_its_end() {
    let double = Double::stripe().await;
    let stripe = of(&double);
    let attempt = made(&stripe, 1001).await;
    double.plan("/confirm", Fault::TooLong);
    assert_eq!(stripe.confirm(&attempt, card(GOOD), &visitor()).await, Outcome::Unknown);
    assert_eq!(stripe.inquire(&attempt, Asking::Close).await, taken("4242"));
    assert_eq!(double.charges().len(), 1);
}

#[tokio::test]
async fn without_a_payment_at_stripe_no_card_leaves() {
    let double = Double::stripe().await;
    let stripe = of(&double);
    for fault in
        [Fault::ResetBefore, Fault::ResetAfter, Fault::HalfAnswer, Fault::ErrorAfter, Fault::WrongAmount]
    {
        double.plan("/payment_intents", fault);
        let refused = Err(DeclineReason::TryAgain);
        assert_eq!(stripe.create(&attempt(1001), &visitor()).await, refused, "{fault:?}");
    }
    let unmade = attempt(1001);
    let again = Outcome::Declined(DeclineReason::TryAgain);
    assert_eq!(stripe.confirm(&unmade, card(GOOD), &visitor()).await, again);
    assert_eq!(stripe.inquire(&unmade, Asking::Close).await, again);
    assert!(double.seen().iter().all(|seen| seen.path == "/v1/payment_intents"));
}

#[tokio::test]
async fn a_server_that_nobody_vouches_for_gets_not_one_byte() {
    let (double, other) = (Double::stripe().await, Double::stripe().await);
    let attempt = made(&of(&double), 1001).await;
    // The right address, another root: as with a forged certificate.
    let stripe = gateway(double.address(), other.root_pem());
    let again = Outcome::Declined(DeclineReason::TryAgain);
    assert_eq!(stripe.create(&attempt, &visitor()).await, Err(DeclineReason::TryAgain));
    assert_eq!(stripe.confirm(&attempt, card(GOOD), &visitor()).await, again);
    assert_eq!(stripe.inquire(&attempt, Asking::Close).await, Outcome::Unknown);
    // Nobody there at all.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let stripe = gateway(closed, double.root_pem());
    assert_eq!(stripe.confirm(&attempt, card(GOOD), &visitor()).await, again);
    assert_eq!((double.seen().len(), double.charges().len()), (1, 0));
}

#[tokio::test]
async fn a_gateway_that_refuses_the_key_or_cannot_be_reached_is_noticed() {
    let double = Double::stripe().await;
    let wrong = StripeAccount {
        key: SecretBytes::new(b"pk_test_not_a_secret_key".to_vec()),
        notices: None,
        page: StripePage::Own,
    };
    let detour = Detour::new(Some(double.address()), Some(double.root_pem())).unwrap();
    let stripe = StripeGateway::new(wrong, detour).unwrap();
    assert_eq!(stripe.trouble(), None);
    assert_eq!(stripe.create(&attempt(1001), &visitor()).await, Err(DeclineReason::TryAgain));
    assert_eq!(stripe.trouble(), Some(Trouble::KeyRefused));

    let good = of(&double);
    made(&good, 1002).await;
    assert_eq!(good.trouble(), None);
    // Nobody listens there.
    let nowhere = gateway("127.0.0.1:1".parse().unwrap(), double.root_pem());
    for call in 1..=5 {
        assert_eq!(nowhere.trouble(), None, "call {call}");
        assert_eq!(nowhere.create(&attempt(1003), &visitor()).await, Err(DeclineReason::TryAgain));
    }
    assert_eq!(nowhere.trouble(), Some(Trouble::Unreachable));
}
