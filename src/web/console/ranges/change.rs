//! The form of a change and its preview.

use std::borrow::Cow;

use askama::Template;
use axum::body::Body;
use axum::http::Request;
use axum::response::{IntoResponse, Redirect, Response};

use super::super::form::{FORM, Problem};
use super::super::frame::{Clerk, Frame, status};
use super::{HOME, Row, base, only, row};
use crate::action::{self, RangesError};
use crate::base::TextError;
use crate::config::{AdminRange, MOST_RANGES};
use crate::locale::Texts;
use crate::machine::TRIAL;
use crate::payment::looks_like_card_number;
use crate::ranges::{ChangeRanges, Field, Mistake, NewRange, Refused, Which, Wrong};
use crate::web::{Failure, Fields, Head, page, reply};

/// New ranges of one change.
const NEW: usize = 3;

/// One field of a new range.
struct Cell {
    id: String,
    label: String,
    value: String,
    error: Option<String>,
}

/// A range that is there.
struct Present {
    row: Row,
    field: String,
    removed: bool,
}

#[derive(Template)]
#[template(path = "console/ranges_change.html")]
struct ChangePage {
    head: Head,
    frame: Frame,
    text: String,
    base: &'static str,
    present: Vec<Present>,
    new: Vec<[Cell; 3]>,
    on_trial: bool,
}

#[derive(Template)]
#[template(path = "console/ranges_check.html")]
struct CheckPage {
    head: Head,
    frame: Frame,
    base: &'static str,
    added: Vec<Row>,
    removed: Vec<Row>,
    after: Vec<Row>,
    fields: Vec<(String, String)>,
    trial: String,
}

/// `GET /settings/ranges/machine`.
pub async fn show_admin(clerk: Clerk) -> Result<Response, Failure> {
    draw(&clerk, Which::Admin, &Typed::default(), Vec::new())
}

/// `GET /settings/ranges/operator`.
pub async fn show_operator(clerk: Clerk) -> Result<Response, Failure> {
    draw(&clerk, Which::Operator, &Typed::default(), Vec::new())
}

/// `POST /settings/ranges/machine`: `remove.N` (a range), `cidr.N`, `name.N`, `owner.N`; `edit` to go on typing.
pub async fn check_admin(clerk: Clerk, request: Request<Body>) -> Result<Response, Failure> {
    check(clerk, request, Which::Admin).await
}

/// `POST /settings/ranges/operator`: the same.
pub async fn check_operator(clerk: Clerk, request: Request<Body>) -> Result<Response, Failure> {
    check(clerk, request, Which::Operator).await
}

/// `POST /settings/ranges/machine/try`: the same fields.
pub async fn try_admin(clerk: Clerk, request: Request<Body>) -> Result<Response, Failure> {
    put_on_trial(clerk, request, Which::Admin).await
}

/// `POST /settings/ranges/operator/try`: the same fields.
pub async fn try_operator(clerk: Clerk, request: Request<Body>) -> Result<Response, Failure> {
    put_on_trial(clerk, request, Which::Operator).await
}

/// What somebody typed.
#[derive(Default)]
struct Typed {
    remove: Vec<String>,
    new: Vec<NewRange>,
}

impl Typed {
    fn read(fields: &Fields) -> Self {
        let some = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let remove = (0..MOST_RANGES).filter_map(|at| some(fields.get(&format!("remove.{at}")))).collect();
        let get = |name: &str, at| fields.get(&format!("{name}.{at}")).trim().to_owned();
        let new = (0..NEW)
            .map(|at| NewRange { cidr: get("cidr", at), name: get("name", at), owner: get("owner", at) })
            .collect();
        Self { remove, new }
    }

    /// The change, with the places of its new ranges in the form. A line that is empty is none.
    fn change(&self, which: Which) -> (ChangeRanges, Vec<usize>) {
        let filled = |new: &NewRange| !(new.cidr.is_empty() && new.name.is_empty() && new.owner.is_empty());
        let (places, add) = self
            .new
            .iter()
            .cloned()
            .enumerate()
            .filter(|(_, new)| filled(new))
            .unzip::<_, _, Vec<_>, Vec<_>>();
        // One that is no range is none of those that are there either.
        let remove = self.remove.iter().filter_map(|text| text.parse().ok()).collect();
        (ChangeRanges { which, add, remove }, places)
    }

    fn fields(&self) -> Vec<(String, String)> {
        let removed = self.remove.iter().enumerate().map(|(at, net)| (format!("remove.{at}"), net.clone()));
        let new = self.new.iter().enumerate().flat_map(|(at, new)| {
            [("cidr", &new.cidr), ("name", &new.name), ("owner", &new.owner)]
                .map(|(name, value)| (format!("{name}.{at}"), value.clone()))
        });
        removed.chain(new).filter(|(_, value)| !value.is_empty()).collect()
    }
}

async fn check(clerk: Clerk, request: Request<Body>, which: Which) -> Result<Response, Failure> {
    let fields = clerk.form(request, FORM).await?;
    let typed = Typed::read(&fields);
    if !fields.get("edit").is_empty() {
        return draw(&clerk, which, &typed, Vec::new());
    }
    let (change, places) = typed.change(which);
    let app = clerk.desk.office.app();
    match action::preview_ranges(app, &clerk.signed.actor, &change) {
        Ok(after) => preview(&clerk, which, &typed, &after),
        Err(error) => refused(&clerk, which, &typed, &places, error),
    }
}

