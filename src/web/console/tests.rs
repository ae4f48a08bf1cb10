//! The console through its router: who gets in, what forms need, what pages never show.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use axum::http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use jiff::SignedDuration;
use tower::ServiceExt;

use super::*;
use crate::action::fixture::{EMAIL, Fixture, PASSWORD, RECOVERY_KEY_TEXT};
use crate::action::{issue_setup_code, load_demo};
use crate::base::Money;
use crate::operator::{GatewayChoice, Vendor};
use crate::order::{Address, LineItem, ORDERS, Order, PaidWith, ShippingMethod, State};

/// A browser that keeps one cookie.
pub(super) struct Browser {
    pub(super) host: &'static str,
    router: Router,
    peer: &'static str,
    cookie: Option<String>,
}

pub(super) struct Page {
    pub(super) status: StatusCode,
    pub(super) location: String,
    pub headers: axum::http::HeaderMap,
    pub(super) text: String,
}

impl Page {
    /// The token of the page's last form.
    pub fn token(&self) -> String {
        let rest = self.text.rsplit_once("name=\"csrf\" value=\"").expect("a form").1;
        rest.split('"').next().unwrap().to_owned()
    }
}

impl Browser {
    pub(super) fn of(fixture: &Fixture) -> Self {
        let site = Site::new(Arc::clone(fixture.app())).unwrap();
        let router = router(site, Arc::clone(&fixture.office));
        Self { host: "10.0.2.15:9443", router, peer: "10.0.2.2:50000", cookie: None }
    }

    async fn send(&mut self, request: axum::http::request::Builder, body: Body) -> Page {
        let mut request = request.header("host", self.host);
        if let Some(cookie) = &self.cookie {
            request = request.header(COOKIE, format!("__Host-session={cookie}"));
        }
        let peer = Peer(self.peer.parse().unwrap());
        let request = request.extension(peer).body(body).unwrap();
        let response: Response<Body> = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        if let Some(set) = parts.headers.get(SET_COOKIE) {
            let set = set.to_str().unwrap();
            assert!(
                set.starts_with("__Host-session=")
                    && set.contains("; Path=/; Secure; HttpOnly; SameSite=Strict")
            );
            let value = set["__Host-session=".len()..].split(';').next().unwrap().to_owned();
            self.cookie = Some(value).filter(|value| !value.is_empty());
        }
        let location =
            parts.headers.get(LOCATION).map(|to| to.to_str().unwrap().to_owned()).unwrap_or_default();
        let text = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
        Page { status: parts.status, location, headers: parts.headers, text }
    }

    pub(super) async fn get(&mut self, path: &str) -> Page {
        self.send(Request::get(path), Body::empty()).await
    }

    pub async fn post(&mut self, path: &str, body: &str) -> Page {
        let request = Request::post(path).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request, Body::from(body.to_owned())).await
    }

    /// Sends a form of the page `from`.
    pub(super) async fn submit(&mut self, from: &str, to: &str, fields: &str) -> Page {
        let token = self.get(from).await.token();
        self.post(to, &format!("csrf={token}&{fields}")).await
    }

    async fn upload(&mut self, file: &str) -> Page {
        let token = self.get("/products/import").await.token();
        let body = format!(
            "--x\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{token}\r\n--x\r\nContent-Disposition: \
             form-data; name=\"file\"; filename=\"p.csv\"\r\n\r\n{file}\r\n--x\r\nContent-Disposition: form-data; \
             name=\"pictures\"; filename=\"\"\r\n\r\n\r\n--x--\r\n"
        );
        let request =
            Request::post("/products/import").header(CONTENT_TYPE, "multipart/form-data; boundary=x");
        self.send(request, Body::from(body)).await
    }

    pub(super) fn set_session(&mut self, session: crate::base::Token) {
        self.cookie = Some(session.to_string());
    }

    /// Adds an app on the page that is all there is before; the page with recovery codes.
    pub(super) async fn enrol(&mut self, fixture: &Fixture) -> Page {
        let page = self.get("/enrol").await;
        let (token, code) = (page.token(), code_of(&page, fixture));
        self.post("/enrol/app", &format!("csrf={token}&code={code}")).await
    }

    pub async fn sign_in(&mut self, password: &str, code: &str) -> Page {
        let fields = format!("email={EMAIL}&password={}&code={code}", password.replace(' ', "+"));
        self.submit("/sign-in", "/sign-in", &fields).await
    }
}

