//! PaymentIntents (<https://docs.stripe.com/payments/paymentintents/lifecycle>).

use std::collections::BTreeMap;

use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Value, json};

use super::cards::{Bank, Method, nobody_there};
use super::errors::{Refused, card, impossible, invalid, missing_parameter, no_such};
use super::params::{Params, text};
use super::{Done200, Stripe, now};

/// A PaymentIntent.
#[derive(Debug, Clone, PartialEq)]
pub struct Intent {
    pub id: String,
    pub amount: i64,
    pub currency: String,
    pub status: &'static str,
    pub metadata: BTreeMap<String, String>,
    /// The charge that holds or has taken the money.
    pub charge: Option<String>,
    /// The last one that was tried.
    pub(super) latest_charge: Option<String>,
    pub(super) by_hand: bool,
    pub(super) method: Option<Method>,
    pub(super) last_error: Option<Value>,
    pub(super) return_url: Option<String>,
    pub(super) live: bool,
    pub(super) created: i64,
    description: Option<String>,
    canceled: Option<(i64, String)>,
}

/// What may be said when a payment is confirmed, at once or later.
const CONFIRM: [&str; 8] = [
    "payment_method",
    "payment_method_data[",
    "payment_method_options[card][request_three_d_secure]",
    "return_url",
    "error_on_requires_action",
    "off_session",
    "receipt_email",
    "payment_method_types[]",
];
const CREATE: [&str; 10] = [
    "amount",
    "currency",
    "capture_method",
    "confirmation_method",
    "confirm",
    "description",
    "metadata[",
    "automatic_payment_methods[enabled]",
    "automatic_payment_methods[allow_redirects]",
    "statement_descriptor_suffix",
];

impl Stripe {
    pub(super) fn intent(&self, id: &str) -> Result<&Intent, Refused> {
        self.intents.get(id).ok_or_else(|| no_such("payment_intent", id))
    }

    pub(super) fn intent_mut(&mut self, id: &str) -> &mut Intent {
        self.intents.get_mut(id).unwrap()
    }

    pub(super) fn create_intent(&mut self, params: &Params) -> Done200 {
        params.only(&[&CREATE[..], &CONFIRM[..]].concat())?;
        let amount = params.number("amount")?.ok_or_else(|| missing_parameter("amount"))?;
        let currency = params.get("currency").ok_or_else(|| missing_parameter("currency"))?;
        if !(1..=99_999_999).contains(&amount) {
            return Err(invalid("parameter_invalid_integer", "amount", "This value must be at least 1."));
        }
        check_currency(currency)?;
        let by_hand = match params.get("capture_method") {
            Some("manual") => true,
            None | Some("automatic" | "automatic_async") => false,
            Some(_) => return Err(invalid("parameter_invalid", "capture_method", "Invalid capture_method")),
        };
        if params.list("payment_method_types").iter().any(|kind| *kind != "card") {
            return Err(invalid("parameter_invalid", "payment_method_types", "this double has cards only"));
        }
        if params.get("statement_descriptor_suffix").is_some_and(|suffix| suffix.len() > 22) {
            return Err(invalid("parameter_invalid", "statement_descriptor_suffix", "too long"));
        }
        let description = params.get("description").map(str::to_owned);
        let id = self.new_intent(amount, currency, by_hand, params.map("metadata"), description);
        if params.get("confirm") == Some("true") {
            return self.go_on(&id, params);
        }
        if let Some(method) = self.method(params)? {
            let intent = self.intent_mut(&id);
            intent.method = Some(method);
            intent.status = "requires_confirmation";
        }
        Ok(self.show_intent(&self.intents[&id]))
    }

    /// Writes one that nothing was tried with.
    pub(super) fn new_intent(
        &mut self,
        amount: i64,
        currency: &str,
        by_hand: bool,
        metadata: BTreeMap<String, String>,
        description: Option<String>,
    ) -> String {
        let id = self.id("pi");
        let intent = Intent {
            id: id.clone(),
            amount,
            currency: currency.to_owned(),
            status: "requires_payment_method",
            metadata,
            charge: None,
            latest_charge: None,
            by_hand,
            method: None,
            last_error: None,
            return_url: None,
            live: self.live,
            created: now(),
            description,
            canceled: None,
        };
        self.intents.insert(id.clone(), intent);
        id
    }

