//! The tokens of whoever looks: what they open, from where, until when; making one and revoking one. And revoking
//! somebody else's from their page.

use askama::Template;
use axum::body::Body;
use axum::extract::{Path, RawQuery};
use axum::http::Request;
use axum::response::{IntoResponse, Redirect, Response};
use ipnet::IpNet;
use zeroize::Zeroizing;

use super::form::{FORM, Field, Problem};
use super::frame::{Clerk, Frame, status, when};
use super::roles::right_text;
use super::staff;
use crate::action::{self, MakeToken, StaffError, TokenError};
use crate::base::{Line, Token};
use crate::locale::Texts;
use crate::staff::{ApiToken, MOST_TOKEN_DAYS, MOST_TOKENS_OF_ONE, Right, TOKEN_DAYS};
use crate::web::{Failure, Fields, Head, reply};

/// A token in a list.
pub struct Row {
    pub id: String,
    pub name: String,
    pub rights: String,
    pub range: String,
    pub ends: String,
    pub ended: bool,
    pub used: String,
}

/// A right to tick.
struct Tick {
    name: &'static str,
    label: String,
    checked: bool,
}

#[derive(Template)]
#[template(path = "console/tokens.html")]
struct TokensPage {
    head: Head,
    frame: Frame,
    rows: Vec<Row>,
    name: Field,
    range: Field,
    days: Field,
    rights: Vec<Tick>,
    rights_error: Option<String>,
    /// The new one's name and its secret, this once.
    secret: Option<(String, Zeroizing<String>)>,
}

/// `GET /tokens`.
pub async fn show(clerk: Clerk, RawQuery(query): RawQuery) -> Result<Response, Failure> {
    let done = (query.as_deref() == Some("revoked")).then(|| clerk.texts().say("tokens-revoked"));
    draw(&clerk, None, (Vec::new(), done), None)
}

/// `POST /tokens`: `name`, `range`, `days`, and `right.NAME` for each right.
pub async fn make(clerk: Clerk, request: Request<Body>) -> Result<Response, Failure> {
    let fields = clerk.form(request, FORM).await?;
    let texts = clerk.texts();
    let mut problems = Vec::new();
    let name = Line::new(fields.get("name")).ok();
    if name.is_none() {
        problems.push(Problem::new("name", texts.say_with("field-line-wrong", &[("max", 60.into())])));
    }
    let range: Option<IpNet> = fields.get("range").trim().parse().ok();
    if range.is_none() {
        problems.push(Problem::new("range", texts.say("tokens-range-malformed")));
    }
    let days = fields.get("days").trim().parse().unwrap_or(0);
    let rights: Vec<_> = fields.under("right.").filter_map(|(name, _)| Right::of_name(name)).collect();
    if let (Some(name), Some(range), true) = (name, range, problems.is_empty()) {
        let wish = MakeToken { name, rights, range, days };
        match action::make_token(&clerk.desk.office, &clerk.signed.actor, wish).await {
            Ok((token, secret)) => {
                return draw(&clerk, None, (Vec::new(), None), Some((token.name.to_string(), secret)));
            }
            Err(TokenError::StepUp) => return Err(Failure::StepUp("/tokens".to_owned())),
            Err(error) => problems.push(problem(texts, error)?),
        }
    }
    draw(&clerk, Some(&fields), (problems, None), None)
}

/// `POST /tokens/{id}/revoke`.
pub async fn revoke(
    clerk: Clerk,
    Path(id): Path<String>,
    request: Request<Body>,
) -> Result<Response, Failure> {
    clerk.form(request, FORM).await?;
    let id: Token = id.parse().map_err(|_| Failure::NotFound)?;
    match action::revoke_token(clerk.desk.office.app(), &clerk.signed.actor, id).await {
        // Whoever was second sees that it is gone.
        Ok(()) | Err(TokenError::Gone) => Ok(Redirect::to("/tokens?revoked").into_response()),
        Err(TokenError::Store(error)) => Err(error.into()),
        Err(_) => Err(Failure::NotFound),
    }
}

/// `POST /staff/{id}/tokens/{token}/revoke`.
pub async fn revoke_of_person(
    clerk: Clerk,
    Path((id, token)): Path<(String, String)>,
    request: Request<Body>,
) -> Result<Response, Failure> {
    clerk.form(request, FORM).await?;
    let found = staff::person(&clerk, &id)?;
    let token: Token = token.parse().map_err(|_| Failure::NotFound)?;
    let at = format!("/staff/{}", found.id);
    match action::revoke_token_of(clerk.desk.office.app(), &clerk.signed.actor, found.id, token).await {
        // Whoever was second sees that it is gone.
        Ok(()) | Err(StaffError::Gone) => Ok(Redirect::to(&format!("{at}?revoked")).into_response()),
        Err(StaffError::Denied(denied)) => Err(staff::step_up(denied, &at)),
        Err(StaffError::Store(error)) => Err(error.into()),
        Err(error) => Err(Failure::Internal(error.to_string())),
    }
}

