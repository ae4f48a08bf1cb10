//! Where the audit log is shipped, and the wish to ship it elsewhere, which is a proposal. The token goes in and
//! never comes out.

use axum::http::StatusCode;
use axum::response::Json;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::access::Caller;
use super::body::Sent;
use super::problem::Problem;
use super::proposals::{self, ProposalRow};
use crate::action::{self, Wish};
use crate::collector::Draft;
use crate::web::{Failure, console};

/// Where the audit log is shipped
#[derive(Serialize, ToSchema)]
pub struct CollectorShown {
    /// Whether it is shipped anywhere
    ships: bool,
    /// The last record that the collector has confirmed
    confirmed: u64,
    /// Records that it has not
    behind: u64,
    /// The proposal that waits for a second person
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    waiting: Option<ProposalRow>,
}

/// Where the audit log shall be shipped
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CollectorWish {
    /// `syslog`, `otlp`, or `none`: nowhere
    #[schema(max_length = 40)]
    protocol: String,
    /// Address and port, in numbers
    #[serde(default)]
    #[schema(max_length = 100)]
    address: String,
    /// The name that its certificate must have; left out, the address itself
    #[serde(default)]
    #[schema(max_length = 253)]
    name: String,
    /// The one authority that vouches for it, PEM; left out, those of the web
    #[serde(default)]
    #[schema(max_length = 65536)]
    root: String,
    /// For `otlp`: the path; left out, the usual one
    #[serde(default)]
    #[schema(max_length = 200)]
    path: String,
    /// For `otlp`: the header that carries the token; left out, the usual one
    #[serde(default)]
    #[schema(max_length = 100)]
    header: String,
    /// For `otlp`: the header's whole value; left out, the one that this place was given stays
    #[serde(default)]
    #[schema(value_type = String, max_length = 4096)]
    secret: Zeroizing<String>,
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
    let waiting = action::waiting_collector(app)?;
    Ok(Json(CollectorShown {
        ships: state.settings.is_some(),
        confirmed: state.confirmed,
        behind: state.behind,
        waiting: waiting.map(|waiting| proposals::row(&caller, &waiting)),
    }))
}

/// Propose to ship the audit log elsewhere, for somebody else to confirm within a day
///
/// Confirmed, rejected and withdrawn under `/proposals`.
#[utoipa::path(
    post,
    path = "/settings/collector",
    tag = "audit",
    extensions(("x-right" = json!("change-collector"))),
    request_body = CollectorWish,
    responses((status = 201, description = "It waits for somebody else", body = ProposalRow))
)]
pub async fn propose(
    caller: Caller,
    Sent(sent): Sent<CollectorWish>,
) -> Result<(StatusCode, Json<ProposalRow>), Problem> {
    let CollectorWish { protocol, address, name, root, path, header, secret } = sent;
    let draft = Draft { protocol, address, name, root, path, header, secret };
    let settings = match draft.protocol.as_str() {
        "none" => None,
        _ => match draft.check(false) {
            Ok(settings) => Some(settings),
            Err(wrong) => {
                let texts = caller.texts();
                return Err(Problem::of_form(texts, console::collector_problems(texts, wrong)));
            }
        },
    };
    let app = caller.api.office.app();
    let proposed = action::propose(app, &caller.actor, Wish::Collector(settings)).await;
    let number = proposed.map_err(|error| proposals::refused(&caller, error))?;
    let waiting = action::waiting_collector(app)?.filter(|proposal| proposal.number == number);
    let waiting = waiting.ok_or(Failure::NotFound)?;
    Ok((StatusCode::CREATED, Json(proposals::row(&caller, &waiting))))
}
