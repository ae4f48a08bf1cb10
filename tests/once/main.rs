//! Without this, a shopper pays twice, or pays for nothing, on the day on which all goes wrong at once: 1,000
//! checkouts while gateways fail in every way, shoppers do what people do, and the power goes.
//!
//! The seed, printed first, decides for each checkout by its own index: goods, cards, habits, what is said at the
//! bank, and the step and the milliseconds after it at which `cashcowd` is killed. It decides each fault by what
//! the request does, by its payment's amount (no two checkouts have the same) and by how often that was asked
//! before. So a seed repeats every one of these, in whatever order the checkouts come. What it cannot repeat is
//! what else the other shoppers do at the instant of a kill, and the exact turn of two requests at once.
//! `CASHCOW_ONLY=137,412` plays only these checkouts of a seed, one after the other: then only the milliseconds
//! are left to chance.
//!
//! Time is real while faults and kills go on. After that everything must be final within [`SETTLED_WITHIN`]; who
//! never came back from the bank or never paid is given up after half an hour and an hour, Authorize.Net takes
//! refunds after a night, and these are let go by in the rows. At the very end only what the gateway lies about
//! is under way, and a refund at Adyen whose 500 is repeated under its key.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may fail loudly"
)]

mod books;
mod desk;
#[path = "../double/mod.rs"]
mod double;
#[path = "../harness/mod.rs"]
mod harness;
mod plan;
mod power;
mod shopper;
mod stage;
mod vendors;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use books::{Audit, Books, Broken};
use cashcow::payment::{Attempt, AttemptState};
use double::Fault;
use harness::{Browser, people};
use jiff::SignedDuration;
use plan::Script;
use stage::Stage;
use vendors::{Api, Doubles, VENDORS};

/// From the last fault until every attempt is final. The longest wait between two questions that a run of faults
/// brings about is 64 s; the rest is for a busy machine.
const SETTLED_WITHIN: Duration = Duration::from_secs(120);
/// Who may leave it open for longer what never reached them: Authorize.Net's lists show nothing only after ten
/// minutes for sure, and Adyen's notices are waited for two minutes before a payment is cancelled by reference.
const LATER: [Api; 2] = [Api::AuthorizeNet, Api::Adyen];
/// So many of a thousand requests go wrong.
const FAULTS: usize = 200;
/// So many of a thousand notices are spoiled.
const NOTICES: usize = 300;
/// The fewest kills of a whole run.
const KILLS: usize = 40;