/// The code that an app with this page's secret shows at the fixture's time.
pub(super) fn code_of(page: &Page, fixture: &Fixture) -> String {
    let seed = page.text.split_once("id=\"seed\" translate=\"no\">").expect("a secret for apps").1;
    let seed = seed.split('<').next().unwrap().replace(' ', "");
    let seed = totp_rs::Secret::try_from_base32(seed).unwrap();
    let now = u64::try_from(fixture.app().clock().now().as_second()).unwrap();
    totp_rs::Builder::new().with_secret(seed).build().unwrap().generate(now).to_string()
}

pub(super) const PAGES: [&str; 13] = [
    "/",
    "/orders",
    "/orders?state=paid",
    "/products",
    "/products?q=mug",
    "/products/stoneware-mug",
    "/products/import",
    "/settings/gateway",
    "/settings/certificate",
    "/settings/ranges",
    "/go-live",
    "/alarms",
    "/audit",
];

pub(super) async fn signed_in() -> (Fixture, Browser) {
    let (fixture, _) = Fixture::open(false).await;
    load_demo(fixture.app(), &Fixture::demo_folder()).await.unwrap();
    let mut browser = Browser::of(&fixture);
    assert_eq!(browser.sign_in(PASSWORD, &fixture.second()).await.location, "/");
    // A recovery code stands in for the app's, since the clock stands still; its alarm is not what is looked at.
    fixture.app().store().transact(crate::alarm::forget).await.unwrap();
    (fixture, browser)
}

