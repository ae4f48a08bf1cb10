//! Standard webhooks, and how Adyen signs their items
//! (<https://docs.adyen.com/development-resources/webhooks/secure-webhooks/verify-hmac-signatures>).

use base64::Engine;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::Sha256;

use super::super::api::{Notice, Signed, Signing};
use super::changes::Went;
use super::{Adyen, MERCHANT};

impl Adyen {
    pub(super) fn tell_of_payment(&mut self, place: usize, success: bool, reason: &str) {
        let payment = &self.payments[place];
        let mut item = item(&payment.psp, &payment.reference, (payment.amount, &payment.currency));
        item["eventCode"] = json!("AUTHORISATION");
        item["success"] = json!(success.to_string());
        item["reason"] = json!(reason);
        item["paymentMethod"] = json!(payment.card.brand);
        item["additionalData"] =
            json!({"cardSummary": payment.card.last_four, "expiryDate": payment.card.expiry});
        if success {
            item["operations"] = json!(["CANCEL", "CAPTURE", "REFUND"]);
        }
        self.events.push(item);
    }

    pub(super) fn tell_of_change(
        &mut self,
        place: usize,
        (psp, reference): (&str, &str),
        (value, currency): &(i64, String),
        went: &Went,
    ) {
        let payment = &self.payments[place];
        let reference = if reference.is_empty() { &payment.reference } else { reference };
        let mut item = item(psp, reference, (*value, currency));
        item["originalReference"] = json!(payment.psp);
        item["eventCode"] = json!(went.event);
        item["success"] = json!(went.success.to_string());
        item["reason"] = json!(went.reason);
        item["paymentMethod"] = json!(payment.card.brand);
        if let Some(action) = went.action {
            item["additionalData"] = json!({"modification.action": action});
        }
        self.events.push(item);
    }

    /// A cancel by a reference under which there is no payment.
    pub(super) fn tell_of_nothing(&mut self, psp: &str, reference: &str) {
        let mut item = item(psp, reference, (0, "EUR"));
        item["eventCode"] = json!("TECHNICAL_CANCEL");
        item["success"] = json!("false");
        item["reason"] = json!("There is no such payment");
        self.events.push(item);
    }
}

fn item(psp: &str, reference: &str, (value, currency): (i64, &str)) -> Value {
    json!({
        "pspReference": psp, "merchantReference": reference, "merchantAccountCode": MERCHANT,
        "amount": {"value": value, "currency": currency}, "eventDate": Timestamp::now().to_string(),
    })
}

/// One notice of these items, not signed yet.
pub(super) fn of(items: &[Value], live: bool) -> Notice {
    let first = &items[0];
    let text = |name: &str| first[name].as_str().unwrap_or_default();
    let wrapped: Vec<_> = items.iter().map(|item| json!({"NotificationRequestItem": item})).collect();
    Notice {
        id: format!("{}:{}", text("eventCode"), text("pspReference")),
        topic: text("eventCode").to_owned(),
        body: json!({"live": live.to_string(), "notificationItems": wrapped}),
    }
}

/// Every item is signed by itself; no time is signed.
pub(super) fn sign(notice: &Notice, secret: &str, signing: &Signing) -> Signed {
    let secret = if signing.wrong { "00".repeat(32) } else { secret.to_owned() };
    let mut body = notice.body.clone();
    for wrapper in body["notificationItems"].as_array_mut().into_iter().flatten() {
        let item = &mut wrapper["NotificationRequestItem"];
        let signature = signature(&secret, item);
        item["additionalData"]["hmacSignature"] = json!(signature);
    }
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    Signed { headers, body: body.to_string().into_bytes() }
}

fn signature(secret: &str, item: &Value) -> String {
    let key: Vec<u8> = secret
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).expect("the secret is hex"))
        .collect();
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let field = |name: &str| if item[name].is_null() { String::new() } else { text(&item[name]) };
    let signed = [
        field("pspReference"),
        field("originalReference"),
        field("merchantAccountCode"),
        field("merchantReference"),
        text(&item["amount"]["value"]),
        text(&item["amount"]["currency"]),
        field("eventCode"),
        field("success"),
    ]
    .join(":");
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(signed.as_bytes());
    base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes())
}
