//! Money in the console: capturing, releasing and refunding, with real orders and the test gateway.

use std::sync::Arc;

use axum::http::StatusCode;

use super::tests::{Browser, Page, signed_in};
use crate::action::bench::{Bench, GOOD, apron};
use crate::action::fixture::Fixture;
use crate::action::place_order;
use crate::catalog::{PRODUCTS, STOCK, Stock};
use crate::operator::{SETTINGS, Settings};
use crate::order::{ORDERS, Order};
use crate::payment::gateway::TestGateway;
use crate::payment::{CaptureMode, REFUNDS, Refund};
use crate::store::{Reads, Span, StoreError};

const AT: &str = "/orders/1001/refund";
const CONFIRM: &str = "/orders/1001/refund/confirm";

/// A console, and one order (number 1001) of two aprons at 20.00 with delivery at 4.90: 44.90, tax 7.17.
async fn sold(capture: CaptureMode) -> (Fixture, Browser) {
    let (fixture, browser) = signed_in().await;
    let app = fixture.app();
    app.use_gateway(Some(Arc::new(TestGateway::new(app.store().clone()))));
    let stocked = app.store().transact(move |tx| {
        let mut settings = Settings::load(tx)?.unwrap();
        settings.capture = capture;
        tx.put(&SETTINGS, &0, &settings)?;
        tx.put(&PRODUCTS, &"apron".to_owned(), &apron(2000))?;
        tx.put(&STOCK, &"apron".to_owned(), &Stock { on_hand: 5, reserved: 0 })
    });
    stocked.await.unwrap();
    app.refresh_catalog().unwrap();
    let bench = Bench { app: Arc::clone(app), clock: Arc::clone(&fixture.clock) };
    let cart = bench.cart(2).await;
    place_order(app, bench.form(cart, 2, GOOD)).await.unwrap();
    (fixture, browser)
}

fn order(fixture: &Fixture) -> Order {
    let found: Result<_, StoreError> = fixture.app().store().read(|view| view.get(&ORDERS, &1001));
    found.unwrap().unwrap()
}

fn refunds(fixture: &Fixture) -> Vec<Refund> {
    let found: Result<Vec<_>, StoreError> =
        fixture.app().store().read(|view| view.scan(&REFUNDS, &Span::all(99)));
    found.unwrap().into_iter().map(|(_, refund)| refund).collect()
}

/// A hidden or visible field's value.
fn value(page: &Page, name: &str) -> String {
    let rest = page.text.split(&format!("name=\"{name}\"")).nth(1).unwrap_or_else(|| panic!("{name}"));
    let rest = rest.split("value=\"").nth(1).unwrap();
    rest.split('"').next().unwrap().to_owned()
}

/// Fills the refund form in; the page that follows.
async fn fill(browser: &mut Browser, fields: &str) -> Page {
    let page = browser.get(AT).await;
    let (seen, nonce) = (value(&page, "seen"), value(&page, "nonce"));
    browser.post(AT, &format!("csrf={}&seen={seen}&nonce={nonce}&{fields}", page.token())).await
}

/// Presses the button of the second step.
async fn press(browser: &mut Browser, check: &Page, fields: &str) -> Page {
    let (seen, nonce) = (value(check, "seen"), value(check, "nonce"));
    browser.post(CONFIRM, &format!("csrf={}&seen={seen}&nonce={nonce}&{fields}", check.token())).await
}

