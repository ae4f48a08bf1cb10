//! An authenticator app: offered, then taken into use with its first code. The one thing that opens to a session
//! without a second factor.

use axum::response::Json;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::access::Caller;
use super::account;
use super::body::Sent;
use super::problem::{Kind, Problem};
use super::session::Session;
use crate::action::{self, Enrolled, SecurityError};

/// What the app and the machine will share
#[derive(Serialize, ToSchema)]
pub struct OfferedApp {
    /// Base 32: SHA-1, six digits, 30 seconds
    #[schema(value_type = String)]
    seed: Zeroizing<String>,
    /// The same as apps read it from a picture (`otpauth://totp/...`)
    #[schema(value_type = String)]
    address: Zeroizing<String>,
}

/// The app's first code
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FirstCode {
    /// Six digits
    #[schema(value_type = String, format = Password, max_length = 100)]
    code: Zeroizing<String>,
}

/// The app is in use
#[derive(Serialize, ToSchema)]
pub struct EnrolledApp {
    /// The session goes on under another token; what was sent opens nothing any more
    session: Session,
    /// The first ones, shown this once; left out if there were some already
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<String>>, nullable = false)]
    recovery_codes: Option<Zeroizing<Vec<String>>>,
}

/// Have an authenticator app offered
///
/// Nothing changes before its first code is sent; the same is offered again for half an hour. For a first second
/// factor, or after the one that is there was proved lately.
#[utoipa::path(
    post,
    path = "/account/app",
    tag = "account",
    extensions(("x-right" = json!("enrol"))),
    responses((status = 200, description = "What to enter into the app", body = OfferedApp))
)]
pub async fn offer(caller: Caller) -> Result<Json<OfferedApp>, Problem> {
    let (office, (id, signed)) = (&caller.api.office, caller.session()?);
    if signed.enrolled && !signed.actor.is_fresh() {
        return Err(Problem::of(Kind::StepUp));
    }
    if action::own_credentials(office.app(), &caller.actor)?.app.is_some() {
        return Err(account::refused(&caller, SecurityError::Changed));
    }
    let seed = action::offered_app(office, id);
    let address = seed.address(&format!("{} console", caller.settings()?.name), caller.email.as_str());
    let seed = Zeroizing::new(seed.groups().replace(' ', ""));
    Ok(Json(OfferedApp { seed, address }))
}

/// Take the offered app into use
///
/// My other sessions end.
#[utoipa::path(
    put,
    path = "/account/app",
    tag = "account",
    extensions(("x-right" = json!("enrol"))),
    request_body = FirstCode,
    responses((status = 200, description = "In use", body = EnrolledApp))
)]
pub async fn add(caller: Caller, Sent(sent): Sent<FirstCode>) -> Result<Json<EnrolledApp>, Problem> {
    let (id, signed) = caller.session()?;
    match action::add_app(&caller.api.office, signed, id, sent.code).await {
        Ok(Enrolled { session, codes }) => {
            Ok(Json(EnrolledApp { session: Session::of(session), recovery_codes: codes }))
        }
        Err(SecurityError::Wrong) => {
            let texts = caller.texts();
            Err(Problem::field(texts, "code", &texts.say("enrol-code-wrong")))
        }
        Err(error) => Err(account::refused(&caller, error)),
    }
}
