//! Checkout Sessions in mode `payment` (<https://docs.stripe.com/api/checkout/sessions>): the shopper pays on a
//! page of Stripe's own. The PaymentIntent is made when the shopper pays, not before.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::cards::Method;
use super::errors::{Refused, impossible, invalid, missing_parameter, no_such};
use super::intents::check_currency;
use super::params::{Params, text};
use super::{Done200, Stripe, now};

/// How long a session may live, in seconds.
const LIFE: std::ops::RangeInclusive<i64> = 30 * 60 - 30..=24 * 60 * 60;

#[derive(Debug, Clone)]
pub(super) struct Session {
    pub(super) id: String,
    pub(super) status: &'static str,
    pub(super) intent: Option<String>,
    pub(super) success_url: String,
    pub(super) cancel_url: Option<String>,
    pub(super) amount: i64,
    currency: String,
    lines: Vec<Value>,
    by_hand: bool,
    description: Option<String>,
    intent_metadata: BTreeMap<String, String>,
    metadata: BTreeMap<String, String>,
    client_reference: Option<String>,
    email: Option<String>,
    created: i64,
    expires: i64,
    live: bool,
}

const KNOWN: [&str; 17] = [
    "mode",
    "success_url",
    "cancel_url",
    "expires_at",
    "client_reference_id",
    "customer_email",
    "locale",
    "submit_type",
    "metadata[",
    "line_items[",
    "payment_method_types[]",
    "payment_intent_data[metadata]",
    "payment_intent_data[metadata][",
    "payment_intent_data[capture_method]",
    "payment_intent_data[description]",
    "billing_address_collection",
    "adaptive_pricing[enabled]",
];

impl Stripe {
    pub(super) fn create_session(&mut self, params: &Params) -> Done200 {
        params.only(&KNOWN)?;
        let needed = |name: &str| params.get(name).ok_or_else(|| missing_parameter(name));
        if needed("mode")? != "payment" {
            return Err(invalid("parameter_invalid", "mode", "this double has mode payment only"));
        }
        let success_url = needed("success_url")?.to_owned();
        let cancel_url = params.get("cancel_url").map(str::to_owned);
        for (name, url) in [("success_url", Some(&success_url)), ("cancel_url", cancel_url.as_ref())] {
            if url.is_some_and(|url| !url.starts_with("https://") && !url.starts_with("http://")) {
                return Err(invalid("url_invalid", name, "Not a valid URL"));
            }
        }
        let (lines, currency, amount) = lines(params)?;
        let (now, id) = (now(), self.id(if self.live { "cs_live" } else { "cs_test" }));
        let expires = params.number("expires_at")?.unwrap_or(now + LIFE.end());
        if !LIFE.contains(&(expires - now)) {
            let message = "The `expires_at` timestamp must be between 30 minutes and 24 hours from creation.";
            return Err(invalid("parameter_invalid_integer", "expires_at", message));
        }
        let client_reference = params.get("client_reference_id").map(str::to_owned);
        if client_reference.as_ref().is_some_and(|reference| reference.len() > 200) {
            return Err(invalid("parameter_invalid", "client_reference_id", "at most 200 characters"));
        }
        let session = Session {
            id: id.clone(),
            status: "open",
            intent: None,
            success_url,
            cancel_url,
            amount,
            currency,
            lines,
            by_hand: params.get("payment_intent_data[capture_method]") == Some("manual"),
            description: params.get("payment_intent_data[description]").map(str::to_owned),
            intent_metadata: params.map("payment_intent_data[metadata]"),
            metadata: params.map("metadata"),
            client_reference,
            email: params.get("customer_email").map(str::to_owned),
            created: now,
            expires,
            live: self.live,
        };
        let shown = self.show_session(&session);
        self.sessions.insert(id, session);
        Ok(shown)
    }

    fn session(&self, id: &str) -> Result<&Session, Refused> {
        self.sessions.get(id).ok_or_else(|| no_such("checkout.session", id))
    }

    pub(super) fn read_session(&mut self, id: &str) -> Done200 {
        if self.session(id)?.status == "open" && self.session(id)?.expires <= now() {
            self.end_session(id);
        }
        Ok(self.show_session(self.session(id)?))
    }

    pub(super) fn list_sessions(&self, params: &Params) -> Done200 {
        params.only(&["payment_intent", "limit", "starting_after"])?;
        let fits = |session: &&Session| {
            params.get("payment_intent").is_none_or(|intent| session.intent.as_deref() == Some(intent))
        };
        let all =
            self.sessions.values().rev().filter(fits).map(|session| self.show_session(session)).collect();
        page_of(all, "/v1/checkout/sessions", params)
    }

    pub(super) fn expire_session(&mut self, id: &str) -> Done200 {
        let status = self.session(id)?.status;
        if status != "open" {
            let message = format!(
                "Only Checkout Sessions with a status in [\"open\"] can be expired. This Checkout Session has a \
                 status of `{status}`."
            );
            return Err(impossible(None, &message));
        }
        self.end_session(id);
        Ok(self.show_session(&self.sessions[id]))
    }

