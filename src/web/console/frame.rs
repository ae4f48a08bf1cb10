//! Who asks, and what surrounds every page of the console.

use std::net::IpAddr;

use askama::Template;
use axum::body::Body;
use axum::extract::{FromRequestParts, MatchedPath};
use axum::http::header::HOST;
use axum::http::request::Parts;
use axum::http::{Method, Request, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;

use super::Desk;
use super::access::{self, Needs};
use super::alarms::{self, Banner};
use super::form::Problem;
use crate::action::{self, Denied, SignedIn};
use crate::alarm::{self, Alarm};
use crate::base::Token;
use crate::locale::Texts;
use crate::operator::Settings;
use crate::staff::Right;
use crate::web::{Failure, Fields, Head, Limits, Peer, Site, cookies, csrf, reply};

const SHEET: &str = "console.css";

/// An entry of the navigation.
pub struct Entry {
    pub label: String,
    pub href: &'static str,
    pub current: bool,
}

/// What `console/frame.html` needs; templates call it `frame`.
pub struct Frame {
    pub entries: Vec<Entry>,
    pub person: String,
    /// Whether the shop is live, in words, and the colour's name.
    pub state: (String, &'static str),
    pub csrf: String,
    pub problems: Vec<Problem>,
    /// Something that was just done.
    pub done: Option<String>,
    /// While alarms are open.
    pub alarm: Option<Banner>,
}

impl Frame {
    /// What is wrong with the field, to be said beside it.
    pub fn problem(&self, field: &str) -> Option<&str> {
        self.problems.iter().find(|problem| problem.field == field).map(|problem| problem.text.as_str())
    }
}

/// One request of somebody who is signed in.
pub struct Clerk {
    pub desk: Desk,
    pub signed: SignedIn,
    pub settings: Settings,
    pub source: IpAddr,
    /// The open alarms, the latest first.
    pub alarms: Vec<(u64, Alarm)>,
    /// The host name by which the browser called us.
    pub host: String,
    session: Token,
}

/// One request of somebody who is not, at the pages that are for them.
pub struct Visitor {
    pub desk: Desk,
    pub source: IpAddr,
    /// The host name by which the browser called us.
    pub host: String,
    cookie: Option<Token>,
    fresh: bool,
}

fn source(parts: &Parts) -> Result<IpAddr, Failure> {
    parts.extensions.get::<Peer>().map(|peer| peer.0.ip()).ok_or(Failure::Refused)
}

/// The host without its port: which of our names a browser used. It only chooses among names that we know.
fn host(parts: &Parts) -> String {
    let header = || parts.headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let authority = parts.uri.authority().map_or_else(header, |authority| authority.as_str());
    let name = authority.rsplit_once(':').map_or(authority, |(name, _)| name);
    name.to_ascii_lowercase()
}

impl FromRequestParts<Desk> for Clerk {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, Response> {
        let source = source(parts).map_err(IntoResponse::into_response)?;
        let app = desk.office.app();
        let failed = |error: crate::store::StoreError| Failure::from(error).into_response();
        let session = cookies::SESSION.read(&parts.headers);
        let signed = match session {
            Some(session) => action::signed_in(app, session, source).await.map_err(failed)?,
            None => None,
        };
        let (Some(session), Some(signed)) = (session, signed) else {
            let set_up = app.store().read(|view| action::is_set_up(view)).map_err(failed)?;
            return Err(Redirect::to(if set_up { "/sign-in" } else { "/setup" }).into_response());
        };
        allow(parts, &signed).map_err(|answer| *answer)?;
        let settings = Head::settings(&desk.site).map_err(IntoResponse::into_response)?;
        let alarms = app.store().read(|view| alarm::open(view)).map_err(failed)?;
        Ok(Self { desk: desk.clone(), signed, settings, source, alarms, host: host(parts), session })
    }
}

/// Lets on whoever has the right that the address needs. What somebody may not do is not there for them, and
/// who has no second factor yet gets nothing but its enrolment.
fn allow(parts: &Parts, signed: &SignedIn) -> Result<(), Box<Response>> {
    let path = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let needs = access::needs(&parts.method, path).ok_or_else(|| {
        Failure::Internal(format!("{} {path} is not in the table of access", parts.method)).into_response()
    });
    let needs = needs.map_err(Box::new)?;
    if !signed.enrolled && needs != Needs::Enrol {
        return Err(Box::new(Redirect::to("/enrol").into_response()));
    }
    if let Some(right) = needs.right().filter(|right| !signed.actor.may(*right)) {
        signed.actor.log_refusal(right, &format!("{} {path}", parts.method));
        return Err(Box::new(Failure::NotFound.into_response()));
    }
    let offered = needs == Needs::Fresh || needs.step_up().is_some_and(|right| signed.actor.may(right));
    // A page opens within ten minutes; what it sends is taken within fifteen. The action asks again.
    let reads = matches!(parts.method, Method::GET | Method::HEAD);
    let fresh = if reads { signed.fresh } else { signed.actor.is_fresh() };
    if offered && !fresh {
        let back = access::form_page(path, parts.uri.path());
        return Err(Box::new(Failure::StepUp(back).into_response()));
    }
    Ok(())
}

impl FromRequestParts<Desk> for Visitor {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, Failure> {
        let cookie = cookies::SESSION.read(&parts.headers);
        Ok(Self { desk: desk.clone(), source: source(parts)?, host: host(parts), cookie, fresh: false })
    }
}

impl Clerk {
    /// What the console says.
    pub fn texts(&self) -> &Texts {
        &self.desk.site.texts
    }

    /// Whether a page offers this person what needs the right.
    pub fn may(&self, right: Right) -> bool {
        self.signed.actor.may(right)
    }

    /// The session's id, to end it.
    pub fn session(&self) -> Token {
        self.session
    }

    /// Reads a form of ours and checks that this session was given it.
    pub async fn form(&self, request: Request<Body>, limits: Limits) -> Result<Fields, Failure> {
        let (headers, uri) = (request.headers().clone(), request.uri().clone());
        let fields = Fields::read(request, limits).await?;
        self.believe(fields.get(csrf::FIELD), (&headers, &uri))?;
        Ok(fields)
    }

    /// Checks a token that came another way.
    pub fn believe(
        &self,
        sent: &str,
        from: (&axum::http::HeaderMap, &axum::http::Uri),
    ) -> Result<(), Failure> {
        let key = self.desk.site.app.web_key();
        csrf::check(key, csrf::Audience::Console, Some(self.session), sent, from)?;
        Ok(())
    }

    /// Head and frame of the page titled `title`; `here` is the entry of the navigation that it belongs to.
    pub fn frame(&self, title: String, here: &str) -> (Head, Frame) {
        let (site, texts) = (&self.desk.site, self.texts());
        let entry =
            |label: &str, href: &'static str| Entry { label: texts.say(label), href, current: href == here };
        let live = self.settings.live_since.is_some();
        let mut entries = vec![
            entry("overview-title", "/"),
            entry("orders-title", "/orders"),
            entry("products-title", "/products"),
            entry("alarms-title", "/alarms"),
            entry("gateway-title", "/settings/gateway"),
            entry("certificate-title", "/settings/certificate"),
            entry("console-certificate-title", "/settings/console-certificate"),
            entry("ranges-title", "/settings/ranges"),
            entry("collector-title", "/settings/collector"),
            entry("staff-title", "/staff"),
            entry("proposals-title", "/proposals"),
            entry("audit-title", "/audit"),
            entry("tokens-title", "/tokens"),
            entry("live-title", "/go-live"),
        ];
        entries.retain(|entry| {
            let right = access::needs(&Method::GET, entry.href).and_then(access::Needs::right);
            right.is_none_or(|right| self.signed.actor.may(right)) && !(live && entry.href == "/go-live")
        });
        let state =
            if live { (texts.say("shop-live"), "good") } else { (texts.say("shop-not-live"), "warn") };
        let key = site.app.web_key();
        let csrf = csrf::token(key, csrf::Audience::Console, self.session);
        let alarm = alarms::banner(texts, &self.alarms);
        let person = self.signed.name.to_string();
        let frame = Frame { entries, person, state, csrf, problems: Vec::new(), done: None, alarm };
        (Head::new(site, Some(&self.settings), SHEET, title), frame)
    }
}

impl Visitor {
    /// What the console says.
    pub fn texts(&self) -> &Texts {
        &self.desk.site.texts
    }

    /// The visitor's cookie, if there is one.
    pub fn cookie(&self) -> Option<Token> {
        self.cookie
    }

    /// The token for a form on the page; a visitor without a cookie is given one with it.
    pub fn form_token(&mut self) -> String {
        let cookie = self.cookie.unwrap_or_else(|| {
            self.fresh = true;
            Token::random(self.desk.site.app.random())
        });
        self.cookie = Some(cookie);
        csrf::token(self.desk.site.app.web_key(), csrf::Audience::Visitor, cookie)
    }

    /// Reads a form of ours and checks that this visitor was given it.
    pub async fn form(&self, request: Request<Body>, limits: Limits) -> Result<(Fields, Token), Failure> {
        let (headers, uri) = (request.headers().clone(), request.uri().clone());
        let fields = Fields::read(request, limits).await?;
        let key = self.desk.site.app.web_key();
        let sent = fields.get(csrf::FIELD);
        let cookie = csrf::check(key, csrf::Audience::Visitor, self.cookie, sent, (&headers, &uri))?;
        Ok((fields, cookie))
    }

    /// The head of the page titled `title`.
    pub fn head(&self, title: String) -> Head {
        let settings = self.desk.site.app.settings().unwrap_or_default();
        Head::new(&self.desk.site, settings.as_ref(), SHEET, title)
    }

    /// The page under `status`, with the cookie that its form is bound to.
    pub fn page(&self, status: StatusCode, template: &impl Template) -> Result<Response, Failure> {
        let mut response = reply::page_with(status, template)?;
        if let Some(cookie) = self.cookie.filter(|_| self.fresh) {
            cookies::SESSION.set(response.headers_mut(), cookie);
        }
        Ok(response)
    }
}

impl Failure {
    /// What somebody may not do, or not yet; `back` is where to go once the second factor was proved.
    pub fn denied(denied: Denied, back: &str) -> Self {
        match denied {
            Denied::Right(_) => Self::NotFound,
            Denied::StepUp(_) => Self::StepUp(back.to_owned()),
        }
    }
}

impl From<Denied> for Failure {
    fn from(denied: Denied) -> Self {
        match denied {
            // What somebody may not do is not there for them.
            Denied::Right(_) => Self::NotFound,
            Denied::StepUp(_) => Self::StepUp("/".to_owned()),
        }
    }
}

/// The status of a form's page: 200, or 422 with problems.
pub fn status(problems: &[Problem]) -> StatusCode {
    if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY }
}

/// An instant as pages show it: UTC, to the minute.
pub fn when(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

#[derive(Template)]
#[template(path = "console/failure.html")]
struct FailurePage {
    head: Head,
    text: String,
}

/// The page of a failure.
pub fn failure(site: &Site, failure: &Failure) -> Result<String, Failure> {
    let (title, text) = failure.keys();
    let settings = site.app.settings().unwrap_or_default();
    let head = Head::new(site, settings.as_ref(), SHEET, site.texts.say(title));
    Ok(FailurePage { head, text: site.texts.say(text) }.render()?)
}
