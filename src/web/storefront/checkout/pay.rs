//! Review and pay. The page allows no script at all, and nothing of a card is ever written into it.

use askama::Template;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse, Redirect, Response};

use super::super::field::Field;
use super::super::frame::{Frame, Problem, Visit};
use super::{Step, Summary, answer, buyable, status};
use crate::action::{Basket, payment_under_way};
use crate::base::Token;
use crate::locale::Texts;
use crate::operator::GatewayChoice;
use crate::order::Address;
use crate::web::{Failure, Head, Site, cookies, headers};

#[derive(Template)]
#[template(path = "storefront/checkout_pay.html")]
struct PayPage {
    head: Head,
    frame: Frame,
    csrf: String,
    summary: Summary,
    problems: Vec<Problem>,
    nonce: String,
    version: u64,
    /// The total in minor units: what its payer agrees to.
    agreed: i64,
    email: String,
    address: Vec<String>,
    delivery: Option<(String, String)>,
    /// The card's fields; `None` where the card is typed elsewhere, or nobody takes any.
    card: Option<Vec<Field>>,
    /// Whether the card is typed on the gateway's own page.
    hosted: bool,
    test_gateway: bool,
    total: String,
}

/// `GET /checkout/pay`.
pub async fn show(visit: Visit) -> Result<Response, Failure> {
    if let Some(cart) = visit.cart()
        && let Some(link) = payment_under_way(&visit.site.app, cart)?
    {
        return Ok(Redirect::to(&format!("/order/{link}")).into_response());
    }
    draw(visit, Vec::new())
}

/// `GET /checkout/unkept.css`: a style sheet without styles, which every payment page fetches anew.
///
/// Chromium keeps pages that were left alive for minutes, `no-store` or not, with all that was typed into them,
/// and shows them again at Back; but not if an `HttpOnly` cookie was set while they were shown. This sets one.
pub async fn unkept(State(site): State<Site>) -> Response {
    let mut response = ([(CONTENT_TYPE, "text/css; charset=utf-8")], "").into_response();
    cookies::PAGE.set(response.headers_mut(), Token::random(site.app.random()));
    response
}

/// The page with these problems, its card fields empty, its form under a fresh nonce.
pub(super) fn draw(mut visit: Visit, problems: Vec<Problem>) -> Result<Response, Failure> {
    let basket = match buyable(&visit)? {
        Ok(basket) => basket,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let Some(checkout) = basket.checkout.clone() else {
        return Ok(Redirect::to("/checkout/contact").into_response());
    };
    let step = Step::new(&mut visit, "pay-title", &basket, problems);
    let (page_status, gateway) = (status(&step), visit.site.app.gateway());
    let takes_card = gateway.as_ref().is_some_and(|gateway| gateway.takes_card());
    let page = PayPage {
        nonce: Token::random(visit.site.app.random()).to_string(),
        version: basket.version,
        agreed: basket.totals.total.minor,
        email: checkout.email.to_string(),
        address: address_lines(&checkout.address),
        delivery: delivery(&basket),
        hosted: gateway.as_ref().is_some_and(|gateway| !gateway.takes_card()),
        card: takes_card.then(|| card_fields(visit.texts(), &step.problems)),
        test_gateway: visit.settings.gateway == Some(GatewayChoice::Test),
        total: basket.totals.total.to_string(),
        head: step.head,
        frame: step.frame,
        csrf: step.csrf,
        summary: step.summary,
        problems: step.problems,
    };
    let mut response = answer(&visit, page_status, &page)?;
    let policy: HeaderValue = headers::PAYMENT_POLICY;
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    Ok(response.into_response())
}

fn card_fields(texts: &Texts, problems: &[Problem]) -> Vec<Field> {
    let number = Some("numeric");
    let mut fields = vec![
        Field { keyboard: number, ..Field::new("cc-number", texts.say("pay-card-number"), "cc-number", 40) },
        Field {
            keyboard: number,
            width: "short",
            hint: Some(texts.say("pay-card-expiry-hint")),
            ..Field::new("cc-exp", texts.say("pay-card-expiry"), "cc-exp", 12)
        },
        Field {
            keyboard: number,
            width: "short",
            hint: Some(texts.say("pay-card-code-hint")),
            ..Field::new("cc-csc", texts.say("pay-card-code"), "cc-csc", 8)
        },
        Field::new("cc-name", texts.say("pay-card-holder"), "cc-name", 100),
    ];
    for field in &mut fields {
        field.take_problem(problems);
    }
    fields
}

fn delivery(basket: &Basket) -> Option<(String, String)> {
    basket.shipping.as_ref().map(|method| (method.name.to_string(), method.estimate.to_string()))
}

/// An address as it stands on a parcel.
pub fn address_lines(address: &Address) -> Vec<String> {
    let mut lines = vec![address.name.to_string(), address.street.to_string()];
    lines.extend(address.extra.as_ref().map(|extra| extra.to_string()));
    lines.push(format!("{} {}", address.postal_code, address.city));
    lines.push(address.country.name().to_owned());
    lines
}
