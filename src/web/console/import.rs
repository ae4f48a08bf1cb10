//! The import: a file and its pictures in, a report or a table of mistakes out.

use std::collections::BTreeMap;

use askama::Template;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::response::Response;

use super::form::Problem;
use super::frame::{Clerk, Frame};
use super::upload::{self, MOST_PICTURES, Upload};
use crate::action::{self, ImportError, ImportProducts, ImportReport};
use crate::catalog::import::{Column, MOST_ROWS, MOST_VARIANTS, Mistakes};
use crate::catalog::{Picture, PictureError};
use crate::locale::Texts;
use crate::web::{Failure, Head, reply};

/// A mistake as the page shows it.
struct Row {
    row: String,
    column: String,
    text: String,
}

#[derive(Template)]
#[template(path = "console/import.html")]
struct ImportPage {
    head: Head,
    frame: Frame,
    columns: Vec<(&'static str, bool)>,
    limits: String,
    mistakes: Vec<Row>,
    /// How many mistakes there are, in words.
    count: String,
    /// How many are not shown, in words.
    rest: Option<String>,
    notes: Vec<String>,
}

/// `GET /products/import`.
pub async fn show(clerk: Clerk) -> Result<Response, Failure> {
    draw(&clerk, Outcome::Nothing)
}

/// What the page tells.
enum Outcome {
    Nothing,
    Problem(String, String),
    Mistakes(Mistakes),
    Done(ImportReport),
}

/// `POST /products/import`: `file`, `pictures`.
pub async fn take(clerk: Clerk, request: Request<Body>) -> Result<Response, Failure> {
    let Ok(_turn) = clerk.desk.imports.try_acquire() else {
        return Err(Failure::TooMany { retry_after: 30 });
    };
    let Upload { file, pictures } = upload::read(request, |sent, from| clerk.believe(sent, from)).await?;
    if file.is_empty() {
        return draw(&clerk, Outcome::Problem("file".to_owned(), clerk.texts().say("import-no-file")));
    }
    let remade = tokio::task::spawn_blocking(move || remake(pictures)).await;
    let pictures = match remade.map_err(|error| Failure::Internal(error.to_string()))? {
        Ok(pictures) => pictures,
        Err((name, error)) => {
            let key = match error {
                PictureError::TooLarge => "import-picture-large",
                PictureError::TooManyPixels => "import-picture-pixels",
                PictureError::NotAPicture => "import-picture-broken",
            };
            let text = clerk.texts().say_with(key, &[("name", name.into())]);
            return draw(&clerk, Outcome::Problem("pictures".to_owned(), text));
        }
    };
    let sent = ImportProducts { file, currency: clerk.settings.currency, pictures, demo: false };
    match action::import_products(clerk.desk.office.app(), &clerk.signed.actor, sent).await {
        Ok(report) => draw(&clerk, Outcome::Done(report)),
        Err(ImportError::Mistakes(mistakes)) => draw(&clerk, Outcome::Mistakes(mistakes)),
        Err(ImportError::Denied(denied)) => Err(denied.into()),
        Err(ImportError::Store(error)) => Err(error.into()),
        Err(error @ (ImportError::Money(_) | ImportError::DemoEnded)) => {
            Err(Failure::Internal(error.to_string()))
        }
    }
}

type Remade = Result<BTreeMap<String, Picture>, (String, PictureError)>;

fn remake(pictures: BTreeMap<String, Vec<u8>>) -> Remade {
    let remake = |(name, bytes): (String, Vec<u8>)| match Picture::remake(&bytes) {
        Ok(picture) => Ok((name, picture)),
        Err(error) => Err((name, error)),
    };
    pictures.into_iter().map(remake).collect()
}

fn draw(clerk: &Clerk, outcome: Outcome) -> Result<Response, Failure> {
    let texts = clerk.texts();
    let (head, frame) = clerk.frame(texts.say("import-title"), "/products");
    let limits = texts.say_with(
        "import-limits",
        &[("rows", MOST_ROWS.into()), ("variants", MOST_VARIANTS.into()), ("pictures", MOST_PICTURES.into())],
    );
    let columns = Column::ALL.map(|column| (column.name(), Column::NEEDED.contains(&column))).to_vec();
    let (mistakes, count, rest, notes) = (Vec::new(), String::new(), None, Vec::new());
    let mut page = ImportPage { head, frame, columns, limits, mistakes, count, rest, notes };
    let mut status = StatusCode::UNPROCESSABLE_ENTITY;
    match outcome {
        Outcome::Nothing => status = StatusCode::OK,
        Outcome::Problem(field, text) => page.frame.problems = vec![Problem { field, text }],
        Outcome::Mistakes(mistakes) => {
            page.count = texts.say_with("import-mistakes", &[("count", mistakes.count().into())]);
            let rest = Some(mistakes.rest()).filter(|rest| *rest > 0);
            page.rest = rest.map(|rest| texts.say_with("import-rest", &[("count", rest.into())]));
            page.mistakes = rows(texts, &mistakes);
        }
        Outcome::Done(report) => {
            status = StatusCode::OK;
            page.frame.done = Some(texts.say_with(
                "import-done",
                &[
                    ("added", report.added.into()),
                    ("replaced", report.replaced.into()),
                    ("variants", report.variants.into()),
                    ("pictures", report.pictures.into()),
                ],
            ));
            let note = |key: &str, names: &[String]| {
                let names = Some(names.join(", ")).filter(|names| !names.is_empty());
                names.map(|names| texts.say_with(key, &[("names", names.into())]))
            };
            page.notes.extend(note("import-ignored", &report.ignored));
            page.notes.extend(note("import-unused", &report.unused));
        }
    }
    reply::page_with(status, &page)
}

fn rows(texts: &Texts, mistakes: &Mistakes) -> Vec<Row> {
    let row = |mistake: &crate::catalog::import::Mistake| {
        let values = mistake.problem.values();
        let values: Vec<_> = values.iter().map(|(name, value)| (*name, value.as_str().into())).collect();
        Row {
            row: mistake.row.map_or_else(|| texts.say("import-whole-file"), |row| row.to_string()),
            column: mistake.column.unwrap_or_default().to_owned(),
            text: texts.say_with(mistake.problem.key(), &values),
        }
    };
    mistakes.shown().iter().map(row).collect()
}
