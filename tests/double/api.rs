//! What one API is to the server: it answers requests, keeps the books, and says what it would tell a webhook.
//!
//! An API decides nothing about faults. It owns its vendor's words: how an error looks, where an amount stands
//! in an answer, how a notice is signed.

use std::any::Any;

use hyper::HeaderMap;
use serde_json::Value;

/// A request as it came in.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: String,
    /// Without the query.
    pub path: String,
    /// Decoded.
    pub query: Fields,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

/// Names and values of a form or a query, decoded, in their order.
pub type Fields = Vec<(String, String)>;

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The body as `application/x-www-form-urlencoded`; empty for any other type.
    pub fn form(&self) -> Fields {
        let form = self.header("content-type").is_some_and(|kind| kind.starts_with("application/x-www-form"));
        if form { super::form::parse(&self.body) } else { Vec::new() }
    }

    /// The body as JSON; a byte order mark before it is no matter.
    pub fn json(&self) -> Option<Value> {
        let body = self.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&self.body);
        serde_json::from_slice(body).ok()
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// `/v1/refunds/re_1` as `["v1", "refunds", "re_1"]`.
    pub fn parts(&self) -> Vec<&str> {
        self.path.trim_matches('/').split('/').collect()
    }

    /// Whether this is a page for a shopper's browser and no call of the shop's.
    pub fn is_page(&self) -> bool {
        self.path.starts_with("/pages/")
    }
}

/// An answer before any fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(status: u16, json: &Value) -> Self {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Self { status, headers, body: json.to_string().into_bytes() }
    }

    pub fn page(status: u16, html: &str) -> Self {
        let headers = vec![("content-type".to_owned(), "text/html; charset=utf-8".to_owned())];
        Self { status, headers, body: html.as_bytes().to_vec() }
    }

    /// A browser is sent on with a GET.
    pub fn redirect(to: &str) -> Self {
        Self { status: 302, headers: vec![("location".to_owned(), to.to_owned())], body: Vec::new() }
    }

    /// Changes the JSON of the body, if it is JSON; a byte order mark stays.
    pub fn edit(&mut self, change: impl FnOnce(&mut Value)) {
        let mark: &[u8] = if self.body.starts_with(b"\xef\xbb\xbf") { b"\xef\xbb\xbf" } else { b"" };
        let Ok(mut json) = serde_json::from_slice(&self.body[mark.len()..]) else { return };
        change(&mut json);
        self.body = [mark, json.to_string().as_bytes()].concat();
    }
}

/// What every gateway knows of money that it holds or has taken. One per authorisation; a refused card has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// The API's own identifier.
    pub id: String,
    /// The attempt's key and the order, as the API got them; empty where it did not.
    pub attempt: String,
    pub order: String,
    /// Authorised, in minor units.
    pub amount: i64,
    /// In the API's own case.
    pub currency: String,
    pub captured: i64,
    /// Refunds that were taken on, without those that failed.
    pub refunded: i64,
    /// Given back before it was captured.
    pub voided: bool,
    pub last_four: String,
}

impl Charge {
    /// Whether the shopper's money is held or gone: what must be at most one per order.
    pub fn holds(&self) -> bool {
        !self.voided
    }
}

/// What an API would tell a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The vendor's identifier of the event.
    pub id: String,
    /// The vendor's name for what happened: `payment_intent.succeeded`, `AUTHORISATION`.
    pub topic: String,
    pub body: Value,
}

/// How a notice is signed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Signing {
    /// As the vendor does, but under another secret.
    pub wrong: bool,
    /// The signature's time lies this many seconds back (where the vendor signs a time).
    pub old: i64,
    /// Further secrets that are still valid while one is being exchanged (where the vendor has that).
    pub also: Vec<String>,
}

/// A notice as it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// Where a fault stands to the API's own commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// The request was turned away at the door: not looked at, not remembered.
    NotSeen,
    /// It was begun and nothing came of it.
    Nothing,
    /// All of it was done.
    All,
}

/// One vendor's API.
pub trait Api: Any + Send {
    /// Told once, before the first request: `https://127.0.0.1:PORT`, for links to pages of its own.
    fn lives_at(&mut self, _endpoint: &str) {}

    /// Does what the request asks for. Called under a lock, one request at a time.
    fn answer(&mut self, request: &Request) -> Answer;

    /// The request was begun and takes its time (`true`), or goes on with [`Self::answer`] now (`false`): for a
    /// vendor that refuses a repeat meanwhile.
    fn linger(&mut self, _request: &Request, _begun: bool) {}

    /// The vendor's words for a failure of its own with this status. An API that repeats an answer under an
    /// idempotency key remembers this one too, unless `done` is [`Done::NotSeen`].
    fn fail(&mut self, request: &Request, status: u16, done: Done) -> Answer;

    /// The vendor's refusal of a request that it does not look at any further.
    fn refuse(&mut self, request: &Request) -> Answer {
        self.fail(request, 402, Done::NotSeen)
    }

    /// Makes the answer tell of another amount than is in the books.
    fn echo_wrong_amount(&self, answer: &mut Answer);

    /// Whether a card number belongs into the body of this request.
    fn takes_card(&self, request: &Request) -> bool;

    /// The key by which the vendor recognises a repeat, if the request has one.
    fn once(&self, request: &Request) -> Option<String> {
        request.header("idempotency-key").map(str::to_owned)
    }

    /// What the request does, in words that hold nothing made up for this run: method and path without
    /// identifiers.
    fn doing(&self, request: &Request) -> String {
        let plain = |part: &&str| part.len() < 3 || !part.contains(|letter: char| letter.is_ascii_digit());
        let parts: Vec<_> =
            request.parts().iter().map(|part| if plain(part) { *part } else { "*" }).collect();
        format!("{} /{}", request.method, parts.join("/"))
    }

    /// The amount, in minor units, of the payment that a request is about. A suite whose amounts are all
    /// different knows by it which of its payments this is, in each run the same.
    fn amount_of(&self, _request: &Request) -> Option<i64> {
        None
    }

    /// The same of a notice.
    fn amount_told(&self, _notice: &Notice) -> Option<i64> {
        None
    }

    fn charges(&self) -> Vec<Charge>;

    /// What happened since the last call, oldest first.
    fn notices(&mut self) -> Vec<Notice>;

    /// Dresses a notice for the wire; `now` in seconds since 1970.
    fn sign(&self, notice: &Notice, secret: &str, signing: &Signing, now: i64) -> Signed;
}
