//! Another gateway is chosen while a payment of the first is open: who took it still settles it.

use std::time::{Duration, Instant};

use hyper::StatusCode;

use super::double::{Double, Fault};
use super::harness::{Admin, Shop, Shopper, cards, people};

/// The name that the double gives to its first payment.
const FIRST: &str = "pi_double000001";

#[tokio::test]
async fn a_payment_that_is_open_when_the_gateway_changes_is_settled_by_the_one_that_took_it() {
    let gateway = Double::stripe().await;
    let folder = tempfile::tempdir().unwrap();
    let options = people::appliance(folder.path(), gateway.root_pem(), &gateway.endpoint());
    let shop = Shop::start_with(folder.path(), &["--appliance", &options]);
    let mut admin = Admin::set_up(&shop).await;
    admin.use_stripe("sk_test_double").await;

    // The charge is made, its answer is lost, and Stripe cannot be asked for a while.
    gateway.plan("/confirm", Fault::ResetAfter);
    for _ in 0..200 {
        gateway.plan(FIRST, Fault::Refused(503));
    }
    let mut shopper = Shopper::of(&shop);
    let waiting = shopper.buy("stoneware-mug", &cards::number(1), "123").await;
    assert!(waiting.at.starts_with("/order/") && !people::is_paid(&waiting), "{}", waiting.words());

    // Another account in its place would leave nobody to ask.
    let page = admin.choose_gateway("stripe", &[("stripe_key", "sk_live_another")]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", page.words());
    assert!(page.says("1 payment or refund with the account in place is not over"), "{}", page.words());
    // A new key of the same account is taken, and so is another gateway.
    admin.use_stripe("rk_test_rotated").await;
    admin.use_gateway("stripe-hosted", &[]).await;
    let sandbox = [
        ("authorize_net_environment", "sandbox"),
        ("authorize_net_login", "5KP3u95bQpv"),
        ("authorize_net_key", "346HZ32z3fP4hTG2"),
    ];
    admin.use_gateway("authorize-net", &sandbox).await;
    let notices = "0123456789abcdef".repeat(4);
    let adyen = [
        ("adyen_merchant", "MeadowECOM"),
        ("adyen_key", "AQE1hmfxK0123456789"),
        ("adyen_notices", notices.as_str()),
    ];
    admin.use_gateway("adyen", &adyen).await;
    let page = admin.browser.get("/settings/gateway").await;
    assert!(page.says("1 payment or refund with this account is not over"), "{}", page.words());

    gateway.forget_faults();
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        let page = shopper.browser.get(&waiting.at).await;
        if people::is_paid(&page) {
            break;
        }
        assert!(Instant::now() < until, "{}", page.words());
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    assert_eq!(gateway.charges().len(), 1, "asked for, not charged again");
    let page = admin.browser.get("/orders/1001").await;
    assert!(page.says(FIRST), "Stripe's own name for it: {}", page.words());
    // Nothing waits any more, and the account may be exchanged.
    admin.use_stripe("sk_live_another").await;
}

#[tokio::test]
async fn what_is_kept_of_an_account_outlives_a_restart_and_never_comes_out() {
    let gateway = Double::stripe().await;
    let folder = tempfile::tempdir().unwrap();
    let options = people::appliance(folder.path(), gateway.root_pem(), &gateway.endpoint());
    let shop = Shop::start_with(folder.path(), &["--appliance", &options]);
    let mut admin = Admin::set_up(&shop).await;
    let fields =
        [("stripe_key", "sk_test_double"), ("stripe_notices", "whsec_0123456789"), ("capture", "manual")];
    admin.use_gateway("stripe-hosted", &fields).await;
    admin.use_gateway("stripe", &[]).await;
    shop.stop();

    let shop = Shop::start_with(folder.path(), &["--appliance", &options]);
    let mut admin = Admin::of(&shop).await;
    let page = admin.browser.get("/settings/gateway").await;
    let form = page.form("/settings/gateway");
    assert_eq!((form.value("gateway"), form.value("capture")), (Some("stripe"), Some("manual")));
    assert!(page.says("A key for test payments was set on"), "{}", page.words());
    for secret in ["sk_test_double", "whsec_0123456789"] {
        assert!(!page.text().contains(secret), "{secret} is shown");
    }
    let mut shopper = Shopper::of(&shop);
    shopper.buy("stoneware-mug", &cards::number(1), "123").await;
    assert_eq!(gateway.charges().len(), 1, "the kept key still works");
    for secret in ["sk_test_double", "whsec_0123456789"] {
        let log = std::fs::read_to_string(folder.path().join("cashcowd.log")).unwrap();
        assert!(!log.contains(secret), "{secret} is in the log");
    }
}
