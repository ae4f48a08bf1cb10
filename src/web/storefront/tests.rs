//! The storefront as a browser meets it, without a socket.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use jiff::SignedDuration;
use tower::ServiceExt;

use super::router;
use crate::action::{App, AppParts, CARTS_REST, forget_carts};
use crate::base::{Currency, Line, ManualClock, Money, OsRandom, Paragraph, SecretBytes};
use crate::cart::CHECKOUTS;
use crate::catalog::{
    Handle, PICTURES, PRODUCTS, Picture, PictureRef, Product, STOCK, Status, Stock, Variant,
};
use crate::operator::{SETTINGS, Settings};
use crate::order::{ORDERS, State};
use crate::payment::gateway::TestGateway;
use crate::store::{Reads, RootKey, StoreError, StoreFile};
use crate::web::{Limits, Peer, Site};

const TAKEN: &str = "4242 4242 4242 4242";
const DECLINED: &str = "4000 0000 0000 0002";

pub(super) struct Shop {
    pub(super) app: Arc<App>,
    router: Router,
    pub(super) clock: Arc<ManualClock>,
    _folder: tempfile::TempDir,
}

fn product(handle: &str, title: &str, prices: &[i64]) -> Product {
    let variant = |(n, price): (usize, &i64)| Variant {
        sku: Line::new(&format!("{handle}/{n}")).unwrap(),
        options: if prices.len() > 1 { vec![Line::new(&format!("Size {n}")).unwrap()] } else { Vec::new() },
        price: Money::new(*price, Currency::Eur),
        compare_at: Some(Money::new(price + 1000, Currency::Eur)),
        grams: 100,
    };
    Product {
        handle: Handle::new(handle).unwrap(),
        title: Line::new(title).unwrap(),
        body: Paragraph::new("Good & plain.\n\nMade to last.").unwrap(),
        category: Line::new("Home & Kitchen").unwrap(),
        options: if prices.len() > 1 { vec![Line::new("Size").unwrap()] } else { Vec::new() },
        variants: prices.iter().enumerate().map(variant).collect(),
        picture: Some(PictureRef { name: Line::new("p.png").unwrap(), alt: Line::new("A thing").unwrap() }),
        status: Status::Active,
        demo: true,
    }
}

impl Shop {
    async fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let random = Arc::new(OsRandom);
        let file = StoreFile::open(&folder.path().join("shop.redb")).unwrap();
        let store = file.start(RootKey::random(random.as_ref()), random.clone()).await.unwrap();
        let clock = Arc::new(ManualClock::at("2026-11-23T12:00:00Z".parse().unwrap()));
        let web_key = SecretBytes::new(vec![7; 32]);
        let parts = AppParts { store, clock: clock.clone(), random, web_key, dev: true };
        let app = App::new(parts).unwrap();
        let router = router(Site::new(Arc::clone(&app)).unwrap());
        Self { app, router, clock, _folder: folder }
    }

    pub(super) async fn open() -> Self {
        let shop = Self::empty().await;
        let contact = crate::order::Email::new("hello@shop.example").unwrap();
        let settings = Settings::new(Line::new("Meadow & Mill").unwrap(), contact, true).unwrap();
        let picture =
            Picture { media_type: "image/png".to_owned(), width: 1, height: 1, bytes: b"png".to_vec() };
        let work = shop.app.store().transact(move |tx| -> Result<(), StoreError> {
            tx.put(&SETTINGS, &0, &settings)?;
            tx.put(&PICTURES, &"p.png".to_owned(), &picture)
        });
        work.await.unwrap();
        shop.sell(product("mug", "Mug <b>", &[1690, 1990]), 3).await;
        shop.sell(product("lamp", "Lamp", &[9800]), 0).await;
        shop.app.use_gateway(Some(Arc::new(TestGateway::new(shop.app.store().clone()))));
        shop
    }

    async fn sell(&self, product: Product, on_hand: u32) {
        let work = self.app.store().transact(move |tx| -> Result<(), StoreError> {
            for variant in &product.variants {
                tx.put(&STOCK, &variant.sku.to_string(), &Stock { on_hand, reserved: 0 })?;
            }
            tx.put(&PRODUCTS, &product.handle.to_string(), &product)
        });
        work.await.unwrap();
        self.app.refresh_catalog().unwrap();
    }

    pub(super) fn guest(&self) -> Guest {
        Guest { router: self.router.clone(), cookies: BTreeMap::new() }
    }

    fn reserved(&self, sku: &str) -> u32 {
        self.app.store().read(|view| view.get(&STOCK, &sku.to_owned())).unwrap().unwrap().reserved
    }
}

