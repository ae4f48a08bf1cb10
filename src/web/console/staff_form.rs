//! The form of a record: somebody new, or a change of somebody. What it sends is a proposal.

use askama::Template;
use axum::body::Body;
use axum::extract::Path;
use axum::http::Request;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::civil::Date;

use super::form::{FORM, Field, Problem};
use super::frame::{Clerk, Frame, status};
use super::staff::step_up;
use super::staff_words as words;
use crate::action::{self, Actor, ProposalError, Wish};
use crate::base::{Email, Line, Token};
use crate::locale::Texts;
use crate::proposal::Record;
use crate::staff::{Employment, EmploymentKind, Person, Role, Screening};
use crate::web::{Failure, Fields, Head, reply};

/// A choice of the form.
struct Choice {
    value: &'static str,
    label: String,
    chosen: bool,
}

/// The roles of one side.
struct Group {
    label: String,
    options: Vec<Choice>,
}

#[derive(Template)]
#[template(path = "console/staff_form.html")]
struct FormPage {
    head: Head,
    frame: Frame,
    action: String,
    back: String,
    /// What `back` is called.
    back_to: String,
    text: String,
    /// Of the person: name and, for somebody new, the address.
    person: Vec<Field>,
    groups: Vec<Group>,
    role_error: Option<String>,
    kinds: Vec<Choice>,
    kind_error: Option<String>,
    employment: Vec<Field>,
    screening: Vec<Field>,
    alone: bool,
}

/// Every field in the order of the form, which is the order of its problems too.
const FIELDS: [&str; 11] = [
    "name",
    "email",
    "role",
    "kind",
    "employer",
    "since",
    "ended",
    "screening_method",
    "screening_on",
    "screening_until",
    "screening_reference",
];

/// `GET /staff/new`.
pub async fn show_new(clerk: Clerk) -> Result<Response, Failure> {
    draw(&clerk, None, &|_| String::new(), Vec::new())
}

/// `POST /staff/new`.
pub async fn new(clerk: Clerk, request: Request<Body>) -> Result<Response, Failure> {
    let fields = clerk.form(request, FORM).await?;
    let texts = clerk.texts();
    let mut problems = Vec::new();
    let email = Email::new(fields.get("email")).ok();
    if email.is_none() {
        problems.push(Problem::new("email", texts.say("field-email-wrong")));
    }
    let record = read(texts, &fields, &mut problems);
    let wish = email.zip(record).map(|(email, record)| Wish::Grant(email, record));
    send(&clerk, None, &fields, wish, problems).await
}

/// `GET /staff/{id}/change`.
pub async fn show_change(clerk: Clerk, Path(id): Path<String>) -> Result<Response, Failure> {
    let person = super::staff::person(&clerk, &id)?;
    clerk.signed.actor.require(person.role.side().right_to_change_staff())?;
    let value = |name: &str| value_of(&person, name);
    draw(&clerk, Some(&person), &value, Vec::new())
}

/// `POST /staff/{id}/change`.
pub async fn change(
    clerk: Clerk,
    Path(id): Path<String>,
    request: Request<Body>,
) -> Result<Response, Failure> {
    let fields = clerk.form(request, FORM).await?;
    let person = super::staff::person(&clerk, &id)?;
    let mut problems = Vec::new();
    let record = read(clerk.texts(), &fields, &mut problems);
    let wish = record.map(|record| Wish::Change(person.id, record));
    send(&clerk, Some(&person), &fields, wish, problems).await
}

async fn send(
    clerk: &Clerk,
    person: Option<&Person>,
    fields: &Fields,
    wish: Option<Wish>,
    mut problems: Vec<Problem>,
) -> Result<Response, Failure> {
    let app = clerk.desk.office.app();
    if let Some(wish) = wish {
        match action::propose(app, &clerk.signed.actor, wish).await {
            Ok(number) => return Ok(Redirect::to(&format!("/proposals?made={number}")).into_response()),
            Err(error) => match words::refused(clerk.texts(), &error) {
                Some(problem) => problems.push(problem),
                None => return Err(failure(error)),
            },
        }
    }
    draw(clerk, person, &|name| fields.get(name).to_owned(), problems)
}

