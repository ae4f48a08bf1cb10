//! Where the audit log is shipped, how that goes, and the form to ask for another place. The token goes in and
//! never comes out.

use askama::Template;
use axum::body::Body;
use axum::extract::RawQuery;
use axum::http::Request;
use axum::response::{IntoResponse, Redirect, Response};
use zeroize::Zeroizing;

use super::form::{Field, Problem};
use super::frame::{Clerk, Frame, status, when};
use super::staff::step_up;
use super::staff_form::failure;
use super::staff_words as words;
use crate::action::{self, CollectorState, ProposalError, Wish};
use crate::collector::{
    Draft, Fault, Field as Part, MOST_PATH, MOST_PEM, MOST_SECRET, Protocol, Settings, Trouble, USUAL_HEADER,
    USUAL_PATH,
};
use crate::locale::Texts;
use crate::proposal::Proposal;
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
    href: String,
    text: String,
    /// What would be done.
    what: String,
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
    let done = (query.as_deref() == Some("proposed")).then(|| clerk.texts().say("collector-proposed"));
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
            Err(wrong) => return draw(&clerk, Some(&fields), wrongs(clerk.texts(), wrong), None),
        },
    };
    let is_none = wish.is_none();
    match action::propose(app, actor, Wish::Collector(wish)).await {
        Ok(_) => Ok(Redirect::to("/settings/collector?proposed").into_response()),
        Err(ProposalError::Denied(denied)) => Err(step_up(denied, "/settings/collector")),
        Err(error) => match words::refused(clerk.texts(), &error) {
            // The form that ends the shipping has nothing to keep.
            Some(problem) if is_none => {
                draw(&clerk, None, vec![Problem::new("collector", problem.text)], None)
            }
            Some(problem) => draw(&clerk, Some(&fields), vec![Problem::new("collector", problem.text)], None),
            None => Err(failure(error)),
        },
    }
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

/// What is wrong with what was typed, by the form's fields.
pub fn wrongs(texts: &Texts, wrong: Vec<(Part, Fault)>) -> Vec<Problem> {
    wrong.into_iter().map(|(part, fault)| problem(texts, part, fault)).collect()
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

/// Label and value of everything in the settings, but for the token, of which is said only whether there is one.
pub fn settled(texts: &Texts, settings: Option<&Settings>) -> Vec<(String, String)> {
    let fact = |key: &str, value: String| (texts.say(key), value);
    let Some(settings) = settings else {
        return vec![fact("collector-place", texts.say("collector-nowhere"))];
    };
    let protocol = match &settings.protocol {
        Protocol::Syslog => texts.say("collector-syslog"),
        Protocol::Otlp { .. } => texts.say("collector-otlp"),
    };
    let place = match &settings.protocol {
        Protocol::Syslog => settings.at.to_string(),
        Protocol::Otlp { path, .. } => format!("{}{path}", settings.at),
    };
    let trust = match settings.root_fingerprint() {
        Some(print) => texts.say_with("collector-trust-own", &[("print", print.into())]),
        None => texts.say("collector-trust-web"),
    };
    let mut facts = vec![
        fact("collector-protocol", protocol),
        fact("collector-place", place),
        fact("collector-name", settings.name.clone()),
        fact("collector-trust", trust),
    ];
    if let Protocol::Otlp { header, .. } = &settings.protocol {
        let kept = if settings.secret.is_some() { "collector-secret-kept" } else { "collector-secret-none" };
        let value = texts.say_with(kept, &[("header", header.clone().into())]);
        facts.push(fact("collector-secret", value));
    }
    facts
}

/// What to read before the log goes there.
pub fn warning(texts: &Texts, settings: Option<&Settings>) -> String {
    texts.say(if settings.is_some() { "collector-waits-whole" } else { "collector-waits-nowhere" })
}

fn facts(texts: &Texts, state: &CollectorState) -> Vec<Fact> {
    let fact = |key: &str, value: String| Fact { name: texts.say(key), value, tag: "" };
    let settled = settled(texts, state.settings.as_ref()).into_iter();
    if state.settings.is_none() {
        return settled.map(|(name, value)| Fact { name, value, tag: "warn" }).collect();
    }
    let (how, tag) = match (&state.state.trouble, state.behind) {
        (Some(_), _) => ("collector-is-away", "bad"),
        (None, 0) => ("collector-is-well", "good"),
        (None, _) => ("collector-is-behind", "good"),
    };
    let how = Fact { tag, ..fact("collector-how", texts.say_with(how, &[("count", state.behind.into())])) };
    let mut facts = vec![how];
    facts.extend(settled.map(|(name, value)| Fact { name, value, tag: "" }));
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

fn card(texts: &Texts, waiting: &Proposal) -> Card {
    let values = [("who", waiting.email.to_string().into()), ("until", when(waiting.until).into())];
    Card {
        href: format!("/proposals#proposal-{}", waiting.number),
        text: texts.say_with("collector-waits", &values),
        what: words::proposed(texts, &waiting.what),
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
    let waiting = action::waiting_collector(clerk.desk.office.app())?;
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
        waiting: waiting.as_ref().map(|waiting| card(texts, waiting)),
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
