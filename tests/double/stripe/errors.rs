//! Refusals in Stripe's shape (<https://docs.stripe.com/api/errors>).

use serde_json::{Value, json};

/// A refusal: status and body.
#[derive(Debug, Clone)]
pub(super) struct Refused {
    pub(super) status: u16,
    pub(super) body: Value,
    /// Whether an endpoint had begun its work: only then is the answer repeated under an idempotency key.
    pub(super) begun: bool,
}

impl Refused {
    fn new(status: u16, begun: bool, error: Value) -> Self {
        Self { status, body: json!({"error": error}), begun }
    }

    pub(super) fn with(mut self, name: &str, value: Value) -> Self {
        self.body["error"][name] = value;
        self
    }
}

/// A parameter that is refused before anything begins.
pub(super) fn invalid(code: &str, param: &str, message: &str) -> Refused {
    let error = json!({"type": "invalid_request_error", "code": code, "param": param, "message": message});
    Refused::new(400, false, error)
}

pub(super) fn missing_parameter(param: &str) -> Refused {
    invalid("parameter_missing", param, &format!("Missing required param: {param}."))
}

pub(super) fn unknown_parameter(param: &str) -> Refused {
    invalid("parameter_unknown", param, &format!("Received unknown parameter: {param}"))
}

/// A request that cannot be done as things stand. Some of these have no code in Stripe's own answers.
pub(super) fn impossible(code: Option<&str>, message: &str) -> Refused {
    let mut error = json!({"type": "invalid_request_error", "message": message});
    if let Some(code) = code {
        error["code"] = json!(code);
    }
    Refused::new(400, true, error)
}

pub(super) fn no_such(kind: &str, id: &str) -> Refused {
    let param = if kind == "checkout.session" { "session" } else { "intent" };
    let error = json!({
        "type": "invalid_request_error", "code": "resource_missing", "param": param,
        "message": format!("No such {kind}: '{id}'"),
    });
    Refused::new(404, true, error)
}

pub(super) fn no_such_url(method: &str, path: &str) -> Refused {
    let message = format!("Unrecognized request URL ({method}: {path}).");
    Refused::new(404, false, json!({"type": "invalid_request_error", "message": message}))
}

pub(super) fn no_key() -> Refused {
    let message = "Invalid API Key provided";
    Refused::new(401, false, json!({"type": "invalid_request_error", "message": message}))
}

/// The same key with another request.
pub(super) fn other_request(message: &str) -> Refused {
    Refused::new(400, false, json!({"type": "idempotency_error", "message": message}))
}

/// The same key while the first request is still being worked at.
pub(super) fn in_use(key: &str) -> Refused {
    let message = format!(
        "There is currently another in-progress request using this Idempotent Key ({key}). Please try again later."
    );
    let error = json!({"type": "idempotency_error", "code": "idempotency_key_in_use", "message": message});
    Refused::new(409, false, error)
}

/// A card that is refused.
pub(super) fn card(error: Value) -> Refused {
    Refused::new(402, true, error)
}

/// Stripe's own failures.
pub(super) fn own(status: u16) -> Value {
    let error = match status {
        429 => json!({
            "type": "invalid_request_error", "code": "rate_limit",
            "message": "Request rate limit exceeded.",
        }),
        _ => {
            json!({"type": "api_error", "message": "Sorry! There was an error while talking to a back end."})
        }
    };
    json!({"error": error})
}