#[tokio::test]
async fn nobody_outside_the_ranges_gets_a_page_whatever_they_say_of_themselves() {
    let (fixture, _) = Fixture::open(false).await;
    let mut browser = Browser::of(&fixture);
    browser.peer = "192.0.2.7:50000";
    let forged = Request::get("/sign-in")
        .header("x-forwarded-for", "10.0.2.2")
        .header("forwarded", "for=10.0.2.2")
        .header("x-real-ip", "10.0.2.2");
    let page = browser.send(forged, Body::empty()).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert!(page.headers.contains_key("content-security-policy") && !page.text.contains("<form"));
    let no_peer = Request::get("/sign-in").body(Body::empty()).unwrap();
    assert_eq!(browser.router.oneshot(no_peer).await.unwrap().status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_new_shop_is_set_up_with_the_code_and_the_recovery_key_follows() {
    let fixture = Fixture::new(true).await;
    let mut browser = Browser::of(&fixture);
    for path in PAGES {
        assert_eq!(browser.get(path).await.location, "/setup", "{path}");
    }
    let code = issue_setup_code(fixture.app(), true).await.unwrap().unwrap().code;
    let page = browser.submit("/setup", "/setup", "code=AAAA-AAAA-AAAA").await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!page.text.contains("name=\"password\""), "nothing before the code");
    let before = browser.cookie.clone();
    assert_eq!(browser.submit("/setup", "/setup", &format!("code={code}")).await.location, "/setup");
    assert_ne!(browser.cookie, before, "a fresh cookie for who typed the code");
    let page = browser.get("/setup").await;
    assert!(page.text.contains("value=\"Meadow &#38; Mill\"") && page.text.contains(EMAIL), "{}", page.text);
    let fields = |password: &str, again: &str| {
        let (password, again) = (password.replace(' ', "+"), again.replace(' ', "+"));
        format!(
            "shop=Meadow&contact=hello%40meadow.example&name=Ada+Osei&email={EMAIL}&password={password}&password_again={again}"
        )
    };
    let page = browser.submit("/setup", "/setup/shop", &fields("too short", "")).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.text.contains("at least 15 characters") && !page.text.contains("too short\""));
    let page = browser.submit("/setup", "/setup/shop", &fields(PASSWORD, "another one altogether")).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!page.text.contains(PASSWORD));
    let before = browser.cookie.clone();
    let page = browser.submit("/setup", "/setup/shop", &fields(PASSWORD, PASSWORD)).await;
    assert_eq!(page.location, "/enrol");
    assert_ne!(browser.cookie, before, "a session of its own");
    for path in PAGES.iter().chain(&["/setup/recovery-key", "/security", "/step-up"]) {
        assert_eq!(
            browser.get(path).await.location,
            "/enrol",
            "{path}: nothing opens before a second factor"
        );
    }
    let before = browser.cookie.clone();
    let page = browser.enrol(&fixture).await;
    assert_ne!(browser.cookie, before, "a proof renews the session");
    assert_eq!(page.text.matches("<li>").count(), 10, "recovery codes");
    assert!(page.text.contains("href=\"/setup/recovery-key\""));
    let page = browser.get("/setup/recovery-key").await;
    assert!(page.text.contains(RECOVERY_KEY_TEXT));
    let shown =
        page.text.split("name=\"shown\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let confirm = format!("shown={shown}");
    let page = browser.submit("/setup/recovery-key", "/setup/recovery-key", &confirm).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "the box is not ticked");
    let confirm = format!("{confirm}&written=yes");
    let page = browser.submit("/setup/recovery-key", "/setup/recovery-key", &confirm).await;
    assert_eq!(page.location, "/");
    assert_eq!(browser.get("/setup/recovery-key").await.location, "/", "never again");
    assert_eq!(browser.get("/").await.status, StatusCode::OK);
    assert_eq!(Browser::of(&fixture).get("/setup").await.location, "/sign-in", "set-up is over");
}

#[tokio::test]
async fn a_session_starts_afresh_at_sign_in_and_ends_at_sign_out_and_after_rest() {
    let (fixture, _) = Fixture::open(false).await;
    let mut browser = Browser::of(&fixture);
    let page = browser.sign_in("wrong", "").await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(browser.get("/").await.location, "/sign-in");
    let visitor = browser.cookie.clone();
    assert_eq!(browser.sign_in(PASSWORD, &fixture.second()).await.location, "/");
    assert!(browser.cookie.is_some() && browser.cookie != visitor);
    assert_eq!(browser.get("/").await.status, StatusCode::OK);
    let session = browser.cookie.clone();
    let left = browser.submit("/", "/sign-out", "").await;
    assert_eq!(left.location, "/sign-in");
    assert_eq!(left.headers["clear-site-data"], "\"cache\", \"storage\"", "nothing stays in the browser");
    assert_eq!(browser.cookie, None);
    browser.cookie = session;
    assert_eq!(browser.get("/").await.location, "/sign-in", "the old cookie opens nothing");
    browser.cookie = None;
    browser.sign_in(PASSWORD, &fixture.second()).await;
    fixture.wait(SignedDuration::from_mins(15));
    assert_eq!(browser.get("/").await.location, "/sign-in");
}

