//! HTTPS to a gateway: one connection per call, no redirect, no repeat, bounds on everything.
//!
//! What is known about copies of a request's body: it is built in one wiped buffer ([`Body`]); hyper is told
//! to write vectored and so queues that very buffer instead of copying it; rustls copies it record by record
//! (16 KiB at most) into the buffer that it encrypts in place. What is left in freed memory is ciphertext.
//! The request's head, with the operator's key in it, is copied by hyper into a buffer that nobody wipes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{CONNECTION, CONTENT_TYPE, HOST};
use hyper::{HeaderMap, Method, Request, Response};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::Trouble;
use super::body::Body;
use crate::base::is_public;
use crate::payment::looks_like_card_number;
use crate::tls;

/// So many calls in a row that do not reach a gateway mean that nobody can pay.
const MISSED: u32 = 5;
/// The longest answer that is read; a payment of Stripe's has about 5 KiB.
const LONGEST_ANSWER: usize = 256 * 1024;
/// The longest head of an answer, and hyper's buffer.
const LONGEST_HEAD: usize = 64 * 1024;
/// The longest address of a page that a shopper is sent to; Stripe's have about 1,000 bytes.
const LONGEST_URL: usize = 4096;
/// Name, connection and handshake together.
const CONNECT: Duration = Duration::from_secs(10);
/// The most addresses of a name that are tried.
const ADDRESSES: usize = 4;

/// What a `dev` machine may do and no other: talk to a gateway at a fixed address of any kind, and trust one
/// more root.
#[derive(Debug, Clone, Default)]
pub struct Detour {
    endpoint: Option<SocketAddr>,
    root: Option<CertificateDer<'static>>,
}

/// A way to a gateway that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unusable(String);

impl Unusable {
    /// With this reason, which holds no secret.
    pub(super) fn because(why: &str) -> Self {
        Self(why.to_owned())
    }
}

impl Detour {
    /// A detour to `endpoint`, or only the further trusted root (PEM).
    pub fn new(endpoint: Option<SocketAddr>, root_pem: Option<&str>) -> Result<Self, Unusable> {
        let root = root_pem.map(|pem| CertificateDer::from_pem_slice(pem.as_bytes())).transpose();
        let root =
            root.map_err(|error| Unusable(format!("the gateway's root is no certificate: {error}")))?;
        Ok(Self { endpoint, root })
    }
}

/// How a call failed. Neither holds a word of the request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum CallError {
    /// Before anything was sent: nothing can have happened there.
    #[error("not reached: {0}")]
    NotSent(String),
    /// After: whether it was done there, only asking can tell.
    #[error("no answer: {0}")]
    Lost(String),
}

/// One call.
pub(super) struct Call {
    pub(super) method: Method,
    /// With the query, if there is one. Made of constants and checked references only.
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<Body>,
    /// For all of it.
    pub(super) limit: Duration,
}

/// What came back.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// The client of one gateway. Its host is a constant of the gateway's file, or one with a checked prefix.
pub(super) struct Client {
    host: String,
    endpoint: Option<SocketAddr>,
    name: ServerName<'static>,
    tls: Arc<ClientConfig>,
    key_refused: AtomicBool,
    /// Calls in a row that did not reach it.
    missed: AtomicU32,
}

impl Client {
    pub(super) fn new(host: &str, detour: Detour) -> Result<Self, Unusable> {
        let host = host.to_owned();
        let unusable = |error: &dyn std::fmt::Display| Unusable(error.to_string());
        let name = match detour.endpoint {
            Some(at) => ServerName::IpAddress(at.ip().into()),
            None => ServerName::try_from(host.clone()).map_err(|error| unusable(&error))?,
        };
        let tls = tls::client(detour.root).map_err(|error| unusable(&error))?;
        let (key_refused, missed) = (AtomicBool::new(false), AtomicU32::new(0));
        Ok(Self { host, endpoint: detour.endpoint, name, tls, key_refused, missed })
    }

    /// A page to which a shopper may be sent on the gateway's word: HTTPS on one of `hosts` or below one that
    /// begins with a dot, or, on a detour, on the very server that stands in for the gateway; and no card number in
    /// any of it, because the address is kept and shown.
    pub(super) fn page(&self, url: &str, hosts: &[&str]) -> Option<String> {
        let good = leads_to(url, hosts, self.endpoint)? && !looks_like_card_number(url);
        good.then(|| url.to_owned())
    }

