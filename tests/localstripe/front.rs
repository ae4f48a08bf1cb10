//! The TLS front: everything passes as it is, but for what localstripe lacks. A confirmation with
//! `payment_method_data` becomes three calls: make the payment method, put it into the intent, confirm. A bank
//! that asks has a page here, `/prove/{intent}/{secret}?ok` or `?fail`, instead of a script of Stripe's.

use std::net::SocketAddr;
use std::sync::Arc;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::Planned;
use crate::double::certificates;

const KEY: &str = "Bearer sk_test_localstripe";

/// When the line is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Before localstripe hears of it.
    Before,
    /// After it has charged.
    After,
}

pub struct Front {
    pub address: SocketAddr,
    pub root_pem: String,
    pub cut: Planned,
}

impl Front {
    pub async fn start(plain: SocketAddr) -> Self {
        let (config, root_pem) = certificates();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let cut = Planned::default();
        let planned = Arc::clone(&cut);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (acceptor, cut) = (TlsAcceptor::from(Arc::clone(&config)), Arc::clone(&planned));
                tokio::spawn(async move {
                    let Ok(stream) = acceptor.accept(stream).await else { return };
                    let answer = service_fn(move |request| pass((plain, address), Arc::clone(&cut), request));
                    // A planned cut ends the conversation here: that is the point of it.
                    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await;
                });
            }
        });
        Self { address, root_pem, cut }
    }
}

async fn pass(
    (plain_at, own): (SocketAddr, SocketAddr),
    cut: Planned,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, std::io::Error> {
    let gone = || std::io::Error::other("cut");
    let method = request.method().to_string();
    let path = request.uri().path_and_query().unwrap().to_string();
    let body = request.into_body().collect().await.map_err(|_| gone())?.to_bytes();
    let body = String::from_utf8(body.to_vec()).unwrap();
    if let Some(page) = path.strip_prefix("/prove/") {
        let (proof, answer) = page.split_once('?').unwrap();
        let (intent, secret) = proof.split_once('/').unwrap();
        let path = format!("/v1/payment_intents/{intent}/_authenticate");
        let said = format!("client_secret={secret}&success={}", answer == "ok");
        let (status, answer) = plain(plain_at, "POST", &path, &said).await;
        return Ok(Response::builder().status(status).body(Full::new(answer)).unwrap());
    }
    let planned = if path.ends_with("/confirm") { cut.lock().unwrap().take() } else { None };
    if planned == Some(Cut::Before) {
        return Err(gone());
    }
    let (status, answer) = match path.strip_suffix("/confirm") {
        Some(intent) if body.contains("payment_method_data") => confirm(plain_at, intent, &body).await,
        _ => plain(plain_at, &method, &path, &body).await,
    };
    if planned == Some(Cut::After) {
        return Err(gone());
    }
    let head = Response::builder().status(status).header("content-type", "application/json");
    Ok(head.body(Full::new(with_page(own, answer))).unwrap())
}

/// A bank that asks, with a page.
fn with_page(own: SocketAddr, answer: Bytes) -> Bytes {
    let Ok(mut json) = serde_json::from_slice::<serde_json::Value>(&answer) else { return answer };
    if json["status"] != "requires_action" {
        return answer;
    }
    let (intent, secret) = (json["id"].as_str().unwrap(), json["client_secret"].as_str().unwrap());
    let url = format!("https://{own}/prove/{intent}/{secret}");
    json["next_action"] = serde_json::json!({"type": "redirect_to_url", "redirect_to_url": {"url": url}});
    json.to_string().into()
}

async fn confirm(plain_at: SocketAddr, intent: &str, body: &str) -> (u16, Bytes) {
    // payment_method_data[card][number] is card[number] there.
    let fields: Vec<_> = body
        .split('&')
        .filter(|pair| !pair.starts_with("return_url="))
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap();
            let name = name.strip_prefix("payment_method_data").unwrap_or(name);
            let name = name.replacen("%5B", "", 1).replacen("%5D", "", 1);
            format!("{name}={value}")
        })
        .collect();
    let (status, made) = plain(plain_at, "POST", "/v1/payment_methods", &fields.join("&")).await;
    if status != 200 {
        return (status, made);
    }
    let made: serde_json::Value = serde_json::from_slice(&made).unwrap();
    let put = format!("payment_method={}", made["id"].as_str().unwrap());
    let (status, put) = plain(plain_at, "POST", intent, &put).await;
    if status != 200 {
        return (status, put);
    }
    plain(plain_at, "POST", &format!("{intent}/confirm"), "").await
}

/// One call to localstripe itself.
pub async fn plain(at: SocketAddr, method: &str, path: &str, body: &str) -> (u16, Bytes) {
    let stream = TcpStream::connect(at).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    let driver = tokio::spawn(connection);
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "localstripe")
        .header("authorization", KEY)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Full::new(Bytes::from(body.to_owned())))
        .unwrap();
    let answer = sender.send_request(request).await.unwrap();
    let status = answer.status().as_u16();
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    driver.abort();
    (status, body)
}
