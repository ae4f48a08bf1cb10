//! Dual control: what one person proposes and another confirms.

use axum::extract::{Path, RawQuery};
use axum::http::StatusCode;
use axum::response::Json;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::access::Caller;
use super::body::Sent;
use super::list::Query;
use super::problem::{Fault, Problem};
use crate::action::{self, ProposalError, Wish};
use crate::base::{Email, Line, Token};
use crate::proposal::{Proposal, ProposalState, Record, Unfit};
use crate::staff::{Employment, EmploymentKind, Role, Screening};
use crate::web::Failure;

/// A proposal
#[derive(Serialize, ToSchema)]
pub struct ProposalRow {
    number: u64,
    /// Such as `grant`, or `collector`: where the audit log is shipped
    what: String,
    /// What would be done, in one line
    line: String,
    /// Who proposed it
    by: String,
    #[schema(format = DateTime)]
    at: String,
    /// The last instant at which it can be confirmed
    #[schema(format = DateTime)]
    until: String,
    /// `open`, `confirmed`, `rejected`, `lapsed` or `withdrawn`
    state: String,
    /// Who decided; left out while nobody did
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    decided_by: Option<String>,
}

/// A page of proposals
#[derive(Serialize, ToSchema)]
pub struct ProposalList {
    items: Vec<ProposalRow>,
    /// The cursor of the next page; left out on the last one
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    next: Option<String>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
enum What {
    Grant,
    Change,
    Reinstate,
    ResetCredentials,
}

/// A screening
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScreeningWish {
    #[schema(max_length = 100)]
    method: String,
    #[schema(format = Date)]
    on: String,
    #[schema(format = Date)]
    valid_until: String,
    #[schema(max_length = 100)]
    reference: String,
}

/// What is on file about somebody, as it shall be
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordWish {
    /// The legal name
    #[schema(max_length = 100)]
    name: String,
    /// A role's name
    #[schema(max_length = 40)]
    role: String,
    #[schema(max_length = 100)]
    employer: String,
    /// `employee` or `contractor`
    #[schema(value_type = String)]
    employment: Kind,
    #[schema(format = Date)]
    employed_since: String,
    /// The last day, once it is known
    #[serde(default)]
    #[schema(format = Date)]
    employed_until: Option<String>,
    #[serde(default)]
    screening: Option<ScreeningWish>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Employee,
    Contractor,
}

/// What shall be proposed
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProposalWish {
    /// `grant`, `change`, `reinstate` or `reset-credentials`
    #[schema(value_type = String)]
    what: What,
    /// For `grant`: what the person is to sign in with
    #[serde(default)]
    #[schema(max_length = 320)]
    email: Option<String>,
    /// For the others: the person's id
    #[serde(default)]
    #[schema(max_length = 26)]
    person: Option<String>,
    /// For `grant` and `change`
    #[serde(default)]
    record: Option<RecordWish>,
}

pub(super) fn row(caller: &Caller, proposal: &Proposal) -> ProposalRow {
    let (state, decided_by) = match proposal.state_at(caller.api.site.app.clock().now()) {
        ProposalState::Open => ("open", None),
        ProposalState::Confirmed(word) => ("confirmed", Some(word.email.to_string())),
        ProposalState::Rejected(word) => ("rejected", Some(word.email.to_string())),
        ProposalState::Lapsed => ("lapsed", None),
        ProposalState::Withdrawn { .. } => ("withdrawn", None),
    };
    ProposalRow {
        number: proposal.number,
        what: proposal.what.name().to_owned(),
        line: proposal.what.line(),
        by: proposal.email.to_string(),
        at: proposal.at.to_string(),
        until: proposal.until.to_string(),
        state: state.to_owned(),
        decided_by,
    }
}

/// Proposals, the latest first
#[utoipa::path(
    get,
    path = "/proposals",
    tag = "staff",
    extensions(("x-right" = json!("see-staff"))),
    params(
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
        ("limit" = Option<u16>, Query, minimum = 1, maximum = 100, description = "Items on a page; 50 if left out"),
    ),
    responses((status = 200, description = "A page", body = ProposalList))
)]
pub async fn list(caller: Caller, RawQuery(query): RawQuery) -> Result<Json<ProposalList>, Problem> {
    let query = Query::read(caller.texts(), query, &[])?;
    let known =
        action::proposals(&caller.api.site.app, &caller.actor).map_err(|error| refused(&caller, error))?;
    let (page, next) = query.page(known, |proposal| proposal.number.to_string())?;
    Ok(Json(ProposalList { items: page.iter().map(|proposal| row(&caller, proposal)).collect(), next }))
}

