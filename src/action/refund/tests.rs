//! Refunds as a payments engineer would break them: two people at once, resent forms, lost answers, power cuts,
//! gateways that take it later or not at all.

#[path = "till.rs"]
mod till;

use std::path::Path;
use std::time::Duration;

use tokio::runtime::Runtime;

use self::till::{Cut, Ledger, Till, done};
use super::*;
use crate::action::place_order::bench::{Bench, DELIVERY, GOOD, NO_MONEY, PRICE, eur, line};
use crate::action::{finish_charges, unsettled};
use crate::alarm::{self, Kind};
use crate::audit::EVENTS;
use crate::order::{Order, State};
use crate::payment::gateway::{About, Heard, News, Notice};
use crate::payment::{AttemptState, OPEN_REFUNDS, Patience, RefundFailure};
use crate::store::Span;

const ALL: i64 = 2 * PRICE + DELIVERY;

/// A shop with one paid order of two aprons, number 1001, whose gateway answers refunds as planned.
async fn sold(path: &Path) -> (Bench, Arc<Ledger>) {
    let bench = Bench::open(path, 5).await;
    let ledger = Arc::new(Ledger::default());
    bench.app.use_gateway(Some(Till::of(&ledger, Cut::Nowhere)));
    buy(&bench).await;
    (bench, ledger)
}

async fn buy(bench: &Bench) -> u64 {
    let cart = bench.cart(2).await;
    crate::action::place_order(&bench.app, bench.form(cart, 2, GOOD)).await.unwrap();
    bench.orders().last().unwrap().number
}

fn want(bench: &Bench, what: Wish) -> RefundOrder {
    let seen = books(bench).so_far().unwrap();
    let nonce = Token::random(bench.app.random());
    RefundOrder { order: 1001, what, reason: line("arrived broken"), restock: false, seen, nonce }
}

async fn refund(bench: &Bench, what: Wish) -> Result<Refund, RefundError> {
    refund_order(&bench.app, &Actor::machine(), want(bench, what)).await
}

fn books(bench: &Bench) -> Books {
    bench.app.store().read(|view| Books::open(view, 1001)).unwrap()
}

fn aprons(count: u32, shipping: bool) -> Wish {
    Wish::Lines { lines: vec![(line("apron"), count)], shipping }
}

fn order(bench: &Bench) -> Order {
    bench.orders().remove(0)
}

/// State of the order, whether its attempt is refunded, and the states of its refunds.
fn standing(bench: &Bench) -> (State, bool, Vec<RefundState>) {
    let refunded = matches!(bench.attempts()[0].state, AttemptState::Refunded(_));
    let states = books(bench).refunds.iter().map(|refund| refund.state).collect();
    (order(bench).state, refunded, states)
}

fn alarms(bench: &Bench) -> Vec<(Kind, u32)> {
    let open: Result<_, StoreError> = bench.app.store().read(|view| alarm::open(view));
    open.unwrap().into_iter().map(|(_, alarm)| (alarm.kind, alarm.count)).collect()
}

fn open_rows(bench: &Bench) -> usize {
    let rows: Result<Vec<_>, StoreError> =
        bench.app.store().read(|view| view.scan(&OPEN_REFUNDS, &Span::all(9)));
    rows.unwrap().len()
}

const LOST: RefundOutcome = RefundOutcome::Unknown;
const REFUSED: RefundOutcome = RefundOutcome::Failed(RefundFailure::Refused);
const FAILED: RefundState = RefundState::Failed { reason: RefundFailure::Refused };

