//! Tokens for programs. One's own are made in a session only: no token makes another. Those of others are seen by
//! whoever sees the person, and revoked by whoever changes the staff of that side.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Json;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::access::Caller;
use super::body::Sent;
use super::me;
use super::problem::{Fault, Kind, Problem};
use super::staff;
use crate::action::{self, MakeToken, StaffError, TokenError};
use crate::base::{Line, Token};
use crate::staff::{ApiToken, Right, TOKEN_DAYS};
use crate::web::Failure;
use crate::web::console;

/// A token, without its secret
#[derive(Serialize, ToSchema)]
pub struct TokenRow {
    id: String,
    name: String,
    rights: Vec<String>,
    /// From where it opens something, CIDR
    range: String,
    #[schema(format = DateTime)]
    made: String,
    #[schema(format = DateTime)]
    ends: String,
    /// When it was last used, to the minute
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    last_used: Option<String>,
    /// From where it was last used
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    last_source: Option<String>,
}

/// Tokens, the newest first
#[derive(Serialize, ToSchema)]
pub struct TokenList {
    items: Vec<TokenRow>,
}

/// A token as it shall be
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenWish {
    /// What you call it
    #[schema(min_length = 1, max_length = 60)]
    name: String,
    /// Part of what your role carries, without rights that need the second factor
    #[schema(min_items = 1, max_items = 30)]
    rights: Vec<String>,
    /// From where it opens something: CIDR, inside the allowed ranges
    #[schema(max_length = 50, example = "192.0.2.0/28")]
    range: String,
    /// For how long
    #[serde(default = "days")]
    #[schema(minimum = 1, maximum = 365, default = 90)]
    days: u16,
}

fn days() -> u16 {
    TOKEN_DAYS
}

/// A new token and its secret
#[derive(Serialize, ToSchema)]
pub struct NewToken {
    /// Shown this once: send it as `Authorization: Bearer ...`
    #[schema(value_type = String, pattern = "^cct_[0-9a-z]{52}$")]
    secret: Zeroizing<String>,
    token: TokenRow,
}

fn row(token: &ApiToken) -> TokenRow {
    TokenRow {
        id: token.id.to_string(),
        name: token.name.to_string(),
        rights: me::names(&token.rights),
        range: token.range.to_string(),
        made: token.made.to_string(),
        ends: token.ends.to_string(),
        last_used: token.used.map(|(at, _)| at.to_string()),
        last_source: token.used.map(|(_, source)| source.to_canonical().to_string()),
    }
}

/// My tokens
#[utoipa::path(
    get,
    path = "/tokens",
    tag = "tokens",
    extensions(("x-right" = json!("session"))),
    responses((status = 200, description = "All of them, at most 20", body = TokenList))
)]
pub async fn list(caller: Caller) -> Result<Json<TokenList>, Problem> {
    let tokens = action::tokens(caller.api.office.app(), &caller.actor)?;
    Ok(Json(TokenList { items: tokens.iter().map(row).collect() }))
}

/// Make a token
///
/// Needs the second factor lately.
#[utoipa::path(
    post,
    path = "/tokens",
    tag = "tokens",
    extensions(("x-right" = json!("session")), ("x-step-up" = json!(true))),
    request_body = TokenWish,
    responses((status = 201, description = "The secret is shown this once", body = NewToken))
)]
pub async fn make(
    caller: Caller,
    Sent(sent): Sent<TokenWish>,
) -> Result<(StatusCode, Json<NewToken>), Problem> {
    let (texts, mut faults) = (caller.texts(), Vec::new());
    let mut fault = |field: &str, text: String| faults.push(Fault::of(texts, field, &text));
    let name = Line::new(&sent.name).ok();
    if name.is_none() {
        fault("name", texts.say_with("field-line-wrong", &[("max", 60.into())]));
    }
    let range: Option<IpNet> = sent.range.trim().parse().ok();
    if range.is_none() {
        fault("range", texts.say("tokens-range-malformed"));
    }
    let mut rights = Vec::new();
    for (place, right) in sent.rights.iter().enumerate() {
        match Right::of_name(right) {
            Some(right) => rights.push(right),
            None => fault(&format!("rights[{place}]"), texts.say("api-no-such-right")),
        }
    }
    let (Some(name), Some(range), true) = (name, range, faults.is_empty()) else {
        return Err(Problem::fields(faults));
    };
    let wish = MakeToken { name, rights, range, days: sent.days };
    match action::make_token(&caller.api.office, &caller.actor, wish).await {
        Ok((token, secret)) => Ok((StatusCode::CREATED, Json(NewToken { secret, token: row(&token) }))),
        Err(TokenError::StepUp) => Err(Problem::of(Kind::StepUp)),
        Err(TokenError::NotAPerson) => Err(Problem::of(Kind::NeedsSession)),
        Err(TokenError::TooMany) => Err(Problem::conflict(texts.say("tokens-too-many"))),
        Err(error) => Err(Problem::of_form(texts, vec![console::token_problem(texts, error)?])),
    }
}

/// Revoke a token of mine: it opens nothing any more
#[utoipa::path(
    delete,
    path = "/tokens/{id}",
    tag = "tokens",
    extensions(("x-right" = json!("session"))),
    params(("id" = String, Path, description = "Its id")),
    responses((status = 204, description = "Revoked"))
)]
pub async fn revoke(caller: Caller, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    let id: Token = id.parse().map_err(|_| Failure::NotFound)?;
    match action::revoke_token(caller.api.office.app(), &caller.actor, id).await {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(TokenError::Store(error)) => Err(error.into()),
        Err(_) => Err(Failure::NotFound.into()),
    }
}

/// The tokens of somebody, without their secrets
#[utoipa::path(
    get,
    path = "/staff/{id}/tokens",
    tag = "staff",
    extensions(("x-right" = json!("see-staff"))),
    params(("id" = String, Path, description = "The person's id")),
    responses((status = 200, description = "All of them, at most 20", body = TokenList))
)]
pub async fn of_person(caller: Caller, Path(id): Path<String>) -> Result<Json<TokenList>, Problem> {
    let id: Token = id.parse().map_err(|_| Failure::NotFound)?;
    match action::tokens_of(caller.api.office.app(), &caller.actor, id) {
        Ok(tokens) => Ok(Json(TokenList { items: tokens.iter().map(row).collect() })),
        Err(error) => Err(staff::refused(&caller, error)),
    }
}

/// Revoke a token of somebody, at once
///
/// Needs nobody's consent. For the platform's staff it asks for change-platform-staff.
#[utoipa::path(
    delete,
    path = "/staff/{id}/tokens/{token}",
    tag = "staff",
    extensions(("x-right" = json!("change-operator-staff"))),
    params(
        ("id" = String, Path, description = "The person's id"),
        ("token" = String, Path, description = "The token's id"),
    ),
    responses((status = 204, description = "It opens nothing any more"))
)]
pub async fn revoke_of_person(
    caller: Caller,
    Path((id, token)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let id: Token = id.parse().map_err(|_| Failure::NotFound)?;
    let gone = |_| staff::refused(&caller, StaffError::Gone);
    let token: Token = token.parse().map_err(gone)?;
    match action::revoke_token_of(caller.api.office.app(), &caller.actor, id, token).await {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(error) => Err(staff::refused(&caller, error)),
    }
}
