//! Records as an OTLP request (`ExportLogsServiceRequest`, JSON mapping), and what the answer to one means
//! (OTLP 1.x, "OTLP/HTTP").
//!
//! 64-bit numbers are texts, keys are lowerCamelCase, and an answer's unknown keys are ignored, as the
//! specification says of its JSON.

use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::record::{Record, line};
use super::settings::Sender;
use super::trouble::Trouble;

/// The most bytes of what a collector says of records that it refused.
const MOST_SAID: usize = 200;

/// The request's body.
pub(super) fn body(sender: &Sender, records: &[Record], now: Timestamp) -> Vec<u8> {
    let entries: Vec<_> = records.iter().map(|record| entry(record, now)).collect();
    let request = json!({ "resourceLogs": [{
        "resource": { "attributes": [
            text("service.name", &sender.app),
            text("service.version", &sender.version),
            text("host.name", &sender.host),
            text("cashcow.log", &sender.log),
        ] },
        "scopeLogs": [{ "scope": { "name": "cashcow.audit" }, "logRecords": entries }],
    }] });
    request.to_string().into_bytes()
}

fn entry(record: &Record, now: Timestamp) -> Value {
    let record = record.clone().bounded();
    let (number, name) = record.severity.otlp();
    let mut attributes =
        vec![json!({ "key": "cashcow.number", "value": { "intValue": record.number.to_string() } })];
    attributes.extend(record.fields.iter().map(|(key, value)| text(&format!("cashcow.{key}"), value)));
    json!({
        "timeUnixNano": nanoseconds(record.at),
        "observedTimeUnixNano": nanoseconds(now),
        "severityNumber": number,
        "severityText": name,
        "eventName": format!("cashcow.{}", record.kind),
        "body": { "stringValue": record.text },
        "attributes": attributes,
    })
}

fn text(key: &str, value: &str) -> Value {
    json!({ "key": key, "value": { "stringValue": value } })
}

fn nanoseconds(at: Timestamp) -> String {
    at.as_nanosecond().max(0).to_string()
}

/// What is read of an answer of 200: `ExportLogsServiceResponse`.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Answer {
    partial_success: Option<PartialSuccess>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct PartialSuccess {
    rejected_log_records: Option<Count>,
    error_message: String,
}

/// A 64-bit number is a text in this JSON; a plain number is allowed.
#[derive(Deserialize)]
#[serde(untagged)]
enum Count {
    Text(String),
    Number(i64),
}

/// How many records an answer of 200 refuses for good, and what it says of them. An answer that cannot be read
/// is an acceptance all the same: the status alone decides.
pub(super) fn rejected(body: &[u8]) -> (u64, String) {
    let answer: Answer = serde_json::from_slice(body).unwrap_or_default();
    let Some(partial) = answer.partial_success else { return (0, String::new()) };
    let count = match partial.rejected_log_records {
        Some(Count::Text(text)) => text.parse().unwrap_or(0),
        Some(Count::Number(number)) => u64::try_from(number).unwrap_or(0),
        None => 0,
    };
    (count, line(&partial.error_message, MOST_SAID))
}

/// What a status that is not 200 means. The specification lets 429, 502, 503 and 504 be tried again, and says
/// of a 400 that the same request must not be; a login or an address that is not taken is the operator's to
/// mend, and no record is dropped for it.
pub(super) fn refusal(status: u16, wait: Option<Duration>) -> Trouble {
    match status {
        400 | 413 | 422 => Trouble::Unreadable(status),
        300..400 => Trouble::refused(status, wait, "a redirect, which is not followed"),
        401 | 403 => Trouble::refused(status, wait, "the token is not accepted"),
        404 | 405 => Trouble::refused(status, wait, "nothing takes logs under this path"),
        _ => Trouble::refused(status, wait, ""),
    }
}

/// The wait of a `Retry-After`: seconds, or a date (RFC 9110, 10.2.3); at most `longest`.
pub(super) fn retry_after(value: &str, now: Timestamp, longest: Duration) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds).min(longest));
    }
    let at = jiff::fmt::rfc2822::parse(value).ok()?.timestamp();
    Some(Duration::try_from(at.duration_since(now)).unwrap_or_default().min(longest))
}

#[cfg(test)]
#[path = "otlp_tests.rs"]
mod tests;
