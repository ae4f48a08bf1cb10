//! The gateway's books: PaymentIntents and their charges, with Stripe's states and refusals.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

/// A PaymentIntent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    pub id: String,
    pub amount: i64,
    pub currency: String,
    pub status: String,
    pub metadata: BTreeMap<String, String>,
    pub charge: Option<Charge>,
    pub last_error: Option<(String, String)>,
}

/// Money that moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    pub id: String,
    pub intent: String,
    pub amount: i64,
    pub currency: String,
    pub last_four: String,
    pub metadata: BTreeMap<String, String>,
}

pub type Answer = (u16, Value);
pub type Fields = Vec<(String, String)>;

#[derive(Default)]
pub struct Intents {
    all: BTreeMap<String, Intent>,
    answers: HashMap<String, (String, Answer)>,
    next: u64,
}

fn field<'a>(fields: &'a Fields, name: &str) -> Option<&'a str> {
    fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

fn error(status: u16, kind: &str, code: &str, message: &str) -> Answer {
    (status, json!({"error": {"type": kind, "code": code, "message": message}}))
}

impl Intents {
    pub fn all(&self) -> Vec<Intent> {
        self.all.values().cloned().collect()
    }

    pub fn charges(&self) -> Vec<Charge> {
        self.all.values().filter_map(|intent| intent.charge.clone()).collect()
    }

    /// Answers a request; the second time under the same key with the first time's words.
    pub fn answer(&mut self, method: &str, path: &str, fields: &Fields, key: Option<&str>) -> Answer {
        if let Some(key) = key.filter(|_| method == "POST") {
            if let Some((first, answer)) = self.answers.get(key) {
                if first != path {
                    return error(
                        400,
                        "idempotency_error",
                        "idempotency_key_in_use",
                        "other request, same key",
                    );
                }
                return answer.clone();
            }
            let answer = self.fresh(method, path, fields);
            self.answers.insert(key.to_owned(), (path.to_owned(), answer.clone()));
            return answer;
        }
        self.fresh(method, path, fields)
    }

    fn fresh(&mut self, method: &str, path: &str, fields: &Fields) -> Answer {
        let parts: Vec<_> = path.trim_matches('/').split('/').collect();
        match (method, parts.as_slice()) {
            ("POST", ["v1", "payment_intents"]) => self.create(fields),
            ("GET", ["v1", "payment_intents", id]) => match self.all.get(*id) {
                Some(intent) => (200, show(intent)),
                None => missing(id),
            },
            ("POST", ["v1", "payment_intents", id, "confirm"]) => self.confirm(id, fields),
            ("POST", ["v1", "payment_intents", id, "cancel"]) => self.cancel(id),
            _ => error(404, "invalid_request_error", "resource_missing", "Unrecognized request URL"),
        }
    }

    fn create(&mut self, fields: &Fields) -> Answer {
        let amount = field(fields, "amount")
            .and_then(|amount| amount.parse::<i64>().ok())
            .filter(|amount| *amount > 0);
        let (Some(amount), Some(currency)) = (amount, field(fields, "currency")) else {
            return error(
                400,
                "invalid_request_error",
                "parameter_missing",
                "amount and currency are required",
            );
        };
        if currency.len() != 3 || currency.bytes().any(|letter| !letter.is_ascii_lowercase()) {
            return error(
                400,
                "invalid_request_error",
                "parameter_invalid",
                "currency is three lower-case letters",
            );
        }
        if fields.iter().any(|(name, _)| name.starts_with("payment_method_data")) {
            return error(
                400,
                "invalid_request_error",
                "test_refuses",
                "the shop must not send the card here",
            );
        }
        self.next += 1;
        let id = format!("pi_double{:06}", self.next);
        let metadata = fields
            .iter()
            .filter_map(|(name, value)| {
                Some((name.strip_prefix("metadata[")?.strip_suffix(']')?.to_owned(), value.clone()))
            })
            .collect();
        let intent = Intent {
            id: id.clone(),
            amount,
            currency: currency.to_owned(),
            status: "requires_payment_method".to_owned(),
            metadata,
            charge: None,
            last_error: None,
        };
        let answer = (200, show(&intent));
        self.all.insert(id, intent);
        answer
    }

