//! The gate as a shopper and a thief meet it, at the real door.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::super::bench::{Bench, GOOD, NO_MONEY, card, link};
use super::super::{MOST_CHARGES, MOST_DELAYED, PlaceOrder, Placed, place_order};
use super::*;
use crate::alarm;
use crate::base::Token;
use crate::payment::gateway::{
    Asking, Call, Created, Heard, Notice, Outcome, Paid, RefundOutcome, TestGateway, Unheard, Visitor,
};
use crate::payment::{Card, CardShown, Refund};
use crate::store::StoreError;

/// Answers every card alike and counts its calls.
struct Parrot {
    says: Outcome,
    live: bool,
    calls: AtomicUsize,
}

impl Parrot {
    fn says(says: Outcome) -> Arc<Self> {
        Arc::new(Self { says, live: false, calls: AtomicUsize::new(0) })
    }

    fn live() -> Arc<Self> {
        Arc::new(Self { says: paid(), live: true, calls: AtomicUsize::new(0) })
    }

    fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

fn paid() -> Outcome {
    let card = CardShown { brand: "Visa".to_owned(), last_four: "4242".to_owned() };
    Outcome::Captured(Paid { card, transaction: None })
}

fn declined() -> Outcome {
    Outcome::Declined(DeclineReason::Declined)
}

impl Gateway for Parrot {
    fn name(&self) -> &'static str {
        "test"
    }

    fn takes_card(&self) -> bool {
        !matches!(self.says, Outcome::ActionRequired { .. })
    }

    fn is_live(&self) -> bool {
        self.live
    }

    fn create<'a>(
        &'a self,
        attempt: &'a Attempt,
        _: &'a Visitor,
    ) -> Call<'a, Result<Created, DeclineReason>> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let redirect = match &self.says {
            Outcome::ActionRequired { url } => Some(url.clone()),
            _ => None,
        };
        Box::pin(async move { Ok(Created { reference: format!("parrot_{}", attempt.key), redirect }) })
    }

    fn confirm<'a>(&'a self, _: &'a Attempt, _: Card, _: &'a Visitor) -> Call<'a, Outcome> {
        Box::pin(async { self.says.clone() })
    }

    fn inquire<'a>(&'a self, _: &'a Attempt, _: Asking) -> Call<'a, Outcome> {
        Box::pin(async { self.says.clone() })
    }

    fn capture<'a>(&'a self, _: &'a Attempt) -> Call<'a, Outcome> {
        Box::pin(async { Outcome::Unknown })
    }

    fn void<'a>(&'a self, _: &'a Attempt) -> Call<'a, Outcome> {
        Box::pin(async { Outcome::Unknown })
    }

    fn refund<'a>(&'a self, _: &'a Attempt, _: &'a Refund) -> Call<'a, RefundOutcome> {
        Box::pin(async { RefundOutcome::Unknown })
    }

    fn hear(&self, _: &Notice<'_>) -> Result<Vec<Heard>, Unheard> {
        Err(Unheard::NoSecret)
    }
}

/// A card of its own for each `n`, as the sandbox takes it.
fn number(n: u32) -> String {
    let body = format!("424242{n:09}");
    let all = (0..10).map(|digit| format!("{body}{digit}"));
    let now = "2026-11-23T12:00:00Z".parse().unwrap();
    all.into_iter().find(|number| Card::parse(number, "12/40", "123", "A", now).is_ok()).unwrap()
}

fn from(mut form: PlaceOrder, range: u32) -> PlaceOrder {
    let [_, b, c, d] = range.to_be_bytes();
    form.browser.address = IpAddr::from([10 + b, c, d, 7]);
    form
}

impl Bench {
    async fn try_from(&self, range: u32, number: &str) -> Result<Placed, PlaceError> {
        let form = self.form(self.cart(1).await, 1, number);
        place_order(&self.app, from(form, range)).await
    }

