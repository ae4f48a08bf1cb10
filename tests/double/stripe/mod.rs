//! Stripe's API.

mod intents;

use serde_json::json;

use super::Double;
use super::api::{Answer, Api, Charge, Done, Notice, Request, Signed, Signing};
pub use intents::Intent;

/// Stripe's API and its books.
#[derive(Default)]
pub struct Stripe {
    intents: intents::Intents,
}

impl Double {
    pub fn intents(&self) -> Vec<Intent> {
        self.with(|stripe: &mut Stripe| stripe.intents.all())
    }
}

impl Api for Stripe {
    fn answer(&mut self, request: &Request) -> Answer {
        if !request.header("authorization").is_some_and(|value| value.starts_with("Bearer sk_")) {
            let error = json!({"type": "invalid_request_error", "message": "Invalid API Key provided"});
            return Answer::json(401, &json!({"error": error}));
        }
        let key = request.header("idempotency-key");
        let (status, json) = self.intents.answer(&request.method, &request.path, &request.form(), key);
        Answer::json(status, &json)
    }

    fn fail(&mut self, _: &Request, status: u16, _: Done) -> Answer {
        Answer::json(status, &json!({"error": {"type": "api_error"}}))
    }

    fn echo_wrong_amount(&self, answer: &mut Answer) {
        answer.edit(|json| {
            json["amount"] = json!(1);
            json["amount_received"] = json!(1);
        });
    }

    fn takes_card(&self, request: &Request) -> bool {
        request.path.starts_with("/v1/payment_intents/") && request.path.ends_with("/confirm")
    }

    fn charges(&self) -> Vec<Charge> {
        let of = |charge: intents::Charge| Charge {
            id: charge.id,
            attempt: charge.metadata.get("attempt").cloned().unwrap_or_default(),
            order: charge.metadata.get("order").cloned().unwrap_or_default(),
            amount: charge.amount,
            currency: charge.currency,
            captured: charge.amount,
            refunded: 0,
            voided: false,
            last_four: charge.last_four,
        };
        self.intents.charges().into_iter().map(of).collect()
    }

    fn notices(&mut self) -> Vec<Notice> {
        Vec::new()
    }

    fn sign(&self, notice: &Notice, _: &str, _: &Signing, _: i64) -> Signed {
        Signed { headers: Vec::new(), body: notice.body.to_string().into_bytes() }
    }
}
