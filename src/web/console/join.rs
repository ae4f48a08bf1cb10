//! The way in of those who were invited. Needs no session; the link and the code are what opens it.

use askama::Template;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};

use super::form::{Field, Problem};
use super::frame::{Visitor, status};
use super::set_up::password_wrong;
use super::staff_words as words;
use crate::action::{self, Invited, Join, JoinError};
use crate::base::Token;
use crate::staff::{HasherError, Password, SHORTEST, WrongHalf};
use crate::web::{Failure, Fields, Head, Limits, cookies};

#[derive(Template)]
#[template(path = "console/join.html")]
struct JoinPage {
    head: Head,
    csrf: String,
    action: String,
    /// Who is invited; `None` when the link does not count.
    text: Option<String>,
    fields: Vec<Field>,
    problems: Vec<Problem>,
}

/// Whom the link invites. A text that is no link is told no more than a link that has ended.
fn invited(visitor: &Visitor, link: &str) -> Result<Option<(Token, Invited)>, Failure> {
    let Ok(link) = link.parse::<Token>() else { return Ok(None) };
    Ok(action::invited(visitor.desk.office.app(), link)?.map(|invited| (link, invited)))
}

/// `GET /join/{token}`.
pub async fn show(visitor: Visitor, Path(link): Path<String>) -> Result<Response, Failure> {
    match invited(&visitor, &link)? {
        Some((link, invited)) => draw(visitor, link, &invited, None, Vec::new()),
        None => nothing(visitor),
    }
}

/// `POST /join/{token}`: `code`, `password`, `password_again`.
pub async fn take(
    visitor: Visitor,
    Path(link): Path<String>,
    request: Request<Body>,
) -> Result<Response, Failure> {
    let (fields, _) = visitor.form(request, Limits::SHOPPER).await?;
    let Some((link, invited)) = invited(&visitor, &link)? else { return nothing(visitor) };
    let texts = visitor.texts();
    let typed = fields.get("password");
    let shop = visitor.desk.site.app.settings()?.map(|settings| settings.name.to_string());
    let context = [invited.name.as_str(), invited.email.as_str(), shop.as_deref().unwrap_or_default()];
    let password = match Password::choose(typed, &context) {
        Ok(password) if typed == fields.get("password_again") => password,
        Ok(_) => {
            let problem = Problem::new("password_again", texts.say("password-again-wrong"));
            return draw(visitor, link, &invited, Some(&fields), vec![problem]);
        }
        Err(error) => {
            let problem = Problem::new("password", password_wrong(texts, error));
            return draw(visitor, link, &invited, Some(&fields), vec![problem]);
        }
    };
    let code = fields.get("code").to_owned();
    let source = visitor.source;
    let problem = match action::join(&visitor.desk.office, Join { link, code, password, source }).await {
        Ok(session) => {
            let mut response = Redirect::to("/enrol").into_response();
            cookies::SESSION.set(response.headers_mut(), session);
            return Ok(response);
        }
        Err(JoinError::NoInvitation) => return nothing(visitor),
        Err(JoinError::Code(WrongHalf::Code)) => Problem::new("code", texts.say("join-code-wrong")),
        Err(JoinError::Code(WrongHalf::NoCode)) => Problem::new("code", texts.say("join-no-code")),
        Err(JoinError::Ineligible(why)) => Problem::new("password", words::ineligible(texts, why).text),
        Err(JoinError::Hasher(HasherError::Busy)) => return Err(Failure::TooMany { retry_after: 10 }),
        Err(JoinError::Store(error)) => return Err(error.into()),
        Err(error) => return Err(Failure::Internal(error.to_string())),
    };
    draw(visitor, link, &invited, Some(&fields), vec![problem])
}

/// A link that does not count: used, ended, replaced or never made. Which of these, nobody is told.
fn nothing(mut visitor: Visitor) -> Result<Response, Failure> {
    let head = visitor.head(visitor.texts().say("join-title"));
    let csrf = visitor.form_token();
    let (action, fields, problems) = (String::new(), Vec::new(), Vec::new());
    let page = JoinPage { head, csrf, action, text: None, fields, problems };
    visitor.page(StatusCode::NOT_FOUND, &page)
}

fn draw(
    mut visitor: Visitor,
    link: Token,
    invited: &Invited,
    typed: Option<&Fields>,
    problems: Vec<Problem>,
) -> Result<Response, Failure> {
    let texts = visitor.texts();
    let role = words::role(texts, invited.role);
    let text = texts.say_with("join-text", &[("name", invited.name.as_str().into()), ("role", role.into())]);
    let mut fields = vec![
        Field::new("email", texts.say("field-own-email"))
            .kind("email", "username")
            .hint(texts.say("field-own-email-hint"))
            .value(invited.email.as_str())
            .fixed(),
    ];
    if invited.needs_code {
        fields.push(
            Field::new("code", texts.say("join-code"))
                .kind("text", "one-time-code")
                .hint(texts.say("join-code-hint"))
                .value(typed.map(|fields| fields.get("code")).unwrap_or_default()),
        );
    }
    fields.push(
        Field::new("password", texts.say("field-password"))
            .kind("password", "new-password")
            .hint(texts.say_with("field-password-hint", &[("shortest", SHORTEST.into())])),
    );
    fields.push(
        Field::new("password_again", texts.say("field-password-again")).kind("password", "new-password"),
    );
    let fields = fields.into_iter().map(|field| field.with(&problems)).collect();
    let head = visitor.head(texts.say("join-title"));
    let csrf = visitor.form_token();
    let page = JoinPage { head, csrf, action: format!("/join/{link}"), text: Some(text), fields, problems };
    visitor.page(status(&page.problems), &page)
}
