//! The audit log: searched, read record by record, exported. Each look is itself an event of it.

use std::sync::Arc;

use axum::extract::{Path, RawQuery};
use axum::response::{Json, Response};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::access::Caller;
use super::body::Sent;
use super::list::Query;
use super::problem::Problem;
use crate::action::{self, AuditError, ExportAudit};
use crate::audit::{self, Deed, Outcome, Record};
use crate::web::Failure;
use crate::web::console;

/// A record of the log
#[derive(Serialize, ToSchema)]
pub struct RecordRow {
    number: u64,
    #[schema(format = DateTime)]
    at: String,
    /// A person's address, `machine` or `stranger`
    by: String,
    /// What was done: a name that never changes
    deed: String,
    /// The same in words
    text: String,
    /// To what
    object: String,
    /// `done` or `refused`
    outcome: String,
    /// From which address; left out for the machine itself
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    source: Option<String>,
    /// SHA-256 of the record
    hash: String,
    /// SHA-256 of the record before it
    previous: String,
}

/// A page of the log
#[derive(Serialize, ToSchema)]
pub struct RecordList {
    items: Vec<RecordRow>,
    /// The cursor of the next page; left out on the last one
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    next: Option<String>,
    /// Whether so many records were looked at that the page is not full: go on with `next`
    cut_short: bool,
}

/// What is known of the log as a whole
#[derive(Serialize, ToSchema)]
pub struct LogState {
    /// The number of the first record that is kept
    first: u64,
    /// The number of the last record
    last: u64,
    /// The last record that the TPM signed for; left out before that
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    signed_up_to: Option<u64>,
    /// The fingerprint of the TPM's key: `cowctl audit verify --key` compares with it
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    key: Option<String>,
}

/// What to export
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExportWish {
    /// Whether the TPM signs it as a whole
    bundle: bool,
    /// Only this day and later
    #[serde(default)]
    #[schema(format = Date)]
    since: Option<String>,
}

fn row(caller: &Caller, number: u64, record: &Record) -> RecordRow {
    RecordRow {
        number,
        at: record.at.to_string(),
        by: record.by.to_string(),
        deed: record.deed.name().to_owned(),
        text: caller.texts().say(record.deed.key()),
        object: record.object.clone(),
        outcome: match record.outcome {
            Outcome::Done => "done",
            Outcome::Refused => "refused",
        }
        .to_owned(),
        source: record.source.map(|source| source.to_string()),
        hash: record.hash().to_string(),
        previous: record.prev().to_string(),
    }
}

/// Records, the newest first
#[utoipa::path(
    get,
    path = "/audit",
    tag = "audit",
    extensions(("x-right" = json!("see-audit"))),
    params(
        ("from" = Option<String>, Query, description = "Not before this instant (RFC 3339)"),
        ("until" = Option<String>, Query, description = "Before this instant (RFC 3339)"),
        ("who" = Option<String>, Query, description = "A person's address, `machine` or `stranger`"),
        ("deed" = Option<String>, Query, description = "What was done, by its name"),
        ("outcome" = Option<String>, Query, description = "`done` or `refused`"),
        ("source" = Option<String>, Query, description = "From an address of this range, CIDR"),
        ("q" = Option<String>, Query, description = "A text in object, person or address"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
        ("limit" = Option<u16>, Query, minimum = 1, maximum = 100, description = "Items on a page; 50 if left out"),
    ),
    responses((status = 200, description = "A page", body = RecordList))
)]
pub async fn list(caller: Caller, RawQuery(query): RawQuery) -> Result<Json<RecordList>, Problem> {
    let texts = caller.texts();
    let names = ["from", "until", "who", "deed", "outcome", "source", "q"];
    let query = Query::read(texts, query, &names)?;
    let wrong = |field: &str, key: &str| Problem::field(texts, field, &texts.say(key));
    let instant = |name: &str| {
        let typed = query.get(name).map(str::parse::<Timestamp>).transpose();
        typed.map_err(|_| wrong(name, "api-instant-wrong"))
    };
    let deeds: Vec<_> = Deed::ALL.iter().map(|deed| (deed.name(), *deed)).collect();
    let source = query.get("source").map(str::parse).transpose();
    let sought = audit::Query {
        from: instant("from")?,
        until: instant("until")?,
        who: query.get("who").map(str::to_owned),
        deed: query.choice("deed", &deeds)?,
        outcome: query.choice("outcome", &[("done", Outcome::Done), ("refused", Outcome::Refused)])?,
        source: source.map_err(|_| wrong("source", "tokens-range-malformed"))?,
        text: query.get("q").map(str::to_owned),
        before: query.number()?,
    };
    let limit = query.limit()?;
    let page = action::read_audit(caller.api.office.app(), &caller.actor, sought, limit).await;
    let page = page.map_err(|error| refused(&caller, error))?;
    Ok(Json(RecordList {
        items: page.found.iter().map(|(number, record)| row(&caller, *number, record)).collect(),
        next: page.next.map(|next| next.to_string()),
        cut_short: page.cut_short,
    }))
}

