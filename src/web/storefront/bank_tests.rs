//! On the way to the bank's page and back, and the door for notices.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Method, Request};
use jiff::SignedDuration;

use super::tests::{Answer, Guest, Shop};
use crate::action::ledger::{Bank, Ledger, Truth};
use crate::action::{MOST_NOTICE, UNSIGNED_IN_A_ROW};
use crate::alarm;

const CARD: &str = "4242 4242 4242 4242";
const BANK: &str = "https://bank.example/ask";

/// A guest whose bank asks: stands on the order's page.
async fn asked(shop: &Shop) -> (Guest, Ledger, String, Answer) {
    let ledger = Ledger::default();
    ledger.0.lock().unwrap().bank = Some(Bank::Asks);
    shop.app.use_gateway(Some(Arc::new(ledger.clone())));
    let mut guest = shop.guest();
    guest.add("mug/0", "1").await;
    let page = guest.walk_to_payment().await;
    let sent = guest.pay(&page, CARD).await;
    assert_eq!(sent.status, 303);
    let at = sent.location().to_owned();
    let page = guest.get(&at).await;
    (guest, ledger, at, page)
}

#[tokio::test]
async fn a_shopper_is_led_to_the_bank_once_and_comes_back_to_a_paid_order() {
    let shop = Shop::open().await;
    let (mut guest, ledger, at, page) = asked(&shop).await;
    let onward = format!("http-equiv=\"refresh\" content=\"0; url={BANK}\"");
    assert!(page.says(&onward) && page.says(&format!("href=\"{BANK}\"")), "{}", page.body);
    // Back on the page later, nobody is sent away; the way is there to be taken.
    shop.clock.step(SignedDuration::from_secs(6));
    let later = guest.get(&at).await;
    assert!(!later.says(&onward) && later.says(&format!("href=\"{BANK}\"")));
    // Another form of the same cart leads to the same page.
    assert_eq!(guest.get("/checkout/pay").await.location(), at);
    // Coming back before the bank has decided changes nothing; what the address says counts for nothing.
    let back = guest.get(&format!("{at}/return?redirect_status=succeeded")).await;
    assert_eq!((back.status.as_u16(), back.location()), (303, at.as_str()));
    assert!(guest.get(&at).await.says(BANK));
    ledger.each(|truth| *truth = Truth::Taken);
    let back = guest.get(&format!("{at}/return")).await;
    assert_eq!(back.location(), at);
    let paid = guest.get(&at).await;
    assert!(paid.says("Thank you") && !paid.says(BANK), "{}", paid.body);
    assert_eq!(ledger.all().len(), 1);
}

#[tokio::test]
async fn a_shopper_can_turn_away_from_the_bank_and_pay_another_way() {
    let shop = Shop::open().await;
    let (mut guest, ledger, at, page) = asked(&shop).await;
    // Who has the address but not the cart can look, and not decide.
    let mut stranger = shop.guest();
    let seen = stranger.get(&at).await;
    assert!(!seen.says("/abandon"));
    stranger.get("/checkout/contact").await;
    let refused = stranger.post(&format!("{at}/abandon"), &[("csrf", &page.value("csrf"))]).await;
    assert_eq!(refused.status, 403);
    let left = guest.post(&format!("{at}/abandon"), &[("csrf", &page.value("csrf"))]).await;
    assert_eq!((left.status.as_u16(), left.location()), (303, "/checkout/pay"));
    assert_eq!(ledger.all()[0].1, Truth::Closed, "it is ended at the bank, too");
    ledger.0.lock().unwrap().bank = Some(Bank::Yes);
    let page = guest.get("/checkout/pay").await;
    let sent = guest.pay(&page, CARD).await;
    assert!(guest.get(sent.location()).await.says("Thank you"));
}

/// A notice through the door.
async fn notice(shop: &Shop, door: &str, body: Vec<u8>) -> Answer {
    let request = Request::builder().method(Method::POST).uri(format!("/webhooks/{door}"));
    shop.guest().send(request.body(Body::from(body)).unwrap()).await
}

#[tokio::test]
async fn the_door_for_notices_believes_signatures_and_nothing_else() {
    let shop = Shop::open().await;
    let (mut guest, ledger, at, _) = asked(&shop).await;
    assert_eq!(notice(&shop, "nobody", b"x".to_vec()).await.status, 404);
    assert_eq!(notice(&shop, "test", vec![b'x'; MOST_NOTICE + 1]).await.status, 413);
    assert_eq!(guest.get("/webhooks/test").await.status, 405);
    for _ in 1..UNSIGNED_IN_A_ROW {
        assert_eq!(notice(&shop, "test", b"forged".to_vec()).await.status, 400);
    }
    let alarms = || shop.app.store().read(|view| alarm::open(view)).unwrap();
    assert_eq!(alarms(), []);
    notice(&shop, "test", b"forged".to_vec()).await;
    assert_eq!(alarms()[0].1.kind, alarm::Kind::WebhookSignatures);

    ledger.each(|truth| *truth = Truth::Taken);
    let name = format!("ledger_{}", ledger.all()[0].0.key);
    let told = notice(&shop, "test", format!("!e1 {name}").into_bytes()).await;
    assert_eq!((told.status.as_u16(), told.body.as_str()), (200, "[accepted]"));
    assert!(guest.get(&at).await.says("Thank you"));
    // About something that is not ours: taken, so that it is not sent for ever.
    assert_eq!(notice(&shop, "test", b"?e2 somebody-elses".to_vec()).await.status, 200);
}
