//! `cashcowd ranges` on the kernel's own nftables: a change on trial, confirmed, expired, and refused.

use std::path::Path;

use serde_json::{Value, json};

use super::errors;
use super::firewall::{elements, load, namespace, run};

const PROVISIONED: &str = r#"{"version":1,"admin":{"192.0.2.0/24":"desk"},"dev_gateways":[]}"#;

fn ranges(nets: &[&str]) -> Value {
    nets.iter().map(|net| json!({"net": net, "name": "desk", "owner": "Ada Osei"})).collect()
}

fn want(folder: &Path, confirmed: &[&str], trial: Option<(u64, &[&str])>) {
    let trial = trial.map(|(number, nets)| json!({"number": number, "ranges": ranges(nets)}));
    let wanted = json!({"version": 1, "confirmed": ranges(confirmed), "trial": trial,
        "collector": ["198.51.100.9:6514"], "recovered": 0});
    put(folder, &wanted.to_string());
}

fn put(folder: &Path, text: &str) {
    std::fs::create_dir_all(folder.join("ranges")).unwrap();
    std::fs::create_dir_all(folder.join("asked")).unwrap();
    std::fs::write(folder.join("ranges/wanted.json"), text).unwrap();
    std::fs::write(folder.join("asked/ranges"), "").unwrap();
}

fn applied(folder: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(folder.join("ranges/applied.json")).unwrap()).unwrap()
}

/// Runs the unit and says which ranges the kernel has then.
fn admin(folder: &Path) -> String {
    let output = run(folder, "ranges");
    assert_eq!(output.status.code(), Some(0), "{}", errors(&output));
    assert!(!folder.join("asked/ranges").exists(), "what was asked is done");
    let held = format!("{} {}", elements("admin4"), elements("admin6"));
    let nets = held.replace(" . 9443", "");
    assert_eq!(
        held.matches(" . 9443").count(),
        nets.split_whitespace().count(),
        "each with the console's port"
    );
    nets.trim().to_owned()
}

#[test]
fn a_change_is_on_trial_until_it_is_confirmed() {
    let folder = tempfile::tempdir().unwrap();
    let Some(()) = namespace(folder.path()) else { return };
    let folder = folder.path();
    assert_eq!(load(folder, "release", PROVISIONED).status.code(), Some(0));
    want(folder, &["192.0.2.0/24"], None);
    assert_eq!(admin(folder), "192.0.2.0/24");
    assert_eq!(elements("collector4"), "198.51.100.9 . 6514");
    want(folder, &["192.0.2.0/24"], Some((1, &["192.0.2.0/25", "192.0.2.128/25", "2001:db8::/64"])));
    assert_eq!(admin(folder), "192.0.2.0/25, 192.0.2.128/25 2001:db8::/64");
    assert!(folder.join("ranges/trial").exists(), "the timer goes");
    want(folder, &["192.0.2.0/25", "2001:db8::/64"], None);
    assert_eq!(admin(folder), "192.0.2.0/25 2001:db8::/64");
    assert!(!folder.join("ranges/trial").exists(), "the timer ends");
}

#[test]
fn a_change_that_nobody_confirms_is_taken_back_though_the_service_still_asks_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let Some(()) = namespace(folder.path()) else { return };
    let folder = folder.path();
    assert_eq!(load(folder, "release", PROVISIONED).status.code(), Some(0));
    want(folder, &["192.0.2.0/24"], Some((1, &["198.51.100.0/24"])));
    assert_eq!(admin(folder), "198.51.100.0/24");
    // As if two minutes had gone by.
    let mut then = applied(folder);
    then["trial"]["since"] = json!(then["trial"]["since"].as_u64().unwrap() - 100_000);
    std::fs::write(folder.join("ranges/applied.json"), then.to_string()).unwrap();
    assert_eq!(admin(folder), "192.0.2.0/24");
    assert_eq!(admin(folder), "192.0.2.0/24");
    assert!(!folder.join("ranges/trial").exists());
    // The start of the machine applies no trial either.
    want(folder, &["192.0.2.0/24"], Some((2, &["198.51.100.0/24"])));
    assert_eq!(run(folder, "firewall").status.code(), Some(0));
    assert_eq!(admin(folder), "192.0.2.0/24");
}

#[test]
fn a_file_that_is_not_what_it_must_be_leaves_what_was_confirmed_and_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let Some(()) = namespace(folder.path()) else { return };
    let folder = folder.path();
    assert_eq!(load(folder, "release", PROVISIONED).status.code(), Some(0));
    want(folder, &["192.0.2.0/24"], None);
    admin(folder);
    let good = std::fs::read_to_string(folder.join("ranges/wanted.json")).unwrap();
    for bad in [
        good.replace("192.0.2.0/24", "0.0.0.0/0"),
        good.replace("192.0.2.0/24", "10.0.0.0/8"),
        good.replace("\"version\":1", "\"version\":9"),
        "not JSON".to_owned(),
        " ".repeat(70_000),
    ] {
        put(folder, &bad);
        assert_eq!(admin(folder), "192.0.2.0/24");
        let problem = std::fs::read_to_string(folder.join("problems/ranges")).unwrap();
        assert!(problem.starts_with("the file of the allowed ranges "), "{problem}");
    }
    put(folder, "");
    std::fs::remove_file(folder.join("ranges/wanted.json")).unwrap();
    std::os::unix::fs::symlink("/etc/shadow", folder.join("ranges/wanted.json")).unwrap();
    assert_eq!(admin(folder), "192.0.2.0/24", "a link is not followed");
    std::fs::remove_file(folder.join("ranges/wanted.json")).unwrap();
    put(folder, &good);
    assert_eq!(admin(folder), "192.0.2.0/24");
    assert!(!folder.join("problems/ranges").exists());
}

#[test]
fn sets_that_somebody_else_emptied_are_filled_again_with_the_next_change() {
    let folder = tempfile::tempdir().unwrap();
    let Some(()) = namespace(folder.path()) else { return };
    let folder = folder.path();
    assert_eq!(load(folder, "release", PROVISIONED).status.code(), Some(0));
    want(folder, &["192.0.2.0/24", "198.51.100.0/24"], None);
    admin(folder);
    let flush = ["flush", "set", "inet", "cashcow", "admin4"];
    assert!(std::process::Command::new("/usr/sbin/nft").args(flush).status().unwrap().success());
    want(folder, &["198.51.100.0/24"], None);
    assert_eq!(admin(folder), "198.51.100.0/24");
}
