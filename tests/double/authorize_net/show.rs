//! Transactions as the vendor shows them.

use serde_json::{Map, Value, json};

use super::books::{Batch, Transaction, Verdict};
use super::money::number;

/// `messages` of a call that was understood.
pub fn ok(code: &str, text: &str) -> Value {
    json!({"resultCode": "Ok", "message": [{"code": code, "text": text}]})
}

/// `messages` of one that was not.
pub fn error(code: &str, text: &str) -> Value {
    json!({"messages": {"resultCode": "Error", "message": [{"code": code, "text": text}]}})
}

/// `createTransactionResponse`.
pub fn verdict(verdict: &Verdict, reference: &str) -> Value {
    let masked =
        if verdict.last_four.is_empty() { String::new() } else { format!("XXXX{}", verdict.last_four) };
    let mut shown = json!({
        "responseCode": verdict.response.to_string(), "authCode": "", "avsResultCode": "P",
        "cvvResultCode": "", "cavvResultCode": "", "transId": verdict.id, "refTransID": verdict.of,
        "transHash": "", "testRequest": "0", "accountNumber": masked, "accountType": verdict.brand,
        "transHashSha2": "", "SupplementalDataQualificationIndicator": 0,
    });
    let reason = verdict.reason.to_string();
    let good = matches!(verdict.response, 1 | 4);
    if good {
        shown["authCode"] = json!("DOUBLE");
        shown["messages"] = json!([{"code": reason, "description": text(verdict.reason)}]);
    } else {
        shown["errors"] = json!([{"errorCode": reason, "errorText": text(verdict.reason)}]);
    }
    let messages = match good {
        true => ok("I00001", "Successful."),
        false => error("E00027", "The transaction was unsuccessful.")["messages"].clone(),
    };
    let mut answer = json!({"transactionResponse": shown, "messages": messages});
    if !reference.is_empty() {
        answer["refId"] = json!(reference);
    }
    answer
}

fn text(reason: u32) -> &'static str {
    match reason {
        1 => "This transaction has been approved.",
        2..=4 => "This transaction has been declined.",
        5 => "A valid amount is required.",
        6 => "The credit card number is invalid.",
        7 => "Credit card expiration date is invalid.",
        8 => "The credit card has expired.",
        11 => "A duplicate transaction has been submitted.",
        16 => "The transaction cannot be found.",
        19 => "An error occurred during processing. Please try again.",
        39 => {
            "The supplied currency code is either invalid, not supported, not allowed for this merchant or doesn't have an exchange rate."
        }
        47 => "The amount requested for settlement cannot be greater than the original amount authorized.",
        54 => "The referenced transaction does not meet the criteria for issuing a credit.",
        55 => "The sum of credits against the referenced transaction would exceed original debit amount.",
        65 => "This transaction has been declined.",
        252 | 253 => "Your order has been received. Thank you for your business!",
        310 => "This transaction has already been voided.",
        311 => "This transaction has already been captured.",
        _ => "An error occurred during processing. Please try again.",
    }
}

/// `transactionDetailsType`.
pub fn details(known: &Transaction, batch: Option<&Batch>) -> Value {
    let response = match known.status.as_str() {
        "declined" => 2,
        "generalError" | "communicationError" => 3,
        "FDSPendingReview" | "FDSAuthorizedPendingReview" => 4,
        _ => 1,
    };
    let mut shown = json!({
        "transId": known.id,
        "submitTimeUTC": known.submitted.to_string(), "submitTimeLocal": known.submitted.to_string(),
        "transactionType": known.kind, "transactionStatus": known.status,
        "responseCode": response, "responseReasonCode": known.reason,
        "responseReasonDescription": text(known.reason), "authCode": "DOUBLE", "AVSResponse": "P",
        "cardCodeResponse": "M",
        "order": {"invoiceNumber": known.invoice, "description": known.description,
            "discountAmount": 0.0, "taxIsAfterDiscount": false},
        "requestedAmount": number(known.requested),
        "authAmount": number(known.granted), "settleAmount": number(known.settle), "taxExempt": false,
        "payment": {"creditCard": {"cardNumber": format!("XXXX{}", known.last_four),
            "expirationDate": "XXXX", "cardType": known.brand}},
        "recurringBilling": false, "product": "Card Not Present", "marketType": "eCommerce",
    });
    if let Some(of) = &known.of {
        shown["refTransId"] = json!(of);
    }
    if let Some(batch) = batch {
        shown["batch"] = self::batch(batch);
    }
    json!({"transaction": shown, "transrefId": known.reference, "messages": ok("I00001", "Successful.")})
}

/// `transactionSummaryType`.
pub fn summary(known: &Transaction) -> Value {
    let mut line = Map::new();
    let mut put = |name: &str, value: Value| drop(line.insert(name.to_owned(), value));
    put("transId", json!(known.id));
    put("submitTimeUTC", json!(known.submitted.to_string()));
    put("submitTimeLocal", json!(known.submitted.to_string()));
    put("transactionStatus", json!(known.status));
    for (name, text) in
        [("invoiceNumber", &known.invoice), ("firstName", &known.names.0), ("lastName", &known.names.1)]
    {
        if !text.is_empty() {
            put(name, json!(text));
        }
    }
    put("accountType", json!(known.brand));
    put("accountNumber", json!(format!("XXXX{}", known.last_four)));
    put("settleAmount", number(known.settle));
    put("marketType", json!("eCommerce"));
    put("product", json!("Card Not Present"));
    put("hasReturnedItemsSpecified", json!(false));
    Value::Object(line)
}

/// `batchDetailsType`.
pub fn batch(batch: &Batch) -> Value {
    json!({
        "batchId": batch.id, "settlementTimeUTC": batch.settled.to_string(), "settlementTimeUTCSpecified": true,
        "settlementTimeLocal": batch.settled.to_string(), "settlementTimeLocalSpecified": true,
        "settlementState": "settledSuccessfully", "paymentMethod": "creditCard", "marketType": "eCommerce",
        "product": "Card Not Present",
    })
}