#[tokio::test]
async fn a_refund_is_read_before_it_is_sent_and_the_order_says_so_afterwards() {
    let (fixture, mut browser) = sold(CaptureMode::Automatic).await;
    let page = browser.get("/orders/1001").await;
    assert!(page.text.contains("href=\"/orders/1001/refund\"") && !page.text.contains("/capture"));
    let one = "what=lines&quantity.apron=1&shipping=yes&reason=torn+<b>&restock=yes";
    let check = fill(&mut browser, one).await;
    assert_eq!(check.status, StatusCode::OK);
    for words in
        ["1 × Linen apron", "EUR 24.90", "EUR 3.98", "Visa •••• 4242", "EUR 20.00", "Refund EUR 24.90"]
    {
        assert!(check.text.contains(words), "{words}: {}", check.text);
    }
    assert!(check.text.contains("torn &#60;b&#62;") && check.text.contains("Are put back into stock"));
    assert!(refunds(&fixture).is_empty(), "nothing is sent by looking");
    // Changing one's mind brings the form back as it was.
    let (seen, nonce) = (value(&check, "seen"), value(&check, "nonce"));
    let change = format!("csrf={}&seen={seen}&nonce={nonce}&{one}&change=yes", check.token());
    let form = browser.post(AT, &change).await;
    assert_eq!((form.status, value(&form, "quantity.apron")), (StatusCode::OK, "1".to_owned()));

    let done = press(&mut browser, &check, one).await;
    assert_eq!(done.location, "/orders/1001?refund=1");
    let page = browser.get(&done.location).await;
    for words in
        ["EUR 24.90 is on its way back", "1 put back into stock", "with EUR 3.98 tax", "test_", "torn"]
    {
        assert!(page.text.contains(words), "{words}: {}", page.text);
    }
    assert!(page.text.contains("ada@example.com"), "who");
    for list in ["/orders", "/orders?state=paid", "/orders/1001", "/"] {
        assert!(browser.get(list).await.text.contains(">Partly refunded</span>"), "{list}");
    }
    assert_eq!(fixture.stock("apron").unwrap().on_hand, 4);
    // The same page sent once more is the same refund.
    assert_eq!(press(&mut browser, &check, one).await.location, "/orders/1001?refund=1");
    assert_eq!(refunds(&fixture).len(), 1);
    assert!(fixture.last_deed().contains("RefundPayment \"order 1001: refund 1, EUR 24.90\" Done"));

    let rest = fill(&mut browser, "what=full&reason=the+rest").await;
    assert!(rest.text.contains("Refund EUR 20.00") && rest.text.contains("EUR 3.19"), "{}", rest.text);
    press(&mut browser, &rest, "what=full&reason=the+rest").await;
    let page = browser.get("/orders/1001").await;
    assert!(page.text.contains(">Refunded</span>") && !page.text.contains("href=\"/orders/1001/refund\""));
    assert_eq!(browser.get(AT).await.location, "/orders/1001", "nothing is left");
    let tax: i64 = refunds(&fixture).iter().map(|refund| refund.tax.minor).sum();
    assert_eq!(tax, order(&fixture).totals.tax.minor);
    let list = browser.get("/orders?state=refunded").await;
    assert!(list.text.contains("href=\"/orders/1001\""));
}

