//! What travels, and what waits: TLS, HTTP versions, headers, and limits against those who only hold on.

use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::{Duration, Instant};

use hyper::{Method, StatusCode};
use rustls::crypto::aws_lc_rs::{cipher_suite, default_provider, kx_group};
use rustls::{ClientConfig, ClientConnection, ProtocolVersion, StreamOwned, SupportedProtocolVersion};

use super::harness::{Browser, Shop, browser, trust};

fn address(url: &str) -> std::net::SocketAddr {
    let authority = url.split("//").nth(1).unwrap().trim_end_matches('/');
    authority.to_socket_addrs().unwrap().next().unwrap()
}

fn connect(url: &str, config: Arc<ClientConfig>) -> Result<StreamOwned<ClientConnection, TcpStream>, String> {
    let stream = TcpStream::connect(address(url)).map_err(|error| error.to_string())?;
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let name = "127.0.0.1".try_into().unwrap();
    let mut tls = StreamOwned::new(ClientConnection::new(config, name).unwrap(), stream);
    while tls.conn.is_handshaking() {
        tls.conn.complete_io(&mut tls.sock).map_err(|error| error.to_string())?;
    }
    Ok(tls)
}

/// A client that speaks only this.
fn client(versions: &[&'static SupportedProtocolVersion], alpn: &[&[u8]]) -> Arc<ClientConfig> {
    let mut config = (*browser::client()).clone();
    let verifier = Arc::new(trust::Anyone);
    config = ClientConfig::builder_with_provider(Arc::clone(config.crypto_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    Arc::new(config)
}

#[test]
fn tls_is_as_the_table_says_on_both_ports() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::start(folder.path());
    for url in [shop.storefront(), shop.console()] {
        let tls = connect(url, client(&[&rustls::version::TLS13], &[b"h2"])).unwrap();
        assert_eq!(tls.conn.protocol_version(), Some(ProtocolVersion::TLSv1_3));
        assert_eq!(tls.conn.alpn_protocol(), Some(&b"h2"[..]));
        let group = tls.conn.negotiated_key_exchange_group().unwrap().name();
        assert_eq!(group, kx_group::X25519MLKEM768.name(), "the post-quantum hybrid comes first");
        let tls = connect(url, client(&[&rustls::version::TLS12], &[b"http/1.1"])).unwrap();
        assert_eq!(tls.conn.protocol_version(), Some(ProtocolVersion::TLSv1_2));
        assert_eq!(tls.conn.alpn_protocol(), Some(&b"http/1.1"[..]));
    }
    // Every suite of the table works, and the table has nothing else.
    for suite in
        [cipher_suite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, cipher_suite::TLS13_AES_128_GCM_SHA256]
    {
        let mut provider = default_provider();
        provider.cipher_suites = vec![suite];
        let config = ClientConfig::builder_with_provider(Arc::new(provider))
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
            .or_else(|_| {
                let mut provider = default_provider();
                provider.cipher_suites = vec![suite];
                ClientConfig::builder_with_provider(Arc::new(provider)).with_safe_default_protocol_versions()
            });
        if let Ok(config) = config {
            let config = config
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(trust::Anyone))
                .with_no_client_auth();
            let tls = connect(shop.storefront(), Arc::new(config)).unwrap();
            assert_eq!(tls.conn.negotiated_cipher_suite().unwrap().suite(), suite.suite());
        }
    }
}

/// A hello of TLS 1.1 and one that offers only CBC suites, by OpenSSL, which still can.
#[test]
fn old_tls_and_old_suites_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::start(folder.path());
    let at = address(shop.storefront()).to_string();
    for options in [
        &["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"][..],
        &["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA256:AES128-SHA"][..],
    ] {
        let out = std::process::Command::new("openssl")
            .args(["s_client", "-connect", &at])
            .args(options)
            .stdin(std::process::Stdio::null())
            .output()
            .unwrap();
        let said =
            format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
        assert!(said.contains("Cipher is (NONE)") || !out.status.success(), "{options:?} was taken:\n{said}");
    }
}

#[tokio::test]
async fn every_answer_carries_the_strict_headers() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::start(folder.path());
    let mut storefront = Browser::new(shop.storefront());
    let mut console = Browser::new(shop.console());
    let mut pages = Vec::new();
    for path in [
        "/",
        "/cart",
        "/policy",
        "/no-such-page",
        "/product/none",
        "/health",
        "/order/00000000000000000000000000",
    ] {
        pages.push(storefront.once(Method::GET, path, None, &[]).await.unwrap());
    }
    pages.push(storefront.once(Method::DELETE, "/", None, &[]).await.unwrap());
    pages.push(
        storefront
            .once(Method::POST, "/cart/add", Some(("text/plain".to_owned(), vec![b'x'; 10])), &[])
            .await
            .unwrap(),
    );
    for path in ["/setup", "/sign-in", "/", "/no-such-page"] {
        pages.push(console.once(Method::GET, path, None, &[]).await.unwrap());
    }
    for page in pages {
        for (name, wanted) in [
            ("strict-transport-security", "max-age="),
            ("content-security-policy", "default-src 'none'"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
        ] {
            let value =
                page.headers.get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
            assert!(value.contains(wanted), "{} ({}) lacks {name}: {value:?}", page.at, page.status);
        }
    }
}