async fn put_on_trial(clerk: Clerk, request: Request<Body>, which: Which) -> Result<Response, Failure> {
    let fields = clerk.form(request, FORM).await?;
    let typed = Typed::read(&fields);
    let (change, places) = typed.change(which);
    match action::change_ranges(clerk.desk.office.app(), &clerk.signed.actor, change).await {
        Ok(_) => Ok(Redirect::to(HOME).into_response()),
        Err(error) => refused(&clerk, which, &typed, &places, error),
    }
}

fn preview(clerk: &Clerk, which: Which, typed: &Typed, after: &[AdminRange]) -> Result<Response, Failure> {
    let texts = clerk.texts();
    let state = action::ranges_state(clerk.desk.office.app())?;
    let before = state.ranges.confirmed(which);
    let (head, frame) = clerk.frame(texts.say("ranges-check-title"), HOME);
    page(&CheckPage {
        base: base(which),
        added: only(after, before, clerk.source),
        removed: only(before, after, clerk.source),
        after: after.iter().map(|range| row(range, clerk.source)).collect(),
        fields: typed.fields(),
        trial: texts.say_with("ranges-check-trial", &[("seconds", TRIAL.as_secs().into())]),
        head,
        frame,
    })
}

fn refused(
    clerk: &Clerk,
    which: Which,
    typed: &Typed,
    places: &[usize],
    error: RangesError,
) -> Result<Response, Failure> {
    let texts = clerk.texts();
    let whole = |text: String| vec![Problem::new("remove", text)];
    let problems = match error {
        RangesError::Denied(denied) => return Err(Failure::denied(denied, base(which))),
        RangesError::Store(error) => return Err(error.into()),
        RangesError::Refused(Refused::Mistakes(mistakes)) => {
            mistakes.iter().map(|mistake| problem(texts, mistake, places)).collect()
        }
        RangesError::Refused(Refused::Nothing) => whole(texts.say("ranges-nothing")),
        RangesError::Refused(Refused::Unknown(net)) => {
            whole(texts.say_with("ranges-unknown", &[("range", net.to_string().into())]))
        }
        RangesError::Refused(Refused::Nobody) => whole(texts.say("ranges-nobody")),
        RangesError::Refused(Refused::TooMany) => {
            whole(texts.say_with("ranges-too-many", &[("most", MOST_RANGES.into())]))
        }
        RangesError::Refused(Refused::CutsOff(source)) => {
            whole(texts.say_with("ranges-cuts-off", &[("source", source.to_string().into())]))
        }
        RangesError::Refused(Refused::OnTrial) => whole(texts.say("ranges-on-trial")),
        error => return Err(Failure::Internal(error.to_string())),
    };
    draw(clerk, which, typed, problems)
}

/// Which field a mistake belongs to, and the cure.
pub fn problem(texts: &Texts, mistake: &Mistake, places: &[usize]) -> Problem {
    let place = places.get(mistake.place).copied().unwrap_or_default();
    let (name, empty) = match mistake.field {
        Field::Cidr => ("cidr", "ranges-cidr-empty"),
        Field::Name => ("name", "ranges-name-empty"),
        Field::Owner => ("owner", "ranges-owner-empty"),
    };
    let text = match &mistake.wrong {
        Wrong::Range(fault) => texts.say_with(
            "ranges-bad",
            &[("wrong", fault.wrong.as_str().into()), ("cure", fault.cure.as_str().into())],
        ),
        Wrong::Overlaps(net) => texts.say_with("ranges-overlaps", &[("range", net.to_string().into())]),
        Wrong::Outside => texts.say("ranges-outside"),
        Wrong::Text(TextError::Empty) => texts.say(empty),
        Wrong::Text(TextError::TooLong { max }) => {
            texts.say_with("ranges-text-long", &[("max", (*max).into())])
        }
        Wrong::Text(TextError::Control) => texts.say("ranges-text-control"),
    };
    Problem::new(&format!("{name}.{place}"), text)
}

fn draw(clerk: &Clerk, which: Which, typed: &Typed, problems: Vec<Problem>) -> Result<Response, Failure> {
    let texts = clerk.texts();
    let state = action::ranges_state(clerk.desk.office.app())?;
    let (title, text) = match which {
        Which::Admin => ("ranges-change-title", "ranges-change-text"),
        Which::Operator => ("ranges-narrow-title", "ranges-narrow-text"),
    };
    let present = state.ranges.confirmed(which).iter().enumerate().map(|(at, range)| Present {
        row: row(range, clerk.source),
        field: format!("remove.{at}"),
        removed: typed.remove.contains(&range.net.to_string()),
    });
    let nothing = NewRange::default();
    let cell = |name: &str, key: &str, at: usize, value: &str| {
        let id = format!("{name}.{at}");
        let error = problems.iter().find(|problem| problem.field == id).map(|problem| problem.text.clone());
        let label = texts.say_with(key, &[("number", (at + 1).into())]);
        let value = if looks_like_card_number(value) { Cow::Borrowed("") } else { Cow::Borrowed(value) };
        Cell { id, label, value: value.into_owned(), error }
    };
    let new = (0..NEW).map(|at| {
        let new = typed.new.get(at).unwrap_or(&nothing);
        [
            cell("cidr", "ranges-new-cidr", at, &new.cidr),
            cell("name", "ranges-new-name", at, &new.name),
            cell("owner", "ranges-new-owner", at, &new.owner),
        ]
    });
    let (present, new) = (present.collect(), new.collect());
    let (head, mut frame) = clerk.frame(texts.say(title), HOME);
    frame.problems = problems;
    let page = ChangePage {
        text: texts.say(text),
        base: base(which),
        present,
        new,
        on_trial: state.ranges.pending.is_some(),
        head,
        frame,
    };
    reply::page_with(status(&page.frame.problems), &page)
}