    /// Nobody can pay it any more; a payment that was begun in it ends too.
    pub(super) fn end_session(&mut self, id: &str) {
        let session = self.sessions.get_mut(id).unwrap();
        session.status = "expired";
        if let Some(intent) = session.intent.clone() {
            self.end_intent(&intent, "abandoned");
        }
        self.tell("checkout.session.expired", self.show_session(&self.sessions[id]));
    }

    /// The shopper pays with this test token. `false`: the session is not open, or the card was refused.
    pub(super) fn pay_session(&mut self, id: &str, token: &str) -> bool {
        let session = self.sessions[id].clone();
        let method = self.id("pm");
        let Some(method) = Method::of_token(method, token).filter(|_| session.status == "open") else {
            return false;
        };
        self.live = session.live;
        let intent = session.intent.unwrap_or_else(|| {
            let (metadata, about) = (session.intent_metadata, session.description);
            self.new_intent(session.amount, &session.currency, session.by_hand, metadata, about)
        });
        self.sessions.get_mut(id).unwrap().intent = Some(intent.clone());
        // Stripe's own page does 3-D Secure within itself; here the cardholder always succeeds.
        let bank = method.bank.after_proof();
        self.intent_mut(&intent).method = Some(method);
        if self.ask_bank(&intent, bank).is_err() {
            return false;
        }
        self.sessions.get_mut(id).unwrap().status = "complete";
        self.tell("checkout.session.completed", self.show_session(&self.sessions[id]));
        true
    }

    pub(super) fn show_session(&self, session: &Session) -> Value {
        let intent = session.intent.as_ref().map(|intent| &self.intents[intent]);
        let paid = intent.is_some_and(|intent| intent.status == "succeeded");
        let open = session.status == "open";
        json!({
            "id": session.id, "object": "checkout.session", "amount_subtotal": session.amount,
            "amount_total": session.amount, "cancel_url": text(session.cancel_url.as_deref()),
            "client_reference_id": text(session.client_reference.as_deref()), "created": session.created,
            "currency": session.currency, "customer": null, "customer_email": text(session.email.as_deref()),
            "expires_at": session.expires, "livemode": session.live, "locale": null,
            "metadata": session.metadata, "mode": "payment", "payment_intent": session.intent,
            "payment_method_types": ["card"], "payment_status": if paid { "paid" } else { "unpaid" },
            "status": session.status, "success_url": session.success_url, "ui_mode": "hosted",
            "url": open.then(|| format!("{}/pages/checkout/{}", self.endpoint, session.id)),
            "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
            "line_items": {"object": "list", "data": session.lines, "has_more": false},
        })
    }
}

/// The lines, their currency and their sum.
fn lines(params: &Params) -> Result<(Vec<Value>, String, i64), Refused> {
    let (mut lines, mut sum, mut currency) = (Vec::new(), 0_i64, None);
    for key in params.keys("line_items") {
        let name = |field: &str| format!("line_items[{key}]{field}");
        let needed = |field: &str| params.get(&name(field)).ok_or_else(|| missing_parameter(&name(field)));
        let number = |field: &str| {
            params
                .number(&name(field))?
                .filter(|number| *number >= 0)
                .ok_or_else(|| missing_parameter(&name(field)))
        };
        let (quantity, price) = (number("[quantity]")?, number("[price_data][unit_amount]")?);
        let (own, goods) = (needed("[price_data][currency]")?, needed("[price_data][product_data][name]")?);
        check_currency(own)?;
        if currency.get_or_insert(own) != &own {
            return Err(invalid("parameter_invalid", "line_items", "all prices must have the same currency"));
        }
        sum += quantity * price;
        lines.push(json!({
            "object": "item", "quantity": quantity, "amount_total": quantity * price, "currency": own,
            "description": goods, "price": {"unit_amount": price, "currency": own, "type": "one_time"},
        }));
    }
    let currency = currency.ok_or_else(|| missing_parameter("line_items"))?;
    if sum < 1 {
        return Err(invalid("amount_too_small", "line_items", "The total amount must be positive."));
    }
    Ok((lines, currency.to_owned(), sum))
}

/// One page of a list: `limit` (10, at most 100) after `starting_after`.
pub(super) fn page_of(all: Vec<Value>, url: &str, params: &Params) -> Done200 {
    let limit = params.number("limit")?.unwrap_or(10);
    if !(1..=100).contains(&limit) {
        return Err(invalid("parameter_invalid_integer", "limit", "limit is 1 to 100"));
    }
    let from = match params.get("starting_after") {
        Some(id) => all.iter().position(|one| one["id"] == id).ok_or_else(|| no_such("object", id))? + 1,
        None => 0,
    };
    let rest = &all[from..];
    let limit = usize::try_from(limit).unwrap().min(rest.len());
    Ok(json!({"object": "list", "url": url, "has_more": limit < rest.len(), "data": rest[..limit]}))
}
