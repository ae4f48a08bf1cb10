//! The recovery key of the data volume: shown until somebody says that it is written down, then never.

use askama::Template;
use axum::body::Body;
use axum::http::Request;
use axum::response::{IntoResponse, Redirect, Response};

use super::form::{FORM, Problem};
use super::frame::{Clerk, Frame, status};
use crate::action::{self, SetUpError};
use crate::web::{Failure, Head, reply};

#[derive(Template)]
#[template(path = "console/recovery.html")]
struct RecoveryPage {
    head: Head,
    frame: Frame,
    /// In its groups.
    key: zeroize::Zeroizing<String>,
    /// Its hash, in the form, so that what is confirmed is what was shown.
    shown: String,
}

/// `GET /setup/recovery-key`.
pub async fn show(clerk: Clerk) -> Result<Response, Failure> {
    draw(&clerk, Vec::new())
}

/// `POST /setup/recovery-key`: `shown`, `written`.
pub async fn confirm(clerk: Clerk, request: Request<Body>) -> Result<Response, Failure> {
    let fields = clerk.form(request, FORM).await?;
    if fields.get("written") != "yes" {
        let problem = Problem::new("written", clerk.texts().say("recovery-not-confirmed"));
        return draw(&clerk, vec![problem]);
    }
    let shown = from_hex(fields.get("shown")).unwrap_or_default();
    match action::keep_recovery_key(&clerk.desk.office, &clerk.signed.actor, shown).await {
        Ok(()) => Ok(Redirect::to("/").into_response()),
        Err(SetUpError::KeyChanged) => {
            draw(&clerk, vec![Problem::new("written", clerk.texts().say("recovery-changed"))])
        }
        Err(SetUpError::Denied(denied)) => Err(denied.into()),
        Err(SetUpError::Store(error)) => Err(error.into()),
        Err(error) => Err(Failure::Internal(error.to_string())),
    }
}

fn draw(clerk: &Clerk, problems: Vec<Problem>) -> Result<Response, Failure> {
    let key = action::recovery_key(&clerk.desk.office);
    let Some(key) = key.map_err(|error| Failure::Internal(error.to_string()))? else {
        return Ok(Redirect::to("/").into_response());
    };
    let (head, mut frame) = clerk.frame(clerk.texts().say("recovery-title"), "/");
    frame.problems = problems;
    let shown = action::recovery_key_hash(&key).iter().map(|byte| format!("{byte:02x}")).collect();
    let page = RecoveryPage { head, frame, key, shown };
    reply::page_with(status(&page.frame.problems), &page)
}

/// 32 bytes in hex.
pub fn from_hex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 {
        return None;
    }
    for (place, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(place * 2..place * 2 + 2)?, 16).ok()?;
    }
    Some(bytes)
}
