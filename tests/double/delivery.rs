//! Notices on their way to a shop's webhook: signed, sent over TLS, and spoiled on order.
//!
//! Notices leave in the order in which things happened, one after the other; only a twist changes that. One
//! that is not answered with 2xx is sent again, signed anew, as the vendors do (there over days, here within
//! seconds).

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use rustls::pki_types::ServerName;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_rustls::TlsConnector;

use super::Shared;
use super::api::{Notice, Signing};
use super::fault::Lottery;
use super::trust;
pub use super::trust::Trust;

/// For one delivery.
const LIMIT: Duration = Duration::from_secs(10);
/// Pauses before each further try.
const AGAIN: [u64; 6] = [100, 300, 900, 2_000, 4_000, 8_000];
/// The longest that a notice is held back to come after another.
const HELD: Duration = Duration::from_secs(2);

/// What goes wrong with a notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Twist {
    /// It comes this many times.
    Times(usize),
    /// It comes after the one that follows it, or two seconds later if none does.
    Later,
    /// It comes after this many milliseconds; others may overtake it.
    Delay(u64),
    /// It never comes.
    Drop,
    /// Signed with another secret; not repeated.
    WrongSignature,
    /// Signed so many seconds ago; not repeated.
    Old(i64),
    /// Signed with this secret too, as while a secret is being exchanged.
    AlsoSigned(String),
}

/// A notice that was sent, and what came back: a status, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    pub id: String,
    pub topic: String,
    /// Not signed yet.
    pub body: Value,
    pub twist: Option<Twist>,
    pub answer: Result<u16, String>,
}

struct Target {
    url: hyper::Uri,
    trust: Trust,
    secret: String,
}

/// Where notices go, and what is planned for them.
#[derive(Default)]
pub(super) struct Mail {
    target: Option<Arc<Target>>,
    queue: Option<mpsc::UnboundedSender<Letter>>,
    plans: VecDeque<(String, Twist)>,
    random: Option<Lottery<Twist>>,
    held: Vec<Letter>,
    pub(super) sent: Vec<Sent>,
}

#[derive(Clone)]
struct Letter {
    notice: Notice,
    twist: Option<Twist>,
}

impl Mail {
    pub(super) fn plan(&mut self, topic: &str, twist: Twist) {
        self.plans.push_back((topic.to_owned(), twist));
    }

    pub(super) fn at_random(&mut self, seed: u64, per_mille: usize, kinds: &[Twist]) {
        self.random = Some(Lottery::new(seed, per_mille, kinds));
    }

    fn twist(&mut self, topic: &str, amount: Option<i64>) -> Option<Twist> {
        let matter = format!("{topic} {}", amount.unwrap_or_default());
        match self.plans.iter().position(|(on, _)| topic.ends_with(on.as_str())) {
            Some(place) => self.plans.remove(place).map(|(_, twist)| twist),
            None => self.random.as_mut().and_then(|random| random.draw(&matter)),
        }
    }
}

/// Sends notices to `url` (`https://` or `http://` and an IP address) from now on. The queue begins with the
/// first call; a later one only changes the address.
pub(super) fn begin(books: &Shared, url: &str, trust: Trust, secret: &str) {
    let target = Target { url: url.parse().unwrap(), trust, secret: secret.to_owned() };
    let mut open = books.lock().unwrap();
    // What happened before anybody listened is nobody's notice.
    let _ = open.api.notices();
    open.mail.target = Some(Arc::new(target));
    if open.mail.queue.is_none() {
        let (queue, mut letters) = mpsc::unbounded_channel();
        open.mail.queue = Some(queue);
        let books = Arc::clone(books);
        tokio::spawn(async move {
            while let Some(letter) = letters.recv().await {
                carry(&books, letter).await;
            }
        });
    }
}

