//! Webhooks, and how they are signed (<https://developer.authorize.net/api/reference/features/webhooks.html>).

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::Sha512;

use super::super::api::{Notice, Signed, Signing};
use super::books::Transaction;
use super::money::number;

/// An event about a transaction, without its name, which whoever keeps the books gives it.
pub fn event(topic: &str, known: &Transaction, reference: &str) -> (String, Value) {
    let topic = format!("net.authorize.payment.{topic}");
    let mut payload = json!({
        "responseCode": if topic.ends_with("held") { 4 } else { 1 }, "authCode": "DOUBLE", "avsResponse": "P",
        "authAmount": number(known.granted), "invoiceNumber": known.invoice, "entityName": "transaction",
        "id": known.id,
    });
    if !reference.is_empty() {
        payload["merchantReferenceId"] = json!(reference);
    }
    let body = json!({
        "eventType": topic, "eventDate": Timestamp::now().to_string(),
        "webhookId": "63d6fea2-aa13-4b1d-a204-f5fbc15942b7", "payload": payload,
    });
    (topic, body)
}

/// HMAC-SHA512 over the body; the key is the text that the merchant is shown. No time is signed.
pub fn sign(notice: &Notice, secret: &str, signing: &Signing) -> Signed {
    let body = notice.body.to_string().into_bytes();
    let other = "0123456789ABCDEF".repeat(8);
    let secret = if signing.wrong { other.as_str() } else { secret };
    let mut mac = Hmac::<Sha512>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(&body);
    let digest: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02X}")).collect();
    let headers = [
        ("content-type".to_owned(), "application/json; charset=utf-8".to_owned()),
        ("X-ANET-Signature".to_owned(), format!("sha512={digest}")),
    ];
    Signed { headers: headers.to_vec(), body }
}
