//! What a payments engineer would try first: several tabs, declines, races for stock, power cuts.

use std::path::Path;
use std::sync::atomic::Ordering;

use jiff::SignedDuration;
use tokio::runtime::Runtime;

use super::bench::{
    Bench, Counter, Cut, DELIVERY, GOOD, NO_MONEY, PRICE, SILENT, apron, card, details, eur, fake, line, link,
};
use super::*;
use crate::cart::{CARTS, CHECKOUTS};
use crate::catalog::PRODUCTS;
use crate::operator::{SETTINGS, Settings};
use crate::order::{ORDER_LINKS, State};
use crate::payment::{INQUIRIES, Patience};
use crate::store::Span;

#[tokio::test]
async fn a_paid_order_takes_the_stock_and_empties_the_cart() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path(), 5).await;
    let cart = bench.cart(1).await;
    let placed = bench.pay(cart, GOOD).await.unwrap();
    assert!(matches!(placed, Placed::Paid { .. }));
    let order = bench.orders().remove(0);
    assert_eq!((order.number, order.state, order.test), (1001, State::Paid, true));
    assert_eq!(order.totals.total, eur(PRICE + DELIVERY));
    let paid = order.paid.unwrap();
    assert_eq!((paid.brand.as_str(), paid.last_four.as_str()), ("Visa", "4242"));
    assert_eq!((bench.stock(), bench.cart_is_there(cart)), ((4, 0), false));
    assert_eq!(standing(&bench.app, link(placed)).await, Ok(Some(placed)));
    // Back button, another form of the same cart: the same page, no new charge.
    assert_eq!(bench.pay(cart, GOOD).await, Ok(placed));
    assert_eq!(bench.attempts().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_submits_at_once_are_one_order_and_one_charge() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path(), 5).await;
    let counter = Arc::new(Counter::default());
    bench.app.use_gateway(Some(fake(&counter, Cut::Nowhere).0));
    let cart = bench.cart(1).await;
    let nonce = Token::random(bench.app.random());
    let mut submits = Vec::new();
    for tab in 0..4 {
        let mut form = bench.form(cart, 1, GOOD);
        // Two of the same form, two of other tabs.
        if tab < 2 {
            form.nonce = nonce;
        }
        let app = Arc::clone(&bench.app);
        submits.push(tokio::spawn(async move { place_order(&app, form).await }));
    }
    let mut pages = Vec::new();
    for submit in submits {
        pages.push(submit.await.unwrap().unwrap());
    }
    assert!(matches!(pages[0], Placed::Paid { .. }));
    assert!(pages.iter().all(|page| *page == pages[0]), "{pages:?}");
    assert_eq!((bench.orders().len(), counter.charges.load(Ordering::SeqCst)), (1, 1));
    assert_eq!(bench.stock(), (4, 0));
}

#[tokio::test]
async fn after_a_decline_the_same_order_is_paid_with_another_card() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path(), 5).await;
    let cart = bench.cart(1).await;
    let form = bench.form(cart, 1, NO_MONEY);
    let nonce = form.nonce;
    let refused = place_order(&bench.app, form).await.unwrap();
    assert!(matches!(refused, Placed::Declined { reason: DeclineReason::InsufficientFunds, .. }));
    assert_eq!((bench.stock(), bench.cart_is_there(cart)), ((5, 1), true));
    // The same form again tells the same and tries nothing.
    let mut again = bench.form(cart, 1, GOOD);
    again.nonce = nonce;
    assert_eq!(place_order(&bench.app, again).await, Ok(refused));
    assert_eq!(bench.attempts().len(), 1);
    let paid = bench.pay(cart, GOOD).await.unwrap();
    assert_eq!(paid, Placed::Paid { link: link(refused) });
    assert_eq!((bench.orders().len(), bench.attempts().len(), bench.stock()), (1, 2, (4, 0)));
}

