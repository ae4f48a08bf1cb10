//! Runs a vendor's SDK in a process of its own against a double.
//!
//! A script gets `API` (the double's URL), `ROOT` (a file with the root to trust) and `SECRET` (for webhooks) in
//! its environment. It may open an HTTP listener on loopback for webhooks, say `listening PORT` and read one
//! line: after that, the double's notices come there. It says `ran: FLOW` after each flow and ends with 0.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::Command;

use super::double::{Double, Trust};

/// What the script takes for the webhook's secret.
pub const SECRET: &str = "whsec_of_the_double";
/// For one script.
const LIMIT: Duration = Duration::from_secs(180);

/// Runs the script to its end and returns the flows that it ran. `secret` signs the webhooks.
pub async fn run(double: &Double, command: std::process::Command, secret: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("root.pem");
    std::fs::write(&root, double.root_pem()).unwrap();
    let mut child = Command::from(command)
        .env("API", double.endpoint())
        .env("ROOT", &root)
        .env("NODE_EXTRA_CA_CERTS", &root)
        .env("SECRET", secret)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let talk = async {
        let mut ran = Vec::new();
        while let Some(line) = lines.next_line().await.unwrap() {
            println!("{line}");
            if let Some(port) = line.strip_prefix("listening ") {
                double.webhooks_to(&format!("http://127.0.0.1:{port}/"), Trust::Anyone, secret);
                input.write_all(b"go\n").await.unwrap();
            } else if let Some(flow) = line.strip_prefix("ran: ") {
                ran.push(flow.to_owned());
            }
        }
        (child.wait().await.unwrap(), ran)
    };
    let (status, ran) = tokio::time::timeout(LIMIT, talk).await.expect("the script does not end");
    assert!(status.success(), "the script failed ({status}); it had run {ran:?}");
    ran
}

/// No charge took or gave back more than it had; says how much was done.
pub fn books_balance(double: &Double, flows: usize) {
    let charges = double.charges();
    assert!(
        charges.iter().all(|charge| charge.refunded <= charge.captured && charge.captured <= charge.amount)
    );
    println!("{flows} flows, {} requests, {} charges", double.seen().len(), charges.len());
}
