//! npm's `authorizenet`.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::double::Double;
use super::double::authorize_net::{KEY, LOGIN};
use super::{node, script};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn authorize_nets_own_sdk_runs_its_flows_and_takes_the_webhooks() {
    let double = Double::authorize_net().await;
    let (program, modules) =
        node::installed("authorize-net-sdk", "sdk/authorize_net_sdk", "sdk/authorize_net_sdk.txt");
    let mut command = Command::new(program);
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdk/authorize_net_flows.js"));
    command.env("NODE_PATH", modules).env("LOGIN", LOGIN).env("KEY", KEY);
    // Night falls once the script has charged what it wants to be settled.
    let night = {
        let double = double.clone();
        tokio::spawn(async move {
            while !double.calls().iter().any(|call| call.ends_with("refundTransaction")) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            double.settle_batch();
        })
    };
    let ran = script::run(&double, command, script::SECRET).await;
    night.await.unwrap();
    let flows = [
        "who is there",
        "charge and details",
        "decline",
        "a second one like the first",
        "authorize and capture",
        "void",
        "refunds, after the settlement only",
        "batches and lists",
        "webhooks",
    ];
    assert_eq!(ran, flows);
    assert_eq!(double.breaches(), Vec::<String>::new());
    script::books_balance(&double, ran.len());
}
