//! Pages for a shopper's browser, each with links that a test or a real browser follows.
//!
//! - `/pages/proof/{pi}/{secret}` (3-D Secure): `?ok` or `?fail`, then back to `return_url`.
//! - `/pages/checkout/{cs}`: `?pay` (or `?pay=pm_card_...`), then `success_url`; `?cancel`, then `cancel_url`.

use super::super::api::{Answer, Request};
use super::super::form::encode;
use super::Stripe;
use super::cards::Bank;
use super::intents::{Intent, secret};
use serde_json::json;

impl Stripe {
    pub(super) fn proof_page(&self, intent: &Intent) -> String {
        format!("{}/pages/proof/{}/{}", self.endpoint, intent.id, secret(intent))
    }

    pub(super) fn page(&mut self, request: &Request) -> Answer {
        let asks = |name: &str| request.query.iter().find(|(known, _)| known == name).map(|(_, value)| value);
        match request.parts().as_slice() {
            ["pages", "proof", id, word] => {
                let known = self.intents.get(*id).is_some_and(|intent| secret(intent) == *word);
                match (known, asks("ok"), asks("fail")) {
                    (false, ..) => not_found(),
                    (true, None, None) => links("Is it you?", &[("ok", "It is me"), ("fail", "It is not")]),
                    (true, ok, _) => self.prove(id, ok.is_some()),
                }
            }
            ["pages", "checkout", id] => {
                let Some(session) = self.sessions.get(*id).cloned() else { return not_found() };
                if let Some(token) = asks("pay") {
                    let token = if token.is_empty() { "pm_card_visa" } else { token };
                    if !self.pay_session(id, token) {
                        return Answer::page(402, "<p>That did not work.</p>");
                    }
                    let to = session.success_url.replace("{CHECKOUT_SESSION_ID}", id);
                    return Answer::redirect(&to);
                }
                match (asks("cancel"), session.cancel_url) {
                    (Some(_), Some(url)) => Answer::redirect(&url),
                    _ if session.status != "open" => Answer::page(410, "<p>This page is closed.</p>"),
                    _ => links("Pay", &[("pay", "Pay"), ("cancel", "Back to the shop")]),
                }
            }
            _ => not_found(),
        }
    }

    /// The cardholder has answered; then the bank does. Too late for a payment that waits no more.
    fn prove(&mut self, id: &str, ok: bool) -> Answer {
        let intent = self.intents[id].clone();
        let Some(back) = intent.return_url.clone() else { return not_found() };
        let waits = intent.status == "requires_action";
        let paid = match (waits, ok, intent.method.as_ref()) {
            (true, true, Some(method)) => self.ask_bank(id, method.bank.after_proof()).is_ok(),
            (true, false, Some(method)) => {
                let error = json!({
                    "type": "invalid_request_error", "code": "payment_intent_authentication_failure",
                    "message": "The provided PaymentMethod has failed authentication. You can provide \
                        payment_method_data or a new PaymentMethod to attempt to fulfill this PaymentIntent again.",
                    "payment_method": method.show(),
                });
                self.refuse(id, error);
                false
            }
            _ => matches!(intent.status, "succeeded" | "requires_capture"),
        };
        let join = if back.contains('?') { '&' } else { '?' };
        let status = if paid { "succeeded" } else { "failed" };
        Answer::redirect(&format!(
            "{back}{join}payment_intent={}&payment_intent_client_secret={}&redirect_status={status}",
            encode(id),
            encode(&secret(&intent))
        ))
    }
}

impl Bank {
    /// What it says once the cardholder has shown who they are.
    pub(super) fn after_proof(self) -> Self {
        match self {
            Self::Asks(then) => *then,
            other => other,
        }
    }
}

fn not_found() -> Answer {
    Answer::page(404, "<p>There is no such page.</p>")
}

fn links(title: &str, links: &[(&str, &str)]) -> Answer {
    let links: String =
        links.iter().map(|(to, words)| format!("<p><a href=\"?{to}\">{words}</a></p>")).collect();
    Answer::page(200, &format!("<!doctype html><title>{title}</title><h1>{title}</h1>{links}"))
}
