//! Who asks, and whether the operation is theirs: asked before every handler, of the document itself.

use std::net::IpAddr;

use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::http::header::{ALLOW, AUTHORIZATION};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::Value;

use super::Api;
use super::problem::{Kind, Problem};
use crate::action::{self, Actor, Denied, NotBelieved, SignedIn};
use crate::base::{Email, Line, Token};
use crate::locale::Texts;
use crate::operator::Settings;
use crate::payment::looks_like_card_number;
use crate::staff::{Right, TOKEN_PREFIX};
use crate::web::{Failure, Peer};

/// What a session's token begins with.
pub const SESSION_PREFIX: &str = "ccs_";

/// What an operation needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Nobody in particular.
    Anyone,
    /// A token or a session.
    SignedIn,
    /// A session, also of somebody who has no second factor yet.
    Enrol,
    /// A session: a program's token does not do.
    Session,
    /// A session in which the second factor was proved lately: what people change of their own sign-in.
    Fresh,
    /// This right.
    Right(Right),
}

impl Needs {
    /// As the document writes it.
    fn of(operation: &Value) -> Option<Self> {
        let fresh = operation["x-step-up"].as_bool().unwrap_or_default();
        match operation["x-right"].as_str()? {
            "anyone" => Some(Self::Anyone),
            "signed-in" => Some(Self::SignedIn),
            "enrol" => Some(Self::Enrol),
            "session" if fresh => Some(Self::Fresh),
            "session" => Some(Self::Session),
            right => Right::of_name(right).map(Self::Right),
        }
    }
}

/// Every operation of the document that says what it needs. Whatever else is routed is refused.
#[derive(Debug, Default)]
pub struct Operations(Vec<(Method, String, Needs)>);

impl Operations {
    /// Reads them.
    pub fn of(document: &Value) -> Self {
        let mut all = Vec::new();
        for (path, item) in document["paths"].as_object().into_iter().flatten() {
            for (method, operation) in item.as_object().into_iter().flatten() {
                let needs = Needs::of(operation);
                let method = Method::from_bytes(method.to_uppercase().as_bytes()).ok();
                if let (Some(needs), Some(method)) = (needs, method) {
                    all.push((method, path.clone(), needs));
                }
            }
        }
        Self(all)
    }

    /// What the operation needs; `None` if nobody said.
    pub fn needs(&self, method: &Method, path: &str) -> Option<Needs> {
        // HEAD is answered by what answers GET.
        let method = if method == Method::HEAD { &Method::GET } else { method };
        self.0.iter().find(|(known, at, _)| known == method && at == path).map(|(_, _, needs)| *needs)
    }

    /// The methods that the address takes.
    fn methods(&self, path: &str) -> Vec<&str> {
        self.0.iter().filter(|(_, at, _)| at == path).map(|(method, _, _)| method.as_str()).collect()
    }
}

/// How somebody came in.
#[derive(Debug, Clone)]
pub enum Via {
    /// By signing in: the session's id, and what is known of it.
    Session(Token, Box<SignedIn>),
    /// With a token for programs.
    Token,
}

/// One request of somebody who is known.
#[derive(Clone)]
pub struct Caller {
    pub api: Api,
    pub actor: Actor,
    pub name: Line<100>,
    pub email: Email,
    pub via: Via,
    /// When the session or the token ends at the latest.
    pub until: Timestamp,
    pub source: IpAddr,
}

/// One request of anybody.
pub struct Visitor {
    pub api: Api,
    pub source: IpAddr,
}

impl Caller {
    /// The session that asks, and what is known of it; a token for programs has none.
    pub fn session(&self) -> Result<(Token, &SignedIn), Problem> {
        match &self.via {
            Via::Session(id, signed) => Ok((*id, signed)),
            Via::Token => Err(Problem::of(Kind::NeedsSession)),
        }
    }

    /// What refusals say.
    pub fn texts(&self) -> &Texts {
        &self.api.site.texts
    }

    /// The shop's settings, or that it is not open.
    pub fn settings(&self) -> Result<Settings, Problem> {
        self.api.site.app.settings()?.ok_or_else(|| Failure::NotOpen.into())
    }
}

impl FromRequestParts<Api> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| Problem::of(Kind::NotSignedIn))
    }
}

impl FromRequestParts<Api> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        Ok(Self { api: api.clone(), source: source(&parts.extensions)? })
    }
}

