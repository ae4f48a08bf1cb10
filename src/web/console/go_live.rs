//! Going live: the page says what ends, and takes a typed confirmation.

use askama::Template;
use axum::body::Body;
use axum::http::Request;
use axum::response::{IntoResponse, Redirect, Response};
use zeroize::Zeroizing;

use super::form::{FORM, Field, Problem};
use super::frame::{Clerk, Frame, status, when};
use crate::action::{self, GoLive, GoLiveError, Missing};
use crate::web::{Failure, Head, reply};

#[derive(Template)]
#[template(path = "console/go_live.html")]
struct GoLivePage {
    head: Head,
    frame: Frame,
    /// Since when it is live, in words.
    since: Option<String>,
    missing: Vec<(String, &'static str)>,
    demo_goods: usize,
    fields: Vec<Field>,
}

/// `GET /go-live`.
pub async fn show(clerk: Clerk) -> Result<Response, Failure> {
    draw(&clerk, "", Vec::new())
}

/// `POST /go-live`: `shop`, `recovery_key`.
pub async fn go(clerk: Clerk, request: Request<Body>) -> Result<Response, Failure> {
    let fields = clerk.form(request, FORM).await?;
    let typed = GoLive {
        shop: fields.get("shop").to_owned(),
        recovery_key: Zeroizing::new(fields.get("recovery_key").to_owned()),
    };
    let texts = clerk.texts();
    let problem = match action::go_live(&clerk.desk.office, &clerk.signed.actor, typed).await {
        Ok(_) | Err(GoLiveError::Already) => return Ok(Redirect::to("/go-live").into_response()),
        Err(GoLiveError::WrongName) => Problem::new("shop", texts.say("live-name-wrong")),
        Err(GoLiveError::WrongKey) => Problem::new("recovery_key", texts.say("live-key-wrong")),
        Err(GoLiveError::NotReady(_)) => Problem::new("missing", texts.say("live-not-ready")),
        Err(GoLiveError::Denied(denied)) => return Err(denied.into()),
        Err(GoLiveError::NotOpen) => return Err(Failure::NotOpen),
        Err(GoLiveError::Store(error)) => return Err(error.into()),
    };
    draw(&clerk, fields.get("shop"), vec![problem])
}

fn draw(clerk: &Clerk, shop: &str, problems: Vec<Problem>) -> Result<Response, Failure> {
    let texts = clerk.texts();
    let office = &clerk.desk.office;
    let missing = action::missing_for_live(office)?.into_iter().map(|missing| match missing {
        Missing::Gateway => (texts.say("live-needs-gateway"), "/settings/gateway"),
        Missing::LiveAccount => (texts.say("live-needs-live-account"), "/settings/gateway"),
        Missing::RecoveryKey => (texts.say("live-needs-recovery-key"), "/setup/recovery-key"),
    });
    let name = clerk.settings.name.to_string();
    let mut fields = vec![
        Field::new("shop", texts.say_with("live-shop", &[("name", name.into())])).value(shop).with(&problems),
    ];
    if action::asks_for_recovery_key(office)? {
        let field = Field::new("recovery_key", texts.say("live-recovery-key"));
        fields.push(field.hint(texts.say("live-recovery-key-hint")).with(&problems));
    }
    let since = clerk.settings.live_since;
    let since = since.map(|since| texts.say_with("live-since", &[("when", when(since).into())]));
    let catalog = clerk.desk.site.app.catalog();
    let demo_goods = catalog.all().iter().filter(|product| product.demo).count();
    let (head, mut frame) = clerk.frame(texts.say("live-title"), "/go-live");
    frame.problems = problems;
    let page = GoLivePage { since, missing: missing.collect(), demo_goods, fields, head, frame };
    reply::page_with(status(&page.frame.problems), &page)
}
