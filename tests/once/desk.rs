//! The shop's people at the console: what they press, and what they read.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::harness::browser::Form;
use super::harness::{Browser, Page};
use super::plan::{Desk, Script};
use super::power::Power;
use super::stage::Stage;
use super::vendors::{Api, Vendor};

/// The most times that somebody tries again after a cut.
const TRIES: usize = 10;
/// What the console says of an attempt that its gateway still has to settle. Who is at the bank's page, and
/// what is lied about, are not meant.
const OPEN: [&str; 4] = [
    "No answer yet: the gateway is asked again",
    "Under way",
    "The money is being taken",
    "The money is being released",
];

/// Does with the order of this page what the plan says; what was pressed.
pub async fn serve(stage: &Stage, script: &Script, page: &Page) -> Vec<String> {
    let Some(number) = number(page) else { return Vec::new() };
    let at = |doing: &str| format!("/orders/{number}/{doing}");
    let (capture, release, refund) = (at("capture"), at("release"), at("refund"));
    let own = format!("quantity.{}", script.handle());
    let mut ready = Vec::new();
    match script.desk {
        Desk::Nothing => {}
        Desk::Captures(times) => {
            for _ in 0..times {
                ready.extend(form(stage, &capture).await);
            }
        }
        Desk::Voids(times) => {
            for _ in 0..times {
                ready.extend(form(stage, &release).await);
            }
        }
        Desk::CapturesAndVoids => {
            ready.extend(form(stage, &capture).await);
            ready.extend(form(stage, &release).await);
        }
        Desk::Refunds(times) => {
            for _ in 0..times {
                ready.extend(checked(stage, &refund, &[("what", "full")]).await);
            }
        }
        Desk::RefundsPart(times) => {
            for _ in 0..times {
                ready.extend(checked(stage, &refund, &[("what", "lines"), (&own, "1")]).await);
            }
        }
    }
    let pressed = ready.iter().map(|form| form.action.clone()).collect();
    // Each by somebody else, all at once.
    let all: Vec<_> =
        ready.into_iter().map(|form| press(stage.console(), stage.power.clone(), form)).collect();
    let all: Vec<_> = all.into_iter().map(tokio::spawn).collect();
    for one in all {
        one.await.unwrap();
    }
    pressed
}

/// Lets a vendor take the payments from now on.
pub async fn choose(stage: &Stage, vendor: &Vendor) {
    for _ in 0..TRIES {
        stage.power.back().await;
        let Some(mut form) = form(stage, "/settings/gateway").await else { continue };
        form = form.set("gateway", vendor.gateway);
        for (name, value) in vendor.account() {
            form = form.set(name, value);
        }
        if let Ok(page) = stage.console().try_submit(form).await {
            assert!(page.status.is_success() && page.at.contains("saved"), "{}: {}", page.at, page.words());
            return;
        }
    }
    panic!("{} could not be chosen", vendor.name);
}

/// The form of a page of the console that posts to that page, if the order has one.
async fn form(stage: &Stage, at: &str) -> Option<Form> {
    let page = look(stage, at).await?;
    page.forms().into_iter().find(|form| form.action == at)
}

async fn look(stage: &Stage, at: &str) -> Option<Page> {
    for _ in 0..TRIES {
        match stage.console().try_get(at).await {
            Ok(page) => return Some(page),
            Err(_) => stage.power.back().await,
        }
    }
    None
}

/// A refund, filled in and checked: the form that does it.
async fn checked(stage: &Stage, at: &str, fields: &[(&str, &str)]) -> Option<Form> {
    for _ in 0..TRIES {
        let mut form = form(stage, at).await?.set("reason", "Asked for");
        for (name, value) in fields {
            form = form.set(name, value);
        }
        form.fields.retain(|(name, _)| name != "restock");
        let confirm = format!("{at}/confirm");
        match stage.console().try_submit(form).await {
            Ok(page) => return page.forms().into_iter().find(|form| form.action == confirm),
            Err(_) => stage.power.back().await,
        }
    }
    None
}

/// Sends a form; after a cut the same again.
async fn press(mut browser: Browser, power: Power, form: Form) {
    for _ in 0..TRIES {
        if browser.try_submit(form.clone()).await.is_ok() {
            return;
        }
        power.back().await;
    }
}

/// The order's number, as its page tells it.
pub fn number(page: &Page) -> Option<u64> {
    let words = page.words();
    let mut parts = words.split("Order ").skip(1);
    parts.find_map(|part| part.split(' ').next()?.parse().ok())
}

/// Waits until no attempt has to be settled any more, without a restart; how long that took. Not waited for are
/// the attempts whose answer was lost at the vendors who may be `later`.
pub async fn settled(stage: &Stage, limit: Duration, later: &[Api]) -> Duration {
    let began = Instant::now();
    let mut browser = stage.console();
    let mut over = BTreeSet::new();
    loop {
        let mut open = Vec::new();
        for state in ["awaiting", "authorized"] {
            for order in orders(&mut browser, state).await {
                if over.contains(&order) {
                    continue;
                }
                let page = browser.get(&order).await;
                let is_later = later.iter().any(|api| page.says(api.name())) && page.says(OPEN[0]);
                if !is_later && OPEN.iter().any(|words| page.says(words)) {
                    open.push(order);
                } else {
                    over.insert(order);
                }
            }
        }
        if open.is_empty() {
            return began.elapsed();
        }
        assert!(began.elapsed() < limit, "after {limit:?} without faults these are still open: {open:?}");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// Addresses of the orders in this state.
pub async fn orders(browser: &mut Browser, state: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut next = Some(format!("/orders?state={state}"));
    while let Some(at) = next.take() {
        let page = browser.get(&at).await;
        let is_number =
            |to: &String| to.trim_start_matches("/orders/").bytes().all(|byte| byte.is_ascii_digit());
        found.extend(page.links("/orders/").into_iter().filter(is_number));
        next = page.links("/orders?").into_iter().find(|to| to.contains("before="));
    }
    found
}