/// What is not a matter of the form.
pub fn failure(error: ProposalError) -> Failure {
    match error {
        ProposalError::Denied(denied) => step_up(denied, "/staff"),
        ProposalError::Store(error) => error.into(),
        ProposalError::Gone => Failure::NotFound,
        other => Failure::Internal(other.to_string()),
    }
}

/// Every field of the record, or the problems.
fn read(texts: &Texts, fields: &Fields, problems: &mut Vec<Problem>) -> Option<Record> {
    let before = problems.len();
    let mut wrong = |field: &str, text: String| problems.push(Problem::new(field, text));
    let line = |name: &str| Line::<100>::new(fields.get(name)).ok();
    let line_wrong = |label: &str| {
        texts.say_with("field-line-named", &[("field", texts.say(label).into()), ("max", 100.into())])
    };
    let date_wrong = |label: &str| texts.say_with("staff-date-wrong", &[("field", texts.say(label).into())]);
    let date = |name: &str| fields.get(name).trim().parse::<Date>().ok();
    let name = line("name");
    if name.is_none() {
        wrong("name", line_wrong("staff-name"));
    }
    let role = Role::of_name(fields.get("role"));
    if role.is_none() {
        wrong("role", texts.say("staff-role-wrong"));
    }
    let employer = line("employer");
    if employer.is_none() {
        wrong("employer", line_wrong("staff-employer"));
    }
    let kind = match fields.get("kind") {
        "employee" => Some(EmploymentKind::Employee),
        "contractor" => Some(EmploymentKind::Contractor),
        _ => None,
    };
    if kind.is_none() {
        wrong("kind", texts.say("staff-kind-wrong"));
    }
    let since = date("since");
    if since.is_none() {
        wrong("since", date_wrong("staff-since"));
    }
    let ended = match fields.get("ended").trim() {
        "" => Some(None),
        text => text.parse::<Date>().ok().map(Some),
    };
    if ended.is_none() {
        wrong("ended", date_wrong("staff-ended"));
    }
    const SCREENING: [&str; 4] =
        ["screening_method", "screening_on", "screening_until", "screening_reference"];
    let mut screening = None;
    // All of it, or none.
    if SCREENING.iter().any(|name| !fields.get(name).trim().is_empty()) {
        let (method, reference) = (line("screening_method"), line("screening_reference"));
        let (on, until) = (date("screening_on"), date("screening_until"));
        if method.is_none() {
            wrong("screening_method", line_wrong("staff-screening-method"));
        }
        if reference.is_none() {
            wrong("screening_reference", line_wrong("staff-screening-reference"));
        }
        if on.is_none() {
            wrong("screening_on", date_wrong("staff-screening-on"));
        }
        if until.is_none() {
            wrong("screening_until", date_wrong("staff-screening-until"));
        }
        if let (Some(on), Some(until)) = (on, until)
            && until < on
        {
            wrong("screening_until", texts.say("staff-screening-order"));
        }
        screening = Some(Screening { method: method?, on: on?, valid_until: until?, reference: reference? });
    }
    let employment = Employment { employer: employer?, kind: kind?, since: since?, ended: ended? };
    let record = Record { name: name?, role: role?, employment, screening };
    (problems.len() == before).then_some(record)
}

/// What stands in a field before anything was typed.
fn value_of(person: &Person, name: &str) -> String {
    let screening = person.screening.as_ref();
    match name {
        "name" => person.name.to_string(),
        "role" => person.role.name().to_owned(),
        "employer" => person.employment.employer.to_string(),
        "kind" => match person.employment.kind {
            EmploymentKind::Employee => "employee".to_owned(),
            EmploymentKind::Contractor => "contractor".to_owned(),
        },
        "since" => person.employment.since.to_string(),
        "ended" => person.employment.ended.map(|day| day.to_string()).unwrap_or_default(),
        "screening_method" => screening.map(|known| known.method.to_string()).unwrap_or_default(),
        "screening_on" => screening.map(|known| known.on.to_string()).unwrap_or_default(),
        "screening_until" => screening.map(|known| known.valid_until.to_string()).unwrap_or_default(),
        "screening_reference" => screening.map(|known| known.reference.to_string()).unwrap_or_default(),
        _ => String::new(),
    }
}