    fn confirm(&mut self, id: &str, fields: &Fields) -> Answer {
        let Some(intent) = self.all.get_mut(id) else { return missing(id) };
        if !matches!(intent.status.as_str(), "requires_payment_method" | "requires_confirmation") {
            let mut answer =
                error(400, "invalid_request_error", "payment_intent_unexpected_state", "cannot be confirmed");
            answer.1["error"]["payment_intent"] = show(intent);
            return answer;
        }
        let card = |name: &str| field(fields, &format!("payment_method_data[card][{name}]"));
        let (Some(number), Some(_), Some(_), Some(_)) =
            (card("number"), card("exp_month"), card("exp_year"), card("cvc"))
        else {
            return error(
                400,
                "invalid_request_error",
                "parameter_missing",
                "payment_method_data[card] is incomplete",
            );
        };
        let refusal = match number {
            "4000000000000002" => Some(("card_declined", "generic_decline")),
            "4000000000009995" => Some(("card_declined", "insufficient_funds")),
            "4000000000000069" => Some(("expired_card", "expired_card")),
            "4000000000000127" => Some(("incorrect_cvc", "incorrect_cvc")),
            "4000000000000119" => Some(("processing_error", "processing_error")),
            _ => None,
        };
        if let Some((code, decline)) = refusal {
            intent.last_error = Some((code.to_owned(), decline.to_owned()));
            let mut answer = error(402, "card_error", code, "Your card was declined.");
            answer.1["error"]["decline_code"] = json!(decline);
            answer.1["error"]["payment_intent"] = show(intent);
            return answer;
        }
        if number == "4000000000003220" {
            intent.status = "requires_action".to_owned();
            return (200, show(intent));
        }
        self.next += 1;
        intent.status = "succeeded".to_owned();
        intent.charge = Some(Charge {
            id: format!("ch_double{:06}", self.next),
            intent: intent.id.clone(),
            amount: intent.amount,
            currency: intent.currency.clone(),
            last_four: number[number.len() - 4..].to_owned(),
            metadata: intent.metadata.clone(),
        });
        (200, show(intent))
    }

    fn cancel(&mut self, id: &str) -> Answer {
        let Some(intent) = self.all.get_mut(id) else { return missing(id) };
        if matches!(intent.status.as_str(), "succeeded" | "canceled") {
            let mut answer =
                error(400, "invalid_request_error", "payment_intent_unexpected_state", "cannot be canceled");
            answer.1["error"]["payment_intent"] = show(intent);
            return answer;
        }
        intent.status = "canceled".to_owned();
        (200, show(intent))
    }
}

fn missing(id: &str) -> Answer {
    error(404, "invalid_request_error", "resource_missing", &format!("No such payment_intent: '{id}'"))
}

fn show(intent: &Intent) -> Value {
    let charge = intent.charge.as_ref().map(|charge| {
        json!({
            "id": charge.id, "object": "charge", "amount": charge.amount, "currency": charge.currency,
            "captured": true, "paid": true, "payment_intent": intent.id,
            "payment_method_details": {"type": "card", "card": {"brand": "visa", "last4": charge.last_four}},
        })
    });
    let last_error = intent
        .last_error
        .as_ref()
        .map(|(code, decline)| json!({"code": code, "decline_code": decline, "type": "card_error"}));
    // As with `expand[]=payment_method`.
    let method = intent.charge.as_ref().map(
        |charge| json!({"object": "payment_method", "card": {"brand": "visa", "last4": charge.last_four}}),
    );
    json!({
        "payment_method": method,
        "id": intent.id, "object": "payment_intent", "amount": intent.amount,
        "amount_received": if charge.is_some() { intent.amount } else { 0 },
        "currency": intent.currency, "status": intent.status, "metadata": intent.metadata,
        "latest_charge": charge, "last_payment_error": last_error, "livemode": false,
        "capture_method": "automatic", "payment_method_types": ["card"],
    })
}
