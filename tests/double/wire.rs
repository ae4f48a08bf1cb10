//! TLS, HTTP and the faults around an API's answer.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request as HttpRequest, Response};
use hyper_util::rt::TokioIo;
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::api::{Answer, Done, Request};
use super::fault::Fault;
use super::slow::{Body, Half, Pace, SlowBody, SlowStream};
use super::{Books, Seen, Shared, cards, delivery, form, quote};

/// Serves until the runtime ends.
pub(super) fn serve(listener: TcpListener, config: Arc<ServerConfig>, books: Shared) {
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(converse(stream, Arc::clone(&config), Arc::clone(&books)));
        }
    });
}

async fn converse(stream: TcpStream, config: Arc<ServerConfig>, books: Shared) {
    let stream = match TlsAcceptor::from(config).accept(stream).await {
        Ok(stream) => stream,
        Err(error) => return books.lock().unwrap().refusals.push(error.to_string()),
    };
    let pace = Pace::default();
    let stream = SlowStream::new(stream, pace.clone());
    let answer = service_fn(move |request| {
        let (books, pace) = (Arc::clone(&books), pace.clone());
        // In a task of its own: what was begun here goes on when the client hangs up.
        async move { tokio::spawn(answer(books, pace, request)).await.unwrap() }
    });
    // A planned reset ends the conversation here: that is the point of it.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await;
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

async fn answer(books: Shared, pace: Pace, request: HttpRequest<Incoming>) -> Result<Response<Body>, Cut> {
    let request = read(request).await?;
    let (fault, amount) = hear(&mut books.lock().unwrap(), &request);
    match fault {
        Some(Fault::ResetBefore) => return Err(Cut),
        Some(Fault::Redirect) => {
            let headers = vec![("location".to_owned(), "/elsewhere".to_owned())];
            return Ok(whole(Answer { status: 307, headers, body: Vec::new() }));
        }
        Some(Fault::ErrorBefore) => {
            return Ok(whole(books.lock().unwrap().api.fail(&request, 500, Done::Nothing)));
        }
        Some(Fault::Refused(status)) => {
            return Ok(whole(books.lock().unwrap().api.fail(&request, status, Done::NotSeen)));
        }
        Some(Fault::RefusesQuoting(number)) => {
            let mut answer = books.lock().unwrap().api.refuse(&request);
            quote::everywhere(&mut answer, number);
            return Ok(whole(answer));
        }
        Some(Fault::SlowBefore(milliseconds)) => {
            books.lock().unwrap().api.linger(&request, true);
            pause(milliseconds).await;
        }
        _ => {}
    }
    let lie;
    let mut answer = {
        let mut books = books.lock().unwrap();
        if matches!(fault, Some(Fault::SlowBefore(_))) {
            books.api.linger(&request, false);
        }
        let answer = books.api.answer(&request);
        let held = || books.api.charges().iter().any(|charge| Some(charge.amount) == amount);
        lie = books.plans.lies_about(amount) && held();
        match fault {
            Some(Fault::ErrorAfter) => books.api.fail(&request, 500, Done::All),
            _ => answer,
        }
    };
    if lie || fault == Some(Fault::WrongAmount) {
        books.lock().unwrap().api.echo_wrong_amount(&mut answer);
    }
    delivery::post(&books);
    match fault {
        Some(Fault::ResetAfter) => return Err(Cut),
        Some(Fault::HalfAnswer) => return Ok(half(answer)),
        Some(Fault::Slow(milliseconds)) => pause(milliseconds).await,
        Some(Fault::SlowHead(milliseconds)) => pace.slow_for(milliseconds),
        Some(Fault::SlowBody(milliseconds)) => return Ok(slow(answer, milliseconds)),
        Some(Fault::TooLong) => answer.edit(|json| json["padding"] = "x".repeat(300 * 1024).into()),
        Some(Fault::Quotes(number)) => quote::in_words(&mut answer, number),
        Some(Fault::QuotesEverywhere(number)) => quote::everywhere(&mut answer, number),
        _ => {}
    }
    Ok(whole(answer))
}

async fn pause(milliseconds: u64) {
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
}

async fn read(request: HttpRequest<Incoming>) -> Result<Request, Cut> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| Cut)?.to_bytes().to_vec();
    let query = form::parse(head.uri.query().unwrap_or_default().as_bytes());
    let path = head.uri.path().to_owned();
    Ok(Request { method: head.method.to_string(), path, query, headers: head.headers, body })
}

/// Notes the request and draws its fault.
fn hear(books: &mut Books, request: &Request) -> (Option<Fault>, Option<i64>) {
    let card = cards::in_body(request);
    if card && !books.api.takes_card(request) {
        books.breaches.push(format!("a card came in the body of {} {}", request.method, request.path));
    }
    if cards::in_head(request) {
        books.breaches.push(format!("a card came in the head of {} {}", request.method, request.path));
    }
    let (doing, amount) = (books.api.doing(request), books.api.amount_of(request));
    let matter = format!("{doing} {}", amount.unwrap_or_default());
    let fault = books.plans.take(request, &matter);
    let seen = Seen {
        method: request.method.clone(),
        path: request.path.clone(),
        doing,
        amount,
        idempotency_key: books.api.once(request),
        fields: request.form().into_iter().map(|(name, _)| name).collect(),
        card,
        fault,
    };
    // Nobody may be listening any more.
    books.ears.iter().for_each(|ear| drop(ear.send(seen.clone())));
    books.seen.push(seen);
    (fault, amount)
}

fn head(answer: &Answer) -> hyper::http::response::Builder {
    let head = Response::builder().status(answer.status);
    answer.headers.iter().fold(head, |head, (name, value)| head.header(name, value))
}

fn whole(answer: Answer) -> Response<Body> {
    head(&answer).body(Full::new(Bytes::from(answer.body)).boxed_unsync()).unwrap()
}

/// The whole length is promised and half of it comes.
fn half(answer: Answer) -> Response<Body> {
    let first = Bytes::copy_from_slice(&answer.body[..answer.body.len() / 2]);
    head(&answer).header("content-length", answer.body.len()).body(Half(Some(first)).boxed_unsync()).unwrap()
}

fn slow(answer: Answer, milliseconds: u64) -> Response<Body> {
    let length = answer.body.len();
    let body = SlowBody::new(Bytes::from(answer.body.clone()), milliseconds);
    head(&answer).header("content-length", length).body(body.boxed_unsync()).unwrap()
}

/// Binds a free port of loopback.
pub(super) async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}
