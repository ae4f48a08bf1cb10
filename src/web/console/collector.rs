//! Where the audit log is shipped, how that goes, and the form to ask for another place. The token goes in and
//! never comes out.

use askama::Template;
use axum::body::Body;
use axum::extract::RawQuery;
use axum::http::Request;
use axum::response::{IntoResponse, Redirect, Response};
use zeroize::Zeroizing;

use super::form::{FORM, Field, Problem};
use super::frame::{Clerk, Frame, status, when};
use crate::action::{self, CollectorError, CollectorProposal, CollectorState};
use crate::collector::{
    Draft, Fault, Field as Part, MOST_PATH, MOST_PEM, MOST_SECRET, Protocol, Settings, Trouble, USUAL_HEADER,
    USUAL_PATH,
};
use crate::locale::Texts;
use crate::staff::Right;
use crate::web::{Failure, Fields, Head, Limits, reply};

/// A certificate of 64 KiB; PEM grows a little when a form encodes it.
const UPLOAD: Limits = Limits { body: 128 * 1024, fields: 12, value: MOST_PEM };

/// A line of the facts.
struct Fact {
    name: String,
    value: String,
    /// The colour of a tag; empty for plain text.
    tag: &'static str,
}

/// A change that waits for a second person.
struct Card {
    number: u64,
    text: String,
    place: String,
    /// What to read before confirming it.
    warning: String,
    own: bool,
}

/// One of the two that are spoken.
struct Choice {
    value: &'static str,
    label: String,
    checked: bool,
}

#[derive(Template)]
#[template(path = "console/collector.html")]
struct CollectorPage {
    head: Head,
    frame: Frame,
    facts: Vec<Fact>,
    waiting: Option<Card>,
    trouble: Option<String>,
    may: bool,
    is_set: bool,
    choices: Vec<Choice>,
    choice_error: Option<String>,
    fields: Vec<Field>,
    more: Vec<Field>,
    root: String,
    root_error: Option<String>,
}

/// `GET /settings/collector`.
pub async fn show(clerk: Clerk, RawQuery(query): RawQuery) -> Result<Response, Failure> {
    let done = match query.as_deref() {
        Some("proposed") => Some(clerk.texts().say("collector-proposed")),
        Some("confirmed") => Some(clerk.texts().say("collector-done")),
        Some("rejected") => Some(clerk.texts().say("collector-rejected")),
        _ => None,
    };
    draw(&clerk, None, Vec::new(), done)
}

/// `POST /settings/collector`: `protocol` (`syslog`, `otlp`, `none`), `address`, `name`, `root`, `path`,
/// `header`, `secret`.
pub async fn propose(clerk: Clerk, request: Request<Body>) -> Result<Response, Failure> {
    let fields = clerk.form(request, UPLOAD).await?;
    let (app, actor) = (clerk.desk.office.app(), &clerk.signed.actor);
    let wish = match fields.get("protocol") {
        "none" => None,
        _ => match draft(&fields).check(false) {
            Ok(settings) => Some(settings),
            Err(wrong) => {
                let problem = |(part, fault)| problem(clerk.texts(), part, fault);
                return draw(&clerk, Some(&fields), wrong.into_iter().map(problem).collect(), None);
            }
        },
    };
    let proposed = action::propose_collector(app, actor, wish).await;
    end(&clerk, proposed, "/settings/collector?proposed")
}

/// `POST /settings/collector/confirm`: `number`.
pub async fn confirm(clerk: Clerk, request: Request<Body>) -> Result<Response, Failure> {
    let fields = clerk.form(request, FORM).await?;
    let number = fields.get("number").parse().map_err(|_| Failure::NotFound)?;
    let done = action::confirm_collector(&clerk.desk.office, &clerk.signed.actor, number).await;
    end(&clerk, done, "/settings/collector?confirmed")
}

/// `POST /settings/collector/reject`: `number`.
pub async fn reject(clerk: Clerk, request: Request<Body>) -> Result<Response, Failure> {
    let fields = clerk.form(request, FORM).await?;
    let number = fields.get("number").parse().map_err(|_| Failure::NotFound)?;
    let done = action::reject_collector(clerk.desk.office.app(), &clerk.signed.actor, number).await;
    end(&clerk, done, "/settings/collector?rejected")
}

