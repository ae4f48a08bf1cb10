//! The recovery key of the data volume: shown until somebody says that it is written down, then never.

use axum::http::StatusCode;
use axum::response::Json;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::access::Caller;
use super::body::Sent;
use super::problem::Problem;
use crate::action::{self, SetUpError};
use crate::web::Failure;
use crate::web::console::from_hex;

/// The recovery key
#[derive(Serialize, ToSchema)]
pub struct RecoveryKey {
    /// Write it on paper and keep it away from the machine
    #[schema(value_type = String)]
    key: Zeroizing<String>,
    /// SHA-256 of the key, to confirm with
    shown: String,
}

/// That the key is written down
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Written {
    /// `shown` of the key that was written down
    #[schema(pattern = "^[0-9a-f]{64}$")]
    shown: String,
}

/// The recovery key, while it waits to be written down
#[utoipa::path(
    get,
    path = "/recovery-key",
    tag = "shop",
    extensions(("x-right" = json!("go-live"))),
    responses((status = 200, description = "The key", body = RecoveryKey))
)]
pub async fn show(caller: Caller) -> Result<Json<RecoveryKey>, Problem> {
    let key = action::recovery_key(&caller.api.office);
    let key = key.map_err(|error| Failure::Internal(error.to_string()))?.ok_or(Failure::NotFound)?;
    let shown = action::recovery_key_hash(&key).iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Json(RecoveryKey { key, shown }))
}

/// Say that the recovery key is written down: it is never shown again
#[utoipa::path(
    post,
    path = "/recovery-key/written",
    tag = "shop",
    extensions(("x-right" = json!("go-live"))),
    request_body = Written,
    responses((status = 204, description = "It is not shown again"))
)]
pub async fn confirm(caller: Caller, Sent(sent): Sent<Written>) -> Result<StatusCode, Problem> {
    let shown = from_hex(&sent.shown).unwrap_or_default();
    match action::keep_recovery_key(&caller.api.office, &caller.actor, shown).await {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(SetUpError::KeyChanged) => Err(Problem::conflict(caller.texts().say("recovery-changed"))),
        Err(SetUpError::Store(error)) => Err(error.into()),
        Err(error) => Err(Failure::Internal(error.to_string()).into()),
    }
}
