//! Somebody tries stolen cards at a shop as it comes out of the box: slowed, refused, told of, and in nobody
//! else's way.

use std::time::{Duration, Instant};

use hyper::StatusCode;

use super::double::Double;
use super::harness::{Admin, Browser, Page, Shop, Shopper, cards, people};

const CODE: &str = "123";
/// Cards that the built-in gateway declines as a bank would.
const DECLINED: [&str; 7] = [
    "4000000000000002",
    "4000000000009995",
    "4000000000000069",
    "4000000000000127",
    "4000000000003220",
    "4000000000009987",
    "4000000000009979",
];

/// Somebody at this address, on the payment page with a mug.
async fn shopper_at(shop: &Shop, source: [u8; 4]) -> (Shopper, Page) {
    let mut shopper = Shopper { browser: Browser::new(shop.storefront()).at(source) };
    shopper.add("stoneware-mug").await;
    let page = shopper.reach_payment("Grace Hopper").await;
    (shopper, page)
}

fn is_declined(page: &Page) -> bool {
    page.status == StatusCode::UNPROCESSABLE_ENTITY && page.says("not been charged")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_card_tester_is_slowed_and_refused_the_console_is_told_and_others_still_buy() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::start(folder.path());
    let mut admin = Admin::set_up(&shop).await;
    admin.restock("stoneware-mug", 100).await;
    let alarm = "Somebody tries many cards";
    assert!(!admin.browser.get("/").await.says(alarm));

    // One card after the other: 0, 0, 1, 2, 4 seconds.
    let (mut thief, mut page) = shopper_at(&shop, [127, 0, 7, 1]).await;
    let mut waits = Vec::new();
    let first = people::card(&page, DECLINED[0], CODE);
    for number in &DECLINED[..5] {
        let began = Instant::now();
        page = thief.pay(&page, number, CODE).await;
        waits.push(began.elapsed());
        assert!(is_declined(&page), "{number}: {} {}", page.status, page.words());
    }
    for (n, least) in [0, 0, 1, 2, 4].into_iter().enumerate() {
        assert!(waits[n] >= Duration::from_secs(least), "try {n} took {:?}", waits[n]);
    }
    assert!(waits[1] < Duration::from_secs(1), "who mistypes once does not notice: {waits:?}");

    // Then many at once, from several addresses of the same network.
    let mut crowd = tokio::task::JoinSet::new();
    for n in 5..20_u8 {
        let (mut shopper, page) = shopper_at(&shop, [127, 0, 7, n]).await;
        crowd.spawn(async move {
            let number = DECLINED[usize::from(n) % DECLINED.len()];
            shopper.pay(&page, number, CODE).await
        });
    }
    for page in crowd.join_all().await {
        assert!(is_declined(&page), "{} {}", page.status, page.words());
    }

    // Not one more, with whatever card; the page says how long, and keeps nothing of the card.
    let fresh = cards::number(70);
    page = thief.pay(&page, &fresh, CODE).await;
    assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS, "{}", page.words());
    let seconds: u32 = page.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=1800).contains(&seconds), "{seconds}");
    let minutes = seconds.div_ceil(60);
    assert!(
        page.says("Nothing was charged") && page.says(&format!("Wait {minutes} minutes")),
        "{}",
        page.words()
    );
    assert!(!page.text().contains(&fresh) && page.form("/checkout/pay").value("cc-number") == Some(""));
    let (mut neighbour, its_page) = shopper_at(&shop, [127, 0, 7, 99]).await;
    let its_page = neighbour.pay(&its_page, &fresh, CODE).await;
    assert_eq!(its_page.status, StatusCode::TOO_MANY_REQUESTS);
    // A form that was sent before is no new try: it gets the page that it got.
    let again = thief.browser.submit(first).await;
    assert!(is_declined(&again), "{} {}", again.status, again.words());

    // The operator reads of it; shoppers elsewhere wait a little and buy.
    let console = admin.browser.get("/").await;
    assert!(console.says(alarm), "{}", console.words());
    let (mut honest, its_page) = shopper_at(&shop, [127, 0, 9, 1]).await;
    let began = Instant::now();
    let paid = honest.pay(&its_page, &fresh, CODE).await;
    assert!(people::is_paid(&paid), "{} {}", paid.status, paid.words());
    assert!((4..20).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
    let log = std::fs::read_to_string(folder.path().join("cashcowd.log")).unwrap();
    assert!(log.contains("somebody tries many cards"), "the journal has the alarm");
    assert!(!log.contains("127.0.7") && !log.contains("424242"), "and neither who nor which card");
}

#[tokio::test]
async fn a_real_card_is_refused_by_a_demo_shop_before_anything_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::start(folder.path());
    let (mut shopper, page) = shopper_at(&shop, [127, 0, 0, 1]).await;
    let real = "4539578763621486";
    let refused = shopper.pay(&page, real, CODE).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.words());
    assert!(
        refused.says("takes test cards only") && refused.says("was not sent anywhere"),
        "{}",
        refused.words()
    );
    assert!(!refused.text().contains(real));
    let paid = shopper.pay(&refused, &cards::number(71), CODE).await;
    assert!(people::is_paid(&paid), "{}", paid.words());
    shop.stop();
    let store = cashcow::boot::demo::open_store(folder.path()).await.unwrap();
    let attempts: Result<Vec<_>, cashcow::store::StoreError> = {
        use cashcow::store::{Reads, Span};
        store.read(|view| view.scan(&cashcow::payment::ATTEMPTS, &Span::all(9)))
    };
    assert_eq!(attempts.unwrap().len(), 1, "no attempt was made of the refused card");
}

#[tokio::test]
async fn a_development_machine_may_lift_the_limits_and_says_so_in_its_log() {
    let folder = tempfile::tempdir().unwrap();
    // The file names a gateway too; the shop does not use it.
    let gateway = Double::stripe().await;
    let appliance = people::appliance(folder.path(), gateway.root_pem(), &gateway.endpoint());
    people::lift_payment_limits(&appliance);
    let shop = Shop::start_with(folder.path(), &["--appliance", &appliance]);
    let (mut shopper, mut page) = shopper_at(&shop, [127, 0, 0, 1]).await;
    let began = Instant::now();
    for n in 0..9 {
        page = shopper.pay(&page, DECLINED[0], CODE).await;
        assert!(is_declined(&page), "try {n}: {} {}", page.status, page.words());
    }
    assert!(began.elapsed() < Duration::from_secs(7), "without delays: {:?}", began.elapsed());
    let log = std::fs::read_to_string(folder.path().join("cashcowd.log")).unwrap();
    assert!(log.contains("the limits against card testing are lifted"), "{log}");
}
