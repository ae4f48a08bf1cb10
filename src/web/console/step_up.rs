//! Once more the second factor, before a page that touches money, keys, staff or ranges.

use askama::Template;
use axum::body::Body;
use axum::extract::Query;
use axum::http::Request;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::form::{FORM, Field, Problem};
use super::frame::{Clerk, status};
use super::passkey::{self, ANSWER, PasskeyForm};
use super::sign_in::refused;
use crate::action::{self, SignInError};
use crate::base::Token;
use crate::web::{Failure, Head, cookies, reply};

#[derive(Template)]
#[template(path = "console/step_up.html")]
struct StepUpPage {
    head: Head,
    csrf: String,
    then: String,
    fields: Vec<Field>,
    passkey: Option<PasskeyForm>,
    problems: Vec<Problem>,
}

/// Where to go on.
#[derive(Deserialize)]
pub struct Then {
    #[serde(default)]
    then: String,
}

/// `GET /step-up?then=/orders/17/refund`.
pub async fn show(clerk: Clerk, Query(Then { then }): Query<Then>) -> Result<Response, Failure> {
    draw(&clerk, place(&then), Vec::new())
}

/// `POST /step-up`: `code`, `then`.
pub async fn prove(clerk: Clerk, request: Request<Body>) -> Result<Response, Failure> {
    let fields = clerk.form(request, FORM).await?;
    let code = Zeroizing::new(fields.get("code").to_owned());
    let office = &clerk.desk.office;
    let proved = action::prove_with_code(office, &clerk.signed, clerk.session(), code).await;
    answer(&clerk, place(fields.get("then")), proved, "step-up-wrong")
}

/// `POST /step-up/passkey`: `challenge`, `answer`, `then`.
pub async fn prove_with_passkey(clerk: Clerk, request: Request<Body>) -> Result<Response, Failure> {
    let fields = clerk.form(request, ANSWER).await?;
    let proved = match passkey::answer(&fields, &clerk.host, clerk.session()) {
        Some(answer) => {
            let office = &clerk.desk.office;
            action::prove_with_passkey(office, &clerk.signed, clerk.session(), answer).await
        }
        None => Err(SignInError::Wrong),
    };
    answer(&clerk, place(fields.get("then")), proved, "sign-in-passkey-wrong")
}

fn answer(
    clerk: &Clerk,
    then: &str,
    proved: Result<Token, SignInError>,
    wrong: &'static str,
) -> Result<Response, Failure> {
    match proved {
        Ok(session) => {
            let mut response = Redirect::to(then).into_response();
            cookies::SESSION.set(response.headers_mut(), session);
            Ok(response)
        }
        Err(refusal) => {
            let text = refused(clerk.texts(), refusal, wrong)?;
            draw(clerk, then, vec![Problem::new("code", text)])
        }
    }
}

/// A path of ours, or the first page: nobody is sent elsewhere.
fn place(then: &str) -> &str {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_' | b'.');
    let ours = then.starts_with('/') && !then.contains("//") && then.bytes().all(plain);
    if ours { then } else { "/" }
}

fn draw(clerk: &Clerk, then: &str, problems: Vec<Problem>) -> Result<Response, Failure> {
    let texts = clerk.texts();
    let office = &clerk.desk.office;
    let challenge = action::ask_for_proof(office, &clerk.host, &clerk.signed.actor, clerk.session())?;
    let passkey = challenge.map(|challenge| PasskeyForm {
        then: then.to_owned(),
        look: "whole",
        ..PasskeyForm::get("/step-up/passkey", challenge, texts.say("step-up-passkey"))
    });
    let fields = vec![
        Field::new("code", texts.say("field-code"))
            .kind("text", "one-time-code")
            .hint(texts.say("field-code-again-hint"))
            .with(&problems),
    ];
    let (mut head, frame) = clerk.frame(texts.say("step-up-title"), "");
    passkey::with_script(passkey.as_ref(), &clerk.desk, &mut head);
    let scripted = head.script.is_some();
    let page = StepUpPage { head, csrf: frame.csrf, then: then.to_owned(), fields, passkey, problems };
    Ok(passkey::allow(scripted, reply::page_with(status(&page.problems), &page)?))
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn nobody_is_sent_elsewhere() {
        for ours in ["/", "/orders/17/refund", "/settings/gateway"] {
            assert_eq!(place(ours), ours);
        }
        for foreign in [
            "",
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "/x//y",
            "orders",
            "/a?b",
            "/a\r\nb",
            "/%2f",
        ] {
            assert_eq!(place(foreign), "/", "{foreign:?}");
        }
    }
}
