//! The door: in and out.

use askama::Template;
use axum::body::Body;
use axum::http::Request;
use axum::response::{IntoResponse, Redirect, Response};

use super::form::FORM;
use super::form::{Field, Problem};
use super::frame::{Clerk, Visitor, status};
use crate::action::{self, SignIn, SignInError};
use crate::base::SecretBytes;
use crate::locale::Texts;
use crate::web::{Failure, Head, cookies};

#[derive(Template)]
#[template(path = "console/sign_in.html")]
struct SignInPage {
    head: Head,
    csrf: String,
    fields: Vec<Field>,
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

/// `POST /sign-in`: `email`, `password`.
pub async fn enter(visitor: Visitor, request: Request<Body>) -> Result<Response, Failure> {
    let (fields, _) = visitor.form(request).await?;
    let sign_in = SignIn {
        email: fields.get("email").to_owned(),
        password: SecretBytes::new(fields.get("password").as_bytes().to_vec()),
        source: visitor.source,
    };
    match action::sign_in(&visitor.desk.office, sign_in).await {
        Ok(session) => {
            let mut response = Redirect::to("/").into_response();
            cookies::SESSION.set(response.headers_mut(), session);
            Ok(response)
        }
        Err(refusal) => {
            let text = refused(visitor.texts(), refusal)?;
            draw(visitor, fields.get("email"), vec![Problem::new("email", text)])
        }
    }
}

fn refused(texts: &Texts, refusal: SignInError) -> Result<String, Failure> {
    Ok(match refusal {
        SignInError::Wrong => texts.say("sign-in-wrong"),
        SignInError::Wait(wait) if wait.as_secs() < 90 => {
            texts.say_with("sign-in-wait-seconds", &[("seconds", wait.as_secs().saturating_add(1).into())])
        }
        SignInError::Wait(wait) => {
            texts.say_with("sign-in-wait-minutes", &[("minutes", wait.as_mins().saturating_add(1).into())])
        }
        SignInError::Hasher(crate::staff::HasherError::Busy) => {
            return Err(Failure::TooMany { retry_after: 10 });
        }
        SignInError::Hasher(error) => return Err(Failure::Internal(error.to_string())),
        SignInError::Store(error) => return Err(error.into()),
    })
}

/// `POST /sign-out`.
pub async fn leave(clerk: Clerk, request: Request<Body>) -> Result<Response, Failure> {
    clerk.form(request, FORM).await?;
    action::sign_out(clerk.desk.office.app(), &clerk.signed.actor, clerk.session()).await?;
    let mut response = Redirect::to("/sign-in").into_response();
    cookies::SESSION.clear(response.headers_mut());
    Ok(response)
}

fn draw(mut visitor: Visitor, email: &str, problems: Vec<Problem>) -> Result<Response, Failure> {
    let texts = visitor.texts();
    let fields = vec![
        Field::new("email", texts.say("field-email")).kind("email", "username").value(email).with(&problems),
        Field::new("password", texts.say("field-password")).kind("password", "current-password"),
    ];
    let head = visitor.head(texts.say("sign-in-title"));
    let page = SignInPage { head, csrf: visitor.form_token(), fields, problems };
    visitor.page(status(&page.problems), &page)
}