/// A record
#[utoipa::path(
    get,
    path = "/audit/{number}",
    tag = "audit",
    extensions(("x-right" = json!("see-audit"))),
    params(("number" = u64, Path, description = "Its number")),
    responses((status = 200, description = "The record", body = RecordRow))
)]
pub async fn show(caller: Caller, Path(number): Path<String>) -> Result<Json<RecordRow>, Problem> {
    let number: u64 = number.parse().map_err(|_| Failure::NotFound)?;
    let found = action::read_audit_record(caller.api.office.app(), &caller.actor, number).await;
    let record = found.map_err(|error| refused(&caller, error))?.ok_or(Failure::NotFound)?;
    Ok(Json(row(&caller, number, &record)))
}

/// The log as a whole
#[utoipa::path(
    get,
    path = "/audit/state",
    tag = "audit",
    extensions(("x-right" = json!("see-audit"))),
    responses((status = 200, description = "How long it is and what is signed", body = LogState))
)]
pub async fn state(caller: Caller) -> Result<Json<LogState>, Problem> {
    let known = action::audit_state(caller.api.office.app(), &caller.actor);
    let known = known.map_err(|error| refused(&caller, error))?;
    Ok(Json(LogState {
        first: known.state.gone.saturating_add(1),
        last: known.state.last,
        signed_up_to: known.head.map(|head| head.last),
        key: known.key.map(|key| key.to_string()),
    }))
}

/// Export the log as JSON lines
///
/// `cowctl audit verify` checks such a file. Two exports at once.
#[utoipa::path(
    post,
    path = "/audit/export",
    tag = "audit",
    extensions(("x-right" = json!("see-audit"))),
    request_body = ExportWish,
    responses((status = 200, description = "One JSON document a line", body = String, content_type = "application/jsonl"))
)]
pub async fn export(caller: Caller, Sent(sent): Sent<ExportWish>) -> Result<Response, Problem> {
    let texts = caller.texts();
    let from = sent.since.map(|since| since.parse::<Date>()).transpose();
    let from = from.map_err(|_| Problem::field(texts, "since", &texts.say("api-staff-date-wrong")))?;
    let room = Arc::clone(&caller.api.exports).try_acquire_owned();
    let room = room.map_err(|_| Failure::TooMany { retry_after: 60 })?;
    let wish = ExportAudit { from, bundle: sent.bundle };
    match action::export_audit(caller.api.office.app(), &caller.actor, wish).await {
        Ok(lines) => Ok(console::audit_file(lines, room, "audit.jsonl")),
        Err(error) => Err(refused(&caller, error)),
    }
}

fn refused(caller: &Caller, error: AuditError) -> Problem {
    match error {
        AuditError::Denied(denied) => denied.into(),
        AuditError::Store(error) => error.into(),
        AuditError::Keeper(_) | AuditError::Unkept => {
            Problem::conflict(caller.texts().say("audit-tpm-wrong"))
        }
    }
}
