//! What people change of their own sign-in: password, factors, recovery codes, sessions. In a session only, and
//! all but the list of sessions with the second factor proved lately, as in the console.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Json;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::access::Caller;
use super::body::Sent;
use super::problem::{Kind, Problem};
use crate::action::{self, SecurityError};
use crate::base::SecretBytes;
use crate::staff::{HasherError, Password};
use crate::web::Failure;
use crate::web::console;

/// A passkey of mine
#[derive(Serialize, ToSchema)]
pub struct PasskeyRow {
    /// What to remove it by
    mark: String,
    name: String,
    /// The host name where it works
    host: String,
    #[schema(format = DateTime)]
    since: String,
    /// When it was last used; left out until it is
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    last_used: Option<String>,
}

/// What I prove myself with
#[derive(Serialize, ToSchema)]
pub struct Account {
    email: String,
    /// Since when the password is the one
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    password_since: Option<String>,
    /// The fewest characters of the next password
    shortest_password: usize,
    /// Since when there is an authenticator app; left out if there is none
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    app_since: Option<String>,
    passkeys: Vec<PasskeyRow>,
    /// Recovery codes that were not used yet
    recovery_codes_left: usize,
}

/// Another password
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordChange {
    /// The present one
    #[schema(value_type = String, format = Password, max_length = 1024)]
    old_password: Zeroizing<String>,
    /// The next one
    #[schema(value_type = String, format = Password, max_length = 1024)]
    password: Zeroizing<String>,
}

/// Recovery codes, in the place of those before
#[derive(Serialize, ToSchema)]
pub struct FreshCodes {
    /// Shown this once; each opens once
    #[schema(value_type = Vec<String>)]
    recovery_codes: Zeroizing<Vec<String>>,
}

/// A session of mine
#[derive(Serialize, ToSchema)]
pub struct SessionRow {
    /// What to end it by; opens nothing
    mark: String,
    /// Where it began
    source: String,
    #[schema(format = DateTime)]
    begun: String,
    #[schema(format = DateTime)]
    last_used: String,
    /// Whether it is the one that asks
    this: bool,
}

/// My sessions, the one that asks first
#[derive(Serialize, ToSchema)]
pub struct SessionList {
    items: Vec<SessionRow>,
}

/// What I prove myself with, without any of its secrets
#[utoipa::path(
    get,
    path = "/account",
    tag = "account",
    extensions(("x-right" = json!("session")), ("x-step-up" = json!(true))),
    responses((status = 200, description = "Password, app, passkeys and recovery codes", body = Account))
)]
pub async fn show(caller: Caller) -> Result<Json<Account>, Problem> {
    let (app, actor) = (caller.api.office.app(), &caller.actor);
    let own = action::own_credentials(app, actor)?;
    let passkeys = own.passkeys.into_iter().map(|key| PasskeyRow {
        mark: key.mark,
        name: key.name,
        host: key.host,
        since: key.since.to_string(),
        last_used: key.used.map(|used| used.to_string()),
    });
    Ok(Json(Account {
        email: caller.email.to_string(),
        password_since: own.password.map(|since| since.to_string()),
        shortest_password: action::shortest_password(app, actor)?,
        app_since: own.app.map(|since| since.to_string()),
        passkeys: passkeys.collect(),
        recovery_codes_left: own.recovery_codes,
    }))
}

/// Choose another password
///
/// My other sessions end.
#[utoipa::path(
    put,
    path = "/account/password",
    tag = "account",
    extensions(("x-right" = json!("session")), ("x-step-up" = json!(true))),
    request_body = PasswordChange,
    responses((status = 204, description = "Changed"))
)]
pub async fn change_password(
    caller: Caller,
    Sent(sent): Sent<PasswordChange>,
) -> Result<StatusCode, Problem> {
    let (office, texts, settings) = (&caller.api.office, caller.texts(), caller.settings()?);
    let (id, signed) = caller.session()?;
    let shortest = action::shortest_password(office.app(), &caller.actor)?;
    let context = [caller.name.as_str(), caller.email.as_str(), settings.name.as_str()];
    let new = Password::choose_with(&sent.password, &context, shortest)
        .map_err(|error| Problem::field(texts, "password", &console::password_wrong(texts, error)))?;
    let old = SecretBytes::new(sent.old_password.as_bytes().to_vec());
    match action::change_password(office, signed, id, (old, new)).await {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(SecurityError::UsedBefore) => {
            Err(Problem::field(texts, "password", &texts.say("password-used-before")))
        }
        Err(SecurityError::Wrong) => {
            Err(Problem::field(texts, "old_password", &texts.say("security-old-wrong")))
        }
        Err(error) => Err(refused(&caller, error)),
    }
}