    /// So many tries with this card, without the door and its delays.
    fn tries(&self, count: u64, number: &str, ending: Ending) {
        for n in 0..count {
            let (now, random) = (self.app.clock().now(), self.app.random());
            let source = IpAddr::from([172, 16, u8::try_from(n).unwrap(), 1]);
            let mut velocity = self.app.velocity();
            let knock = velocity.knock(now, random, source, Some(&card(number)));
            let Ok(pass) = velocity.admit(&knock) else { panic!("refused") };
            velocity.begun(pass, (u64::MAX, n));
            assert_eq!(velocity.note(now, random, (u64::MAX, n), ending), None);
        }
    }

    fn alarms(&self) -> Vec<(Kind, u32)> {
        let open: Result<_, StoreError> = self.app.store().read(|view| alarm::open(view));
        open.unwrap().into_iter().map(|(_, alarm)| (alarm.kind, alarm.count)).collect()
    }
}

#[tokio::test]
async fn a_refused_try_leaves_nothing_and_the_form_that_was_sent_before_still_gets_its_page() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path(), 9).await;
    let cart = bench.cart(1).await;
    let form = bench.form(cart, 1, NO_MONEY);
    let nonce = form.nonce;
    let first = place_order(&bench.app, form).await.unwrap();
    bench.tries(4, NO_MONEY, Ending::Declined);
    let before = (bench.orders(), bench.attempts(), bench.stock());

    let refused = bench.pay(cart, NO_MONEY).await;
    let Err(PlaceError::TooManyTries { retry_after }) = refused else { panic!("{refused:?}") };
    assert!((1..=1800).contains(&retry_after.as_secs()), "{retry_after}");
    assert!(matches!(bench.try_from(3, NO_MONEY).await, Err(PlaceError::TooManyTries { .. })));
    assert_eq!(
        (bench.orders(), bench.attempts(), bench.stock()),
        before,
        "another cart made no order either"
    );

    for _ in 0..9 {
        let mut again = bench.form(cart, 1, NO_MONEY);
        again.nonce = nonce;
        assert_eq!(place_order(&bench.app, again).await, Ok(first));
    }
    assert_eq!(bench.pay(cart, GOOD).await, Ok(Placed::Paid { link: link(first) }), "another card pays");
    bench.clock.step(retry_after);
    assert!(matches!(bench.try_from(3, NO_MONEY).await, Ok(Placed::Declined { .. })), "and waiting helps");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_tabs_with_the_last_try_that_is_left_are_one_try() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path(), 9).await;
    bench.tries(49, GOOD, Ending::Paid);
    let (cart, nonce) = (bench.cart(1).await, Token::random(bench.app.random()));
    let mut tabs = Vec::new();
    for _ in 0..4 {
        let mut form = bench.form(cart, 1, GOOD);
        form.nonce = nonce;
        let app = Arc::clone(&bench.app);
        tabs.push(tokio::spawn(async move { place_order(&app, form).await }));
    }
    for tab in tabs {
        assert!(matches!(tab.await.unwrap(), Ok(Placed::Paid { .. })));
    }
    assert_eq!(bench.attempts().len(), 1);
    assert!(matches!(bench.try_from(1, GOOD).await, Err(PlaceError::TooManyTries { .. })));
}

#[tokio::test]
async fn a_try_that_fails_for_another_reason_is_not_counted() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path(), 9).await;
    for _ in 0..60 {
        let mut form = bench.form(bench.cart(1).await, 1, GOOD);
        form.agreed = crate::base::Money::new(1, form.agreed.currency);
        assert!(matches!(place_order(&bench.app, form).await, Err(PlaceError::PriceChanged { .. })));
    }
    assert!(matches!(bench.try_from(1, GOOD).await, Ok(Placed::Paid { .. })));
}

