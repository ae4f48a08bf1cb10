//! Every path that money can take: held, taken, asked for, lost on the line, told of twice and late.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use proptest::prelude::*;

use super::bench::{Bench, DELIVERY, GOOD, PRICE, eur};
use super::ledger::{Bank, Ledger, Line, Truth, notify};
use super::*;
use crate::action::Actor;
use crate::alarm;
use crate::operator::{SETTINGS, Settings};
use crate::order::State;
use crate::payment::{CaptureMode, INQUIRIES};
use crate::store::Span;

const STOCK: u32 = 50;

/// What happens next.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// The shopper pays with a new form; the bank and the line do this.
    Pay(Bank, Line),
    /// The same, and it cannot even be made known there.
    PayUnmade,
    /// The shopper begins another cart.
    NewCart,
    /// So much time passes, and the reconciliation runs.
    Wait(i64, Line),
    /// The bank's customer says yes or no there.
    AtTheBank(bool),
    /// The shopper comes back, or gives up.
    Back(Line),
    GiveUp(Line),
    /// A person takes or releases the money of the newest order.
    Capture(Line),
    Void(Line),
    /// The gateway tells of every payment: to be asked, or in full; twice.
    Notices(bool),
    /// What is held ends by itself.
    HoldEnds,
    /// What was late arrives.
    Arrive,
    /// The service starts anew.
    Recover,
}

fn line() -> impl Strategy<Value = Line> {
    prop_oneof![
        5 => Just(Line::Good),
        2 => Just(Line::CutBefore),
        2 => Just(Line::CutAfter),
        2 => Just(Line::Late),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let bank = prop_oneof![4 => Just(Bank::Yes), 1 => Just(Bank::No), 2 => Just(Bank::Asks)];
    prop_oneof![
        6 => (bank, line()).prop_map(|(bank, line)| Step::Pay(bank, line)),
        1 => Just(Step::PayUnmade),
        2 => Just(Step::NewCart),
        3 => (prop_oneof![Just(1), Just(40), Just(130), Just(2_000), Just(4_000)], line())
            .prop_map(|(seconds, line)| Step::Wait(seconds, line)),
        2 => any::<bool>().prop_map(Step::AtTheBank),
        2 => line().prop_map(Step::Back),
        1 => line().prop_map(Step::GiveUp),
        2 => line().prop_map(Step::Capture),
        1 => line().prop_map(Step::Void),
        2 => any::<bool>().prop_map(Step::Notices),
        1 => Just(Step::HoldEnds),
        2 => Just(Step::Arrive),
        1 => Just(Step::Recover),
    ]
}

struct World {
    bench: Bench,
    ledger: Ledger,
    mode: CaptureMode,
    cart: Token,
    told: u32,
}

impl World {
    async fn open(path: &std::path::Path, mode: CaptureMode) -> Self {
        let bench = Bench::open(path, STOCK).await;
        // One shopper with one card, who would be refused long before the paths are walked.
        bench.app.lift_payment_limits();
        let set = bench.app.store().transact(move |tx| {
            let settings = Settings::load(tx)?;
            settings.map_or(Ok(()), |settings| tx.put(&SETTINGS, &0, &Settings { capture: mode, ..settings }))
        });
        set.await.unwrap();
        let ledger = Ledger::default();
        bench.app.use_gateway(Some(Arc::new(ledger.clone())));
        let cart = bench.cart(1).await;
        Self { bench, ledger, mode, cart, told: 0 }
    }

    fn line(&self, line: Line) {
        self.ledger.0.lock().unwrap().line = Some(line);
    }

    fn newest(&self) -> Option<(u64, Token)> {
        self.bench.orders().last().map(|order| (order.number, order.link))
    }

    async fn take(&mut self, step: Step) {
        let app = Arc::clone(&self.bench.app);
        match step {
            Step::Pay(bank, line) => {
                self.line(line);
                self.ledger.0.lock().unwrap().bank = Some(bank);
                let _ = self.bench.pay_at_once(self.cart, GOOD).await;
            }
            Step::PayUnmade => {
                self.ledger.0.lock().unwrap().unmade = true;
                let _ = self.bench.pay_at_once(self.cart, GOOD).await;
                self.ledger.0.lock().unwrap().unmade = false;
            }
            Step::NewCart => self.cart = self.bench.cart(1).await,
            Step::Wait(seconds, line) => {
                self.line(line);
                self.bench.clock.step(SignedDuration::from_secs(seconds));
                reconcile(&app).await.unwrap();
            }
            Step::AtTheBank(yes) => {
                let taken = if self.mode == CaptureMode::Automatic { Truth::Taken } else { Truth::Held };
                self.ledger.each(|truth| {
                    if *truth == Truth::Asking {
                        *truth = if yes { taken } else { Truth::Closed };
                    }
                });
            }
            Step::Back(line) | Step::GiveUp(line) => {
                self.line(line);
                let Some((_, link)) = self.newest() else { return };
                if matches!(step, Step::Back(_)) {
                    resume(&app, link, "").await.unwrap();
                } else {
                    abandon(&app, link).await.unwrap();
                }
            }
            Step::Capture(line) | Step::Void(line) => {
                self.line(line);
                let Some((number, _)) = self.newest() else { return };
                let actor = Actor::machine();
                let _ = if matches!(step, Step::Capture(_)) {
                    capture_order(&app, &actor, number).await
                } else {
                    void_order(&app, &actor, number).await
                };
            }
            Step::Notices(ask) => {
                self.line(Line::Good);
                for (attempt, truth) in self.ledger.all() {
                    self.told += 1;
                    let kind = if ask || truth == Truth::Open { '?' } else { '!' };
                    let body = format!("{kind}{} ledger_{}", self.told, attempt.key);
                    notify(&app, &body).await.unwrap();
                    notify(&app, &body).await.unwrap();
                }
            }
            Step::HoldEnds => self.ledger.each(|truth| {
                if *truth == Truth::Held {
                    *truth = Truth::Closed;
                }
            }),
            Step::Arrive => self.ledger.arrive(),
            Step::Recover => {
                recover(&app).await.unwrap();
            }
        }
    }

    /// The line is good again and time passes until nothing is open any more.
    async fn settle(&mut self) {
        self.line(Line::Good);
        self.ledger.arrive();
        // Nobody asks about what was refused: the gateway's own word is what tells of it.
        self.take(Step::Notices(true)).await;
        for _ in 0..30 {
            self.bench.clock.step(SignedDuration::from_hours(7));
            reconcile(&self.bench.app).await.unwrap();
        }
    }

    /// Every charge has its owner, every order is what its money says, and the stock agrees.
    fn check(&self) -> Result<(), TestCaseError> {
        let orders: BTreeMap<_, _> =
            self.bench.orders().into_iter().map(|order| (order.number, order)).collect();
        let alarms = self.bench.app.store().read(|view| alarm::open(view)).unwrap();
        let alarmed =
            |number: u64| alarms.iter().any(|(_, alarm)| alarm.object == alarm::Object::Order(number));
        let mut taken: BTreeMap<u64, u32> = BTreeMap::new();
        for (made, truth) in self.ledger.all() {
            let attempts = self.bench.attempts();
            let attempt = attempts.iter().find(|attempt| attempt.key == made.key);
            let attempt = attempt.ok_or_else(|| TestCaseError::fail("a payment without an attempt"))?;
            let order = orders.get(&attempt.order);
            let order = order.ok_or_else(|| TestCaseError::fail("an attempt without an order"))?;
            let own = order.paid.as_ref().is_some_and(|paid| paid.attempt == attempt.number);
            prop_assert!(!attempt.state.is_under_way(), "{attempt:?} is under way, the truth is {truth:?}");
            match truth {
                Truth::Taken => {
                    *taken.entry(order.number).or_default() += 1;
                    prop_assert!(matches!(attempt.state, AttemptState::Captured(_)), "{attempt:?}");
                    prop_assert!((own && order.state == State::Paid) || alarmed(order.number), "{order:?}");
                    prop_assert_eq!(order.totals.total, eur(PRICE + DELIVERY));
                }
                Truth::Held => {
                    prop_assert!(matches!(attempt.state, AttemptState::Authorized(_)), "{attempt:?}");
                    prop_assert!(own && order.state == State::Authorized, "{order:?}");
                }
                Truth::Open | Truth::Closed | Truth::Asking => {
                    prop_assert!(!attempt.state.is_approved(), "{attempt:?}, and no money is there");
                    prop_assert!(!own || order.state == State::Cancelled, "{order:?}");
                }
            }
        }
        let mut sold = 0;
        for order in orders.values() {
            let charged = taken.get(&order.number).copied().unwrap_or_default();
            prop_assert!(charged <= 1 || alarmed(order.number), "order {} was charged twice", order.number);
            match order.state {
                State::Paid => prop_assert!(charged >= 1),
                State::Authorized | State::Cancelled => prop_assert_eq!(charged, 0),
                State::AwaitingPayment | State::Refunded => prop_assert!(false, "{:?}", order),
            }
            sold += u32::from(matches!(order.state, State::Paid | State::Authorized));
        }
        prop_assert_eq!(self.bench.stock(), (STOCK - sold, 0));
        let asked: Vec<_> = self
            .bench
            .app
            .store()
            .read(|view| view.scan(&INQUIRIES, &Span::all(999)))
            .map_err(|error: StoreError| TestCaseError::fail(error.to_string()))?;
        let waiting = orders.values().filter(|order| order.state == State::Authorized).count();
        prop_assert_eq!(asked.len(), waiting, "asked about for ever: {:?}", asked);
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn no_path_leaves_a_charge_without_its_owner(
        manual: bool,
        steps in proptest::collection::vec(step(), 1..25),
    ) {
        let mode = if manual { CaptureMode::Manual } else { CaptureMode::Automatic };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let mut world = World::open(folder.path(), mode).await;
            for step in &steps {
                world.take(*step).await;
            }
            world.settle().await;
            world.check()
        })?;
    }
}