#[tokio::test]
async fn one_apron_then_the_rest_gives_back_all_money_all_tax_and_the_goods_once() {
    let folder = tempfile::tempdir().unwrap();
    let (bench, ledger) = sold(folder.path()).await;
    assert_eq!(bench.stock(), (3, 0));
    let mut wanted = want(&bench, aprons(1, false));
    wanted.restock = true;
    let preview = preview_refund(&bench.app, &Actor::machine(), &wanted).unwrap();
    let first = refund_order(&bench.app, &Actor::machine(), wanted).await.unwrap();
    assert_eq!((first.amount, first.tax), (preview.amount, preview.tax));
    assert_eq!((first.number, first.amount, first.state), (1, eur(PRICE), RefundState::Done));
    assert_eq!((first.reference.as_deref(), first.by.as_str()), (Some("re_1"), "machine"));
    assert_eq!((bench.stock(), standing(&bench).0), ((4, 0), State::Paid));
    let event: Result<Vec<_>, StoreError> =
        bench.app.store().read(|view| view.scan(&EVENTS, &Span::all(1).newest_first()));
    let event = event.unwrap().remove(0).1.to_string();
    assert_eq!(event, "machine RefundPayment \"order 1001: refund 1, EUR 20.00\" Done");

    let rest = refund(&bench, Wish::Full).await.unwrap();
    assert_eq!((rest.amount, rest.shipping), (eur(ALL - PRICE), eur(DELIVERY)));
    assert_eq!(first.tax.plus(rest.tax), Ok(order(&bench).totals.tax));
    assert_eq!(standing(&bench), (State::Refunded, true, vec![RefundState::Done; 2]));
    assert_eq!((ledger.sum(), bench.stock(), open_rows(&bench)), (ALL, (4, 0), 0));
    assert_eq!(refund(&bench, Wish::Full).await, Err(NotRefundable::Nothing.into()));
    let over = NotRefundable::MoreThanLeft { wanted: eur(1), left: eur(0) };
    assert_eq!(refund(&bench, Wish::Sum(eur(1))).await, Err(over.into()));
    assert_eq!((ledger.sum(), alarms(&bench).len()), (ALL, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_sixteen_people_who_press_at_once_one_is_first_and_the_others_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let (bench, ledger) = sold(folder.path()).await;
    // All sixteen have the page before the first of them presses.
    let pages: Vec<_> = (0..16).map(|_| want(&bench, Wish::Full)).collect();
    let mut people = tokio::task::JoinSet::new();
    for wanted in pages {
        let app = Arc::clone(&bench.app);
        people.spawn(async move { refund_order(&app, &Actor::machine(), wanted).await });
    }
    let (mut first, mut late) = (0, 0);
    while let Some(answer) = people.join_next().await {
        match answer.unwrap() {
            Ok(refund) if refund.amount == eur(ALL) => first += 1,
            Err(RefundError::Meanwhile { so_far }) if so_far == eur(ALL) => late += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((first, late, ledger.sum(), ledger.count()), (1, 15, ALL, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_who_go_on_at_once_never_give_back_more_than_was_captured() {
    let folder = tempfile::tempdir().unwrap();
    let (bench, ledger) = sold(folder.path()).await;
    let bench = Arc::new(bench);
    let mut people = tokio::task::JoinSet::new();
    for _ in 0..12 {
        let bench = Arc::clone(&bench);
        people.spawn(async move {
            loop {
                match refund(&bench, Wish::Sum(eur(700))).await {
                    Ok(_) | Err(RefundError::Meanwhile { .. }) => {}
                    Err(RefundError::NotRefundable(NotRefundable::MoreThanLeft { .. })) => return,
                    Err(other) => panic!("{other:?}"),
                }
            }
        });
    }
    while let Some(answer) = people.join_next().await {
        answer.unwrap();
    }
    assert_eq!((ledger.sum(), ledger.count()), (ALL / 700 * 700, usize::try_from(ALL / 700).unwrap()));
    refund(&bench, Wish::Full).await.unwrap();
    let tax = books(&bench).refunds.iter().map(|refund| refund.tax.minor).sum::<i64>();
    assert_eq!((ledger.sum(), tax), (ALL, order(&bench).totals.tax.minor));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_form_sent_eight_times_is_one_refund() {
    let folder = tempfile::tempdir().unwrap();
    let (bench, ledger) = sold(folder.path()).await;
    let mut wanted = want(&bench, aprons(1, false));
    wanted.restock = true;
    let mut tabs = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (app, wanted) = (Arc::clone(&bench.app), wanted.clone());
        tabs.spawn(async move { refund_order(&app, &Actor::machine(), wanted).await });
    }
    while let Some(answer) = tabs.join_next().await {
        let refund = answer.unwrap().unwrap();
        assert_eq!((refund.number, refund.state), (1, RefundState::Done));
    }
    assert_eq!((ledger.count(), ledger.sum(), bench.stock()), (1, PRICE, (4, 0)));
    // Nor when nothing is left and the gateway's keys are gone.
    refund(&bench, Wish::Full).await.unwrap();
    bench.app.use_gateway(None);
    let again = refund_order(&bench.app, &Actor::machine(), wanted.clone()).await.unwrap();
    assert_eq!((again.number, again.amount, ledger.count(), ledger.sum()), (1, eur(PRICE), 2, ALL));
    bench.app.use_gateway(Some(Till::of(&ledger, Cut::Nowhere)));
    // Nor does the form open another order's refund.
    buy(&bench).await;
    let other = RefundOrder { order: 1002, ..wanted };
    assert_eq!(refund_order(&bench.app, &Actor::machine(), other).await, Err(RefundError::OtherForm));
}

#[tokio::test]
async fn what_cannot_be_refunded_is_refused_before_the_gateway_hears_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let (bench, ledger) = sold(folder.path()).await;
    let send = |wanted| async { refund_order(&bench.app, &Actor::machine(), wanted).await };
    let none = RefundOrder { order: 7, ..want(&bench, Wish::Full) };
    assert_eq!(send(none).await, Err(RefundError::NoOrder));
    let goods = RefundOrder { restock: true, ..want(&bench, Wish::Sum(eur(100))) };
    assert_eq!(send(goods).await, Err(RefundError::NoGoods));
    let stale = RefundOrder { seen: eur(1), ..want(&bench, Wish::Full) };
    assert_eq!(send(stale).await, Err(RefundError::Meanwhile { so_far: eur(0) }));
    let many = NotRefundable::TooMany { sku: "apron".to_owned(), left: 2 };
    assert_eq!(refund(&bench, aprons(3, true)).await, Err(many.into()));
    // An order that is not paid has nothing to give back.
    bench
        .app
        .use_gateway(Some(Arc::new(crate::payment::gateway::TestGateway::new(bench.app.store().clone()))));
    bench.pay(bench.cart(1).await, NO_MONEY).await.unwrap();
    let unpaid = RefundOrder { order: 1002, ..want(&bench, Wish::Full) };
    assert_eq!(send(unpaid).await, Err(RefundError::NothingCaptured));
    assert_eq!((ledger.count(), books(&bench).refunds.len()), (0, 0));
}

#[tokio::test]
async fn an_order_has_a_bounded_number_of_refunds() {
    let folder = tempfile::tempdir().unwrap();
    let (bench, ledger) = sold(folder.path()).await;
    for _ in 0..MOST_REFUNDS {
        refund(&bench, Wish::Sum(eur(1))).await.unwrap();
    }
    assert_eq!(refund(&bench, Wish::Sum(eur(1))).await, Err(RefundError::TooManyRefunds));
    assert_eq!(ledger.count(), MOST_REFUNDS);
}

#[tokio::test]
async fn a_browser_that_is_closed_stops_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (bench, ledger) = sold(folder.path()).await;
    let page = tokio::time::timeout(Duration::ZERO, refund(&bench, Wish::Full));
    assert!(page.await.is_err(), "the page is closed while the refund is under way");
    finish_charges(&bench.app, Duration::from_secs(9)).await;
    assert_eq!((standing(&bench).0, ledger.sum()), (State::Refunded, ALL));
}

#[test]
fn a_power_cut_before_or_after_the_gateways_answer_gives_back_once() {
    for cut in [Cut::Before, Cut::After] {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Arc::new(Ledger::default());
        let runtime = Runtime::new().unwrap();
        runtime.block_on(async {
            let bench = Bench::open(folder.path(), 5).await;
            let till = Till::of(&ledger, cut);
            let reached = Arc::clone(&till.reached);
            bench.app.use_gateway(Some(till));
            buy(&bench).await;
            let wanted = want(&bench, Wish::Full);
            let app = Arc::clone(&bench.app);
            tokio::spawn(async move { refund_order(&app, &Actor::machine(), wanted).await });
            reached.notified().await;
        });
        runtime.shutdown_timeout(Duration::from_secs(5));
        assert_eq!(ledger.count(), usize::from(cut == Cut::After), "{cut:?}");
        Runtime::new().unwrap().block_on(async {
            let bench = Bench::open(folder.path(), 5).await;
            bench.app.use_gateway(Some(Till::of(&ledger, Cut::Nowhere)));
            assert_eq!(standing(&bench), (State::Paid, false, vec![RefundState::Sending]), "{cut:?}");
            // Nobody gives the same money back again while nobody knows.
            assert_eq!(refund(&bench, Wish::Full).await, Err(NotRefundable::Nothing.into()), "{cut:?}");
            assert_eq!(recover_refunds(&bench.app).await, Ok(1), "{cut:?}");
            assert_eq!(reconcile_refunds(&bench.app).await, Ok(1), "{cut:?}");
            assert_eq!(standing(&bench), (State::Refunded, true, vec![RefundState::Done]), "{cut:?}");
            assert_eq!((ledger.count(), ledger.sum(), open_rows(&bench)), (1, ALL, 0), "{cut:?}");
        });
    }
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_and_holds_the_money_and_the_gateways_account_meanwhile() {
    let folder = tempfile::tempdir().unwrap();
    let (bench, ledger) = sold(folder.path()).await;
    ledger.plan(std::iter::repeat_n(LOST, 26));
    let lost = refund(&bench, Wish::Sum(eur(500))).await.unwrap();
    assert_eq!(lost.state, RefundState::Unknown);
    assert_eq!(books(&bench).left().unwrap().total, eur(ALL - 500));
    let open: Result<_, StoreError> = bench.app.store().read(|view| unsettled(view, "test"));
    assert_eq!(open, Ok(1));
    assert_eq!(reconcile_refunds(&bench.app).await, Ok(0), "not due yet");
    for round in 1..=25 {
        bench.clock.step(Patience::LONGEST);
        assert_eq!(reconcile_refunds(&bench.app).await, Ok(1), "{round}");
        let wanted = if round < 24 { vec![] } else { vec![(Kind::Unsettled, 1)] };
        assert_eq!(alarms(&bench), wanted, "{round}");
    }
    bench.clock.step(Patience::LONGEST);
    reconcile_refunds(&bench.app).await.unwrap();
    assert_eq!(standing(&bench).2, [RefundState::Done]);
    let open: Result<_, StoreError> = bench.app.store().read(|view| unsettled(view, "test"));
    assert_eq!((open, ledger.sum(), open_rows(&bench)), (Ok(0), 500, 0));
}

#[tokio::test]
async fn a_gateway_that_takes_it_only_after_settlement_is_told_again_for_five_days() {
    let folder = tempfile::tempdir().unwrap();
    let (bench, ledger) = sold(folder.path()).await;
    ledger.plan([RefundOutcome::NotYet, RefundOutcome::NotYet]);
    assert_eq!(refund(&bench, Wish::Sum(eur(500))).await.unwrap().state, RefundState::Waiting);
    for (wait, asked, state) in
        [(29, 0, RefundState::Waiting), (16, 1, RefundState::Waiting), (45, 1, RefundState::Done)]
    {
        bench.clock.step(jiff::SignedDuration::from_mins(wait));
        assert_eq!(reconcile_refunds(&bench.app).await, Ok(asked));
        assert_eq!(standing(&bench).2, [state]);
    }
    ledger.plan(std::iter::repeat_n(RefundOutcome::NotYet, 500));
    refund(&bench, Wish::Full).await.unwrap();
    assert_eq!(books(&bench).left().unwrap().total, eur(0));
    bench.clock.step(SETTLES_WITHIN);
    reconcile_refunds(&bench.app).await.unwrap();
    let given_up = RefundState::Failed { reason: RefundFailure::NeverSettled };
    assert_eq!(standing(&bench), (State::Paid, false, vec![RefundState::Done, given_up]));
    assert_eq!((alarms(&bench), open_rows(&bench)), (vec![(Kind::RefundFailed, 1)], 0));
    assert_eq!(books(&bench).left().unwrap().total, eur(ALL - 500), "it can be tried again");
}

#[tokio::test]
async fn a_refund_that_fails_later_turns_order_and_payment_back_and_sounds_an_alarm() {
    let folder = tempfile::tempdir().unwrap();
    let (bench, ledger) = sold(folder.path()).await;
    ledger.plan([RefundOutcome::Pending { reference: "re_9".to_owned() }]);
    let wanted = RefundOrder { restock: true, ..want(&bench, Wish::Full) };
    let refund = refund_order(&bench.app, &Actor::machine(), wanted).await.unwrap();
    assert_eq!((refund.state, refund.reference.as_deref()), (RefundState::Pending, Some("re_9")));
    assert_eq!((standing(&bench).0, bench.stock()), (State::Refunded, (5, 0)));
    conclude(&bench.app, (1001, 1), REFUSED).await;
    assert_eq!(standing(&bench), (State::Paid, false, vec![FAILED]));
    conclude(&bench.app, (1001, 1), REFUSED).await;
    assert_eq!((alarms(&bench), open_rows(&bench)), (vec![(Kind::RefundFailed, 1)], 0));
    // Tried again, with the box ticked again: the goods are on the shelf already.
    let wanted = RefundOrder { restock: true, ..want(&bench, Wish::Full) };
    let again = refund_order(&bench.app, &Actor::machine(), wanted).await.unwrap();
    assert_eq!((again.number, again.lines[0].restocked), (2, 0));
    assert_eq!((bench.stock(), standing(&bench).0), ((5, 0), State::Refunded));
    assert_eq!(again.tax, order(&bench).totals.tax);
    // The first one goes through after all: the buyer has it twice, and somebody is told.
    conclude(&bench.app, (1001, 1), done()).await;
    assert_eq!(alarms(&bench).len(), 2);
    assert!(alarms(&bench).contains(&(Kind::RefundedAfterFailure, 1)));
    assert_eq!(books(&bench).left().unwrap().total, eur(0));
}

#[tokio::test]
async fn a_notice_of_the_gateway_settles_a_refund_or_has_it_asked_about() {
    let folder = tempfile::tempdir().unwrap();
    let (bench, ledger) = sold(folder.path()).await;
    ledger.plan([RefundOutcome::Pending { reference: "re_9".to_owned() }]);
    let refund = refund(&bench, Wish::Full).await.unwrap();
    let headers = hyper::HeaderMap::new();
    let hear = |id: &'static str, news| {
        let about = About::Refund { key: refund.key };
        *ledger.heard.lock().unwrap() = vec![Heard { id: id.to_owned(), about, news }];
        let notice = Notice { headers: &headers, body: b"", now: bench.app.clock().now() };
        let app = Arc::clone(&bench.app);
        async move { crate::action::hear(&app, "test", &notice).await.unwrap() }
    };
    assert_eq!(reconcile_refunds(&bench.app).await, Ok(0), "not due for hours");
    hear("evt_1", News::Ask).await;
    assert_eq!(reconcile_refunds(&bench.app).await, Ok(1));
    assert_eq!(standing(&bench), (State::Refunded, true, vec![RefundState::Done]));
    hear("evt_2", News::Refund(REFUSED)).await;
    assert_eq!(standing(&bench), (State::Paid, false, vec![FAILED]));
    // The same event again changes nothing.
    hear("evt_2", News::Refund(done())).await;
    assert_eq!((standing(&bench).2, alarms(&bench)), (vec![FAILED], vec![(Kind::RefundFailed, 1)]));
}
