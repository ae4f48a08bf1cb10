//! What the tests of this folder share: one attempt, one refund, and answers in Stripe's shapes.

use jiff::Timestamp;

use crate::base::{Currency, Line, Money, Token};
use crate::payment::{Attempt, AttemptState, CaptureMode, Refund, RefundState};

/// 24.90 EUR for order 1001.
pub(super) fn attempt() -> Attempt {
    Attempt {
        order: 1001,
        number: 1,
        key: Token::from_bytes([1; 16]),
        nonce: Token::from_bytes([2; 16]),
        amount: Money::new(2490, Currency::Eur),
        gateway: "stripe".to_owned(),
        capture: CaptureMode::Automatic,
        transaction: None,
        reference: Some("pi_1".to_owned()),
        state: AttemptState::Sending,
        begun: Timestamp::UNIX_EPOCH,
        changed: Timestamp::UNIX_EPOCH,
    }
}

/// 5.00 EUR of it.
pub(super) fn refund() -> Refund {
    Refund {
        order: 1001,
        number: 1,
        attempt: 1,
        key: Token::from_bytes([3; 16]),
        amount: Money::new(500, Currency::Eur),
        tax: Money::new(0, Currency::Eur),
        lines: Vec::new(),
        shipping: Money::new(0, Currency::Eur),
        reason: Line::new("broken").unwrap(),
        by: "ada@shop.example".to_owned(),
        state: RefundState::Sending,
        reference: None,
        begun: Timestamp::UNIX_EPOCH,
        changed: Timestamp::UNIX_EPOCH,
    }
}

/// Its PaymentIntent.
pub(super) fn intent_json(status: &str) -> String {
    let key = attempt().key;
    format!(
        r#"{{"id":"pi_1","object":"payment_intent","status":"{status}","amount":2490,"amount_received":2490,
        "amount_capturable":2490,"currency":"eur","metadata":{{"order":"1001","attempt":"{key}"}},
        "payment_method":{{"id":"pm_1","card":{{"brand":"mastercard","last4":"4444"}}}}}}"#
    )
}

/// Its Checkout Session.
pub(super) fn session_json(status: &str, intent: &str) -> String {
    let key = attempt().key;
    format!(
        r#"{{"id":"cs_test_1","object":"checkout.session","status":"{status}","amount_total":2490,
        "currency":"eur","client_reference_id":"1001","metadata":{{"order":"1001","attempt":"{key}"}},
        "url":"https://checkout.stripe.com/c/pay/cs_test_1","payment_intent":{intent}}}"#
    )
}

/// Its refund.
pub(super) fn refund_json(status: &str) -> String {
    let key = refund().key;
    format!(
        r#"{{"id":"re_1","object":"refund","status":"{status}","amount":500,"currency":"eur",
        "payment_intent":"pi_1","metadata":{{"order":"1001","refund":"{key}"}}}}"#
    )
}