fn end(clerk: &Clerk, done: Result<(), CollectorError>, next: &'static str) -> Result<Response, Failure> {
    let key = match done {
        Ok(()) => return Ok(Redirect::to(next).into_response()),
        Err(CollectorError::Denied(denied)) => return Err(denied.into()),
        Err(CollectorError::Store(error)) => return Err(error.into()),
        Err(CollectorError::Gone) => "collector-gone",
        Err(CollectorError::Own) => "collector-own",
    };
    draw(clerk, None, vec![Problem::new("collector", clerk.texts().say(key))], None)
}

fn draft(fields: &Fields) -> Draft {
    let text = |name: &str| fields.get(name).to_owned();
    Draft {
        protocol: text("protocol"),
        address: text("address"),
        name: text("name"),
        root: text("root"),
        path: text("path"),
        header: text("header"),
        secret: Zeroizing::new(text("secret")),
    }
}

fn problem(texts: &Texts, part: Part, fault: Fault) -> Problem {
    let field = match part {
        Part::Protocol => "protocol",
        Part::Address => "address",
        Part::Name => "name",
        Part::Root => "root",
        Part::Path => "path",
        Part::Header => "header",
        Part::Secret => "secret",
    };
    let text = match fault {
        Fault::Unknown => texts.say("collector-wrong-protocol"),
        Fault::NotAnAddress => texts.say("collector-wrong-address"),
        Fault::NotReachable => texts.say("collector-wrong-nowhere"),
        Fault::NotAName => texts.say("collector-wrong-name"),
        Fault::NotACertificate => texts.say("collector-wrong-certificate"),
        Fault::NotAnAuthority => texts.say("collector-wrong-authority"),
        Fault::TooLong => {
            let most = match part {
                Part::Root => MOST_PEM,
                Part::Secret => MOST_SECRET,
                _ => MOST_PATH,
            };
            texts.say_with("collector-wrong-long", &[("most", most.into())])
        }
        Fault::NotAPath => texts.say("collector-wrong-path"),
        Fault::NotAHeader => texts.say("collector-wrong-header"),
        Fault::NotAValue => texts.say("collector-wrong-secret"),
    };
    Problem::new(field, text)
}

/// What is the matter, in words. What the library said of a connection is left as it is: it is for an engineer.
fn trouble(texts: &Texts, trouble: &Trouble) -> String {
    let detail = |key: &str, detail: &str| texts.say_with(key, &[("detail", detail.to_owned().into())]);
    match trouble {
        Trouble::NotReached(why) => detail("collector-not-reached", why),
        Trouble::Broken(why) => detail("collector-broken", why),
        Trouble::Slow => texts.say("collector-slow"),
        Trouble::Refused { status: 401 | 403, .. } => texts.say("collector-refuses-token"),
        Trouble::Refused { status: 404 | 405, .. } => texts.say("collector-refuses-path"),
        Trouble::Refused { status, .. } => detail("collector-refuses", &status.to_string()),
        Trouble::Unreadable(status) => detail("collector-unreadable", &status.to_string()),
        Trouble::Log(why) => detail("collector-log-trouble", why),
    }
}

fn facts(texts: &Texts, state: &CollectorState) -> Vec<Fact> {
    let fact = |key: &str, value: String| Fact { name: texts.say(key), value, tag: "" };
    let Some(settings) = &state.settings else {
        let value = texts.say("collector-nowhere");
        return vec![Fact { tag: "warn", ..fact("collector-place", value) }];
    };
    let protocol = match &settings.protocol {
        Protocol::Syslog => texts.say("collector-syslog"),
        Protocol::Otlp { .. } => texts.say("collector-otlp"),
    };
    let place = match &settings.protocol {
        Protocol::Syslog => settings.at.to_string(),
        Protocol::Otlp { path, .. } => format!("{}{path}", settings.at),
    };
    let trust = if settings.root.is_some() { "collector-trust-own" } else { "collector-trust-web" };
    let (how, tag) = match (&state.state.trouble, state.behind) {
        (Some(_), _) => ("collector-is-away", "bad"),
        (None, 0) => ("collector-is-well", "good"),
        (None, _) => ("collector-is-behind", "good"),
    };
    let mut facts = vec![
        Fact { tag, ..fact("collector-how", texts.say_with(how, &[("count", state.behind.into())])) },
        fact("collector-protocol", protocol),
        fact("collector-place", place),
        fact("collector-name", settings.name.clone()),
        fact("collector-trust", texts.say(trust)),
    ];
    if let Protocol::Otlp { header, .. } = &settings.protocol {
        let kept = if settings.secret.is_some() { "collector-secret-kept" } else { "collector-secret-none" };
        let value = texts.say_with(kept, &[("header", header.clone().into())]);
        facts.push(fact("collector-secret", value));
    }
    facts.push(fact("collector-confirmed", state.confirmed.to_string()));
    facts.push(fact("collector-behind", state.behind.to_string()));
    if let Some(at) = state.state.confirmed_at {
        facts.push(fact("collector-confirmed-at", when(at)));
    }
    if let Some(at) = state.state.well_since {
        facts.push(fact("collector-well-since", when(at)));
    }
    facts
}

