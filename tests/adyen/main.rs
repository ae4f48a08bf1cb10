//! The shop's Adyen client against a double of Adyen that Adyen's own SDK takes for Adyen (`tests/sdk`).
//! Adyen cannot be asked how a payment went: without this, a lost answer or a notice that comes late, twice or
//! in the wrong order charges twice, or loses the owner of somebody's money.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::cast_possible_truncation,
    reason = "a test may fail loudly"
)]

mod authentication;
#[path = "../double/mod.rs"]
mod double;
mod later;
mod losses;
mod memory;
mod notices;
mod shop;

use cashcow::base::{ManualClock, SecretBytes};
use cashcow::payment::gateway::{AdyenAccount, AdyenGateway, Asking, Detour, Gateway, Outcome, Trouble};
use cashcow::payment::{AttemptState, CaptureMode, CardShown, DeclineReason};
use double::{Double, Fault};
use shop::{GOOD, HMAC, Shop, card, visitor};
use std::sync::Arc;

const AGAIN: Outcome = Outcome::Declined(DeclineReason::TryAgain);

fn visa(last_four: &str) -> CardShown {
    CardShown { brand: "Visa".to_owned(), last_four: last_four.to_owned() }
}

#[tokio::test]
async fn a_payment_is_made_as_adyen_documents_it_and_the_card_goes_once() {
    let double = Double::adyen().await;
    let mut shop = Shop::of(&double, CaptureMode::Automatic).await;
    assert!(double.seen().is_empty(), "the name of a payment needs no call");
    let state = shop.pay(GOOD).await;
    assert_eq!(state, AttemptState::Captured(visa("4242")));
    let seen = double.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!((seen[0].path.as_str(), seen[0].card), ("/v71/payments", true));
    assert_eq!(seen[0].idempotency_key, Some(format!("{}-pay", shop.attempt.key)));
    let charges = double.charges();
    assert_eq!(charges.len(), 1);
    assert_eq!((charges[0].amount, charges[0].captured, charges[0].currency.as_str()), (2490, 2490, "EUR"));
    assert_eq!((charges[0].order.as_str(), &charges[0].attempt), ("1001", &shop.attempt.key.to_string()));
    assert_eq!(shop.attempt.transaction.as_ref(), Some(&charges[0].id));
    // Its notice says the same.
    shop.hear_all(&double).await;
    assert_eq!(
        (shop.attempt.state.clone(), shop.surprises.clone()),
        (AttemptState::Captured(visa("4242")), vec![])
    );
    assert_eq!(double.breaches(), Vec::<String>::new());
}

#[tokio::test]
async fn refusals_help_the_shopper_and_tell_a_thief_nothing() {
    use DeclineReason as Why;
    let double = Double::adyen().await;
    for (number, reason) in [
        ("4000000000000002", Why::Declined),
        ("4000000000009987", Why::Declined),
        ("4100000000000019", Why::Declined),
        ("4000000000009995", Why::InsufficientFunds),
        ("4000000000000069", Why::ExpiredCard),
        ("4000000000000127", Why::WrongCode),
        ("4000000000000119", Why::TryAgain),
    ] {
        let mut shop = Shop::of(&double, CaptureMode::Automatic).await;
        assert_eq!(shop.pay(number).await, AttemptState::Declined { reason }, "{number}");
        // The notice tells the same in words.
        let mut lost = Shop::of(&double, CaptureMode::Automatic).await;
        double.plan("/payments", Fault::ResetAfter);
        assert_eq!(lost.pay(number).await, AttemptState::Unknown);
        lost.hear_all(&double).await;
        assert_eq!(lost.attempt.state, AttemptState::Declined { reason }, "{number}");
    }
    assert!(double.charges().is_empty());
}

#[tokio::test]
async fn another_amount_is_a_mismatch_and_its_notice_settles_it() {
    let double = Double::adyen().await;
    let mut shop = Shop::of(&double, CaptureMode::Automatic).await;
    double.plan("/payments", Fault::WrongAmount);
    assert_eq!(shop.pay(GOOD).await, AttemptState::Mismatch);
    assert_eq!(shop.reconcile().await, AttemptState::Mismatch);
    assert_eq!(double.seen().len(), 1, "nothing is cancelled before a person has looked");
    shop.hear_all(&double).await;
    assert_eq!(shop.attempt.state, AttemptState::Captured(visa("4242")));
}

