//! Who works here: the operator's staff sees its own side alone.

use axum::extract::{Path, RawQuery};
use axum::http::StatusCode;
use axum::response::Json;
use serde::Serialize;
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::access::Caller;
use super::list::Query;
use super::me;
use super::problem::Problem;
use crate::action::{self, JoinError, StaffError};
use crate::base::Token;
use crate::staff::{EmploymentKind, Person, PersonState, WhyDisabled, standing};
use crate::web::Failure;

/// How somebody was screened
#[derive(Serialize, ToSchema)]
pub struct ScreeningRow {
    method: String,
    #[schema(format = Date)]
    on: String,
    #[schema(format = Date)]
    valid_until: String,
    reference: String,
}

/// Whose word a role rests on
#[derive(Serialize, ToSchema)]
pub struct ApprovalRow {
    by: String,
    #[schema(format = DateTime)]
    at: String,
    role: String,
}

/// A person
#[derive(Serialize, ToSchema)]
pub struct PersonRow {
    id: String,
    name: String,
    email: String,
    role: String,
    /// `platform` or `operator`
    side: String,
    /// `invited`, `active`, `dismissed`, `unused` or `not-joined`
    state: String,
    /// Whether the person may act now
    stands: bool,
    /// Why not; left out if the person may
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    why_not: Option<String>,
    employer: String,
    /// `employee` or `contractor`
    employment: String,
    #[schema(format = Date)]
    employed_since: String,
    /// The last day, once it is known
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = Date)]
    employed_until: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    screening: Option<ScreeningRow>,
    approvals: Vec<ApprovalRow>,
    /// Who vouched in the provisioning file
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    attested_by: Option<String>,
    #[schema(format = DateTime)]
    last_seen: String,
}

/// A page of people
#[derive(Serialize, ToSchema)]
pub struct PersonList {
    items: Vec<PersonRow>,
    /// The cursor of the next page; left out on the last one
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    next: Option<String>,
}

/// One half of an invitation
#[derive(Serialize, ToSchema)]
pub struct InvitationLink {
    /// Shown this once: the address to hand to the person
    #[schema(value_type = String)]
    path: Zeroizing<String>,
}

/// The other half of an invitation
#[derive(Serialize, ToSchema)]
pub struct InvitationCode {
    /// Shown this once: to be handed over another way than the link
    #[schema(value_type = String)]
    code: Zeroizing<String>,
}

fn row(caller: &Caller, person: &Person) -> PersonRow {
    let stands = standing(person, caller.api.site.app.clock().now());
    let employment = &person.employment;
    PersonRow {
        id: person.id.to_string(),
        name: person.name.to_string(),
        email: person.email.to_string(),
        role: person.role.name().to_owned(),
        side: me::side(person.role).to_owned(),
        state: match person.state {
            PersonState::Invited => "invited",
            PersonState::Active => "active",
            PersonState::Disabled { why: WhyDisabled::Dismissed, .. } => "dismissed",
            PersonState::Disabled { why: WhyDisabled::Unused, .. } => "unused",
            PersonState::Disabled { why: WhyDisabled::NotJoined, .. } => "not-joined",
        }
        .to_owned(),
        stands: stands.is_ok(),
        why_not: stands.err().map(|why| why.to_string()),
        employer: employment.employer.to_string(),
        employment: kind(employment.kind).to_owned(),
        employed_since: employment.since.to_string(),
        employed_until: employment.ended.map(|last| last.to_string()),
        screening: person.screening.as_ref().map(|screening| ScreeningRow {
            method: screening.method.to_string(),
            on: screening.on.to_string(),
            valid_until: screening.valid_until.to_string(),
            reference: screening.reference.to_string(),
        }),
        approvals: person
            .approvals
            .iter()
            .map(|approval| ApprovalRow {
                by: approval.email.to_string(),
                at: approval.at.to_string(),
                role: approval.role.name().to_owned(),
            })
            .collect(),
        attested_by: person.attested.as_ref().map(|attested| attested.by.to_string()),
        last_seen: person.last_seen.to_string(),
    }
}

/// The kind's name in JSON.
pub fn kind(kind: EmploymentKind) -> &'static str {
    match kind {
        EmploymentKind::Employee => "employee",
        EmploymentKind::Contractor => "contractor",
    }
}

