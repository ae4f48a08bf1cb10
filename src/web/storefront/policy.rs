//! The policy that shoppers read: made from the settings in force, never written by hand.

use askama::Template;
use axum::response::Response;

use super::frame::{Frame, Visit};
use super::product::percent;
use crate::operator::GatewayChoice;
use crate::web::{Failure, Head};

#[derive(Template)]
#[template(path = "storefront/policy.html")]
struct PolicyPage {
    head: Head,
    frame: Frame,
    /// What happens to a card, in order.
    card: Vec<String>,
    /// Name, time and price of each way of delivery.
    delivery: Vec<(String, String, String)>,
    tax: String,
    currency: &'static str,
}

/// `GET /policy`.
pub async fn show(visit: Visit) -> Result<Response, Failure> {
    let texts = visit.texts();
    let to = |gateway: &str| texts.say_with("policy-card-gateway", &[("gateway", gateway.into())]);
    let gateway = match visit.settings.gateway {
        Some(GatewayChoice::Test) => texts.say("policy-card-test"),
        Some(GatewayChoice::Stripe) => to("Stripe"),
        Some(GatewayChoice::AuthorizeNet) => to("Authorize.Net"),
        Some(GatewayChoice::Adyen) => to("Adyen"),
        Some(GatewayChoice::StripeHosted) => texts.say("policy-card-hosted"),
        None => texts.say("policy-card-none"),
    };
    let card = vec![
        gateway,
        texts.say("policy-card-not-stored"),
        texts.say("policy-card-last-four"),
        texts.say("policy-card-no-script"),
        texts.say("policy-card-once"),
    ];
    let ways = visit.settings.shipping.iter();
    let delivery = ways
        .map(|method| (method.name.to_string(), method.estimate.to_string(), method.price.to_string()))
        .collect();
    let rate = percent(u32::from(visit.settings.tax_permille));
    let tax = texts.say_with("policy-prices-text", &[("rate", rate.into())]);
    let currency = visit.settings.currency.code();
    let (head, frame) = visit.frame(texts.say("policy-title"), "/policy");
    visit.page(&PolicyPage { head, frame, card, delivery, tax, currency })
}