/// Remove my authenticator app
///
/// The last second factor stays. My other sessions end.
#[utoipa::path(
    delete,
    path = "/account/app",
    tag = "account",
    extensions(("x-right" = json!("session")), ("x-step-up" = json!(true))),
    responses((status = 204, description = "Removed"))
)]
pub async fn remove_app(caller: Caller) -> Result<StatusCode, Problem> {
    let (id, _) = caller.session()?;
    removed(&caller, action::remove_app(&caller.api.office, &caller.actor, id).await)
}

/// Remove a passkey of mine
///
/// The last second factor stays. My other sessions end. Adding one needs a browser.
#[utoipa::path(
    delete,
    path = "/account/passkeys/{mark}",
    tag = "account",
    extensions(("x-right" = json!("session")), ("x-step-up" = json!(true))),
    params(("mark" = String, Path, description = "Its mark")),
    responses((status = 204, description = "Removed"))
)]
pub async fn remove_passkey(caller: Caller, Path(mark): Path<String>) -> Result<StatusCode, Problem> {
    let (id, _) = caller.session()?;
    removed(&caller, action::remove_passkey(&caller.api.office, &caller.actor, id, mark).await)
}

fn removed(caller: &Caller, removed: Result<(), SecurityError>) -> Result<StatusCode, Problem> {
    match removed {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(SecurityError::Changed) => Err(Failure::NotFound.into()),
        Err(error) => Err(refused(caller, error)),
    }
}

/// Make recovery codes, in the place of those before
#[utoipa::path(
    post,
    path = "/account/recovery-codes",
    tag = "account",
    extensions(("x-right" = json!("session")), ("x-step-up" = json!(true))),
    responses((status = 201, description = "They are shown this once", body = FreshCodes))
)]
pub async fn make_codes(caller: Caller) -> Result<(StatusCode, Json<FreshCodes>), Problem> {
    match action::fresh_recovery_codes(caller.api.office.app(), &caller.actor).await {
        Ok(recovery_codes) => Ok((StatusCode::CREATED, Json(FreshCodes { recovery_codes }))),
        Err(error) => Err(refused(&caller, error)),
    }
}

/// Where I am signed in
#[utoipa::path(
    get,
    path = "/account/sessions",
    tag = "account",
    extensions(("x-right" = json!("session"))),
    responses((status = 200, description = "Those of browsers and of this API", body = SessionList))
)]
pub async fn sessions(caller: Caller) -> Result<Json<SessionList>, Problem> {
    let (id, _) = caller.session()?;
    let own = action::own_sessions(caller.api.office.app(), &caller.actor, id)?;
    let row = |session: action::OwnSession| SessionRow {
        mark: session.mark,
        source: session.source.to_canonical().to_string(),
        begun: session.begun.to_string(),
        last_used: session.used.to_string(),
        this: session.this,
    };
    Ok(Json(SessionList { items: own.into_iter().map(row).collect() }))
}

/// End a session of mine
#[utoipa::path(
    delete,
    path = "/account/sessions/{mark}",
    tag = "account",
    extensions(("x-right" = json!("session"))),
    params(("mark" = String, Path, description = "Its mark")),
    responses((status = 204, description = "Ended"))
)]
pub async fn end_session(caller: Caller, Path(mark): Path<String>) -> Result<StatusCode, Problem> {
    match action::end_session(caller.api.office.app(), &caller.actor, mark).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Failure::NotFound.into()),
    }
}

/// End all sessions of mine but this one
#[utoipa::path(
    post,
    path = "/account/sessions/end-others",
    tag = "account",
    extensions(("x-right" = json!("session"))),
    responses((status = 204, description = "Ended"))
)]
pub async fn end_others(caller: Caller) -> Result<StatusCode, Problem> {
    let (id, _) = caller.session()?;
    action::end_other_sessions(caller.api.office.app(), &caller.actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What is said of a change that was refused, where no field is meant.
pub fn refused(caller: &Caller, error: SecurityError) -> Problem {
    let conflict = |key: &str| Problem::conflict(caller.texts().say(key));
    match error {
        SecurityError::StepUp => Problem::of(Kind::StepUp),
        SecurityError::Wrong => Problem::of(Kind::WrongPassword),
        SecurityError::Wait(wait) => Problem::wait(wait),
        SecurityError::UsedBefore => conflict("password-used-before"),
        SecurityError::LastFactor => conflict("security-last-factor"),
        SecurityError::ShortPassword => conflict("security-short-password"),
        SecurityError::TooMany | SecurityError::Changed | SecurityError::Passkey(_) => {
            conflict("security-changed")
        }
        SecurityError::Hasher(error) => not_hashed(error),
        SecurityError::Store(error) => error.into(),
    }
}

/// No hash was made: too many are asked for at once, or something failed.
pub fn not_hashed(error: HasherError) -> Problem {
    match error {
        HasherError::Busy => Failure::TooMany { retry_after: 10 }.into(),
        error => Failure::Internal(error.to_string()).into(),
    }
}
