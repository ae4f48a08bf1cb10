//! Somebody who can write into the shop's pages on their way: a server in front of the shop that passes
//! everything on and, if told to, adds markup to the payment page or takes its policy away. With it a test shows
//! what the browser does with injected markup under the shop's own headers, and that without them it would obey.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::double::certificates;
use super::harness::browser;

/// What is done to the payment page.
#[derive(Default, Clone)]
pub struct Meddling {
    /// Markup that is put before the end of its body.
    pub inject: String,
    /// Text in it that is replaced.
    pub replace: Option<(String, String)>,
    /// Whether the Content-Security-Policy of every answer is taken away.
    pub no_policy: bool,
}

/// A running relay. Stops with the runtime that it was started on.
#[derive(Clone)]
pub struct Relay {
    address: SocketAddr,
    meddling: Arc<Mutex<Meddling>>,
    /// Paths that were asked for.
    pub asked: Arc<Mutex<Vec<String>>>,
}

impl Relay {
    /// In front of `https://HOST:PORT`.
    pub async fn start(shop: &str) -> Self {
        let (config, _) = certificates();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let relay =
            Self { address: listener.local_addr().unwrap(), meddling: Arc::default(), asked: Arc::default() };
        let (kept, shop) =
            (relay.clone(), shop.trim_start_matches("https://").trim_end_matches('/').to_owned());
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (relay, shop) = (relay.clone(), shop.clone());
                let acceptor = TlsAcceptor::from(Arc::clone(&config));
                tokio::spawn(async move {
                    let Ok(stream) = acceptor.accept(stream).await else { return };
                    let pass = service_fn(move |request| relay.clone().pass(shop.clone(), request));
                    // A browser may go away at any time.
                    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), pass).await;
                });
            }
        });
        kept
    }

    pub fn origin(&self) -> String {
        format!("https://{}", self.address)
    }

    pub fn meddle(&self, meddling: Meddling) {
        *self.meddling.lock().unwrap() = meddling;
    }

    async fn pass(
        self,
        shop: String,
        request: Request<Incoming>,
    ) -> Result<Response<Full<Bytes>>, Infallible> {
        let path = request.uri().path().to_owned();
        self.asked.lock().unwrap().push(path.clone());
        let script = |text: &'static str| {
            Response::builder()
                .header("content-type", "text/javascript")
                .body(Full::new(Bytes::from(text)))
                .unwrap()
        };
        if path == "/injected.js" {
            return Ok(script("document.title += ' ran-file';"));
        }
        let meddling = self.meddling.lock().unwrap().clone();
        let mut answer = forward(&shop, request).await;
        if meddling.no_policy {
            answer.headers_mut().remove("content-security-policy");
        }
        if path == "/checkout/pay" && answer.status().is_success() {
            let mut text = String::from_utf8(answer.body().to_vec()).unwrap();
            if let Some((from, to)) = &meddling.replace {
                assert!(text.contains(from.as_str()), "{from} is not on the page");
                text = text.replace(from.as_str(), to);
            }
            text = text.replace("</body>", &format!("{}</body>", meddling.inject));
            assert!(text.contains(&meddling.inject));
            answer.headers_mut().remove("content-length");
            *answer.body_mut() = Bytes::from(text);
        }
        Ok(answer.map(Full::new))
    }
}

async fn forward(shop: &str, request: Request<Incoming>) -> Response<Bytes> {
    let (mut head, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    // Pages are read and changed here.
    head.headers.remove("accept-encoding");
    let stream = TcpStream::connect(shop).await.unwrap();
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let stream = TlsConnector::from(browser::client()).connect(name, stream).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    let connection = tokio::spawn(connection);
    let answer = sender.send_request(Request::from_parts(head, Full::new(body))).await.unwrap();
    let (mut head, body) = answer.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    connection.abort();
    head.headers.remove("transfer-encoding");
    Response::from_parts(head, body)
}

/// A server of another origin, which keeps what is sent to it. Connections alone do not count: Chromium opens
/// one, empty, to wherever a form or a frame would go before it asks the page's policy.
#[derive(Clone)]
pub struct Stranger {
    address: SocketAddr,
    /// Method, path and body of what arrived.
    pub got: Arc<Mutex<Vec<String>>>,
}

impl Stranger {
    pub async fn start() -> Self {
        let (config, _) = certificates();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stranger = Self { address: listener.local_addr().unwrap(), got: Arc::default() };
        let kept = stranger.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (got, acceptor) = (Arc::clone(&stranger.got), TlsAcceptor::from(Arc::clone(&config)));
                tokio::spawn(async move {
                    let Ok(stream) = acceptor.accept(stream).await else { return };
                    let answer = service_fn(move |request: Request<Incoming>| {
                        let got = Arc::clone(&got);
                        async move {
                            let (head, body) = request.into_parts();
                            let body = body.collect().await?.to_bytes();
                            let body = String::from_utf8_lossy(&body);
                            got.lock().unwrap().push(format!("{} {} {body}", head.method, head.uri.path()));
                            Ok::<_, hyper::Error>(Response::new(Full::new(Bytes::from("taken"))))
                        }
                    });
                    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await;
                });
            }
        });
        kept
    }

    pub fn origin(&self) -> String {
        format!("https://{}", self.address)
    }
}
