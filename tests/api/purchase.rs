//! From the home page to "thank you", and what happens when it does not go well.

use hyper::{Method, StatusCode};

use super::harness::{Browser, Shop, Shopper, cards, people};

const CODE: &str = "123";

async fn open() -> (tempfile::TempDir, Shop) {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::start(folder.path());
    (folder, shop)
}

#[tokio::test]
async fn a_guest_finds_a_product_and_buys_it() {
    let (_folder, shop) = open().await;
    let mut shopper = Shopper::of(&shop);
    let home = shopper.browser.get("/").await;
    assert!(home.says("Demo shop") && home.says("Development machine"), "the banners are there");
    assert!(home.links("/category/").len() >= 5);
    let category = shopper.browser.get(&home.links("/category/")[0]).await;
    assert!(!category.links("/product/").is_empty());
    let found = shopper.browser.get("/search?q=mug").await;
    assert_eq!(found.links("/product/"), ["/product/stoneware-mug"]);
    let nothing = shopper.browser.get("/search?q=submarine").await;
    assert!(nothing.links("/product/").is_empty() && nothing.status == StatusCode::OK);

    let paid = shopper.buy("stoneware-mug", &cards::number(1), CODE).await;
    assert!(paid.at.starts_with("/order/") && people::is_paid(&paid), "{} {}", paid.status, paid.words());
    assert!(paid.says("Stoneware Mug") && paid.says("Mill Lane 7"));
    assert!(paid.says(&cards::number(1)[12..]) && !paid.text().contains(&cards::number(1)));
    // The link works later and elsewhere; a guess does not.
    let again = Browser::new(shop.storefront()).get(&paid.at).await;
    assert!(people::is_paid(&again));
    let guess = Browser::new(shop.storefront()).get("/order/00000000000000000000000000").await;
    assert_eq!(guess.status, StatusCode::NOT_FOUND);
    // The cart is empty again.
    assert!(shopper.browser.get("/cart").await.forms().iter().all(|form| form.action != "/cart/update"));
}

#[tokio::test]
async fn a_declined_card_says_why_and_another_card_pays_the_same_order() {
    let (_folder, shop) = open().await;
    let mut shopper = Shopper::of(&shop);
    shopper.add("stoneware-mug").await;
    let page = shopper.reach_payment("Grace Hopper").await;
    let mut page = page;
    for (number, words) in [
        ("4000000000000002", "declined"),
        ("4000000000009995", "not enough money"),
        ("4000000000000069", "expired"),
        ("4000000000000127", "code"),
    ] {
        page = shopper.pay(&page, number, CODE).await;
        assert!(page.words().to_lowercase().contains(words), "{number}: {}", page.words());
        assert!(
            page.says("not been charged") || page.says("nothing was charged") || page.says("not charged"),
            "{number}: {}",
            page.words()
        );
        assert!(!page.text().contains(number), "the card came back to the browser");
        let form = page.form("/checkout/pay");
        assert_eq!(form.value("cc-number"), Some(""), "the card's field is empty");
        assert_eq!(form.value("cc-csc"), Some(""));
    }
    let paid = shopper.pay(&page, &cards::number(2), CODE).await;
    assert!(people::is_paid(&paid), "{}", paid.words());
}

#[tokio::test]
async fn a_mistake_is_named_and_what_was_typed_stays_but_the_card_does_not() {
    let (_folder, shop) = open().await;
    let mut shopper = Shopper::of(&shop);
    shopper.add("stoneware-mug").await;
    let page = shopper.browser.get("/checkout/contact").await;
    let form = people::contact(&page, "Grace Hopper").set("email", "grace(at)example").set("postal_code", "");
    let page = shopper.browser.submit(form).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.links("#").len() >= 2, "a summary links to the two fields: {:?}", page.links("#"));
    let form = page.form("/checkout/contact");
    assert_eq!((form.value("email"), form.value("city")), (Some("grace(at)example"), Some("Berlin")));
    // A card number in the name's field is refused and not shown again.
    let card = cards::number(3);
    let page = shopper.browser.submit(people::contact(&page, &card)).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", page.words());
    assert!(!page.text().contains(&card));

    let page = shopper.reach_payment("Grace Hopper").await;
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("script-src 'none'"), "{policy}");
    assert!(!page.text().contains("<script"));
    let wrong = people::card(&page, "4242424242424241", "12").set("cc-exp", "13/20");
    let page = shopper.browser.submit(wrong).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    let form = page.form("/checkout/pay");
    assert_eq!((form.value("cc-number"), form.value("cc-csc")), (Some(""), Some("")));
    assert!(!page.text().contains("4242424242424241"));
}

#[tokio::test]
async fn the_same_form_sent_four_times_at_once_is_one_order() {
    let (_folder, shop) = open().await;
    let mut shopper = Shopper::of(&shop);
    shopper.add("stoneware-mug").await;
    let page = shopper.reach_payment("Grace Hopper").await;
    let (mut a, mut b, mut c, mut d) =
        (shopper.browser.tab(), shopper.browser.tab(), shopper.browser.tab(), shopper.browser.tab());
    let form = || people::card(&page, &cards::number(4), CODE);
    let (a, b, c, d) = tokio::join!(a.submit(form()), b.submit(form()), c.submit(form()), d.submit(form()));
    for page in [&a, &b, &c, &d] {
        assert!(people::is_paid(page), "{} {}", page.status, page.words());
        assert_eq!(page.at, a.at, "the same order for everyone");
    }
}

#[tokio::test]
async fn a_form_from_elsewhere_changes_nothing() {
    let (_folder, shop) = open().await;
    let mut shopper = Shopper::of(&shop);
    let page = shopper.browser.get("/product/stoneware-mug").await;
    let mut forged = page.form("/cart/add");
    forged.fields.retain(|(name, _)| name != "csrf" && name != "token");
    let body =
        forged.fields.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
    let sent = Some(("application/x-www-form-urlencoded".to_owned(), body.into_bytes()));
    let elsewhere = [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")];
    let answer = shopper.browser.once(Method::POST, "/cart/add", sent, &elsewhere).await.unwrap();
    assert!(answer.status.is_client_error(), "{}", answer.status);
}

#[tokio::test]
async fn no_page_is_heavy_and_none_has_a_script() {
    let (_folder, shop) = open().await;
    let mut shopper = Shopper::of(&shop);
    shopper.add("stoneware-mug").await;
    for path in ["/", "/product/linen-apron", "/cart", "/checkout/contact", "/policy", "/search?q=a"] {
        let page = shopper.browser.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        assert!(page.body.len() < 30_000, "{path} has {} bytes", page.body.len());
        assert!(!page.text().contains("<script"), "{path}");
    }
    let page = shopper.reach_payment("Grace Hopper").await;
    assert!(page.body.len() < 30_000);
    for token in ["cc-name", "cc-number", "cc-exp", "cc-csc"] {
        assert!(page.text().contains(&format!("autocomplete=\"{token}\"")), "{token}");
    }
}
