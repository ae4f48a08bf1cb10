//! The certificates of the shop and of the console: one page each, the same for both.

mod ask;
mod words;

use askama::Template;
use axum::body::Body;
use axum::extract::{Path, RawQuery};
use axum::http::Request;
use axum::response::{IntoResponse, Redirect, Response};
use zeroize::Zeroizing;

use self::ask::Ask;
use self::words::Card;
use super::form::{FORM, Field, Problem};
use super::frame::{Clerk, Frame, status, when};
use crate::action::{self, CertificateError, ChangeError, Place};
use crate::locale::Texts;
use crate::web::{Failure, Head, Limits, reply};

/// Chain and key, 64 KiB each; PEM grows a little when a form encodes it.
const UPLOAD: Limits = Limits { body: 256 * 1024, fields: 8, value: 65 * 1024 };
/// A form to ask an authority: its root may be in it.
const ASK: Limits = Limits { body: 64 * 1024, fields: 16, value: 16 * 1024 };

#[derive(Template)]
#[template(path = "console/certificate.html")]
struct CertificatePage {
    head: Head,
    frame: Frame,
    /// Where its forms go.
    base: &'static str,
    /// What the page is about, in words.
    text: String,
    /// Whether something else than the machine's own is shown.
    placed: bool,
    /// Label and fingerprint of what is shown, and of the machine's own if that is not it.
    prints: Vec<(String, String)>,
    begins: String,
    ends: String,
    cards: Vec<Card>,
    request: Option<String>,
    /// Whether this person may change anything.
    may: bool,
    ask: Ask,
    names: Field,
    chain: String,
}

/// What was typed into the three forms, and what is wrong with it.
#[derive(Default)]
struct Typed<'a> {
    ask: Ask,
    names: &'a str,
    chain: &'a str,
    problems: Vec<Problem>,
}

fn base(place: Place) -> &'static str {
    match place {
        Place::Storefront => "/settings/certificate",
        Place::Console => "/settings/console-certificate",
    }
}

fn done(place: Place, what: &str) -> Response {
    Redirect::to(&format!("{}?{what}", base(place))).into_response()
}

/// `GET` of the page.
pub async fn show(place: Place, clerk: Clerk, RawQuery(query): RawQuery) -> Result<Response, Failure> {
    let done = match query.as_deref() {
        Some("replaced") => Some("certificate-replaced"),
        Some("requested") => Some("certificate-requested"),
        Some("asked") => Some("certificate-asked"),
        Some("removed") => Some("certificate-removed"),
        _ => None,
    };
    draw(place, &clerk, Typed::default(), done.map(|done| clerk.texts().say(done)))
}

/// `POST` of the page: `chain`, `key` (empty to answer the request that waits).
pub async fn replace(place: Place, clerk: Clerk, request: Request<Body>) -> Result<Response, Failure> {
    let fields = clerk.form(request, UPLOAD).await?;
    let key = fields.get("key").trim();
    let key = (!key.is_empty()).then(|| Zeroizing::new(format!("{key}\n")));
    let chain = fields.get("chain").trim();
    let (office, actor) = (&clerk.desk.office, &clerk.signed.actor);
    match action::replace_certificate(office, actor, place, format!("{chain}\n"), key).await {
        Ok(()) => Ok(done(place, "replaced")),
        Err(error) => {
            let problems = vec![problem(&clerk, error)?];
            draw(place, &clerk, Typed { chain, problems, ..Typed::default() }, None)
        }
    }
}

/// `POST .../request`: `names`, one or more.
pub async fn request(place: Place, clerk: Clerk, request: Request<Body>) -> Result<Response, Failure> {
    let fields = clerk.form(request, FORM).await?;
    let names = fields.get("names");
    let (office, actor) = (&clerk.desk.office, &clerk.signed.actor);
    match action::request_certificate(office, actor, place, ask::split(names)).await {
        Ok(()) => Ok(done(place, "requested")),
        Err(error) => {
            let problems = vec![problem(&clerk, error)?];
            draw(place, &clerk, Typed { names, problems, ..Typed::default() }, None)
        }
    }
}

