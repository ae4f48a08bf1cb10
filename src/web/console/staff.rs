//! Who works here: the list, one person with what is on file, and what can be done about them.

use askama::Template;
use axum::body::Body;
use axum::extract::{Path, RawQuery};
use axum::http::header::HOST;
use axum::http::{HeaderMap, Request, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;

use super::form::{FORM, Problem};
use super::frame::{Clerk, Frame, status, when};
use super::staff_form::failure;
use super::staff_words as words;
use super::tokens;
use crate::action::{self, Denied, JoinError, StaffError, Wish};
use crate::base::Token;
use crate::proposal::Record;
use crate::staff::{INVITATIONS, PERSONS, Person, PersonState, Right, Role, Side, WhyDisabled, standing};
use crate::store::{Reads, StoreError};
use crate::web::{Failure, Fields, Head, page, reply};

/// Somebody in the list.
struct Row {
    href: String,
    name: String,
    email: String,
    role: String,
    employer: String,
    state: (String, &'static str),
    /// Why they may not act, and the cure.
    why: Option<String>,
    seen: String,
}

/// A choice of a filter.
struct Choice {
    value: &'static str,
    label: String,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "console/staff.html")]
struct ListPage {
    head: Head,
    frame: Frame,
    rows: Vec<Row>,
    count: String,
    sides: Vec<Choice>,
    states: Vec<Choice>,
    roles: Vec<Choice>,
    /// Whether this person may propose somebody new.
    may: bool,
    /// Nobody else could confirm anything.
    alone: bool,
}

/// Half of an invitation, as the page tells of it.
struct Half {
    made: Option<String>,
    label: String,
    action: &'static str,
}

#[derive(Template)]
#[template(path = "console/person.html")]
struct PersonPage {
    head: Head,
    frame: Frame,
    href: String,
    email: String,
    role: String,
    state: (String, &'static str),
    why: Option<String>,
    facts: Vec<(String, String)>,
    account: Vec<(String, String)>,
    approvals: Vec<(String, String)>,
    attested: Option<String>,
    /// An open proposal about them.
    proposal: Option<u64>,
    /// Tokens for programs, of which this reader may revoke each.
    tokens: Vec<tokens::Row>,
    /// What this reader may do.
    may: bool,
    halves: Vec<Half>,
    /// The half that was just made; shown this once.
    secret: Option<(String, String)>,
    can_reset: bool,
    can_reinstate: bool,
    can_dismiss: bool,
}

/// The person of the address; the other side's are not there for the operator's staff.
pub fn person(clerk: &Clerk, id: &str) -> Result<Person, Failure> {
    let id: Token = id.parse().map_err(|_| Failure::NotFound)?;
    action::person_of_staff(clerk.desk.office.app(), &clerk.signed.actor, id).map_err(staff_failure)
}

/// A right that is there but needs the second factor first leads back to `then`.
pub fn step_up(denied: Denied, then: &str) -> Failure {
    match denied {
        Denied::Right(_) => Failure::NotFound,
        Denied::StepUp(_) => Failure::StepUp(then.to_owned()),
    }
}

fn staff_failure(error: StaffError) -> Failure {
    match error {
        StaffError::Denied(denied) => step_up(denied, "/staff"),
        StaffError::Store(error) => error.into(),
        StaffError::Gone => Failure::NotFound,
        other => Failure::Internal(other.to_string()),
    }
}

/// `GET /staff?side=&state=&role=`.
pub async fn list(clerk: Clerk, RawQuery(query): RawQuery) -> Result<Response, Failure> {
    let fields = Fields::parse(query.unwrap_or_default().as_bytes(), FORM)?;
    let (app, texts) = (clerk.desk.office.app(), clerk.texts());
    let now = app.clock().now();
    let everybody = action::staff_seen(app, &clerk.signed.actor).map_err(staff_failure)?;
    let wanted = |name: &str, value: &str| fields.get(name).is_empty() || fields.get(name) == value;
    let fits = |person: &&Person| {
        wanted("side", person.role.side().name())
            && wanted("state", words::state_name(person, now))
            && wanted("role", person.role.name())
    };
    let rows: Vec<_> = everybody.iter().filter(fits).map(|person| row(&clerk, person, now)).collect();
    let sees_both = clerk.signed.actor.side() != Some(Side::Operator);
    let choice = |name: &str, value: &'static str, label: String| Choice {
        value,
        label,
        chosen: fields.get(name) == value,
    };
    let sides = [Side::Platform, Side::Operator].into_iter().filter(|_| sees_both);
    let seen = |role: &Role| clerk.signed.actor.side().is_none_or(|side| side.sees(role.side()));
    let but: Vec<Token> = clerk.signed.actor.id().into_iter().collect();
    let may = clerk.signed.actor.may(Right::ChangeOperatorStaff);
    let (head, frame) = clerk.frame(texts.say("staff-title"), "/staff");
    page(&ListPage {
        count: texts.say_with("staff-count", &[("count", rows.len().into())]),
        rows,
        sides: sides.map(|side| choice("side", side.name(), words::side(texts, side))).collect(),
        states: vec![
            choice("state", "active", texts.say("staff-state-active")),
            choice("state", "invited", texts.say("staff-state-invited")),
            choice("state", "shut-out", texts.say("staff-state-shut-out")),
            choice("state", "disabled", texts.say("staff-state-disabled")),
        ],
        roles: Role::ALL
            .into_iter()
            .filter(seen)
            .map(|role| choice("role", role.name(), words::role(texts, role)))
            .collect(),
        may,
        alone: may && action::others_who_may(app, Right::ChangeOperatorStaff, &but)?.is_empty(),
        head,
        frame,
    })
}

fn row(clerk: &Clerk, person: &Person, now: Timestamp) -> Row {
    let texts = clerk.texts();
    Row {
        href: format!("/staff/{}", person.id),
        name: person.name.to_string(),
        email: person.email.to_string(),
        role: words::role(texts, person.role),
        employer: person.employment.employer.to_string(),
        state: words::state(texts, person, now),
        why: standing(person, now).err().map(|why| words::ineligible(texts, why).text),
        seen: if person.state == PersonState::Invited {
            texts.say("staff-never")
        } else {
            when(person.last_seen)
        },
    }
}

/// `GET /staff/{id}`.
pub async fn show(
    clerk: Clerk,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let found = person(&clerk, &id)?;
    let done = match query.as_deref() {
        Some("dismissed") => Some(clerk.texts().say("staff-dismissed")),
        Some("revoked") => Some(clerk.texts().say("tokens-revoked")),
        _ => None,
    };
    draw(&clerk, &found, Vec::new(), None, done)
}

/// `POST /staff/{id}/dismiss`.
pub async fn dismiss(
    clerk: Clerk,
    Path(id): Path<String>,
    request: Request<Body>,
) -> Result<Response, Failure> {
    clerk.form(request, FORM).await?;
    let found = person(&clerk, &id)?;
    let texts = clerk.texts();
    let at = format!("/staff/{}", found.id);
    let text = match action::dismiss(clerk.desk.office.app(), &clerk.signed.actor, found.id).await {
        Ok(()) => return Ok(Redirect::to(&format!("{at}?dismissed")).into_response()),
        Err(StaffError::Oneself) => texts.say("staff-oneself"),
        Err(StaffError::LastAdministrator) => texts.say("staff-last-administrator"),
        Err(StaffError::Already) => texts.say("staff-already"),
        Err(StaffError::Denied(denied)) => return Err(step_up(denied, &at)),
        Err(error) => return Err(staff_failure(error)),
    };
    draw(&clerk, &found, vec![Problem::new("account", text)], None, None)
}

/// `POST /staff/{id}/reinstate`.
pub async fn reinstate(
    clerk: Clerk,
    Path(id): Path<String>,
    request: Request<Body>,
) -> Result<Response, Failure> {
    clerk.form(request, FORM).await?;
    let found = person(&clerk, &id)?;
    propose(&clerk, &found, Wish::Reinstate(found.id)).await
}

/// `POST /staff/{id}/reset`.
pub async fn reset(
    clerk: Clerk,
    Path(id): Path<String>,
    request: Request<Body>,
) -> Result<Response, Failure> {
    clerk.form(request, FORM).await?;
    let found = person(&clerk, &id)?;
    propose(&clerk, &found, Wish::ResetCredentials(found.id)).await
}

async fn propose(clerk: &Clerk, person: &Person, wish: Wish) -> Result<Response, Failure> {
    match action::propose(clerk.desk.office.app(), &clerk.signed.actor, wish).await {
        Ok(number) => Ok(Redirect::to(&format!("/proposals?made={number}")).into_response()),
        Err(action::ProposalError::Denied(denied)) => Err(step_up(denied, &format!("/staff/{}", person.id))),
        Err(error) => match words::refused(clerk.texts(), &error) {
            Some(problem) => draw(clerk, person, vec![Problem::new("account", problem.text)], None, None),
            None => Err(failure(error)),
        },
    }
}

/// `POST /staff/{id}/link`: makes the link and shows it.
pub async fn link(clerk: Clerk, Path(id): Path<String>, request: Request<Body>) -> Result<Response, Failure> {
    let host = host(request.headers(), request.uri());
    clerk.form(request, FORM).await?;
    let found = person(&clerk, &id)?;
    let made = action::make_invitation_link(clerk.desk.office.app(), &clerk.signed.actor, found.id).await;
    let made = made.map(|link| format!("https://{host}/join/{link}"));
    shown(&clerk, &found, made, "invitation-link-made")
}

/// `POST /staff/{id}/code`: makes the code and shows it.
pub async fn code(clerk: Clerk, Path(id): Path<String>, request: Request<Body>) -> Result<Response, Failure> {
    clerk.form(request, FORM).await?;
    let found = person(&clerk, &id)?;
    let made = action::make_invitation_code(clerk.desk.office.app(), &clerk.signed.actor, found.id).await;
    shown(&clerk, &found, made, "invitation-code-made")
}

/// The name under which the console was reached.
fn host(headers: &HeaderMap, uri: &Uri) -> String {
    let named = uri.authority().map(|authority| authority.as_str().to_owned());
    let named = named.or_else(|| headers.get(HOST).and_then(|host| host.to_str().ok()).map(str::to_owned));
    named.unwrap_or_default()
}

fn shown(
    clerk: &Clerk,
    person: &Person,
    made: Result<String, JoinError>,
    key: &str,
) -> Result<Response, Failure> {
    let texts = clerk.texts();
    let key = match made {
        Ok(secret) => {
            let text = texts.say_with(key, &[("name", person.name.as_str().into())]);
            return draw(clerk, person, Vec::new(), Some((text, secret)), None);
        }
        Err(JoinError::BothHalves) => "invitation-both-halves",
        Err(JoinError::NotInvited) => "invitation-not-invited",
        Err(JoinError::Staff(StaffError::Denied(denied))) => {
            return Err(step_up(denied, &format!("/staff/{}", person.id)));
        }
        Err(JoinError::Staff(error)) => return Err(staff_failure(error)),
        Err(JoinError::Store(error)) => return Err(error.into()),
        Err(error) => return Err(Failure::Internal(error.to_string())),
    };
    draw(clerk, person, vec![Problem::new("invitation", texts.say(key))], None, None)
}

/// Everything on file and everything that can be done.
fn draw(
    clerk: &Clerk,
    person: &Person,
    problems: Vec<Problem>,
    secret: Option<(String, String)>,
    done: Option<String>,
) -> Result<Response, Failure> {
    let (app, texts, actor) = (clerk.desk.office.app(), clerk.texts(), &clerk.signed.actor);
    let now = app.clock().now();
    // Read anew: what was just done shows.
    let person =
        app.store().read::<_, StoreError>(|view| view.get(&PERSONS, &person.id))?.ok_or(Failure::NotFound)?;
    let may = actor.may(person.role.side().right_to_change_staff());
    let held = standing(&person, now);
    let Person { name, role, employment, screening, .. } = person.clone();
    let record = Record { name, role, employment, screening };
    let known = action::proposals(app, actor).map_err(failure)?;
    let about = known.iter().find(|proposal| {
        proposal.is_open(now) && proposal.what.person().is_some_and(|subject| subject.id == person.id)
    });
    let (head, mut frame) = clerk.frame(person.name.to_string(), "/staff");
    frame.problems = problems;
    frame.done = done;
    let approvals = person.approvals.iter().rev().map(|approval| {
        (words::role(texts, approval.role), words::by_at(approval.email.as_str(), approval.at))
    });
    let attested = person.attested.as_ref().map(|attested| {
        let values =
            [("by", attested.by.as_str().into()), ("role", words::role(texts, attested.role).into())];
        texts.say_with("staff-attested", &values)
    });
    let disabled = matches!(person.state, PersonState::Disabled { .. });
    let held_tokens = action::tokens_of(app, actor, person.id).map_err(staff_failure)?;
    let page = PersonPage {
        href: format!("/staff/{}", person.id),
        email: person.email.to_string(),
        role: words::role(texts, person.role),
        state: words::state(texts, &person, now),
        why: held.err().map(|why| words::ineligible(texts, why).text),
        facts: words::record(texts, &record),
        account: account(clerk, &person)?,
        approvals: approvals.collect(),
        attested,
        proposal: about.map(|proposal| proposal.number),
        tokens: held_tokens.iter().map(|token| tokens::row(clerk, token)).collect(),
        may,
        halves: if may { halves(clerk, &person, now)? } else { Vec::new() },
        secret,
        can_reset: may && !disabled,
        can_reinstate: may && disabled,
        can_dismiss: may
            && actor.id() != Some(person.id)
            && !matches!(person.state, PersonState::Disabled { why: WhyDisabled::Dismissed, .. }),
        head,
        frame,
    };
    reply::page_with(status(&page.frame.problems), &page)
}

/// Facts about the account.
fn account(clerk: &Clerk, person: &Person) -> Result<Vec<(String, String)>, Failure> {
    let texts = clerk.texts();
    let sessions = action::sessions_of(clerk.desk.office.app(), person.id)?;
    let seen =
        if person.state == PersonState::Invited { texts.say("staff-never") } else { when(person.last_seen) };
    let mut facts = vec![
        (texts.say("staff-side"), words::side(texts, person.role.side())),
        (texts.say("staff-entered"), when(person.since)),
        (texts.say("staff-seen"), seen),
        (texts.say("staff-sessions"), sessions.to_string()),
    ];
    if let PersonState::Disabled { at, why } = person.state {
        let key = match why {
            WhyDisabled::Dismissed => "staff-why-dismissed",
            WhyDisabled::Unused => "staff-why-unused",
            WhyDisabled::NotJoined => "staff-why-not-joined",
        };
        facts.push((texts.say("staff-disabled-at"), format!("{}, {}", when(at), texts.say(key))));
    }
    Ok(facts)
}

/// What there is of the invitation, and what can be made.
fn halves(clerk: &Clerk, person: &Person, now: Timestamp) -> Result<Vec<Half>, Failure> {
    if person.state != PersonState::Invited {
        return Ok(Vec::new());
    }
    let texts = clerk.texts();
    let made = |half: Option<crate::staff::Half>| -> Result<Option<String>, StoreError> {
        let Some(half) = half.filter(|half| half.holds(now)) else { return Ok(None) };
        let by = clerk.desk.office.app().store().read(|view| view.get(&PERSONS, &half.by))?;
        let by: Option<Person> = by;
        let by = by.map(|person| person.name.to_string()).unwrap_or_default();
        Ok(Some(texts.say_with("invitation-made", &[("by", by.into()), ("until", when(half.until).into())])))
    };
    let store = clerk.desk.office.app().store();
    let known = store.read::<_, StoreError>(|view| view.get(&INVITATIONS, &person.id))?.unwrap_or_default();
    let mut halves =
        vec![Half { made: made(known.link)?, label: texts.say("invitation-make-link"), action: "link" }];
    if action::needs_code(person) {
        let label = texts.say("invitation-make-code");
        halves.push(Half { made: made(known.code)?, label, action: "code" });
    }
    Ok(halves)
}