#[tokio::test]
async fn every_post_needs_the_token_of_its_own_cookie() {
    let (fixture, mut browser) = signed_in().await;
    let other = {
        let mut other = Browser::of(&fixture);
        other.sign_in(PASSWORD, &fixture.second()).await;
        other.get("/").await.token()
    };
    for path in [
        "/sign-out",
        "/alarms/1/acknowledge",
        "/products/stoneware-mug",
        "/settings/gateway",
        "/settings/certificate",
        "/settings/certificate/request",
        "/go-live",
        "/setup/recovery-key",
        "/setup",
        "/setup/shop",
        "/sign-in",
    ] {
        assert_eq!(browser.post(path, "gateway=test").await.status, StatusCode::FORBIDDEN, "{path}");
        let page = browser.post(path, &format!("csrf={other}&gateway=test")).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{path}");
    }
    let token = browser.get("/").await.token();
    let request = Request::post("/sign-out")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header("origin", "https://evil.example");
    let page = browser.send(request, Body::from(format!("csrf={token}"))).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    let request = Request::post("/products/import").header(CONTENT_TYPE, "multipart/form-data; boundary=x");
    let body =
        "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"p.csv\"\r\n\r\na\r\n--x--\r\n";
    assert_eq!(browser.send(request, Body::from(body)).await.status, StatusCode::FORBIDDEN);
    assert_eq!(browser.get("/").await.status, StatusCode::OK, "still signed in");
}

#[tokio::test]
async fn every_page_is_drawn_without_script_and_under_strict_headers() {
    let (_fixture, mut browser) = signed_in().await;
    for path in PAGES {
        let page = browser.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        assert!(!page.text.contains("<script") && !page.text.contains(" style="), "{path}");
        assert!(page.text.len() < 60_000, "{path}: {} bytes", page.text.len());
        assert_eq!(page.headers["cache-control"], "no-store", "{path}");
        assert!(page.headers["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
        assert!(page.headers.contains_key("strict-transport-security"), "{path}");
    }
    for path in ["/nothing", "/orders/1", "/orders/x", "/products/nothing"] {
        let page = browser.get(path).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
        assert!(page.text.contains("<h1>Page not found</h1>"), "{path}");
    }
}

#[tokio::test]
async fn a_stripe_key_goes_in_and_never_comes_out() {
    let (_fixture, mut browser) = signed_in().await;
    let wrong = "gateway=stripe&stripe_key=hello-my-secret";
    let page = browser.submit("/settings/gateway", "/settings/gateway", wrong).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!page.text.contains("hello-my-secret"), "not even a wrong one");
    let key = "sk_live_0123456789abcdef";
    let form = format!("gateway=stripe&stripe_key={key}");
    let page = browser.submit("/settings/gateway", "/settings/gateway", &form).await;
    assert_eq!(page.location, "/settings/gateway?saved");
    let page = browser.get("/settings/gateway").await;
    assert!(page.text.contains("A key for live payments was set on 2026-11-18"), "{}", page.text);
    for path in PAGES {
        assert!(!browser.get(path).await.text.contains("0123456789abcdef"), "{path}");
    }
}

#[tokio::test]
async fn every_gateway_is_offered_with_its_fields_its_notices_and_its_questionnaire() {
    let (_fixture, mut browser) = signed_in().await;
    let page = browser.get("/settings/gateway").await;
    for choice in GatewayChoice::ALL {
        assert!(page.text.contains(&format!("name=\"gateway\" value=\"{}\"", choice.name())), "{choice:?}");
    }
    for vendor in Vendor::ALL {
        assert!(page.text.contains(&format!("https://10.0.2.15/webhooks/{}<", vendor.door())), "{vendor:?}");
        for field in vendor.fields() {
            assert!(page.text.contains(&format!("name=\"{}\"", field.name())), "{field:?}");
        }
    }
    assert!(
        page.text.contains("SAQ A") && page.text.contains("SAQ D") && page.text.contains("raw card data")
    );
    assert!(page.text.contains("value=\"automatic\" checked"));
    let form = "gateway=stripe-hosted&stripe_key=sk_test_0123456789&capture=manual";
    let page = browser.submit("/settings/gateway", "/settings/gateway", form).await;
    assert_eq!(page.location, "/settings/gateway?saved");
    let page = browser.get("/settings/gateway").await;
    assert!(
        page.text.contains("value=\"stripe-hosted\" checked")
            && page.text.contains("value=\"manual\" checked")
    );
    assert!(page.text.contains("A key for test payments was set on 2026-11-18"), "{}", page.text);
    let page = browser.get("/").await;
    assert!(page.text.contains("Stripe, on Stripe&#39;s own page"), "{}", page.text);
}

#[tokio::test]
async fn a_mistake_in_an_account_is_named_at_its_field_and_only_secrets_are_typed_again() {
    let (_fixture, mut browser) = signed_in().await;
    let secret = "AQE1hmfxK0123456789-secret";
    let form = format!("gateway=adyen&adyen_merchant=Meadow+ECOM&adyen_prefix=live-1&adyen_key={secret}");
    let page = browser.submit("/settings/gateway", "/settings/gateway", &form).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    for field in ["adyen_merchant", "adyen_notices"] {
        assert!(page.text.contains(&format!("href=\"#{field}\"")), "{field}");
        assert!(page.text.contains(&format!("id=\"{field}-error\"")), "{field}");
    }
    assert!(page.text.contains("value=\"Meadow ECOM\"") && page.text.contains("value=\"live-1\""));
    assert!(page.text.contains("value=\"adyen\" checked") && !page.text.contains(secret));
    let page = browser.submit("/settings/gateway", "/settings/gateway", "gateway=authorize-net").await;
    assert!(page.text.contains("href=\"#authorize_net_environment\""), "{}", page.text);
    let page = browser.submit("/settings/gateway", "/settings/gateway", "gateway=paypal").await;
    assert!(page.status == StatusCode::UNPROCESSABLE_ENTITY && page.text.contains("href=\"#gateway\""));
}

#[tokio::test]
async fn a_file_is_taken_or_its_mistakes_are_listed() {
    let (fixture, mut browser) = signed_in().await;
    let header = "Handle,Title,Category,Variant SKU,Variant Price,Vendor\n";
    let page = browser.upload(&format!("{header}cup,Cup,Kitchen,CUP,free,x\n")).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.text.contains("The file has 1 mistake") && page.text.contains("Variant Price"));
    assert!(fixture.catalog().product("cup").is_none());
    let page = browser.upload(&format!("{header}cup,<b>Cup</b>,Kitchen,CUP,9.50,x\n")).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("1 new and 0 replaced products") && page.text.contains("ignored: Vendor"));
    assert!(!fixture.catalog().product("cup").unwrap().demo);
    assert!(!browser.get("/products/cup").await.text.contains("<b>"), "titles are text");
    let page = browser.upload("").await;
    assert!(page.text.contains("Choose a CSV file"));
}

