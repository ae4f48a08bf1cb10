//! Webhooks of the double, as the shop hears them.

use cashcow::payment::gateway::{About, Gateway, Heard, News, Notice, Unheard};
use hyper::HeaderMap;
use hyper::header::HeaderName;

use super::Shop;
use super::double::authorize_net::SIGNATURE_KEY;
use super::double::{Api, AuthorizeNet, Double, Notice as Event, Signed, Signing};

/// Everything that the double has told, signed.
fn notices(double: &Double, signing: &Signing) -> Vec<(String, Signed)> {
    double.with(|net: &mut AuthorizeNet| {
        let sign = |notice: &Event| (notice.topic.clone(), net.sign(notice, SIGNATURE_KEY, signing, 0));
        net.events().iter().map(sign).collect()
    })
}

fn hear(shop: &Shop, signed: &Signed) -> Result<Vec<Heard>, Unheard> {
    let mut headers = HeaderMap::new();
    for (name, value) in &signed.headers {
        headers.insert(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
    }
    let now = jiff::Timestamp::UNIX_EPOCH;
    shop.gateway.hear(&Notice { headers: &headers, body: &signed.body, now })
}

#[tokio::test]
async fn each_event_of_a_payment_makes_the_shop_ask_about_it() {
    let double = Double::authorize_net().await;
    let shop = Shop::of(&double);
    let attempt = shop.paid(1001).await;
    let held = shop.made(1002).await;
    double.hold_next(true);
    shop.confirm(&held).await;
    double.review(&double.transactions()[1].id, true);
    let told = notices(&double, &Signing::default());
    let topics: Vec<_> = told.iter().map(|(topic, _)| topic.rsplit("payment.").next().unwrap()).collect();
    assert_eq!(topics, ["authcapture.created", "fraud.held", "fraud.approved"]);
    let mut ids = std::collections::BTreeSet::new();
    for ((_, signed), attempt) in told.iter().zip([&attempt, &held, &held]) {
        let heard = hear(&shop, signed).unwrap();
        let reference = attempt.reference.clone().unwrap();
        assert_eq!(heard[0].about, About::Payment { reference });
        assert_eq!((heard.len(), &heard[0].news), (1, &News::Ask));
        assert!(ids.insert(heard[0].id.clone()));
    }
}

#[tokio::test]
async fn what_somebody_else_signed_is_not_believed() {
    let double = Double::authorize_net().await;
    let shop = Shop::of(&double);
    shop.paid(1001).await;
    for (_, signed) in notices(&double, &Signing { wrong: true, ..Signing::default() }) {
        assert_eq!(hear(&shop, &signed), Err(Unheard::Unsigned));
    }
    let (_, mut signed) = notices(&double, &Signing::default()).remove(0);
    assert!(hear(&shop, &signed).is_ok());
    signed.body.push(b' ');
    assert_eq!(hear(&shop, &signed), Err(Unheard::Unsigned));
}
