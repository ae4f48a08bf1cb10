//! A stranger's own tool: Python's standard library and nothing of ours recomputes the chain.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::bench::Machine;

/// As docs/AUDIT.md prints it.
fn tool() -> String {
    let page = include_str!("../../docs/AUDIT.md");
    let (_, rest) = page.split_once("```python\n").unwrap();
    rest.split_once("```").unwrap().0.to_owned()
}

fn run(log: &str) -> (bool, String) {
    let mut python = Command::new("python3")
        .args(["-c", &tool()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    python.stdin.take().unwrap().write_all(log.as_bytes()).unwrap();
    let out = python.wait_with_output().unwrap();
    (out.status.success(), String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned())
}

#[tokio::test]
async fn the_documents_own_program_recomputes_the_chain_and_finds_an_edit() {
    let machine = Machine::new().await;
    machine.busy().await;
    let log = machine.bundle();
    let (good, says) = run(&log);
    assert!(good && says.contains("35 records"), "{says}");
    let (good, says) = run(&log.replacen("mug 3", "mug 4", 1));
    assert!(!good && says.contains("record 6"), "{says}");
}