#[tokio::test]
async fn what_a_gateway_does_not_tell_for_an_hour_is_an_alarm() {
    let folder = tempfile::tempdir().unwrap();
    let mut world = World::open(folder.path(), CaptureMode::Manual).await;
    let kinds = |world: &World| {
        let open = world.bench.app.store().read(|view| alarm::open(view)).unwrap();
        open.into_iter().map(|(_, alarm)| alarm.kind).collect::<Vec<_>>()
    };
    world.take(Step::Pay(Bank::Yes, Line::CutAfter)).await;
    for seconds in [1, 600, 600] {
        world.take(Step::Wait(seconds, Line::CutBefore)).await;
    }
    assert_eq!(kinds(&world), [], "twenty minutes may pass");
    world.take(Step::Wait(2_400, Line::CutBefore)).await;
    assert_eq!(kinds(&world), [alarm::Kind::Unsettled]);
    world.take(Step::Wait(700, Line::Good)).await;
    assert!(matches!(world.bench.attempts()[0].state, AttemptState::Authorized(_)));

    world.take(Step::Capture(Line::CutBefore)).await;
    world.take(Step::Wait(600, Line::CutBefore)).await;
    assert_eq!(kinds(&world), [alarm::Kind::Unsettled]);
    world.take(Step::Wait(3_600, Line::CutBefore)).await;
    assert_eq!(kinds(&world), [alarm::Kind::CaptureFailed, alarm::Kind::Unsettled]);
}
