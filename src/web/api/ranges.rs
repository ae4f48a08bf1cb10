//! From where the console may be reached.

use axum::response::Json;
use serde::Serialize;
use utoipa::ToSchema;

use super::access::Caller;
use super::problem::Problem;
use crate::action::AllowedRange;

/// A range from which the console may be reached
#[derive(Serialize, ToSchema)]
pub struct RangeRow {
    /// CIDR
    net: String,
    name: String,
    /// Whether the caller is inside
    here: bool,
}

/// The ranges
#[derive(Serialize, ToSchema)]
pub struct Ranges {
    /// The caller's address, as the machine sees it
    source: String,
    ranges: Vec<RangeRow>,
}

/// From where the console may be reached
#[utoipa::path(
    get,
    path = "/ranges",
    tag = "ranges",
    extensions(("x-right" = json!("see-ranges"))),
    responses((status = 200, description = "The ranges in force", body = Ranges))
)]
pub async fn list(caller: Caller) -> Result<Json<Ranges>, Problem> {
    let source = caller.source.to_canonical();
    let row = |range: &AllowedRange| RangeRow {
        net: range.net.to_string(),
        name: range.name.to_string(),
        here: range.net.contains(&source),
    };
    let ranges = caller.api.office.premises().ranges.iter().map(row).collect();
    Ok(Json(Ranges { source: source.to_string(), ranges }))
}