    /// What keeps everybody from paying, as far as the last calls tell.
    pub(super) fn trouble(&self) -> Option<Trouble> {
        if self.key_refused.load(Ordering::Relaxed) {
            return Some(Trouble::KeyRefused);
        }
        (self.missed.load(Ordering::Relaxed) >= MISSED).then_some(Trouble::Unreachable)
    }

    /// Whether the gateway takes the account's key: for gateways that say so in another way than by status.
    pub(super) fn key_is(&self, taken: bool) {
        self.key_refused.store(!taken, Ordering::Relaxed);
    }

    /// Makes the call, once.
    pub(super) async fn send(&self, call: Call) -> Result<Answer, CallError> {
        let answer = self.exchange(call).await;
        match &answer {
            Ok(answer) => {
                self.missed.store(0, Ordering::Relaxed);
                match answer.status {
                    401 | 403 => self.key_is(false),
                    200..300 => self.key_is(true),
                    _ => {}
                }
            }
            Err(CallError::NotSent(_)) => {
                let more = |missed: u32| Some(missed.saturating_add(1));
                let _ = self.missed.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
            }
            Err(CallError::Lost(_)) => {}
        }
        answer
    }

    async fn exchange(&self, call: Call) -> Result<Answer, CallError> {
        let deadline = Instant::now().checked_add(call.limit).unwrap_or_else(Instant::now);
        let stream = match timeout(CONNECT.min(call.limit), self.connect()).await {
            Ok(stream) => stream.map_err(CallError::NotSent)?,
            Err(_) => return Err(CallError::NotSent("no connection in time".to_owned())),
        };
        let lost = |error: &dyn std::fmt::Display| CallError::Lost(error.to_string());
        let (mut sender, connection) = http1::Builder::new()
            .writev(true)
            .max_buf_size(LONGEST_HEAD)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|error| CallError::NotSent(error.to_string()))?;
        // Ends with this call, however that ends.
        let mut driver = JoinSet::new();
        driver.spawn(connection);
        let request = self.request(call)?;
        let exchange = async {
            let response = sender.send_request(request).await.map_err(|error| lost(&error))?;
            read(response).await
        };
        timeout_at(deadline, exchange).await.map_err(|_| CallError::Lost("no answer in time".to_owned()))?
    }

    fn request(&self, call: Call) -> Result<Request<Full<Bytes>>, CallError> {
        let unsendable = |error: &dyn std::fmt::Display| CallError::NotSent(error.to_string());
        let host = self.endpoint.map_or_else(|| self.host.clone(), |endpoint| endpoint.to_string());
        let mut request = Request::builder().method(call.method).uri(call.path);
        if let Some(headers) = request.headers_mut() {
            *headers = call.headers;
        }
        request = request.header(HOST, host).header(CONNECTION, "close");
        let body = match call.body {
            Some(body) => {
                request = request.header(CONTENT_TYPE, body.media_type());
                Bytes::from_owner(body)
            }
            None => Bytes::new(),
        };
        request.body(Full::new(body)).map_err(|error| unsendable(&error))
    }

    async fn connect(&self) -> Result<TlsStream<TcpStream>, String> {
        let mut last = "the name has no public address".to_owned();
        for address in self.addresses().await? {
            match TcpStream::connect(address).await {
                Ok(stream) => {
                    // Whole requests are written at once.
                    stream.set_nodelay(true).map_err(|error| error.to_string())?;
                    let tls = TlsConnector::from(Arc::clone(&self.tls));
                    return tls.connect(self.name.clone(), stream).await.map_err(|error| error.to_string());
                }
                Err(error) => last = error.to_string(),
            }
        }
        Err(last)
    }

    async fn addresses(&self) -> Result<Vec<SocketAddr>, String> {
        if let Some(endpoint) = self.endpoint {
            return Ok(vec![endpoint]);
        }
        let found =
            tokio::net::lookup_host((self.host.as_str(), 443)).await.map_err(|error| error.to_string())?;
        Ok(found.filter(|address| is_public(address.ip())).take(ADDRESSES).collect())
    }
}

/// Letters, digits, hyphens and dots (RFC 1123 2.1), and no card number among them.
fn is_name(host: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
    host.bytes().all(plain) && !looks_like_card_number(host)
}

fn leads_to(url: &str, hosts: &[&str], endpoint: Option<SocketAddr>) -> Option<bool> {
    let parsed: hyper::Uri = url.parse().ok()?;
    let plain = url.len() <= LONGEST_URL && url.bytes().all(|byte| byte.is_ascii_graphic());
    // As a whole: what is no number after the colon is no port to the library, and yet not a host's name.
    let authority = parsed.authority()?.as_str();
    let named = |host: &&str| match host.strip_prefix('.') {
        Some(_) => authority.ends_with(*host),
        None => authority == *host,
    };
    let own = match endpoint {
        Some(endpoint) => authority == endpoint.to_string(),
        None => is_name(authority) && hosts.iter().any(named),
    };
    Some(plain && own && parsed.scheme_str() == Some("https") && !authority.contains('@'))
}