fn source(extensions: &axum::http::Extensions) -> Result<IpAddr, Problem> {
    extensions.get::<Peer>().map(|peer| peer.0.ip()).ok_or_else(|| Failure::Refused.into())
}

/// Lets on whoever may, and says to others what is missing.
pub async fn enter(State(api): State<Api>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    match admit(&api, &parts).await {
        Ok(Some(caller)) => drop(parts.extensions.insert(caller)),
        Ok(None) => {}
        Err(response) => return *response,
    }
    next.run(Request::from_parts(parts, body)).await
}

async fn admit(api: &Api, request: &Parts) -> Result<Option<Caller>, Box<Response>> {
    let refused = |problem: Problem| Box::new(problem.into_response());
    let address = request.uri.path_and_query().map_or("", |address| address.as_str());
    if looks_like_card_number(address) {
        return Err(refused(Problem::of(Kind::CardNumber)));
    }
    // What no route matched is answered by the fallback.
    let Some(path) = request.extensions.get::<MatchedPath>().map(MatchedPath::as_str) else {
        return Ok(None);
    };
    let Some(needs) = api.operations.needs(&request.method, path) else {
        let methods = api.operations.methods(path).join(", ");
        if methods.is_empty() {
            let reason = format!("{} {path} does not say what it needs", request.method);
            return Err(refused(Failure::Internal(reason).into()));
        }
        let mut response = Problem::from(Failure::Method).into_response();
        if let Ok(methods) = HeaderValue::from_str(&methods) {
            response.headers_mut().insert(ALLOW, methods);
        }
        return Err(Box::new(response));
    };
    if needs == Needs::Anyone {
        return Ok(None);
    }
    let source = source(&request.extensions).map_err(refused)?;
    let caller = believe(api, &request.headers, source).await.map_err(refused)?;
    // Without a second factor nothing opens but its enrolment.
    let is_enrolled = !matches!(&caller.via, Via::Session(_, signed) if !signed.enrolled);
    match needs {
        Needs::Anyone => {}
        Needs::Enrol if !is_enrolled => {}
        _ if !is_enrolled => return Err(refused(Problem::of(Kind::NotEnrolled))),
        Needs::SignedIn => {}
        Needs::Right(right) => {
            // Told with the place, and once: the action would not know where.
            if !caller.actor.may(right) {
                caller.actor.log_refusal(right, &format!("{} {path}", request.method));
                return Err(refused(Denied::Right(right).into()));
            }
            caller.actor.require(right).map_err(|denied| refused(denied.into()))?;
        }
        _ if matches!(caller.via, Via::Token) => return Err(refused(Problem::of(Kind::NeedsSession))),
        Needs::Fresh if !caller.actor.is_fresh() => return Err(refused(Problem::of(Kind::StepUp))),
        Needs::Session | Needs::Fresh | Needs::Enrol => {}
    }
    Ok(Some(caller))
}

/// Whose token it is.
async fn believe(api: &Api, headers: &HeaderMap, source: IpAddr) -> Result<Caller, Problem> {
    let nobody = || Problem::of(Kind::NotSignedIn);
    let mut sent = headers.get_all(AUTHORIZATION).iter();
    // Two of them could be read differently by two readers.
    let (Some(sent), None) = (sent.next(), sent.next()) else { return Err(nobody()) };
    let (scheme, secret) = sent.to_str().ok().and_then(|sent| sent.split_once(' ')).ok_or_else(nobody)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(nobody());
    }
    let (app, secret) = (&api.site.app, secret.trim());
    if let Some(id) = secret.strip_prefix(SESSION_PREFIX) {
        let id: Token = id.parse().map_err(|_| nobody())?;
        let signed = action::signed_in(app, id, source).await?.ok_or_else(nobody)?;
        return Ok(Caller {
            api: api.clone(),
            actor: signed.actor.clone(),
            name: signed.name.clone(),
            email: signed.email.clone(),
            until: signed.until,
            via: Via::Session(id, Box::new(signed)),
            source,
        });
    }
    if !secret.starts_with(TOKEN_PREFIX) {
        return Err(nobody());
    }
    match action::believe(app, secret, source).await {
        Ok(action::Bearer { actor, name, email, token }) => {
            let until = token.ends;
            Ok(Caller { api: api.clone(), actor, name, email, via: Via::Token, until, source })
        }
        Err(NotBelieved::Wrong) => Err(nobody()),
        Err(NotBelieved::Wait(wait)) => Err(Problem::wait(wait)),
        Err(NotBelieved::Store(error)) => Err(error.into()),
    }
}
