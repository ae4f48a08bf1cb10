//! `/payments`, `/payments/details`, and Adyen's page for 3-D Secure.

use serde_json::{Value, json};

use super::super::api::{Answer, Charge, Request};
use super::super::form::encode;
use super::cards::{Bank, Card};
use super::errors::{self, Refused};
use super::{Adyen, Done2xx, amount, checked, own_reference};

/// A payment in Adyen's books.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    pub psp: String,
    pub reference: String,
    pub order: String,
    pub attempt: String,
    pub amount: i64,
    pub currency: String,
    /// Captured by a request of its own.
    pub manual: bool,
    pub authorised: bool,
    pub captured: i64,
    pub refunded: i64,
    pub cancelled: bool,
    /// The shopper is asked, or was not heard of yet.
    pub waits: bool,
    pub(super) card: Card,
    return_url: String,
    /// The last answer that named a result, which is given again.
    result: Option<Value>,
}

const FIELDS: [&str; 16] = [
    "merchantAccount",
    "amount",
    "reference",
    "paymentMethod",
    "returnUrl",
    "redirectFromIssuerMethod",
    "redirectToIssuerMethod",
    "origin",
    "channel",
    "shopperIP",
    "browserInfo",
    "authenticationData",
    "shopperInteraction",
    "captureDelayHours",
    "additionalData",
    "metadata",
];

impl Payment {
    pub(super) fn charge(&self) -> Charge {
        Charge {
            id: self.psp.clone(),
            attempt: self.attempt.clone(),
            order: self.order.clone(),
            amount: self.amount,
            currency: self.currency.clone(),
            captured: self.captured,
            refunded: self.refunded,
            voided: self.cancelled,
            last_four: self.card.last_four.clone(),
        }
    }
}

impl Adyen {
    pub(super) fn pay(&mut self, body: &Value) -> Done2xx {
        checked(body, &FIELDS)?;
        let (value, currency) = amount(body)?;
        let reference = own_reference(body)?;
        for name in ["reference", "returnUrl"] {
            if body[name].as_str().is_none_or(str::is_empty) {
                return Err(errors::missing(name));
            }
        }
        if !body["paymentMethod"].is_object() {
            return Err(errors::missing("paymentMethod"));
        }
        three_d_secure_is_possible(body)?;
        let manual = match (&body["captureDelayHours"], &body["additionalData"]["manualCapture"]) {
            (Value::Null, Value::Null) => false,
            (Value::Null, manual) if *manual == "true" => true,
            (hours, Value::Null) if *hours == 0 => false,
            _ => return Err(errors::invalid("captureDelayHours")),
        };
        for (name, value) in body["metadata"].as_object().into_iter().flatten() {
            if name.len() > 20 || value.as_str().is_none_or(|value| value.len() > 80) {
                return Err(errors::invalid("metadata"));
            }
        }
        let card = Card::read(&body["paymentMethod"])?;
        let noted = |name: &str| body["metadata"][name].as_str().unwrap_or_default().to_owned();
        let payment = Payment {
            psp: self.psp(),
            reference,
            order: noted("order"),
            attempt: noted("attempt"),
            amount: value,
            currency,
            manual,
            authorised: false,
            captured: 0,
            refunded: 0,
            cancelled: false,
            waits: false,
            card,
            return_url: body["returnUrl"].as_str().unwrap_or_default().to_owned(),
            result: None,
        };
        let (place, bank) = (self.payments.len(), payment.card.bank);
        self.payments.push(payment);
        Ok((200, self.decide(place, bank)))
    }

    pub(super) fn details(&mut self, body: &Value) -> Done2xx {
        checked(body, &["details"])?;
        let told = body["details"]["redirectResult"].as_str().ok_or_else(|| errors::missing("details"))?;
        let (psp, word) = told.split_once('!').ok_or_else(|| errors::invalid("redirectResult"))?;
        let place = self.payments.iter().position(|payment| payment.psp == psp);
        let place = place.ok_or_else(|| errors::invalid("redirectResult"))?;
        if !self.payments[place].waits {
            let result = self.payments[place].result.clone();
            return result.map(|result| (200, result)).ok_or_else(|| errors::invalid("redirectResult"));
        }
        self.payments[place].waits = false;
        let bank = match (word, self.payments[place].card.bank) {
            ("ok", Bank::Asks(then)) => *then,
            ("cancel", _) => Bank::Refuses("16", "Shopper Cancelled"),
            _ => Bank::Refuses("11", "3D Not Authenticated"),
        };
        Ok((200, self.decide(place, bank)))
    }

