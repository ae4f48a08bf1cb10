//! Which gateway takes the cards. A key goes in and never comes out.

use askama::Template;
use axum::body::Body;
use axum::extract::RawQuery;
use axum::http::Request;
use axum::response::{IntoResponse, Redirect, Response};

use super::form::{FORM, Field, Problem};
use super::frame::{Clerk, Frame, status, when};
use crate::action::{self, ChooseGateway, GatewayError};
use crate::base::SecretBytes;
use crate::locale::Texts;
use crate::operator::GatewayChoice;
use crate::web::{Failure, Head, reply};

#[derive(Template)]
#[template(path = "console/gateway.html")]
struct GatewayPage {
    head: Head,
    frame: Frame,
    stripe: bool,
    live: bool,
    /// When the key was set, in words.
    key: String,
    field: Field,
}

/// `GET /settings/gateway`.
pub async fn show(clerk: Clerk, RawQuery(query): RawQuery) -> Result<Response, Failure> {
    draw(&clerk, None, (Vec::new(), query.as_deref() == Some("saved")))
}

/// `POST /settings/gateway`: `gateway` (`test`, `stripe`), `stripe_key`.
pub async fn change(clerk: Clerk, request: Request<Body>) -> Result<Response, Failure> {
    let fields = clerk.form(request, FORM).await?;
    let typed = fields.get("stripe_key").trim();
    let stripe = fields.get("gateway") == "stripe";
    let wish = match fields.get("gateway") {
        "test" => ChooseGateway::Test,
        "stripe" => {
            let key = (!typed.is_empty()).then(|| SecretBytes::new(typed.as_bytes().to_vec()));
            ChooseGateway::Stripe { key }
        }
        _ => {
            let problem = Problem::new("gateway-stripe", clerk.texts().say("gateway-choose"));
            return draw(&clerk, Some(stripe), (vec![problem], false));
        }
    };
    match action::choose_gateway(&clerk.desk.office, &clerk.signed.actor, wish).await {
        Ok(()) => Ok(Redirect::to("/settings/gateway?saved").into_response()),
        Err(error) => {
            let problem = problem(clerk.texts(), error)?;
            draw(&clerk, Some(stripe), (vec![problem], false))
        }
    }
}

fn problem(texts: &Texts, error: GatewayError) -> Result<Problem, Failure> {
    Ok(match error {
        GatewayError::NoKey => Problem::new("stripe_key", texts.say("gateway-no-key")),
        GatewayError::NotAKey => Problem::new("stripe_key", texts.say("gateway-not-a-key")),
        GatewayError::TestKey => Problem::new("stripe_key", texts.say("gateway-test-key")),
        GatewayError::TestEnded => Problem::new("gateway-stripe", texts.say("gateway-test-ended")),
        GatewayError::Unusable(reason) => {
            log::warn!(target: "console", "a gateway cannot be used: {reason}");
            Problem::new("gateway-stripe", texts.say("gateway-unusable"))
        }
        GatewayError::Denied(denied) => return Err(denied.into()),
        GatewayError::NotOpen => return Err(Failure::NotOpen),
        GatewayError::Store(error) => return Err(error.into()),
    })
}

fn draw(
    clerk: &Clerk,
    chosen: Option<bool>,
    (problems, saved): (Vec<Problem>, bool),
) -> Result<Response, Failure> {
    let texts = clerk.texts();
    let state = action::gateway_state(&clerk.desk.office)?;
    let key = match state.stripe_key {
        None => texts.say("gateway-key-none"),
        Some((set, true)) => texts.say_with("gateway-key-live", &[("when", when(set).into())]),
        Some((set, false)) => texts.say_with("gateway-key-test", &[("when", when(set).into())]),
    };
    let field = Field::new("stripe_key", texts.say("gateway-key"))
        .kind("password", "off")
        .hint(texts.say("gateway-key-hint"))
        .with(&problems);
    let (head, mut frame) = clerk.frame(texts.say("gateway-title"), "/settings/gateway");
    frame.problems = problems;
    frame.done = saved.then(|| texts.say("gateway-saved"));
    let stripe = chosen.unwrap_or(state.choice == Some(GatewayChoice::Stripe) || state.live);
    let page = GatewayPage { head, frame, stripe, live: state.live, key, field };
    reply::page_with(status(&page.frame.problems), &page)
}
