//! The console's own check of who calls, on a shop that really runs and has no firewall: every address of
//! 127.0.0.0/8 can reach its port, and the service alone decides who stays.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

#[path = "../harness/mod.rs"]
mod harness;
mod wire;

use std::path::Path;
use std::time::Duration;

use harness::{Admin, Browser, Page, Shop};
use wire::Wire;

/// Everybody works at `.1`, Grace at `.2`, and a stranger calls from `.3`.
const HERE: [u8; 4] = [127, 0, 0, 1];
const GRACE: [u8; 4] = [127, 0, 0, 2];
const STRANGER: [u8; 4] = [127, 0, 0, 3];

const APPLIANCE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/appliance.toml"));
const RANGES: &str = r#"{ cidr = "127.0.0.1/32", name = "desk" }, { cidr = "127.0.0.2/32", name = "home", owner = "Grace Hopper" }"#;

async fn shop(folder: &Path) -> (Shop, Browser) {
    let file = folder.join("appliance.toml");
    let text = APPLIANCE
        .replace("{ cidr = \"10.0.2.2/32\", name = \"hosting desk\" }", RANGES)
        .replace("[administrator]", "demo = true\n[administrator]");
    std::fs::write(&file, text).unwrap();
    let shop = Shop::start_with(folder, &["--appliance", file.to_str().unwrap()]);
    let admin = Admin::set_up(&shop).await;
    (shop, admin.browser.at(HERE))
}

/// From the form of a change to its trial.
async fn change(browser: &mut Browser, fields: &[(&str, &str)]) -> Page {
    let page = browser.get("/settings/ranges/machine").await;
    let mut form = page.form("/settings/ranges/machine");
    for (name, value) in fields {
        form = form.set(name, value);
    }
    let page = browser.submit(form).await;
    assert!(page.words().contains("The ranges afterwards"), "{}", page.words());
    browser.submit(page.form("/settings/ranges/machine/try")).await
}

#[tokio::test]
async fn removing_a_range_cuts_its_open_connections_and_leaves_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let (shop, mut ada) = shop(folder.path()).await;
    let mut grace = Wire::open(shop.console(), GRACE).await.unwrap();
    let mut desk = Wire::open(shop.console(), HERE).await.unwrap();
    assert!(grace.get("/sign-in").await.unwrap().starts_with("HTTP/1.1 200"));
    assert!(desk.get("/sign-in").await.unwrap().starts_with("HTTP/1.1 200"));
    assert!(Wire::open(shop.console(), STRANGER).await.is_err(), "a stranger gets no handshake");

    let page = change(&mut ada, &[("remove.1", "127.0.0.2/32")]).await;
    assert!(page.words().contains("is on trial"), "{}", page.words());
    assert!(grace.ended_within(Duration::from_secs(3)).await, "the open connection is cut");
    assert!(Wire::open(shop.console(), GRACE).await.is_err(), "and there is no new one");
    // Who stays is answered; the answer ends a connection that is older than the rules.
    let answer = desk.get("/sign-in").await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("connection: close"), "{answer}");
    let answer = Wire::open(shop.console(), HERE).await.unwrap().get("/sign-in").await.unwrap();
    assert!(!answer.contains("connection: close"), "{answer}");

    let page = ada.get("/settings/ranges").await;
    let mut form = page.form("/settings/ranges/machine/confirm");
    form.action = "/settings/ranges/machine/take-back".to_owned();
    let page = ada.submit(form).await;
    assert!(page.words().contains("The change was taken back."), "{}", page.words());
    let mut grace = Wire::open(shop.console(), GRACE).await.unwrap();
    assert!(grace.get("/sign-in").await.unwrap().starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_new_range_lets_people_in_while_it_is_on_trial_and_stays_once_it_is_confirmed() {
    let folder = tempfile::tempdir().unwrap();
    let (shop, mut ada) = shop(folder.path()).await;
    let new = [("cidr.0", "127.0.0.3/32"), ("name.0", "yard"), ("owner.0", "Noor Haddad")];
    let page = change(&mut ada, &new).await;
    assert!(page.words().contains("seconds left to confirm it"), "{}", page.words());
    assert!(Wire::open(shop.console(), STRANGER).await.is_ok());
    let page = ada.get("/settings/ranges").await;
    let page = ada.submit(page.form("/settings/ranges/machine/confirm")).await;
    assert!(page.words().contains("The change is confirmed and stays."), "{}", page.words());
    let again = Shop::start_with(
        &shop.stop(),
        &["--appliance", folder.path().join("appliance.toml").to_str().unwrap()],
    );
    assert!(Wire::open(again.console(), STRANGER).await.is_ok(), "a restart keeps it");
}

#[tokio::test]
async fn a_killed_service_comes_back_with_what_was_confirmed() {
    let folder = tempfile::tempdir().unwrap();
    let (shop, mut ada) = shop(folder.path()).await;
    let new = [("cidr.0", "127.0.0.3/32"), ("name.0", "yard"), ("owner.0", "Noor Haddad")];
    change(&mut ada, &new).await;
    let file = folder.path().join("appliance.toml");
    let again = Shop::start_with(&shop.kill(), &["--appliance", file.to_str().unwrap()]);
    assert!(Wire::open(again.console(), STRANGER).await.is_err());
    ada.move_to(again.console());
    let page = ada.get("/settings/ranges").await;
    assert!(page.words().contains("Nobody confirmed it, so it was taken back"), "{}", page.words());
}

#[tokio::test]
async fn mistakes_are_named_at_their_fields_and_nothing_that_was_typed_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let (_shop, mut ada) = shop(folder.path()).await;
    let page = ada.get("/settings/ranges/machine").await;
    let form = page
        .form("/settings/ranges/machine")
        .set("remove.0", "127.0.0.1/32")
        .set("cidr.0", "10.0.0.0/8")
        .set("name.0", "yard")
        .set("cidr.2", "127.0.0.2/32")
        .set("name.2", "yard")
        .set("owner.2", "Noor Haddad");
    let page = ada.submit(form).await;
    let text = page.words();
    assert_eq!(page.status.as_u16(), 422);
    for said in
        ["is wider than /16", "Write who answers for the range.", "This shares addresses with 127.0.0.2/32"]
    {
        assert!(text.contains(said), "{said}: {text}");
    }
    let form = page.form("/settings/ranges/machine");
    for (name, value) in [("remove.0", "127.0.0.1/32"), ("cidr.0", "10.0.0.0/8"), ("owner.2", "Noor Haddad")]
    {
        assert!(form.fields.iter().any(|field| field.0 == name && field.1 == value), "{name}");
    }
    let page = ada.get("/settings/ranges/machine").await;
    let page = ada.submit(page.form("/settings/ranges/machine").set("remove.0", "127.0.0.1/32")).await;
    assert!(page.words().contains("This would cut you off: you are at 127.0.0.1"), "{}", page.words());
}
