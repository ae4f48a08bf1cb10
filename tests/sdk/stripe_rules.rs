//! Rules of Stripe's that its SDK cannot show: time that goes by, people who act at once, keys of other kinds.

use base64::Engine;

use super::client::{call, get, post, send, until};
use super::double::{Double, Trust};

async fn paid_with(double: &Double, token: &str, more: &[(&str, &str)]) -> String {
    let fields = [("amount", "1000"), ("currency", "eur"), ("payment_method", token), ("confirm", "true")];
    let fields = [&fields[..], &[("metadata[order]", "1001"), ("metadata[attempt]", "abc")], more].concat();
    let intent = post(double, "/v1/payment_intents", &fields).await.json();
    intent["id"].as_str().unwrap_or_else(|| panic!("{intent}")).to_owned()
}

async fn refund(double: &Double, intent: &str, amount: &str) -> (u16, serde_json::Value) {
    let got = post(double, "/v1/refunds", &[("payment_intent", intent), ("amount", amount)]).await;
    (got.status, got.json())
}

#[tokio::test]
async fn what_every_gateway_tells_follows_the_money() {
    let double = Double::stripe().await;
    let held = paid_with(&double, "pm_card_mastercard", &[("capture_method", "manual")]).await;
    let charge = double.charges().remove(0);
    assert_eq!(
        (charge.order.as_str(), charge.attempt.as_str(), charge.last_four.as_str()),
        ("1001", "abc", "4444")
    );
    assert_eq!((charge.amount, charge.captured, charge.refunded, charge.voided), (1000, 0, 0, false));
    post(&double, &format!("/v1/payment_intents/{held}/capture"), &[("amount_to_capture", "800")]).await;
    assert_eq!(refund(&double, &held, "300").await.0, 200);
    let charge = double.charges().remove(0);
    assert_eq!((charge.amount, charge.captured, charge.refunded, charge.voided), (1000, 800, 300, false));
    let other = paid_with(&double, "pm_card_visa", &[("capture_method", "manual")]).await;
    double.expire_hold(&other);
    let charge = double.charges().remove(1);
    assert!(charge.voided && !charge.holds() && charge.captured == 0);
    assert_eq!(
        get(&double, &format!("/v1/payment_intents/{other}")).await["cancellation_reason"],
        "automatic"
    );
    assert_eq!(refund(&double, &other, "1").await.0, 400, "nothing was captured");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_refunds_at_once_never_give_back_more_than_was_captured() {
    let double = Double::stripe().await;
    let intent = paid_with(&double, "pm_card_visa", &[]).await;
    let many: Vec<_> = (0..20)
        .map(|_| {
            let (double, intent) = (double.clone(), intent.clone());
            tokio::spawn(async move { refund(&double, &intent, "300").await.0 })
        })
        .collect();
    let mut taken = 0;
    for one in many {
        taken += usize::from(one.await.unwrap() == 200);
    }
    assert_eq!((taken, double.charges()[0].refunded), (3, 900));
    assert_eq!(refund(&double, &intent, "101").await.1["error"]["param"], "amount");
    assert_eq!(refund(&double, &intent, "100").await.0, 200);
    assert_eq!(refund(&double, &intent, "1").await.1["error"]["code"], "charge_already_refunded");
}

#[tokio::test]
async fn refunds_that_take_time_succeed_or_fail_when_it_has_gone_by() {
    let double = Double::stripe().await;
    let (waits, fails) = (
        paid_with(&double, "pm_card_pendingRefund", &[]).await,
        paid_with(&double, "pm_card_refundFail", &[]).await,
    );
    let waiting = refund(&double, &waits, "1000").await.1;
    let failing = refund(&double, &fails, "1000").await.1;
    assert_eq!((&waiting["status"], &failing["status"]), (&"pending".into(), &"succeeded".into()));
    double.settle_refunds();
    let waiting = get(&double, &format!("/v1/refunds/{}", waiting["id"].as_str().unwrap())).await;
    let failing = get(&double, &format!("/v1/refunds/{}", failing["id"].as_str().unwrap())).await;
    assert_eq!((&waiting["status"], &failing["status"]), (&"succeeded".into(), &"failed".into()));
    assert!(failing["failure_reason"].is_string());
    // What failed can be given back again; what was given back cannot.
    let refunded: Vec<_> = double.charges().iter().map(|charge| charge.refunded).collect();
    assert_eq!(refunded, [1000, 0]);
    assert_eq!(refund(&double, &fails, "1000").await.0, 200);
    assert_eq!(refund(&double, &waits, "1").await.0, 400);
}

#[tokio::test]
async fn a_hosted_page_takes_money_only_while_its_session_is_open() {
    let double = Double::stripe().await;
    // Notices of what no request did are sent too: this one must not be lost.
    double.webhooks_to("http://127.0.0.1:9/", Trust::Anyone, "whsec_1");
    let fields = [
        ("mode", "payment"),
        ("line_items[0][quantity]", "1"),
        ("line_items[0][price_data][currency]", "eur"),
        ("line_items[0][price_data][unit_amount]", "2490"),
        ("line_items[0][price_data][product_data][name]", "Order 1001"),
        ("payment_intent_data[metadata][order]", "1001"),
        ("success_url", "https://shop.example/back"),
    ];
    let session = post(&double, "/v1/checkout/sessions", &fields).await.json();
    let id = session["id"].as_str().unwrap();
    let page = session["url"].as_str().unwrap().strip_prefix(&double.endpoint()).unwrap();
    let pay = |token: &str| format!("{page}?pay={token}");
    let refused = call(&double, "GET", &pay("pm_card_visa_chargeDeclined"), &[], None).await.unwrap();
    assert_eq!((refused.status, double.charges().len()), (402, 0));
    double.expire_session(id);
    assert_eq!(call(&double, "GET", &pay("pm_card_visa"), &[], None).await.unwrap().status, 402);
    assert!(double.charges().is_empty());
    assert!(double.intents().iter().all(|intent| intent.status == "canceled"));
    let session = get(&double, &format!("/v1/checkout/sessions/{id}")).await;
    assert_eq!((&session["status"], session["url"].is_null()), (&"expired".into(), true));
    until(|| double.notices_sent().iter().any(|sent| sent.topic == "checkout.session.expired")).await;
}

#[tokio::test]
async fn a_live_key_refuses_test_cards_and_a_key_may_come_as_a_name() {
    let double = Double::stripe().await;
    let basic = base64::engine::general_purpose::STANDARD.encode("sk_live_1:");
    let kind = "application/x-www-form-urlencoded";
    for (key, paid) in [(format!("Basic {basic}"), false), ("Bearer rk_test_1".to_owned(), true)] {
        let headers = [("authorization", key.as_str()), ("content-type", kind)];
        let body = "amount=1000&currency=eur".to_owned();
        let intent = send(&double, "POST", "/v1/payment_intents", &headers, body).await.unwrap().json();
        assert_eq!(intent["livemode"], !paid);
        let path = format!("/v1/payment_intents/{}/confirm", intent["id"].as_str().unwrap());
        let card = "payment_method_data[type]=card&payment_method_data[card][number]=4242424242424242\
            &payment_method_data[card][exp_month]=12&payment_method_data[card][exp_year]=2040\
            &payment_method_data[card][cvc]=123";
        let got = send(&double, "POST", &path, &headers, card.to_owned()).await.unwrap();
        assert_eq!(got.status == 200, paid, "{:?}", got.body);
        if !paid {
            assert_eq!(got.json()["error"]["decline_code"], "live_mode_test_card");
        }
    }
    for key in ["Bearer pk_test_1", "Basic !", "sk_test_1"] {
        let headers = [("authorization", key), ("content-type", kind)];
        let got = send(&double, "POST", "/v1/payment_intents", &headers, String::new()).await.unwrap();
        assert_eq!(got.status, 401, "{key}");
    }
}

#[tokio::test]
async fn a_key_that_was_used_for_a_bad_request_can_be_used_for_a_good_one() {
    let double = Double::stripe().await;
    let fields = [("amount", "1000"), ("currency", "eur"), ("color", "red")];
    let once = |fields: &'static [(&'static str, &'static str)]| {
        let double = double.clone();
        async move { call(&double, "POST", "/v1/payment_intents", fields, Some("k")).await.unwrap() }
    };
    assert_eq!(call(&double, "POST", "/v1/payment_intents", &fields, Some("k")).await.unwrap().status, 400);
    assert_eq!(once(&[("amount", "1000"), ("currency", "eur")]).await.status, 200);
    let again = once(&[("currency", "eur"), ("amount", "1000")]).await;
    assert_eq!(again.headers["idempotent-replayed"], "true", "the order of fields is no matter");
    let other = once(&[("amount", "1001"), ("currency", "eur")]).await;
    assert_eq!((other.status, &other.json()["error"]["type"]), (400, &"idempotency_error".into()));
    let path = "/v1/refunds";
    let elsewhere = call(&double, "POST", path, &[("payment_intent", "pi_1")], Some("k")).await.unwrap();
    assert_eq!(elsewhere.json()["error"]["type"], "idempotency_error");
    assert_eq!(double.intents().len(), 1);
}