fn card(texts: &Texts, waiting: CollectorProposal) -> Card {
    let values = [("who", waiting.email.into()), ("until", when(waiting.until).into())];
    let (place, warning) = match &waiting.settings {
        Some(settings) => (settings.place(), "collector-waits-whole"),
        None => (texts.say("collector-nowhere"), "collector-waits-nowhere"),
    };
    Card {
        number: waiting.number,
        text: texts.say_with("collector-waits", &values),
        place,
        warning: texts.say(warning),
        own: waiting.own,
    }
}

/// What stands in the form: what was typed, else what is in place.
fn filled(typed: Option<&Fields>, kept: Option<&Settings>, name: &str) -> String {
    if let Some(typed) = typed {
        return typed.get(name).to_owned();
    }
    let Some(kept) = kept else { return String::new() };
    match (name, &kept.protocol) {
        ("protocol", Protocol::Syslog) => "syslog".to_owned(),
        ("protocol", Protocol::Otlp { .. }) => "otlp".to_owned(),
        ("address", _) => kept.at.to_string(),
        ("name", _) => kept.name.clone(),
        ("root", _) => kept.root.clone().unwrap_or_default(),
        ("path", Protocol::Otlp { path, .. }) => path.clone(),
        ("header", Protocol::Otlp { header, .. }) => header.clone(),
        _ => String::new(),
    }
}

fn draw(
    clerk: &Clerk,
    typed: Option<&Fields>,
    problems: Vec<Problem>,
    done: Option<String>,
) -> Result<Response, Failure> {
    let texts = clerk.texts();
    let state = action::collector_state(clerk.desk.office.app())?;
    let waiting = action::collector_proposal(clerk.desk.office.app(), &clerk.signed.actor)?;
    let kept = state.settings.as_ref();
    let value = |name: &str| filled(typed, kept, name);
    let error =
        |name: &str| problems.iter().find(|known| known.field == name).map(|known| known.text.clone());
    let field = |name: &'static str, label: &str, hint: String| {
        Field::new(name, texts.say(label)).hint(hint).value(&value(name)).with(&problems)
    };
    let usual = |key: &str, usual: &str| texts.say_with(key, &[("usual", usual.to_owned().into())]);
    let fields = vec![
        field("address", "collector-address", texts.say("collector-address-hint")),
        field("name", "collector-name", texts.say("collector-name-hint")),
    ];
    let secret = Field::new("secret", texts.say("collector-secret"))
        .kind("password", "off")
        .hint(texts.say("collector-secret-hint"))
        .with(&problems);
    let more = vec![
        field("path", "collector-path", usual("collector-path-hint", USUAL_PATH)),
        field("header", "collector-header", usual("collector-header-hint", USUAL_HEADER)),
        secret,
    ];
    let protocol = value("protocol");
    let choice = |value: &'static str, label: &str| Choice {
        value,
        label: texts.say(label),
        checked: protocol == value || (protocol.is_empty() && value == "syslog"),
    };
    let (head, mut frame) = clerk.frame(texts.say("collector-title"), "/settings/collector");
    let page = CollectorPage {
        facts: facts(texts, &state),
        waiting: waiting.map(|waiting| card(texts, waiting)),
        trouble: state.state.trouble.as_ref().map(|(at, found)| {
            let values = [("when", when(*at).into()), ("trouble", trouble(texts, found).into())];
            texts.say_with("collector-trouble", &values)
        }),
        may: clerk.signed.actor.may(Right::ChangeCollector),
        is_set: kept.is_some(),
        choices: vec![choice("syslog", "collector-syslog"), choice("otlp", "collector-otlp")],
        choice_error: error("protocol"),
        fields,
        more,
        root: value("root"),
        root_error: error("root"),
        head,
        frame: {
            frame.problems = problems;
            frame.done = done;
            frame
        },
    };
    reply::page_with(status(&page.frame.problems), &page)
}