    /// The bank's word becomes an answer and, if it is the last one, a notice.
    pub(super) fn decide(&mut self, place: usize, bank: Bank) -> Value {
        let endpoint = self.endpoint.clone();
        let payment = &mut self.payments[place];
        let base = json!({
            "merchantReference": payment.reference,
            "amount": {"value": payment.amount, "currency": payment.currency},
        });
        let mut answer = base.clone();
        let mut refused = |payment: &Payment, result: &str, code: &str, reason: &str| {
            answer["pspReference"] = json!(payment.psp);
            answer["resultCode"] = json!(result);
            answer["refusalReasonCode"] = json!(code);
            answer["refusalReason"] = json!(reason);
            (answer.clone(), Some((false, reason.to_owned())))
        };
        let (answer, event) = match bank {
            Bank::Pays => {
                payment.authorised = true;
                if !payment.manual {
                    payment.captured = payment.amount;
                }
                let mut answer = base;
                answer["pspReference"] = json!(payment.psp);
                answer["resultCode"] = json!("Authorised");
                answer["paymentMethod"] = json!({"brand": payment.card.brand, "type": "scheme"});
                answer["additionalData"] = json!({"cardSummary": payment.card.last_four});
                let reason = format!("033899:{}:{}", payment.card.last_four, payment.card.expiry);
                (answer, Some((true, reason)))
            }
            Bank::Refuses("16", reason) => refused(payment, "Cancelled", "16", reason),
            Bank::Refuses(code, reason) => refused(payment, "Refused", code, reason),
            Bank::Fails => refused(payment, "Error", "4", "Acquirer Error"),
            Bank::Asks(_) => {
                payment.waits = true;
                let url = format!("{endpoint}/pages/threeDS/{}", payment.psp);
                let action = json!({
                    "type": "redirect", "method": "GET", "paymentMethodType": "scheme", "url": url,
                });
                (json!({"resultCode": "RedirectShopper", "action": action}), None)
            }
            Bank::AsksNatively => {
                payment.waits = true;
                let action = json!({"type": "threeDS2", "subtype": "fingerprint", "token": "eyJ0"});
                (json!({"resultCode": "IdentifyShopper", "action": action}), None)
            }
            Bank::Waits => {
                payment.waits = true;
                let mut answer = base;
                answer["pspReference"] = json!(payment.psp);
                answer["resultCode"] = json!("Pending");
                (answer, None)
            }
        };
        payment.result = event.as_ref().map(|_| answer.clone());
        if let Some((success, reason)) = event {
            self.tell_of_payment(place, success, &reason);
        }
        answer
    }

    /// `?ok`, `?fail` or `?cancel`, then back to the shop. Nothing is decided before the shop asks for it.
    pub(super) fn page(&mut self, request: &Request) -> Answer {
        let parts = request.parts();
        let psp = if let ["pages", "threeDS", psp] = parts.as_slice() { psp } else { "" };
        let Some(payment) = self.payments.iter().find(|payment| payment.psp == psp) else {
            return Answer::page(404, "<p>There is no such page.</p>");
        };
        match request.query.first().map(|(name, _)| name.as_str()) {
            Some(word @ ("ok" | "fail" | "cancel")) => {
                let join = if payment.return_url.contains('?') { '&' } else { '?' };
                let result = encode(&format!("{psp}!{word}"));
                Answer::redirect(&format!("{}{join}redirectResult={result}", payment.return_url))
            }
            _ => Answer::page(
                200,
                "<!doctype html><title>Is it you?</title><h1>Is it you?</h1><p><a href=\"?ok\">It is me</a></p>\
                 <p><a href=\"?fail\">It is not</a></p><p><a href=\"?cancel\">Back to the shop</a></p>",
            ),
        }
    }
}

/// What the redirect for 3-D Secure needs on the web.
fn three_d_secure_is_possible(body: &Value) -> Result<(), Refused> {
    let browser = &body["browserInfo"];
    let told = ["userAgent", "acceptHeader"].iter().all(|name| browser[*name].is_string());
    let address =
        body["shopperIP"].as_str().is_some_and(|address| address.parse::<std::net::IpAddr>().is_ok());
    let redirect = &body["authenticationData"]["threeDSRequestData"]["nativeThreeDS"];
    let origin =
        body["origin"].as_str().is_some_and(|origin| origin.starts_with("https://") && origin.len() <= 80);
    match () {
        () if body["channel"] != "Web" => Err(errors::invalid("channel")),
        () if !told => Err(errors::missing("browserInfo")),
        () if !address => Err(errors::invalid("shopperIP")),
        () if !origin => Err(errors::invalid("origin")),
        () if *redirect != "disabled" => Err(errors::invalid("nativeThreeDS")),
        () => Ok(()),
    }
}
