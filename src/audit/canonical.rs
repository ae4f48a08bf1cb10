//! The one way in which a value is written before it is hashed: RFC 8785 (JSON Canonicalization Scheme), for
//! values without fractions.
//!
//! Keys in the order of their bytes (all of ours are ASCII), no white space, texts with the shortest escapes.
//! Python's `json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)` gives the same.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::store::StoreError;

/// The canonical text of something of ours.
pub(super) fn text(of: &impl Serialize) -> Result<String, StoreError> {
    let value = serde_json::to_value(of)
        .map_err(|error| StoreError::Engine { doing: "write an audit record", reason: error.to_string() })?;
    Ok(of_value(&value))
}

/// The canonical text of a value.
pub(super) fn of_value(value: &Value) -> String {
    let mut out = String::new();
    write(value, &mut out);
    out
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Object(fields) => object(fields, out),
        Value::Array(items) => {
            out.push('[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        // serde_json escapes a text as RFC 8785 wants it, and whole numbers have one form.
        other => out.push_str(&other.to_string()),
    }
}

/// Sorted here, because a map's own order depends on how serde_json was built.
fn object(fields: &Map<String, Value>, out: &mut String) {
    let mut sorted: Vec<_> = fields.iter().collect();
    sorted.sort_by(|a, b| a.0.as_bytes().cmp(b.0.as_bytes()));
    out.push('{');
    for (place, (key, value)) in sorted.into_iter().enumerate() {
        if place > 0 {
            out.push(',');
        }
        out.push_str(&Value::from(key.as_str()).to_string());
        out.push(':');
        write(value, out);
    }
    out.push('}');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_has_one_text_whatever_the_order_of_its_keys() {
        let text =
            "{ \"b\": [1, null, true], \"a\": { \"z\": \"\\u00e9\\n\\u001b\\\"\\u007f/\", \"y\": -7 } }";
        let value: Value = serde_json::from_str(text).unwrap();
        let wanted = "{\"a\":{\"y\":-7,\"z\":\"é\\n\\u001b\\\"\u{7f}/\"},\"b\":[1,null,true]}";
        assert_eq!(of_value(&value), wanted);
    }
}
