//! A shop with one product on a real store, and a gateway of the tests that outlives it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::super::{App, AppParts};
use super::*;
use crate::base::{Currency, Line, ManualClock, OsRandom, Paragraph, SecretBytes, SeededRandom};
use crate::cart::{CARTS, CHECKOUTS, Cart, Checkout};
use crate::catalog::{Handle, PRODUCTS, Product, STOCK, Status, Stock, Variant};
use crate::operator::{SETTINGS, Settings};
use crate::order::{Address, Country, Email, ORDERS, Order};
use crate::payment::gateway::{
    Asking, Call, Created, Gateway, Heard, Notice, Outcome, Paid, RefundOutcome, TestGateway, Unheard,
    Visitor,
};
use crate::payment::{Attempt, CardShown, Refund};
use crate::store::{RootKey, Span, Store, StoreFile};

pub const GOOD: &str = "4242424242424242";
pub const NO_MONEY: &str = "4000000000009995";
pub const SILENT: &str = "4000000000004087";
pub const PRICE: i64 = 2000;
pub const DELIVERY: i64 = 490;

pub fn line<const N: usize>(text: &str) -> Line<N> {
    Line::new(text).unwrap()
}

pub fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::Eur)
}

pub fn card(number: &str) -> Card {
    Card::parse(number, "12/40", "123", "Ada Osei", "2026-11-23T12:00:00Z".parse().unwrap()).unwrap()
}

/// A shop on a real store: one product, `apron`, at 20.00.
pub struct Bench {
    pub app: Arc<App>,
    pub clock: Arc<ManualClock>,
}

pub async fn open(path: &Path) -> Store {
    loop {
        let root = RootKey::random(&SeededRandom::new(1));
        match StoreFile::open(&path.join("shop.redb")) {
            Ok(file) => break file.start(root, Arc::new(OsRandom)).await.unwrap(),
            // The former life's writer lets go of the file a moment later.
            Err(StoreError::Open { .. }) => tokio::time::sleep(Duration::from_millis(5)).await,
            Err(error) => panic!("{error}"),
        }
    }
}

impl Bench {
    /// Opens what is in `path`; a new shop gets `stock` aprons.
    pub async fn open(path: &Path, stock: u32) -> Self {
        let store = open(path).await;
        let clock = Arc::new(ManualClock::at("2026-11-23T12:00:00Z".parse().unwrap()));
        store
            .transact(move |tx| {
                if tx.get(&SETTINGS, &0)?.is_some() {
                    return Ok(());
                }
                let contact = Email::new("shop@example.com").unwrap();
                tx.put(&SETTINGS, &0, &Settings::new(line("Meadow & Mill"), contact, true).unwrap())?;
                tx.put(&PRODUCTS, &"apron".to_owned(), &apron(PRICE))?;
                tx.put(&STOCK, &"apron".to_owned(), &Stock { on_hand: stock, reserved: 0 })
            })
            .await
            .unwrap();
        let parts = AppParts {
            store,
            clock: Arc::<ManualClock>::clone(&clock),
            random: Arc::new(OsRandom),
            web_key: SecretBytes::new(vec![7; 32]),
            dev: true,
        };
        let app = App::new(parts).unwrap();
        app.use_gateway(Some(Arc::new(TestGateway::new(app.store().clone()))));
        Self { app, clock }
    }

    /// A cart with so many aprons and all details, at version 1.
    pub async fn cart(&self, aprons: u32) -> Token {
        let token = Token::random(self.app.random());
        let now = self.app.clock().now();
        self.app
            .store()
            .transact(move |tx| {
                let mut cart = Cart::new(now);
                cart.add(&line("apron"), aprons, now).unwrap();
                tx.put(&CARTS, &token, &cart)?;
                tx.put(&CHECKOUTS, &token, &details("standard"))
            })
            .await
            .unwrap();
        token
    }

    pub fn form(&self, cart: Token, aprons: i64, number: &str) -> PlaceOrder {
        PlaceOrder {
            cart,
            cart_version: 1,
            agreed: eur(PRICE * aprons + DELIVERY),
            nonce: Token::random(self.app.random()),
            means: Means::Card(card(number)),
            browser: Browser {
                origin: "https://shop.example".to_owned(),
                address: "192.0.2.1".parse().unwrap(),
                user_agent: "a browser".to_owned(),
                accept: "text/html".to_owned(),
            },
        }
    }

    pub async fn pay(&self, cart: Token, number: &str) -> Result<Placed, PlaceError> {
        place_order(&self.app, self.form(cart, 1, number)).await
    }

    /// Pays, and waits until the charge is over and not for its answer.
    pub async fn pay_at_once(&self, cart: Token, number: &str) {
        let (app, form) = (Arc::clone(&self.app), self.form(cart, 1, number));
        let page = tokio::spawn(async move { place_order(&app, form).await });
        while !page.is_finished() && self.app.charging().is_idle() {
            tokio::task::yield_now().await;
        }
        finish_charges(&self.app, Duration::from_secs(60)).await;
        page.abort();
    }

    pub fn stock(&self) -> (u32, u32) {
        let row: Result<_, StoreError> = self.app.store().read(|view| view.get(&STOCK, &"apron".to_owned()));
        let row = row.unwrap().unwrap();
        (row.on_hand, row.reserved)
    }

    pub fn orders(&self) -> Vec<Order> {
        let rows: Result<_, StoreError> = self.app.store().read(|view| view.scan(&ORDERS, &Span::all(99)));
        rows.unwrap().into_iter().map(|(_, order)| order).collect()
    }

