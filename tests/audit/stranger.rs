//! A stranger's own tool: Python's standard library and nothing of ours recomputes the chain.

use std::io::Write;
use std::process::{Command, Stdio};

use cashcow::audit::verify_command;

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

#[tokio::test]
async fn the_staff_tools_command_ends_with_a_code_for_each_way_it_can_go() {
    let machine = Machine::new().await;
    machine.busy().await;
    let file = machine.folder.path().join("log.jsonl");
    std::fs::write(&file, machine.bundle()).unwrap();
    let key = machine.fingerprint().to_string();
    let report = verify_command(&file, None).unwrap();
    assert!(!report.trusted && report.to_string().contains(&key), "{report}");
    // As people copy it: in groups, in capitals.
    let groups: Vec<_> = key.to_uppercase().chars().collect();
    let groups: Vec<String> = groups.chunks(4).map(|group| group.iter().collect()).collect();
    assert!(verify_command(&file, Some(&groups.join(" "))).unwrap().trusted);
    let code = |file: &std::path::Path, key: &str| verify_command(file, Some(key)).unwrap_err().exit_code();
    assert_eq!(code(&file, "abc"), 64);
    assert_eq!(code(&machine.folder.path().join("none"), &key), 66);
    assert_eq!(code(&file, &"0".repeat(64)), 65);
    std::fs::write(&file, machine.bundle().replacen("mug 3", "mug 4", 1)).unwrap();
    let bad = verify_command(&file, Some(&key)).unwrap_err();
    assert!(bad.to_string().starts_with("bad: record 6: it was edited"), "{bad}");
}
