//! What Authorize.Net insists on, and the double with it.

use serde_json::{Value, json};

use super::client::{Got, send};
use super::double::authorize_net::{KEY, LOGIN};
use super::double::{Double, Fault};

const MARK: &str = "\u{feff}";

async fn post(double: &Double, body: &str) -> Got {
    let headers = [("content-type", "application/json")];
    send(double, "POST", "/xml/v1/request.api", &headers, body.to_owned()).await.unwrap()
}

/// The message code of an answer, or else its reason code.
fn code(got: &Got) -> String {
    assert_eq!(got.status, 200, "refusals are a 200 too");
    let text = std::str::from_utf8(&got.body).unwrap();
    let json: Value = serde_json::from_str(text.strip_prefix(MARK).expect("a mark comes first")).unwrap();
    let reason = &json["transactionResponse"]["errors"][0]["errorCode"];
    let code = reason.as_str().or(json["messages"]["message"][0]["code"].as_str());
    code.unwrap().to_owned()
}

fn charge(transaction: &str) -> String {
    format!(
        r#"{{"createTransactionRequest":{{"merchantAuthentication":{{"name":"{LOGIN}","transactionKey":"{KEY}"}},
        "refId":"1","transactionRequest":{{{transaction}}}}}}}"#
    )
}

const GOOD: &str = r#""transactionType":"authCaptureTransaction","amount":"5.00","payment":{"creditCard":
    {"cardNumber":"4242424242424242","expirationDate":"2040-12","cardCode":"123"}},"order":{"invoiceNumber":"1"}"#;

/// JSON has no order; the XML that is made of it has.
#[tokio::test]
async fn members_in_another_order_than_the_schemas_are_refused() {
    let double = Double::authorize_net().await;
    let (kind, rest) = GOOD.split_once(",\"amount\":\"5.00\",").unwrap();
    for wrong in [
        format!(r#""amount":"5.00",{kind},{rest}"#),
        format!(r#"{kind},{rest},"amount":"5.00""#),
        GOOD.replace(
            r#""cardNumber":"4242424242424242","expirationDate":"2040-12""#,
            r#""expirationDate":"2040-12","cardNumber":"4242424242424242""#,
        ),
        GOOD.replace("invoiceNumber", "invoice"),
        GOOD.replace("\"1\"", "\"123456789012345678901\""),
        GOOD.replace("5.00", "five"),
        GOOD.replace("4242424242424242", "42424242424242424"),
    ] {
        assert_eq!(code(&post(&double, &charge(&wrong)).await), "E00003", "{wrong}");
    }
    let swapped = charge(GOOD).replace(r#""refId":"1","#, "").replace("}}}}", r#"}},"refId":"1"}}"#);
    assert_eq!(code(&post(&double, &swapped).await), "E00003");
    assert!(double.charges().is_empty());
    assert_eq!(code(&post(&double, &charge(GOOD)).await), "I00001");
    assert_eq!(double.charges().len(), 1);
}

#[tokio::test]
async fn both_credentials_are_checked_and_what_is_no_call_is_refused() {
    let double = Double::authorize_net().await;
    for part in [LOGIN, KEY] {
        let wrong = charge(GOOD).replace(part, "somebody");
        assert_eq!(code(&post(&double, &wrong).await), "E00007");
    }
    assert_eq!(code(&post(&double, "{}").await), "E00003");
    assert_eq!(code(&post(&double, r#"{"deleteAllRequest":{}}"#).await), "E00003");
    let form = [("content-type", "text/plain")];
    let got = send(&double, "POST", "/xml/v1/request.api", &form, charge(GOOD)).await.unwrap();
    assert_eq!(code(&got), "E00002");
    assert_eq!(send(&double, "GET", "/", &[], String::new()).await.unwrap().status, 404);
    assert!(double.charges().is_empty());
}

#[tokio::test]
async fn cards_and_sums_are_checked_as_a_processor_does() {
    let double = Double::authorize_net().await;
    for (from, to, wanted) in [
        ("4242424242424242", "4242424242424241", "6"),
        ("2040-12", "2020-12", "8"),
        ("2040-12", "2040-13", "7"),
        ("5.00", "0", "5"),
        ("4242424242424242", "4000000000000002", "2"),
        ("4242424242424242", "4000000000000127", "65"),
    ] {
        let body = charge(&GOOD.replace(from, to));
        assert_eq!(code(&post(&double, &body).await), wanted, "{to}");
    }
    assert!(double.charges().is_empty());
}

/// Its own failures say so in a 200; what stands before it does not speak its language.
#[tokio::test]
async fn faults_look_as_the_vendors_do() {
    let double = Double::authorize_net().await;
    double.plan_text("authCapture", Fault::ErrorAfter);
    assert_eq!(code(&post(&double, &charge(GOOD)).await), "E00001");
    double.plan_text("authCapture", Fault::Refused(503));
    assert_eq!(post(&double, &charge(GOOD)).await.status, 503);
    // It was done the first time.
    assert_eq!(code(&post(&double, &charge(GOOD)).await), "11");
    assert_eq!(double.charges().len(), 1);
    // A card outside a charge is refused, and noted.
    let wrong = json!({"getTransactionDetailsRequest": {"merchantAuthentication":
        {"name": LOGIN, "transactionKey": KEY}, "transId": "4242424242424242"}});
    assert_eq!(code(&post(&double, &wrong.to_string()).await), "E00003");
    assert_eq!(double.breaches().len(), 1);
}