#[derive(Clone)]
pub(super) struct Guest {
    router: Router,
    cookies: BTreeMap<String, String>,
}

pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

impl Answer {
    pub(super) fn location(&self) -> &str {
        self.headers.get(LOCATION).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// The value of the first field called `name`.
    pub(super) fn value(&self, name: &str) -> String {
        let (_, rest) = self.body.split_once(&format!("name=\"{name}\" value=\"")).unwrap();
        rest.split('"').next().unwrap().to_owned()
    }

    pub(super) fn says(&self, text: &str) -> bool {
        self.body.contains(text)
    }
}

fn encode(fields: &[(&str, &str)]) -> String {
    let text = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    let pairs: Vec<_> =
        fields.iter().map(|(name, value)| format!("{}={}", text(name), text(value))).collect();
    pairs.join("&")
}

impl Guest {
    pub(super) async fn send(&mut self, mut request: Request<Body>) -> Answer {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            request.headers_mut().insert(COOKIE, cookies.join("; ").parse().unwrap());
        }
        request.extensions_mut().insert(Peer("192.0.2.1:5000".parse().unwrap()));
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        for cookie in parts.headers.get_all(SET_COOKIE) {
            let line = cookie.to_str().unwrap();
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            if line.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let body = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    pub(super) async fn get(&mut self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    pub(super) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let request = Request::post(path).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(encode(fields))).unwrap()).await
    }

    pub(super) async fn add(&mut self, sku: &str, quantity: &str) -> Answer {
        let page = self.get("/product/mug").await;
        self.post("/cart/add", &[("csrf", &page.value("csrf")), ("sku", sku), ("quantity", quantity)]).await
    }

    pub(super) async fn walk_to_payment(&mut self) -> Answer {
        let csrf = self.get("/checkout/contact").await.value("csrf");
        let address = [
            ("csrf", csrf.as_str()),
            ("email", "grace@example.com"),
            ("name", "Grace Hopper"),
            ("street", "Mill Lane 7"),
            ("extra", ""),
            ("postal_code", "10115"),
            ("city", "Berlin"),
            ("country", "DE"),
        ];
        assert_eq!(self.post("/checkout/contact", &address).await.location(), "/checkout/delivery");
        let ways = [("csrf", csrf.as_str()), ("shipping", "express")];
        assert_eq!(self.post("/checkout/delivery", &ways).await.location(), "/checkout/pay");
        self.get("/checkout/pay").await
    }

    pub(super) async fn pay(&mut self, page: &Answer, number: &str) -> Answer {
        let hidden = ["csrf", "nonce", "cart_version", "agreed"].map(|name| (name, page.value(name)));
        let mut fields: Vec<_> = hidden.iter().map(|(name, value)| (*name, value.as_str())).collect();
        fields.extend([("cc-number", number), ("cc-exp", "12/39"), ("cc-csc", "917"), ("cc-name", "Grace")]);
        self.post("/checkout/pay", &fields).await
    }
}

