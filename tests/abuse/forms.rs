//! Forms that another site makes a browser send, on every address of the console and the shop that takes one.

use std::collections::BTreeMap;

use hyper::Method;

use super::harness::browser::Form;
use super::harness::{Admin, Browser, Page, Shop, Shopper};

/// Every form that is to be found by following links, by the address it goes to.
async fn forms(browser: &mut Browser, first: Vec<Page>) -> BTreeMap<String, Form> {
    let mut found = BTreeMap::new();
    let mut seen = Vec::new();
    let mut pages = first;
    while let Some(page) = pages.pop() {
        for form in page.forms().into_iter().filter(|form| form.fields.iter().any(|(name, _)| name == "csrf"))
        {
            found.entry(form.action.clone()).or_insert(form);
        }
        for link in page.links("/") {
            let place = link.split(['?', '#']).next().unwrap().to_owned();
            if !seen.contains(&place) && seen.len() < 60 && !place.starts_with("/assets") {
                seen.push(place);
                pages.push(browser.get(&link).await);
            }
        }
    }
    found
}

fn encoded(form: &Form, token: &str) -> Option<(String, Vec<u8>)> {
    let fields = form.fields.iter().map(|(name, value)| (name, if name == "csrf" { token } else { value }));
    let body: String = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    Some(("application/x-www-form-urlencoded".to_owned(), body.into_bytes()))
}

#[tokio::test]
async fn no_form_is_believed_that_another_site_sent_or_that_carries_another_ones_token() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::start(folder.path());
    let mut admin = Admin::set_up(&shop).await;
    let mut buyer = Shopper::of(&shop);
    let paid = buyer.buy("stoneware-mug", "4242424242424242", "123").await;
    assert!(paid.says("Thank you"), "{}", paid.words());
    let mut shopper = Shopper::of(&shop);
    let cart = shopper.add("stoneware-mug").await;
    let product = shopper.browser.get("/product/stoneware-mug").await;
    let contact = shopper.browser.get("/checkout/contact").await;
    let payment = shopper.reach_payment("Grace Hopper").await;
    let first = vec![admin.browser.get("/").await, admin.browser.get("/orders").await];
    let console = forms(&mut admin.browser, first).await;
    let storefront = forms(&mut shopper.browser, vec![cart, product, contact, payment]).await;
    println!("forms of the console: {:?}", console.keys().collect::<Vec<_>>());
    println!("forms of the shop: {:?}", storefront.keys().collect::<Vec<_>>());
    assert!(console.len() >= 5 && storefront.len() >= 3, "{} and {}", console.len(), storefront.len());
    for (browser, forms, other) in [
        (&mut admin.browser, &console, storefront.values().next().unwrap()),
        (&mut shopper.browser, &storefront, console.values().next().unwrap()),
    ] {
        let foreign = other.value("csrf").unwrap().to_owned();
        for (action, form) in forms {
            let own = form.value("csrf").unwrap().to_owned();
            let mut cut = own.clone();
            cut.pop();
            for (what, token, more) in [
                ("no token", "", None),
                ("a token cut short", cut.as_str(), None),
                ("the token of another kind", foreign.as_str(), None),
                ("another site's origin", own.as_str(), Some(("origin", "https://evil.example"))),
                ("an opaque origin", own.as_str(), Some(("origin", "null"))),
                ("the browser says cross-site", own.as_str(), Some(("sec-fetch-site", "cross-site"))),
                ("a neighbour's site", own.as_str(), Some(("sec-fetch-site", "same-site"))),
            ] {
                let more: Vec<_> = more.into_iter().collect();
                let page = browser.once(Method::POST, action, encoded(form, token), &more).await.unwrap();
                // Uploads alone are not taken in this form at all.
                let refused = matches!(page.status.as_u16(), 400 | 403 | 415);
                assert!(refused, "{action}, {what}: {} {}", page.status, page.words());
            }
        }
    }
    assert!(
        admin.browser.get("/orders").await.status.is_success(),
        "still signed in: nothing was carried out"
    );
}

#[tokio::test]
async fn an_address_that_changes_something_does_nothing_on_get() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::start(folder.path());
    let mut admin = Admin::set_up(&shop).await;
    let mut shopper = Shopper::of(&shop);
    shopper.add("stoneware-mug").await;
    for (browser, paths) in [
        (&mut admin.browser, &["/sign-out", "/setup/shop", "/settings/certificate/request"][..]),
        (&mut shopper.browser, &["/cart/add"][..]),
    ] {
        for path in paths {
            let page = browser.once(Method::GET, path, None, &[]).await.unwrap();
            assert!(matches!(page.status.as_u16(), 404 | 405), "{path}: {}", page.status);
        }
    }
    assert!(admin.browser.get("/orders").await.status.is_success());
}
