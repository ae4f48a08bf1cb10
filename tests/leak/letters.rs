//! Notices that quote a card: unsigned, signed by somebody else, and signed by the vendor itself.

use hyper::Method;
use serde_json::Value;

use super::double::{Notice, Signing};
use super::harness::Browser;
use super::stage::Stage;

/// Those of the vendor's that are taken as patterns: one for each of its topics.
fn patterns(stage: &Stage) -> Vec<Notice> {
    let mut found: Vec<Notice> = Vec::new();
    for sent in stage.gateway.notices_sent().into_iter().rev() {
        if found.iter().all(|known| known.topic != sent.topic) {
            found.push(Notice { id: sent.id, topic: sent.topic, body: sent.body });
        }
    }
    found
}

pub async fn quote_a_card(stage: &mut Stage) {
    let patterns = patterns(stage);
    assert!(patterns.len() >= 3, "only {} kinds of notices were sent", patterns.len());
    let mut browser = Browser::new(stage.shop.storefront());
    let (mut sent, mut believed) = (0, 0);
    for pattern in patterns {
        let whole = stage.cards.next(format!("{}: in every place", pattern.topic));
        let mut body = pattern.body.clone();
        for place in places(&pattern.body) {
            *body.pointer_mut(&place).unwrap() = Value::from(whole.number.as_str());
        }
        let mut bodies = vec![body];
        let card = stage.cards.next(format!("{}: in one place", pattern.topic));
        for place in places(&pattern.body) {
            let old = pattern.body.pointer(&place).unwrap();
            let mut dresses = vec![Value::from(card.number.as_str())];
            match old {
                Value::String(text) => dresses.push(Value::from(format!("{text}{}", card.number))),
                _ => dresses.push(Value::from(card.number.parse::<u64>().unwrap())),
            }
            for dress in dresses {
                let mut body = pattern.body.clone();
                *body.pointer_mut(&place).unwrap() = dress;
                bodies.push(body);
            }
        }
        // Further members, which nobody asked for, where the vendor would put them.
        let mut body = pattern.body.clone();
        add_members(&mut body, &card.number, &card.code);
        bodies.push(body);
        for body in bodies {
            let notice = Notice { body, ..pattern.clone() };
            for wrong in [false, true] {
                let signing = Signing { wrong, ..Signing::default() };
                let signed = stage.gateway.sign(&notice, stage.vendor.secret, &signing);
                let headers: Vec<_> =
                    signed.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
                let headers: Vec<_> =
                    headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
                let path = format!("/webhooks/{}", stage.vendor.name);
                let body = Some(("application/json".to_owned(), signed.body));
                let page = browser.once(Method::POST, &path, body, &headers).await.unwrap();
                assert!(!wrong || page.status.is_client_error(), "{}: {}", notice.topic, page.status);
                sent += 1;
                believed += usize::from(page.status.is_success());
            }
        }
    }
    assert!(believed > 0, "no notice was signed well enough");
    println!("{}: {sent} notices that quote a card, {believed} of them believed", stage.vendor.name);
    stage.said.append(&mut browser.seen);
}

/// The JSON pointers of all values that are no list and no object.
fn places(body: &Value) -> Vec<String> {
    let below = |step: &str, value: &Value| {
        places(value).into_iter().map(|rest| format!("/{step}{rest}")).collect::<Vec<_>>()
    };
    match body {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, value)| below(&name.replace('~', "~0").replace('/', "~1"), value))
            .collect(),
        Value::Array(items) => {
            items.iter().enumerate().flat_map(|(place, value)| below(&place.to_string(), value)).collect()
        }
        _ => vec![String::new()],
    }
}

fn add_members(value: &mut Value, number: &str, code: &str) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| add_members(item, number, code)),
        Value::Object(fields) => {
            fields.values_mut().for_each(|field| add_members(field, number, code));
            for (name, told) in [
                ("cardNumber", number),
                ("number", number),
                ("cardSummary", number),
                ("reason", number),
                ("description", number),
                ("cvc", code),
                ("cardCode", code),
                (number, number),
            ] {
                fields.insert(name.to_owned(), Value::from(told));
            }
        }
        _ => {}
    }
}
