//! How Adyen says no to a call (<https://docs.adyen.com/development-resources/error-codes>).

use serde_json::{Value, json};

use super::super::api::Answer;

/// A call that was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    status: u16,
    body: Value,
}

impl Refused {
    pub(super) fn answer(&self) -> Answer {
        let mut answer = Answer::json(self.status, &self.body);
        if self.body["errorCode"] == "704" {
            answer.headers.push(("transient-error".to_owned(), "true".to_owned()));
        }
        answer
    }
}

fn refused(status: u16, code: &str, kind: &str, message: &str) -> Refused {
    let body = json!({"status": status, "errorCode": code, "message": message, "errorType": kind});
    Refused { status, body }
}

fn validation(code: &str, message: &str) -> Refused {
    refused(422, code, "validation", message)
}

pub(super) fn no_key() -> Refused {
    refused(401, "000", "security", "HTTP Status Response - Unauthorized")
}

pub(super) fn not_allowed() -> Refused {
    refused(403, "010", "security", "Not allowed")
}

pub(super) fn no_such_merchant() -> Refused {
    refused(403, "901", "security", "Invalid Merchant Account")
}

pub(super) fn no_such_url() -> Refused {
    refused(404, "000", "validation", "Not Found")
}

pub(super) fn no_json() -> Refused {
    refused(400, "702", "validation", "Unable to parse message")
}

pub(super) fn unknown_fields(fields: &str) -> Refused {
    refused(400, "702", "validation", &format!("The request contains the following unknown fields: {fields}"))
}

pub(super) fn missing(field: &str) -> Refused {
    let code = if field == "amount" { "100" } else { "130" };
    validation(code, &format!("Required field '{field}' is not provided."))
}

pub(super) fn invalid(field: &str) -> Refused {
    validation("702", &format!("Field '{field}' is not valid."))
}

pub(super) fn wrong_amount() -> Refused {
    validation("137", "Invalid amount specified")
}

pub(super) fn card_number() -> Refused {
    validation("101", "Invalid card number")
}

pub(super) fn card_code() -> Refused {
    validation("103", "CVC is not the right length")
}

pub(super) fn card_expiry() -> Refused {
    validation("129", "Expiry Date Invalid")
}

pub(super) fn no_such_payment() -> Refused {
    validation("167", "Original pspReference required for this operation")
}

/// The key is being worked on, or belongs to another request.
pub(super) fn in_progress() -> Refused {
    validation("704", "request already processed or in progress")
}

/// A failure of Adyen's own.
pub(super) fn own(status: u16) -> Refused {
    refused(status, "000", "internal", "Unknown")
}
