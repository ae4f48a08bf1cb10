//! The shop's people at the console: what they press, and what they read.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::harness::{Browser, Page};
use super::plan::{Desk, Script};
use super::stage::Stage;

/// What the console says of an attempt that its gateway still has to settle. Who is at the bank's page, and
/// what is lied about, are not meant.
const OPEN: [&str; 4] =
    ["No answer yet: the gateway is asked again", "Under way", "The money is being taken", "The money is being released"];

/// Does with the order of this page what the plan says.
pub async fn serve(stage: &Stage, script: &Script, page: &Page) -> Vec<String> {
    let _ = (stage, script, page, Desk::Nothing);
    Vec::new()
}

/// The order's number, as its page tells it.
pub fn number(page: &Page) -> Option<u64> {
    let words = page.words();
    let mut parts = words.split("Order ").skip(1);
    parts.find_map(|part| part.split(' ').next()?.parse().ok())
}

/// Waits until no attempt has to be settled any more, without a restart; how long that took.
pub async fn settled(stage: &Stage, limit: Duration) -> Duration {
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
                if OPEN.iter().any(|words| page.says(words)) {
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
        let is_number = |to: &String| to.trim_start_matches("/orders/").bytes().all(|byte| byte.is_ascii_digit());
        found.extend(page.links("/orders/").into_iter().filter(is_number));
        next = page.links("/orders?").into_iter().find(|to| to.contains("before="));
    }
    found
}
