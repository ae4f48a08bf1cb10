//! JSON that came: within limits, of known fields only, without a card's number.

use axum::body::Body;
use axum::extract::FromRequest;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Request};
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::error::Category;

use super::Api;
use super::problem::{Fault, Kind, Problem};
use crate::locale::Texts;
use crate::payment::looks_like_card_number;
use crate::web::form::{FormError, gather};

/// The most bytes of a body.
pub const MOST_BODY: usize = 128 * 1024;
/// The most bytes of a body that brings a certificate with its key.
pub const MOST_PEM_BODY: usize = 256 * 1024;
/// The deepest that lists and objects stand in each other.
pub const DEEPEST: usize = 16;
/// Fields that are proofs or files and may by chance hold what looks like a card's number. None of them is ever
/// shown, and each is checked by the rule of what it is for.
const SPARED: [&str; 9] =
    ["password", "old_password", "code", "claim", "link", "chain", "private_key", "root", "recovery_key"];

/// The body of a request, at most [`MOST_BODY`] bytes.
pub struct Sent<T>(pub T);

/// The body of a request that brings a certificate, at most [`MOST_PEM_BODY`] bytes.
pub struct SentPem<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Api> for Sent<T> {
    type Rejection = Problem;

    async fn from_request(request: Request<Body>, api: &Api) -> Result<Self, Problem> {
        read(request, api, MOST_BODY).await.map(Self)
    }
}

impl<T: DeserializeOwned> FromRequest<Api> for SentPem<T> {
    type Rejection = Problem;

    async fn from_request(request: Request<Body>, api: &Api) -> Result<Self, Problem> {
        read(request, api, MOST_PEM_BODY).await.map(Self)
    }
}

async fn read<T: DeserializeOwned>(request: Request<Body>, api: &Api, most: usize) -> Result<T, Problem> {
    let (parts, body) = request.into_parts();
    if !is_json(&parts.headers) {
        return Err(FormError::NotAForm.into());
    }
    parse(&api.site.texts, &gather(body, most).await?)
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
}

fn parse<T: DeserializeOwned>(texts: &Texts, body: &[u8]) -> Result<T, Problem> {
    if depth(body) > DEEPEST {
        return Err(Problem::of(Kind::Malformed));
    }
    let whole: Value = serde_json::from_slice(body).map_err(|_| Problem::of(Kind::Malformed))?;
    let mut cards = Vec::new();
    find_cards(texts, &whole, String::new(), &mut cards);
    if !cards.is_empty() {
        return Err(Problem::fields(cards));
    }
    // Read again from the text: a field that came twice is seen only there.
    let mut reader = serde_json::Deserializer::from_slice(body);
    serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let error = error.into_inner();
        match error.classify() {
            Category::Data => Problem::fields(vec![fault(texts, path, &error.to_string())]),
            _ => Problem::of(Kind::Malformed),
        }
    })
}

