//! Webhooks arrive as Stripe sends them, and spoiled as a test asks.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use serde_json::Value;
use sha2::Sha256;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::client::{post, until};
use super::double::{Double, Trust, Twist, certificates};

const SECRET: &str = "whsec_1";

/// What came, and what is answered to the next ones (200 after that).
#[derive(Default)]
struct Desk {
    came: Vec<(String, Vec<u8>)>,
    answers: Vec<u16>,
}

type Shared = Arc<Mutex<Desk>>;

async fn take(desk: Shared, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let mark = request.headers()["stripe-signature"].to_str().unwrap().to_owned();
    let body = request.into_body().collect().await?.to_bytes().to_vec();
    let mut desk = desk.lock().unwrap();
    desk.came.push((mark, body));
    let status = desk.answers.pop().unwrap_or(200);
    Ok(Response::builder().status(status).body(Full::default()).unwrap())
}

/// A shop's desk for webhooks, with TLS if there are settings for it.
async fn open(tls: Option<Arc<rustls::ServerConfig>>) -> (Shared, String) {
    let desk = Shared::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let scheme = if tls.is_some() { "https" } else { "http" };
    let url = format!("{scheme}://{}/webhooks/stripe", listener.local_addr().unwrap());
    let shared = Arc::clone(&desk);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let desk = Arc::clone(&shared);
            let taking = service_fn(move |request| take(Arc::clone(&desk), request));
            let tls = tls.clone();
            tokio::spawn(async move {
                match tls {
                    None => drop(http1::Builder::new().serve_connection(TokioIo::new(stream), taking).await),
                    Some(tls) => {
                        let Ok(stream) = TlsAcceptor::from(tls).accept(stream).await else { return };
                        drop(http1::Builder::new().serve_connection(TokioIo::new(stream), taking).await);
                    }
                }
            });
        }
    });
    (desk, url)
}

async fn pay(double: &Double) {
    let fields =
        [("amount", "2490"), ("currency", "eur"), ("payment_method", "pm_card_visa"), ("confirm", "true")];
    assert_eq!(post(double, "/v1/payment_intents", &fields).await.status, 200);
}

/// Waits until so many came, and a little longer for one too many.
async fn came(desk: &Shared, wanted: usize) -> Vec<(String, Value)> {
    until(|| desk.lock().unwrap().came.len() >= wanted).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    let came = desk.lock().unwrap().came.clone();
    assert_eq!(came.len(), wanted, "{came:?}");
    came.into_iter().map(|(mark, body)| (mark, serde_json::from_slice(&body).unwrap())).collect()
}

/// Which of these secrets signed it, and how old the signature is.
fn signed_by(mark: &str, body: &Value, secrets: &[&str]) -> (Vec<String>, i64) {
    let parts: Vec<_> = mark.split(',').map(|part| part.split_once('=').unwrap()).collect();
    let time: i64 = parts.iter().find(|(name, _)| *name == "t").unwrap().1.parse().unwrap();
    let made = |secret: &str| {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(format!("{time}.{body}").as_bytes());
        let bytes = mac.finalize().into_bytes();
        bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    let fits = |secret: &&&str| parts.contains(&("v1", made(secret).as_str()));
    let by = secrets.iter().filter(fits).map(|secret| (*secret).to_owned()).collect();
    (by, Timestamp::now().as_second() - time)
}

async fn listened() -> (Double, Shared) {
    let (desk, url) = open(None).await;
    let double = Double::stripe().await;
    double.webhooks_to(&url, Trust::Anyone, SECRET);
    (double, desk)
}

#[tokio::test]
async fn a_notice_is_signed_and_comes_once() {
    let (double, desk) = listened().await;
    pay(&double).await;
    let (mark, event) = came(&desk, 1).await.remove(0);
    let (by, age) = signed_by(&mark, &event, &[SECRET, "whsec_2"]);
    assert!(by == [SECRET] && (0..5).contains(&age), "{mark}");
    assert_eq!(
        (&event["type"], &event["api_version"]),
        (&"payment_intent.succeeded".into(), &super::double::stripe::VERSION.into())
    );
    assert_eq!(event["data"]["object"]["amount"], 2490);
    assert_eq!(double.notices_sent()[0].answer, Ok(200));
}

#[tokio::test]
async fn signatures_are_spoiled_as_asked() {
    let (double, desk) = listened().await;
    for twist in [Twist::WrongSignature, Twist::Old(600), Twist::AlsoSigned("whsec_2".to_owned())] {
        double.plan_notice("succeeded", twist);
    }
    for _ in 0..3 {
        pay(&double).await;
    }
    let came = came(&desk, 3).await;
    let read = |n: usize| signed_by(&came[n].0, &came[n].1, &[SECRET, "whsec_2"]);
    assert!(read(0).0.is_empty());
    assert!(read(1).0 == [SECRET] && read(1).1 >= 600);
    assert_eq!(read(2).0, [SECRET, "whsec_2"]);
}

#[tokio::test]
async fn notices_are_repeated_reordered_delayed_and_lost_as_asked() {
    let (double, desk) = listened().await;
    for twist in
        [Twist::Times(2), Twist::Drop, Twist::Later, Twist::Times(1), Twist::Delay(2000), Twist::Times(1)]
    {
        double.plan_notice("succeeded", twist);
    }
    for _ in 0..6 {
        pay(&double).await;
    }
    let made: Vec<_> = double.intents().iter().map(|intent| intent.id.clone()).collect();
    let came = came(&desk, 6).await;
    let order: Vec<_> = came
        .iter()
        .map(|(_, event)| made.iter().position(|id| event["data"]["object"]["id"] == **id).unwrap())
        .collect();
    assert_eq!(order, [0, 0, 3, 2, 5, 4], "twice, never, after the next, and overtaken");
    assert_eq!(came[0].1["id"], came[1].1["id"], "a repeat is the same event");
}

#[tokio::test]
async fn a_notice_that_is_held_back_comes_although_none_follows() {
    let (double, desk) = listened().await;
    double.plan_notice("succeeded", Twist::Later);
    pay(&double).await;
    assert!(desk.lock().unwrap().came.is_empty());
    came(&desk, 1).await;
}

#[tokio::test]
async fn a_notice_that_was_not_taken_comes_again_with_a_fresh_signature() {
    let (double, desk) = listened().await;
    desk.lock().unwrap().answers = vec![503, 500];
    pay(&double).await;
    let came = came(&desk, 3).await;
    assert!(came.iter().all(|(mark, event)| {
        event["id"] == came[0].1["id"] && signed_by(mark, event, &[SECRET]).0 == [SECRET]
    }));
    let answers: Vec<_> = double.notices_sent().into_iter().map(|sent| sent.answer).collect();
    assert_eq!(answers, [Ok(500), Ok(503), Ok(200)]);
}

#[tokio::test]
async fn notices_go_over_tls_to_whom_the_test_trusts() {
    let (config, root) = certificates();
    let (desk, url) = open(Some(config)).await;
    for (trust, comes) in [(Trust::Root(root), 1), (Trust::Anyone, 2)] {
        let double = Double::stripe().await;
        double.webhooks_to(&url, trust, SECRET);
        pay(&double).await;
        came(&desk, comes).await;
    }
    let double = Double::stripe().await;
    double.webhooks_to(&url, Trust::Root(certificates().1), SECRET);
    pay(&double).await;
    came(&desk, 2).await;
    assert!(double.notices_sent().iter().all(|sent| sent.answer.is_err()));
}