/// A proposal
#[utoipa::path(
    get,
    path = "/proposals/{number}",
    tag = "staff",
    extensions(("x-right" = json!("see-staff"))),
    params(("number" = u64, Path, description = "Its number")),
    responses((status = 200, description = "The proposal", body = ProposalRow))
)]
pub async fn show(caller: Caller, Path(number): Path<String>) -> Result<Json<ProposalRow>, Problem> {
    let number: u64 = number.parse().map_err(|_| Failure::NotFound)?;
    let known =
        action::proposals(&caller.api.site.app, &caller.actor).map_err(|error| refused(&caller, error))?;
    let found = known.iter().find(|proposal| proposal.number == number).ok_or(Failure::NotFound)?;
    Ok(Json(row(&caller, found)))
}

/// Propose a grant or a change, for somebody else to confirm within a day
///
/// For the platform's staff it asks for change-platform-staff.
#[utoipa::path(
    post,
    path = "/proposals",
    tag = "staff",
    extensions(("x-right" = json!("change-operator-staff"))),
    request_body = ProposalWish,
    responses((status = 201, description = "It waits for somebody else", body = ProposalRow))
)]
pub async fn make(
    caller: Caller,
    Sent(sent): Sent<ProposalWish>,
) -> Result<(StatusCode, Json<ProposalRow>), Problem> {
    let wish = wish(&caller, sent)?;
    match action::propose(&caller.api.site.app, &caller.actor, wish).await {
        Ok(number) => Ok((StatusCode::CREATED, show(caller, Path(number.to_string())).await?)),
        Err(error) => Err(refused(&caller, error)),
    }
}

/// Confirm what somebody else proposed
///
/// For the platform's staff it asks for change-platform-staff, for a collector for change-collector.
#[utoipa::path(
    post,
    path = "/proposals/{number}/confirm",
    tag = "staff",
    extensions(("x-right" = json!("change-operator-staff"))),
    params(("number" = u64, Path, description = "Its number")),
    responses((status = 200, description = "Done", body = ProposalRow))
)]
pub async fn confirm(caller: Caller, Path(number): Path<String>) -> Result<Json<ProposalRow>, Problem> {
    let number: u64 = number.parse().map_err(|_| Failure::NotFound)?;
    let decided = action::confirm_proposal(&caller.api.office, &caller.actor, number).await;
    decided.map(|proposal| Json(row(&caller, &proposal))).map_err(|error| refused(&caller, error))
}

/// Say no to what somebody else proposed
#[utoipa::path(
    post,
    path = "/proposals/{number}/reject",
    tag = "staff",
    extensions(("x-right" = json!("change-operator-staff"))),
    params(("number" = u64, Path, description = "Its number")),
    responses((status = 200, description = "Rejected", body = ProposalRow))
)]
pub async fn reject(caller: Caller, Path(number): Path<String>) -> Result<Json<ProposalRow>, Problem> {
    let number: u64 = number.parse().map_err(|_| Failure::NotFound)?;
    let decided = action::reject_proposal(&caller.api.site.app, &caller.actor, number).await;
    decided.map(|proposal| Json(row(&caller, &proposal))).map_err(|error| refused(&caller, error))
}

/// Take back what I proposed
#[utoipa::path(
    post,
    path = "/proposals/{number}/withdraw",
    tag = "staff",
    extensions(("x-right" = json!("change-operator-staff"))),
    params(("number" = u64, Path, description = "Its number")),
    responses((status = 200, description = "Taken back", body = ProposalRow))
)]
pub async fn withdraw(caller: Caller, Path(number): Path<String>) -> Result<Json<ProposalRow>, Problem> {
    let parsed: u64 = number.parse().map_err(|_| Failure::NotFound)?;
    match action::withdraw_proposal(&caller.api.site.app, &caller.actor, parsed).await {
        Ok(_) => show(caller, Path(number)).await,
        Err(error) => Err(refused(&caller, error)),
    }
}

/// Collects what is wrong with a wish, field by field.
struct Reader<'a> {
    caller: &'a Caller,
    faults: Vec<Fault>,
}

