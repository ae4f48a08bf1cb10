//! Alarms: what somebody must look at, and saying that it has been dealt with.

use axum::extract::{Path, RawQuery};
use axum::http::StatusCode;
use axum::response::Json;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::access::Caller;
use super::body::Sent;
use super::list::Query;
use super::problem::Problem;
use crate::action::{self, AcknowledgeError};
use crate::alarm::{self, Alarm, Object};
use crate::audit::Who;
use crate::locale::Texts;
use crate::web::Failure;

/// An alarm
#[derive(Serialize, ToSchema)]
pub struct AlarmRow {
    number: u64,
    /// Its name, which never changes
    kind: String,
    /// What is the matter
    text: String,
    /// What to do
    cure: String,
    /// What it is about
    about: String,
    /// The order that it is about
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    order: Option<u64>,
    #[schema(format = DateTime)]
    first: String,
    #[schema(format = DateTime)]
    last: String,
    /// How often it was raised
    count: u32,
    /// Who has dealt with it; left out while it is open
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    acknowledged_by: Option<String>,
}

/// A page of alarms
#[derive(Serialize, ToSchema)]
pub struct AlarmList {
    items: Vec<AlarmRow>,
    /// The cursor of the next page; left out on the last one
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    next: Option<String>,
}

/// What somebody saw who has dealt with an alarm
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Acknowledge {
    /// `count` of the alarm: if it was raised again since, it stays open
    seen: u32,
}

fn row(texts: &Texts, number: u64, alarm: &Alarm) -> AlarmRow {
    AlarmRow {
        number,
        kind: alarm.kind.name().to_owned(),
        text: texts.say(alarm.kind.key()),
        cure: texts.say(alarm.kind.cure_key()),
        about: alarm.object.to_string(),
        order: match alarm.object {
            Object::Order(number) => Some(number),
            _ => None,
        },
        first: alarm.first.to_string(),
        last: alarm.last.to_string(),
        count: alarm.count,
        acknowledged_by: alarm.acknowledged.as_ref().map(|done| match &done.by {
            Who::Person { email, .. } => email.to_string(),
            _ => "machine".to_owned(),
        }),
    }
}

/// Alarms, the latest first
#[utoipa::path(
    get,
    path = "/alarms",
    tag = "alarms",
    extensions(("x-right" = json!("see-alarms"))),
    params(
        ("state" = Option<String>, Query, description = "`open` (if left out) or `acknowledged`"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
        ("limit" = Option<u16>, Query, minimum = 1, maximum = 100, description = "Items on a page; 50 if left out"),
    ),
    responses((status = 200, description = "A page", body = AlarmList))
)]
pub async fn list(caller: Caller, RawQuery(query): RawQuery) -> Result<Json<AlarmList>, Problem> {
    let query = Query::read(caller.texts(), query, &["state"])?;
    let open = query.choice("state", &[("open", true), ("acknowledged", false)])?.unwrap_or(true);
    let rows = caller.api.site.app.store().read(|view| {
        let rows = if open { alarm::open(view) } else { alarm::acknowledged(view) };
        rows.map_err(Problem::from)
    })?;
    let (page, next) = query.page(rows, |(number, _)| number.to_string())?;
    let items = page.iter().map(|(number, alarm)| row(caller.texts(), *number, alarm)).collect();
    Ok(Json(AlarmList { items, next }))
}

/// Say that an alarm has been dealt with
#[utoipa::path(
    post,
    path = "/alarms/{number}/acknowledge",
    tag = "alarms",
    extensions(("x-right" = json!("deal-with-alarms"))),
    params(("number" = u64, Path, description = "Its number")),
    request_body = Acknowledge,
    responses((status = 204, description = "Dealt with"))
)]
pub async fn acknowledge(
    caller: Caller,
    Path(number): Path<String>,
    Sent(sent): Sent<Acknowledge>,
) -> Result<StatusCode, Problem> {
    let number: u64 = number.parse().map_err(|_| Failure::NotFound)?;
    match action::acknowledge_alarm(caller.api.office.app(), &caller.actor, number, sent.seen).await {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(AcknowledgeError::Gone) => Err(Failure::NotFound.into()),
        Err(AcknowledgeError::RaisedAgain) => {
            Err(Problem::conflict(caller.texts().say("alarms-raised-again")))
        }
        Err(AcknowledgeError::Denied(denied)) => Err(denied.into()),
        Err(AcknowledgeError::Store(error)) => Err(error.into()),
    }
}
