//! Cards on every way but the straight one: typed into the wrong field, sent in the wrong shape, refused, lost
//! on the line, told of by a forged notice. Nothing of them may be kept, logged or said, and two seconds later
//! nothing of them may be in the process's memory.

use std::io::{Read, Write};
use std::net::TcpStream;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::{Method, Request};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::{ClientConnection, StreamOwned};

use super::GOODS;
use super::harness::browser::client;
use super::harness::{Admin, Browser, Shop, people};
use super::stage::{Cards, Stage, at_payment};
use super::vendor::account_of;

const CONTACT: [&str; 6] = ["name", "street", "extra", "postal_code", "city", "email"];

/// All of them, at a shop whose cards go to Stripe.
pub async fn all(stage: &mut Stage) {
    let Stage { shop, admin, cards, said, .. } = stage;
    wrong_fields(shop, cards, said).await;
    wrong_addresses(shop, cards, said).await;
    wrong_shapes(shop, cards, said).await;
    forged_notices(shop, cards, said).await;
    in_the_console(shop, admin, cards).await;
}

async fn wrong_fields(shop: &Shop, cards: &mut Cards, said: &mut Vec<u8>) {
    let (mut shopper, _) = at_payment(shop).await;
    for field in CONTACT {
        let card = cards.next(format!("contact {field}"));
        let page = shopper.browser.get("/checkout/contact").await;
        let typed = if field == "email" { format!("{}@example.com", card.number) } else { card.number };
        let page = shopper.browser.submit(people::contact(&page, "Grace Hopper").set(field, &typed)).await;
        assert_eq!(page.status, 422, "{field} was taken");
        assert!(page.says("card number"), "{field}: {}", page.words());
    }
    for (form, field) in [("/checkout/delivery", "shipping"), ("/checkout/contact", "country")] {
        let card = cards.next(field);
        let page = shopper.browser.get(form).await;
        let form = if field == "country" { people::contact(&page, "Grace Hopper") } else { page.form(form) };
        shopper.browser.submit(form.set(field, &card.number)).await;
    }
    for field in ["cc-name", "cc-exp", "cc-csc", "nonce", "cart_version", "agreed", "csrf"] {
        let (mut shopper, page) = at_payment(shop).await;
        let card = cards.next(format!("payment {field}"));
        let form = people::card(&page, &card.number, &card.code).set(field, &card.number);
        let page = shopper.browser.submit(form).await;
        assert!(page.status.is_client_error(), "{field}: {} {}", page.status, page.words());
        if field == "cc-name" {
            assert!(page.says("This looks like a card number"), "{}", page.words());
        }
        said.append(&mut shopper.browser.seen);
    }
    let card = cards.next("quantity");
    let page = shopper.browser.get(&format!("/product/{GOODS}")).await;
    shopper.browser.submit(page.form("/cart/add").set("quantity", &card.number)).await;
    let card = cards.next("sku");
    shopper.browser.submit(page.form("/cart/add").set("sku", &card.number)).await;
    said.append(&mut shopper.browser.seen);
}

async fn wrong_addresses(shop: &Shop, cards: &mut Cards, said: &mut Vec<u8>) {
    let mut browser = Browser::new(shop.storefront());
    for path in
        ["/search?q=", "/order/", "/product/", "/category/", "/pictures/", "/assets/", "/webhooks/", "/"]
    {
        let card = cards.next(path);
        let _ = browser.try_get(&format!("{path}{}", card.number)).await;
    }
    for name in ["user-agent", "referer", "accept", "x-forwarded-for", "accept-language"] {
        let card = cards.next(name);
        browser.once(Method::GET, "/", None, &[(name, &card.number)]).await.unwrap();
    }
    let card = cards.next("cookie");
    let cookie = format!("__Host-cart={}", card.number);
    browser.once(Method::GET, "/cart", None, &[("cookie", &cookie)]).await.unwrap();
    said.append(&mut browser.seen);
}

