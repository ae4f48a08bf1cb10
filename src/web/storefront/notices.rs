//! The door for gateways' notices. Open to everybody, so it believes nothing but signatures, keeps no cookie
//! and draws no page.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse, Response};
use http_body_util::{BodyExt, Limited};

use crate::action::{HearError, MOST_NOTICE, hear};
use crate::payment::gateway::Notice;
use crate::web::Site;

/// What Adyen wants to read; the others look at the status alone.
const ACCEPTED: &str = "[accepted]";

/// `POST /webhooks/{gateway}`.
pub async fn take(State(site): State<Site>, Path(gateway): Path<String>, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = Limited::new(body, MOST_NOTICE).collect().await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let body = body.to_bytes();
    let notice = Notice { headers: &parts.headers, body: &body, now: site.app.clock().now() };
    match hear(&site.app, &gateway, &notice).await {
        Ok(()) => ACCEPTED.into_response(),
        Err(HearError::NoGateway) => StatusCode::NOT_FOUND.into_response(),
        Err(HearError::Unheard(_)) => StatusCode::BAD_REQUEST.into_response(),
        Err(HearError::Store(error)) => {
            log::error!("a notice of {gateway} could not be kept: {error}");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}
