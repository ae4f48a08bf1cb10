//! The door: in and out. One page asks for everything at once, and one answer says no.

use askama::Template;
use axum::body::Body;
use axum::http::Request;
use axum::response::{IntoResponse, Redirect, Response};
use zeroize::Zeroizing;

use super::form::FORM;
use super::form::{Field, Problem};
use super::frame::{Clerk, Visitor, status};
use super::passkey::{self, ANSWER, PasskeyForm};
use crate::action::{self, SignIn, SignInError};
use crate::base::{SecretBytes, Token};
use crate::locale::Texts;
use crate::web::{Failure, Head, Limits, cookies, headers};

#[derive(Template)]
#[template(path = "console/sign_in.html")]
struct SignInPage {
    head: Head,
    csrf: String,
    fields: Vec<Field>,
    passkey: Option<PasskeyForm>,
    problems: Vec<Problem>,
}

/// `GET /sign-in`.
pub async fn show(visitor: Visitor) -> Result<Response, Failure> {
    let app = visitor.desk.office.app();
    if !app.store().read(|view| action::is_set_up(view))? {
        return Ok(Redirect::to("/setup").into_response());
    }
    if let Some(cookie) = visitor.cookie()
        && action::signed_in(app, cookie, visitor.source).await?.is_some()
    {
        return Ok(Redirect::to("/").into_response());
    }
    draw(visitor, "", Vec::new())
}

/// `POST /sign-in`: `email`, `password`, `code`.
pub async fn enter(visitor: Visitor, request: Request<Body>) -> Result<Response, Failure> {
    let (fields, _) = visitor.form(request, Limits::SHOPPER).await?;
    let sign_in = SignIn {
        email: fields.get("email").to_owned(),
        password: SecretBytes::new(fields.get("password").as_bytes().to_vec()),
        code: Zeroizing::new(fields.get("code").to_owned()),
        source: visitor.source,
    };
    match action::sign_in(&visitor.desk.office, sign_in).await {
        Ok(session) => Ok(let_in(session)),
        Err(refusal) => {
            let text = refused(visitor.texts(), refusal, "sign-in-wrong")?;
            draw(visitor, fields.get("email"), vec![Problem::new("email", text)])
        }
    }
}

/// `POST /sign-in/passkey`: `challenge`, `answer`.
pub async fn enter_with_passkey(visitor: Visitor, request: Request<Body>) -> Result<Response, Failure> {
    let (fields, cookie) = visitor.form(request, ANSWER).await?;
    let refusal = match passkey::answer(&fields, &visitor.host, cookie) {
        Some(answer) => {
            match action::sign_in_with_passkey(&visitor.desk.office, answer, visitor.source).await {
                Ok(session) => return Ok(let_in(session)),
                Err(refusal) => refusal,
            }
        }
        None => SignInError::Wrong,
    };
    let text = refused(visitor.texts(), refusal, "sign-in-passkey-wrong")?;
    draw(visitor, "", vec![Problem::new("email", text)])
}

fn let_in(session: Token) -> Response {
    let mut response = Redirect::to("/").into_response();
    cookies::SESSION.set(response.headers_mut(), session);
    response
}

/// What a page says to somebody who was refused; `wrong` is the key of what it says to a wrong try.
pub fn refused(texts: &Texts, refusal: SignInError, wrong: &'static str) -> Result<String, Failure> {
    Ok(match refusal {
        SignInError::Wrong => texts.say(wrong),
        SignInError::Wait(wait) => locked(texts, wait),
        SignInError::Hasher(crate::staff::HasherError::Busy) => {
            return Err(Failure::TooMany { retry_after: 10 });
        }
        SignInError::Hasher(error) => return Err(Failure::Internal(error.to_string())),
        SignInError::Store(error) => return Err(error.into()),
    })
}

/// How long the lock holds.
pub fn locked(texts: &Texts, wait: jiff::SignedDuration) -> String {
    texts.say_with("sign-in-wait-minutes", &[("minutes", wait.as_mins().saturating_add(1).into())])
}

/// `POST /sign-out`.
pub async fn leave(clerk: Clerk, request: Request<Body>) -> Result<Response, Failure> {
    clerk.form(request, FORM).await?;
    action::sign_out(clerk.desk.office.app(), &clerk.signed.actor, clerk.session()).await?;
    let mut response = Redirect::to("/sign-in").into_response();
    cookies::SESSION.clear(response.headers_mut());
    headers::wipe_browser(response.headers_mut());
    Ok(response)
}

fn draw(mut visitor: Visitor, email: &str, problems: Vec<Problem>) -> Result<Response, Failure> {
    let csrf = visitor.form_token();
    let texts = visitor.texts();
    let challenge = visitor.cookie().and_then(|cookie| {
        action::ask_to_sign_in(&visitor.desk.office, &visitor.host, cookie, visitor.source)
    });
    let passkey = challenge
        .map(|challenge| PasskeyForm::get("/sign-in/passkey", challenge, texts.say("sign-in-passkey")));
    let fields = vec![
        Field::new("email", texts.say("field-email")).kind("email", "username").value(email).with(&problems),
        Field::new("password", texts.say("field-password")).kind("password", "current-password"),
        Field::new("code", texts.say("field-code"))
            .kind("text", "one-time-code")
            .hint(texts.say("field-code-hint")),
    ];
    let mut head = visitor.head(texts.say("sign-in-title"));
    passkey::with_script(passkey.as_ref(), &visitor.desk, &mut head);
    let scripted = head.script.is_some();
    let page = SignInPage { head, csrf, fields, passkey, problems };
    Ok(passkey::allow(scripted, visitor.page(status(&page.problems), &page)?))
}