#[tokio::test]
async fn price_and_stock_are_edited_where_they_are_shown() {
    let (fixture, mut browser) = signed_in().await;
    let fields = "status=draft&price.MM-MUG-OAT-250=17.50&stock.MM-MUG-OAT-250=50&was.MM-MUG-OAT-250=48";
    let page = browser.submit("/products/stoneware-mug", "/products/stoneware-mug", fields).await;
    assert_eq!(page.location, "/products/stoneware-mug?saved");
    assert_eq!(fixture.stock("MM-MUG-OAT-250").unwrap().on_hand, 50);
    let wrong = fields.replace("17.50", "a+lot");
    let page = browser.submit("/products/stoneware-mug", "/products/stoneware-mug", &wrong).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.text.contains("value=\"a lot\"") && page.text.contains("href=\"#price.MM-MUG-OAT-250\""));
}

#[tokio::test]
async fn going_live_takes_the_typed_name_and_the_page_stays_closed_afterwards() {
    let (fixture, mut browser) = signed_in().await;
    let page = browser.get("/go-live").await;
    assert!(page.text.contains("Connect a payment gateway") && !page.text.contains("Go live for good"));
    let stripe = "gateway=stripe&stripe_key=sk_live_0123456789abcdef";
    browser.submit("/settings/gateway", "/settings/gateway", stripe).await;
    let page = browser.submit("/go-live", "/go-live", "shop=Another").await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    let page = browser.submit("/go-live", "/go-live", "shop=Meadow+%26+Mill").await;
    assert_eq!(page.location, "/go-live");
    assert!(browser.get("/go-live").await.text.contains("The shop is live since 2026-11-18"));
    assert!(fixture.catalog().all().is_empty());
    let page = browser.submit("/settings/gateway", "/settings/gateway", "gateway=test").await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!browser.get("/settings/gateway").await.text.contains("value=\"test\""));
}

