//! Events, and how Stripe signs them (<https://docs.stripe.com/webhooks#verify-manually>).

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::super::api::{Notice, Signed, Signing};
use super::errors::no_such;
use super::{Done200, Stripe, VERSION, now};

impl Stripe {
    /// Something happened to this object, as it stands now.
    pub(super) fn tell(&mut self, topic: &str, object: Value) {
        let event = json!({
            "id": self.id("evt"), "object": "event", "api_version": VERSION, "created": now(),
            "data": {"object": object}, "livemode": self.live, "pending_webhooks": 1,
            "request": {"id": null, "idempotency_key": null}, "type": topic,
        });
        self.events.push(event);
    }

    pub(super) fn tell_of_intent(&mut self, topic: &str, id: &str) {
        let shown = self.show_intent(&self.intents[id]);
        self.tell(topic, shown);
    }

    pub(super) fn read_event(&self, id: &str) -> Done200 {
        self.events.iter().find(|event| event["id"] == id).cloned().ok_or_else(|| no_such("event", id))
    }
}

pub(super) fn sign(notice: &Notice, secret: &str, signing: &Signing, now: i64) -> Signed {
    let body = notice.body.to_string().into_bytes();
    let time = now - signing.old;
    let secret = if signing.wrong { "whsec_of_somebody_else" } else { secret };
    let mut header = format!("t={time}");
    // The old secret's signature comes first, so that a shop that reads one only is found out.
    for secret in signing.also.iter().map(String::as_str).chain([secret]) {
        header.push_str(&format!(",v1={}", signature(secret, time, &body)));
    }
    // An older scheme, which must be ignored.
    header.push_str(&format!(",v0={}", "0".repeat(64)));
    let headers = [("content-type", "application/json; charset=utf-8"), ("stripe-signature", &header)];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    Signed { headers, body }
}

fn signature(secret: &str, time: i64, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{time}.").as_bytes());
    mac.update(body);
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}
