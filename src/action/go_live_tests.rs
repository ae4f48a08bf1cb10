use super::*;
use crate::action::fixture::{Fixture, RECOVERY_KEY_TEXT};
use crate::action::*;
use crate::operator::{AccountField, GatewayChoice};

const LIVE_KEY: &str = "sk_live_0123456789abcdef";

fn stripe(key: &str) -> ChooseGateway {
    let typed = [(AccountField::StripeKey, Zeroizing::new(key.to_owned()))].into();
    ChooseGateway { choice: GatewayChoice::Stripe, capture: None, typed }
}

fn test() -> ChooseGateway {
    ChooseGateway { choice: GatewayChoice::Test, capture: None, typed: std::collections::BTreeMap::new() }
}

fn typed(shop: &str, key: &str) -> GoLive {
    GoLive { shop: shop.to_owned(), recovery_key: Zeroizing::new(key.to_owned()) }
}

async fn try_live(fixture: &Fixture, actor: &Actor, shop: &str, key: &str) -> Result<(), GoLiveError> {
    go_live(&fixture.office, actor, typed(shop, key)).await.map(|_| ())
}

async fn written_down(recovery: bool) -> (Fixture, Actor) {
    let (fixture, actor) = Fixture::open(recovery).await;
    if recovery {
        let hash = recovery_key_hash(RECOVERY_KEY_TEXT);
        keep_recovery_key(&fixture.office, &actor, hash).await.unwrap();
    }
    (fixture, actor)
}

#[tokio::test]
async fn going_live_needs_a_gateway_that_moves_money_the_name_and_the_recovery_key() {
    let (fixture, actor) = Fixture::open(true).await;
    let name = "Meadow & Mill";
    assert_eq!(missing_for_live(&fixture.office), Ok(vec![Missing::Gateway, Missing::RecoveryKey]));
    let refused = try_live(&fixture, &actor, name, RECOVERY_KEY_TEXT).await;
    assert_eq!(refused, Err(GoLiveError::NotReady(Missing::Gateway)));
    choose_gateway(&fixture.office, &actor, stripe("sk_test_0123456789")).await.unwrap();
    let refused = try_live(&fixture, &actor, name, RECOVERY_KEY_TEXT).await;
    assert_eq!(refused, Err(GoLiveError::NotReady(Missing::LiveAccount)));
    choose_gateway(&fixture.office, &actor, stripe(LIVE_KEY)).await.unwrap();
    let refused = try_live(&fixture, &actor, name, RECOVERY_KEY_TEXT).await;
    assert_eq!(refused, Err(GoLiveError::NotReady(Missing::RecoveryKey)));
    keep_recovery_key(&fixture.office, &actor, recovery_key_hash(RECOVERY_KEY_TEXT)).await.unwrap();
    assert_eq!(try_live(&fixture, &actor, "Meadow", RECOVERY_KEY_TEXT).await, Err(GoLiveError::WrongName));
    assert_eq!(try_live(&fixture, &actor, name, "").await, Err(GoLiveError::WrongKey));
    assert_eq!(fixture.settings().live_since, None);
    assert_eq!(try_live(&fixture, &actor, " Meadow & Mill ", RECOVERY_KEY_TEXT).await, Ok(()));
    assert!(fixture.last_deed().contains("GoLive"));
}

#[tokio::test]
async fn a_live_shop_never_has_demo_goods_or_the_test_gateway_again() {
    let (fixture, actor) = written_down(false).await;
    load_demo(fixture.app(), &Fixture::demo_folder()).await.unwrap();
    let own = ImportProducts {
        file: b"Handle,Title,Category,Variant SKU,Variant Price\ncup,Cup,Kitchen,CUP,9.50\n".to_vec(),
        currency: crate::base::Currency::Eur,
        pictures: std::collections::BTreeMap::new(),
        demo: false,
    };
    import_products(fixture.app(), &actor, own).await.unwrap();
    choose_gateway(&fixture.office, &actor, test()).await.unwrap();
    choose_gateway(&fixture.office, &actor, stripe(LIVE_KEY)).await.unwrap();
    try_live(&fixture, &actor, "Meadow & Mill", "").await.unwrap();

    let handles: Vec<_> = fixture.catalog().all().iter().map(|product| product.handle.to_string()).collect();
    assert_eq!(handles, ["cup"]);
    assert!(!fixture.settings().demo);
    let pictures: Vec<(String, crate::catalog::Picture)> = fixture
        .app()
        .store()
        .read(|view| view.scan(&PICTURES, &Span::all(99)))
        .unwrap_or_else(|error: StoreError| panic!("{error}"));
    assert!(pictures.is_empty());

    let back = choose_gateway(&fixture.office, &actor, test()).await;
    assert_eq!(back, Err(GatewayError::TestEnded));
    let back = choose_gateway(&fixture.office, &actor, stripe("sk_test_0123456789")).await;
    assert_eq!(back, Err(GatewayError::Fields(vec![(AccountField::StripeKey, FieldFault::ForTests)])));
    assert!(matches!(load_demo(fixture.app(), &Fixture::demo_folder()).await, Err(DemoError::Live)));
    assert_eq!(try_live(&fixture, &actor, "Meadow & Mill", "").await, Err(GoLiveError::Already));
    assert_eq!(fixture.app().gateway().map(|gateway| gateway.name()), Some("stripe"));

    // Even a row that says otherwise does not bring it back at the next start.
    let settings = Settings { gateway: Some(GatewayChoice::Test), ..fixture.settings() };
    fixture.app().store().transact(move |tx| tx.put(&SETTINGS, &0, &settings)).await.unwrap();
    fixture.app().use_gateway(None);
    restore_gateway(&fixture.office).unwrap();
    assert!(fixture.app().gateway().is_none());
}