#[tokio::test]
async fn another_cart_delivery_or_price_is_another_order_and_frees_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path(), 5).await;
    let cart = bench.cart(1).await;
    bench.pay(cart, NO_MONEY).await.unwrap();
    let now = bench.app.clock().now();
    bench
        .app
        .store()
        .transact(move |tx| {
            let mut row = tx.get(&CARTS, &cart)?.unwrap();
            row.add(&line("apron"), 4, now).unwrap();
            tx.put(&CARTS, &cart, &row)
        })
        .await
        .unwrap();
    assert_eq!(bench.pay(cart, GOOD).await, Err(PlaceError::CartChanged));
    let mut form = bench.form(cart, 5, NO_MONEY);
    form.cart_version = 2;
    // Needs all five: the one that the first order held is free again in the same breath.
    place_order(&bench.app, form).await.unwrap();
    let states: Vec<_> = bench.orders().iter().map(|order| order.state).collect();
    assert_eq!((states, bench.stock()), (vec![State::Cancelled, State::AwaitingPayment], (5, 5)));
    // The same version with another way of delivery is another order too: what is paid is what was shown.
    let change = move |tx: &mut crate::store::Tx<'_>| tx.put(&CHECKOUTS, &cart, &details("express"));
    bench.app.store().transact(change).await.unwrap();
    let mut form = bench.form(cart, 5, GOOD);
    form.cart_version = 2;
    let now = eur(PRICE * 5 + 1290);
    assert_eq!(place_order(&bench.app, form).await, Err(PlaceError::PriceChanged { now }));
    let mut form = bench.form(cart, 5, GOOD);
    (form.cart_version, form.agreed) = (2, now);
    assert!(matches!(place_order(&bench.app, form).await, Ok(Placed::Paid { .. })));
    let states: Vec<_> = bench.orders().iter().map(|order| order.state).collect();
    assert_eq!(states, [State::Cancelled, State::Cancelled, State::Paid]);
    assert_eq!(bench.stock(), (0, 0));
}

#[tokio::test]
async fn prices_come_from_the_rows_and_never_from_memory() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path(), 5).await;
    let cart = bench.cart(1).await;
    let dearer = |tx: &mut crate::store::Tx<'_>| tx.put(&PRODUCTS, &"apron".to_owned(), &apron(9900));
    bench.app.store().transact(dearer).await.unwrap();
    let now = eur(9900 + DELIVERY);
    assert_eq!(bench.pay(cart, GOOD).await, Err(PlaceError::PriceChanged { now }));
    assert_eq!((bench.orders().len(), bench.stock()), (0, (5, 0)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixteen_buyers_for_five_pieces_are_five_sales_and_eleven_clear_answers() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path(), 5).await;
    bench.app.lift_payment_limits();
    let mut buyers = Vec::new();
    for _ in 0..16 {
        let form = bench.form(bench.cart(1).await, 1, GOOD);
        let app = Arc::clone(&bench.app);
        buyers.push(tokio::spawn(async move { place_order(&app, form).await }));
    }
    let (mut sold, mut out) = (0, 0);
    for buyer in buyers {
        match buyer.await.unwrap() {
            Ok(Placed::Paid { .. }) => sold += 1,
            Err(PlaceError::OutOfStock { available: 0, title, .. }) if title == "Linen apron" => out += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((sold, out, bench.stock()), (5, 11, (0, 0)));
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_and_never_charged_anew() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path(), 5).await;
    let cart = bench.cart(1).await;
    let form = bench.form(cart, 1, SILENT);
    let app = Arc::clone(&bench.app);
    let waiting = tokio::spawn(async move { place_order(&app, form).await });
    while bench.attempts().iter().all(|attempt| attempt.state != AttemptState::Unknown) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(reconcile(&bench.app).await, Ok(0), "it is not due yet");
    bench.clock.step(Patience::FIRST);
    assert_eq!(reconcile(&bench.app).await, Ok(1));
    // The shopper who waited sees it without a reload.
    assert!(matches!(waiting.await.unwrap(), Ok(Placed::Paid { .. })));
    assert_eq!((bench.attempts().len(), bench.stock()), (1, (4, 0)));
}

#[tokio::test]
async fn an_order_that_nobody_pays_is_given_up_after_an_hour_but_never_while_money_may_move() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path(), 5).await;
    let refused = bench.pay(bench.cart(1).await, NO_MONEY).await.unwrap();
    bench.clock.step(UNPAID_FOR - SignedDuration::from_secs(1));
    reconcile(&bench.app).await.unwrap();
    assert_eq!(bench.stock(), (5, 1));
    bench.clock.step(SignedDuration::from_secs(1));
    reconcile(&bench.app).await.unwrap();
    assert_eq!((bench.stock(), bench.orders()[0].state), ((5, 0), State::Cancelled));
    assert_eq!(standing(&bench.app, link(refused)).await, Ok(None));

    let counter = Arc::new(Counter { echo_wrong_amount: true, ..Counter::default() });
    bench.app.use_gateway(Some(fake(&counter, Cut::Nowhere).0));
    let form = bench.form(bench.cart(1).await, 1, GOOD);
    let app = Arc::clone(&bench.app);
    let waiting = tokio::spawn(async move { place_order(&app, form).await });
    while bench.attempts().last().unwrap().state != AttemptState::Mismatch {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    waiting.abort();
    for _ in 0..3 {
        bench.clock.step(UNPAID_FOR);
        reconcile(&bench.app).await.unwrap();
    }
    let order = bench.orders().pop().unwrap();
    assert_eq!((order.state, order.paid, bench.stock()), (State::AwaitingPayment, None, (5, 1)));
    assert_eq!(counter.charges.load(Ordering::SeqCst), 1);
}