/// Which field a refusal belongs to, and the cure.
pub fn problem(texts: &Texts, error: TokenError) -> Result<Problem, Failure> {
    let right = |key: &str, right: Right| {
        Problem::new("rights", texts.say_with(key, &[("right", right.name().into())]))
    };
    Ok(match error {
        TokenError::NoRight => Problem::new("rights", texts.say("tokens-no-right")),
        TokenError::NotYours(denied) => right("tokens-not-yours", denied),
        TokenError::NeedsPerson(denied) => right("tokens-needs-person", denied),
        TokenError::Range => Problem::new("range", texts.say("tokens-range-outside")),
        TokenError::Days => {
            Problem::new("days", texts.say_with("tokens-days-wrong", &[("most", MOST_TOKEN_DAYS.into())]))
        }
        TokenError::TooMany => Problem::new("name", texts.say("tokens-too-many")),
        TokenError::StepUp => return Err(Failure::StepUp("/tokens".to_owned())),
        TokenError::NotAPerson | TokenError::Gone => return Err(Failure::NotFound),
        TokenError::Denied(denied) => return Err(denied.into()),
        TokenError::Store(error) => return Err(error.into()),
    })
}

/// The row of a token, its own owner's or another's.
pub fn row(clerk: &Clerk, token: &ApiToken) -> Row {
    let texts = clerk.texts();
    let now = clerk.desk.office.app().clock().now();
    let names: Vec<_> = token.rights.iter().map(|right| right_text(texts, *right)).collect();
    Row {
        id: token.id.to_string(),
        name: token.name.to_string(),
        rights: names.join("; "),
        range: token.range.to_string(),
        ends: when(token.ends),
        ended: now >= token.ends,
        used: match token.used {
            Some((at, source)) => texts.say_with(
                "tokens-used",
                &[("when", when(at).into()), ("source", source.to_canonical().to_string().into())],
            ),
            None => texts.say("tokens-never-used"),
        },
    }
}

fn draw(
    clerk: &Clerk,
    typed: Option<&Fields>,
    (problems, done): (Vec<Problem>, Option<String>),
    secret: Option<(String, Zeroizing<String>)>,
) -> Result<Response, Failure> {
    let texts = clerk.texts();
    let tokens = action::tokens(clerk.desk.office.app(), &clerk.signed.actor)?;
    let value = |name: &str, otherwise: String| typed.map_or(otherwise, |fields| fields.get(name).to_owned());
    let here = IpNet::from(clerk.source.to_canonical()).to_string();
    let offered = clerk.signed.actor.rights().into_iter().filter(|right| !right.needs_step_up());
    let tick = |right: Right| Tick {
        name: right.name(),
        label: right_text(texts, right),
        checked: typed.is_some_and(|fields| fields.find(&format!("right.{}", right.name())).is_some()),
    };
    let days = texts.say_with("tokens-days-hint", &[("most", MOST_TOKEN_DAYS.into())]);
    let (head, mut frame) = clerk.frame(texts.say("tokens-title"), "/tokens");
    let page = TokensPage {
        rows: tokens.iter().map(|token| row(clerk, token)).collect(),
        name: Field::new("name", texts.say("tokens-name"))
            .hint(texts.say_with("tokens-name-hint", &[("most", MOST_TOKENS_OF_ONE.into())]))
            .value(&value("name", String::new()))
            .with(&problems),
        range: Field::new("range", texts.say("tokens-range"))
            .hint(texts.say("tokens-range-hint"))
            .value(&value("range", here))
            .with(&problems),
        days: Field::new("days", texts.say("tokens-days"))
            .hint(days)
            .value(&value("days", TOKEN_DAYS.to_string()))
            .with(&problems),
        rights: offered.map(tick).collect(),
        rights_error: problems
            .iter()
            .find(|problem| problem.field == "rights")
            .map(|problem| problem.text.clone()),
        secret,
        frame: {
            frame.problems = problems;
            frame.done = done;
            frame
        },
        head,
    };
    reply::page_with(status(&page.frame.problems), &page)
}