/// What must stand on every answer, whatever it answers.
fn assert_guarded(path: &str, answer: &Answer) {
    for name in [
        "strict-transport-security",
        "content-security-policy",
        "x-content-type-options",
        "x-frame-options",
        "referrer-policy",
        "permissions-policy",
        "cross-origin-opener-policy",
        "cross-origin-resource-policy",
        "cache-control",
    ] {
        assert_eq!(answer.headers.get_all(name).iter().count(), 1, "{path} {}: {name}", answer.status);
    }
    let kind = answer.headers.get(CONTENT_TYPE).map(|kind| kind.to_str().unwrap().to_owned());
    if answer.status.is_client_error() || answer.status.is_server_error() {
        assert!(answer.body.contains("<h1>"), "{path} {}: no page", answer.status);
    }
    if kind.is_some_and(|kind| kind.starts_with("text/html")) {
        assert!(answer.body.len() < 30_000, "{path}: {} bytes", answer.body.len());
        for script in ["<script", "javascript:", " onclick", " style=", "<style"] {
            assert!(!answer.body.contains(script), "{path}: {script}");
        }
    }
}

#[tokio::test]
async fn every_answer_is_guarded_and_every_failure_has_a_page() {
    let shop = Shop::open().await;
    let mut guest = shop.guest();
    let asset = Site::new(Arc::clone(&shop.app)).unwrap().assets.path("shop.css").to_owned();
    for (path, status) in [
        ("/", 200),
        ("/category/home-kitchen", 200),
        ("/category/none", 404),
        ("/category/home-kitchen?page=2", 404),
        ("/category/home-kitchen?page=1&page=1", 400),
        ("/category/%ff", 400),
        ("/product/mug", 200),
        ("/product/none", 404),
        ("/search?q=mug", 200),
        ("/search?q=%zz", 400),
        ("/cart", 200),
        ("/cart/add", 405),
        ("/checkout/contact", 303),
        ("/checkout/pay", 303),
        ("/order/none", 404),
        ("/policy", 200),
        ("/pictures/p.png", 200),
        ("/pictures/none", 404),
        (asset.as_str(), 200),
        ("/assets/none.css", 404),
        ("/health", 204),
        ("/nowhere", 404),
    ] {
        let answer = guest.get(path).await;
        assert_eq!(answer.status.as_u16(), status, "{path}");
        assert_guarded(path, &answer);
        let public = path.starts_with("/assets/s") || path == "/pictures/p.png";
        assert_eq!(answer.headers["cache-control"] == "no-store", !public, "{path}");
    }
    let delete = Request::builder().method(Method::DELETE).uri("/cart").body(Body::empty()).unwrap();
    let answer = guest.send(delete).await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_guarded("DELETE /cart", &answer);
}

#[tokio::test]
async fn a_picture_says_its_name_and_what_it_is() {
    let shop = Shop::open().await;
    let answer = shop.guest().get("/pictures/p.png").await;
    assert_eq!(answer.headers[CONTENT_TYPE], "image/png");
    assert_eq!(answer.headers["content-disposition"], "inline; filename=\"p.png\"");
    assert_eq!(answer.headers["x-content-type-options"], "nosniff");
    let stranger = shop.guest().get("/pictures/p.png%22%0d%0aX-Own:%201").await;
    assert_eq!(stranger.status, StatusCode::NOT_FOUND);
    assert!(!stranger.headers.contains_key("content-disposition") && !stranger.headers.contains_key("x-own"));
}

