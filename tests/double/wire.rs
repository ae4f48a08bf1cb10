//! TLS, HTTP and the faults.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::intents::Fields;
use super::{Books, Fault, Seen};

type Body = http_body_util::Either<Full<Bytes>, Half>;

pub async fn start(books: Arc<Mutex<Books>>) -> (SocketAddr, String) {
    let (config, root_pem) = certificates();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let (books, acceptor) = (Arc::clone(&books), TlsAcceptor::from(Arc::clone(&config)));
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else { return };
                let answer = service_fn(move |request| answer(Arc::clone(&books), request));
                // A planned reset ends the conversation here: that is the point of it.
                let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await;
            });
        }
    });
    (address, root_pem)
}

/// A server's configuration for loopback and Stripe's name, and the fresh root (PEM) that vouches for it.
pub fn certificates() -> (Arc<ServerConfig>, String) {
    let root_key = KeyPair::generate().unwrap();
    let mut root = CertificateParams::new(vec![]).unwrap();
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    root.distinguished_name.push(rcgen::DnType::CommonName, "Root of the gateway double");
    let root_pem = root.self_signed(&root_key).unwrap().pem();
    let issuer = Issuer::new(root, root_key);
    let key = KeyPair::generate().unwrap();
    let names = vec!["127.0.0.1".to_owned(), "localhost".to_owned(), "api.stripe.com".to_owned()];
    let leaf = CertificateParams::new(names).unwrap().signed_by(&key, &issuer).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
        .unwrap();
    (Arc::new(config), root_pem)
}

/// An error that makes hyper drop the connection without an answer.
#[derive(Debug)]
struct Cut;

impl std::fmt::Display for Cut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("cut")
    }
}

impl std::error::Error for Cut {}

async fn answer(books: Arc<Mutex<Books>>, request: Request<Incoming>) -> Result<Response<Body>, Cut> {
    let method = request.method().to_string();
    let path = request.uri().path().to_owned();
    let key = request.headers().get("idempotency-key").map(|key| key.to_str().unwrap().to_owned());
    let authorised = request
        .headers()
        .get("authorization")
        .is_some_and(|value| value.as_bytes().starts_with(b"Bearer sk_"));
    let body = request.into_body().collect().await.map_err(|_| Cut)?.to_bytes();
    let fields = parse(&body);
    let fault = {
        let mut books = books.lock().unwrap();
        let names = fields.iter().map(|(name, _)| name.clone()).collect();
        books.seen.push(Seen {
            method: method.clone(),
            path: path.clone(),
            idempotency_key: key.clone(),
            fields: names,
        });
        let place = books.faults.iter().position(|(on, _)| path.ends_with(on.as_str()));
        place.and_then(|place| books.faults.remove(place)).map(|(_, fault)| fault)
    };
    match fault {
        Some(Fault::ResetBefore) => return Err(Cut),
        Some(Fault::Redirect) => {
            let mut moved = reply(307, b"");
            moved.headers_mut().insert("location", "/elsewhere".parse().unwrap());
            return Ok(moved);
        }
        Some(Fault::ErrorBefore) => return Ok(reply(500, br#"{"error":{"type":"api_error"}}"#)),
        _ => {}
    }
    let (status, mut json) = if authorised {
        books.lock().unwrap().intents.answer(&method, &path, &fields, key.as_deref())
    } else {
        (
            401,
            serde_json::json!({"error": {"type": "invalid_request_error", "message": "Invalid API Key provided"}}),
        )
    };
    match fault {
        Some(Fault::ResetAfter) => return Err(Cut),
        Some(Fault::ErrorAfter) => return Ok(reply(500, br#"{"error":{"type":"api_error"}}"#)),
        Some(Fault::Slow(milliseconds)) => tokio::time::sleep(Duration::from_millis(milliseconds)).await,
        Some(Fault::WrongAmount) => {
            json["amount"] = serde_json::json!(1);
            json["amount_received"] = serde_json::json!(1);
        }
        Some(Fault::TooLong) => json["padding"] = serde_json::json!("x".repeat(300 * 1024)),
        Some(Fault::HalfAnswer) => return Ok(half(status, json.to_string().as_bytes())),
        _ => {}
    }
    Ok(reply(status, json.to_string().as_bytes()))
}

fn reply(status: u16, body: &[u8]) -> Response<Body> {
    let body = Body::Left(Full::new(Bytes::copy_from_slice(body)));
    Response::builder().status(status).header("content-type", "application/json").body(body).unwrap()
}

/// The whole length is promised and half of it comes.
fn half(status: u16, body: &[u8]) -> Response<Body> {
    let half = Bytes::copy_from_slice(&body[..body.len() / 2]);
    let body_length = body.len();
    let body = Body::Right(Half(Some(half)));
    Response::builder()
        .status(status)
        .header("content-type", "application/json")
        .header("content-length", body_length)
        .body(body)
        .unwrap()
}

/// A body of one frame and then the end, before what was promised.
struct Half(Option<Bytes>);

impl hyper::body::Body for Half {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.take().map(|bytes| Ok(Frame::data(bytes))))
    }
}

/// `application/x-www-form-urlencoded`.
fn parse(body: &[u8]) -> Fields {
    let decode = |text: &[u8]| {
        let mut out = Vec::new();
        let mut bytes = text.iter();
        while let Some(byte) = bytes.next() {
            match byte {
                b'+' => out.push(b' '),
                b'%' => {
                    let hex: Vec<u8> = bytes.by_ref().take(2).copied().collect();
                    out.push(u8::from_str_radix(&String::from_utf8(hex).unwrap(), 16).unwrap());
                }
                other => out.push(*other),
            }
        }
        String::from_utf8(out).unwrap()
    };
    body.split(|byte| *byte == b'&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let cut = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
            (decode(&pair[..cut]), decode(pair.get(cut + 1..).unwrap_or_default()))
        })
        .collect()
}
