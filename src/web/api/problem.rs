//! Refusals as RFC 9457 has them: a kind, what is wrong, what to do, and the fields that are meant.
//!
//! A handler returns a [`Problem`]; [`render`] writes it in the machine's language, so that an answer without
//! one never leaves. No refusal quotes what was sent.

use axum::extract::{Path, Request, State};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Json, Response};
use jiff::SignedDuration;
use serde::Serialize;
use utoipa::ToSchema;

use super::access::Visitor;
use super::{Api, ROOT};
use crate::action::Denied;
use crate::locale::Texts;
use crate::staff::Right;
use crate::store::StoreError;
use crate::web::Failure;
use crate::web::form::FormError;

/// The kinds: name, status, and the Fluent keys of title and cure.
macro_rules! kinds {
    ($($kind:ident = $name:literal, $status:ident, $title:literal, $cure:literal;)+) => {
        /// What went wrong.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Kind { $(#[doc = $name] $kind,)+ }

        impl Kind {
            const ALL: &[Self] = &[$(Self::$kind),+];

            fn name(self) -> &'static str {
                match self { $(Self::$kind => $name,)+ }
            }

            fn status(self) -> StatusCode {
                match self { $(Self::$kind => StatusCode::$status,)+ }
            }

            fn keys(self) -> (&'static str, &'static str) {
                match self { $(Self::$kind => ($title, $cure),)+ }
            }
        }
    };
}

kinds! {
    NotSignedIn = "not-signed-in", UNAUTHORIZED, "api-not-signed-in", "api-not-signed-in-cure";
    NotAllowed = "not-allowed", FORBIDDEN, "api-not-allowed", "api-not-allowed-cure";
    NeedsSession = "needs-session", FORBIDDEN, "api-needs-session", "api-needs-session-cure";
    NotEnrolled = "not-enrolled", FORBIDDEN, "api-not-enrolled", "api-not-enrolled-cure";
    StepUp = "step-up-needed", FORBIDDEN, "api-step-up", "api-step-up-cure";
    Outside = "outside-ranges", FORBIDDEN, "api-outside", "api-outside-cure";
    NotFound = "not-found", NOT_FOUND, "api-not-found", "api-not-found-cure";
    Method = "method", METHOD_NOT_ALLOWED, "api-method", "api-method-cure";
    Conflict = "conflict", CONFLICT, "api-conflict", "api-conflict-cure";
    TooLarge = "too-large", PAYLOAD_TOO_LARGE, "api-too-large", "api-too-large-cure";
    MediaType = "media-type", UNSUPPORTED_MEDIA_TYPE, "api-media-type", "api-media-type-cure";
    Malformed = "malformed", BAD_REQUEST, "api-malformed", "api-malformed-cure";
    CardNumber = "card-number", BAD_REQUEST, "api-card-number", "api-card-number-cure";
    Fields = "fields", UNPROCESSABLE_ENTITY, "api-fields", "api-fields-cure";
    WrongPassword = "wrong-credentials", UNAUTHORIZED, "api-wrong", "api-wrong-cure";
    TooOften = "too-often", TOO_MANY_REQUESTS, "api-too-often", "api-too-often-cure";
    Internal = "internal", INTERNAL_SERVER_ERROR, "api-internal", "api-internal-cure";
    Busy = "busy", SERVICE_UNAVAILABLE, "api-busy", "api-busy-cure";
    NotOpen = "not-open", SERVICE_UNAVAILABLE, "api-not-open", "api-not-open-cure";
}

/// A field that cannot be taken
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Fault {
    /// Which: its name, with the names above it and the places in lists (`variants[0].price`)
    pub field: String,
    /// What is wrong with it
    pub wrong: String,
    /// What to do
    pub cure: String,
}

impl Fault {
    /// From one of the texts that forms show: its first sentence says what is wrong, the rest what to do. A
    /// text of one sentence is a cure.
    pub fn of(texts: &Texts, field: &str, text: &str) -> Self {
        let (wrong, cure) = match text.split_once(". ") {
            Some((wrong, cure)) => (format!("{wrong}."), cure.to_owned()),
            None => (texts.say("api-fault"), text.to_owned()),
        };
        Self { field: field.to_owned(), wrong, cure }
    }
}

/// A refusal (RFC 9457)
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// Names the kind; also the address of its explanation
    pub r#type: String,
    /// What went wrong
    pub title: String,
    /// The status of the answer
    pub status: u16,
    /// What to do about it
    pub detail: String,
    /// The right that is missing, or needs the second factor
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub right: Option<String>,
    /// The fields that cannot be taken
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Fault>,
}

/// A refusal, before it is written.
#[derive(Debug, Clone)]
pub struct Problem {
    kind: Kind,
    right: Option<Right>,
    detail: Option<String>,
    faults: Vec<Fault>,
    retry_after: Option<u32>,
    /// For the log.
    failure: Option<Failure>,
}

impl Problem {
    pub fn of(kind: Kind) -> Self {
        Self { kind, right: None, detail: None, faults: Vec::new(), retry_after: None, failure: None }
    }

    /// Fields that cannot be taken.
    pub fn fields(faults: Vec<Fault>) -> Self {
        Self { faults, ..Self::of(Kind::Fields) }
    }

    /// One of them, with a text that forms show.
    pub fn field(texts: &Texts, field: &str, text: &str) -> Self {
        Self::fields(vec![Fault::of(texts, field, text)])
    }

