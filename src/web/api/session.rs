//! Signing in and out without a browser.

use axum::http::StatusCode;
use axum::response::Json;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::access::{Caller, SESSION_PREFIX, Visitor};
use super::body::Sent;
use super::problem::{Kind, Problem};
use crate::action::{self, SignIn, SignInError};
use crate::base::{SecretBytes, Token};
use crate::staff::{IDLE, LONGEST};
use crate::web::Failure;

/// Who signs in
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    /// As it was granted
    #[schema(max_length = 320)]
    email: String,
    /// Never kept
    #[schema(value_type = String, format = Password, max_length = 1024)]
    password: Zeroizing<String>,
    /// Six digits of the authenticator, or a recovery code; needed once a second factor is set up
    #[serde(default)]
    #[schema(value_type = String, format = Password, max_length = 100)]
    code: Zeroizing<String>,
}

/// The second factor
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SecondFactor {
    /// Six digits of the authenticator, or a recovery code
    #[schema(value_type = String, format = Password, max_length = 100)]
    code: Zeroizing<String>,
}

/// A session's token
#[derive(Serialize, ToSchema)]
pub struct Session {
    /// Carries the role's rights: send it as `Authorization: Bearer ...`
    #[schema(value_type = String, pattern = "^ccs_[0-9a-z]{26}$")]
    token: Zeroizing<String>,
    /// Seconds without a request after which it ends
    idle_seconds: i64,
    /// Seconds after which it ends in any case
    longest_seconds: i64,
}

impl Session {
    pub fn of(id: Token) -> Self {
        Self {
            token: Zeroizing::new(format!("{SESSION_PREFIX}{id}")),
            idle_seconds: IDLE.as_secs(),
            longest_seconds: LONGEST.as_secs(),
        }
    }
}

/// Begin a session
///
/// The answer does not say which part was wrong, nor whether there is such an account. Passkeys need a browser.
#[utoipa::path(
    post,
    path = "/session",
    tag = "session",
    extensions(("x-right" = json!("anyone"))),
    request_body = Credentials,
    responses((status = 201, description = "Signed in", body = Session))
)]
pub async fn begin(
    visitor: Visitor,
    Sent(sent): Sent<Credentials>,
) -> Result<(StatusCode, Json<Session>), Problem> {
    let password = SecretBytes::new(sent.password.as_bytes().to_vec());
    let typed = SignIn { email: sent.email, password, code: sent.code, source: visitor.source };
    match action::sign_in(&visitor.api.office, typed).await {
        Ok(id) => Ok((StatusCode::CREATED, Json(Session::of(id)))),
        Err(error) => Err(refused(error)),
    }
}

/// Prove the second factor again
///
/// Rights that ask for it can be used for 15 minutes. The session gets another token; the one that was sent opens
/// nothing any more. Passkeys need a browser: this takes the authenticator's code, or a recovery code.
#[utoipa::path(
    post,
    path = "/session/step-up",
    tag = "session",
    extensions(("x-right" = json!("session"))),
    request_body = SecondFactor,
    responses((status = 200, description = "The session's new token", body = Session))
)]
pub async fn step_up(caller: Caller, Sent(sent): Sent<SecondFactor>) -> Result<Json<Session>, Problem> {
    let (id, signed) = caller.session()?;
    match action::prove_with_code(&caller.api.office, signed, id, sent.code).await {
        Ok(id) => Ok(Json(Session::of(id))),
        Err(error) => Err(refused(error)),
    }
}

fn refused(error: SignInError) -> Problem {
    match error {
        SignInError::Wrong => Problem::of(Kind::WrongPassword),
        SignInError::Wait(wait) => Problem::wait(wait),
        SignInError::Hasher(_) => Failure::TooMany { retry_after: 5 }.into(),
        SignInError::Store(error) => error.into(),
    }
}

/// End the session
#[utoipa::path(
    delete,
    path = "/session",
    tag = "session",
    extensions(("x-right" = json!("enrol"))),
    responses((status = 204, description = "Signed out"))
)]
pub async fn end(caller: Caller) -> Result<StatusCode, Problem> {
    let (id, _) = caller.session()?;
    action::sign_out(&caller.api.site.app, &caller.actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
