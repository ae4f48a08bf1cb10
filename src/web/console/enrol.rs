//! The first second factor: before it nothing else opens. And an app that is added later.

use askama::Template;
use axum::body::Body;
use axum::http::Request;
use axum::response::{IntoResponse, Redirect, Response};
use zeroize::Zeroizing;

use super::form::{FORM, Field, Problem};
use super::frame::{Clerk, status};
use super::passkey::{self, ANSWER, PasskeyForm};
use super::security::problem;
use crate::action::{self, Enrolled, SecurityError};
use crate::base::Line;
use crate::web::{Failure, Head, cookies, reply};

#[derive(Template)]
#[template(path = "console/enrol.html")]
struct EnrolPage {
    head: Head,
    csrf: String,
    /// Whether there is no second factor yet.
    first: bool,
    action: &'static str,
    picture: Zeroizing<String>,
    seed: Zeroizing<String>,
    fields: Vec<Field>,
    passkey: Option<PasskeyForm>,
    /// How to get to where passkeys work.
    names: Option<String>,
    problems: Vec<Problem>,
}

#[derive(Template)]
#[template(path = "console/codes.html")]
struct CodesPage {
    head: Head,
    codes: Zeroizing<Vec<String>>,
    next: &'static str,
}

/// `GET /enrol`.
pub async fn show(clerk: Clerk) -> Result<Response, Failure> {
    if clerk.signed.enrolled {
        return Ok(Redirect::to("/").into_response());
    }
    draw(&clerk, Vec::new())
}

/// `GET /security/app`.
pub async fn show_app(clerk: Clerk) -> Result<Response, Failure> {
    let own = action::own_credentials(clerk.desk.office.app(), &clerk.signed.actor)?;
    if own.app.is_some() {
        return Ok(Redirect::to("/security").into_response());
    }
    draw(&clerk, Vec::new())
}

/// `POST /enrol/app`, `POST /security/app`: `code`.
pub async fn add_app(clerk: Clerk, request: Request<Body>) -> Result<Response, Failure> {
    let fields = clerk.form(request, FORM).await?;
    let code = Zeroizing::new(fields.get("code").to_owned());
    match action::add_app(&clerk.desk.office, &clerk.signed, clerk.session(), code).await {
        Ok(enrolled) => added(&clerk, enrolled),
        Err(error) => {
            let text = problem(&clerk, error, "enrol-code-wrong", "/security/app")?;
            draw(&clerk, vec![Problem::new("code", text)])
        }
    }
}

/// `POST /enrol/passkey`, `POST /security/passkeys`: `challenge`, `answer`, `name`.
pub async fn add_passkey(clerk: Clerk, request: Request<Body>) -> Result<Response, Failure> {
    let fields = clerk.form(request, ANSWER).await?;
    let name = Line::new(fields.get("name")).ok();
    let outcome = match (name, passkey::answer(&fields, &clerk.host, clerk.session())) {
        (Some(name), Some(answer)) => {
            action::add_passkey(&clerk.desk.office, &clerk.signed, answer, name).await
        }
        (None, _) => {
            let texts = clerk.texts();
            let values = [("field", texts.say("field-passkey-name").into()), ("max", 60.into())];
            let text = texts.say_with("field-line-named", &values);
            return back(&clerk, vec![Problem::new("name", text)]);
        }
        (_, None) => Err(SecurityError::Changed),
    };
    match outcome {
        Ok(enrolled) => added(&clerk, enrolled),
        Err(error) => {
            let text = problem(&clerk, error, "passkey-refused", "/security")?;
            back(&clerk, vec![Problem::new("name", text)])
        }
    }
}

/// The page that the form was on.
fn back(clerk: &Clerk, problems: Vec<Problem>) -> Result<Response, Failure> {
    if clerk.signed.enrolled { super::security::draw(clerk, problems, None) } else { draw(clerk, problems) }
}

/// The session goes on under another id; the first recovery codes are shown now and never again.
fn added(clerk: &Clerk, enrolled: Enrolled) -> Result<Response, Failure> {
    let mut response = match enrolled.codes {
        Some(codes) => {
            let waits = action::recovery_key(&clerk.desk.office);
            let waits = waits.map_err(|error| Failure::Internal(error.to_string()))?.is_some();
            draw_codes(clerk, codes, if waits { "/setup/recovery-key" } else { "/" })?
        }
        None => Redirect::to("/security").into_response(),
    };
    cookies::SESSION.set(response.headers_mut(), enrolled.session);
    Ok(response)
}

/// The page with recovery codes.
pub fn draw_codes(
    clerk: &Clerk,
    codes: Zeroizing<Vec<String>>,
    next: &'static str,
) -> Result<Response, Failure> {
    let (head, _) = clerk.frame(clerk.texts().say("codes-title"), "");
    reply::page(&CodesPage { head, codes, next })
}

fn draw(clerk: &Clerk, problems: Vec<Problem>) -> Result<Response, Failure> {
    let texts = clerk.texts();
    let (office, first) = (&clerk.desk.office, !clerk.signed.enrolled);
    let seed = action::offered_app(office, clerk.session());
    let issuer = format!("{} console", clerk.settings.name);
    let picture = seed.picture(&issuer, clerk.signed.email.as_str());
    let picture = picture.ok_or_else(|| Failure::Internal("the QR code cannot be drawn".to_owned()))?;
    let challenge = match first {
        true => action::ask_for_new_passkey(office, &clerk.host, &clerk.signed, clerk.session()),
        false => Ok(None),
    };
    let challenge = challenge.map_err(|error| Failure::Internal(error.to_string()))?;
    let passkey = challenge.map(|challenge| PasskeyForm {
        look: "whole",
        ..PasskeyForm::create(challenge, "/enrol/passkey", texts)
    });
    let fields =
        vec![Field::new("code", texts.say("field-app-code")).kind("text", "one-time-code").with(&problems)];
    let title = if first { "enrol-title" } else { "app-title" };
    let (mut head, frame) = clerk.frame(texts.say(title), "");
    passkey::with_script(passkey.as_ref(), &clerk.desk, &mut head);
    let scripted = head.script.is_some();
    let page = EnrolPage {
        head,
        csrf: frame.csrf,
        first,
        action: if first { "/enrol/app" } else { "/security/app" },
        picture,
        seed: seed.groups(),
        fields,
        passkey,
        names: passkey::how(&clerk.desk, texts, &clerk.host).filter(|_| first),
        problems,
    };
    Ok(passkey::allow(scripted, reply::page_with(status(&page.problems), &page)?))
}