    /// The problems of the form that does the same in the console.
    pub fn of_form(texts: &Texts, problems: Vec<crate::web::console::Problem>) -> Self {
        Self::fields(problems.iter().map(|problem| Fault::of(texts, &problem.field, &problem.text)).collect())
    }

    /// It does not fit what stands there; `detail` says what to do.
    pub fn conflict(detail: String) -> Self {
        Self { detail: Some(detail), ..Self::of(Kind::Conflict) }
    }

    /// Too often: wait so long, rounded up to a second.
    pub fn wait(wait: SignedDuration) -> Self {
        let seconds = u32::try_from(wait.as_secs().saturating_add(1)).unwrap_or(u32::MAX);
        Self { retry_after: Some(seconds), ..Self::of(Kind::TooOften) }
    }

    fn body(&self, texts: &Texts) -> ProblemBody {
        let (title, cure) = self.kind.keys();
        ProblemBody {
            r#type: format!("{ROOT}/problems/{}", self.kind.name()),
            title: texts.say(title),
            status: self.kind.status().as_u16(),
            detail: self.detail.clone().unwrap_or_else(|| texts.say(cure)),
            right: self.right.map(|right| right.name().to_owned()),
            errors: self.faults.clone(),
        }
    }

    fn of_status(status: StatusCode) -> Self {
        let same = Kind::ALL.iter().find(|kind| kind.status() == status).copied();
        match same {
            Some(kind) => Self::of(kind),
            None if status.is_client_error() => Self::of(Kind::Malformed),
            None => Failure::Internal(format!("answered {status} without a body")).into(),
        }
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        let kind = match &failure {
            Failure::NotFound => Kind::NotFound,
            Failure::Method => Kind::Method,
            Failure::Form(FormError::TooLarge) => Kind::TooLarge,
            Failure::Form(FormError::NotAForm) => Kind::MediaType,
            Failure::Form(_) => Kind::Malformed,
            Failure::Forged(_) | Failure::Refused => Kind::Outside,
            Failure::StepUp(_) => Kind::StepUp,
            Failure::TooMany { .. } => Kind::TooOften,
            Failure::NotOpen => Kind::NotOpen,
            Failure::Store(StoreError::Busy) => Kind::Busy,
            Failure::Store(_) | Failure::Internal(_) => Kind::Internal,
        };
        let retry_after = match &failure {
            Failure::TooMany { retry_after } => Some(*retry_after),
            _ => None,
        };
        Self { retry_after, failure: Some(failure), ..Self::of(kind) }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Failure::from(error).into()
    }
}

impl From<FormError> for Problem {
    fn from(error: FormError) -> Self {
        Failure::from(error).into()
    }
}

impl From<crate::base::MoneyError> for Problem {
    fn from(error: crate::base::MoneyError) -> Self {
        Failure::from(error).into()
    }
}

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        let kind = match denied {
            Denied::Right(_) => Kind::NotAllowed,
            Denied::StepUp(_) => Kind::StepUp,
        };
        Self { right: Some(denied.right()), ..Self::of(kind) }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.kind.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Writes the refusals. Inside the headers that stand on every answer, outside everything else.
pub async fn render(State(api): State<Api>, request: Request, next: Next) -> Response {
    // Only the resource is logged: what follows may name a person or an order.
    let path = request.uri().path().split('/').take(4).collect::<Vec<_>>().join("/");
    let mut response = next.run(request).await;
    let status = response.status();
    let failure = response.extensions_mut().remove::<Failure>().map(Problem::from);
    let problem = match response.extensions_mut().remove::<Problem>().or(failure) {
        Some(problem) => problem,
        None if status.is_client_error() || status.is_server_error() => Problem::of_status(status),
        None => return response,
    };
    match (&problem.failure, problem.kind) {
        (Some(failure), _) => failure.log(&path),
        (None, Kind::Malformed | Kind::MediaType | Kind::TooLarge | Kind::CardNumber) => {
            log::info!("{path}: a request was refused: {}", problem.kind.name());
        }
        _ => {}
    }
    let body = serde_json::to_vec(&problem.body(&api.site.texts)).unwrap_or_default();
    let (mut parts, _) = response.into_parts();
    parts.status = problem.kind.status();
    parts.headers.remove(CONTENT_LENGTH);
    parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    if parts.status == StatusCode::UNAUTHORIZED {
        parts.headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if parts.status == StatusCode::TOO_MANY_REQUESTS {
        parts.headers.insert(RETRY_AFTER, HeaderValue::from(problem.retry_after.unwrap_or(60)));
    }
    Response::from_parts(parts, body.into())
}

/// What a kind of refusal means
///
/// Every refusal names its kind by the address of this explanation.
#[utoipa::path(
    get,
    path = "/problems/{kind}",
    tag = "about",
    extensions(("x-right" = json!("anyone"))),
    params(("kind" = String, Path, description = "Such as not-allowed")),
    responses((status = 200, description = "The explanation", body = ProblemBody))
)]
pub async fn show(visitor: Visitor, Path(kind): Path<String>) -> Result<Json<ProblemBody>, Problem> {
    let kind = Kind::ALL.iter().find(|known| known.name() == kind).ok_or(Failure::NotFound)?;
    Ok(Json(Problem::of(*kind).body(&visitor.api.site.texts)))
}
