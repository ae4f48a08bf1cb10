//! Where the audit log is shipped, and what waits for a second person. Where to is proposed in the console.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Json;
use serde::Serialize;
use utoipa::ToSchema;

use super::access::Caller;
use super::problem::Problem;
use crate::action::{self, CollectorError};
use crate::web::Failure;

/// A change that waits for a second person
#[derive(Serialize, ToSchema)]
pub struct CollectorChange {
    number: u64,
    /// Who proposed it
    by: String,
    #[schema(format = DateTime)]
    until: String,
    /// Whether it is the caller's own, which somebody else must confirm
    own: bool,
    /// Whether it ends the shipping
    ends: bool,
}

/// Where the audit log is shipped
#[derive(Serialize, ToSchema)]
pub struct CollectorShown {
    /// Whether it is shipped anywhere
    ships: bool,
    /// The last record that the collector has confirmed
    confirmed: u64,
    /// Records that it has not
    behind: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    waiting: Option<CollectorChange>,
}

/// Where the audit log is shipped
#[utoipa::path(
    get,
    path = "/settings/collector",
    tag = "audit",
    extensions(("x-right" = json!("see-machine"))),
    responses((status = 200, description = "How far it is", body = CollectorShown))
)]
pub async fn show(caller: Caller) -> Result<Json<CollectorShown>, Problem> {
    let app = caller.api.office.app();
    let state = action::collector_state(app)?;
    let waiting = action::collector_proposal(app, &caller.actor)?;
    Ok(Json(CollectorShown {
        ships: state.settings.is_some(),
        confirmed: state.confirmed,
        behind: state.behind,
        waiting: waiting.map(|waiting| CollectorChange {
            number: waiting.number,
            by: waiting.email,
            until: waiting.until.to_string(),
            own: waiting.own,
            ends: waiting.settings.is_none(),
        }),
    }))
}

/// Confirm what somebody else proposed
#[utoipa::path(
    post,
    path = "/settings/collector/{number}/confirm",
    tag = "audit",
    extensions(("x-right" = json!("change-collector"))),
    params(("number" = u64, Path, description = "The change's number")),
    responses((status = 204, description = "Done"))
)]
pub async fn confirm(caller: Caller, Path(number): Path<String>) -> Result<StatusCode, Problem> {
    let number = number.parse().map_err(|_| Failure::NotFound)?;
    decided(&caller, action::confirm_collector(&caller.api.office, &caller.actor, number).await)
}

/// Say no to a change, or take it back
#[utoipa::path(
    post,
    path = "/settings/collector/{number}/reject",
    tag = "audit",
    extensions(("x-right" = json!("change-collector"))),
    params(("number" = u64, Path, description = "The change's number")),
    responses((status = 204, description = "Nothing changes"))
)]
pub async fn reject(caller: Caller, Path(number): Path<String>) -> Result<StatusCode, Problem> {
    let number = number.parse().map_err(|_| Failure::NotFound)?;
    decided(&caller, action::reject_collector(caller.api.office.app(), &caller.actor, number).await)
}

fn decided(caller: &Caller, decided: Result<(), CollectorError>) -> Result<StatusCode, Problem> {
    match decided {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(CollectorError::Denied(denied)) => Err(denied.into()),
        Err(CollectorError::Gone) => Err(Failure::NotFound.into()),
        Err(CollectorError::Own) => Err(Problem::conflict(caller.texts().say("api-proposal-own"))),
        Err(CollectorError::Store(error)) => Err(error.into()),
    }
}
