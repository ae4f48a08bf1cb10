use std::sync::Arc;

use super::*;
use crate::action::fixture::Fixture;
use crate::action::*;
use crate::base::{Money, Token};
use crate::payment::{
    ATTEMPTS, Attempt, AttemptState, CardShown, INQUIRIES, OPEN_REFUNDS, Patience, REFUNDS, Refund,
    RefundState,
};
use AccountField as F;
use FieldFault as Fault;

const HEX64: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const KEY: &str = "AQE1hmfxK0123456789-secret";

fn wish(choice: GatewayChoice, typed: &[(F, &str)]) -> ChooseGateway {
    let typed = typed.iter().map(|(field, value)| (*field, Zeroizing::new((*value).to_owned())));
    ChooseGateway { choice, capture: None, typed: typed.collect() }
}

async fn choose(
    (fixture, actor): &(Fixture, Actor),
    choice: GatewayChoice,
    typed: &[(F, &str)],
) -> Result<(), GatewayError> {
    choose_gateway(&fixture.office, actor, wish(choice, typed)).await
}

const ADYEN: [(F, &str); 4] =
    [(F::AdyenMerchant, "MeadowECOM"), (F::AdyenPrefix, ""), (F::AdyenKey, KEY), (F::AdyenNotices, HEX64)];

fn authorize_net(signature: &str) -> [(F, &str); 4] {
    [
        (F::AuthorizeNetEnvironment, "sandbox"),
        (F::AuthorizeNetLogin, "5KP3u95bQpv"),
        (F::AuthorizeNetKey, "346HZ32z3fP4hTG2"),
        (F::AuthorizeNetSignature, signature),
    ]
}

fn faults<const N: usize>(faults: [(F, Fault); N]) -> Result<(), GatewayError> {
    Err(GatewayError::Fields(faults.into()))
}

fn chosen(fixture: &Fixture) -> Option<&'static str> {
    fixture.app().gateway().map(|gateway| gateway.name())
}

fn money(minor: i64) -> Money {
    Money::new(minor, crate::base::Currency::Eur)
}

fn attempt(gateway: &str, state: AttemptState, fixture: &Fixture) -> Attempt {
    let now = fixture.app().clock().now();
    Attempt {
        order: 1001,
        number: 1,
        key: Token::from_bytes([1; 16]),
        nonce: Token::from_bytes([2; 16]),
        amount: money(2390),
        gateway: gateway.to_owned(),
        capture: CaptureMode::Automatic,
        reference: Some("pi_1".to_owned()),
        transaction: None,
        state,
        begun: now,
        changed: now,
    }
}

async fn put(fixture: &Fixture, attempt: Attempt) {
    let patience = Patience::fresh(attempt.begun);
    let write = fixture.app().store().transact(move |tx| {
        let id = (attempt.order, attempt.number);
        tx.put(&ATTEMPTS, &id, &attempt)?;
        if attempt.state.is_open() {
            tx.put(&INQUIRIES, &id, &patience)?;
        } else {
            tx.delete(&INQUIRIES, &id);
        }
        Ok::<_, StoreError>(())
    });
    write.await.unwrap();
}

