//! The end of a trial.

use axum::Extension;
use axum::body::Body;
use axum::http::Request;
use axum::response::{IntoResponse, Redirect, Response};

use super::super::form::{FORM, Problem};
use super::super::frame::Clerk;
use super::{base, draw};
use crate::action::{self, Accepted, RangesError};
use crate::ranges::Which;
use crate::web::Failure;

type Since = Option<Extension<Accepted>>;

/// `POST /settings/ranges/machine/confirm`: `number`.
pub async fn confirm_admin(clerk: Clerk, since: Since, request: Request<Body>) -> Result<Response, Failure> {
    confirm(clerk, since, request, Which::Admin).await
}

/// `POST /settings/ranges/operator/confirm`: `number`.
pub async fn confirm_operator(
    clerk: Clerk,
    since: Since,
    request: Request<Body>,
) -> Result<Response, Failure> {
    confirm(clerk, since, request, Which::Operator).await
}

/// `POST /settings/ranges/machine/take-back`: `number`.
pub async fn take_back_admin(clerk: Clerk, request: Request<Body>) -> Result<Response, Failure> {
    take_back(clerk, request, Which::Admin).await
}

/// `POST /settings/ranges/operator/take-back`: `number`.
pub async fn take_back_operator(clerk: Clerk, request: Request<Body>) -> Result<Response, Failure> {
    take_back(clerk, request, Which::Operator).await
}

async fn confirm(
    clerk: Clerk,
    since: Since,
    request: Request<Body>,
    which: Which,
) -> Result<Response, Failure> {
    let number = clerk.form(request, FORM).await?.get("number").parse().unwrap_or_default();
    let app = clerk.desk.office.app();
    // Without a listener in front nobody knows since when the connection is there.
    let since = since.map(|Extension(accepted)| accepted).unwrap_or(Accepted(Default::default()));
    let done = action::confirm_ranges(app, &clerk.signed.actor, number, since).await;
    answer(&clerk, done, which, "/settings/ranges?kept")
}

async fn take_back(clerk: Clerk, request: Request<Body>, which: Which) -> Result<Response, Failure> {
    let number = clerk.form(request, FORM).await?.get("number").parse().unwrap_or_default();
    let done = action::take_back_ranges(clerk.desk.office.app(), &clerk.signed.actor, number).await;
    answer(&clerk, done, which, "/settings/ranges?taken-back")
}

fn answer(
    clerk: &Clerk,
    done: Result<(), RangesError>,
    which: Which,
    next: &str,
) -> Result<Response, Failure> {
    let key = match done {
        Ok(()) => return Ok(Redirect::to(next).into_response()),
        Err(RangesError::Denied(denied)) => return Err(Failure::denied(denied, base(which))),
        Err(RangesError::Store(error)) => return Err(error.into()),
        Err(RangesError::NotOnTrial | RangesError::Refused(_)) => "ranges-not-on-trial",
        Err(RangesError::NotInForce) => "ranges-not-in-force",
        Err(RangesError::TooLate) => "ranges-too-late",
        Err(RangesError::OldConnection) => "ranges-old-connection",
        Err(RangesError::Told(error)) => return Err(Failure::Internal(error.to_string())),
    };
    draw(clerk, vec![Problem::new("trial", clerk.texts().say(key))], None)
}