/// What goes wrong, each as often as it stands here.
fn faults() -> Vec<Fault> {
    let mut kinds = [Fault::LOSSES, Fault::LOSSES].concat();
    kinds.extend([Fault::Refused(429), Fault::SlowBefore(2_500), Fault::WrongAmount, Fault::TooLong]);
    kinds
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_order_is_charged_exactly_once_whatever_goes_wrong() {
    let seed = number("CASHCOW_SEED").unwrap_or_else(|| u64::from(std::process::id()));
    println!("seed {seed}: CASHCOW_SEED={seed} repeats this run");
    let only = std::env::var("CASHCOW_ONLY").ok();
    let only: Option<Vec<usize>> =
        only.map(|list| list.split(',').map(|index| index.trim().parse().unwrap()).collect());
    let began = Instant::now();
    let doubles = Doubles::start().await;
    let folder = tempfile::tempdir().unwrap();
    let (place, shop, admin) = stage::open(folder.path(), &doubles).await;
    let chosen = |index: &usize| only.as_ref().is_none_or(|only| only.contains(index));
    let scripts: Vec<_> = (0..plan::MOST)
        .filter(chosen)
        .map(|index| Script::of(seed, index, stage::vendor_of(index, plan::MOST)))
        .collect();
    let lies: Vec<_> = scripts.iter().filter(|script| script.lie).map(Script::amount).collect();
    let stage = Stage::new(place, shop, &admin, scripts);
    stage.listen(&doubles);
    for double in doubles.all() {
        double.plan_random(seed, FAULTS, &faults());
        double.lie_about(&lies);
    }
    doubles.tell(&stage.place.storefront(), seed, NOTICES);
    let kills = stage.scripts.iter().filter(|script| script.kill.is_some()).count();
    println!(
        "{} checkouts and {kills} kills are planned; open after {:?}",
        stage.scripts.len(),
        began.elapsed()
    );

    for vendor in &VENDORS {
        desk::choose(&stage, vendor).await;
        let own = |script: &&Script| std::ptr::eq(stage.vendor(script.index), vendor);
        let scripts: Vec<_> = stage.scripts.iter().filter(own).cloned().collect();
        let (count, began) = (scripts.len(), Instant::now());
        if only.is_some() {
            for script in scripts {
                println!("{script:?}");
                stage.play(vec![script]).await;
            }
        } else {
            stage.play(scripts).await;
        }
        println!(
            "{}: {count} checkouts in {:?}, {} kills so far",
            vendor.name,
            began.elapsed(),
            stage.power.kills()
        );
    }
    let shop = stage.power.rest().await;
    for double in doubles.all() {
        double.forget_faults();
        double.plan_random_notices(seed, 0, &[]);
    }
    let took = desk::settled(&stage, SETTLED_WITHIN, &LATER).await;
    println!("settled {took:?} after the last fault");
    let mut broken = what_was_told(&stage).await;
    let books = let_time_pass(&stage, shop, &doubles).await;
    broken.extend(what_was_pressed(&stage, &books));
    for double in doubles.all() {
        let breaches = double.breaches().into_iter();
        broken.extend(breaches.map(|what| Broken { order: None, index: None, what }));
    }
    broken.extend(Audit::new(&books, &doubles, &lies).all());
    sum_up(&stage, &books, &doubles, began.elapsed());
    if !broken.is_empty() {
        explain(seed, &stage, &books, &doubles, &broken);
        panic!("{} promises were broken with seed {seed}; see above", broken.len());
    }
    if only.is_none() {
        assert!(stage.power.kills() >= KILLS, "only {} kills: the test is too gentle", stage.power.kills());
        assert!(books.paid() >= plan::MOST / 2, "only {} orders were paid", books.paid());
    }
}

/// What shoppers complain about, and pages that said "paid" and do not any more.
async fn what_was_told(stage: &Arc<Stage>) -> Vec<Broken> {
    let stories = std::mem::take(&mut *stage.stories.lock().unwrap());
    let mut broken = Vec::new();
    let mut browser = Browser::new(&stage.place.storefront());
    for (index, story) in &stories {
        let mut say = |what: String| broken.push(Broken { order: None, index: Some(*index), what });
        story.complaints.iter().cloned().for_each(&mut say);
        for link in &story.confirmed {
            let page = browser.get(link).await;
            if story.pressed.is_empty() && !people::is_paid(&page) {
                say(format!("{link} was confirmed and now says: {}", page.words()));
            }
        }
        if story.confirmed.len() > 1 {
            say(format!("one checkout, several confirmed orders: {:?}", story.confirmed));
        }
    }
    *stage.stories.lock().unwrap() = stories;
    broken
}

/// What was pressed in the console has happened.
fn what_was_pressed(stage: &Stage, books: &Books) -> Vec<Broken> {
    use cashcow::order::State;
    let links: HashMap<_, _> =
        books.orders.values().map(|order| (format!("/order/{}", order.link), order)).collect();
    let mut broken = Vec::new();
    for (index, story) in stage.stories.lock().unwrap().iter() {
        let Some(order) = story.confirmed.iter().find_map(|link| links.get(link)) else { continue };
        let pressed = |what: &str| story.pressed.iter().any(|at| at.ends_with(what));
        let fits = match order.state {
            State::Authorized => !pressed("/capture") && !pressed("/release"),
            State::Cancelled => pressed("/release"),
            State::Refunded => pressed("/confirm"),
            State::Paid => !pressed("/release") || pressed("/capture"),
            State::AwaitingPayment => false,
        };
        let refunds = books.refunds.iter().filter(|refund| refund.order == order.number).count();
        if !fits || pressed("/confirm") != (refunds > 0) {
            let what = format!("{:?} was pressed: it is {:?}, {refunds} refunds", story.pressed, order.state);
            broken.push(Broken { order: Some(order.number), index: Some(*index), what });
        }
    }
    broken
}

/// Whoever never came back, and whatever was never paid, is given up in the end. Only orders that are lied about
/// may be left.
async fn let_time_pass(stage: &Arc<Stage>, shop: harness::Shop, doubles: &Doubles) -> Books {
    let mut shop = Some(shop);
    for _ in 0..5 {
        shop.take().unwrap().stop();
        let store = cashcow::boot::demo::open_store(&stage.place.folder).await.unwrap();
        let books = Books::read(&store);
        let left = books.under_way();
        println!("{} orders are under way or unpaid; a night goes by", left.len());
        let is_lied_about = |attempt: &&Attempt| attempt.state == AttemptState::Mismatch;
        let lies = books.attempts.iter().filter(is_lied_about).count();
        if left.len() == lies && books.attempts.iter().all(is_final) {
            return books;
        }
        books::pass(&store, SignedDuration::from_hours(8)).await;
        // Authorize.Net takes refunds after its night, and is done with them after another.
        doubles.of(Api::AuthorizeNet).settle_batch();
        drop(store);
        shop = Some(stage.place.start());
        desk::settled(stage, SETTLED_WITHIN, &[]).await;
        // Then what is unpaid is given up, once a second.
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
    shop.take().unwrap().stop();
    Books::read(&cashcow::boot::demo::open_store(&stage.place.folder).await.unwrap())
}

fn is_final(attempt: &Attempt) -> bool {
    !attempt.state.is_open() || matches!(attempt.state, AttemptState::Mismatch | AttemptState::Authorized(_))
}

fn sum_up(stage: &Stage, books: &Books, doubles: &Doubles, took: Duration) {
    let stories = stage.stories.lock().unwrap();
    let forms: usize = stories.values().map(|story| story.forms).sum();
    let confirmed: usize = stories.values().map(|story| story.confirmed.len()).sum();
    let pressed: usize = stories.values().map(|story| story.pressed.len()).sum();
    let mut states: BTreeMap<String, usize> = BTreeMap::new();
    for order in books.orders.values() {
        *states.entry(format!("{:?}", order.state)).or_default() += 1;
    }
    let (mut requests, mut charges, mut met) = (0, 0, BTreeMap::<String, usize>::new());
    for double in doubles.all() {
        charges += double.charges().len();
        for seen in double.seen() {
            requests += 1;
            if let Some(fault) = seen.fault {
                *met.entry(format!("{fault:?}")).or_default() += 1;
            }
        }
    }
    let mut alarms: BTreeMap<String, u32> = BTreeMap::new();
    for alarm in &books.alarms {
        *alarms.entry(format!("{:?}", alarm.kind)).or_default() += alarm.count;
    }
    println!(
        "{} checkouts, {forms} payment forms, {} kills, {} orders {states:?}, {} attempts, {confirmed} confirmed to \
         shoppers, {pressed} presses in the console",
        stories.len(),
        stage.power.kills(),
        books.orders.len(),
        books.attempts.len()
    );
    let mut notices: BTreeMap<String, usize> = BTreeMap::new();
    for sent in doubles.all().iter().flat_map(|double| double.notices_sent()) {
        *notices.entry(format!("{:?}", sent.answer)).or_default() += 1;
    }
    let refunded: i64 =
        books.refunds.iter().filter(|refund| refund.state.counts()).map(|one| one.amount.minor).sum();
    println!("{} refunds, {refunded} in all; notices {notices:?}", books.refunds.len());
    println!("gateways: {requests} requests, {charges} charges, faults {met:?}; alarms {alarms:?}; {took:?}");
}

/// All that is known of the checkouts whose promises were broken.
fn explain(seed: u64, stage: &Stage, books: &Books, doubles: &Doubles, broken: &[Broken]) {
    let log = std::fs::read_to_string(stage.place.folder.join("cashcowd.log")).unwrap_or_default();
    let kept = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("once-{seed}.log"));
    let _ = std::fs::write(&kept, &log);
    println!("the shop's log is kept as {}", kept.display());
    for Broken { order, index, what } in broken {
        println!("\nBROKEN: {what}");
        let Some(index) = index else { continue };
        println!("  CASHCOW_SEED={seed} CASHCOW_ONLY={index} plays this checkout alone");
        println!("  {:?}", stage.scripts.iter().find(|script| script.index == *index));
        println!("  {:?}", stage.stories.lock().unwrap().get(index));
        for attempt in books.attempts.iter().filter(|one| plan::index_of(one.amount.minor) == Some(*index)) {
            println!("  {attempt:?}");
        }
        for seen in doubles.all().iter().flat_map(|double| double.seen()) {
            if seen.amount.and_then(plan::index_of) == Some(*index) {
                println!("  gateway: {} {} {:?}", seen.method, seen.path, seen.fault);
            }
        }
        let Some(order) = order else { continue };
        let about = format!("order {order}:");
        log.lines().filter(|line| line.contains(&about)).for_each(|line| println!("  log: {line}"));
    }
}