/// How deep lists and objects stand in each other, outside of texts.
fn depth(body: &[u8]) -> usize {
    let (mut depth, mut deepest, mut quoted, mut escaped) = (0_usize, 0_usize, false, false);
    for byte in body {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => {
                depth = depth.saturating_add(1);
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// Every text, number and name that could be a card's number. None of them is quoted.
fn find_cards(texts: &Texts, value: &Value, at: String, found: &mut Vec<Fault>) {
    let card = match value {
        Value::String(text) => looks_like_card_number(text),
        Value::Number(number) => looks_like_card_number(&number.to_string()),
        _ => false,
    };
    if card {
        found.push(Fault {
            field: at,
            wrong: texts.say("api-card-number"),
            cure: texts.say("api-card-cure"),
        });
        return;
    }
    match value {
        Value::Array(items) => {
            for (place, item) in items.iter().enumerate() {
                find_cards(texts, item, format!("{at}[{place}]"), found);
            }
        }
        Value::Object(fields) => {
            for (name, item) in fields {
                let joint = if at.is_empty() { "" } else { "." };
                if looks_like_card_number(name) {
                    find_cards(texts, &Value::String(name.clone()), at.clone(), found);
                } else if !SPARED.contains(&name.as_str()) {
                    find_cards(texts, item, format!("{at}{joint}{name}"), found);
                }
            }
        }
        _ => {}
    }
}

/// What the reader said, without what was sent: it quotes that before the word `expected`.
fn fault(texts: &Texts, path: String, said: &str) -> Fault {
    let said = said.rsplit_once(" at line ").map_or(said, |(said, _)| said);
    let field = if path == "." { String::new() } else { path };
    let name = said.strip_prefix("missing field `").or_else(|| said.strip_prefix("duplicate field `"));
    if let Some(name) = name.and_then(|rest| rest.split('`').next()) {
        let joint = if field.is_empty() { "" } else { "." };
        let key = if said.starts_with("missing") { "api-fault-missing" } else { "api-fault-twice" };
        let cure =
            if said.starts_with("missing") { "api-fault-missing-cure" } else { "api-fault-twice-cure" };
        return Fault {
            field: format!("{field}{joint}{name}"),
            wrong: texts.say(key),
            cure: texts.say(cure),
        };
    }
    let expected = said.rsplit_once("expected ").map_or("", |(_, expected)| expected);
    let unknown = said.starts_with("unknown field");
    let wrong = texts.say(if unknown { "api-fault-unknown" } else { "api-fault" });
    let cure = match (expected, unknown) {
        ("" | "there are no fields", _) => texts.say("api-fault-document"),
        (expected, true) => texts.say_with("api-fault-fields", &[("fields", expected.into())]),
        (expected, false) => texts.say_with("api-fault-expected", &[("expected", expected.into())]),
    };
    Fault { field, wrong, cure }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "only read")]
    struct Wish {
        name: String,
        #[serde(default)]
        parts: Vec<Part>,
        #[serde(default)]
        password: String,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "only read")]
    struct Part {
        count: u32,
    }

    fn refused(body: &str) -> String {
        let texts = Texts::english().unwrap();
        let problem = parse::<Wish>(&texts, body.as_bytes()).map(|_| ()).unwrap_err();
        format!("{problem:?}")
    }

    #[test]
    fn each_refusal_names_the_field_and_quotes_nothing_that_was_sent() {
        for (body, field) in [
            (r#"{"name": 7}"#, "name"),
            (r#"{"parts": []}"#, "name"),
            (r#"{"name": "a", "name": "b"}"#, "name"),
            (r#"{"name": "a", "parts": [{"count": "seven"}]}"#, "parts[0].count"),
            (r#"{"name": "a", "parts": [{"count": -1}]}"#, "parts[0].count"),
            (r#"{"name": "a", "seven": 1}"#, "seven"),
        ] {
            let refused = refused(body);
            assert!(refused.contains(&format!("field: \"{field}\"")), "{body}: {refused}");
            assert!(!refused.contains("seven\\\"") && !refused.contains("-1"), "{body}: {refused}");
        }
    }

    #[test]
    fn a_card_number_is_refused_wherever_it_stands_and_a_password_is_not_looked_at() {
        for body in [
            r#"{"name": "4242 4242 4242 4242"}"#,
            r#"{"name": "a", "parts": [{"count": 4242424242424242}]}"#,
            r#"{"name": "a", "4242424242424242": 1}"#,
            r#"{"name": "\u0034242424242424242"}"#,
        ] {
            let refused = refused(body);
            assert!(refused.contains("card number") && !refused.contains("4242"), "{refused}");
        }
        let texts = Texts::english().unwrap();
        assert!(parse::<Wish>(&texts, br#"{"name": "a", "password": "4242424242424242"}"#).is_ok());
    }

    #[test]
    fn depth_is_bounded_and_quoted_brackets_do_not_count() {
        let texts = Texts::english().unwrap();
        let deep = |levels: usize| format!("{{\"name\": {}1{}}}", "[".repeat(levels), "]".repeat(levels));
        assert!(format!("{:?}", parse::<Value>(&texts, deep(DEEPEST).as_bytes())).contains("Malformed"));
        assert!(parse::<Value>(&texts, deep(DEEPEST - 1).as_bytes()).is_ok());
        assert!(parse::<Wish>(&texts, format!("{{\"name\": \"{}\"}}", "[".repeat(99)).as_bytes()).is_ok());
        assert!(refused(&"[".repeat(100_000)).contains("Malformed"));
        assert!(refused(r#"{"name": "a"} {}"#).contains("Malformed"));
    }

    proptest! {
        #[test]
        fn no_body_makes_it_panic(body: Vec<u8>, text in "[{}\\[\\]\",:0-9a-z\\\\ ]{0,80}") {
            let texts = Texts::english().unwrap();
            let _ = parse::<Wish>(&texts, &body);
            let _ = parse::<Wish>(&texts, text.as_bytes());
        }
    }
}
