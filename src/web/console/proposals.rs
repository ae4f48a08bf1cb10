//! Proposals: what waits for a second person, and what became of the others.

use askama::Template;
use axum::body::Body;
use axum::extract::{Path, RawQuery};
use axum::http::Request;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;

use super::collector;
use super::form::{FORM, Problem};
use super::frame::{Clerk, Frame, status, when};
use super::staff::step_up;
use super::staff_form::failure;
use super::staff_words as words;
use crate::action::{self, ProposalError};
use crate::base::Token;
use crate::proposal::{Proposal, ProposalState, Proposed, Record, may_decide};
use crate::staff::{PERSONS, Person};
use crate::store::{Reads, StoreError};
use crate::web::{Failure, Fields, Head, reply};

/// Closed proposals on a page.
const PAGE: usize = 25;

/// One that waits.
struct Card {
    number: u64,
    text: String,
    by: String,
    until: String,
    /// Label, value before, value after; the value before is empty for somebody new.
    changes: Vec<(String, String, String)>,
    /// What to read before confirming it.
    warning: Option<String>,
    /// Who could confirm it.
    who: String,
    nobody: bool,
    may_decide: bool,
    /// Why this reader may not.
    why: Option<String>,
    may_withdraw: bool,
}

/// One that was closed.
struct Row {
    number: u64,
    text: String,
    /// Who and when.
    by: (String, String),
    state: (String, &'static str),
    /// Who, if anybody, and when.
    decided: (String, String),
}

#[derive(Template)]
#[template(path = "console/proposals.html")]
struct ProposalsPage {
    head: Head,
    frame: Frame,
    cards: Vec<Card>,
    rows: Vec<Row>,
    earlier: Option<String>,
    later: Option<String>,
}

/// `GET /proposals?from=25`.
pub async fn list(clerk: Clerk, RawQuery(query): RawQuery) -> Result<Response, Failure> {
    let fields = Fields::parse(query.unwrap_or_default().as_bytes(), FORM)?;
    let texts = clerk.texts();
    let said = ["made", "confirmed", "done", "rejected", "withdrawn"].into_iter().find_map(|name| {
        let number: u64 = fields.find(name)?.parse().ok()?;
        Some((name, number.to_string()))
    });
    let done = said.map(|(name, number)| {
        let key = match name {
            "made" => "proposal-made",
            "confirmed" => "proposal-confirmed-done",
            "done" => "proposal-setting-done",
            "rejected" => "proposal-rejected-done",
            _ => "proposal-withdrawn-done",
        };
        texts.say_with(key, &[("number", number.into())])
    });
    draw(&clerk, fields.get("from").parse().unwrap_or(0), Vec::new(), done)
}

/// `POST /proposals/{number}/confirm`. Somebody who is invited by it is shown next.
pub async fn confirm(
    clerk: Clerk,
    Path(number): Path<String>,
    request: Request<Body>,
) -> Result<Response, Failure> {
    clerk.form(request, FORM).await?;
    let number = parse(&number)?;
    match action::confirm_proposal(&clerk.desk.office, &clerk.signed.actor, number).await {
        Ok(proposal) => {
            let said = if proposal.what.person().is_none() && proposal.what.email().is_none() {
                "done"
            } else {
                "confirmed"
            };
            Ok(Redirect::to(&format!("/proposals?{said}={number}")).into_response())
        }
        Err(error) => refuse(&clerk, number, error),
    }
}

/// `POST /proposals/{number}/reject`.
pub async fn reject(
    clerk: Clerk,
    Path(number): Path<String>,
    request: Request<Body>,
) -> Result<Response, Failure> {
    clerk.form(request, FORM).await?;
    let number = parse(&number)?;
    let app = clerk.desk.office.app();
    match action::reject_proposal(app, &clerk.signed.actor, number).await {
        Ok(_) => Ok(Redirect::to(&format!("/proposals?rejected={number}")).into_response()),
        Err(error) => refuse(&clerk, number, error),
    }
}

/// `POST /proposals/{number}/withdraw`.
pub async fn withdraw(
    clerk: Clerk,
    Path(number): Path<String>,
    request: Request<Body>,
) -> Result<Response, Failure> {
    clerk.form(request, FORM).await?;
    let number = parse(&number)?;
    let app = clerk.desk.office.app();
    match action::withdraw_proposal(app, &clerk.signed.actor, number).await {
        Ok(()) => Ok(Redirect::to(&format!("/proposals?withdrawn={number}")).into_response()),
        Err(error) => refuse(&clerk, number, error),
    }
}

fn parse(number: &str) -> Result<u64, Failure> {
    number.parse().map_err(|_| Failure::NotFound)
}

fn refuse(clerk: &Clerk, number: u64, error: ProposalError) -> Result<Response, Failure> {
    if let ProposalError::Denied(denied) = error {
        return Err(step_up(denied, "/proposals"));
    }
    match words::refused(clerk.texts(), &error) {
        Some(problem) => {
            let problem = Problem::new(&format!("proposal-{number}"), problem.text);
            draw(clerk, 0, vec![problem], None)
        }
        None => Err(failure(error)),
    }
}

fn draw(
    clerk: &Clerk,
    from: usize,
    problems: Vec<Problem>,
    done: Option<String>,
) -> Result<Response, Failure> {
    let texts = clerk.texts();
    let app = clerk.desk.office.app();
    let now = app.clock().now();
    let known = action::proposals(app, &clerk.signed.actor).map_err(failure)?;
    let (open, closed): (Vec<_>, Vec<_>) = known.into_iter().partition(|proposal| proposal.is_open(now));
    let (head, mut frame) = clerk.frame(texts.say("proposals-title"), "/proposals");
    frame.problems = problems;
    frame.done = done;
    let address = |from: usize| format!("/proposals?from={from}");
    let next = from.saturating_add(PAGE);
    let page = ProposalsPage {
        cards: open.iter().map(|proposal| card(clerk, proposal, now)).collect::<Result<_, _>>()?,
        rows: closed.iter().skip(from).take(PAGE).map(|proposal| row(clerk, proposal, now)).collect(),
        earlier: (from > 0).then(|| address(from.saturating_sub(PAGE))),
        later: (next < closed.len()).then(|| address(next)),
        head,
        frame,
    };
    reply::page_with(status(&page.frame.problems), &page)
}

fn row_of(clerk: &Clerk, id: Token) -> Result<Option<Person>, StoreError> {
    clerk.desk.office.app().store().read(|view| view.get(&PERSONS, &id))
}

fn card(clerk: &Clerk, proposal: &Proposal, now: Timestamp) -> Result<Card, Failure> {
    let (app, texts, actor) = (clerk.desk.office.app(), clerk.texts(), &clerk.signed.actor);
    let right = proposal.what.right();
    let mut but = vec![proposal.by];
    but.extend(proposal.what.person().map(|person| person.id));
    let who: Vec<_> =
        action::others_who_may(app, right, &but)?.iter().map(|person| person.name.to_string()).collect();
    let reader = actor.id().map(|id| row_of(clerk, id)).transpose()?.flatten();
    let verdict = reader.map(|reader| may_decide(proposal, &reader, now));
    let mine = actor.id() == Some(proposal.by) && actor.may(right);
    Ok(Card {
        number: proposal.number,
        text: words::proposed(texts, &proposal.what),
        by: words::by_at(proposal.email.as_str(), proposal.at),
        until: when(proposal.until),
        changes: changes(clerk, &proposal.what)?,
        warning: match &proposal.what {
            Proposed::Collector { settings } => Some(collector::warning(texts, settings.as_ref())),
            _ => None,
        },
        nobody: who.is_empty(),
        who: who.join(", "),
        may_decide: actor.may(right) && verdict == Some(Ok(())),
        why: match verdict {
            Some(Err(why)) if actor.may(right) && !mine => Some(words::unfit(texts, why)),
            _ => None,
        },
        may_withdraw: mine,
    })
}

/// What would be different.
fn changes(clerk: &Clerk, what: &Proposed) -> Result<Vec<(String, String, String)>, Failure> {
    let texts = clerk.texts();
    Ok(match what {
        Proposed::Grant { email, record } => {
            let mut all: Vec<_> = words::record(texts, record)
                .into_iter()
                .map(|(label, after)| (label, String::new(), after))
                .collect();
            all.insert(1, (texts.say("field-email"), String::new(), email.to_string()));
            all
        }
        Proposed::Change { person, record } => {
            let Some(before) = row_of(clerk, person.id)? else { return Ok(Vec::new()) };
            let Person { name, role, employment, screening, .. } = before;
            let before = Record { name, role, employment, screening };
            words::record(texts, &before)
                .into_iter()
                .zip(words::record(texts, record))
                .filter(|((_, before), (_, after))| before != after)
                .map(|((label, before), (_, after))| (label, before, after))
                .collect()
        }
        Proposed::Reinstate { .. } | Proposed::ResetCredentials { .. } => Vec::new(),
        Proposed::Collector { settings } => {
            let before = action::collector_state(clerk.desk.office.app())?.settings;
            let before = collector::settled(texts, before.as_ref());
            let was =
                |label: &str| before.iter().find(|(known, _)| known == label).map(|(_, value)| value.clone());
            collector::settled(texts, settings.as_ref())
                .into_iter()
                .map(|(label, after)| {
                    let before = was(&label).filter(|before| *before != after).unwrap_or_default();
                    (label, before, after)
                })
                .collect()
        }
    })
}

fn row(clerk: &Clerk, proposal: &Proposal, now: Timestamp) -> Row {
    let texts = clerk.texts();
    let (key, colour, decided) = match proposal.state_at(now) {
        ProposalState::Open => ("proposal-state-open", "warn", (String::new(), String::new())),
        ProposalState::Confirmed(word) => {
            ("proposal-state-confirmed", "good", (word.email.to_string(), when(word.at)))
        }
        ProposalState::Rejected(word) => {
            ("proposal-state-rejected", "bad", (word.email.to_string(), when(word.at)))
        }
        ProposalState::Lapsed => ("proposal-state-lapsed", "muted", (String::new(), when(proposal.until))),
        ProposalState::Withdrawn { at } => ("proposal-state-withdrawn", "muted", (String::new(), when(at))),
    };
    Row {
        number: proposal.number,
        text: words::proposed(texts, &proposal.what),
        by: (proposal.email.to_string(), when(proposal.at)),
        state: (texts.say(key), colour),
        decided,
    }
}
