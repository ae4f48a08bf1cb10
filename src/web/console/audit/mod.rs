//! The audit log: the newest first, a filter, one record, an export. Every look is itself recorded.

pub mod export;
mod filter;
#[cfg(test)]
mod tests;

use askama::Template;
use axum::extract::{Path, RawQuery};
use axum::response::Response;

pub use export::export;

use self::filter::{Choice, Typed};
use super::form::{FORM, Problem};
use super::frame::{Clerk, Frame, status, when};
use crate::action::{self, AuditError, AuditState};
use crate::audit::{Outcome, Query, Record, Who};
use crate::locale::Texts;
use crate::web::{Failure, Fields, Head, reply};

/// Records on a page.
const PAGE: usize = 50;

/// A record in the list.
struct Row {
    number: u64,
    at: String,
    deed: String,
    object: String,
    who: String,
    source: String,
    outcome: (String, &'static str),
}

#[derive(Template)]
#[template(path = "console/audit.html")]
struct AuditPage {
    head: Head,
    frame: Frame,
    /// What is known of the log as a whole.
    facts: Vec<(String, String)>,
    fingerprint: Option<String>,
    typed: Typed,
    deeds: Vec<Choice>,
    outcomes: Vec<Choice>,
    rows: Vec<Row>,
    /// What is said where no row stands, or after them.
    note: Option<String>,
    newest: Option<String>,
    older: Option<String>,
    /// Whether the export's day or choice was refused.
    export_error: Option<String>,
    since: String,
}

#[derive(Template)]
#[template(path = "console/audit_record.html")]
struct RecordPage {
    head: Head,
    frame: Frame,
    row: Row,
    facts: Vec<(String, String)>,
    hashes: Vec<(String, String)>,
    line: String,
}

impl From<AuditError> for Failure {
    fn from(error: AuditError) -> Self {
        match error {
            AuditError::Denied(denied) => denied.into(),
            AuditError::Store(error) => error.into(),
            other => Self::Internal(other.to_string()),
        }
    }
}

/// `GET /audit?q=…&who=…&deed=…&outcome=…&source=…&from=…&until=…&before=…`.
pub async fn list(clerk: Clerk, RawQuery(query): RawQuery) -> Result<Response, Failure> {
    let fields = Fields::parse(query.unwrap_or_default().as_bytes(), FORM)?;
    let typed = Typed::read(&fields);
    let (query, problems) = typed.query(clerk.texts());
    draw(&clerk, typed, query, problems, String::new()).await
}

async fn draw(
    clerk: &Clerk,
    typed: Typed,
    query: Query,
    problems: Vec<Problem>,
    since: String,
) -> Result<Response, Failure> {
    let (app, actor, texts) = (clerk.desk.office.app(), &clerk.signed.actor, clerk.texts());
    let known = action::audit_state(app, actor)?;
    // A filter that cannot be read finds nothing, rather than everything.
    let page = match problems.is_empty() {
        true => Some(action::read_audit(app, actor, query.clone(), PAGE).await?),
        false => None,
    };
    let (head, mut frame) = clerk.frame(texts.say("audit-title"), "/audit");
    let rows: Vec<_> = page.iter().flat_map(|page| &page.found).map(|(n, r)| row(texts, *n, r)).collect();
    let next = page.as_ref().and_then(|page| page.next);
    let note = match &page {
        Some(page) if page.cut_short => Some(texts.say("audit-cut-short")),
        Some(page) if page.found.is_empty() => Some(texts.say("audit-empty")),
        _ => None,
    };
    let export_error = problems.iter().find(|problem| problem.field == "since").map(|p| p.text.clone());
    frame.problems = problems;
    reply::page_with(
        status(&frame.problems),
        &AuditPage {
            facts: facts(texts, &known),
            fingerprint: known.key.map(|key| key.to_string()),
            deeds: typed.deeds(texts),
            outcomes: typed.outcomes(texts),
            newest: query.before.map(|_| typed.address(None)),
            older: next.map(|before| typed.address(Some(before))),
            typed,
            rows,
            note,
            export_error,
            since,
            head,
            frame,
        },
    )
}

/// `GET /audit/{number}`.
pub async fn show(clerk: Clerk, Path(number): Path<String>) -> Result<Response, Failure> {
    let number: u64 = number.parse().map_err(|_| Failure::NotFound)?;
    let (app, actor, texts) = (clerk.desk.office.app(), &clerk.signed.actor, clerk.texts());
    let record = action::read_audit_record(app, actor, number).await?.ok_or(Failure::NotFound)?;
    let title = texts.say_with("audit-record-title", &[("number", number.to_string().into())]);
    let (head, frame) = clerk.frame(title, "/audit");
    let exactly = record.at.strftime("%Y-%m-%d %H:%M:%S%.f UTC").to_string();
    let refused = record.outcome == Outcome::Refused;
    let row = row(texts, number, &record);
    let fact = |key: &str, value: &str| (texts.say(key), value.to_owned());
    let facts = vec![
        fact("audit-at", &exactly),
        fact("audit-who", &row.who),
        fact("audit-source", &row.source),
        fact("audit-component", &record.component),
        fact("audit-object", if record.object.is_empty() { "-" } else { &record.object }),
        fact("audit-pci", record.deed.pci().number(refused)),
    ];
    let hashes =
        vec![fact("audit-hash", &record.hash().to_string()), fact("audit-prev", &record.prev().to_string())];
    reply::page(&RecordPage { line: record.line(), row, facts, hashes, head, frame })
}

fn row(texts: &Texts, number: u64, record: &Record) -> Row {
    Row {
        number,
        at: record.at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
        deed: texts.say(record.deed.key()),
        object: record.object.clone(),
        who: match &record.by {
            Who::Machine => texts.say("audit-machine"),
            Who::Stranger => texts.say("audit-stranger"),
            Who::Person { email, .. } => email.to_string(),
        },
        source: record.source.map_or_else(|| texts.say("audit-machine"), |source| source.to_string()),
        outcome: match record.outcome {
            Outcome::Done => (texts.say("audit-done"), "muted"),
            Outcome::Refused => (texts.say("audit-refused"), "warn"),
        },
    }
}

/// What the page says of the log as a whole.
fn facts(texts: &Texts, known: &AuditState) -> Vec<(String, String)> {
    let AuditState { state, head, key } = known;
    let first = state.gone.saturating_add(1).to_string();
    let numbers = [("first", first.into()), ("last", state.last.to_string().into())];
    let mut facts = vec![(texts.say("audit-kept"), texts.say_with("audit-kept-text", &numbers))];
    let signed = match head {
        Some(head) => texts.say_with(
            "audit-signed-text",
            &[("last", head.last.to_string().into()), ("at", when(head.at).into())],
        ),
        None => texts.say(if key.is_some() { "audit-signed-none" } else { "audit-signed-no-tpm" }),
    };
    facts.push((texts.say("audit-signed"), signed));
    facts
}
