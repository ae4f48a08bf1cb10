//! The import: a file and its pictures in; out comes a report of what went in, what became of it and what was
//! left out, or a table of the mistakes for which nothing was taken.

use std::collections::BTreeMap;

use askama::Template;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::response::Response;

use super::form::Problem;
use super::frame::{Clerk, Frame};
use super::upload::{self, MOST_PICTURES, Upload};
use crate::action::{self, ImportError, ImportProducts, ImportReport};
use crate::catalog::import::{Column, Format, MOST_ROWS, MOST_VARIANTS, Mistakes, Remark};
use crate::catalog::{Picture, PictureError};
use crate::locale::Texts;
use crate::web::{Failure, Head, reply};

/// Runs of rows that are named beside a remark.
const MOST_ROWS_NAMED: usize = 12;

/// The most columns or pictures that a list names: a file may have any number of them.
const MOST_NAMES: usize = 40;

/// A mistake as the page shows it.
struct Row {
    row: String,
    /// The line of the file, where it is another number.
    line: Option<String>,
    column: String,
    text: String,
}

/// What became of some rows.
struct RemarkRow {
    text: String,
    rows: String,
}

#[derive(Template)]
#[template(path = "console/import.html")]
struct ImportPage {
    head: Head,
    frame: Frame,
    columns: Vec<(&'static str, bool)>,
    limits: String,
    /// A file was sent, and nothing of it was taken.
    nothing: bool,
    mistakes: Vec<Row>,
    /// How many mistakes there are, in words.
    count: String,
    /// What to do about them.
    cure: String,
    /// How many are not shown, in words.
    rest: Option<String>,
    remarks: Vec<RemarkRow>,
    /// What the remarks are about.
    remarks_text: String,
    /// What was left behind that somebody may want.
    pictures: Option<String>,
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
    let Upload { file, file_name, pictures } =
        upload::read(request, |sent, from| clerk.believe(sent, from)).await?;
    if file.is_empty() {
        return draw(&clerk, Outcome::Problem("file".to_owned(), clerk.texts().say("import-no-file")));
    }
    if let Some((field, key, name)) = strange(&file_name, &pictures) {
        let text = clerk.texts().say_with(key, &[("name", name.into())]);
        return draw(&clerk, Outcome::Problem(field.to_owned(), text));
    }
    let pictures = match remake_pictures(clerk.texts(), pictures).await? {
        Ok(pictures) => pictures,
        Err(text) => return draw(&clerk, Outcome::Problem("pictures".to_owned(), text)),
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

/// The pictures as they are kept, or what to say of the first that cannot be.
pub async fn remake_pictures(
    texts: &Texts,
    pictures: BTreeMap<String, Vec<u8>>,
) -> Result<Result<BTreeMap<String, Picture>, String>, Failure> {
    let remade = tokio::task::spawn_blocking(move || remake(pictures)).await;
    Ok(remade.map_err(|error| Failure::Internal(error.to_string()))?.map_err(|(name, error)| {
        let key = match error {
            PictureError::TooLarge => "import-picture-large",
            PictureError::TooManyPixels => "import-picture-pixels",
            PictureError::NotAPicture => "import-picture-broken",
        };
        texts.say_with(key, &[("name", name.into())])
    }))
}

/// The field and the name of a file whose ending is none that the import takes, and what to say of it.
pub fn strange<'a>(
    file: &'a str,
    pictures: &'a BTreeMap<String, Vec<u8>>,
) -> Option<(&'static str, &'static str, &'a str)> {
    let ends = |name: &str, endings: &[&str]| {
        let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
        ending.is_some_and(|ending| endings.contains(&ending.as_str()))
    };
    if !ends(file, &["csv"]) {
        return Some(("file", "import-ending", file));
    }
    let mut names = pictures.keys();
    let strange = names.find(|name| !ends(name, &["jpg", "jpeg", "png", "webp"]))?;
    Some(("pictures", "import-picture-ending", strange))
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
    let mut page = ImportPage {
        head,
        frame,
        columns,
        limits,
        nothing: false,
        mistakes: Vec::new(),
        count: String::new(),
        cure: String::new(),
        rest: None,
        remarks: Vec::new(),
        remarks_text: String::new(),
        pictures: None,
        notes: Vec::new(),
    };
    let mut status = StatusCode::UNPROCESSABLE_ENTITY;
    match outcome {
        Outcome::Nothing => status = StatusCode::OK,
        Outcome::Problem(field, text) => page.frame.problems = vec![Problem { field, text }],
        Outcome::Mistakes(mistakes) => {
            page.nothing = true;
            page.count = texts.say_with("import-mistakes", &[("count", mistakes.count().into())]);
            page.cure = texts.say("import-nothing-taken");
            page.table(texts, &mistakes);
        }
        Outcome::Done(report) => {
            status = StatusCode::OK;
            page.tell(texts, &report);
        }
    }
    reply::page_with(status, &page)
}

impl ImportPage {
    /// What was taken, what became of it, and what was left out.
    fn tell(&mut self, texts: &Texts, report: &ImportReport) {
        let shop = match report.format {
            Format::Own => None,
            Format::Shopify => Some("Shopify"),
            Format::WooCommerce => Some("WooCommerce"),
        };
        let mut values = vec![
            ("added", report.added.into()),
            ("replaced", report.replaced.into()),
            ("variants", report.variants.into()),
            ("pictures", report.pictures.into()),
        ];
        values.extend(shop.map(|shop| ("shop", shop.into())));
        let key = if shop.is_some() { "import-done-from" } else { "import-done" };
        self.nothing = report.added == 0 && report.replaced == 0;
        self.frame.done = (!self.nothing).then(|| texts.say_with(key, &values));
        let counted =
            |key: &str, count: usize| (count > 0).then(|| texts.say_with(key, &[("count", count.into())]));
        let named = |key: &str, names: &[String]| {
            let rest = names.len().saturating_sub(MOST_NAMES);
            let shown = names.iter().take(MOST_NAMES).cloned().collect::<Vec<_>>().join(", ");
            let shown = and_more(texts, shown, rest);
            (!shown.is_empty()).then(|| texts.say_with(key, &[("names", shown.into())]))
        };
        self.notes.extend(counted("import-unchanged", report.unchanged));
        self.pictures = counted("import-pictures-left", report.pictures_left);
        self.notes.extend(named("import-ignored", &report.ignored));
        self.notes.extend(named("import-unused", &report.unused));
        if report.rows_left > 0 {
            self.count = texts.say_with("import-rows-left", &[("count", report.rows_left.into())]);
            let cure = if self.nothing { "import-nothing-taken" } else { "import-rows-left-text" };
            self.cure = texts.say(cure);
            self.table(texts, &report.left_out);
        }
        let shop = shop.unwrap_or_default();
        self.remarks_text = texts.say_with("import-remarks-text", &[("shop", shop.into())]);
        let row = |remark: Remark| RemarkRow {
            text: texts.say(remark.key()),
            rows: row_names(texts, &report.remarks.rows(remark)),
        };
        self.remarks = report.remarks.all().map(row).collect();
    }

    fn table(&mut self, texts: &Texts, mistakes: &Mistakes) {
        let rest = Some(mistakes.rest()).filter(|rest| *rest > 0);
        self.rest = rest.map(|rest| texts.say_with("import-rest", &[("count", rest.into())]));
        let row = |mistake: &crate::catalog::import::Mistake| {
            let values = mistake.problem.values();
            let values: Vec<_> = values.iter().map(|(name, value)| (*name, value.as_str().into())).collect();
            let line = mistake.line.filter(|line| Some(*line) != mistake.row);
            Row {
                row: mistake.row.map_or_else(|| texts.say("import-whole-file"), |row| row.to_string()),
                line: line.map(|line| texts.say_with("import-line", &[("line", line.to_string().into())])),
                column: mistake.column.unwrap_or_default().to_owned(),
                text: texts.say_with(mistake.problem.key(), &values),
            }
        };
        self.mistakes = mistakes.shown().iter().map(row).collect();
    }
}

/// `2–13, 15, 17–19 and 4 more`.
fn row_names(texts: &Texts, rows: &[u64]) -> String {
    let runs: Vec<_> = rows.chunk_by(|one, next| one.checked_add(1) == Some(*next)).collect();
    let named = runs.iter().take(MOST_ROWS_NAMED).map(|run| match run {
        [first, .., last] => format!("{first}–{last}"),
        _ => run.iter().map(u64::to_string).collect(),
    });
    let named = named.collect::<Vec<_>>().join(", ");
    let rest: usize = runs.iter().skip(MOST_ROWS_NAMED).map(|run| run.len()).sum();
    and_more(texts, named, rest)
}

fn and_more(texts: &Texts, named: String, rest: usize) -> String {
    if rest == 0 {
        return named;
    }
    texts.say_with("import-rows-more", &[("rows", named.into()), ("count", rest.into())])
}
