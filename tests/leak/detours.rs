//! Cards on every way but the straight one: typed into the wrong field, sent in the wrong shape, refused, lost
//! on the line, told of by a forged notice. Nothing of them may be kept, logged or said, and two seconds later
//! nothing of them may be in the process's memory.

use std::io::Write;
use std::net::TcpStream;

use hyper::Method;
use rustls::{ClientConnection, StreamOwned};

use super::double::{Double, Fault};
use super::harness::browser::client;
use super::harness::{Admin, Browser, Page, Shop, Shopper, people};
use super::scan::{Scan, Sentinel};
use super::{GOODS, core_of, decrypted_rows, files_in, sentinels};

/// Gives each way its own card, and remembers which.
struct Cards {
    all: Vec<Sentinel>,
    ways: Vec<String>,
}

impl Cards {
    fn next(&mut self, way: impl Into<String>) -> Sentinel {
        self.ways.push(way.into());
        self.all[self.ways.len() - 1].clone()
    }
}

const CONTACT: [&str; 6] = ["name", "street", "extra", "postal_code", "city", "email"];

/// Numbers of the gateway's own that end each way but well.
const REFUSED: [&str; 6] = [
    "4000000000000002",
    "4000000000009995",
    "4000000000000069",
    "4000000000000127",
    "4000000000000119",
    "4000000000003220",
];

