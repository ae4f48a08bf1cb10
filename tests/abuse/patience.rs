//! Too much, too long, too slow: on both listeners, while others go on.

use std::time::{Duration, Instant};

use hyper::{Method, StatusCode};

use super::harness::{Browser, Shop};
use super::wire::{Wire, authority, statuses};

#[test]
fn what_is_too_long_is_refused_on_both_listeners() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::start(folder.path());
    for url in [shop.storefront(), shop.console()] {
        let host = authority(url);
        for (name, request) in [
            ("an address", format!("GET /{} HTTP/1.1\r\nHost: {host}\r\n\r\n", "a".repeat(20_000))),
            ("a header", format!("GET / HTTP/1.1\r\nHost: {host}\r\nX: {}\r\n\r\n", "a".repeat(20_000))),
            ("many headers", format!("GET / HTTP/1.1\r\nHost: {host}\r\n{}\r\n", "X: a\r\n".repeat(100))),
            (
                "a head without end",
                format!("GET / HTTP/1.1\r\nHost: {host}\r\n{}", "X: aaaa\r\n".repeat(9_000)),
            ),
            (
                "a body",
                format!(
                    "POST /sign-in HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 999999999\r\n\r\n{}",
                    "a".repeat(400_000)
                ),
            ),
        ] {
            let mut wire = Wire::open(url, b"http/1.1");
            wire.send(request.as_bytes());
            let (answer, closed) = wire.read();
            let statuses = statuses(&answer);
            assert!(statuses.iter().all(|status| (400..500).contains(status)), "{url} {name}: {statuses:?}");
            assert!(closed, "{url} {name}: the connection went on");
        }
    }
}

/// One source takes every place that it can get and sends a byte now and then; somebody else still shops, and the
/// slow ones are cut.
#[tokio::test]
async fn slow_ones_take_their_own_places_alone_and_are_cut() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::start(folder.path());
    let (url, host) = (shop.storefront().to_owned(), authority(shop.storefront()).to_owned());
    let slow = tokio::task::spawn_blocking(move || {
        let begun = Instant::now();
        let mut wires: Vec<Wire> = (0..100).map(|_| Wire::open(&url, b"http/1.1")).collect();
        for (place, wire) in wires.iter_mut().enumerate() {
            let head = if place % 2 == 0 {
                format!("GET / HTTP/1.1\r\nHost: {host}\r\n")
            } else {
                format!(
                    "POST /cart/add HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 4000\r\n\r\n"
                )
            };
            assert!(wire.send(head.as_bytes()));
        }
        let mut cut_after = Vec::new();
        while !wires.is_empty() && begun.elapsed() < Duration::from_secs(120) {
            std::thread::sleep(Duration::from_secs(2));
            wires.retain_mut(|wire| {
                let alive = wire.send(b"a");
                if !alive {
                    cut_after.push(begun.elapsed());
                }
                alive
            });
        }
        (wires.len(), cut_after)
    });
    let mut other = Browser::new(shop.storefront()).at([127, 0, 0, 2]);
    for _ in 0..10 {
        assert!(other.get("/").await.status.is_success());
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let mut desk = Browser::new(shop.console());
    assert!(desk.get("/setup").await.status.is_success());
    let (left, cut) = slow.await.unwrap();
    println!("the last slow one was cut after {:?}", cut.iter().max());
    assert_eq!(left, 0, "some of 100 slow ones were still there after two minutes");
}

#[tokio::test]
async fn an_upload_past_its_limit_is_refused_and_the_console_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::start(folder.path());
    let mut admin = super::harness::Admin::set_up(&shop).await;
    let page = admin.browser.get("/products/import").await;
    let form = page.form("/products/import");
    let page = admin.browser.upload(form, "file", "goods.csv", &vec![b'a'; 6 * 1024 * 1024]).await;
    assert!(page.status.is_client_error(), "{}", page.status);
    assert!(admin.browser.get("/products").await.status.is_success());
    let many = format!("a=1&{}", "b=1&".repeat(600));
    let kind = "application/x-www-form-urlencoded".to_owned();
    let answer =
        admin.browser.once(Method::POST, "/go-live", Some((kind, many.into_bytes())), &[]).await.unwrap();
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
}
