//! Orders that go well.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use super::harness::browser;
use super::pebble::BINDING;
use super::stage::{CONSOLE, SHOP, Stage, connect, shown};

#[tokio::test]
async fn each_host_name_gets_a_certificate_of_its_own_and_is_shown_it() {
    let mut stage = Stage::begin().await;
    let own = stage.shown(None);
    assert!(stage.shown(Some("shop.example.com")) == own, "before, everybody is shown the machine's own");

    let asked = stage.ask(SHOP, "shop.example.com, WWW.example.com", "http-01", &[]).await;
    assert!(asked.says("The authority is being asked."), "{}", asked.words());
    let page = stage.until_it_says(SHOP, "www.example.com In place").await;
    assert!(page.says("shop.example.com In place"), "{}", page.words());
    assert!(page.says("checked by http-01"), "{}", page.words());
    for name in ["shop.example.com", "www.example.com"] {
        assert!(stage.shown(Some(name)).is_for(name), "{name}: {:?}", stage.shown(Some(name)));
    }
    assert_eq!(stage.shown(Some("other.example.com")), own, "other names are shown the machine's own");
    assert!(stage.shown(None).is_for("shop.example.com"), "who gives no name is shown the first");
    assert_eq!(shown(stage.shop().console(), None).names, ["test-shop"], "the console's is another matter");
    let overview = stage.admin.browser.get("/").await;
    assert!(overview.text().contains("https://shop.example.com:"), "the shop is found under its name");
    assert!(!stage.keys_in_clear());

    // It is there again after a power cut, without asking anybody.
    stage.pebble.pause();
    stage.cut_power().await;
    assert!(stage.shown(Some("www.example.com")).is_for("www.example.com"));

    // Taken away again.
    let page = stage.admin.browser.get(SHOP).await;
    let first = page.forms().into_iter().find(|form| form.action.ends_with("/remove")).unwrap();
    let page = stage.admin.browser.submit(first).await;
    assert!(page.says("The certificate is removed.") && !page.says("shop.example.com In place"));
    assert_eq!(stage.shown(Some("shop.example.com")), own);
    assert!(stage.shown(Some("www.example.com")).is_for("www.example.com"));
}

#[tokio::test]
async fn a_name_is_checked_over_tls_too_and_nothing_else_is_said_over_that_protocol() {
    let mut stage = Stage::begin().await;
    let acme = || {
        let mut config = (*browser::client()).clone();
        config.alpn_protocols = vec![b"acme-tls/1".to_vec()];
        Arc::new(config)
    };
    let storefront = stage.shop().storefront().to_owned();
    let refused = connect(&storefront, Some("shop.example.com"), acme());
    assert!(refused.is_err(), "no order is under way");
    stage.ask(SHOP, "shop.example.com", "tls-alpn-01", &[]).await;
    let page = stage.until_it_says(SHOP, "shop.example.com In place").await;
    assert!(page.says("checked by tls-alpn-01"), "{}", page.words());
    assert!(stage.shown(Some("shop.example.com")).is_for("shop.example.com"));
    for url in [stage.shop().storefront(), stage.shop().console()] {
        assert!(connect(url, Some("shop.example.com"), acme()).is_err(), "the order is over: {url}");
    }
    // Who offers HTTP too is no authority, and is served as ever.
    let mut config = (*browser::client()).clone();
    config.alpn_protocols = vec![b"acme-tls/1".to_vec(), b"http/1.1".to_vec()];
    let mut tls = connect(&storefront, Some("shop.example.com"), Arc::new(config)).unwrap();
    assert_eq!(tls.conn.alpn_protocol(), Some(&b"http/1.1"[..]));
    tls.write_all(b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    let _ = tls.read_to_end(&mut answer);
    assert!(answer.starts_with(b"HTTP/1.1 204"), "{}", String::from_utf8_lossy(&answer));
}

#[tokio::test]
async fn the_consoles_name_is_checked_at_the_shops_ports_and_its_fingerprint_follows_everywhere() {
    let mut stage = Stage::begin().await;
    let before = stage.shop().fingerprint().to_owned();
    stage.ask(CONSOLE, "console.example.com", "http-01", &[]).await;
    let page = stage.until_it_says(CONSOLE, "console.example.com In place").await;
    let leaf = shown(stage.shop().console(), None);
    assert!(leaf.is_for("console.example.com"), "{leaf:?}");
    let print = fingerprint(&leaf.der);
    assert!(page.says(&print) && page.says(&before), "both are told apart: {}", page.words());
    assert!(stage.admin.browser.get("/").await.says(&print));
    let status = || std::fs::read_to_string(stage.shop().folder().join("run/status.json")).unwrap();
    for _ in 0..50 {
        if status().contains(&print) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    assert!(status().contains(&print), "the machine's screen: {}", status());
    assert_eq!(stage.shown(None).names, ["test-shop"], "the shop's is another matter");

    // And back to its own.
    let page = stage.admin.browser.get(CONSOLE).await;
    let remove = page.forms().into_iter().find(|form| form.action.ends_with("/remove")).unwrap();
    stage.admin.browser.submit(remove).await;
    assert_eq!(fingerprint(&shown(stage.shop().console(), None).der), before);
}

#[tokio::test]
async fn an_authority_that_wants_accounts_tied_to_its_own_gets_the_tie_and_the_page_never_shows_it_again() {
    let mut stage = Stage::begin_with(true).await;
    stage.ask(SHOP, "shop.example.com", "http-01", &[]).await;
    let page = stage.until_it_says(SHOP, "the authority refused").await;
    assert!(page.says("shop.example.com Not yet"), "{}", page.words());
    let tie = [("binding_id", BINDING.0), ("binding_key", BINDING.1)];
    let page = stage.ask(SHOP, "shop.example.com", "http-01", &tie).await;
    assert!(!page.text().contains(BINDING.1));
    let page = stage.until_it_says(SHOP, "shop.example.com In place").await;
    assert!(!page.text().contains(BINDING.1) && !stage.log().contains(BINDING.1));
}

/// Who looks for the answer of an order that is not under way finds nothing, whatever the token.
#[tokio::test]
async fn port_80_tells_no_stranger_anything() {
    let mut stage = Stage::begin().await;
    stage.ask(SHOP, "shop.example.com", "http-01", &[]).await;
    stage.until_it_says(SHOP, "shop.example.com In place").await;
    // The tokens of the order that is over are in the authority's log.
    let log = stage.pebble.log();
    let (_, rest) = log.split_once("/.well-known/acme-challenge/").unwrap_or_else(|| panic!("{log}"));
    let token: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect();
    assert!(token.len() > 20, "{token}");
    for token in [token.as_str(), "x", "..%2f..%2fetc%2fpasswd"] {
        let at = stage.shop().redirect().trim_start_matches("http://").trim_end_matches('/').to_owned();
        let mut stream = TcpStream::connect(at).unwrap();
        let head = format!(
            "GET /.well-known/acme-challenge/{token} HTTP/1.1\r\nHost: shop.example.com\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 404") && answer.ends_with("\r\n\r\n"), "{answer}");
        assert!(!answer.to_ascii_lowercase().contains("strict-transport-security"), "{answer}");
    }
}

fn fingerprint(der: &[u8]) -> String {
    use sha2::Digest;
    let digest = sha2::Sha256::digest(der);
    let pairs: Vec<_> = digest.chunks(2).map(|pair| format!("{:02X}{:02X}", pair[0], pair[1])).collect();
    pairs.join(" ")
}