#[tokio::test]
async fn every_gateway_is_chosen_with_its_account_and_the_others_stay_at_hand() {
    let shop = Fixture::open(false).await;
    let (fixture, actor) = &shop;
    assert_eq!(choose(&shop, GatewayChoice::Stripe, &[(F::StripeKey, "sk_test_0123456789")]).await, Ok(()));
    assert_eq!(chosen(fixture), Some("stripe"));
    assert_eq!(choose(&shop, GatewayChoice::StripeHosted, &[]).await, Ok(()), "the same account");
    assert_eq!(chosen(fixture), Some("stripe-hosted"));
    assert_eq!(choose(&shop, GatewayChoice::Adyen, &ADYEN).await, Ok(()));
    assert_eq!(chosen(fixture), Some("adyen"));
    let signature = HEX64.repeat(2);
    let wish = ChooseGateway {
        capture: Some(CaptureMode::Manual),
        ..wish(GatewayChoice::AuthorizeNet, &authorize_net(&signature))
    };
    choose_gateway(&fixture.office, actor, wish).await.unwrap();
    assert_eq!(chosen(fixture), Some("authorize-net"));
    assert_eq!(fixture.settings().capture, CaptureMode::Manual);
    let deed = fixture.last_deed();
    assert!(deed.contains("authorize-net") && deed.contains("authorize_net_key"), "{deed}");
    for secret in ["346HZ32z3fP4hTG2", "5KP3u95bQpv", &HEX64[..16]] {
        assert!(!deed.contains(secret), "{deed}");
    }

    // The same after a restart: all are at hand, and the chosen one takes new payments.
    let again = App::new(AppParts {
        store: fixture.app().store().clone(),
        clock: Arc::clone(&fixture.clock) as _,
        random: Arc::new(crate::base::OsRandom),
        web_key: crate::base::SecretBytes::new(vec![5; 32]),
        dev: false,
    });
    let office = fixture.office_of(again.unwrap());
    restore_gateway(&office).unwrap();
    assert_eq!(office.app().gateway().map(|gateway| gateway.name()), Some("authorize-net"));
    for name in ["stripe", "stripe-hosted", "adyen", "authorize-net"] {
        assert_eq!(office.app().gateway_named(name).map(|gateway| gateway.name()), Some(name));
    }
    for door in ["stripe", "adyen", "authorize-net"] {
        assert!(office.app().gateway_behind(door).is_some(), "{door}'s notices are heard");
    }
}

#[tokio::test]
async fn all_that_is_missing_or_wrong_is_named_at_once_and_nothing_is_kept() {
    let shop = Fixture::open(false).await;
    let refused =
        choose(&shop, GatewayChoice::Adyen, &[(F::AdyenPrefix, "evil.example/"), (F::AdyenKey, KEY)]);
    let wanted = [
        (F::AdyenMerchant, Fault::Missing),
        (F::AdyenPrefix, Fault::Malformed),
        (F::AdyenNotices, Fault::Missing),
    ];
    assert_eq!(refused.await, faults(wanted));
    let refused = choose(&shop, GatewayChoice::AuthorizeNet, &authorize_net("00")).await;
    assert_eq!(refused, faults([(F::AuthorizeNetSignature, Fault::Malformed)]));
    let state = gateway_state(&shop.0.office).unwrap();
    assert!(state.accounts.iter().all(|account| account.fields.is_empty() && account.live.is_none()));
    assert_eq!((state.choice, chosen(&shop.0)), (Some(GatewayChoice::Test), Some("test")), "nothing changed");
}

#[tokio::test]
async fn an_empty_secret_keeps_the_one_in_place_and_secrets_are_never_shown() {
    let shop = Fixture::open(false).await;
    choose(&shop, GatewayChoice::Adyen, &ADYEN).await.unwrap();
    let first = gateway_state(&shop.0.office).unwrap();
    shop.0.wait(jiff::SignedDuration::from_hours(1));
    let typed = [(F::AdyenMerchant, "MeadowECOM"), (F::AdyenKey, ""), (F::AdyenNotices, " ")];
    choose(&shop, GatewayChoice::Adyen, &typed).await.unwrap();
    let state = gateway_state(&shop.0.office).unwrap();
    assert_eq!(state, first, "nothing was changed, so nothing is newer");
    let adyen = state.accounts.iter().find(|account| account.vendor == Vendor::Adyen).unwrap();
    assert_eq!(adyen.kept(F::AdyenMerchant).unwrap().shown, "MeadowECOM");
    assert_eq!(adyen.live, Some(false), "without a prefix it is the test environment");
    let text = format!("{state:?}");
    assert!(!text.contains(KEY) && !text.contains(HEX64), "{text}");
}