/// One life of the shop: a charge begins, and the power goes at `cut`.
fn life_that_ends_at(cut: Cut, path: &Path, counter: &Arc<Counter>) -> Token {
    let runtime = Runtime::new().unwrap();
    let cart = runtime.block_on(async {
        let bench = Bench::open(path, 5).await;
        let (gateway, reached) = fake(counter, cut);
        bench.app.use_gateway(Some(gateway));
        let cart = bench.cart(1).await;
        let form = bench.form(cart, 1, GOOD);
        let app = Arc::clone(&bench.app);
        let page = tokio::spawn(async move { place_order(&app, form).await });
        match cut {
            Cut::Nowhere => drop(page.await.unwrap().unwrap()),
            _ => reached.notified().await,
        }
        cart
    });
    runtime.shutdown_timeout(Duration::from_secs(5));
    cart
}

#[test]
fn a_power_cut_between_any_two_steps_charges_once_or_not_at_all_and_the_shop_knows_which() {
    for (cut, charged_at_first) in [
        (Cut::BeforeCreate, 0),
        (Cut::AfterCreate, 0),
        (Cut::BeforeCharge, 0),
        (Cut::AfterCharge, 1),
        (Cut::Nowhere, 1),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let counter = Arc::new(Counter::default());
        let cart = life_that_ends_at(cut, folder.path(), &counter);
        let charges = || counter.charges.load(Ordering::SeqCst);
        assert_eq!(charges(), charged_at_first, "{cut:?}");
        Runtime::new().unwrap().block_on(async {
            let bench = Bench::open(folder.path(), 5).await;
            bench.app.use_gateway(Some(fake(&counter, Cut::Nowhere).0));
            let left_over = recover(&bench.app).await.unwrap();
            assert_eq!(left_over, usize::from(cut != Cut::Nowhere), "{cut:?}");
            assert_eq!(reconcile(&bench.app).await, Ok(left_over), "{cut:?}");
            assert!(!bench.attempts()[0].state.is_open(), "{cut:?}");
            assert_eq!(charges(), charged_at_first, "asking must not charge: {cut:?}");
            // The shopper comes back and pays: the same page if it was paid, the first charge if not.
            let placed = bench.pay(cart, GOOD).await.unwrap();
            assert!(matches!(placed, Placed::Paid { .. }), "{cut:?}");
            assert_eq!((charges(), bench.orders().len(), bench.stock()), (1, 1, (4, 0)), "{cut:?}");
            let rows: Vec<_> = bench
                .app
                .store()
                .read(|view| view.scan(&INQUIRIES, &Span::all(9)))
                .unwrap_or_else(|error: StoreError| panic!("{error}"));
            assert!(rows.is_empty());
        });
    }
}

#[tokio::test]
async fn somebody_elses_nonce_opens_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path(), 5).await;
    let form = bench.form(bench.cart(1).await, 1, GOOD);
    let nonce = form.nonce;
    let first = place_order(&bench.app, form).await.unwrap();
    let mut stolen = bench.form(Token::random(bench.app.random()), 1, GOOD);
    stolen.nonce = nonce;
    assert_eq!(place_order(&bench.app, stolen).await, Err(PlaceError::NoCart));
    let mut stolen = bench.form(bench.cart(1).await, 1, GOOD);
    stolen.nonce = nonce;
    assert_ne!(link(place_order(&bench.app, stolen).await.unwrap()), link(first));
}

#[tokio::test]
async fn the_test_gateway_answers_by_rule_and_takes_no_real_card() {
    use DeclineReason as Why;
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path(), 99).await;
    bench.app.lift_payment_limits();
    for number in ["5555555555554444", "4000056655665556", "6011111111111117"] {
        let placed = bench.pay(bench.cart(1).await, number).await.unwrap();
        assert!(matches!(placed, Placed::Paid { .. }), "{number}");
    }
    for (number, why) in [
        ("4000000000000002", Why::Declined),
        (NO_MONEY, Why::InsufficientFunds),
        ("4000000000000069", Why::ExpiredCard),
        ("4000000000000127", Why::WrongCode),
        ("4000000000000119", Why::TryAgain),
        ("4000000000003220", Why::NeedsAuthentication),
    ] {
        match bench.pay(bench.cart(1).await, number).await.unwrap() {
            Placed::Declined { reason, .. } => assert_eq!(reason, why, "{number}"),
            other => panic!("{number}: {other:?}"),
        }
    }
    let real = "4539578763621486";
    assert_eq!(bench.pay(bench.cart(1).await, real).await, Err(PlaceError::RealCard));
    // Nor would the gateway take one that came past the door.
    let gateway = bench.app.gateway().unwrap();
    let visitor = bench.form(bench.cart(1).await, 1, GOOD).browser.visits(Token::random(bench.app.random()));
    let mut attempt = bench.attempts().remove(0);
    attempt.key = Token::random(bench.app.random());
    gateway.create(&attempt, &visitor).await.unwrap();
    let outcome = gateway.confirm(&attempt, card(real), &visitor).await;
    assert_eq!(outcome, Outcome::Declined(Why::TestCardsOnly));
}

