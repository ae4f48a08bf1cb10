//! Dual control and dismissal, with two browsers at a real console.

use cashcow::staff::Role;
use hyper::Method;

use super::crew::{founders, hire, href, propose};
use super::harness::people::PASSWORD;
use super::harness::{Browser, Shop};

#[tokio::test]
async fn two_people_let_a_third_in_and_one_alone_puts_them_out_mid_session() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::start(folder.path());
    let (mut ada, mut noor) = founders(&shop).await;

    // One alone grants nothing, however the form is sent.
    let page = propose(&mut ada, "Mallory Reed", Role::PlatformAdministrator).await;
    let number = page.at.split("made=").nth(1).unwrap().to_owned();
    let token = page.form(&format!("/proposals/{number}/withdraw"));
    let mut forged = token.clone();
    forged.action = format!("/proposals/{number}/confirm");
    let refused = ada.browser.submit(forged).await;
    assert_eq!(refused.status, 422, "{}", refused.words());
    assert!(refused.says("You proposed this."), "{}", refused.words());
    assert!(!ada.browser.get("/staff").await.says("Mallory Reed"));
    let page = noor.browser.get("/proposals").await;
    let page = noor.browser.submit(page.form(&format!("/proposals/{number}/reject"))).await;
    assert!(page.says("is rejected"), "{}", page.words());

    // A record that does not allow the role is told by its field, and what was typed stays.
    let page = ada.browser.get("/staff/new").await;
    let form = page.form("/staff/new").set("name", "Bo Lind").set("email", "bo@example.com");
    let form = form.set("role", "platform-administrator").set("employer", "Agency").set("kind", "contractor");
    let page = ada.browser.submit(form.set("since", "2020-01-01")).await;
    assert_eq!(page.status, 422);
    assert!(page.says("This role is for employees only"), "{}", page.words());
    assert_eq!(page.form("/staff/new").value("name"), Some("Bo Lind"));

    let mut manager = hire(&shop, &mut ada, &mut noor, Role::ShopManager).await.browser;
    assert!(manager.get("/orders").await.at.starts_with("/orders"));
    let person = href(&ada.browser.get("/staff").await, "The shop-manager");

    // A token that leaked is revoked by somebody else, from its owner's page.
    let page = manager.get("/tokens").await;
    let form = page.form("/tokens").set("name", "till").set("range", "127.0.0.1/32");
    let page = manager.submit(form.set("right.see-orders", "yes")).await;
    assert!(page.says("The token till is made"), "{}", page.words());
    let page = ada.browser.get(&person).await;
    let revoke = page.forms().into_iter().find(|form| form.action.ends_with("/revoke")).unwrap();
    assert!(page.says("127.0.0.1/32") && revoke.action.starts_with(&person), "{}", revoke.action);
    let page = ada.browser.submit(revoke).await;
    assert!(page.says("It opens nothing any more.") && !page.says("127.0.0.1/32"), "{}", page.words());
    assert!(manager.get("/tokens").await.says("You have no tokens."));

    let page = ada.browser.get(&person).await;
    let page = ada.browser.submit(page.form(&format!("{person}/dismiss"))).await;
    assert!(page.says("Dismissed. Every session has ended."), "{}", page.words());
    let out = manager.get("/orders").await;
    assert!(out.at.starts_with("/sign-in"), "the next click is refused: {}", out.at);
    let page = manager.get("/sign-in").await;
    let form = page.form("/sign-in").set("email", "shop-manager@example.com").set("password", PASSWORD);
    let page = manager.submit(form.set("code", "000000")).await;
    assert!(page.at.starts_with("/sign-in") && page.status == 422, "{} {}", page.at, page.status);

    // Nobody dismisses themselves, and the last administrator stays.
    let own = href(&ada.browser.get("/staff").await, "Ada Osei");
    let page = ada.browser.get(&own).await;
    assert!(page.forms().iter().all(|form| !form.action.ends_with("/dismiss")), "{}", page.words());
    let page = noor.browser.get(&own).await;
    let page = noor.browser.submit(page.form(&format!("{own}/dismiss"))).await;
    assert!(page.says("last active platform administrator"), "{}", page.words());
    assert!(ada.browser.get("/staff").await.at.starts_with("/staff"));
}

#[tokio::test]
async fn where_the_log_is_shipped_waits_among_the_proposals_for_the_other_one() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::start(folder.path());
    let (mut ada, mut noor) = founders(&shop).await;
    let place = "/settings/collector";
    let page = ada.browser.get(place).await;
    let form = page.form(place).set("protocol", "syslog").set("address", "10.0.2.9:6514");
    let page = ada.browser.submit(form.clone().set("address", "logs.example:6514")).await;
    assert_eq!((page.status.as_u16(), page.form(place).value("address")), (422, Some("logs.example:6514")));
    let page = ada.browser.submit(form.clone().set("name", "logs.example")).await;
    assert!(page.says("The change waits for a second person."), "{}", page.words());
    assert!(page.says("Ship the audit log to syslog at 10.0.2.9:6514 as logs.example"), "{}", page.words());
    let link = page.links("/proposals#").pop().unwrap();
    let page = ada.browser.get("/proposals").await;
    assert!(page.forms().iter().all(|form| !form.action.ends_with("/confirm")), "not by who proposed it");
    // A second wish while the first one waits is told where to look.
    let page = noor.browser.get(place).await;
    let page =
        noor.browser.submit(page.form(place).set("protocol", "syslog").set("address", "10.0.2.8:6514")).await;
    assert!(page.says("about the same is waiting"), "{}", page.words());
    let page = noor.browser.get("/proposals").await;
    assert!(page.text().contains(&format!("id=\"{}\"", link.trim_start_matches("/proposals#"))));
    for text in ["10.0.2.9:6514", "logs.example", "Confirm only a place that you know.", "Nowhere"] {
        assert!(page.says(text), "{text}: {}", page.words());
    }
    let page = noor.browser.submit(page.form("/proposals/1/confirm")).await;
    assert!(page.says("Proposal 1 is confirmed and done."), "{}", page.words());
    assert!(noor.browser.get(place).await.says("10.0.2.9:6514"));
}

#[tokio::test]
async fn a_link_that_does_not_count_says_the_same_whatever_is_wrong_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::start(folder.path());
    let mut ada = super::harness::Admin::set_up(&shop).await;
    let noor = href(&ada.browser.get("/staff").await, "Noor Haddad");
    let old = super::crew::make(&mut ada, &noor, "link").await;
    super::crew::make(&mut ada, &noor, "link").await;
    let mut stranger = Browser::new(shop.console());
    let replaced = old.trim_start_matches(shop.console().trim_end_matches('/'));
    let mut said = Vec::new();
    for path in [replaced, "/join/00000000000000000000000000", "/join/none", "/join/%00"] {
        let page = stranger.once(Method::GET, path, None, &[]).await.unwrap();
        assert_eq!(page.status, 404, "{path}");
        said.push(page.words());
    }
    said.dedup();
    assert_eq!(said.len(), 1, "{said:?}");
}
