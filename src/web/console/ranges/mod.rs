//! From where the console may be reached: the list, a change with its preview, and the trial.

mod change;
mod trial;

pub use change::problem as range_problem;
pub use change::{check_admin, check_operator, show_admin, show_operator, try_admin, try_operator};
pub use trial::{confirm_admin, confirm_operator, take_back_admin, take_back_operator};

use std::collections::BTreeSet;
use std::net::IpAddr;

use askama::Template;
use axum::extract::RawQuery;
use axum::response::Response;

use super::form::Problem;
use super::frame::{Clerk, Frame, status, when};
use crate::action::{self, RangesState};
use crate::config::AdminRange;
use crate::locale::Texts;
use crate::ranges::{Ended, How, Pending, Which};
use crate::staff::Right;
use crate::web::{Failure, Head, reply};

/// Seconds between two looks at a change on trial, and while the firewall is being told.
const REFRESH: u32 = 10;
const SOON: u32 = 2;

/// The page's own address.
const HOME: &str = "/settings/ranges";

/// A range.
struct Row {
    net: String,
    name: String,
    owner: String,
    /// Whether the one who looks is inside.
    here: bool,
    /// Who else is signed in from inside: names.
    others: String,
}

/// The change on trial.
struct Trial {
    title: String,
    by: String,
    added: Vec<Row>,
    removed: Vec<Row>,
    /// Seconds in which it can be confirmed; `None` while the firewall is being told.
    left: Option<u64>,
    number: u64,
    base: &'static str,
    /// Whether the one who looks may confirm it.
    may: bool,
}

#[derive(Template)]
#[template(path = "console/ranges.html")]
struct RangesPage {
    head: Head,
    frame: Frame,
    trial: Option<Trial>,
    last: Option<String>,
    rows: Vec<Row>,
    operator: Vec<Row>,
    may_change: bool,
    may_narrow: bool,
    source: String,
}

/// The addresses of changes of this kind begin so.
fn base(which: Which) -> &'static str {
    match which {
        Which::Admin => "/settings/ranges/machine",
        Which::Operator => "/settings/ranges/operator",
    }
}

fn right(which: Which) -> Right {
    match which {
        Which::Admin => Right::ChangeRanges,
        Which::Operator => Right::ChangeOperatorRanges,
    }
}

fn row(range: &AdminRange, source: IpAddr) -> Row {
    Row {
        net: range.net.to_string(),
        name: range.name.to_string(),
        owner: range.owner.to_string(),
        here: range.net.contains(&source.to_canonical()),
        others: String::new(),
    }
}

/// A range with those who are signed in from inside it.
fn inside(range: &AdminRange, source: IpAddr, people: &BTreeSet<(String, IpAddr)>) -> Row {
    let others = people.iter().filter(|(_, from)| range.net.contains(from));
    // Somebody at two addresses of a range is named once.
    let others: BTreeSet<_> = others.map(|(name, _)| name.as_str()).collect();
    Row { others: others.into_iter().collect::<Vec<_>>().join(", "), ..row(range, source) }
}

/// What is in `these` and not in `those`.
fn only(these: &[AdminRange], those: &[AdminRange], source: IpAddr) -> Vec<Row> {
    these.iter().filter(|range| !those.contains(range)).map(|range| row(range, source)).collect()
}

/// `GET /settings/ranges`.
pub async fn show(clerk: Clerk, RawQuery(query): RawQuery) -> Result<Response, Failure> {
    let done = match query.as_deref() {
        Some("kept") => Some(clerk.texts().say("ranges-kept")),
        Some("taken-back") => Some(clerk.texts().say("ranges-taken-back")),
        _ => None,
    };
    draw(&clerk, Vec::new(), done)
}

fn draw(clerk: &Clerk, problems: Vec<Problem>, done: Option<String>) -> Result<Response, Failure> {
    let texts = clerk.texts();
    let RangesState { ranges, left } = action::ranges_state(clerk.desk.office.app())?;
    let trial =
        ranges.pending.as_ref().map(|pending| trial(clerk, pending, ranges.confirmed(pending.which), left));
    let rules = clerk.desk.office.app().gate().rules();
    let people = action::others_signed_in(clerk.desk.office.app(), &clerk.signed.actor)?;
    let rows = |list: &[AdminRange]| {
        list.iter().map(|range| inside(range, clerk.source, &people)).collect::<Vec<_>>()
    };
    let (mut head, mut frame) = clerk.frame(texts.say("ranges-title"), HOME);
    if let Some(trial) = &trial {
        head.refresh = Some(if trial.left.is_some() { REFRESH } else { SOON });
    }
    let last = ranges.last.as_ref().filter(|_| trial.is_none() && done.is_none() && problems.is_empty());
    frame.problems = problems;
    frame.done = done;
    let may = |which| trial.is_none() && clerk.signed.actor.may(right(which));
    let page = RangesPage {
        last: last.map(|last| ended(texts, last)),
        rows: rows(&rules.admin),
        operator: rows(&rules.operator),
        may_change: may(Which::Admin),
        may_narrow: may(Which::Operator),
        source: clerk.source.to_canonical().to_string(),
        trial,
        head,
        frame,
    };
    reply::page_with(status(&page.frame.problems), &page)
}

fn trial(
    clerk: &Clerk,
    pending: &Pending,
    before: &[AdminRange],
    left: Option<std::time::Duration>,
) -> Trial {
    let title = match pending.which {
        Which::Admin => "ranges-trial-admin",
        Which::Operator => "ranges-trial-operator",
    };
    let by = [("by", pending.by.as_str().into()), ("when", when(pending.at).into())];
    Trial {
        title: clerk.texts().say(title),
        by: clerk.texts().say_with("ranges-trial-by", &by),
        added: only(&pending.ranges, before, clerk.source),
        removed: only(before, &pending.ranges, clerk.source),
        left: left.map(|left| left.as_secs()),
        number: pending.number,
        base: base(pending.which),
        may: clerk.signed.actor.may(right(pending.which)),
    }
}

/// How the last change ended, in words.
fn ended(texts: &Texts, last: &Ended) -> String {
    let key = match last.how {
        How::Confirmed => "ranges-last-confirmed",
        How::TakenBack => "ranges-last-taken-back",
        How::Expired => "ranges-last-expired",
        How::Recovered => "ranges-last-recovered",
    };
    texts.say_with(key, &[("by", last.by.as_str().into()), ("when", when(last.at).into())])
}
