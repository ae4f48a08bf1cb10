//! From a failure to an answer: the one place where status codes are chosen.
//!
//! What an outsider reads (a Fluent text) and what the log says are two things. A failure is logged once,
//! here. Handlers return [`Failure`]; the layer [`pages`] puts the page in, drawn by the storefront or by
//! the console, so that an answer without a page never leaves.

use askama::Template;
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, LOCATION, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};

use super::{FormError, Site, csrf::CsrfError};
use crate::store::StoreError;

/// Why a request got no page of its own.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Nothing is there, or nothing that this visitor may know of.
    #[error("not found")]
    NotFound,
    /// The wrong verb for this address.
    #[error("method not allowed")]
    Method,
    /// A form that cannot be read.
    #[error("a form was refused: {0}")]
    Form(#[from] FormError),
    /// A form that did not come from a page of ours.
    #[error("a form was not believed: {0}")]
    Forged(#[from] CsrfError),
    /// The peer may not use this part.
    #[error("the peer is outside the allowed ranges")]
    Refused,
    /// The second factor must be proved again before this path opens.
    #[error("the second factor must be proved again")]
    StepUp(String),
    /// Too often.
    #[error("too many requests")]
    TooMany {
        /// Seconds to wait.
        retry_after: u32,
    },
    /// The shop is not set up.
    #[error("the shop is not set up")]
    NotOpen,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Anything else that is our fault, in words for the log.
    #[error("{0}")]
    Internal(String),
}

impl From<askama::Error> for Failure {
    fn from(error: askama::Error) -> Self {
        Self::Internal(format!("a page could not be drawn: {error}"))
    }
}

impl From<crate::action::FollowError> for Failure {
    fn from(error: crate::action::FollowError) -> Self {
        match error {
            crate::action::FollowError::Store(error) => error.into(),
            crate::action::FollowError::Identity(error) => Self::Internal(error.to_string()),
        }
    }
}

impl From<crate::base::MoneyError> for Failure {
    fn from(error: crate::base::MoneyError) -> Self {
        Self::Internal(format!("a sum could not be made: {error}"))
    }
}

impl Failure {
    /// The status code.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Form(FormError::TooLarge) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Form(FormError::NotAForm) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Form(_) => StatusCode::BAD_REQUEST,
            Self::Forged(_) | Self::Refused => StatusCode::FORBIDDEN,
            Self::StepUp(_) => StatusCode::SEE_OTHER,
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::NotOpen | Self::Store(StoreError::Busy) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Store(_) | Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The keys of the page's title and of its text.
    pub fn keys(&self) -> (&'static str, &'static str) {
        match self {
            Self::NotFound => ("failure-not-found-title", "failure-not-found-text"),
            Self::Method => ("failure-method-title", "failure-method-text"),
            Self::Form(FormError::TooLarge) => ("failure-size-title", "failure-size-text"),
            Self::Form(_) => ("failure-form-title", "failure-form-text"),
            Self::Forged(_) => ("failure-forbidden-title", "failure-forbidden-text"),
            Self::Refused => ("failure-refused-title", "failure-refused-text"),
            Self::StepUp(_) => ("failure-step-up-title", "failure-step-up-text"),
            Self::TooMany { .. } | Self::Store(StoreError::Busy) => {
                ("failure-busy-title", "failure-busy-text")
            }
            Self::NotOpen => ("failure-closed-title", "failure-closed-text"),
            Self::Store(_) | Self::Internal(_) => ("failure-internal-title", "failure-internal-text"),
        }
    }

    /// The failure behind an answer that something below us refused with a bare status.
    fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Self::Method,
            StatusCode::PAYLOAD_TOO_LARGE => Self::Form(FormError::TooLarge),
            status if status.is_client_error() => Self::Form(FormError::Encoding),
            status => Self::Internal(format!("answered {status} without a page")),
        }
    }

    pub(super) fn log(&self, path: &str) {
        match self {
            Self::Store(_) | Self::Internal(_) => log::error!("{path}: {self}"),
            Self::Forged(_) | Self::Refused | Self::TooMany { .. } => log::warn!("{path}: {self}"),
            // No browser sends such a form: somebody tries what lies behind the fields.
            Self::Form(_) => log::info!("{path}: {self}"),
            _ => log::debug!("{path}: {self}"),
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        match &self {
            Self::TooMany { retry_after } => {
                response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(*retry_after));
            }
            // The path is one that the router matched: it is put into a query of ours, never used as it stands.
            Self::StepUp(path) => {
                let then: String = form_urlencoded::byte_serialize(path.as_bytes()).collect();
                if let Ok(place) = HeaderValue::from_str(&format!("/step-up?then={then}")) {
                    response.headers_mut().insert(LOCATION, place);
                }
            }
            _ => {}
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// Draws the page of a failure.
pub type Draw = fn(&Site, &Failure) -> Result<String, Failure>;

/// Puts a page into every failure that has none. Inside [`super::headers::guard`], outside everything else.
pub async fn pages(State((site, draw)): State<(Site, Draw)>, request: Request, next: Next) -> Response {
    // Only the address's fixed part is logged: what follows may be an order's link.
    let path = request.uri().path().split('/').take(2).collect::<Vec<_>>().join("/");
    let mut response = next.run(request).await;
    let status = response.status();
    let failure = response.extensions_mut().remove::<Failure>();
    let has_page =
        response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if failure.is_none() && (has_page || !(status.is_client_error() || status.is_server_error())) {
        return response;
    }
    let failure = failure.unwrap_or_else(|| Failure::of_status(status));
    failure.log(&path);
    let html = draw(&site, &failure).unwrap_or_else(|second| {
        second.log(&path);
        let (title, text) = failure.keys();
        format!(
            "<!doctype html><title>{0}</title><h1>{0}</h1><p>{1}</p>",
            site.texts.say(title),
            site.texts.say(text)
        )
    });
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(axum::http::header::CONTENT_LENGTH);
    parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    Response::from_parts(parts, html.into())
}

/// A page.
pub fn page(template: &impl Template) -> Result<Response, Failure> {
    Ok(Html(template.render()?).into_response())
}

/// A page under a status that is not 200: a form that comes back with its errors (422).
pub fn page_with(status: StatusCode, template: &impl Template) -> Result<Response, Failure> {
    Ok((status, Html(template.render()?)).into_response())
}