#[tokio::test]
async fn while_payments_wait_only_a_new_key_of_the_same_account_is_taken() {
    let shop = Fixture::open(false).await;
    let fixture = &shop.0;
    choose(&shop, GatewayChoice::Stripe, &[(F::StripeKey, "sk_test_0123456789")]).await.unwrap();
    // A payment of Stripe's hosted page waits as well as one of its own: it is one account.
    put(fixture, attempt("stripe-hosted", AttemptState::Unknown, fixture)).await;
    let live = [(F::StripeKey, "sk_live_0123456789")];
    let refused = choose(&shop, GatewayChoice::Stripe, &live).await;
    assert_eq!(refused, faults([(F::StripeKey, Fault::OtherAccount { waiting: 1 })]));
    let rotated = [(F::StripeKey, "rk_test_9876543210")];
    choose(&shop, GatewayChoice::Stripe, &rotated).await.unwrap();
    // Another vendor may take new payments meanwhile.
    choose(&shop, GatewayChoice::Adyen, &ADYEN).await.unwrap();
    assert_eq!(
        fixture.app().gateway_named("stripe-hosted").map(|gateway| gateway.name()),
        Some("stripe-hosted")
    );
    let refused = choose(&shop, GatewayChoice::Adyen, &live).await;
    assert_eq!(
        refused,
        faults([(F::StripeKey, Fault::OtherAccount { waiting: 1 })]),
        "not on the side either"
    );
    let card = CardShown { brand: "Visa".to_owned(), last_four: "4242".to_owned() };
    put(fixture, attempt("stripe-hosted", AttemptState::Captured(card.clone()), fixture)).await;
    choose(&shop, GatewayChoice::Stripe, &live).await.unwrap();

    // Held money and open refunds wait, too.
    put(fixture, attempt("adyen", AttemptState::Authorized(card.clone()), fixture)).await;
    let other = [(F::AdyenMerchant, "OtherECOM"), (F::AdyenPrefix, "1797a841fbb37ca7-Meadow")];
    let both = |waiting| {
        let fault = Fault::OtherAccount { waiting };
        faults([(F::AdyenMerchant, fault), (F::AdyenPrefix, fault)])
    };
    assert_eq!(choose(&shop, GatewayChoice::Adyen, &other).await, both(1));
    put(fixture, attempt("adyen", AttemptState::Captured(card), fixture)).await;
    refund_opens(fixture).await;
    assert_eq!(gateway_state(&fixture.office).unwrap().accounts[1].waiting, 1);
    assert_eq!(choose(&shop, GatewayChoice::Adyen, &other).await, both(1));
    let end = fixture.app().store().transact(|tx| {
        tx.delete(&OPEN_REFUNDS, &(1001, 1));
        Ok::<_, StoreError>(())
    });
    end.await.unwrap();
    choose(&shop, GatewayChoice::Adyen, &other).await.unwrap();
}

async fn refund_opens(fixture: &Fixture) {
    let now = fixture.app().clock().now();
    let refund = Refund {
        order: 1001,
        number: 1,
        attempt: 1,
        key: Token::from_bytes([3; 16]),
        amount: money(2390),
        tax: money(0),
        lines: Vec::new(),
        shipping: money(0),
        reason: crate::base::Line::new("broken").unwrap(),
        by: "ada@example.com".to_owned(),
        state: RefundState::Pending,
        reference: None,
        begun: now,
        changed: now,
    };
    let open = fixture.app().store().transact(move |tx| {
        tx.put(&REFUNDS, &(1001, 1), &refund)?;
        tx.put(&OPEN_REFUNDS, &(1001, 1), &Patience::fresh(now))
    });
    open.await.unwrap();
}

#[tokio::test]
async fn a_live_shop_takes_only_accounts_that_move_real_money() {
    let shop = Fixture::open(false).await;
    let (fixture, actor) = &shop;
    choose(&shop, GatewayChoice::Adyen, &ADYEN).await.unwrap();
    assert_eq!(missing_for_live(&fixture.office), Ok(vec![Missing::LiveAccount]));
    let live = [(F::AdyenPrefix, "1797a841fbb37ca7-Meadow")];
    choose(&shop, GatewayChoice::Adyen, &live).await.unwrap();
    assert_eq!(missing_for_live(&fixture.office), Ok(vec![]));
    let typed = GoLive { shop: "Meadow & Mill".to_owned(), recovery_key: Zeroizing::new(String::new()) };
    go_live(&fixture.office, actor, typed).await.unwrap();
    let refused = choose(&shop, GatewayChoice::Adyen, &[(F::AdyenPrefix, "")]).await;
    assert_eq!(refused, faults([(F::AdyenPrefix, Fault::ForTests)]));
    let refused = choose(&shop, GatewayChoice::AuthorizeNet, &authorize_net("")).await;
    assert_eq!(refused, faults([(F::AuthorizeNetEnvironment, Fault::ForTests)]));
    let refused = choose(&shop, GatewayChoice::StripeHosted, &[(F::StripeKey, "sk_test_0123456789")]).await;
    assert_eq!(refused, faults([(F::StripeKey, Fault::ForTests)]));
    assert_eq!(chosen(fixture), Some("adyen"));
}