#[tokio::test]
async fn the_ranges_page_marks_where_the_caller_is() {
    let (_fixture, mut browser) = signed_in().await;
    let page = browser.get("/settings/ranges").await;
    assert!(page.text.contains("10.0.2.0/24") && page.text.contains("You, from 10.0.2.2"));
}

fn order(number: u64, state: State) -> Order {
    let money = |minor| Money::new(minor, crate::base::Currency::Eur);
    fn line<const MOST: usize>(text: &str) -> crate::base::Line<MOST> {
        crate::base::Line::new(text).unwrap()
    }
    let email = crate::base::Email::new("grace@example.com").unwrap();
    let at = jiff::Timestamp::from_second(1_795_000_000).unwrap();
    let paid = (state == State::Paid).then(|| PaidWith {
        attempt: 1,
        brand: "Visa".to_owned(),
        last_four: "4242".to_owned(),
        gateway: "test".to_owned(),
        reference: "test_1".to_owned(),
        at,
    });
    let item = LineItem {
        sku: line("CUP"),
        title: line("Cup & saucer"),
        options: String::new(),
        handle: "cup".to_owned(),
        picture: None,
        quantity: 2,
        unit_price: money(950),
        total: money(1900),
    };
    let address = Address {
        name: line("<i>Grace</i>"),
        street: line("Mill Lane 7"),
        extra: None,
        postal_code: line("10115"),
        city: line("Berlin"),
        country: crate::order::Country::from_code("DE").unwrap(),
    };
    let shipping = ShippingMethod {
        code: line("standard"),
        name: line("Standard"),
        estimate: line("soon"),
        price: money(490),
    };
    let totals = crate::order::Totals::of([money(1900)], money(490), 190).unwrap();
    let token = crate::base::Token::from_bytes([9; 16]);
    let lines = vec![item];
    let test = false;
    Order {
        number,
        link: token,
        cart: (token, 1),
        placed: at,
        state,
        email,
        address,
        shipping,
        lines,
        totals,
        paid,
        test,
    }
}

#[tokio::test]
async fn orders_come_newest_first_page_by_page_and_by_state() {
    let (fixture, mut browser) = signed_in().await;
    let fill = fixture.app().store().transact(|tx| {
        for number in 1001..=1060 {
            let state = if number % 2 == 0 { State::Paid } else { State::Cancelled };
            tx.put(&ORDERS, &number, &order(number, state))?;
        }
        Ok::<_, crate::store::StoreError>(())
    });
    fill.await.unwrap();
    let count = |page: &Page| page.text.matches("href=\"/orders/10").count();
    let mut seen = Vec::new();
    let mut path = "/orders?state=paid".to_owned();
    loop {
        let page = browser.get(&path).await;
        seen.push(count(&page));
        assert!(!page.text.contains(">1001<"), "cancelled");
        let Some(next) = page.text.split("href=\"/orders?state=paid&#38;before=").nth(1) else { break };
        path = format!("/orders?state=paid&before={}", next.split('"').next().unwrap());
    }
    assert_eq!(seen, [25, 5]);
    let first = browser.get("/orders").await;
    let place = |number: &str| first.text.find(number).unwrap();
    assert!(place(">1060<") < place(">1059<") && count(&first) == 25);
    let page = browser.get("/orders/1060").await;
    assert!(page.text.contains("Visa •••• 4242") && page.text.contains("EUR 23.90"));
    assert!(page.text.contains("&#60;i&#62;Grace") && !page.text.contains("<i>"));
}