    pub fn attempts(&self) -> Vec<Attempt> {
        let rows: Result<_, StoreError> = self.app.store().read(|view| view.scan(&ATTEMPTS, &Span::all(99)));
        rows.unwrap().into_iter().map(|(_, attempt)| attempt).collect()
    }

    pub fn cart_is_there(&self, cart: Token) -> bool {
        let row: Result<_, StoreError> = self.app.store().read(|view| view.get(&CARTS, &cart));
        row.unwrap().is_some()
    }
}

pub fn details(code: &str) -> Checkout {
    let address = Address {
        name: line("Ada Osei"),
        street: line("12 Mill Lane"),
        extra: None,
        postal_code: line("10115"),
        city: line("Berlin"),
        country: Country::from_code("DE").unwrap(),
    };
    Checkout { email: Email::new("ada@example.com").unwrap(), address, shipping_code: line(code) }
}

pub fn apron(price: i64) -> Product {
    Product {
        handle: Handle::new("apron").unwrap(),
        title: line("Linen apron"),
        body: Paragraph::new("").unwrap(),
        category: line("Kitchen"),
        options: Vec::new(),
        variants: vec![Variant {
            sku: line("apron"),
            options: Vec::new(),
            price: eur(price),
            compare_at: None,
            grams: 300,
        }],
        picture: None,
        status: Status::Active,
        demo: false,
    }
}

pub fn link(placed: Placed) -> Token {
    match placed {
        Placed::Paid { link }
        | Placed::Declined { link, .. }
        | Placed::Action { link }
        | Placed::Waiting { link } => link,
    }
}

/// Where the power goes, as seen from the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    Nowhere,
    BeforeCreate,
    AfterCreate,
    BeforeCharge,
    AfterCharge,
}

/// A gateway of the test's own, which outlives the shop: counts what it charged, by attempt key.
#[derive(Default)]
pub struct Counter {
    pub made: Mutex<BTreeMap<Token, bool>>,
    pub charges: AtomicUsize,
    pub echo_wrong_amount: bool,
}

pub struct Fake {
    counter: Arc<Counter>,
    cut: Cut,
    /// Rings when the place of the cut is reached.
    reached: Arc<tokio::sync::Notify>,
}

impl Fake {
    pub async fn stop_at(&self, cut: Cut) {
        if self.cut == cut {
            self.reached.notify_one();
            std::future::pending::<()>().await;
        }
    }

    pub fn taken() -> Outcome {
        let card = CardShown { brand: "Visa".to_owned(), last_four: "4242".to_owned() };
        Outcome::Captured(Paid { card, transaction: None })
    }
}

impl Gateway for Fake {
    fn name(&self) -> &'static str {
        "test"
    }

    fn is_live(&self) -> bool {
        false
    }

    fn create<'a>(
        &'a self,
        attempt: &'a Attempt,
        _: &'a Visitor,
    ) -> Call<'a, Result<Created, DeclineReason>> {
        Box::pin(async move {
            self.stop_at(Cut::BeforeCreate).await;
            self.counter.made.lock().unwrap().entry(attempt.key).or_insert(false);
            self.stop_at(Cut::AfterCreate).await;
            Ok(Created { reference: format!("fake_{}", attempt.key), redirect: None })
        })
    }

    fn confirm<'a>(&'a self, attempt: &'a Attempt, _card: Card, _: &'a Visitor) -> Call<'a, Outcome> {
        Box::pin(async move {
            self.stop_at(Cut::BeforeCharge).await;
            *self.counter.made.lock().unwrap().get_mut(&attempt.key).unwrap() = true;
            self.counter.charges.fetch_add(1, Ordering::SeqCst);
            self.stop_at(Cut::AfterCharge).await;
            if self.counter.echo_wrong_amount { Outcome::Mismatch } else { Self::taken() }
        })
    }

    fn inquire<'a>(&'a self, attempt: &'a Attempt, _: Asking) -> Call<'a, Outcome> {
        Box::pin(async move {
            let charged = self.counter.made.lock().unwrap().get(&attempt.key) == Some(&true);
            match (charged, self.counter.echo_wrong_amount) {
                (true, true) => Outcome::Mismatch,
                (true, false) => Self::taken(),
                _ => Outcome::Declined(DeclineReason::TryAgain),
            }
        })
    }

    fn capture<'a>(&'a self, attempt: &'a Attempt) -> Call<'a, Outcome> {
        self.inquire(attempt, Asking::Look)
    }

    fn void<'a>(&'a self, attempt: &'a Attempt) -> Call<'a, Outcome> {
        self.inquire(attempt, Asking::Look)
    }

    fn refund<'a>(&'a self, _: &'a Attempt, _: &'a Refund) -> Call<'a, RefundOutcome> {
        Box::pin(async { RefundOutcome::Unknown })
    }

    fn hear(&self, _: &Notice<'_>) -> Result<Vec<Heard>, Unheard> {
        Err(Unheard::NoSecret)
    }
}

pub fn fake(counter: &Arc<Counter>, cut: Cut) -> (Arc<Fake>, Arc<tokio::sync::Notify>) {
    let reached = Arc::new(tokio::sync::Notify::new());
    let fake = Fake { counter: Arc::clone(counter), cut, reached: Arc::clone(&reached) };
    (Arc::new(fake), reached)
}