/// `POST .../ask`: `ask_names`, `authority`, `directory`, `root`, `check`, `binding_id`, `binding_key`, `agreed`.
pub async fn ask(place: Place, clerk: Clerk, request: Request<Body>) -> Result<Response, Failure> {
    let fields = clerk.form(request, ASK).await?;
    let (ask, mut problems) = Ask::read(&fields, clerk.texts());
    if let Some(wish) = ask.wish(place, &fields, clerk.texts(), &mut problems) {
        match action::ask_acme(&clerk.desk.office, &clerk.signed.actor, wish).await {
            Ok(()) => return Ok(done(place, "asked")),
            Err(error) => problems.push(ask::problem(clerk.texts(), error)?),
        }
    }
    draw(place, &clerk, Typed { ask, problems, ..Typed::default() }, None)
}

/// `POST .../{number}/retry`.
pub async fn retry(
    place: Place,
    clerk: Clerk,
    Path(number): Path<u64>,
    request: Request<Body>,
) -> Result<Response, Failure> {
    clerk.form(request, FORM).await?;
    let tried = action::retry_certificate(&clerk.desk.office, &clerk.signed.actor, place, number).await;
    changed(place, &clerk, tried, "asked")
}

/// `POST .../{number}/remove`.
pub async fn remove(
    place: Place,
    clerk: Clerk,
    Path(number): Path<u64>,
    request: Request<Body>,
) -> Result<Response, Failure> {
    clerk.form(request, FORM).await?;
    let removed = action::remove_certificate(&clerk.desk.office, &clerk.signed.actor, place, number).await;
    changed(place, &clerk, removed, "removed")
}

fn changed(
    place: Place,
    clerk: &Clerk,
    change: Result<(), ChangeError>,
    what: &str,
) -> Result<Response, Failure> {
    let key = match change {
        Ok(()) => return Ok(done(place, what)),
        Err(ChangeError::Denied(denied)) => return Err(denied.into()),
        Err(ChangeError::Follow(error)) => return Err(error.into()),
        Err(ChangeError::Gone) => "certificate-gone",
        Err(ChangeError::TooSoon) => "certificate-too-soon",
    };
    let problems = vec![Problem::new("placed", clerk.texts().say(key))];
    draw(place, clerk, Typed { problems, ..Typed::default() }, None)
}

/// Which field a refusal belongs to, and the cure.
pub fn certificate_problem(texts: &Texts, error: CertificateError) -> Result<Problem, Failure> {
    words::problem(texts, error)
}

/// The same of asking an authority.
pub fn ask_problem(texts: &Texts, error: action::AskError) -> Result<Problem, Failure> {
    ask::problem(texts, error)
}

fn problem(clerk: &Clerk, error: CertificateError) -> Result<Problem, Failure> {
    words::problem(clerk.texts(), error)
}

fn draw(place: Place, clerk: &Clerk, typed: Typed<'_>, done: Option<String>) -> Result<Response, Failure> {
    let texts = clerk.texts();
    let state = action::certificate_state(&clerk.desk.office, place)?;
    let (title, text) = match place {
        Place::Storefront => ("certificate-title", "certificate-own-text"),
        Place::Console => ("console-certificate-title", "console-certificate-text"),
    };
    let placed = state.is_placed();
    let (head, mut frame) = clerk.frame(texts.say(title), base(place));
    let names = Field::new("names", texts.say("certificate-names"))
        .hint(texts.say("certificate-names-hint"))
        .value(typed.names)
        .with(&typed.problems);
    let ask = typed.ask.drawn(place, texts, &typed.problems);
    frame.problems = typed.problems;
    frame.done = done;
    let page = CertificatePage {
        base: base(place),
        text: if placed && place == Place::Storefront { String::new() } else { texts.say(text) },
        placed,
        prints: words::prints(texts, &state),
        begins: when(state.validity.0),
        ends: when(state.validity.1),
        may: clerk.may(place.right()),
        cards: state.placed.iter().map(|placed| words::card(texts, placed)).collect(),
        request: state.request,
        ask,
        names,
        chain: typed.chain.to_owned(),
        head,
        frame,
    };
    reply::page_with(status(&page.frame.problems), &page)
}