#[tokio::test]
async fn a_key_is_kept_and_never_shown() {
    let (fixture, actor) = written_down(false).await;
    for wrong in [
        "",
        "hello",
        "pk_live_0123456789abc",
        "sk_live_<script>aaaa",
        &format!("sk_live_{}", "a".repeat(300)),
    ] {
        let refused = choose_gateway(&fixture.office, &actor, stripe(wrong)).await;
        let fault = if wrong.is_empty() { FieldFault::Missing } else { FieldFault::Malformed };
        assert_eq!(refused, Err(GatewayError::Fields(vec![(AccountField::StripeKey, fault)])), "{wrong}");
    }
    let none = choose_gateway(&fixture.office, &actor, stripe("")).await;
    assert_eq!(none, Err(GatewayError::Fields(vec![(AccountField::StripeKey, FieldFault::Missing)])));
    choose_gateway(&fixture.office, &actor, stripe(LIVE_KEY)).await.unwrap();
    let state = gateway_state(&fixture.office).unwrap();
    assert_eq!(state.accounts[0].live, Some(true));
    assert_eq!(state.accounts[0].kept(AccountField::StripeKey).unwrap().shown, "");
    assert!(!format!("{state:?}").contains("0123456789abcdef"));
    assert!(!fixture.last_deed().contains("0123456789abcdef"));
    choose_gateway(&fixture.office, &actor, test()).await.unwrap();
    choose_gateway(&fixture.office, &actor, stripe("")).await.unwrap();
    fixture.app().use_gateway(None);
    restore_gateway(&fixture.office).unwrap();
    assert_eq!(fixture.app().gateway().map(|gateway| gateway.name()), Some("stripe"));
}

#[tokio::test]
async fn a_certificate_is_asked_for_and_put_in_place_without_a_restart() {
    let (fixture, actor) = written_down(false).await;
    let before = certificate_state(&fixture.office, Place::Storefront).unwrap();
    assert!(!before.is_placed() && before.request.is_none());
    let own =
        crate::tls::Identity::self_signed(&["x.example".to_owned()], fixture.app().clock().now()).unwrap();
    let json = serde_json::to_value(&own).unwrap();
    let part = |name: &str| json[name].as_str().unwrap().to_owned();
    let none = replace_certificate(&fixture.office, &actor, Place::Storefront, part("chain_pem"), None).await;
    assert_eq!(none, Err(CertificateError::NoRequest));
    request_certificate(&fixture.office, &actor, Place::Storefront, vec!["shop.example".to_owned()])
        .await
        .unwrap();
    assert!(
        certificate_state(&fixture.office, Place::Storefront)
            .unwrap()
            .request
            .unwrap()
            .contains("CERTIFICATE REQUEST")
    );
    let other =
        replace_certificate(&fixture.office, &actor, Place::Storefront, part("chain_pem"), None).await;
    assert_eq!(other, Err(CertificateError::Identity(crate::tls::IdentityError::Mismatch)));
    let key = Zeroizing::new(part("key_pem"));
    replace_certificate(&fixture.office, &actor, Place::Storefront, part("chain_pem"), Some(key))
        .await
        .unwrap();
    let after = certificate_state(&fixture.office, Place::Storefront).unwrap();
    assert!(after.is_placed() && after.fingerprint == own.fingerprint());
    assert!(after.request.is_some(), "the request still waits for its own certificate");
}
