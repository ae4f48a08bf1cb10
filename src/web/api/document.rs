//! The OpenAPI document: its head, and what every operation has in common.

use serde_json::{Map, Value, json};
use utoipa::OpenApi;

use super::problem::{Fault, ProblemBody};
use crate::staff::Right;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "CashCowCart Appliance",
        description = "What the console can do, for programs. Begin with docs/API.md: tokens, errors, limits.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    components(schemas(ProblemBody, Fault))
)]
struct Head;

/// The document before there is an operation in it.
pub fn head() -> utoipa::openapi::OpenApi {
    Head::openapi()
}

/// The refusals that an operation can answer with: status and what it means.
const REFUSALS: [(u16, &str); 12] = [
    (400, "The request cannot be read, or holds what could be a card's number"),
    (401, "No token, or one that opens nothing"),
    (403, "The token lacks the right, the second factor must be proved again, or the source is not allowed"),
    (404, "There is nothing of that name"),
    (405, "The address does not take this method"),
    (409, "It does not fit what stands there now"),
    (413, "The body is larger than the limit"),
    (415, "The body is of another kind"),
    (422, "Fields cannot be taken; each is named with its cure"),
    (429, "Too often; Retry-After says for how many seconds to wait"),
    (500, "Something failed on the machine"),
    (503, "Busy, or the shop is not set up yet"),
];

/// Puts in what follows from the code: whether a right needs the second factor, who is let in, and the
/// refusals. The parts are put in here so that no handler can forget them.
pub fn finish(openapi: utoipa::openapi::OpenApi) -> Value {
    // A document of our own types always has a JSON form; an empty one lets nobody in.
    let mut document = serde_json::to_value(openapi).unwrap_or_else(|_| json!({}));
    let bearer = json!({
        "bearer": { "type": "http", "scheme": "bearer", "description": "A token of a person (cct_...), or a session's (ccs_...)" }
    });
    for (part, key, value) in [
        ("/info", "version", json!("1")),
        ("", "servers", json!([{ "url": "/" }])),
        ("/components", "securitySchemes", bearer),
    ] {
        if let Some(part) = document.pointer_mut(part).and_then(Value::as_object_mut) {
            part.insert(key.to_owned(), value);
        }
    }
    let paths = document.pointer_mut("/paths").and_then(Value::as_object_mut);
    for (path, item) in paths.into_iter().flatten() {
        for (method, operation) in item.as_object_mut().into_iter().flatten() {
            let Some(operation) = operation.as_object_mut() else { continue };
            // Handlers of different resources have the same names; addresses do not.
            let words = path.split(['/', '{', '}', '.']).filter(|word| !["", "api", "v1"].contains(word));
            let name = words.fold(method.clone(), |name, word| format!("{name}-{word}"));
            operation.insert("operationId".to_owned(), json!(name));
            finish_operation(operation);
        }
    }
    document
}

fn finish_operation(operation: &mut Map<String, Value>) {
    let right = operation.get("x-right").and_then(Value::as_str).unwrap_or_default().to_owned();
    let open = right == "anyone";
    let asked = operation.get("x-step-up").and_then(Value::as_bool).unwrap_or_default();
    let step_up = asked || Right::of_name(&right).is_some_and(Right::needs_step_up);
    operation.insert("x-step-up".to_owned(), json!(step_up));
    operation.insert("security".to_owned(), if open { json!([]) } else { json!([{ "bearer": [] }]) });
    let takes_body = operation.contains_key("requestBody");
    let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else { return };
    for (status, meaning) in REFUSALS {
        let fits = match status {
            409 | 413 | 415 => takes_body || status == 409,
            _ => true,
        };
        if !fits || responses.contains_key(&status.to_string()) {
            continue;
        }
        let mut response = json!({
            "description": meaning,
            "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } }
        });
        if let Some(response) = response.as_object_mut().filter(|_| status == 429) {
            let wait = json!({ "Retry-After": { "schema": { "type": "integer" }, "required": true } });
            response.insert("headers".to_owned(), wait);
        }
        responses.insert(status.to_string(), response);
    }
}