#[tokio::test]
async fn a_mistake_is_named_at_its_field_and_what_was_typed_stays() {
    let (fixture, mut browser) = sold(CaptureMode::Automatic).await;
    for (fields, field, words) in [
        ("reason=x", "what", "Choose what is given back"),
        ("what=lines&reason=x", "what", "at least one item"),
        ("what=lines&quantity.apron=3&reason=typed+this", "quantity.apron", "Only 2 of this item are left"),
        ("what=lines&quantity.apron=-1&reason=x", "quantity.apron", "Enter a whole number"),
        ("what=lines&quantity.apron=99999999999&reason=x", "quantity.apron", "Enter a whole number"),
        ("what=sum&sum=12,50&reason=x", "sum", "such as 12.50"),
        ("what=sum&sum=0&reason=x", "sum", "above zero"),
        ("what=sum&sum=44.91&reason=x", "sum", "EUR 44.91 is more than the EUR 44.90 that is left"),
        ("what=full&reason=", "reason", "Enter a reason"),
        ("what=full&reason=card+4242424242424242", "reason", "looks like a card number"),
        ("what=sum&sum=1&reason=x&restock=yes", "restock", "A sum belongs to no item"),
    ] {
        let page = fill(&mut browser, fields).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{fields}");
        assert!(page.text.contains(&format!("href=\"#{field}\"")), "{fields}: {}", page.text);
        assert!(page.text.contains(&format!("id=\"{field}\"")), "{fields}: the link leads nowhere");
        assert!(page.text.contains(words), "{fields}: {}", page.text);
        assert!(!page.text.contains("4242424242424242"), "{fields}");
    }
    let page = fill(&mut browser, "what=lines&quantity.apron=3&reason=typed+this").await;
    assert_eq!(
        (value(&page, "quantity.apron"), value(&page, "reason")),
        ("3".to_owned(), "typed this".to_owned())
    );
    assert!(page.text.contains("value=\"lines\" checked"));
    assert!(refunds(&fixture).is_empty());
    let token = browser.get(AT).await.token();
    let page = browser.post(AT, &format!("csrf={token}&what=full&reason=x")).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST, "not a form of ours");
}

#[tokio::test]
async fn who_was_second_is_told_and_gives_nothing_back_twice() {
    let (fixture, mut browser) = sold(CaptureMode::Automatic).await;
    let mut other = Browser::of(&fixture);
    other.sign_in(crate::action::fixture::PASSWORD, &fixture.second()).await;
    let fields = "what=sum&sum=30&reason=late";
    let first = fill(&mut browser, fields).await;
    let second = fill(&mut other, fields).await;
    assert_eq!(press(&mut browser, &first, fields).await.location, "/orders/1001?refund=1");
    let late = press(&mut other, &second, fields).await;
    assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(late.text.contains("Somebody else refunded meanwhile: EUR 30.00 in all by now, and EUR 14.90"));
    assert_eq!((value(&late, "seen"), value(&late, "sum")), ("3000".to_owned(), "30".to_owned()));
    assert_eq!(refunds(&fixture).len(), 1);
    // The page that came back can be sent, once it asks for what is left.
    let fields = "what=sum&sum=14.90&reason=late";
    let (seen, nonce) = (value(&late, "seen"), value(&late, "nonce"));
    let check = other.post(AT, &format!("csrf={}&seen={seen}&nonce={nonce}&{fields}", late.token())).await;
    assert_eq!(press(&mut other, &check, fields).await.location, "/orders/1001?refund=2");
}

#[tokio::test]
async fn held_money_is_captured_once_by_a_button_that_names_the_sum() {
    let (fixture, mut browser) = sold(CaptureMode::Manual).await;
    let page = browser.get("/orders/1001").await;
    assert!(page.text.contains("Capture EUR 44.90") && page.text.contains("Release EUR 44.90"));
    assert!(!page.text.contains("/refund\""), "nothing to refund before it is captured");
    assert_eq!(browser.get(AT).await.location, "/orders/1001");
    let page = browser.get("/orders/1001/capture").await;
    assert!(page.text.contains("card is charged now") && page.text.contains("<button>Capture EUR 44.90"));
    assert_eq!(order(&fixture).state, crate::order::State::Authorized, "nothing happens by looking");
    let done = browser.submit("/orders/1001/capture", "/orders/1001/capture", "").await;
    assert_eq!(done.location, "/orders/1001?captured");
    assert!(browser.get(&done.location).await.text.contains("EUR 44.90 was captured."));
    assert!(fixture.last_deed().contains("CapturePayment \"1001\" Done"));
    // Too late to release.
    assert_eq!(browser.get("/orders/1001/release").await.location, "/orders/1001");
    let token = browser.get("/orders/1001").await.token();
    let late = browser.post("/orders/1001/release", &format!("csrf={token}")).await;
    assert!(browser.get(&late.location).await.text.contains("nothing was released"));
    assert_eq!(order(&fixture).state, crate::order::State::Paid);
}