#[test]
fn port_80_only_redirects() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::start(folder.path());
    let ask = |request: &str| {
        let mut stream = TcpStream::connect(address(shop.redirect())).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    let answer = ask("GET /product/mug?a=1 HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 308"), "{answer}");
    assert!(answer.contains(&format!("location: {}product/mug?a=1", shop.storefront())), "{answer}");
    let answer =
        ask("POST /checkout/pay HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 405"), "{answer}");
}

/// Silent sockets and slow heads would otherwise hold their places for ever.
#[test]
fn those_who_only_hold_on_are_let_go() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::start(folder.path());
    let begun = Instant::now();
    let mut silent = TcpStream::connect(address(shop.storefront())).unwrap();
    let mut slow = connect(shop.storefront(), client(&[&rustls::version::TLS13], &[b"http/1.1"])).unwrap();
    slow.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n").unwrap();
    let mut idle = connect(shop.storefront(), client(&[&rustls::version::TLS13], &[b"http/1.1"])).unwrap();
    idle.write_all(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    silent.set_read_timeout(Some(Duration::from_secs(90))).unwrap();
    let mut bytes = Vec::new();
    assert!(matches!(silent.read_to_end(&mut bytes), Ok(0)), "a silent socket got {} bytes", bytes.len());
    // An end without a close_notify is an end too.
    let _ = slow.read_to_end(&mut bytes);
    let _ = idle.read_to_end(&mut bytes);
    assert!(begun.elapsed() < Duration::from_secs(80), "they held on for {:?}", begun.elapsed());
}

#[tokio::test]
async fn what_is_too_large_is_refused_and_the_shop_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::start(folder.path());
    let mut browser = Browser::new(shop.storefront());
    let form = || "application/x-www-form-urlencoded".to_owned();
    let large = browser.once(Method::POST, "/cart/add", Some((form(), vec![b'a'; 2_000_000])), &[]).await;
    // The answer may be cut off by bytes that are still on their way: then the connection just ends.
    if let Ok(page) = large {
        assert!(page.status.is_client_error(), "{}", page.status);
    }
    let long = "x".repeat(20_000);
    let head = browser.once(Method::GET, "/", None, &[("x-long", &long)]).await;
    if let Ok(page) = head {
        assert!(page.status.is_client_error(), "{}", page.status);
    }
    let many: Vec<u8> = (0..5000).flat_map(|n| format!("f{n}=1&").into_bytes()).collect();
    let page = browser.once(Method::POST, "/cart/add", Some((form(), many)), &[]).await.unwrap();
    assert!(page.status.is_client_error(), "{}", page.status);
    assert_eq!(browser.get("/health").await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn forwarded_addresses_are_not_believed() {
    let folder = tempfile::tempdir().unwrap();
    let ranges = folder.path().join("elsewhere.toml");
    let text = "version = 1\nhostname = \"shop\"\n[network]\ndhcp = true\n[access]\nadmin_ranges = [{ cidr = \"192.0.2.0/24\", name = \"desk\" }]\n[shop]\nname = \"Shop\"\ndemo = true\n[administrator]\nname = \"Ada Osei\"\nemail = \"ada@example.com\"\nemployer = \"Meadow Hosting\"\nemployed_since = \"2019-04-01\"\nscreening = { method = \"criminal record certificate\", on = \"2025-01-15\", valid_until = \"2030-01-14\", reference = \"HR 2025-17\" }\napproved_by = \"Noor Haddad\"\n";
    std::fs::write(&ranges, text).unwrap();
    let shop = Shop::start_with(folder.path(), &["--appliance", ranges.to_str().unwrap()]);
    let mut console = Browser::new(shop.console());
    let forged =
        [("x-forwarded-for", "192.0.2.7"), ("forwarded", "for=192.0.2.7"), ("x-real-ip", "192.0.2.7")];
    let answer = console.once(Method::GET, "/sign-in", None, &forged).await;
    assert!(
        answer.is_err() || answer.unwrap().status == StatusCode::FORBIDDEN,
        "outside the range is outside"
    );
    assert_eq!(Browser::new(shop.storefront()).get("/health").await.status, StatusCode::NO_CONTENT);
}

/// The certificate that a listener shows, PEM.
pub fn leaf_pem(url: &str) -> String {
    use base64::Engine;
    let tls = connect(url, client(&[&rustls::version::TLS13], &[b"h2"])).unwrap();
    let leaf = tls.conn.peer_certificates().unwrap()[0].to_vec();
    let text = base64::engine::general_purpose::STANDARD.encode(leaf);
    let lines: Vec<_> =
        text.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line).into_owned()).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}