    pub(super) fn confirm_intent(&mut self, id: &str, params: &Params) -> Done200 {
        params.only(&CONFIRM)?;
        let status = self.intent(id)?.status;
        if !matches!(status, "requires_payment_method" | "requires_confirmation" | "requires_action") {
            return Err(self.unexpected(id, "confirm"));
        }
        self.go_on(id, params)
    }

    fn go_on(&mut self, id: &str, params: &Params) -> Done200 {
        let method = self.method(params)?;
        let intent = self.intent_mut(id);
        intent.method = method.or(intent.method.take());
        if intent.method.is_none() {
            return Err(impossible(
                Some("payment_intent_unexpected_state"),
                "You cannot confirm this PaymentIntent because it's missing a payment method.",
            ));
        }
        intent.return_url = params.get("return_url").map(str::to_owned).or(intent.return_url.take());
        if let Some(url) = intent.return_url.as_deref().filter(|url| !url.contains("://")) {
            return Err(invalid("url_invalid", "return_url", &format!("Not a valid URL: {url}")));
        }
        let asks = matches!(intent.method.as_ref().map(|method| method.bank), Some(Bank::Asks(_)));
        let nobody = params.get("error_on_requires_action") == Some("true");
        if asks && nobody {
            let refused = nobody_there(intent.method.as_ref().unwrap());
            return Err(self.refuse(id, refused.body["error"].clone()));
        }
        if asks {
            let intent = self.intent_mut(id);
            intent.status = "requires_action";
            intent.last_error = None;
            self.tell_of_intent("payment_intent.requires_action", id);
            return Ok(self.show_intent(&self.intents[id]));
        }
        let bank = self.intents[id].method.as_ref().unwrap().bank;
        self.ask_bank(id, bank)
    }

    /// The bank decides; a cardholder who had to show up has done so.
    pub(super) fn ask_bank(&mut self, id: &str, bank: Bank) -> Done200 {
        let charge = self.place_charge(id, !matches!(bank, Bank::Refuses(_)));
        self.intent_mut(id).latest_charge = Some(charge.clone());
        if let Bank::Refuses(refusal) = bank {
            let error = refusal.error(&charge, self.intents[id].method.as_ref().unwrap());
            return Err(self.refuse(id, error));
        }
        let intent = self.intent_mut(id);
        intent.charge = Some(charge);
        intent.last_error = None;
        intent.status = if intent.by_hand { "requires_capture" } else { "succeeded" };
        let topic = if intent.by_hand {
            "payment_intent.amount_capturable_updated"
        } else {
            "payment_intent.succeeded"
        };
        self.tell_of_intent(topic, id);
        Ok(self.show_intent(&self.intents[id]))
    }

    /// The payment waits for another card, and the error stays with it.
    pub(super) fn refuse(&mut self, id: &str, error: Value) -> Refused {
        let intent = self.intent_mut(id);
        intent.status = "requires_payment_method";
        intent.last_error = Some(error.clone());
        intent.method = None;
        self.tell_of_intent("payment_intent.payment_failed", id);
        card(error).with("payment_intent", self.show_intent(&self.intents[id]))
    }

    fn method(&mut self, params: &Params) -> Result<Option<Method>, Refused> {
        let today = Timestamp::now().to_zoned(TimeZone::UTC);
        let (id, live) = (self.id("pm"), self.live);
        Method::read(params, id, (i64::from(today.year()), i64::from(today.month())), live)
    }

