use super::*;
use crate::collector::Severity;

fn now() -> Timestamp {
    Timestamp::from_second(1_795_000_000).unwrap()
}

#[test]
fn a_batch_is_what_the_specification_calls_a_request() {
    let sender = Sender {
        host: "shop.example".to_owned(),
        app: "cashcowd".to_owned(),
        version: "0.1.0".to_owned(),
        log: "c0ffee".to_owned(),
    };
    let record = Record {
        number: 9_007_199_254_740_993,
        at: now(),
        severity: Severity::Warning,
        kind: "SignIn".to_owned(),
        fields: vec![("object", "a\"b".to_owned())],
        text: "it was refused".to_owned(),
    };
    let body: Value = serde_json::from_slice(&body(&sender, &[record], now())).unwrap();
    let wanted = json!({ "resourceLogs": [{
        "resource": { "attributes": [
            { "key": "service.name", "value": { "stringValue": "cashcowd" } },
            { "key": "service.version", "value": { "stringValue": "0.1.0" } },
            { "key": "host.name", "value": { "stringValue": "shop.example" } },
            { "key": "cashcow.log", "value": { "stringValue": "c0ffee" } },
        ] },
        "scopeLogs": [{
            "scope": { "name": "cashcow.audit" },
            "logRecords": [{
                "timeUnixNano": "1795000000000000000",
                "observedTimeUnixNano": "1795000000000000000",
                "severityNumber": 13,
                "severityText": "WARNING",
                "eventName": "cashcow.SignIn",
                "body": { "stringValue": "it was refused" },
                "attributes": [
                    { "key": "cashcow.number", "value": { "intValue": "9007199254740993" } },
                    { "key": "cashcow.object", "value": { "stringValue": "a\"b" } },
                ],
            }],
        }],
    }] });
    assert_eq!(body, wanted);
}

#[test]
fn partial_success_is_counted_in_either_form_of_a_number() {
    assert_eq!(rejected(b"{}"), (0, String::new()));
    assert_eq!(rejected(b"not json"), (0, String::new()));
    let text = br#"{"partialSuccess":{"rejectedLogRecords":"3","errorMessage":"too\nold"},"more":1}"#;
    assert_eq!(rejected(text), (3, "too old".to_owned()));
    assert_eq!(rejected(br#"{"partialSuccess":{"rejectedLogRecords":2}}"#).0, 2);
    // A warning alone refuses nothing.
    assert_eq!(rejected(br#"{"partialSuccess":{"errorMessage":"slow down"}}"#).0, 0);
    assert_eq!(rejected(br#"{"partialSuccess":{"rejectedLogRecords":-1}}"#).0, 0);
}

#[test]
fn a_wait_that_is_asked_for_is_kept_within_a_bound() {
    let longest = Duration::from_secs(240);
    let asked = |value: &str| retry_after(value, now(), longest);
    assert_eq!(asked("7"), Some(Duration::from_secs(7)));
    assert_eq!(asked("99999999"), Some(longest));
    assert_eq!(asked("Wed, 18 Nov 2026 11:07:10 GMT"), Some(Duration::from_secs(30)));
    assert_eq!(asked("Wed, 18 Nov 2020 11:07:10 GMT"), Some(Duration::ZERO));
    assert_eq!(asked("soon"), None);
    assert_eq!(asked("-1"), None);
}

#[test]
fn only_what_cannot_be_read_is_ever_given_up() {
    for status in [400, 413, 422] {
        assert_eq!(refusal(status, None), Trouble::Unreadable(status));
    }
    for status in [301, 401, 403, 404, 429, 500, 502, 503, 504] {
        assert!(matches!(refusal(status, None), Trouble::Refused { .. }), "{status}");
    }
}
