//! Where the console may be reached from: shown, not changed, in this version.

use askama::Template;
use axum::response::Response;

use super::frame::{Clerk, Frame};
use crate::web::{Failure, Head, page};

/// A range.
struct Row {
    net: String,
    name: String,
    /// Whether the one who looks is inside.
    here: bool,
}

#[derive(Template)]
#[template(path = "console/ranges.html")]
struct RangesPage {
    head: Head,
    frame: Frame,
    rows: Vec<Row>,
    source: String,
}

/// `GET /settings/ranges`.
pub async fn show(clerk: Clerk) -> Result<Response, Failure> {
    let (head, frame) = clerk.frame(clerk.texts().say("ranges-title"), "/settings/ranges");
    let source = clerk.source.to_canonical();
    let ranges = &clerk.desk.office.premises().ranges;
    let row = |range: &crate::action::AllowedRange| Row {
        net: range.net.to_string(),
        name: range.name.to_string(),
        here: range.net.contains(&source),
    };
    page(&RangesPage { rows: ranges.iter().map(row).collect(), source: source.to_string(), head, frame })
}