    pub(super) fn capture_intent(&mut self, id: &str, params: &Params) -> Done200 {
        params.only(&["amount_to_capture", "metadata["])?;
        let (status, amount) = self.intent(id).map(|intent| (intent.status, intent.amount))?;
        if status != "requires_capture" {
            return Err(self.unexpected(id, "capture"));
        }
        let wanted = params.number("amount_to_capture")?.unwrap_or(amount);
        if wanted > amount {
            let message = "The specified amount is greater than the amount that can be captured.";
            return Err(
                impossible(Some("amount_too_large"), message).with("param", json!("amount_to_capture"))
            );
        }
        if wanted < 1 {
            return Err(invalid(
                "parameter_invalid_integer",
                "amount_to_capture",
                "This value must be at least 1.",
            ));
        }
        self.capture_charge(id, wanted);
        self.intent_mut(id).status = "succeeded";
        self.tell_of_intent("payment_intent.succeeded", id);
        Ok(self.show_intent(&self.intents[id]))
    }

    pub(super) fn cancel_intent(&mut self, id: &str, params: &Params) -> Done200 {
        params.only(&["cancellation_reason"])?;
        let reason = params.get("cancellation_reason").unwrap_or("requested_by_customer");
        if !["duplicate", "fraudulent", "requested_by_customer", "abandoned"].contains(&reason) {
            return Err(invalid("parameter_invalid", "cancellation_reason", "Invalid cancellation_reason"));
        }
        if matches!(self.intent(id)?.status, "succeeded" | "canceled" | "processing") {
            return Err(self.unexpected(id, "cancel"));
        }
        self.end_intent(id, reason);
        Ok(self.show_intent(&self.intents[id]))
    }

    /// Ends a payment; money that is held is let go.
    pub(super) fn end_intent(&mut self, id: &str, reason: &str) {
        self.release_charge(id);
        let intent = self.intent_mut(id);
        intent.status = "canceled";
        intent.canceled = Some((now(), reason.to_owned()));
        self.tell_of_intent("payment_intent.canceled", id);
    }

    fn unexpected(&self, id: &str, doing: &str) -> Refused {
        let intent = &self.intents[id];
        let message =
            format!("You cannot {doing} this PaymentIntent because it has a status of {}.", intent.status);
        impossible(Some("payment_intent_unexpected_state"), &message)
            .with("payment_intent", self.show_intent(intent))
    }

    pub(super) fn show_intent(&self, intent: &Intent) -> Value {
        let charge = intent.charge.as_ref().map(|charge| &self.charges[charge]);
        let capturable = if intent.status == "requires_capture" { intent.amount } else { 0 };
        let received = charge.map_or(0, |charge| charge.captured);
        let mut shown = json!({
            "id": intent.id, "object": "payment_intent", "amount": intent.amount,
            "amount_capturable": capturable, "amount_received": received, "application": null,
            "automatic_payment_methods": null, "canceled_at": intent.canceled.as_ref().map(|end| end.0),
            "cancellation_reason": intent.canceled.as_ref().map(|end| end.1.as_str()),
            "capture_method": if intent.by_hand { "manual" } else { "automatic" },
            "client_secret": secret(intent), "confirmation_method": "automatic", "created": intent.created,
            "currency": intent.currency, "customer": null, "description": text(intent.description.as_deref()),
            "last_payment_error": intent.last_error, "latest_charge": intent.latest_charge,
            "livemode": intent.live, "metadata": intent.metadata, "next_action": null,
            "payment_method": intent.method.as_ref().map(|method| method.id.as_str()),
            "payment_method_types": ["card"], "processing": null, "receipt_email": null,
            "setup_future_usage": null, "shipping": null, "status": intent.status,
        });
        if intent.status == "requires_action" {
            shown["next_action"] = match &intent.return_url {
                Some(back) => json!({
                    "type": "redirect_to_url",
                    "redirect_to_url": {"url": self.proof_page(intent), "return_url": back},
                }),
                None => {
                    json!({"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}})
                }
            };
        }
        shown
    }
}

/// What a shopper's browser may know of a payment.
pub(super) fn secret(intent: &Intent) -> String {
    format!("{}_secret_{}", intent.id, intent.created)
}

pub(super) fn check_currency(currency: &str) -> Result<(), Refused> {
    let three = currency.len() == 3 && currency.bytes().all(|letter| letter.is_ascii_lowercase());
    let message = "currency is three lower-case letters";
    if three { Ok(()) } else { Err(invalid("parameter_invalid", "currency", message)) }
}
