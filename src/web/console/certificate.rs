//! The storefront's certificate.

use askama::Template;
use axum::body::Body;
use axum::extract::RawQuery;
use axum::http::Request;
use axum::response::{IntoResponse, Redirect, Response};
use zeroize::Zeroizing;

use super::form::{FORM, Field, Problem};
use super::frame::{Clerk, Frame, status, when};
use crate::action::{self, CertificateError, MOST_NAMES};
use crate::locale::Texts;
use crate::staff::Right;
use crate::tls::IdentityError;
use crate::web::{Failure, Head, Limits, reply};

/// Chain and key, 64 KiB each; PEM grows a little when a form encodes it.
const UPLOAD: Limits = Limits { body: 256 * 1024, fields: 8, value: 65 * 1024 };

#[derive(Template)]
#[template(path = "console/certificate.html")]
struct CertificatePage {
    head: Head,
    frame: Frame,
    uploaded: bool,
    fingerprint: String,
    begins: String,
    ends: String,
    request: Option<String>,
    names: Field,
    chain: String,
    /// Whether this person may change it.
    may: bool,
}

/// `GET /settings/certificate`.
pub async fn show(clerk: Clerk, RawQuery(query): RawQuery) -> Result<Response, Failure> {
    let done = match query.as_deref() {
        Some("replaced") => Some(clerk.texts().say("certificate-replaced")),
        Some("requested") => Some(clerk.texts().say("certificate-requested")),
        _ => None,
    };
    draw(&clerk, ("", ""), Vec::new(), done)
}

/// `POST /settings/certificate`: `chain`, `key` (empty to answer the request that waits).
pub async fn replace(clerk: Clerk, request: Request<Body>) -> Result<Response, Failure> {
    let fields = clerk.form(request, UPLOAD).await?;
    let key = fields.get("key").trim();
    let key = (!key.is_empty()).then(|| Zeroizing::new(format!("{key}\n")));
    let chain = fields.get("chain").trim();
    let (office, actor) = (&clerk.desk.office, &clerk.signed.actor);
    match action::replace_certificate(office, actor, format!("{chain}\n"), key).await {
        Ok(()) => Ok(Redirect::to("/settings/certificate?replaced").into_response()),
        Err(error) => {
            let problem = problem(clerk.texts(), error)?;
            draw(&clerk, ("", chain), vec![problem], None)
        }
    }
}

/// `POST /settings/certificate/request`: `names`, one or more.
pub async fn request(clerk: Clerk, request: Request<Body>) -> Result<Response, Failure> {
    let fields = clerk.form(request, FORM).await?;
    let typed = fields.get("names");
    let split = |letter: char| letter.is_whitespace() || letter == ',';
    let names: Vec<_> = typed.split(split).filter(|name| !name.is_empty()).map(str::to_lowercase).collect();
    match action::request_certificate(&clerk.desk.office, &clerk.signed.actor, names).await {
        Ok(()) => Ok(Redirect::to("/settings/certificate?requested").into_response()),
        Err(error) => {
            let problem = problem(clerk.texts(), error)?;
            draw(&clerk, (typed, ""), vec![problem], None)
        }
    }
}

pub fn problem(texts: &Texts, error: CertificateError) -> Result<Problem, Failure> {
    let identity = match error {
        CertificateError::Denied(denied) => return Err(denied.into()),
        CertificateError::Store(error) => return Err(error.into()),
        CertificateError::NoRequest => return Ok(Problem::new("key", texts.say("certificate-no-request"))),
        CertificateError::Names => {
            let text = texts.say_with("certificate-names-wrong", &[("most", MOST_NAMES.into())]);
            return Ok(Problem::new("names", text));
        }
        CertificateError::Identity(identity) => identity,
    };
    Ok(match identity {
        IdentityError::NoCertificate => Problem::new("chain", texts.say("certificate-none")),
        IdentityError::NoKey => Problem::new("key", texts.say("certificate-key-none")),
        IdentityError::BadKey => Problem::new("key", texts.say("certificate-key-bad")),
        IdentityError::BadCertificate(place) => {
            Problem::new("chain", texts.say_with("certificate-bad", &[("place", place.into())]))
        }
        IdentityError::Mismatch => Problem::new("chain", texts.say("certificate-mismatch")),
        IdentityError::Expired(at) => {
            Problem::new("chain", texts.say_with("certificate-expired", &[("when", when(at).into())]))
        }
        IdentityError::NotYet(at) => {
            Problem::new("chain", texts.say_with("certificate-not-yet", &[("when", when(at).into())]))
        }
        IdentityError::TooLarge => Problem::new("chain", texts.say("certificate-too-large")),
        IdentityError::BadName(name) => {
            Problem::new("names", texts.say_with("certificate-name-bad", &[("name", name.into())]))
        }
        IdentityError::Make(reason) => return Err(Failure::Internal(reason)),
    })
}

fn draw(
    clerk: &Clerk,
    (names, chain): (&str, &str),
    problems: Vec<Problem>,
    done: Option<String>,
) -> Result<Response, Failure> {
    let texts = clerk.texts();
    let state = action::certificate_state(&clerk.desk.office)?;
    let names = Field::new("names", texts.say("certificate-names"))
        .hint(texts.say("certificate-names-hint"))
        .value(names)
        .with(&problems);
    let (head, mut frame) = clerk.frame(texts.say("certificate-title"), "/settings/certificate");
    frame.problems = problems;
    frame.done = done;
    let page = CertificatePage {
        uploaded: state.uploaded,
        fingerprint: state.fingerprint,
        begins: when(state.validity.0),
        ends: when(state.validity.1),
        request: state.request,
        names,
        chain: chain.to_owned(),
        may: clerk.may(Right::ChangeStorefrontCertificate),
        head,
        frame,
    };
    reply::page_with(status(&page.frame.problems), &page)
}
