//! Answers that quote a card's number, as careless systems behind a gateway do.

use serde_json::{Value, json};

use super::api::Answer;

/// What vendors write for people.
const WORDS: [&str; 10] = [
    "message",
    "text",
    "description",
    "errorText",
    "refusalReason",
    "reason",
    "doc_url",
    "responseReasonDescription",
    "resultCodeText",
    "statement_descriptor",
];

/// In texts for people, and where nobody looks; the answer stays good.
pub(super) fn in_words(answer: &mut Answer, number: u64) {
    answer.edit(|json| add_words(json, number));
    told_in_headers(answer, number);
}

/// In every text, whatever it is for, and for every sum.
pub(super) fn everywhere(answer: &mut Answer, number: u64) {
    answer.edit(|json| replace(json, number));
    told_in_headers(answer, number);
}

fn told_in_headers(answer: &mut Answer, number: u64) {
    for name in ["request-id", "x-quoted"] {
        answer.headers.retain(|(known, _)| known != name);
        answer.headers.push((name.to_owned(), format!("req_{number}")));
    }
    if serde_json::from_slice::<Value>(answer.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&answer.body))
        .is_err()
    {
        answer.body.extend(format!(" {number}").bytes());
    }
}

fn add_words(value: &mut Value, number: u64) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| add_words(item, number)),
        Value::Object(fields) => {
            for (name, value) in fields.iter_mut() {
                match value {
                    Value::String(url) if name == "url" && url.starts_with("https:") => {
                        url.push_str(&format!("?n={number}"));
                    }
                    Value::String(text) if WORDS.contains(&name.as_str()) || text.contains(' ') => {
                        text.push_str(&format!(": {number}"));
                    }
                    _ => add_words(value, number),
                }
            }
            fields.insert("quoted".to_owned(), json!({"cardNumber": number.to_string(), "number": number}));
            fields.insert(number.to_string(), json!(number.to_string()));
        }
        _ => {}
    }
}

fn replace(value: &mut Value, number: u64) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, number)),
        Value::Object(fields) => fields.values_mut().for_each(|field| replace(field, number)),
        Value::String(text) if text.contains(' ') => *text = format!("{number}: {text}"),
        Value::String(text) => text.push_str(&format!("_{number}")),
        Value::Number(_) => *value = json!(number),
        _ => {}
    }
}