/// The roles that the actor may grant: of one's own side, and of the operator's for the platform's staff.
fn groups(texts: &Texts, actor: &Actor, person: Option<&Person>, chosen: &str) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for role in Role::ALL {
        let side = role.side();
        let offered =
            actor.may(side.right_to_change_staff()) && person.is_none_or(|person| person.role.side() == side);
        if !offered {
            continue;
        }
        let label = words::side(texts, side);
        let option =
            Choice { value: role.name(), label: words::role(texts, role), chosen: role.name() == chosen };
        match groups.last_mut().filter(|group| group.label == label) {
            Some(group) => group.options.push(option),
            None => groups.push(Group { label, options: vec![option] }),
        }
    }
    groups
}

fn draw(
    clerk: &Clerk,
    person: Option<&Person>,
    value: &dyn Fn(&str) -> String,
    mut problems: Vec<Problem>,
) -> Result<Response, Failure> {
    problems.sort_by_key(|problem| FIELDS.iter().position(|field| *field == problem.field));
    let texts = clerk.texts();
    let field = |name: &'static str, label: &str| Field::new(name, texts.say(label)).value(&value(name));
    let date = |name: &'static str, label: &str| field(name, label).kind("date", "off");
    let mut about = vec![field("name", "staff-name").hint(texts.say("staff-name-hint"))];
    if person.is_none() {
        let email = field("email", "field-email").kind("email", "off");
        about.push(email.hint(texts.say("staff-email-hint")));
    }
    let employment = vec![
        field("employer", "staff-employer"),
        date("since", "staff-since").hint(texts.say("staff-since-hint")),
        date("ended", "staff-ended").hint(texts.say("staff-ended-hint")),
    ];
    let screening = vec![
        field("screening_method", "staff-screening-method").hint(texts.say("staff-screening-method-hint")),
        date("screening_on", "staff-screening-on"),
        date("screening_until", "staff-screening-until").hint(texts.say("staff-screening-until-hint")),
        field("screening_reference", "staff-screening-reference")
            .hint(texts.say("staff-screening-reference-hint")),
    ];
    let with = |fields: Vec<Field>| fields.into_iter().map(|field| field.with(&problems)).collect::<Vec<_>>();
    let error = |name: &str| problems.iter().find(|problem| problem.field == name).map(|p| p.text.clone());
    let chosen = value("kind");
    let kinds = [("employee", EmploymentKind::Employee), ("contractor", EmploymentKind::Contractor)];
    let kinds = kinds.into_iter().map(|(value, kind)| Choice {
        value,
        label: words::kind(texts, kind),
        chosen: chosen == value,
    });
    let title = match person {
        Some(person) => texts.say_with("staff-change-title", &[("name", person.name.as_str().into())]),
        None => texts.say("staff-new-title"),
    };
    let action = person.map_or("/staff/new".to_owned(), |person| format!("/staff/{}/change", person.id));
    let back = person.map_or("/staff".to_owned(), |person| format!("/staff/{}", person.id));
    let right = person.map(|person| person.role.side().right_to_change_staff());
    let right = right.unwrap_or(crate::staff::Right::ChangeOperatorStaff);
    let mut but: Vec<Token> = clerk.signed.actor.id().into_iter().collect();
    but.extend(person.map(|person| person.id));
    let page = FormPage {
        action,
        back,
        back_to: person.map_or_else(|| texts.say("staff-title"), |person| person.name.to_string()),
        text: texts.say("staff-form-text"),
        person: with(about),
        groups: groups(texts, &clerk.signed.actor, person, &value("role")),
        role_error: error("role"),
        kinds: kinds.collect(),
        kind_error: error("kind"),
        employment: with(employment),
        screening: with(screening),
        alone: action::others_who_may(clerk.desk.office.app(), right, &but)?.is_empty(),
        head: clerk.frame(title.clone(), "/staff").0,
        frame: {
            let mut frame = clerk.frame(title, "/staff").1;
            frame.problems = problems;
            frame
        },
    };
    reply::page_with(status(&page.frame.problems), &page)
}
