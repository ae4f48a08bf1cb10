//! Money on its way back: staff refund what was bought, per item and the rest, and never more; a shop that is
//! killed while Stripe's answer is on its way gives back once.

use std::time::{Duration, Instant};

use hyper::StatusCode;

use super::double::{Double, Fault};
use super::harness::{Admin, Page, Shop, Shopper, cards, people};

const ORDER: &str = "/orders/1001";
const FORM: &str = "/orders/1001/refund";
const CONFIRM: &str = "/orders/1001/refund/confirm";

/// Fills the refund form in and returns the page that follows: the check, or the form with its errors.
async fn ask(admin: &mut Admin, fields: &[(&str, &str)]) -> Page {
    let mut form = admin.browser.get(FORM).await.form(FORM);
    // As a browser does: radio buttons and boxes that nobody chose are not sent.
    for (name, value) in fields {
        form = form.set(name, value);
    }
    admin.browser.submit(form).await
}

/// The name of the form's first field for a quantity.
async fn quantity(admin: &mut Admin) -> String {
    let form = admin.browser.get(FORM).await.form(FORM);
    let field = form.fields.into_iter().find(|(name, _)| name.starts_with("quantity."));
    field.expect("an item").0
}

/// Three mugs at 16.90 and delivery at 4.90: 55.60, tax 8.88.
async fn buy_three(shop: &Shop) -> Page {
    let mut shopper = Shopper::of(shop);
    shopper.add("stoneware-mug").await;
    shopper.add("stoneware-mug").await;
    shopper.buy("stoneware-mug", &cards::number(1), "123").await
}

#[tokio::test]
async fn an_order_is_refunded_by_item_then_in_full_and_never_over() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::start(folder.path());
    let mut admin = Admin::set_up(&shop).await;
    let paid = buy_three(&shop).await;
    assert!(people::is_paid(&paid), "{}", paid.words());
    let mugs = quantity(&mut admin).await;

    let too_many = ask(&mut admin, &[("what", "lines"), (&mugs, "4"), ("reason", "broken")]).await;
    assert_eq!(too_many.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", too_many.words());
    assert!(too_many.says("Only 3 of this item are left to refund"), "{}", too_many.words());
    let check = ask(&mut admin, &[("what", "lines"), (&mugs, "1"), ("reason", "broken")]).await;
    assert!(check.says("EUR 16.90") && check.says("EUR 2.70"), "{}", check.words());
    let done = admin.browser.submit(check.form(CONFIRM)).await;
    assert!(done.says("EUR 16.90 is on its way back") && done.says("EUR 38.70"), "{}", done.words());
    // The button pressed twice, or the page sent again later: the same refund.
    let again = admin.browser.submit(check.form(CONFIRM)).await;
    assert!(again.at.starts_with("/orders/1001?refund=1") && again.says("EUR 38.70"), "{}", again.words());

    let over = ask(&mut admin, &[("what", "sum"), ("sum", "38.71"), ("reason", "late")]).await;
    assert_eq!(over.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(over.says("EUR 38.71 is more than the EUR 38.70 that is left"), "{}", over.words());
    let check = ask(&mut admin, &[("what", "full"), ("reason", "sent back")]).await;
    assert!(check.says("EUR 38.70") && check.says("EUR 6.18"), "{}", check.words());
    admin.browser.submit(check.form(CONFIRM)).await;
    let order = admin.browser.get(ORDER).await;
    assert!(order.says("EUR 55.60") && order.links("/orders/").iter().all(|link| link != FORM));
    let buyers = Shopper::of(&shop).browser.get(&paid.at).await;
    assert!(buyers.says("This order was refunded"), "{}", buyers.words());
    assert!(buyers.says("EUR 16.90, sent back") && buyers.says("EUR 38.70, sent back"), "{}", buyers.words());
    assert!(!buyers.says("broken"), "the reason is for the shop's own books");
}

#[tokio::test]
async fn a_shop_that_is_killed_while_stripe_answers_gives_back_once() {
    let folder = tempfile::tempdir().unwrap();
    let stripe = Double::stripe().await;
    let file = people::appliance(folder.path(), stripe.root_pem(), &stripe.endpoint());
    let shop = Shop::start_with(folder.path(), &["--appliance", &file]);
    let mut admin = Admin::set_up(&shop).await;
    admin.use_stripe("sk_test_0123456789abcdef").await;
    let mut shopper = Shopper::of(&shop);
    let paid = shopper.buy("stoneware-mug", "4242424242424242", "123").await;
    assert!(people::is_paid(&paid), "{}", paid.words());
    let check = ask(&mut admin, &[("what", "full"), ("reason", "sent back")]).await;
    // The shop looks whether Stripe has it already. Then Stripe does it, and the answer does not come in time.
    stripe.plan("/v1/refunds", Fault::Slow(1));
    stripe.plan("/v1/refunds", Fault::Slow(30_000));
    let mut tab = admin.browser.tab();
    let form = check.form(CONFIRM);
    let pressed = tokio::spawn(async move { tab.try_submit(form).await });
    let until = Instant::now() + Duration::from_secs(20);
    while stripe.charges().iter().map(|charge| charge.refunded).sum::<i64>() == 0 {
        assert!(Instant::now() < until, "Stripe was not told");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    shop.kill();
    pressed.abort();

    let shop = Shop::start_with(folder.path(), &["--appliance", &file]);
    let mut admin = Admin::of(&shop).await;
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        let order = admin.browser.get(ORDER).await;
        if order.links("/orders/").iter().all(|link| link != FORM) && order.says("re_") {
            break;
        }
        assert!(Instant::now() < until, "{}", order.words());
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    let charges = stripe.charges();
    assert_eq!(charges.len(), 1);
    assert_eq!(charges[0].refunded, charges[0].amount, "once and all of it");
}
