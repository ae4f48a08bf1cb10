//! Line ends in what comes back in a head, other places in what a redirect names, frames around our pages.

use hyper::Method;

use super::harness::{Admin, Browser, Shop, Shopper};
use super::wire::authority;

/// Line ends and places elsewhere, as strangers write them.
const PLACES: &[&str] = &[
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https://evil.example",
    "https:evil.example",
    "/%2f%2fevil.example",
    "/%5cevil.example",
    "/..//evil.example",
    "/%0d%0aSet-Cookie:%20evil=1",
    "/%0aLocation:%20https://evil.example",
    "/%E5%98%8A%E5%98%8DSet-Cookie:%20evil=1",
    "/%00//evil.example",
    "@evil.example",
    ".evil.example",
    "javascript:alert(1)",
];

/// Whether a place that a `Location` names is one of ours.
fn is_ours(location: &str, origin: &str) -> bool {
    let origin = origin.trim_end_matches('/');
    let path = location.strip_prefix(origin).unwrap_or(location);
    let ours =
        path.is_empty() || (path.starts_with('/') && !path.starts_with("//") && !path.starts_with("/\\"));
    ours && !location.contains(['\r', '\n'])
}

#[test]
fn port_80_sends_nobody_elsewhere() {
    use std::io::{Read, Write};
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::start(folder.path());
    let at = authority(shop.redirect());
    for place in PLACES {
        let mut stream = std::net::TcpStream::connect(at).unwrap();
        stream.set_read_timeout(Some(std::time::Duration::from_secs(10))).unwrap();
        let request = format!("GET {place} HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        let head = answer.split("\r\n\r\n").next().unwrap().to_ascii_lowercase();
        assert!(!head.lines().any(|line| line.starts_with("set-cookie")), "{place}:\n{answer}");
        for line in head.lines().filter_map(|line| line.strip_prefix("location: ")) {
            // The host is the caller's own, and everything of the address stands behind it.
            assert!(line.starts_with(shop.storefront().trim_end_matches('/')), "{place}: {line}");
        }
    }
}

#[tokio::test]
async fn no_parameter_sends_anybody_elsewhere_or_writes_into_a_head() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::start(folder.path());
    let mut admin = Admin::set_up(&shop).await;
    let mut shopper = Shopper::of(&shop);
    shopper.add("stoneware-mug").await;
    let parameters = ["then", "next", "return", "return_to", "url", "redirect", "q", "page", "lang"];
    for place in PLACES {
        for name in parameters {
            for (browser, paths) in [
                (&mut shopper.browser, &["/", "/search", "/cart", "/checkout/contact"][..]),
                (&mut admin.browser, &["/", "/sign-in", "/step-up", "/orders", "/products"][..]),
            ] {
                for path in paths {
                    let path = format!("{path}?{name}={}", place.replace('\\', "%5c"));
                    let Ok(page) = browser.once(Method::GET, &path, None, &[]).await else { continue };
                    assert!(page.status.as_u16() < 500, "{path}: {}", page.status);
                    for cookie in page.headers.get_all("set-cookie") {
                        assert!(cookie.as_bytes().starts_with(b"__Host-"), "{path}: {cookie:?}");
                    }
                    if let Some(location) = page.headers.get("location") {
                        let location = location.to_str().unwrap();
                        let origin = shop.console();
                        assert!(
                            is_ours(location, origin) || is_ours(location, shop.storefront()),
                            "{path}: {location}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn places_elsewhere_are_known_as_such() {
    for place in ["//evil.example", "https://evil.example/", "/\\evil.example", "/a\r\nb"] {
        assert!(!is_ours(place, "https://127.0.0.1:9443"), "{place}");
    }
    for place in ["/", "/orders?x=//y", "https://127.0.0.1:9443/orders", "https://127.0.0.1:9443"] {
        assert!(is_ours(place, "https://127.0.0.1:9443"), "{place}");
    }
    assert!(!is_ours("https://127.0.0.1:9443.evil.example", "https://127.0.0.1:9443"));
}

#[tokio::test]
async fn no_page_can_be_put_into_a_frame_or_run_a_script_of_a_stranger() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::start(folder.path());
    let mut admin = Admin::set_up(&shop).await;
    let mut shopper = Shopper::of(&shop);
    let mut storefront = shopper.add("stoneware-mug").await.links("/");
    storefront.push("/checkout/contact".to_owned());
    let console = admin.browser.get("/").await.links("/");
    assert!(storefront.len() > 3 && console.len() > 6, "{storefront:?} {console:?}");
    let script = "%22%3E%3Cscript%3Ealert(1)%3C/script%3E";
    for (browser, links) in [(&mut shopper.browser, storefront), (&mut admin.browser, console)] {
        for link in links {
            let link =
                if link.contains('?') { format!("{link}&q={script}") } else { format!("{link}?q={script}") };
            let page = browser.get(&link).await;
            let header = |name: &str| {
                page.headers.get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
            };
            let policy = header("content-security-policy");
            assert!(policy.contains("frame-ancestors 'none'"), "{link}: {policy}");
            assert!(
                policy.starts_with("default-src 'none'") && !policy.contains("unsafe"),
                "{link}: {policy}"
            );
            assert_eq!(header("x-frame-options"), "DENY", "{link}");
            assert!(!page.text().contains("<script>alert"), "{link}");
        }
    }
}

#[tokio::test]
async fn a_session_that_was_planted_or_put_into_the_address_opens_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::start(folder.path());
    // Before set-up: whatever cookie the visitor came with, the session has another name.
    let mut browser = Browser::new(shop.console());
    browser.get("/setup").await;
    let before = browser.cookie("__Host-session").map(str::to_owned);
    let admin = Admin::set_up(&shop).await;
    let session = admin.browser.cookie("__Host-session").unwrap().to_owned();
    assert_ne!(before.as_deref(), Some(session.as_str()));
    let mut stranger = Browser::new(shop.console());
    for path in [format!("/orders?__Host-session={session}"), format!("/orders;__Host-session={session}")] {
        let page = stranger.once(Method::GET, &path, None, &[]).await.unwrap();
        assert!(page.status.is_redirection() || page.status == 404, "{path}: {}", page.status);
    }
    // Two cookies of one name are two people: neither is believed.
    let two = format!("__Host-session={session}; __Host-session=00000000000000000000000000");
    let page = stranger.once(Method::GET, "/orders", None, &[("cookie", &two)]).await.unwrap();
    assert!(page.status.is_redirection(), "{}", page.status);
    let mut owner = admin.browser.tab();
    assert!(owner.get("/orders").await.status.is_success());
}