#[tokio::test]
async fn no_test_card_reaches_a_live_gateway_and_no_real_one_a_sandbox() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path(), 9).await;
    let (live, sandbox) = (Parrot::live(), Parrot::says(paid()));
    let real = "4539578763621486";
    bench.app.use_gateway(Some(Arc::clone(&live) as _));
    for test in [GOOD, "4111111111111111", "370000000000002", "5555341244441115"] {
        let mut form = bench.form(bench.cart(1).await, 1, GOOD);
        let code = if test.len() == 15 { "1234" } else { "123" };
        let typed = Card::parse(test, "12/40", code, "A", bench.app.clock().now()).unwrap();
        form.means = Means::Card(typed);
        assert_eq!(place_order(&bench.app, form).await, Err(PlaceError::TestCard), "{test}");
    }
    bench.app.use_gateway(Some(Arc::clone(&sandbox) as _));
    for _ in 0..30 {
        assert_eq!(bench.try_from(1, real).await, Err(PlaceError::RealCard));
    }
    assert_eq!((live.calls(), sandbox.calls(), bench.orders().len()), (0, 0, 0));
    // And each takes the other kind.
    assert!(matches!(bench.try_from(1, GOOD).await, Ok(Placed::Paid { .. })));
    bench.app.use_gateway(Some(Arc::clone(&live) as _));
    assert!(matches!(bench.try_from(1, real).await, Ok(Placed::Paid { .. })));
    assert_eq!((live.calls(), sandbox.calls()), (1, 1));
}

#[tokio::test]
async fn a_delay_holds_no_room_that_others_need() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path(), 9).await;
    bench.tries(3, NO_MONEY, Ending::Declined);
    let began = Instant::now();
    let form = bench.form(bench.cart(1).await, 1, NO_MONEY);
    let app = Arc::clone(&bench.app);
    let slow = tokio::spawn(async move { place_order(&app, form).await });
    while bench.attempts().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    let all: Vec<_> = (0..MOST_CHARGES).filter_map(|_| bench.app.charging().slot()).collect();
    assert_eq!(all.len(), usize::try_from(MOST_CHARGES).unwrap());
    drop(all);
    assert!(matches!(
        slow.await.unwrap(),
        Ok(Placed::Declined { reason: DeclineReason::InsufficientFunds, .. })
    ));
    assert!(began.elapsed() >= Duration::from_secs(2), "{:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn card_testing_from_many_places_alarms_once_and_an_honest_shopper_gets_through() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path(), 200).await;
    bench.app.use_gateway(Some(Parrot::says(declined())));
    for n in 0..20 {
        assert_eq!(bench.alarms(), [], "after {n}");
        assert!(matches!(bench.try_from(n / 2, &number(n)).await, Ok(Placed::Declined { .. })));
    }
    assert_eq!(bench.alarms(), [(Kind::CardTesting, 1)]);

    // Everybody waits a little now, in bounded numbers; who finds no room is told to try again.
    bench.app.use_gateway(Some(Arc::new(TestGateway::new(bench.app.store().clone()))));
    let began = Instant::now();
    let mut shoppers = tokio::task::JoinSet::new();
    for n in 0..=MOST_DELAYED {
        let form = from(bench.form(bench.cart(1).await, 1, &number(100 + n)), 100 + n);
        let app = Arc::clone(&bench.app);
        shoppers.spawn(async move { place_order(&app, form).await.unwrap() });
    }
    let told = shoppers.join_all().await;
    assert!(began.elapsed() >= Duration::from_secs(4));
    let paid = told.iter().filter(|placed| matches!(placed, Placed::Paid { .. })).count();
    let full = |placed: &&Placed| matches!(placed, Placed::Declined { reason: DeclineReason::TryAgain, .. });
    assert_eq!((paid, told.iter().filter(full).count()), (usize::try_from(MOST_DELAYED).unwrap(), 1));
    assert_eq!(bench.alarms(), [(Kind::CardTesting, 1)]);
}

#[tokio::test]
async fn the_gateways_own_page_is_not_handed_out_without_end() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path(), 99).await;
    let page = Parrot::says(Outcome::ActionRequired { url: "https://pay.example/x".to_owned() });
    bench.app.use_gateway(Some(Arc::clone(&page) as _));
    let mut sent = 0;
    let refused = loop {
        let mut form = bench.form(bench.cart(1).await, 1, GOOD);
        form.means = Means::Hosted;
        match place_order(&bench.app, form).await {
            Ok(Placed::Action { .. }) => sent += 1,
            other => break other,
        }
    };
    assert!(matches!(refused, Err(PlaceError::TooManyTries { .. })), "{refused:?}");
    assert_eq!((sent, page.calls()), (60, 60));
}