#[tokio::test]
async fn released_money_gives_the_order_up_and_the_goods_back() {
    let (fixture, mut browser) = sold(CaptureMode::Manual).await;
    let page = browser.get("/orders/1001/release").await;
    assert!(page.text.contains("cannot be undone") && page.text.contains("class=\"danger\""));
    let done = browser.submit("/orders/1001/release", "/orders/1001/release", "").await;
    assert_eq!(done.location, "/orders/1001?released");
    let page = browser.get(&done.location).await;
    assert!(page.text.contains("EUR 44.90 was released") && page.text.contains(">Cancelled</span>"));
    assert_eq!(fixture.stock("apron").unwrap().on_hand, 5);
}

#[tokio::test]
async fn a_refund_that_the_gateway_refuses_is_no_good_news() {
    let (fixture, mut browser) = sold(CaptureMode::Automatic).await;
    // The gateway knows of no such payment any more, and refuses.
    let forget = fixture.app().store().transact(|tx| {
        let id = (1001, 1);
        let mut attempt = tx.get(&crate::payment::ATTEMPTS, &id)?.unwrap();
        attempt.key = crate::base::Token::from_bytes([3; 16]);
        tx.put(&crate::payment::ATTEMPTS, &id, &attempt)
    });
    forget.await.unwrap();
    let check = fill(&mut browser, "what=full&reason=x").await;
    let done = press(&mut browser, &check, "what=full&reason=x").await;
    let page = browser.get(&done.location).await;
    assert!(page.text.contains("The refund of EUR 44.90 failed. The gateway says that less is left."));
    assert!(page.text.contains("href=\"#refunds\"") && page.text.contains("id=\"refunds\""));
    assert!(!page.text.contains("is on its way back"));
    assert!(page.text.contains("A refund failed."), "the alarm's banner");
    assert!(page.text.contains("href=\"/orders/1001/refund\""), "it can be tried again");
}

#[tokio::test]
async fn these_pages_need_a_session_a_token_and_an_order() {
    let (fixture, mut browser) = sold(CaptureMode::Manual).await;
    for path in [AT, "/orders/1001/capture", "/orders/1001/release"] {
        assert_eq!(Browser::of(&fixture).get(path).await.location, "/sign-in", "{path}");
    }
    for path in [AT, CONFIRM, "/orders/1001/capture", "/orders/1001/release"] {
        let forged = "seen=0&nonce=00000000000000000000000000&what=full&reason=x";
        assert_eq!(browser.post(path, forged).await.status, StatusCode::FORBIDDEN, "{path}");
        let nowhere = path.replace("1001", "7");
        let token = browser.get("/").await.token();
        let page = browser.post(&nowhere, &format!("csrf={token}&{forged}")).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{nowhere}");
    }
    for path in ["/orders/7/refund", "/orders/x/refund", "/orders/7/capture", "/orders/-1/release"] {
        assert_eq!(browser.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(order(&fixture).state, crate::order::State::Authorized);
}

#[tokio::test]
async fn every_page_of_money_is_drawn_without_script_and_is_light() {
    let (_paid, mut paid) = sold(CaptureMode::Automatic).await;
    let (_held, mut held) = sold(CaptureMode::Manual).await;
    let check = fill(&mut paid, "what=full&reason=x").await;
    let mut pages = vec![check, paid.get(AT).await, paid.get("/orders/1001").await];
    for path in ["/orders/1001", "/orders/1001/capture", "/orders/1001/release"] {
        pages.push(held.get(path).await);
    }
    for page in pages {
        assert_eq!(page.status, StatusCode::OK);
        assert!(!page.text.contains("<script") && !page.text.contains(" style="), "{}", page.text);
        assert!(page.text.len() < 30_000, "{} bytes", page.text.len());
        assert_eq!(page.headers["cache-control"], "no-store");
    }
}
