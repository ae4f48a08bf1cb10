//! People: a shopper who buys, an administrator who runs the shop.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;

use super::browser::Form;
use super::{Browser, Page, Shop};

pub const PASSWORD: &str = "a quiet meadow with eleven cows";
pub const EMAIL: &str = "ada@example.com";
/// Who founds the shop, in an `appliance.toml`: whoever has that address, and an officer.
const FOUNDERS: &str = include_str!("../../demo/founders.toml");

/// An `appliance.toml` in `folder` that points a development machine at one server in the place of each vendor.
pub fn appliance(folder: &std::path::Path, root_pem: &str, endpoint: &str) -> String {
    let file = folder.join("appliance.toml");
    let text = format!(
        r#"version = 1
hostname = "test-shop"
[network]
dhcp = true
[access]
admin_ranges = [{{ cidr = "127.0.0.1/32", name = "this machine" }}]
[shop]
name = "Meadow & Mill"
demo = true
{FOUNDERS}[dev]
gateway_root = """
{root_pem}"""
stripe_endpoint = "{endpoint}"
authorize_net_endpoint = "{endpoint}"
adyen_endpoint = "{endpoint}"
"#
    );
    std::fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

/// Lets everybody try to pay as often as they like at a machine with this provisioning file, which ends in its
/// section `[dev]`. For suites that are about something else and buy, or fail to, in great numbers.
pub fn lift_payment_limits(appliance: &str) {
    let text = std::fs::read_to_string(appliance).unwrap();
    std::fs::write(appliance, format!("{text}unlimited_payments = true\n")).unwrap();
}

/// Somebody who buys.
pub struct Shopper {
    pub browser: Browser,
}

impl Shopper {
    pub fn of(shop: &Shop) -> Self {
        Self::at(shop.storefront())
    }

    pub fn at(storefront: &str) -> Self {
        Self { browser: Browser::new(storefront) }
    }

    /// Puts one of the product into the cart.
    pub async fn add(&mut self, handle: &str) -> Page {
        let page = self.browser.get(&format!("/product/{handle}")).await;
        self.browser.submit(page.form("/cart/add")).await
    }

    /// From the cart to the payment page.
    pub async fn reach_payment(&mut self, name: &str) -> Page {
        let page = self.browser.get("/checkout/contact").await;
        let page = self.browser.submit(contact(&page, name)).await;
        self.browser.submit(page.form("/checkout/delivery").set("shipping", "standard")).await
    }

    /// Pays on the payment page.
    pub async fn pay(&mut self, page: &Page, number: &str, code: &str) -> Page {
        self.browser.submit(card(page, number, code)).await
    }

    /// All of it; returns the page that follows the payment.
    pub async fn buy(&mut self, handle: &str, number: &str, code: &str) -> Page {
        self.add(handle).await;
        let page = self.reach_payment("Grace Hopper").await;
        self.pay(&page, number, code).await
    }
}

/// The contact form of `page`, filled in.
pub fn contact(page: &Page, name: &str) -> Form {
    page.form("/checkout/contact")
        .set("email", "grace@example.com")
        .set("name", name)
        .set("street", "Mill Lane 7")
        .set("postal_code", "10115")
        .set("city", "Berlin")
        .set("country", "DE")
}

/// Whether an order's page says that it is paid.
pub fn is_paid(page: &Page) -> bool {
    page.says("Thank you")
}

/// Sends the calls for these vendors elsewhere: fields of the section `[dev]`, and their new values.
pub fn point(appliance: &str, endpoints: &[(&str, String)]) {
    let text = std::fs::read_to_string(appliance).unwrap();
    let lines = text.lines().map(|line| {
        let moved = endpoints.iter().find(|(name, _)| line.starts_with(&format!("{name} = ")));
        moved.map_or_else(|| line.to_owned(), |(name, endpoint)| format!("{name} = \"{endpoint}\""))
    });
    let lines: Vec<_> = lines.collect();
    std::fs::write(appliance, lines.join("\n") + "\n").unwrap();
}

/// The payment form of `page`, filled in.
pub fn card(page: &Page, number: &str, code: &str) -> Form {
    page.form("/checkout/pay")
        .set("cc-name", "Grace Hopper")
        .set("cc-number", number)
        .set("cc-exp", "12/39")
        .set("cc-csc", code)
}

/// What the administrators of this process' shops prove themselves with, by the shop's folder.
static SECONDS: Mutex<BTreeMap<PathBuf, Second>> = Mutex::new(BTreeMap::new());

/// An authenticator app, and the recovery codes that were not used yet.
#[derive(Clone, Default)]
pub struct Second {
    seed: String,
    /// The half minute whose code was used last: each is taken once.
    used: u64,
    pub recovery: Vec<String>,
}

impl Second {
    /// The app that scans the picture of this page.
    pub fn scan(page: &Page) -> Self {
        let text = String::from_utf8_lossy(&page.body).into_owned();
        let seed = text.split_once("id=\"seed\" translate=\"no\">");
        let seed = seed.unwrap_or_else(|| panic!("no secret for apps is shown: {}", page.words())).1;
        let seed = seed.split('<').next().unwrap().replace(' ', "");
        Self { seed, ..Self::default() }
    }

    /// The app that was told this seed, in base 32.
    pub fn of_seed(seed: &str) -> Self {
        Self { seed: seed.to_owned(), ..Self::default() }
    }

    /// A code that was not used yet: the app's, or a recovery code rather than to wait for the app's next one.
    pub fn code(&mut self) -> String {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        if now / 30 <= self.used {
            return self.recovery.pop().expect("a recovery code that is left");
        }
        self.used = now / 30;
        let seed = totp_rs::Secret::try_from_base32(&self.seed).unwrap();
        totp_rs::Builder::new().with_secret(seed).build().unwrap().generate(now).to_string()
    }

    /// Reads the recovery codes of the page that shows them.
    pub fn note(&mut self, page: &Page) {
        let text = String::from_utf8_lossy(&page.body).into_owned();
        let items = text.split("<li>").skip(1).map(|rest| rest.split('<').next().unwrap().to_owned());
        self.recovery = items.collect();
        assert_eq!(self.recovery.len(), 10, "recovery codes: {}", page.words());
    }
}

/// Somebody who runs the shop.
pub struct Admin {
    pub browser: Browser,
    pub second: Second,
}

impl Admin {
    /// Sets the shop up with its one-time code, and an authenticator app; signed in afterwards.
    pub async fn set_up(shop: &Shop) -> Self {
        let admin = Self::set_up_at(shop.console(), shop.setup_code()).await.0;
        SECONDS.lock().unwrap().insert(shop.folder().to_owned(), admin.second.clone());
        admin
    }

    /// The same, of any shop; with the page that follows, on which an appliance shows its recovery key.
    pub async fn set_up_at(console: &str, code: &str) -> (Self, Page) {
        let mut browser = Browser::new(console);
        let page = browser.get("/setup").await;
        let page = browser.submit(page.form("/setup").set("code", code)).await;
        let form = page.forms().into_iter().find(|form| form.value("password").is_some());
        let form = form.unwrap_or_else(|| panic!("no password is asked for: {}", page.words()));
        let form = form.set("email", EMAIL).set("password", PASSWORD).set("password_again", PASSWORD);
        let page = browser.submit(form).await;
        assert!(page.status.is_success(), "{} {}", page.status, page.words());
        let mut second = Second::scan(&page);
        let page = browser.submit(page.form("/enrol/app").set("code", &second.code())).await;
        assert!(page.status.is_success(), "{} {}", page.status, page.words());
        second.note(&page);
        let page = browser.get("/setup/recovery-key").await;
        (Self { browser, second }, page)
    }

    /// Signs in to a shop that this process has set up.
    pub async fn of(shop: &Shop) -> Self {
        let second = SECONDS.lock().unwrap().get(shop.folder()).cloned();
        let second = second.expect("a shop that was set up here");
        let mut admin = Self { browser: Browser::new(shop.console()), second };
        admin.sign_in().await;
        SECONDS.lock().unwrap().insert(shop.folder().to_owned(), admin.second.clone());
        admin
    }

    async fn sign_in(&mut self) {
        let page = self.browser.get("/sign-in").await;
        let form = page.form("/sign-in").set("email", EMAIL).set("password", PASSWORD);
        let page = self.browser.submit(form.set("code", &self.second.code())).await;
        assert!(!page.at.starts_with("/sign-in"), "not signed in: {}", page.words());
    }

    /// A page of the console; the second factor is proved again if the page asks for it.
    pub async fn open(&mut self, path: &str) -> Page {
        let page = self.browser.get(path).await;
        if !page.at.starts_with("/step-up") {
            return page;
        }
        let form = page.form("/step-up").set("code", &self.second.code());
        self.browser.submit(form).await
    }

    /// Makes it `count` of each of the product's variants.
    pub async fn restock(&mut self, handle: &str, count: u32) {
        let at = format!("/products/{handle}");
        let mut form = self.browser.get(&at).await.form(&at);
        for (name, value) in &mut form.fields {
            if name.starts_with("stock") {
                *value = count.to_string();
            }
        }
        let page = self.browser.submit(form).await;
        assert!(page.status.is_success(), "{} {}", page.status, page.words());
    }

    /// Lets Stripe take the cards.
    pub async fn use_stripe(&mut self, key: &str) {
        self.use_gateway("stripe", &[("stripe_key", key)]).await;
    }

    /// Lets the gateway called `name` take the payments, with these fields of its account.
    pub async fn use_gateway(&mut self, name: &str, fields: &[(&str, &str)]) {
        let page = self.choose_gateway(name, fields).await;
        assert!(page.status.is_success(), "{} {}", page.status, page.words());
    }

    /// The same; the page that follows, which may say no.
    pub async fn choose_gateway(&mut self, name: &str, fields: &[(&str, &str)]) -> Page {
        let page = self.open("/settings/gateway").await;
        let mut form = page.form("/settings/gateway").set("gateway", name);
        for (field, value) in fields {
            form = form.set(field, value);
        }
        self.browser.submit(form).await
    }

    /// The orders list.
    pub async fn orders(&mut self) -> Page {
        self.browser.get("/orders").await
    }
}
