//! A plain HTTP client for the double's own tests: one connection per call, nothing repeated or followed.

use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::double::Double;
use super::double::form::encode;

pub const KEY: &str = "Bearer sk_test_of_a_test";

/// What came back, and when.
#[derive(Debug)]
pub struct Got {
    pub status: u16,
    pub headers: hyper::HeaderMap,
    pub body: Bytes,
    /// Until the head was there.
    pub head_after: Duration,
    /// Until all was.
    pub after: Duration,
}

impl Got {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {:?}", self.body))
    }
}

/// A call to Stripe's API with its usual headers and, perhaps, an idempotency key.
pub async fn call(
    double: &Double,
    method: &str,
    path: &str,
    fields: &[(&str, &str)],
    once: Option<&str>,
) -> Result<Got, String> {
    let mut headers = vec![("authorization", KEY), ("content-type", "application/x-www-form-urlencoded")];
    headers.extend(once.map(|once| ("idempotency-key", once)));
    let pairs: Vec<_> =
        fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    send(double, method, path, &headers, pairs.join("&")).await
}

/// One that must be answered.
pub async fn post(double: &Double, path: &str, fields: &[(&str, &str)]) -> Got {
    call(double, "POST", path, fields, None).await.unwrap()
}

pub async fn get(double: &Double, path: &str) -> Value {
    call(double, "GET", path, &[], None).await.unwrap().json()
}

/// Waits until it is so, and fails after ten seconds.
pub async fn until(so: impl Fn() -> bool) {
    for _ in 0..200 {
        if so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it did not come to that");
}

pub async fn send(
    double: &Double,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: String,
) -> Result<Got, String> {
    let words = |error: &dyn std::fmt::Display| error.to_string();
    let began = Instant::now();
    let stream = TcpStream::connect(double.address()).await.map_err(|error| words(&error))?;
    let name = ServerName::IpAddress(double.address().ip().into());
    let tls = TlsConnector::from(double.client());
    let stream = tls.connect(name, stream).await.map_err(|error| words(&error))?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|error| words(&error))?;
    let driver = tokio::spawn(connection);
    let request = Request::builder().method(method).uri(path).header("host", "double");
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    let request = request.body(Full::new(Bytes::from(body))).unwrap();
    let got = async {
        let answer = sender.send_request(request).await.map_err(|error| words(&error))?;
        let (head, body) = answer.into_parts();
        let head_after = began.elapsed();
        let body = body.collect().await.map_err(|error| words(&error))?.to_bytes();
        let (status, headers) = (head.status.as_u16(), head.headers);
        Ok(Got { status, headers, body, head_after, after: began.elapsed() })
    };
    let got = got.await;
    driver.abort();
    got
}