/// People, by name
#[utoipa::path(
    get,
    path = "/staff",
    tag = "staff",
    extensions(("x-right" = json!("see-staff"))),
    params(
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
        ("limit" = Option<u16>, Query, minimum = 1, maximum = 100, description = "Items on a page; 50 if left out"),
    ),
    responses((status = 200, description = "A page", body = PersonList))
)]
pub async fn list(caller: Caller, RawQuery(query): RawQuery) -> Result<Json<PersonList>, Problem> {
    let query = Query::read(caller.texts(), query, &[])?;
    let people =
        action::staff_seen(&caller.api.site.app, &caller.actor).map_err(|error| refused(&caller, error))?;
    let (page, next) = query.page(people, |person| person.id.to_string())?;
    Ok(Json(PersonList { items: page.iter().map(|person| row(&caller, person)).collect(), next }))
}

/// A person
#[utoipa::path(
    get,
    path = "/staff/{id}",
    tag = "staff",
    extensions(("x-right" = json!("see-staff"))),
    params(("id" = String, Path, description = "The person's id")),
    responses((status = 200, description = "The person", body = PersonRow))
)]
pub async fn show(caller: Caller, Path(id): Path<String>) -> Result<Json<PersonRow>, Problem> {
    let id: Token = id.parse().map_err(|_| Failure::NotFound)?;
    match action::person_of_staff(&caller.api.site.app, &caller.actor, id) {
        Ok(person) => Ok(Json(row(&caller, &person))),
        Err(error) => Err(refused(&caller, error)),
    }
}

/// Switch somebody's account off, at once
///
/// Needs nobody's consent. Sessions, tokens and invitation end with it. For the platform's staff it asks for
/// change-platform-staff.
#[utoipa::path(
    post,
    path = "/staff/{id}/dismiss",
    tag = "staff",
    extensions(("x-right" = json!("change-operator-staff"))),
    params(("id" = String, Path, description = "The person's id")),
    responses((status = 204, description = "Dismissed"))
)]
pub async fn dismiss(caller: Caller, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    let id: Token = id.parse().map_err(|_| Failure::NotFound)?;
    match action::dismiss(&caller.api.site.app, &caller.actor, id).await {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(error) => Err(refused(&caller, error)),
    }
}

/// Make the link of an invitation
#[utoipa::path(
    post,
    path = "/staff/{id}/invitation-link",
    tag = "staff",
    extensions(("x-right" = json!("change-operator-staff"))),
    params(("id" = String, Path, description = "The person's id")),
    responses((status = 201, description = "In place of an earlier one", body = InvitationLink))
)]
pub async fn link(
    caller: Caller,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<InvitationLink>), Problem> {
    let id: Token = id.parse().map_err(|_| Failure::NotFound)?;
    match action::make_invitation_link(&caller.api.site.app, &caller.actor, id).await {
        Ok(link) => {
            let path = Zeroizing::new(format!("/join/{link}"));
            Ok((StatusCode::CREATED, Json(InvitationLink { path })))
        }
        Err(error) => Err(not_invited(&caller, error)),
    }
}

/// Make the code of an invitation
///
/// By somebody else than who made the link.
#[utoipa::path(
    post,
    path = "/staff/{id}/invitation-code",
    tag = "staff",
    extensions(("x-right" = json!("change-operator-staff"))),
    params(("id" = String, Path, description = "The person's id")),
    responses((status = 201, description = "In place of an earlier one", body = InvitationCode))
)]
pub async fn code(
    caller: Caller,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<InvitationCode>), Problem> {
    let id: Token = id.parse().map_err(|_| Failure::NotFound)?;
    match action::make_invitation_code(&caller.api.site.app, &caller.actor, id).await {
        Ok(code) => Ok((StatusCode::CREATED, Json(InvitationCode { code: Zeroizing::new(code) }))),
        Err(error) => Err(not_invited(&caller, error)),
    }
}

/// What is said of a change of staff that was refused.
pub fn refused(caller: &Caller, error: StaffError) -> Problem {
    let conflict = |key: &str| Problem::conflict(caller.texts().say(key));
    match error {
        StaffError::Denied(denied) => denied.into(),
        StaffError::Gone => Failure::NotFound.into(),
        StaffError::Oneself => conflict("api-staff-oneself"),
        StaffError::LastAdministrator => conflict("api-staff-last"),
        StaffError::Already => conflict("api-staff-already"),
        StaffError::Store(error) => error.into(),
    }
}

fn not_invited(caller: &Caller, error: JoinError) -> Problem {
    let conflict = |key: &str| Problem::conflict(caller.texts().say(key));
    match error {
        JoinError::Staff(error) => refused(caller, error),
        JoinError::BothHalves => conflict("api-staff-both-halves"),
        JoinError::Store(error) => error.into(),
        _ => conflict("api-staff-not-invited"),
    }
}