#[tokio::test]
async fn a_shop_that_is_not_set_up_says_so() {
    let shop = Shop::empty().await;
    let answer = shop.guest().get("/").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_guarded("/", &answer);
    assert_eq!(shop.guest().get("/health").await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn forms_that_are_too_much_or_not_ours_change_nothing() {
    let shop = Shop::open().await;
    let mut guest = shop.guest();
    let csrf = guest.get("/product/mug").await.value("csrf");
    let good = encode(&[("csrf", &csrf), ("sku", "mug/0"), ("quantity", "1")]);
    let form = "application/x-www-form-urlencoded";
    let long = format!("{good}&x={}", "1".repeat(Limits::SHOPPER.value + 1));
    let many: String = (0..Limits::SHOPPER.fields).map(|n| format!("&f{n}=")).collect();
    for (body, kind, status) in [
        (good.clone(), "text/plain", 415),
        (long, form, 413),
        (format!("{good}{many}"), form, 413),
        ("a".repeat(Limits::SHOPPER.body + 1), form, 413),
        (format!("{good}&quantity=2"), form, 400),
        (format!("{good}&x=%ff"), form, 400),
        (encode(&[("sku", "mug/0"), ("quantity", "1")]), form, 403),
        (encode(&[("csrf", "x"), ("sku", "mug/0"), ("quantity", "1")]), form, 403),
    ] {
        let request = Request::post("/cart/add").header(CONTENT_TYPE, kind).body(Body::from(body)).unwrap();
        let answer = guest.send(request).await;
        assert_eq!(answer.status.as_u16(), status);
        assert_guarded("/cart/add", &answer);
    }
    let foreign = Request::post("/cart/add").header(CONTENT_TYPE, form);
    let foreign = foreign.header("host", "shop.example").header("origin", "https://evil.example");
    let answer = guest.send(foreign.body(Body::from(good.clone())).unwrap()).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    let mut stranger = shop.guest();
    stranger.get("/product/mug").await;
    let request = Request::post("/cart/add").header(CONTENT_TYPE, form).body(Body::from(good)).unwrap();
    assert_eq!(stranger.send(request).await.status, StatusCode::FORBIDDEN);
    assert!(guest.get("/cart").await.says("Your cart is empty"));
}

#[tokio::test]
async fn a_guest_buys_and_the_card_is_on_no_page() {
    let shop = Shop::open().await;
    let mut guest = shop.guest();
    assert_eq!(guest.add("mug/1", "2").await.location(), "/cart?added=%6d%75%67%2f%31");
    let page = guest.walk_to_payment().await;
    assert!(page.says("Pay EUR 52.70"), "two at 19.90 and express delivery");
    let policy = page.headers[CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(policy.contains("script-src 'none'"));
    assert_guarded("/checkout/pay", &page);

    let declined = guest.pay(&page, DECLINED).await;
    assert_eq!(declined.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(declined.says("You have not been charged") && declined.says("Pay EUR 52.70"));
    assert!(declined.headers[CONTENT_SECURITY_POLICY].to_str().unwrap().contains("script-src 'none'"));
    assert_guarded("declined", &declined);
    for typed in ["4000000000000002", "917", "12/39", "\"Grace\""] {
        assert!(!declined.says(typed), "{typed} came back");
    }
    // What the unpaid order holds is this guest's own.
    assert_eq!(shop.reserved("mug/1"), 2);
    assert!(!guest.get("/cart").await.says("Only 1 left"));

    let paid = guest.pay(&declined, TAKEN).await;
    assert_eq!(paid.status, StatusCode::SEE_OTHER);
    assert!(guest.cookies.is_empty(), "the cart's cookie goes with the cart");
    let order = guest.get(paid.location()).await;
    assert!(order.says("Thank you for your order") && order.says("Visa ending in 4242"));
    assert!(order.says("Mug &#60;b&#62;") || order.says("Mug &lt;b&gt;"));
    assert!(!order.says("http-equiv=\"refresh\"") && !order.says("917"));
    assert_guarded("order", &order);
}

#[tokio::test]
async fn the_same_form_sent_twice_is_one_order() {
    let shop = Shop::open().await;
    let mut guest = shop.guest();
    guest.add("mug/0", "1").await;
    let page = guest.walk_to_payment().await;
    let mut twin = guest.clone();
    let (first, second) = tokio::join!(guest.pay(&page, TAKEN), twin.pay(&page, TAKEN));
    assert_eq!(first.location(), second.location());
    assert!(first.location().starts_with("/order/"));
}

#[tokio::test]
async fn card_errors_stand_at_their_fields_and_nothing_is_begun() {
    let shop = Shop::open().await;
    let mut guest = shop.guest();
    guest.add("mug/0", "1").await;
    let page = guest.walk_to_payment().await;
    let again = guest.pay(&page, "4242 4242 4242 4241").await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(again.says("href=\"#cc-number\"") && again.says("id=\"cc-number-error\""));
    assert!(!again.says("4241") && !again.says("\"Grace\""));
    assert_eq!(shop.reserved("mug/0"), 0);
}

#[tokio::test]
async fn stock_and_quantities_are_honest() {
    let shop = Shop::open().await;
    let mut guest = shop.guest();
    let fewer = guest.add("mug/0", "4").await;
    assert_eq!(fewer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(fewer.says("Only 3 of Mug") && fewer.says("value=\"4\""));
    assert!(guest.add("lamp/0", "1").await.says("Lamp is sold out"));
    assert!(guest.add("mug/0", "0").await.says("write a number from 1 to 99"));
    assert_eq!(guest.add("nothing", "1").await.status, StatusCode::NOT_FOUND);
    guest.add("mug/0", "3").await;
    shop.sell(product("mug", "Mug", &[1790, 1990]), 2).await;
    let cart = guest.get("/cart").await;
    assert!(cart.says("Only 2 left") && cart.says("cannot be bought as they stand"));
    assert_eq!(guest.get("/checkout/contact").await.location(), "/cart");
    shop.sell(product("mug", "Mug", &[1790, 1990]), 9).await;
    assert!(guest.get("/cart").await.says("changed from EUR 16.90 to EUR 17.90"));
}

#[tokio::test]
async fn a_cart_that_was_changed_elsewhere_is_shown_and_not_overwritten() {
    let shop = Shop::open().await;
    let mut guest = shop.guest();
    guest.add("mug/0", "1").await;
    let old = guest.get("/cart").await;
    guest.add("mug/1", "1").await;
    let (csrf, version) = (old.value("csrf"), old.value("version"));
    let change = [("csrf", csrf.as_str()), ("version", &version), ("q.mug/0", "3")];
    let answer = guest.post("/cart/update", &change).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.says("changed in another window"));
    let now = guest.get("/cart").await.value("version");
    let wrong = [("csrf", csrf.as_str()), ("version", &now), ("q.mug/0", "many")];
    let answer = guest.post("/cart/update", &wrong).await;
    assert!(answer.says("href=\"#q.mug/0\"") && answer.says("value=\"many\""));
    let on = [("csrf", csrf.as_str()), ("version", &now), ("q.mug/0", "2"), ("then", "checkout")];
    assert_eq!(guest.post("/cart/update", &on).await.location(), "/checkout/contact");
    let gone = [
        ("csrf", csrf.as_str()),
        ("version", &guest.get("/cart").await.value("version")),
        ("remove", "mug/0"),
    ];
    guest.post("/cart/update", &gone).await;
    assert!(!guest.get("/cart").await.says("q.mug/0"));
}

#[tokio::test]
async fn a_price_that_changed_under_the_form_is_not_charged() {
    let shop = Shop::open().await;
    let mut guest = shop.guest();
    guest.add("mug/0", "1").await;
    let page = guest.walk_to_payment().await;
    shop.sell(product("mug", "Mug", &[1790, 1990]), 3).await;
    let answer = guest.pay(&page, TAKEN).await;
    assert!(answer.says("The total is EUR 30.80 now") && answer.says("Nothing was charged"));
    assert!(guest.pay(&answer, TAKEN).await.location().starts_with("/order/"));
}

#[tokio::test]
async fn a_form_without_a_card_is_told_of_the_new_way_to_pay_and_not_of_empty_fields() {
    let shop = Shop::open().await;
    let mut guest = shop.guest();
    guest.add("mug/0", "1").await;
    let page = guest.walk_to_payment().await;
    let hidden = ["csrf", "nonce", "cart_version", "agreed"].map(|name| (name, page.value(name)));
    let fields: Vec<_> = hidden.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let answer = guest.post("/checkout/pay", &fields).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.says("The way to pay in this shop was changed") && !answer.says("Enter the card number"));
    assert!(guest.pay(&answer, TAKEN).await.location().starts_with("/order/"));
}

#[tokio::test]
async fn whose_held_money_was_released_reads_that_nothing_was_charged() {
    let shop = Shop::open().await;
    let mut guest = shop.guest();
    guest.add("mug/0", "1").await;
    let page = guest.walk_to_payment().await;
    let at = guest.pay(&page, TAKEN).await.location().to_owned();
    let released = shop.app.store().transact(|tx| {
        let mut order = tx.get(&ORDERS, &1001)?.unwrap();
        order.state = State::Cancelled;
        tx.put(&ORDERS, &1001, &order)
    });
    released.await.unwrap();
    let page = guest.get(&at).await;
    assert!(page.says("held on your card is released") && !page.says("before it was paid"), "{}", page.body);
}

#[tokio::test]
async fn while_the_bank_is_silent_the_page_waits_and_nobody_pays_twice() {
    let shop = Shop::open().await;
    let mut guest = shop.guest();
    guest.add("mug/0", "1").await;
    let page = guest.walk_to_payment().await;
    // The shopper closes the page before the bank answers: the payment goes on without it.
    let closed = tokio::time::timeout(Duration::from_millis(500), guest.pay(&page, "4000 0000 0000 4087"));
    assert!(closed.await.is_err());
    let sent = guest.get("/checkout/pay").await;
    let waiting = guest.get(sent.location()).await;
    assert!(waiting.says("http-equiv=\"refresh\"") && waiting.says("Do not pay again"));
    assert_guarded("waiting", &waiting);
    shop.clock.step(SignedDuration::from_mins(3));
    crate::action::reconcile(&shop.app).await.unwrap();
    assert!(guest.get(sent.location()).await.says("Thank you for your order"));
    // The cookie stayed, for the page did not know; a new cart under it is a new order all the same.
    guest.add("mug/0", "1").await;
    let page = guest.walk_to_payment().await;
    let second = guest.pay(&page, TAKEN).await;
    assert!(second.location().starts_with("/order/") && second.location() != sent.location());
}

#[tokio::test]
async fn a_cart_is_forgotten_after_thirty_days_with_the_address_that_was_typed() {
    let shop = Shop::open().await;
    let mut guest = shop.guest();
    guest.add("mug/0", "1").await;
    guest.walk_to_payment().await;
    shop.clock.step(CARTS_REST);
    assert_eq!(forget_carts(&shop.app).await, Ok(0));
    shop.clock.step(SignedDuration::from_secs(1));
    assert_eq!(forget_carts(&shop.app).await, Ok(1));
    let cart = guest.cookies["__Host-cart"].parse().unwrap();
    assert_eq!(shop.app.store().read(|view| view.get(&CHECKOUTS, &cart)), Ok::<_, StoreError>(None));
    assert!(guest.get("/cart").await.says("Your cart is empty"));
}

#[tokio::test]
async fn what_was_typed_stays_after_an_error_but_never_a_card() {
    let shop = Shop::open().await;
    let mut guest = shop.guest();
    guest.add("mug/0", "1").await;
    let csrf = guest.get("/checkout/contact").await.value("csrf");
    let typed = [("csrf", csrf.as_str()), ("email", "grace@"), ("name", TAKEN), ("city", "Bärlin")];
    let answer = guest.post("/checkout/contact", &typed).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.says("value=\"grace@\"") && answer.says("value=\"Bärlin\""));
    assert!(answer.says("This looks like a card number") && !answer.says("4242"));
    for id in ["email", "name", "street", "postal_code", "country"] {
        assert!(answer.says(&format!("href=\"#{id}\"")), "{id}");
    }
    assert!(!answer.says("href=\"#extra\"") && !answer.says("href=\"#city\""));
}

#[tokio::test]
async fn a_full_page_of_long_names_stays_under_30_kb() {
    let shop = Shop::open().await;
    for n in 0..30 {
        let title = format!("{n} {}", "Ö".repeat(110));
        shop.sell(product(&format!("p-{n}-{}", "x".repeat(45)), &title, &[1000, 2000]), 5).await;
    }
    for path in ["/", "/category/home-kitchen", "/category/home-kitchen?page=2", "/search?q=%C3%96"] {
        let answer = shop.guest().get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert_guarded(path, &answer);
    }
}