#[tokio::test]
async fn nothing_that_debug_or_the_store_shows_has_a_number_or_a_code() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path(), 5).await;
    let form = bench.form(bench.cart(1).await, 1, GOOD);
    let mut shown = format!("{form:?} {form:#?}");
    let placed = place_order(&bench.app, form).await;
    shown.push_str(&format!("{placed:?} {:?} {:?}", bench.orders(), bench.attempts()));
    let rows: Result<Vec<_>, StoreError> =
        bench.app.store().read(|view| view.scan(&ORDER_LINKS, &Span::all(9)));
    shown.push_str(&format!("{rows:?}"));
    assert!(!shown.contains(GOOD) && !shown.contains("424242"), "{shown}");
    assert!(!shown.contains("\"123\""));
}

#[tokio::test]
async fn a_shop_that_is_live_takes_nothing_with_the_test_gateway() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path(), 5).await;
    let now = bench.app.clock().now();
    bench
        .app
        .store()
        .transact(move |tx| {
            let mut settings = Settings::load(tx)?.unwrap();
            settings.live_since = Some(now);
            tx.put(&SETTINGS, &0, &settings)
        })
        .await
        .unwrap();
    assert_eq!(bench.pay(bench.cart(1).await, GOOD).await, Err(PlaceError::NoGateway));
    bench.app.use_gateway(None);
    assert_eq!(bench.pay(bench.cart(1).await, GOOD).await, Err(PlaceError::NoGateway));
    assert_eq!(bench.orders().len(), 0);
}

#[tokio::test]
async fn a_shopper_who_closes_the_page_stops_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path(), 5).await;
    let cart = bench.cart(1).await;
    let page = tokio::time::timeout(Duration::ZERO, place_order(&bench.app, bench.form(cart, 1, GOOD)));
    assert!(page.await.is_err(), "the page is closed while the charge is under way");
    finish_charges(&bench.app, Duration::from_secs(9)).await;
    assert_eq!((bench.orders()[0].state, bench.stock()), (State::Paid, (4, 0)));
}

#[tokio::test]
async fn charges_at_once_and_attempts_per_order_are_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path(), 99).await;
    bench.app.lift_payment_limits();
    let cart = bench.cart(1).await;
    for _ in 0..MOST_ATTEMPTS {
        assert!(matches!(bench.pay(cart, NO_MONEY).await, Ok(Placed::Declined { .. })));
    }
    assert_eq!(bench.pay(cart, GOOD).await, Err(PlaceError::TooMany));

    let counter = Arc::new(Counter::default());
    bench.app.use_gateway(Some(fake(&counter, Cut::BeforeCharge).0));
    let mut pages = tokio::task::JoinSet::new();
    for _ in 0..MOST_CHARGES {
        let (app, form) = (Arc::clone(&bench.app), bench.form(bench.cart(1).await, 1, GOOD));
        pages.spawn(async move { place_order(&app, form).await });
    }
    let busy = || counter.made.lock().unwrap().len() == usize::try_from(MOST_CHARGES).unwrap();
    while !busy() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let before = bench.orders().len();
    assert_eq!(bench.pay(bench.cart(1).await, GOOD).await, Err(PlaceError::TooMany));
    assert_eq!(bench.orders().len(), before, "nothing was begun");
}

#[tokio::test]
async fn who_reloads_the_page_has_the_gateway_asked() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path(), 5).await;
    let form = bench.form(bench.cart(1).await, 1, SILENT);
    let page = tokio::time::timeout(Duration::from_millis(300), place_order(&bench.app, form));
    assert!(page.await.is_err(), "the answer is lost");
    finish_charges(&bench.app, Duration::from_secs(9)).await;
    let link = bench.orders()[0].link;
    assert_eq!(standing(&bench.app, link).await, Ok(Some(Placed::Waiting { link })), "asked too soon");
    bench.clock.step(SignedDuration::from_secs(3));
    assert_eq!(standing(&bench.app, link).await, Ok(Some(Placed::Paid { link })));
    assert_eq!(standing(&bench.app, Token::random(bench.app.random())).await, Ok(None));
}