async fn wrong_shapes(shop: &Shop, cards: &mut Cards, said: &mut Vec<u8>) {
    let form = "application/x-www-form-urlencoded";
    for (way, media, origin) in [
        ("as JSON", "application/json", None),
        ("as multipart", "multipart/form-data; boundary=x", None),
        ("without a type", "", None),
        ("from another site", form, Some("https://evil.example")),
        ("without a token", form, None),
        ("too long", form, None),
        ("a field twice", form, None),
        ("not encoded", form, None),
    ] {
        let (mut shopper, page) = at_payment(shop).await;
        let card = cards.next(way);
        let mut body: Vec<_> = people::card(&page, &card.number, &card.code)
            .fields
            .iter()
            .filter(|(name, _)| way != "without a token" || name != "csrf")
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        match way {
            "as JSON" => {
                body = vec![format!("{{\"cc-number\":\"{}\",\"cc-csc\":\"{}\"}}", card.number, card.code)]
            }
            "too long" => body.push(format!("padding={}", "x".repeat(64 * 1024))),
            "a field twice" => body.push(format!("cc-number={}", card.number)),
            "not encoded" => body.push(format!("x=%zz{}", card.number)),
            _ => {}
        }
        let body = Some((media.to_owned(), body.join("&").into_bytes()));
        let more: Vec<_> = origin.map(|origin| ("origin", origin)).into_iter().collect();
        // A refusal may come while the body is still being sent.
        if let Ok(page) = shopper.browser.once(Method::POST, "/checkout/pay", body, &more).await {
            assert!(page.status.is_client_error(), "{way}: {}", page.status);
        }
        said.append(&mut shopper.browser.seen);
    }
}

/// Half a form, and then nobody; or a whole one on a connection that stays open afterwards, as browsers' do.
pub async fn cut_off(stage: &mut Stage) {
    let Stage { shop, cards, open, .. } = stage;
    for way in ["half a body", "half a chunk", "kept alive", "kept alive, refused"] {
        let (shopper, page) = at_payment(shop).await;
        let card = cards.next(way);
        let cookie = shopper.browser.cookie("__Host-cart").unwrap().to_owned();
        let fields = people::card(&page, &card.number, &card.code).fields;
        let wrong = if way.ends_with("refused") { "%21" } else { "" };
        let body: Vec<_> =
            fields.iter().map(|(name, value)| format!("{name}={}", value.replace(' ', "+"))).collect();
        let body = format!("{}{wrong}", body.join("&"));
        let (length, body) = match way {
            "half a chunk" => {
                ("transfer-encoding: chunked".to_owned(), format!("{:x}\r\n{body}", body.len() + 50))
            }
            _ if way.starts_with("half") => ("content-length: 4000".to_owned(), body),
            _ => (format!("content-length: {}", body.len()), body),
        };
        let origin = shop.storefront().trim_end_matches('/').to_owned();
        let host = origin.trim_start_matches("https://").to_owned();
        let head = format!(
            "POST /checkout/pay HTTP/1.1\r\nhost: {host}\r\norigin: {origin}\r\ncookie: __Host-cart={cookie}\r\n\
             content-type: application/x-www-form-urlencoded\r\n{length}\r\n\r\n"
        );
        let answered = way.starts_with("kept");
        let sent = tokio::task::spawn_blocking(move || {
            let stream = TcpStream::connect(&host).unwrap();
            let connection = ClientConnection::new(client(), "127.0.0.1".try_into().unwrap()).unwrap();
            let mut tls = StreamOwned::new(connection, stream);
            tls.write_all(format!("{head}{body}").as_bytes()).unwrap();
            tls.flush().unwrap();
            if answered {
                let mut first = [0; 64];
                let length = tls.read(&mut first).unwrap();
                let status = if wrong.is_empty() { "HTTP/1.1 303 " } else { "HTTP/1.1 " };
                assert!(first[..length].starts_with(status.as_bytes()));
            }
            std::thread::sleep(std::time::Duration::from_millis(300));
            tls
        });
        let tls = sent.await.unwrap();
        if way.contains("kept") {
            open.push(Box::new(tls));
        }
    }
}