const FAULTS: [Fault; 9] = [
    Fault::ResetBefore,
    Fault::ResetAfter,
    Fault::HalfAnswer,
    Fault::ErrorBefore,
    Fault::ErrorAfter,
    Fault::Slow(300),
    Fault::WrongAmount,
    Fault::Redirect,
    Fault::TooLong,
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn service_keeps_no_trace_of_cards_on_the_wrong_way() {
    let folder = tempfile::tempdir().unwrap();
    let gateway = Double::stripe().await;
    let appliance = people::appliance(folder.path(), gateway.root_pem(), &gateway.endpoint());
    people::lift_payment_limits(&appliance);
    let shop = Shop::start_with(folder.path(), &["--appliance", appliance.as_str()]);
    let mut admin = Admin::set_up(&shop).await;
    admin.restock(GOODS, 9_000).await;
    admin.use_stripe("sk_test_double").await;
    let mut cards = Cards { all: sentinels(), ways: Vec::new() };
    let mut said = Vec::new();

    wrong_fields(&shop, &mut cards, &mut said).await;
    wrong_addresses(&shop, &mut cards, &mut said).await;
    wrong_shapes(&shop, &mut cards, &mut said).await;
    cut_off(&shop, &mut cards).await;
    refused(&shop, &mut said).await;
    lost(&shop, &gateway, &mut cards, &mut said).await;
    forged_notices(&shop, &mut cards, &mut said).await;
    in_the_console(&shop, &mut admin, &mut cards, &mut said).await;
    said.append(&mut admin.browser.seen);

    assert!(cards.ways.len() > 50, "only {} ways were gone", cards.ways.len());
    assert_eq!(gateway.breaches(), Vec::<String>::new(), "the gateway saw a card where none may be");
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    let core = core_of(&shop, folder.path());
    shop.stop();
    let scan = Scan::new(&cards.all[..cards.ways.len()]);
    let mut finds = scan.search("answers", &said);
    finds.extend(scan.search_file(&core));
    std::fs::remove_file(&core).unwrap();
    for file in files_in(folder.path()) {
        finds.extend(scan.search_file(&file));
    }
    let (rows, row_finds) = decrypted_rows(folder.path(), &scan);
    finds.extend(row_finds);
    let told: Vec<_> = finds.iter().map(|find| format!("{}: {find:?}", cards.ways[find.card])).collect();
    assert!(told.is_empty(), "{} finds, first 20:\n{:#?}", told.len(), &told[..told.len().min(20)]);
    println!(
        "{} ways: nothing in {rows} rows, files, log, memory and {} bytes",
        cards.ways.len(),
        said.len()
    );
}

/// A payment page, ready to be filled in.
async fn at_payment(shop: &Shop) -> (Shopper, Page) {
    let mut shopper = Shopper::of(shop);
    shopper.add(GOODS).await;
    let page = shopper.reach_payment("Grace Hopper").await;
    (shopper, page)
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

/// Half a form, and then nobody.
async fn cut_off(shop: &Shop, cards: &mut Cards) {
    for (way, chunked) in [("half a body", false), ("half a chunk", true)] {
        let (shopper, page) = at_payment(shop).await;
        let card = cards.next(way);
        let cookie = shopper.browser.cookie("__Host-cart").unwrap().to_owned();
        let csrf = page.form("/checkout/pay").value("csrf").unwrap().to_owned();
        let body = format!("csrf={csrf}&cc-number={}&cc-csc={}&cc-name=", card.number, card.code);
        let length = if chunked { "transfer-encoding: chunked" } else { "content-length: 4000" };
        let body = if chunked { format!("{:x}\r\n{body}", body.len() + 50) } else { body };
        let origin = shop.storefront().trim_end_matches('/').to_owned();
        let host = origin.trim_start_matches("https://").to_owned();
        let head = format!(
            "POST /checkout/pay HTTP/1.1\r\nhost: {host}\r\norigin: {origin}\r\ncookie: __Host-cart={cookie}\r\n\
             content-type: application/x-www-form-urlencoded\r\n{length}\r\n\r\n"
        );
        let sent = tokio::task::spawn_blocking(move || {
            let stream = TcpStream::connect(&host).unwrap();
            let connection = ClientConnection::new(client(), "127.0.0.1".try_into().unwrap()).unwrap();
            let mut tls = StreamOwned::new(connection, stream);
            tls.write_all(format!("{head}{body}").as_bytes()).unwrap();
            tls.flush().unwrap();
            std::thread::sleep(std::time::Duration::from_millis(300));
        });
        sent.await.unwrap();
    }
}

/// Declined by the bank, each in its way. These numbers are everybody's, so only their answers are looked at.
async fn refused(shop: &Shop, said: &mut Vec<u8>) {
    for number in REFUSED {
        let (mut shopper, page) = at_payment(shop).await;
        let page = shopper.pay(&page, number, "737").await;
        assert!(!page.text().contains(number), "{number} came back");
        said.append(&mut shopper.browser.seen);
    }
}

async fn lost(shop: &Shop, gateway: &Double, cards: &mut Cards, said: &mut Vec<u8>) {
    for at in ["/payment_intents", "/confirm"] {
        for fault in FAULTS {
            let (mut shopper, page) = at_payment(shop).await;
            let card = cards.next(format!("{fault:?} at {at}"));
            gateway.plan(at, fault);
            let form = people::card(&page, &card.number, &card.code);
            // A lost answer keeps the page waiting; the shopper does not.
            let patience = std::time::Duration::from_secs(3);
            let _ = tokio::time::timeout(patience, shopper.browser.try_submit(form)).await;
            gateway.forget_faults();
            said.append(&mut shopper.browser.seen);
        }
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

async fn in_the_console(shop: &Shop, admin: &mut Admin, cards: &mut Cards, said: &mut Vec<u8>) {
    let mut stranger = Browser::new(shop.console());
    for field in ["email", "password"] {
        let card = cards.next(format!("sign-in {field}"));
        let page = stranger.get("/sign-in").await;
        let form = page.form("/sign-in").set("email", people::EMAIL).set("password", "not it");
        stranger.submit(form.set(field, &card.number)).await;
    }
    said.append(&mut stranger.seen);
    for path in ["/orders/", "/orders?state=", "/orders?before=", "/products/", "/"] {
        let card = cards.next(format!("console {path}"));
        let _ = admin.browser.try_get(&format!("{path}{}", card.number)).await;
    }
    for field in ["stripe_key"] {
        let card = cards.next(format!("settings {field}"));
        let page = admin.browser.get("/settings/gateway").await;
        let form = page.form("/settings/gateway").set("gateway", "stripe").set(field, &card.number);
        assert!(admin.browser.submit(form).await.status.is_client_error(), "{field}");
    }
}
