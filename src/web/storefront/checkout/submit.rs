//! The payment form as it arrives. The card lives in the form's own wiped buffer, then in a `Card`, and is
//! handed on; no page, log or error of this file holds any of it.

use std::net::IpAddr;

use axum::Extension;
use axum::body::Body;
use axum::http::header::{ACCEPT, HOST, RETRY_AFTER, USER_AGENT};
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};

use jiff::SignedDuration;

use super::super::cart;
use super::super::frame::{Problem, Visit};
use super::pay;
use crate::action::{Browser, Means, PlaceError, PlaceOrder, Placed, place_order};
use crate::base::{Money, Token};
use crate::locale::Texts;
use crate::payment::{Card, CardError, CardField};
use crate::web::{Failure, Fields, FormError, Peer, cookies};

/// The `id` of the card's fieldset, for problems of the card as a whole.
const CARD: &str = "card";

/// `POST /checkout/pay`.
pub async fn submit(
    visit: Visit,
    Extension(Peer(peer)): Extension<Peer>,
    request: Request<Body>,
) -> Result<Response, Failure> {
    let browser = browser(request.headers(), request.uri(), peer.ip());
    let (fields, cart) = visit.form(request).await?;
    let number = |name| fields.get(name).parse::<i64>().map_err(|_| FormError::Encoding);
    let nonce = fields.get("nonce").parse::<Token>().map_err(|_| FormError::Encoding)?;
    let cart_version = u64::try_from(number("cart_version")?).map_err(|_| FormError::Encoding)?;
    let agreed = Money::new(number("agreed")?, visit.settings.currency);
    let takes_card = visit.site.app.gateway().is_none_or(|gateway| gateway.takes_card());
    let means = match takes_card.then(|| read_card(&visit, &fields)).transpose() {
        Ok(card) => card.map_or(Means::Hosted, Means::Card),
        Err(errors) => {
            let problems = errors.into_iter().map(|error| problem(visit.texts(), error)).collect();
            return pay::draw(visit, problems);
        }
    };
    // Wiped before anything waits.
    drop(fields);
    let order = PlaceOrder { cart, cart_version, agreed, nonce, means, browser };
    match place_order(&visit.site.app, order).await {
        Ok(Placed::Paid { link }) => {
            let mut response = Redirect::to(&format!("/order/{link}")).into_response();
            cookies::CART.clear(response.headers_mut());
            Ok(response)
        }
        Ok(Placed::Waiting { link } | Placed::Action { link }) => {
            Ok(Redirect::to(&format!("/order/{link}")).into_response())
        }
        Ok(Placed::Declined { reason, .. }) => {
            let text = visit.texts().say(reason.key());
            again(visit, text)
        }
        Err(error) => refused(visit, error),
    }
}

/// What the request says of the browser that sent it. Its `Host` names the shop as the shopper knows it; who
/// lies there only misleads the own browser.
fn browser(headers: &HeaderMap, uri: &Uri, address: IpAddr) -> Browser {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let host = uri.authority().map_or_else(|| text(HOST), |authority| authority.as_str());
    Browser {
        origin: format!("https://{host}"),
        address,
        user_agent: text(USER_AGENT).to_owned(),
        accept: text(ACCEPT).to_owned(),
    }
}

fn read_card(visit: &Visit, fields: &Fields) -> Result<Card, Vec<CardError>> {
    let now = visit.site.app.clock().now();
    let typed = |name| fields.get(name);
    Card::parse(typed("cc-number"), typed("cc-exp"), typed("cc-csc"), typed("cc-name"), now)
}

fn problem(texts: &Texts, error: CardError) -> Problem {
    let field = match error.field {
        CardField::Number => "cc-number",
        CardField::Expiry => "cc-exp",
        CardField::Code => "cc-csc",
        CardField::Holder => "cc-name",
    };
    Problem { field: field.to_owned(), text: texts.say(error.key) }
}

fn again(visit: Visit, text: String) -> Result<Response, Failure> {
    pay::draw(visit, vec![Problem { field: CARD.to_owned(), text }])
}

/// No payment was begun: says why, where it can be mended.
fn refused(visit: Visit, error: PlaceError) -> Result<Response, Failure> {
    let texts = visit.texts();
    let text = match error {
        PlaceError::NoCart | PlaceError::CartEmpty => return Ok(Redirect::to("/cart").into_response()),
        PlaceError::NoDetails => return Ok(Redirect::to("/checkout/contact").into_response()),
        PlaceError::OutOfStock { title, available, .. } => {
            let text = match available {
                0 => texts.say_with("pay-sold-out", &[("title", title.into())]),
                _ => texts.say_with("pay-fewer", &[("title", title.into()), ("available", available.into())]),
            };
            return cart::draw(visit, None, vec![Problem { field: "lines".to_owned(), text }], None);
        }
        PlaceError::CartChanged => texts.say("pay-cart-changed"),
        PlaceError::PriceChanged { now } => {
            texts.say_with("pay-price-changed", &[("now", now.to_string().into())])
        }
        PlaceError::GatewayChanged => texts.say("pay-gateway-changed"),
        PlaceError::NoGateway => texts.say("pay-no-gateway"),
        PlaceError::TooMany => texts.say("pay-too-many"),
        PlaceError::TooManyTries { retry_after } => return slow_down(visit, retry_after),
        PlaceError::TestCard => texts.say("pay-test-card"),
        PlaceError::RealCard => texts.say("pay-real-card"),
        PlaceError::Sum(error) => return Err(error.into()),
        PlaceError::Store(error) => return Err(error.into()),
    };
    again(visit, text)
}

/// The page again, under 429.
fn slow_down(visit: Visit, wait: SignedDuration) -> Result<Response, Failure> {
    let seconds = wait.as_secs().max(1);
    let minutes = seconds.saturating_add(59) / 60;
    let text = visit.texts().say_with("pay-too-many-tries", &[("minutes", minutes.into())]);
    let mut response = again(visit, text)?;
    // A cart that cannot be bought any more leads elsewhere instead.
    if !response.status().is_redirection() {
        *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    Ok(response)
}
