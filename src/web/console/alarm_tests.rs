//! The console's alarms: the banner, the page, and dealing with one.

use axum::http::StatusCode;
use jiff::SignedDuration;

use super::tests::{Browser, PAGES, Page, signed_in};
use crate::action::fixture::Fixture;
use crate::action::sound;
use crate::alarm::{Kind, MOST_OPEN, Object};

async fn raise(fixture: &Fixture, kind: Kind, order: u64) {
    sound(fixture.app(), kind, Object::Order(order)).await;
}

/// The part of the page from its list of open alarms to the list of those that are closed.
fn open(page: &Page) -> &str {
    page.text
        .split("aria-labelledby=\"open\"")
        .nth(1)
        .unwrap()
        .split("aria-labelledby=\"closed\"")
        .next()
        .unwrap()
}

async fn acknowledge(browser: &mut Browser, number: u64, seen: u32) -> Page {
    browser.submit("/alarms", &format!("/alarms/{number}/acknowledge"), &format!("seen={seen}")).await
}

#[tokio::test]
async fn while_an_alarm_is_open_every_page_says_so_once_and_none_does_otherwise() {
    let (fixture, mut browser) = signed_in().await;
    for path in PAGES {
        assert!(!browser.get(path).await.text.contains("role=\"alert\""), "{path}");
    }
    raise(&fixture, Kind::PaymentMismatch, 1042).await;
    fixture.wait(SignedDuration::from_secs(60));
    raise(&fixture, Kind::PaidTwice, 1043).await;
    for path in PAGES {
        let page = browser.get(path).await;
        assert_eq!(page.text.matches("role=\"alert\"").count(), 1, "{path}");
        let banner = page.text.split("role=\"alert\"").nth(1).unwrap().split("</div>").next().unwrap();
        assert!(banner.contains("2 open alarms. The latest:"), "{path}: {banner}");
        assert!(banner.contains("An order was paid twice.") && banner.contains("href=\"/orders/1043\""));
        assert!(banner.contains("href=\"/alarms\""), "{path}: {banner}");
    }
    // A form's own errors speak first.
    let page = browser.submit("/settings/gateway", "/settings/gateway", "gateway=stripe").await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(page.text.matches("role=\"alert\"").count(), 1);
    assert!(page.text.contains("2 open alarms"));
    // Who is not signed in learns nothing.
    let mut stranger = Browser::of(&fixture);
    assert!(!stranger.get("/sign-in").await.text.contains("alarm"));
    assert_eq!(stranger.get("/alarms").await.location, "/sign-in");
}

#[tokio::test]
async fn an_alarm_names_its_order_and_its_cure_and_is_closed_by_whom_the_page_then_names() {
    let (fixture, mut browser) = signed_in().await;
    assert!(browser.get("/alarms").await.text.contains("No alarm is open."));
    raise(&fixture, Kind::PaymentMismatch, 1042).await;
    fixture.wait(SignedDuration::from_mins(10));
    raise(&fixture, Kind::PaymentMismatch, 1042).await;
    let page = browser.get("/alarms").await;
    let card = open(&page);
    assert!(card.contains("tells of another amount") && card.contains("Do not ship."), "{card}");
    assert!(card.contains("<a href=\"/orders/1042\">Order 1042</a>"), "{card}");
    assert!(card.contains("Twice, first 2026-11-18 11:06 UTC, last 2026-11-18 11:16 UTC"), "{card}");

    let page = acknowledge(&mut browser, 1, 2).await;
    assert_eq!(page.location, "/alarms?done");
    let page = browser.get("/alarms?done").await;
    assert!(open(&page).contains("No alarm is open.") && !page.text.contains("role=\"alert\""));
    let closed = page.text.split("aria-labelledby=\"closed\"").nth(1).unwrap();
    assert!(closed.contains("ada@example.com") && closed.contains("Order 1042"), "{closed}");
    assert!(fixture.last_deed().contains("AcknowledgeAlarm \"alarm 1: payment-mismatch, order 1042\" Done"));
    assert_eq!(acknowledge(&mut browser, 1, 2).await.location, "/alarms?gone");
    assert_eq!(browser.submit("/", "/alarms/x/acknowledge", "seen=1").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_alarm_that_was_raised_again_meanwhile_stays_open() {
    let (fixture, mut browser) = signed_in().await;
    raise(&fixture, Kind::CardTesting, 7).await;
    raise(&fixture, Kind::CardTesting, 7).await;
    for seen in ["seen=1", "seen=x", ""] {
        let page = browser.submit("/alarms", "/alarms/1/acknowledge", seen).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{seen}");
        assert!(page.text.contains("href=\"#alarm-1\"") && page.text.contains("id=\"alarm-1\""), "{seen}");
        assert_eq!(page.text.matches("role=\"alert\"").count(), 1);
    }
}

#[tokio::test]
async fn the_page_stays_small_however_many_alarms_there_are() {
    let (fixture, mut browser) = signed_in().await;
    for number in 0..u64::try_from(MOST_OPEN).unwrap() + 9 {
        raise(&fixture, Kind::GatewayRefusesKey, number).await;
    }
    let page = browser.get("/alarms").await;
    assert!(page.text.len() < 30_000, "{} bytes", page.text.len());
    assert_eq!(open(&page).matches("I have dealt with this").count(), 25);
    assert!(page.text.contains("101 open alarms.") && open(&page).contains("76 more are open."));
    for number in 1..=30 {
        assert_eq!(acknowledge(&mut browser, number, 1).await.location, "/alarms?done", "{number}");
    }
    let page = browser.get("/alarms").await;
    assert!(page.text.contains("href=\"/alarms?from=25\""));
    let older = browser.get("/alarms?from=25").await;
    assert_eq!(older.text.matches("<br><span class=\"muted nowrap\">").count(), 5);
    assert!(older.text.contains("href=\"/alarms?from=0\"") && !older.text.contains("from=50"));
}