/// Where a browser goes with a URL that may be followed, by the rules of browsers (WHATWG URL, 4.4: a backslash
/// is a slash) and not by ours; empty for one that may not. For `untrusted`.
pub(super) fn told(url: &[u8]) -> String {
    let Ok(url) = std::str::from_utf8(url) else { return String::new() };
    if leads_to(url, &["pay.example", ".pay.example"], None) != Some(true) {
        return String::new();
    }
    let rest = url.get("https://".len()..).unwrap_or_default().trim_start_matches(['/', '\\']);
    let authority = rest.split(['/', '\\', '?', '#']).next().unwrap_or_default();
    authority.rsplit('@').next().unwrap_or_default().to_owned()
}

async fn read(response: Response<Incoming>) -> Result<Answer, CallError> {
    let (head, body) = response.into_parts();
    let body = Limited::new(body, LONGEST_ANSWER).collect().await;
    let body = body.map_err(|error| CallError::Lost(error.to_string()))?.to_bytes();
    Ok(Answer { status: head.status.as_u16(), headers: head.headers, body })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call() -> Call {
        Call {
            method: Method::POST,
            path: "/v1/payment_intents".to_owned(),
            headers: HeaderMap::new(),
            body: Some(Body::form(&[("number", "4242")])),
            limit: Duration::from_secs(5),
        }
    }

    #[tokio::test]
    async fn a_name_that_resolves_to_this_machine_is_never_called() {
        let client = Client::new("localhost", Detour::default()).unwrap();
        match client.send(call()).await {
            Err(CallError::NotSent(why)) => assert_eq!(why, "the name has no public address"),
            Err(CallError::Lost(_)) | Ok(_) => panic!("it was called"),
        }
    }

    #[test]
    fn a_shopper_is_sent_to_the_gateways_own_hosts_only() {
        let hosts = ["hooks.stripe.com", ".adyen.com"];
        let client = Client::new("api.stripe.com", Detour::default()).unwrap();
        for good in ["https://hooks.stripe.com/3ds/x?y=1", "https://checkoutshopper-test.adyen.com/a"] {
            assert_eq!(client.page(good, &hosts).as_deref(), Some(good));
        }
        for bad in [
            "http://hooks.stripe.com/",
            "https://hooks.stripe.com.evil.example/",
            "https://evil.example/#hooks.stripe.com",
            "https://hooks.stripe.com@evil.example/",
            "https://evil@hooks.stripe.com/",
            "https://adyen.com.evil.example/",
            "https://eviladyen.com/",
            "https://hooks.stripe.com:8443/",
            "https://hooks.stripe.com/\u{e9}",
            "https://hooks.stripe.com/3ds/4242424242424242",
            "https://hooks.stripe.com/3ds/x?y=4242-4242-4242-4242",
            "javascript:alert(1)",
            "/order/1",
            "",
        ] {
            assert_eq!(client.page(bad, &hosts), None, "{bad}");
        }
    }

    #[test]
    fn an_address_that_only_looks_like_the_gateways_leads_nowhere() {
        let leads = |url| leads_to(url, &["pay.example", ".pay.example"], None) == Some(true);
        assert!(leads("https://pay.example/c/1#x") && leads("https://3ds.pay.example/?a=%2F"));
        for url in [
            "http://pay.example/",
            "https://evilpay.example/",
            "https://pay.example.evil.example/",
            "https://pay.example@evil.example/",
            "https://evil.example\\@pay.example/",
            "https://evil.example\\.pay.example/",
            "https://a@3ds.pay.example/",
            "https://pay.example:444/",
            "https://pay.example:4=4/",
            "https://4242424242424242.pay.example/",
            "https://a,b.pay.example/",
            "//pay.example/",
            "javascript:alert(1)//pay.example",
            "https://pay.example/ x",
            "https://pay.example/\u{e9}",
        ] {
            assert!(!leads(url), "{url}");
        }
        assert!(!leads(&format!("https://pay.example/{}", "x".repeat(LONGEST_URL))));
    }

    #[test]
    fn a_root_that_is_no_certificate_is_refused_at_once() {
        assert!(Detour::new(None, Some("not a certificate")).is_err());
    }
}