/// The same over HTTP/2, and a number in an address over both.
pub async fn kept_open(stage: &mut Stage) {
    let origin = stage.shop.storefront().trim_end_matches('/').to_owned();
    let host = origin.trim_start_matches("https://").to_owned();
    for (way, protocol) in [("form", "h2"), ("address", "h2"), ("address", "http/1.1")] {
        let (shopper, page) = at_payment(&stage.shop).await;
        let card = stage.cards.next(format!("kept open: {way} over {protocol}"));
        let mut config = client().as_ref().clone();
        config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
        let stream = tokio::net::TcpStream::connect(&host).await.unwrap();
        let connector = tokio_rustls::TlsConnector::from(std::sync::Arc::new(config));
        let stream = connector.connect("127.0.0.1".try_into().unwrap(), stream).await.unwrap();
        let fields = people::card(&page, &card.number, &card.code).fields;
        let body: Vec<_> =
            fields.iter().map(|(name, value)| format!("{name}={}", value.replace(' ', "+"))).collect();
        let http2 = protocol == "h2";
        let (method, path, body) = match way {
            "form" => (Method::POST, "/checkout/pay".to_owned(), body.join("&")),
            _ => (Method::GET, format!("/search?q={}", card.number), String::new()),
        };
        let cookie = format!("__Host-cart={}", shopper.browser.cookie("__Host-cart").unwrap());
        let request = Request::builder()
            .method(method)
            .uri(if http2 { format!("{origin}{path}") } else { path })
            .header("origin", &origin)
            .header("cookie", cookie)
            .header("content-type", "application/x-www-form-urlencoded");
        let request = if http2 { request } else { request.header("host", &host) };
        let request = request.body(Full::new(Bytes::from(body))).unwrap();
        let stream = TokioIo::new(stream);
        let answer = if http2 {
            let (mut sender, connection) =
                hyper::client::conn::http2::handshake(TokioExecutor::new(), stream).await.unwrap();
            tokio::spawn(connection);
            let answer = sender.send_request(request).await.unwrap();
            stage.open.push(Box::new(sender));
            answer
        } else {
            let (mut sender, connection) = hyper::client::conn::http1::handshake(stream).await.unwrap();
            tokio::spawn(connection);
            let answer = sender.send_request(request).await.unwrap();
            stage.open.push(Box::new(sender));
            answer
        };
        let wanted = if way == "form" { 303 } else { 200 };
        assert_eq!(answer.status().as_u16(), wanted, "{way} over {protocol}");
        stage.said.extend(answer.into_body().collect().await.unwrap().to_bytes());
    }
}

async fn forged_notices(shop: &Shop, cards: &mut Cards, said: &mut Vec<u8>) {
    let mut browser = Browser::new(shop.storefront());
    for door in ["stripe", "adyen", "authorize-net", "test"] {
        let card = cards.next(format!("notice to {door}"));
        let body =
            format!("{{\"id\":\"evt_{0}\",\"number\":\"{0}\",\"cvc\":\"{1}\"}}", card.number, card.code);
        let body = Some(("application/json".to_owned(), body.into_bytes()));
        let signature = format!("t=1,v1={}", card.number);
        let path = format!("/webhooks/{door}");
        let page =
            browser.once(Method::POST, &path, body, &[("stripe-signature", &signature)]).await.unwrap();
        assert!(page.status.is_client_error(), "{door}: {}", page.status);
    }
    said.append(&mut browser.seen);
}

async fn in_the_console(shop: &Shop, admin: &mut Admin, cards: &mut Cards) {
    let mut stranger = Browser::new(shop.console());
    for field in ["email", "password", "code"] {
        let card = cards.next(format!("sign-in {field}"));
        let page = stranger.get("/sign-in").await;
        let form = page.form("/sign-in").set("email", people::EMAIL).set("password", "not it");
        stranger.submit(form.set(field, &card.number)).await;
    }
    admin.browser.seen.append(&mut stranger.seen);
    for path in ["/orders/", "/orders?state=", "/orders?before=", "/products/", "/"] {
        let card = cards.next(format!("console {path}"));
        let _ = admin.browser.try_get(&format!("{path}{}", card.number)).await;
    }
    for (vendor, field) in [
        ("stripe", "stripe_key"),
        ("stripe", "stripe_notices"),
        ("adyen", "adyen_merchant"),
        ("adyen", "adyen_prefix"),
        ("adyen", "adyen_key"),
        ("adyen", "adyen_notices"),
        ("authorize-net", "authorize_net_environment"),
        ("authorize-net", "authorize_net_login"),
        ("authorize-net", "authorize_net_key"),
        ("authorize-net", "authorize_net_signature"),
    ] {
        let card = cards.next(format!("settings {field}"));
        let fields: Vec<_> = account_of(vendor)
            .into_iter()
            .filter(|(name, _)| *name != field)
            .chain([(field, card.number.as_str())])
            .collect();
        let page = admin.choose_gateway(vendor, &fields).await;
        assert!(page.status.is_client_error(), "{field} was taken: {}", page.words());
    }
}
