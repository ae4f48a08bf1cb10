use super::*;
use crate::base::{Currency, SecretBytes, Token};
use crate::payment::AttemptState;
use jiff::Timestamp;

fn account() -> AuthorizeNetAccount {
    AuthorizeNetAccount {
        live: false,
        login: SecretBytes::new(b"login".to_vec()),
        transaction_key: SecretBytes::new(b"key".to_vec()),
        signature_key: None,
    }
}

fn attempt(capture: CaptureMode) -> Attempt {
    Attempt {
        order: 1001,
        number: 1,
        key: Token::from_bytes([1; 16]),
        nonce: Token::from_bytes([2; 16]),
        amount: Money::new(2490, Currency::Usd),
        gateway: "authorize-net".to_owned(),
        capture,
        reference: None,
        transaction: None,
        state: AttemptState::Sending,
        begun: Timestamp::UNIX_EPOCH,
        changed: Timestamp::UNIX_EPOCH,
    }
}

fn card(holder: &str) -> Card {
    let now = "2026-11-23T12:00:00Z".parse().unwrap();
    Card::parse("4242424242424242", "7/31", "123", holder, now).unwrap()
}

fn written(capture: CaptureMode, holder: &str, address: &str) -> String {
    let (attempt, card) = (attempt(capture), card(holder));
    let charge = Charge::new(&attempt, "0123456789abcdefghjk", &card, address.parse().unwrap());
    let body = body(&account(), Question::CreateTransaction, charge.fields(&card)).unwrap();
    String::from_utf8(body.expose_secret().to_vec()).unwrap()
}

/// Any other order is refused by the schema.
#[test]
fn a_charge_is_written_in_the_schemas_order() {
    let wanted = concat!(
        r#"{"createTransactionRequest":{"merchantAuthentication":{"name":"login","transactionKey":"key"},"#,
        r#""transactionType":"authCaptureTransaction","amount":"24.90","currencyCode":"USD","#,
        r#""payment":{"creditCard":{"cardNumber":"4242424242424242","expirationDate":"2031-07","#,
        r#""cardCode":"123"}},"order":{"invoiceNumber":"0123456789abcdefghjk","description":"Order 1001"},"#,
        r#""billTo":{"firstName":"Ada","lastName":"Osei"},"customerIP":"198.51.100.7","#,
        r#""transactionSettings":{"setting":[{"settingName":"duplicateWindow","settingValue":"28800"},"#,
        r#"{"settingName":"allowPartialAuth","settingValue":"false"}]}}}"#
    );
    assert_eq!(written(CaptureMode::Automatic, "Ada Osei", "198.51.100.7"), wanted);
    assert_eq!(written(CaptureMode::Automatic, "Ada Osei", "::ffff:198.51.100.7"), wanted);
    let held = written(CaptureMode::Manual, "Ada Osei", "2001:db8::1");
    assert!(held.contains("authOnlyTransaction") && !held.contains("customerIP"), "{held}");
}

#[test]
fn names_fit_their_fields() {
    let of = |holder| {
        let text = written(CaptureMode::Automatic, holder, "198.51.100.7");
        let from = text.find("\"billTo\":").unwrap() + 9;
        text[from..=from + text[from..].find('}').unwrap()].to_owned()
    };
    assert_eq!(of("Osei"), r#"{"lastName":"Osei"}"#);
    assert_eq!(of("Ada Maria Osei"), r#"{"firstName":"Ada Maria","lastName":"Osei"}"#);
    let (long, cut) = ("ä".repeat(60), "ä".repeat(50));
    assert_eq!(of(&long), format!(r#"{{"lastName":"{cut}"}}"#));
}
