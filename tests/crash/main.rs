//! Without this, a power cut at the wrong instant charges a card twice or loses an order that was paid:
//! `cashcowd` is killed 50 times in the middle of checkouts while the gateway, in another process, counts.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may fail loudly"
)]

#[path = "../double/mod.rs"]
mod double;
#[path = "../harness/mod.rs"]
mod harness;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use cashcow::base::{Random, SeededRandom};
use cashcow::order::{ORDERS, Order, State};
use cashcow::payment::{ATTEMPTS, Attempt};
use cashcow::store::{Reads, Span, Store, StoreError};
use double::Double;
use harness::{Admin, Browser, Page, Shop, Shopper, cards, people};

const KILLS: usize = 50;
const SHOPPERS: usize = 3;

/// The file that points a development machine at the gateway's double.
fn appliance(folder: &Path, gateway: &Double) -> String {
    let file = folder.join("appliance.toml");
    let text = format!(
        r#"version = 1
hostname = "crash-test"
[network]
dhcp = true
[access]
admin_ranges = [{{ cidr = "127.0.0.1/32", name = "this machine" }}]
[shop]
name = "Meadow & Mill"
demo = true
[administrator]
name = "Ada Osei"
email = "{}"
[dev]
gateway_root = """
{}"""
stripe_endpoint = "{}"
"#,
        people::EMAIL,
        gateway.root_pem(),
        gateway.endpoint()
    );
    std::fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

/// A number below `limit`.
fn below(random: &SeededRandom, limit: u64) -> u64 {
    let mut bytes = [0; 8];
    random.fill(&mut bytes);
    u64::from_be_bytes(bytes) % limit
}

/// What the shoppers were told, across all kills.
#[derive(Default)]
struct Told {
    /// Links of orders whose page said that they are paid.
    confirmed: BTreeSet<String>,
    /// Shoppers whose checkout was cut off, with the payment form that they had sent or would have sent.
    cut_off: Vec<(Browser, Option<harness::browser::Form>)>,
    /// Card numbers given out.
    cards: u64,
}

async fn shop_until_it_ends(origin: String, told: Arc<Mutex<Told>>) {
    loop {
        let card = {
            let mut told = told.lock().unwrap();
            told.cards += 1;
            cards::number(told.cards)
        };
        let mut shopper = Shopper { browser: Browser::new(&origin) };
        let mut sent = None;
        if let Ok(page) = checkout(&mut shopper, &card, &mut sent).await {
            note(&told, &page);
        } else {
            told.lock().unwrap().cut_off.push((shopper.browser.tab(), sent));
            return;
        }
    }
}

async fn checkout(
    shopper: &mut Shopper,
    card: &str,
    sent: &mut Option<harness::browser::Form>,
) -> Result<Page, String> {
    let browser = &mut shopper.browser;
    let page = browser.try_get("/product/stoneware-mug").await?;
    browser.try_submit(page.form("/cart/add")).await?;
    let page = browser.try_get("/checkout/contact").await?;
    let page = browser.try_submit(people::contact(&page, "Grace Hopper")).await?;
    let page = browser.try_submit(page.form("/checkout/delivery").set("shipping", "standard")).await?;
    *sent = Some(people::card(&page, card, "123"));
    browser.try_submit(people::card(&page, card, "123")).await
}

fn note(told: &Mutex<Told>, page: &Page) {
    if page.at.starts_with("/order/") && people::is_paid(page) {
        told.lock().unwrap().confirmed.insert(page.at.clone());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_kill_loses_a_paid_order_or_charges_twice() {
    let seed = std::env::var("CASHCOW_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| u64::from(std::process::id()));
    println!("seed {seed}: CASHCOW_SEED={seed} repeats this run");
    let random = SeededRandom::new(seed);
    let gateway = Double::stripe().await;
    let folder = tempfile::tempdir().unwrap();
    let appliance = appliance(folder.path(), &gateway);
    let options = ["--appliance", appliance.as_str()];
    let mut shop = Shop::start_with(folder.path(), &options);
    let mut admin = Admin::set_up(&shop).await;
    admin.restock("stoneware-mug", 9_000).await;
    admin.use_stripe("sk_test_double").await;

    let told = Arc::new(Mutex::new(Told::default()));
    for kill in 0..KILLS {
        let shopping: Vec<_> = (0..SHOPPERS)
            .map(|_| tokio::spawn(shop_until_it_ends(shop.storefront().to_owned(), Arc::clone(&told))))
            .collect();
        // The instants are spread so that every step of a checkout is hit.
        tokio::time::sleep(Duration::from_millis(40 + below(&random, 900))).await;
        shop.kill();
        for each in shopping {
            each.await.unwrap();
        }
        shop = Shop::start_with(folder.path(), &options);
        // Those who were cut off come back: some look at the cart, some send the same form again.
        let cut_off = std::mem::take(&mut told.lock().unwrap().cut_off);
        for (mut browser, form) in cut_off {
            browser.move_to(shop.storefront());
            if let Some(form) = form.filter(|_| below(&random, 2) == 0) {
                note(&told, &browser.submit(form).await);
            } else {
                browser.get("/cart").await;
            }
        }
        if kill % 10 == 9 {
            println!("{} kills, {} charges so far", kill + 1, gateway.charges().len());
        }
    }

    let confirmed = told.lock().unwrap().confirmed.clone();
    let mut browser = Browser::new(shop.storefront());
    for link in &confirmed {
        let page = browser.get(link).await;
        assert!(people::is_paid(&page), "an order that was confirmed is not paid any more: {}", page.words());
    }
    let (orders, attempts) = settled(shop, folder.path(), &options).await;
    agree(&orders, &attempts, &gateway);
    assert!(
        confirmed.len() >= KILLS / 5,
        "only {} orders were confirmed: the test is too gentle",
        confirmed.len()
    );
    let paid = orders.iter().filter(|order| order.state == State::Paid).count();
    println!(
        "{KILLS} kills, {} orders, {paid} paid, {} confirmed to shoppers, {} charges",
        orders.len(),
        confirmed.len(),
        gateway.charges().len()
    );
}

/// Waits until no attempt is open any more (the reconcile time), then reads orders and attempts.
async fn settled(shop: Shop, folder: &Path, options: &[&str]) -> (Vec<Order>, Vec<Attempt>) {
    let mut shop = Some(shop);
    let deadline = Instant::now() + Duration::from_secs(180);
    loop {
        tokio::time::sleep(Duration::from_secs(5)).await;
        shop.take().unwrap().stop();
        let store = cashcow::boot::demo::open_store(folder).await.unwrap();
        let read = read_all(&store).unwrap();
        drop(store);
        if read.1.iter().all(|attempt| !attempt.state.is_open()) {
            return read;
        }
        assert!(Instant::now() < deadline, "attempts are still open: {:?}", read.1);
        shop = Some(Shop::start_with(folder, options));
    }
}

fn read_all(store: &Store) -> Result<(Vec<Order>, Vec<Attempt>), StoreError> {
    store.read(|view| {
        let orders = view.scan(&ORDERS, &Span::all(100_000))?;
        let attempts = view.scan(&ATTEMPTS, &Span::all(100_000))?;
        Ok((orders.into_iter().map(|row| row.1).collect(), attempts.into_iter().map(|row| row.1).collect()))
    })
}

/// The gateway's books and the shop's say the same, order by order and to the cent.
fn agree(orders: &[Order], attempts: &[Attempt], gateway: &Double) {
    let mut charged: BTreeMap<String, Vec<_>> = BTreeMap::new();
    for charge in gateway.charges() {
        charged.entry(charge.order.clone()).or_default().push(charge);
    }
    for (order, charges) in &charged {
        assert_eq!(charges.len(), 1, "order {order} was charged {} times", charges.len());
    }
    for order in orders {
        let charge = charged.remove(&order.number.to_string());
        match (order.state, charge) {
            (State::Paid, Some(charge)) => {
                assert_eq!(charge[0].amount, order.totals.total.minor, "order {}", order.number);
            }
            (State::Paid, None) => panic!("order {} is paid and was never charged", order.number),
            (state, Some(_)) => panic!("order {} was charged and is {state:?}", order.number),
            (_, None) => {}
        }
    }
    assert!(charged.is_empty(), "charges without an order: {charged:?}");
    let mut carts = BTreeSet::new();
    for order in orders.iter().filter(|order| order.state == State::Paid) {
        assert!(carts.insert(order.cart.0), "one cart was paid twice: order {}", order.number);
    }
    assert!(!attempts.is_empty());
}
