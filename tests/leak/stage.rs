//! A shop whose cards go to one vendor's double, the cards that are sent its way, and the search at the end.

use std::time::Duration;

use super::double::{Double, Trust};
use super::harness::{Admin, Page, Shop, Shopper, people};
use super::scan::{Scan, Sentinel};
use super::vendor::{VENDORS, Vendor};
use super::{GOODS, core_of, decrypted_rows, files_in, sentinels};

/// More than any of these tests uses.
const MOST: usize = 400;

/// Gives each way its own card, and remembers which.
pub struct Cards {
    all: Vec<Sentinel>,
    ways: Vec<String>,
}

impl Cards {
    pub fn next(&mut self, way: impl Into<String>) -> Sentinel {
        self.ways.push(way.into());
        self.all[self.ways.len() - 1].clone()
    }

    fn last(&self) -> &str {
        self.ways.last().unwrap()
    }

    /// The card that the next way gets.
    pub fn coming(&self) -> &Sentinel {
        &self.all[self.ways.len()]
    }
}

pub struct Stage {
    folder: tempfile::TempDir,
    pub vendor: &'static Vendor,
    pub gateway: Double,
    pub shop: Shop,
    pub admin: Admin,
    pub cards: Cards,
    /// Everything that came back to anybody but the administrator.
    pub said: Vec<u8>,
    /// Connections that stay open to the end.
    pub open: Vec<Box<dyn std::any::Any + Send>>,
}

/// How long a page is waited for after the gateway was called.
const PATIENCE: Duration = Duration::from_secs(2);

impl Stage {
    /// A shop of `vendor`'s. The other vendors are at an address where nobody is.
    pub async fn of(vendor: &'static Vendor) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let gateway = vendor.double().await;
        let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let nobody = format!("https://{nobody}");
        let place = |of: &Vendor| if of.name == vendor.name { gateway.endpoint() } else { nobody.clone() };
        let appliance = people::appliance(folder.path(), gateway.root_pem(), &gateway.endpoint());
        let places: Vec<_> = VENDORS.iter().map(|of| (of.endpoint, place(of))).collect();
        people::point(&appliance, &places);
        people::lift_payment_limits(&appliance);
        let shop = Shop::start_with(folder.path(), &["--appliance", appliance.as_str()]);
        let mut admin = Admin::set_up(&shop).await;
        admin.restock(GOODS, 9_000).await;
        admin.use_gateway(vendor.name, vendor.account).await;
        let door = format!("{}webhooks/{}", shop.storefront(), vendor.name);
        gateway.webhooks_to(&door, Trust::Anyone, vendor.secret);
        let cards = Cards { all: sentinels(MOST), ways: Vec::new() };
        Self { folder, vendor, gateway, shop, admin, cards, said: Vec::new(), open: Vec::new() }
    }

    /// Pays with the next card under this holder's name; the shopper, and the page that follows.
    pub async fn pay(&mut self, way: impl Into<String>, holder: &str) -> (Shopper, Page) {
        let (mut shopper, page) = at_payment(&self.shop).await;
        let card = self.cards.next(way);
        let form = people::card(&page, &card.number, &card.code).set("cc-name", holder);
        let page = shopper.browser.submit(form).await;
        (shopper, page)
    }

    /// The same until the page comes, or until the gateway was called with a fault and [`PATIENCE`] is over: a
    /// lost answer keeps the page waiting, and this shopper does not wait. A payment that goes on after its fault
    /// brings its page meanwhile, so that its next call does not meet the next fault.
    /// A fault must have been planned.
    pub async fn pay_without_patience(&mut self, way: impl Into<String>, holder: &str) {
        let (mut shopper, page) = at_payment(&self.shop).await;
        let card = self.cards.next(way);
        let form = people::card(&page, &card.number, &card.code).set("cc-name", holder);
        let before = faults(&self.gateway);
        let page = tokio::select! {
            page = shopper.browser.try_submit(form) => Some(page.map(|page| page.words())),
            () = struck(&self.gateway, before + 1, Duration::from_secs(20)) => {
                tokio::time::sleep(PATIENCE).await;
                None
            }
        };
        let struck = faults(&self.gateway) > before;
        assert!(struck, "{}: the planned fault came nowhere; the answer: {page:?}", self.cards.last());
        self.said.append(&mut shopper.browser.seen);
    }

    /// The number of the newest order.
    pub async fn order(&mut self) -> u64 {
        let links = self.admin.orders().await.links("/orders/");
        let numbers = links.iter().filter_map(|link| link.trim_start_matches("/orders/").parse().ok());
        numbers.max().expect("an order")
    }

    /// Waits for the log's queue and the connections' buffers, which settle within two seconds, and searches
    /// everything.
    pub async fn search(mut self, at_least: usize) {
        for number in 1001..=self.order().await {
            self.admin.browser.get(&format!("/orders/{number}")).await;
        }
        for page in ["/", "/alarms", "/products", "/settings/gateway"] {
            self.admin.browser.get(page).await;
        }
        self.said.append(&mut self.admin.browser.seen);
        let Self { folder, vendor, gateway, shop, cards, said, open, .. } = self;
        tokio::time::sleep(Duration::from_secs(2)).await;
        let core = core_of(&shop, folder.path());
        drop(open);
        shop.stop();
        let scan = Scan::new(&cards.all[..cards.ways.len()]);
        let mut finds = scan.search("answers", &said);
        finds.extend(scan.search_file(&core));
        std::fs::remove_file(&core).unwrap();
        for file in files_in(folder.path()) {
            finds.extend(scan.search_file(&file));
        }
        let (rows, row_finds) = decrypted_rows(folder.path(), &scan);
        finds.extend(row_finds);
        let told: Vec<_> = finds.iter().map(|find| format!("{}: {find:?}", cards.ways[find.card])).collect();
        assert!(told.is_empty(), "{} finds, first 20:\n{:#?}", told.len(), &told[..told.len().min(20)]);
        assert_eq!(gateway.breaches(), Vec::<String>::new(), "the gateway saw a card where none may be");
        assert!(cards.ways.len() >= at_least, "only {} ways were gone", cards.ways.len());
        println!(
            "{}: {} ways, {} calls: nothing in {rows} rows, files, log, memory and {} bytes of answers",
            vendor.name,
            cards.ways.len(),
            gateway.seen().len(),
            said.len()
        );
    }
}

/// How many calls suffered a fault so far.
pub fn faults(gateway: &Double) -> usize {
    gateway.seen().iter().filter(|seen| seen.fault.is_some()).count()
}

/// Until `count` calls have suffered a fault, or the time is over.
pub async fn struck(gateway: &Double, count: usize, limit: Duration) {
    let end = std::time::Instant::now() + limit;
    while faults(gateway) < count && std::time::Instant::now() < end {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A payment page, ready to be filled in.
pub async fn at_payment(shop: &Shop) -> (Shopper, Page) {
    let mut shopper = Shopper::of(shop);
    shopper.add(GOODS).await;
    let page = shopper.reach_payment("Grace Hopper").await;
    (shopper, page)
}
