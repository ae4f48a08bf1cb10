//! The way in of those who were invited. Link and code are what opens it, both in the body, so that neither stands
//! in an address that somebody logs.

use axum::http::StatusCode;
use axum::response::Json;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::access::Visitor;
use super::account::not_hashed;
use super::body::Sent;
use super::problem::Problem;
use super::session::Session;
use crate::action::{self, Invited, JoinError};
use crate::base::Token;
use crate::staff::{Password, WrongHalf};
use crate::web::Failure;
use crate::web::console;

/// One half of an invitation
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// What stands behind `/join/` in the link
    #[schema(value_type = String, format = Password, max_length = 100)]
    link: Zeroizing<String>,
}

/// Whom the link invites
#[derive(Serialize, ToSchema)]
pub struct Invitee {
    name: String,
    /// What to sign in with
    email: String,
    role: String,
    /// Whether the other half is asked for too
    needs_code: bool,
}

/// Both halves, and a password
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Join {
    /// What stands behind `/join/` in the link
    #[schema(value_type = String, format = Password, max_length = 100)]
    link: Zeroizing<String>,
    /// The other half; left out where none is needed
    #[serde(default)]
    #[schema(value_type = String, format = Password, max_length = 100)]
    code: Zeroizing<String>,
    /// Chosen by the person who joins
    #[schema(value_type = String, format = Password, max_length = 1024)]
    password: Zeroizing<String>,
}

/// A text that is no link is told no more than a link that was used, has ended or never was.
fn find(visitor: &Visitor, link: &str) -> Result<(Token, Invited), Problem> {
    let link: Token = link.parse().map_err(|_| Failure::NotFound)?;
    let invited = action::invited(&visitor.api.site.app, link)?;
    Ok((link, invited.ok_or(Failure::NotFound)?))
}

/// Whom a link invites
#[utoipa::path(
    post,
    path = "/join/invitation",
    tag = "session",
    extensions(("x-right" = json!("anyone"))),
    request_body = Link,
    responses((status = 200, description = "The person", body = Invitee))
)]
pub async fn show(visitor: Visitor, Sent(sent): Sent<Link>) -> Result<Json<Invitee>, Problem> {
    let (_, invited) = find(&visitor, &sent.link)?;
    Ok(Json(Invitee {
        name: invited.name.to_string(),
        email: invited.email.to_string(),
        role: invited.role.name().to_owned(),
        needs_code: invited.needs_code,
    }))
}

/// Join by an invitation
///
/// The session opens nothing before a second factor is set up: an authenticator app here, or a passkey in a browser.
#[utoipa::path(
    post,
    path = "/join",
    tag = "session",
    extensions(("x-right" = json!("anyone"))),
    request_body = Join,
    responses((status = 201, description = "Joined", body = Session))
)]
pub async fn join(visitor: Visitor, Sent(sent): Sent<Join>) -> Result<(StatusCode, Json<Session>), Problem> {
    let site = &visitor.api.site;
    let (link, invited) = find(&visitor, &sent.link)?;
    let shop = site.app.settings()?.map(|settings| settings.name.to_string()).unwrap_or_default();
    let context = [invited.name.as_str(), invited.email.as_str(), shop.as_str()];
    let password = Password::choose(&sent.password, &context).map_err(|error| {
        Problem::field(&site.texts, "password", &console::password_wrong(&site.texts, error))
    })?;
    let code = sent.code.to_string();
    let join = action::Join { link, code, password, source: visitor.source };
    match action::join(&visitor.api.office, join).await {
        Ok(id) => Ok((StatusCode::CREATED, Json(Session::of(id)))),
        Err(error) => Err(refused(&visitor, error)),
    }
}

fn refused(visitor: &Visitor, error: JoinError) -> Problem {
    let texts = &visitor.api.site.texts;
    match error {
        JoinError::NoInvitation => Failure::NotFound.into(),
        JoinError::Code(WrongHalf::Code) => Problem::field(texts, "code", &texts.say("join-code-wrong")),
        JoinError::Code(WrongHalf::NoCode) => Problem::field(texts, "code", &texts.say("join-no-code")),
        JoinError::Ineligible(why) => {
            Problem::conflict(texts.say_with("api-staff-ineligible", &[("why", why.to_string().into())]))
        }
        JoinError::Hasher(error) => not_hashed(error),
        JoinError::Store(error) => error.into(),
        error => Failure::Internal(error.to_string()).into(),
    }
}