#[tokio::test]
async fn a_redirect_gets_no_card_and_an_endless_answer_is_not_read() {
    let double = Double::adyen().await;
    let mut shop = Shop::of(&double, CaptureMode::Automatic).await;
    double.plan("/payments", Fault::Redirect);
    assert_eq!(shop.pay(GOOD).await, AttemptState::Unknown);
    assert!(double.seen().iter().all(|seen| seen.path == "/v71/payments"), "the redirect was followed");
    let mut shop = Shop::of(&double, CaptureMode::Automatic).await;
    double.plan("/payments", Fault::TooLong);
    assert_eq!(shop.pay(GOOD).await, AttemptState::Unknown);
    shop.hear_all(&double).await;
    assert_eq!(shop.attempt.state, AttemptState::Captured(visa("4242")));
}

#[tokio::test]
async fn a_server_that_nobody_vouches_for_gets_not_one_byte() {
    let (double, other) = (Double::adyen().await, Double::adyen().await);
    let shop = Shop::new(double.address(), other.root_pem(), CaptureMode::Automatic).await;
    assert_eq!(shop.adyen.confirm(&shop.attempt, card(GOOD), &visitor()).await, AGAIN);
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let shop = Shop::new(closed, double.root_pem(), CaptureMode::Automatic).await;
    assert_eq!(shop.adyen.confirm(&shop.attempt, card(GOOD), &visitor()).await, AGAIN);
    assert!(double.seen().is_empty() && double.charges().is_empty());
}

#[tokio::test]
async fn an_account_without_rights_takes_no_money_and_says_so_at_once() {
    let double = Double::adyen().await;
    for key in [double::adyen::KEY_WITHOUT_CARDS, "not one of Adyen's"] {
        let shop = Shop::with_key(&double, key).await;
        assert_eq!(shop.adyen.trouble(), None);
        assert_eq!(shop.adyen.confirm(&shop.attempt, card(GOOD), &visitor()).await, AGAIN, "{key}");
        assert_eq!(shop.adyen.trouble(), Some(Trouble::KeyRefused), "{key}");
    }
    assert!(double.charges().is_empty());
}

#[tokio::test]
async fn an_attempt_that_was_never_named_was_never_sent() {
    let double = Double::adyen().await;
    let mut shop = Shop::of(&double, CaptureMode::Automatic).await;
    shop.attempt.reference = None;
    assert_eq!(shop.adyen.inquire(&shop.attempt, Asking::Close).await, AGAIN);
    assert!(double.seen().is_empty());
}

#[test]
fn an_account_that_cannot_be_adyens_is_refused_without_its_secrets() {
    let made = |prefix: Option<&str>, merchant: &str, hmac: &str| {
        let account = AdyenAccount {
            live_prefix: prefix.map(str::to_owned),
            merchant: merchant.to_owned(),
            key: SecretBytes::new(b"AQEsecretsecret".to_vec()),
            notices: SecretBytes::new(hmac.as_bytes().to_vec()),
        };
        let clock = Arc::new(ManualClock::at(jiff::Timestamp::UNIX_EPOCH));
        AdyenGateway::new(account, Detour::default(), clock)
    };
    assert!(!made(None, "CashCowTest", HMAC).unwrap().is_live());
    assert!(made(Some("1797a841fbb37ca7-Cow"), "CashCowTest", HMAC).unwrap().is_live());
    for (prefix, merchant, hmac) in [
        (Some("evil.example/"), "CashCowTest", HMAC),
        (Some(""), "CashCowTest", HMAC),
        (None, "", HMAC),
        (None, "Cash:Cow", HMAC),
        (None, "CashCowTest", "secret-that-is-no-hex"),
        (None, "CashCowTest", ""),
    ] {
        let error = made(prefix, merchant, hmac).err().expect("it was taken").to_string();
        assert!(!error.contains("secret"), "{error}");
    }
}