/// Takes what the API has to tell and puts it into the queue.
pub(super) fn post(books: &Shared) {
    let mut open = books.lock().unwrap();
    let notices = open.api.notices();
    let Some(queue) = open.mail.queue.clone() else { return };
    for notice in notices {
        let amount = open.api.amount_told(&notice);
        let twist = open.mail.twist(&notice.topic, amount);
        let letter = Letter { notice, twist };
        match letter.twist {
            Some(Twist::Drop) => {}
            Some(Twist::Later) => {
                open.mail.held.push(letter);
                let books = Arc::clone(books);
                tokio::spawn(async move {
                    tokio::time::sleep(HELD).await;
                    release(&books);
                });
            }
            Some(Twist::Delay(milliseconds)) => {
                let queue = queue.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
                    let _ = queue.send(letter);
                });
            }
            _ => {
                // The queue lives as long as the runtime.
                let _ = queue.send(letter);
                for held in open.mail.held.drain(..) {
                    let _ = queue.send(held);
                }
            }
        }
    }
}

/// Sends what is held back.
pub(super) fn release(books: &Shared) {
    let mut open = books.lock().unwrap();
    let Some(queue) = open.mail.queue.clone() else { return };
    for held in open.mail.held.drain(..) {
        let _ = queue.send(held);
    }
}

async fn carry(books: &Shared, letter: Letter) {
    let times = if let Some(Twist::Times(times)) = letter.twist { times } else { 1 };
    for _ in 0..times {
        if !deliver(books, &letter).await {
            let (books, letter) = (Arc::clone(books), letter.clone());
            tokio::spawn(async move {
                for pause in AGAIN {
                    tokio::time::sleep(Duration::from_millis(pause)).await;
                    if deliver(&books, &letter).await {
                        return;
                    }
                }
            });
        }
    }
}

/// Whether nothing more is to be done for this letter.
async fn deliver(books: &Shared, letter: &Letter) -> bool {
    let mut signing = Signing::default();
    match &letter.twist {
        Some(Twist::WrongSignature) => signing.wrong = true,
        Some(Twist::Old(seconds)) => signing.old = *seconds,
        Some(Twist::AlsoSigned(secret)) => signing.also.push(secret.clone()),
        _ => {}
    }
    let (target, signed) = {
        let open = books.lock().unwrap();
        let Some(target) = open.mail.target.clone() else { return true };
        let signed = open.api.sign(&letter.notice, &target.secret, &signing, Timestamp::now().as_second());
        (target, signed)
    };
    let sent = tokio::time::timeout(LIMIT, send(&target, signed.headers, signed.body)).await;
    let answer = sent.unwrap_or_else(|_| Err("no answer in time".to_owned()));
    let done = signing.wrong || signing.old != 0 || matches!(answer, Ok(200..=299));
    let (id, topic) = (letter.notice.id.clone(), letter.notice.topic.clone());
    books.lock().unwrap().mail.sent.push(Sent {
        id,
        topic,
        body: letter.notice.body.clone(),
        twist: letter.twist.clone(),
        answer,
    });
    done
}

async fn send(target: &Target, headers: Vec<(String, String)>, body: Vec<u8>) -> Result<u16, String> {
    let authority = target.url.authority().ok_or("the webhook's URL has no host")?;
    let address: SocketAddr = authority.as_str().parse().map_err(|_| "the webhook's host is no address")?;
    let stream = TcpStream::connect(address).await.map_err(|error| error.to_string())?;
    let path = target.url.path_and_query().map_or("/", |path| path.as_str());
    let mut request = Request::post(path).header("host", authority.as_str()).header("connection", "close");
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let request = request.body(Full::new(Bytes::from(body))).map_err(|error| error.to_string())?;
    if target.url.scheme_str() == Some("http") {
        return exchange(stream, request).await;
    }
    let tls = TlsConnector::from(trust::client(&target.trust));
    let name = ServerName::IpAddress(address.ip().into());
    let stream = tls.connect(name, stream).await.map_err(|error| error.to_string())?;
    exchange(stream, request).await
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Full<Bytes>>,
) -> Result<u16, String> {
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| error.to_string())?;
    let driver = tokio::spawn(connection);
    let answer = async {
        let answer = sender.send_request(request).await.map_err(|error| error.to_string())?;
        let status = answer.status().as_u16();
        answer.into_body().collect().await.map_err(|error| error.to_string())?;
        Ok(status)
    };
    let answer = answer.await;
    driver.abort();
    answer
}
