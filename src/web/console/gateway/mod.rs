//! Who takes the payments, with which account, and when the money is taken. Secrets go in and never come out.

mod words;

use std::collections::BTreeMap;

use askama::Template;
use axum::body::Body;
use axum::extract::RawQuery;
use axum::http::Request;
use axum::response::{IntoResponse, Redirect, Response};
use zeroize::Zeroizing;

use super::form::{FORM, Field, Problem};
use super::frame::{Clerk, Frame, status, when};
use crate::action::{self, AccountState, ChooseGateway, FieldFault, GatewayError, GatewayState};
use crate::locale::Texts;
use crate::operator::{AccountField, GatewayChoice, LIVE, SANDBOX, Vendor};
use crate::payment::CaptureMode;
use crate::staff::Right;
use crate::web::{Failure, Fields, Head, reply};

/// One of several to choose from.
struct Choice {
    value: &'static str,
    label: String,
    text: String,
    checked: bool,
}

/// A vendor: its ways to pay and its account.
struct Account {
    name: String,
    title: String,
    choices: Vec<Choice>,
    /// How the account stands, in words.
    state: String,
    /// Whether nothing is known of it: nobody needs to see its fields before it is chosen.
    is_new: bool,
    /// Whether something is missing: what to arrange is shown at once.
    is_unfinished: bool,
    waiting: Option<String>,
    environment: Option<Environment>,
    fields: Vec<Field>,
    /// Where its notices go.
    address: String,
    events: String,
    needs: String,
}

/// Live or sandbox, where no key tells it.
struct Environment {
    name: &'static str,
    label: String,
    error: Option<String>,
    choices: Vec<Choice>,
}

#[derive(Template)]
#[template(path = "console/gateway.html")]
struct GatewayPage {
    head: Head,
    frame: Frame,
    accounts: Vec<Account>,
    test: Option<Choice>,
    capture: Vec<Choice>,
    /// Whether this person may change it.
    may: bool,
}

/// `GET /settings/gateway`.
pub async fn show(clerk: Clerk, RawQuery(query): RawQuery) -> Result<Response, Failure> {
    draw(&clerk, None, (Vec::new(), query.as_deref() == Some("saved")))
}

/// `POST /settings/gateway`: `gateway` (a gateway's name), `capture` (`automatic`, `manual`), and the fields of
/// accounts by their names.
pub async fn change(clerk: Clerk, request: Request<Body>) -> Result<Response, Failure> {
    let fields = clerk.form(request, FORM).await?;
    let Some(choice) = GatewayChoice::of_name(fields.get("gateway")) else {
        let problem = Problem::new("gateway", clerk.texts().say("gateway-choose"));
        return draw(&clerk, Some(&fields), (vec![problem], false));
    };
    let capture = match fields.get("capture") {
        "automatic" => Some(CaptureMode::Automatic),
        "manual" => Some(CaptureMode::Manual),
        _ => None,
    };
    let mut typed = BTreeMap::new();
    for field in Vendor::ALL.iter().flat_map(|vendor| vendor.fields()) {
        if let Some(value) = fields.find(field.name()) {
            typed.insert(*field, Zeroizing::new(value.to_owned()));
        }
    }
    let wish = ChooseGateway { choice, capture, typed };
    match action::choose_gateway(&clerk.desk.office, &clerk.signed.actor, wish).await {
        Ok(()) => Ok(Redirect::to("/settings/gateway?saved").into_response()),
        Err(error) => {
            let problems = problems(clerk.texts(), error)?;
            draw(&clerk, Some(&fields), (problems, false))
        }
    }
}

pub fn problems(texts: &Texts, error: GatewayError) -> Result<Vec<Problem>, Failure> {
    Ok(match error {
        GatewayError::Fields(faults) => {
            faults.into_iter().map(|(field, fault)| problem(texts, field, fault)).collect()
        }
        GatewayError::TestEnded => vec![Problem::new("gateway", texts.say("gateway-test-ended"))],
        GatewayError::Unusable(reason) => {
            log::warn!(target: "console", "a gateway cannot be used: {reason}");
            vec![Problem::new("gateway", texts.say("gateway-unusable"))]
        }
        GatewayError::Denied(denied) => return Err(denied.into()),
        GatewayError::NotOpen => return Err(Failure::NotOpen),
        GatewayError::Store(error) => return Err(error.into()),
    })
}

fn problem(texts: &Texts, field: AccountField, fault: FieldFault) -> Problem {
    let text = match fault {
        FieldFault::Missing => texts.say(words::missing(field)),
        FieldFault::Malformed => texts.say(words::malformed(field)),
        FieldFault::ForTests => texts.say("gateway-for-tests"),
        FieldFault::OtherAccount { waiting } => {
            texts.say_with("gateway-other-account", &[("count", waiting.into())])
        }
    };
    Problem::new(field.name(), text)
}

