//! The log as a file: lines go out as they are read, so that memory stays bounded, whatever the length.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderValue, Request};
use axum::response::{IntoResponse, Response};
use hyper::body::Frame;
use jiff::civil::Date;
use tokio::sync::{OwnedSemaphorePermit, mpsc};

use super::Typed;
use crate::action::{self, AuditLines, ExportAudit};
use crate::audit::Query;
use crate::store::StoreError;
use crate::web::Failure;
use crate::web::console::form::{FORM, Problem};
use crate::web::console::frame::Clerk;

/// Pieces that wait for a slow reader: each at most some hundred KiB.
const WAITING: usize = 2;

/// `POST /audit/export`: `kind` is `bundle` or `lines`; `since` a day or nothing.
pub async fn export(clerk: Clerk, request: Request<Body>) -> Result<Response, Failure> {
    let fields = clerk.form(request, FORM).await?;
    let since = fields.get("since").trim().to_owned();
    let from = match since.parse::<Date>() {
        _ if since.is_empty() => None,
        Ok(day) => Some(day),
        Err(_) => {
            let problems = vec![Problem::new("since", clerk.texts().say("audit-day-wrong"))];
            return super::draw(&clerk, Typed::default(), Query::default(), problems, since).await;
        }
    };
    // Two readers at once; another one is told to come back.
    let room = std::sync::Arc::clone(&clerk.desk.exports).try_acquire_owned();
    let room = room.map_err(|_| Failure::TooMany { retry_after: 60 })?;
    let bundle = fields.get("kind") != "lines";
    let app = clerk.desk.office.app();
    let lines = match action::export_audit(app, &clerk.signed.actor, ExportAudit { from, bundle }).await {
        Ok(lines) => lines,
        Err(action::AuditError::Keeper(_) | action::AuditError::Unkept) => {
            let problems = vec![Problem::new("kind", clerk.texts().say("audit-tpm-wrong"))];
            return super::draw(&clerk, Typed::default(), Query::default(), problems, since).await;
        }
        Err(error) => return Err(error.into()),
    };
    let day = app.clock().now().strftime("%Y-%m-%d").to_string();
    Ok(file(lines, room, &format!("audit-{}{day}.jsonl", if bundle { "bundle-" } else { "" })))
}

/// The lines as a file of this name; `room` is free again once the last one is read.
pub fn file(mut lines: AuditLines, room: OwnedSemaphorePermit, name: &str) -> Response {
    let (give, pieces) = mpsc::channel(WAITING);
    tokio::task::spawn_blocking(move || {
        let _room = room;
        // Whoever has gone is not waited for.
        while let Some(piece) = next(&mut lines) {
            let failed = piece.is_err();
            if give.blocking_send(piece).is_err() || failed {
                return;
            }
        }
    });
    let name = format!("attachment; filename=\"{name}\"");
    let mut response = Body::new(Pieces(pieces)).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/jsonl"));
    if let Ok(name) = HeaderValue::from_str(&name) {
        headers.insert(CONTENT_DISPOSITION, name);
    }
    response
}

fn next(lines: &mut AuditLines) -> Option<Result<String, StoreError>> {
    let piece = lines.piece().transpose()?;
    if let Err(error) = &piece {
        log::error!(target: "audit", "an export broke off: {error}");
    }
    Some(piece)
}

/// A body that is cut off, not ended, when a piece cannot be read: then no browser keeps half a log as a whole.
struct Pieces(mpsc::Receiver<Result<String, StoreError>>);

impl HttpBody for Pieces {
    type Data = Bytes;
    type Error = StoreError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, StoreError>>> {
        let piece = self.0.poll_recv(context);
        piece.map(|piece| piece.map(|piece| piece.map(|text| Frame::data(Bytes::from(text)))))
    }
}
