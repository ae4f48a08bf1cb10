//! PyPI's `stripe`, at the version that was made for the API's version here.

use std::path::Path;
use std::process::Command;

use super::double::{Double, Fault};
use super::{python, script};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stripes_own_sdk_runs_its_flows_and_takes_the_webhooks() {
    let double = Double::stripe().await;
    // The SDK's own repeats meet these.
    double.plan_text("cut after it was done", Fault::ResetAfter);
    double.plan_text("turned away", Fault::Refused(503));
    double.plan_text("failed after it was done", Fault::ErrorAfter);
    let interpreter = python::installed("stripe-sdk", "sdk/stripe_sdk.txt");
    let mut command = Command::new(interpreter);
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdk/stripe_flows.py"));
    let ran = script::run(&double, command, script::SECRET).await;
    let flows = [
        "create and retrieve",
        "confirm with a card",
        "create and confirm at once",
        "declines",
        "3-D Secure",
        "manual capture",
        "cancel",
        "refunds",
        "checkout sessions",
        "idempotency",
        "repeats after faults",
        "refused requests",
        "webhooks",
    ];
    assert_eq!(ran, flows);
    assert_eq!(double.breaches(), Vec::<String>::new());
    let faults = double.seen().iter().filter(|seen| seen.fault.is_some()).count();
    assert_eq!(faults, 3, "every planned fault was met");
    script::books_balance(&double, ran.len());
}
