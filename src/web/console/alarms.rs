//! Alarms: what somebody must look at, what to do about it, and who has dealt with what.

use askama::Template;
use axum::body::Body;
use axum::extract::{Path, RawQuery};
use axum::http::Request;
use axum::response::{IntoResponse, Redirect, Response};

use super::form::{FORM, Problem};
use super::frame::{Clerk, Frame, status, when};
use crate::action::{self, AcknowledgeError};
use crate::alarm::{self, Alarm, Object};
use crate::audit::Who;
use crate::locale::Texts;
use crate::staff::Right;
use crate::web::{Failure, Fields, Head, reply};

/// Open alarms on the page, the latest; the others come up as these are dealt with.
const OPEN: usize = 25;
/// Alarms on a page of those that were dealt with.
const PAGE: usize = 25;

/// What the banner on every page says.
pub struct Banner {
    /// How many are open.
    pub count: String,
    /// What is the matter with the one that was raised last.
    pub latest: String,
    /// With what.
    pub about: About,
}

/// What an alarm is about, and the order's page if it is an order.
pub struct About {
    pub text: String,
    pub href: Option<String>,
}

/// An open alarm.
struct Card {
    number: u64,
    text: String,
    cure: String,
    about: About,
    seen: u32,
    times: String,
}

/// An alarm that was dealt with.
struct Row {
    number: u64,
    text: String,
    about: About,
    times: String,
    by: String,
    at: String,
}

#[derive(Template)]
#[template(path = "console/alarms.html")]
struct AlarmsPage {
    head: Head,
    frame: Frame,
    cards: Vec<Card>,
    /// How many more are open.
    more: Option<String>,
    /// Whether this person may say that one has been dealt with.
    may: bool,
    rows: Vec<Row>,
    earlier: Option<String>,
    later: Option<String>,
}

/// The banner while alarms are open, the latest first; `None` if there are none.
pub fn banner(texts: &Texts, open: &[(u64, Alarm)]) -> Option<Banner> {
    let (_, latest) = open.first()?;
    Some(Banner {
        count: texts.say_with("alarms-count", &[("count", open.len().into())]),
        latest: texts.say(latest.kind.key()),
        about: about(texts, &latest.object),
    })
}

/// `GET /alarms?from=25`: `from` in the list of those that were dealt with.
pub async fn list(clerk: Clerk, RawQuery(query): RawQuery) -> Result<Response, Failure> {
    let query = query.unwrap_or_default();
    let done = match query.as_str() {
        "done" => Some(clerk.texts().say("alarms-done")),
        "gone" => Some(clerk.texts().say("alarms-gone")),
        _ => None,
    };
    let from = Fields::parse(query.as_bytes(), FORM)?.get("from").parse().unwrap_or(0);
    draw(&clerk, from, Vec::new(), done)
}

/// `POST /alarms/{number}/acknowledge`: `seen`, how often it had been raised when the page was made.
pub async fn acknowledge(
    clerk: Clerk,
    Path(number): Path<String>,
    request: Request<Body>,
) -> Result<Response, Failure> {
    let fields = clerk.form(request, FORM).await?;
    let number: u64 = number.parse().map_err(|_| Failure::NotFound)?;
    let seen = fields.get("seen").parse().unwrap_or(0);
    let app = clerk.desk.office.app();
    match action::acknowledge_alarm(app, &clerk.signed.actor, number, seen).await {
        Ok(()) => Ok(Redirect::to("/alarms?done").into_response()),
        Err(AcknowledgeError::Gone) => Ok(Redirect::to("/alarms?gone").into_response()),
        Err(AcknowledgeError::RaisedAgain) => {
            let text = clerk.texts().say("alarms-raised-again");
            draw(&clerk, 0, vec![Problem::new(&format!("alarm-{number}"), text)], None)
        }
        Err(AcknowledgeError::Denied(denied)) => Err(denied.into()),
        Err(AcknowledgeError::Store(error)) => Err(error.into()),
    }
}

fn draw(
    clerk: &Clerk,
    from: usize,
    problems: Vec<Problem>,
    done: Option<String>,
) -> Result<Response, Failure> {
    let texts = clerk.texts();
    let dealt_with =
        clerk.desk.site.app.store().read(|view| alarm::acknowledged(view).map_err(Failure::from))?;
    let (head, mut frame) = clerk.frame(texts.say("alarms-title"), "/alarms");
    frame.problems = problems;
    frame.done = done;
    let more = clerk.alarms.len().saturating_sub(OPEN);
    let address = |from: usize| format!("/alarms?from={from}");
    let next = from.saturating_add(PAGE);
    let page = AlarmsPage {
        cards: clerk.alarms.iter().take(OPEN).map(|(number, alarm)| card(texts, *number, alarm)).collect(),
        more: (more > 0).then(|| texts.say_with("alarms-more", &[("count", more.into())])),
        may: clerk.signed.actor.may(Right::DealWithAlarms),
        rows: dealt_with
            .iter()
            .skip(from)
            .take(PAGE)
            .map(|(number, alarm)| row(texts, *number, alarm))
            .collect(),
        earlier: (from > 0).then(|| address(from.saturating_sub(PAGE))),
        later: (next < dealt_with.len()).then(|| address(next)),
        head,
        frame,
    };
    reply::page_with(status(&page.frame.problems), &page)
}

fn about(texts: &Texts, object: &Object) -> About {
    match object {
        Object::Order(number) => About {
            text: texts.say_with("console-order-title", &[("number", number.to_string().into())]),
            href: Some(format!("/orders/{number}")),
        },
        Object::Named(name) => About { text: name.clone(), href: None },
        Object::Others => About { text: texts.say("alarms-others"), href: None },
    }
}

fn card(texts: &Texts, number: u64, alarm: &Alarm) -> Card {
    Card {
        number,
        text: texts.say(alarm.kind.key()),
        cure: texts.say(alarm.kind.cure_key()),
        about: about(texts, &alarm.object),
        seen: alarm.count,
        times: times(texts, alarm),
    }
}

fn times(texts: &Texts, alarm: &Alarm) -> String {
    let (first, last) = (when(alarm.first), when(alarm.last));
    texts.say_with(
        "alarms-times",
        &[("count", alarm.count.into()), ("first", first.into()), ("last", last.into())],
    )
}

fn row(texts: &Texts, number: u64, alarm: &Alarm) -> Row {
    let done = alarm.acknowledged.as_ref();
    Row {
        number,
        text: texts.say(alarm.kind.key()),
        about: about(texts, &alarm.object),
        times: times(texts, alarm),
        by: match done.map(|done| &done.by) {
            Some(Who::Person { email, .. }) => email.to_string(),
            _ => texts.say("alarms-by-machine"),
        },
        at: done.map(|done| when(done.at)).unwrap_or_default(),
    }
}