fn draw(
    clerk: &Clerk,
    typed: Option<&Fields>,
    (problems, saved): (Vec<Problem>, bool),
) -> Result<Response, Failure> {
    let texts = clerk.texts();
    let state = action::gateway_state(&clerk.desk.office)?;
    let chosen = match typed {
        Some(fields) => fields.get("gateway"),
        None => state.choice.map_or("", GatewayChoice::name),
    };
    let storefront = &clerk.desk.office.storefront();
    let account = |state: &AccountState| account(texts, state, (chosen, typed, &problems), storefront);
    let accounts = state.accounts.iter().map(account).collect();
    let test = (!state.live).then(|| way(texts, GatewayChoice::Test, chosen));
    let capture = capture(texts, &state, typed);
    let (head, mut frame) = clerk.frame(texts.say("gateway-title"), "/settings/gateway");
    frame.problems = problems;
    frame.done = saved.then(|| texts.say("gateway-saved"));
    let may = clerk.may(Right::ChangeGateway);
    let page = GatewayPage { head, frame, accounts, test, capture, may };
    reply::page_with(status(&page.frame.problems), &page)
}

fn way(texts: &Texts, choice: GatewayChoice, chosen: &str) -> Choice {
    let (label, text) = words::way(choice);
    let value = choice.name();
    Choice { value, label: texts.say(label), text: texts.say(text), checked: chosen == value }
}

fn capture(texts: &Texts, state: &GatewayState, typed: Option<&Fields>) -> Vec<Choice> {
    let manual = match typed.map(|fields| fields.get("capture")) {
        Some(typed) if !typed.is_empty() => typed == "manual",
        _ => state.capture == CaptureMode::Manual,
    };
    let choice = |value, label: &str, text: &str, checked| Choice {
        value,
        label: texts.say(label),
        text: texts.say(text),
        checked,
    };
    vec![
        choice("automatic", "capture-automatic", "capture-automatic-text", !manual),
        choice("manual", "capture-manual", "capture-manual-text", manual),
    ]
}

/// What the page shows of a form: the chosen gateway, what else was typed, and what is wrong with it.
type Shown<'a> = (&'a str, Option<&'a Fields>, &'a [Problem]);

fn account(
    texts: &Texts,
    state: &AccountState,
    (chosen, typed, problems): Shown<'_>,
    storefront: &str,
) -> Account {
    let vendor = state.vendor;
    let names = words::of(vendor);
    let set = state.fields.iter().map(|kept| kept.set).max();
    let in_words = match (state.live, set) {
        (Some(live), Some(set)) => {
            let key = if live { "gateway-account-live" } else { "gateway-account-test" };
            texts.say_with(key, &[("when", when(set).into())])
        }
        (None, Some(_)) => texts.say("gateway-account-part"),
        (_, None) => texts.say("gateway-account-none"),
    };
    let is_problem = |field: &AccountField| problems.iter().any(|problem| problem.field == field.name());
    let plain = vendor.fields().iter().filter(|field| **field != AccountField::AuthorizeNetEnvironment);
    let name = texts.say(names.name);
    Account {
        title: texts.say_with("gateway-account", &[("vendor", name.as_str().into())]),
        name,
        choices: vendor.choices().iter().map(|choice| way(texts, *choice, chosen)).collect(),
        state: in_words,
        is_new: set.is_none() && !vendor.fields().iter().any(is_problem),
        is_unfinished: state.live.is_none(),
        waiting: (state.waiting > 0)
            .then(|| texts.say_with("gateway-waiting", &[("count", state.waiting.into())])),
        environment: (vendor == Vendor::AuthorizeNet).then(|| environment(texts, state, typed, problems)),
        fields: plain.map(|field| line(texts, *field, state, typed).with(problems)).collect(),
        address: format!("{storefront}webhooks/{}", vendor.door()),
        events: texts.say(names.events),
        needs: texts.say(names.needs),
    }
}

fn line(texts: &Texts, field: AccountField, state: &AccountState, typed: Option<&Fields>) -> Field {
    let (label, hint) = words::line(field);
    let kept = state.kept(field);
    let mut hint = texts.say(hint);
    if field.is_secret() {
        hint.push(' ');
        hint.push_str(&match kept {
            Some(kept) => texts.say_with("gateway-field-set", &[("when", when(kept.set).into())]),
            None => texts.say("gateway-field-none"),
        });
        return Field::new(field.name(), texts.say(label)).kind("password", "off").hint(hint);
    }
    let shown = kept.map_or("", |kept| kept.shown.as_str());
    let value = typed.and_then(|fields| fields.find(field.name())).unwrap_or(shown);
    Field::new(field.name(), texts.say(label)).hint(hint).value(value)
}

fn environment(
    texts: &Texts,
    state: &AccountState,
    typed: Option<&Fields>,
    problems: &[Problem],
) -> Environment {
    let field = AccountField::AuthorizeNetEnvironment;
    let kept = state.kept(field).map_or("", |kept| kept.shown.as_str());
    let chosen = typed.and_then(|fields| fields.find(field.name())).unwrap_or(kept);
    let choice = |value: &'static str, label: &str| Choice {
        value,
        label: texts.say(label),
        text: String::new(),
        checked: chosen == value,
    };
    Environment {
        name: field.name(),
        label: texts.say("authorize-net-environment"),
        error: problems.iter().find(|problem| problem.field == field.name()).map(|p| p.text.clone()),
        choices: vec![
            choice(LIVE, "authorize-net-environment-live"),
            choice(SANDBOX, "authorize-net-environment-sandbox"),
        ],
    }
}
