//! PyPI's `Adyen`, at a version that was made for version 71 of the API.

use std::path::Path;
use std::process::Command;

use super::double::Double;
use super::{python, script};

/// An HMAC key as the Customer Area shows them: hex.
const SECRET: &str = "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn adyens_own_sdk_runs_its_flows_and_takes_the_webhooks() {
    let double = Double::adyen().await;
    let interpreter = python::installed("adyen-sdk", "sdk/adyen_sdk.txt");
    let mut command = Command::new(interpreter);
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdk/adyen_flows.py"));
    let ran = script::run(&double, command, SECRET).await;
    let flows = [
        "payments and declines",
        "3-D Secure",
        "captures",
        "cancels",
        "cancels by reference",
        "refunds",
        "reversals",
        "idempotency",
        "refused requests",
    ];
    assert_eq!(ran, flows);
    assert_eq!(double.breaches(), Vec::<String>::new());
    script::books_balance(&double, ran.len());
}