impl Reader<'_> {
    fn fault(&mut self, field: &str, text: &str) {
        self.faults.push(Fault::of(self.caller.texts(), field, text));
    }

    fn line(&mut self, field: &str, text: &str) -> Option<Line<100>> {
        let line = Line::new(text).ok();
        if line.is_none() {
            let text = self.caller.texts().say_with("field-line-wrong", &[("max", 100.into())]);
            self.fault(field, &text);
        }
        line
    }

    fn date(&mut self, field: &str, text: &str) -> Option<Date> {
        // Of the form alone that RFC 3339 has: others can be read in two ways.
        let date = Some(text).filter(|text| text.len() == 10).and_then(|text| text.parse().ok());
        if date.is_none() {
            self.fault(field, &self.caller.texts().say("api-staff-date-wrong"));
        }
        date
    }

    fn record(&mut self, wish: RecordWish) -> Option<Record> {
        let role = Role::of_name(&wish.role);
        if role.is_none() {
            self.fault("record.role", &self.caller.texts().say("api-staff-role-wrong"));
        }
        let name = self.line("record.name", &wish.name);
        let employer = self.line("record.employer", &wish.employer);
        let since = self.date("record.employed_since", &wish.employed_since);
        let ended = wish.employed_until.map(|ended| self.date("record.employed_until", &ended));
        let screening = wish.screening.map(|wish| {
            let method = self.line("record.screening.method", &wish.method);
            let reference = self.line("record.screening.reference", &wish.reference);
            let on = self.date("record.screening.on", &wish.on);
            let valid_until = self.date("record.screening.valid_until", &wish.valid_until);
            Some(Screening { method: method?, on: on?, valid_until: valid_until?, reference: reference? })
        });
        let kind = match wish.employment {
            Kind::Employee => EmploymentKind::Employee,
            Kind::Contractor => EmploymentKind::Contractor,
        };
        let ended = ended.flatten();
        let employment = Employment { employer: employer?, kind, since: since?, ended };
        Some(Record { name: name?, role: role?, employment, screening: screening.flatten() })
    }
}

fn wish(caller: &Caller, sent: ProposalWish) -> Result<Wish, Problem> {
    let texts = caller.texts();
    let mut reader = Reader { caller, faults: Vec::new() };
    let with_record = matches!(sent.what, What::Grant | What::Change);
    let record = match sent.record {
        Some(record) if with_record => reader.record(record),
        None if with_record => {
            reader.fault("record", &texts.say("api-staff-needs-record"));
            None
        }
        _ => None,
    };
    let person = sent.person.and_then(|person| person.parse::<Token>().ok());
    let email = sent.email.and_then(|email| Email::new(&email).ok());
    match sent.what {
        What::Grant if email.is_none() => reader.fault("email", &texts.say("field-email-wrong")),
        What::Grant => {}
        _ if person.is_none() => reader.fault("person", &texts.say("api-staff-needs-person")),
        _ => {}
    }
    let found = match (sent.what, email, person, record) {
        (What::Grant, Some(email), _, Some(record)) => Some(Wish::Grant(email, record)),
        (What::Change, _, Some(person), Some(record)) => Some(Wish::Change(person, record)),
        (What::Reinstate, _, Some(person), _) => Some(Wish::Reinstate(person)),
        (What::ResetCredentials, _, Some(person), _) => Some(Wish::ResetCredentials(person)),
        _ => None,
    };
    match found {
        Some(wish) if reader.faults.is_empty() => Ok(wish),
        _ => Err(Problem::fields(reader.faults)),
    }
}

pub(super) fn refused(caller: &Caller, error: ProposalError) -> Problem {
    let texts = caller.texts();
    let conflict = |key: &str| Problem::conflict(texts.say(key));
    match error {
        ProposalError::Denied(denied) => denied.into(),
        ProposalError::Gone => Failure::NotFound.into(),
        ProposalError::Closed => conflict("api-proposal-closed"),
        ProposalError::Unfit(Unfit::Standing(_)) => conflict("api-proposal-standing"),
        ProposalError::Unfit(Unfit::NoRight) => Failure::NotFound.into(),
        ProposalError::Unfit(_) => conflict("api-proposal-own"),
        ProposalError::ProposerGone => conflict("api-proposal-proposer-gone"),
        ProposalError::NotYours => conflict("api-proposal-not-yours"),
        ProposalError::EmailTaken => Problem::field(texts, "email", &texts.say("api-proposal-email-taken")),
        ProposalError::AlreadyProposed(number) => Problem::conflict(
            texts.say_with("api-proposal-already", &[("number", number.to_string().into())]),
        ),
        ProposalError::TooMany | ProposalError::Full => conflict("api-proposal-too-many"),
        ProposalError::Ineligible(why) => {
            let text = texts.say_with("api-staff-ineligible", &[("why", why.to_string().into())]);
            Problem::field(texts, "record", &text)
        }
        ProposalError::OtherSide => {
            Problem::field(texts, "record.role", &texts.say("api-proposal-other-side"))
        }
        ProposalError::Unchanged => Problem::field(texts, "record", &texts.say("api-proposal-unchanged")),
        ProposalError::LastAdministrator => conflict("api-staff-last"),
        ProposalError::WrongState => conflict("api-proposal-wrong-state"),
        ProposalError::Store(error) => error.into(),
    }
}
