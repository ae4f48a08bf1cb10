//! Shoppers who are sent to their bank and come back, or do not; and addresses of the way back that somebody
//! made up.

use super::double::Fault;
use super::harness::{Browser, Shopper, people};
use super::scan::Sentinel;
use super::stage::Stage;
use super::vendor::plan;
use super::visit::visit;

/// What vendors put into the way back, with a number in it.
fn made_up(card: &Sentinel) -> Vec<String> {
    let Sentinel { number, code } = card;
    vec![
        format!("redirectResult={number}"),
        format!("redirectResult=X6XtfGC3%21Y{number}%21H&cvc={code}"),
        format!("redirectResult={}", number.replace('4', "%34")),
        format!("payment_intent={number}&payment_intent_client_secret=pi_{number}_secret_{number}"),
        format!("payment_intent=pi_double000001&redirect_status={number}"),
        format!("session_id=cs_test_{number}&cvc={code}"),
        format!("MD={number}&PaRes={number}"),
        format!("{number}"),
        format!("x={}", number.repeat(600)),
    ]
}

/// Sends a shopper to the bank; the order's page, and the bank's address.
async fn to_the_bank(stage: &mut Stage, way: &str) -> (Shopper, String, String) {
    let (mut shopper, page) = stage.pay(format!("bank, {way}"), "ASKS").await;
    let order = page.at.split('?').next().unwrap().to_owned();
    assert!(order.starts_with("/order/"), "{}", page.words());
    let page = shopper.browser.get(&order).await;
    let url = page.links(&stage.gateway.endpoint()).pop().unwrap_or_else(|| panic!("{}", page.words()));
    (shopper, order, url)
}

pub async fn ask(stage: &mut Stage) {
    let origin = stage.shop.storefront().trim_end_matches('/').to_owned();
    for way in ["ok", "fail", "never", "made up", "twice", "abandoned", "lost", "quoted"] {
        let (mut shopper, order, url) = to_the_bank(stage, way).await;
        let word = if way == "fail" { "fail" } else { "ok" };
        let (status, back) = visit(&stage.gateway, &format!("{url}?{word}")).await;
        assert_eq!(status, 302);
        let back = back.unwrap().strip_prefix(&origin).unwrap().to_owned();
        // What the vendor is asked then, or Stripe's next look.
        let step = if stage.vendor.name == "adyen" { "/details" } else { "" };
        match way {
            "never" => continue,
            "made up" => {
                let card = stage.cards.next("a way back that was made up");
                for query in made_up(&card) {
                    shopper.browser.try_get(&format!("{order}/return?{query}")).await.unwrap();
                }
                let page = shopper.browser.get(&order).await;
                assert!(stage.vendor.name == "stripe" || !people::is_paid(&page), "{}", page.words());
                shopper.browser.get(&back).await;
            }
            "abandoned" => {
                let page = shopper.browser.get(&order).await;
                shopper.browser.submit(page.form(&format!("{order}/abandon"))).await;
            }
            "lost" => {
                plan(&stage.gateway, step, Fault::ResetAfter);
                shopper.browser.get(&back).await;
            }
            "quoted" => {
                let card = stage.cards.next("the bank's answer quotes a card");
                for fault in super::answers::quoting(&card.number) {
                    plan(&stage.gateway, step, fault);
                    shopper.browser.get(&back).await;
                }
            }
            _ => {
                shopper.browser.get(&back).await;
                let page = shopper.browser.get(&back).await;
                assert_eq!(people::is_paid(&page), way != "fail", "{way}: {}", page.words());
            }
        }
        stage.gateway.forget_faults();
        stage.said.append(&mut shopper.browser.seen);
    }
}

/// To an order that is paid, one that there is not, and one whose link is the number itself.
pub async fn made_up_returns(stage: &mut Stage) {
    let (mut shopper, page) = stage.pay("paid, then a way back", "Grace Hopper").await;
    let paid = page.at.split('?').next().unwrap().to_owned();
    let card = stage.cards.next("a way back to a paid order");
    for query in made_up(&card) {
        let page = shopper.browser.try_get(&format!("{paid}/return?{query}")).await.unwrap();
        assert!(people::is_paid(&page), "{}", page.words());
    }
    let mut stranger = Browser::new(stage.shop.storefront());
    let card = stage.cards.next("a way back to no order");
    for query in made_up(&card) {
        for order in ["0000000000000000000000000A", &card.number] {
            let page = stranger.try_get(&format!("/order/{order}/return?{query}")).await.unwrap();
            assert!(!page.status.is_success(), "{}", page.words());
        }
    }
    stage.said.append(&mut shopper.browser.seen);
    stage.said.append(&mut stranger.seen);
}
