//! Who the caller is, and the table of roles and rights.

use axum::response::Json;
use serde::Serialize;
use utoipa::ToSchema;

use super::access::{Caller, Via};
use super::problem::Problem;
use crate::staff::{Right, Role};

/// Whose token it is and what it opens
#[derive(Serialize, ToSchema)]
pub struct Me {
    name: String,
    email: String,
    role: String,
    /// `session` or `token`
    via: String,
    /// What may be done with it now
    rights: Vec<String>,
    /// Whether rights that need the second factor can be used now
    proved_lately: bool,
    /// When it ends at the latest
    #[schema(format = DateTime)]
    until: String,
    /// The address that the machine sees
    source: String,
}

/// A role and what it carries
#[derive(Serialize, ToSchema)]
pub struct RoleRow {
    role: String,
    /// `platform` or `operator`
    side: String,
    rights: Vec<String>,
}

/// A right
#[derive(Serialize, ToSchema)]
pub struct RightRow {
    right: String,
    /// Whether the second factor must have been proved lately; no token for programs carries it
    step_up: bool,
    /// Whether it changes nothing
    only_reads: bool,
}

/// The table of roles and rights
#[derive(Serialize, ToSchema)]
pub struct Roles {
    roles: Vec<RoleRow>,
    rights: Vec<RightRow>,
}

pub fn names(rights: &[Right]) -> Vec<String> {
    rights.iter().map(|right| right.name().to_owned()).collect()
}

/// Who I am
#[utoipa::path(
    get,
    path = "/me",
    tag = "session",
    extensions(("x-right" = json!("signed-in"))),
    responses((status = 200, description = "The caller", body = Me))
)]
pub async fn show(caller: Caller) -> Result<Json<Me>, Problem> {
    let actor = &caller.actor;
    Ok(Json(Me {
        name: caller.name.to_string(),
        email: caller.email.to_string(),
        role: actor.role().map_or("", Role::name).to_owned(),
        via: if matches!(caller.via, Via::Session(..)) { "session" } else { "token" }.to_owned(),
        rights: names(&actor.rights()),
        proved_lately: actor.is_fresh(),
        until: caller.until.to_string(),
        source: caller.source.to_canonical().to_string(),
    }))
}

/// Roles and rights
///
/// The one table that console, API and documents go by.
#[utoipa::path(
    get,
    path = "/roles",
    tag = "about",
    extensions(("x-right" = json!("signed-in"))),
    responses((status = 200, description = "The table", body = Roles))
)]
pub async fn roles(_caller: Caller) -> Result<Json<Roles>, Problem> {
    let rights = |role: Role| Right::ALL.into_iter().filter(|right| role.may(*right)).collect::<Vec<_>>();
    let row = |role: Role| RoleRow {
        role: role.name().to_owned(),
        side: side(role).to_owned(),
        rights: names(&rights(role)),
    };
    let right = |right: Right| RightRow {
        right: right.name().to_owned(),
        step_up: right.needs_step_up(),
        only_reads: right.only_reads(),
    };
    Ok(Json(Roles {
        roles: Role::ALL.into_iter().map(row).collect(),
        rights: Right::ALL.into_iter().map(right).collect(),
    }))
}

/// The side's name in JSON.
pub fn side(role: Role) -> &'static str {
    match role.side() {
        crate::staff::Side::Platform => "platform",
        crate::staff::Side::Operator => "operator",
    }
}
