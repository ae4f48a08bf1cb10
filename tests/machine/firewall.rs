//! `cashcowd firewall` on the image's own rules and the kernel's own nftables, in a network namespace that
//! each test makes for its thread and that ends with it.

use std::path::Path;
use std::process::{Command, Output};

use super::errors;

const NFT: &str = "/usr/sbin/nft";

/// The sets as the image's own ruleset declares them. Its chains name accounts that only the image has.
fn sets() -> String {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("nftables/cashcow.nft");
    let rules = std::fs::read_to_string(rules).unwrap();
    let sets: Vec<_> = rules.lines().filter(|line| line.starts_with("\tset ")).collect();
    assert!(sets.len() >= 6, "the ruleset declares its sets one a line");
    format!("table inet cashcow {{\n{}\n}}\n", sets.join("\n"))
}

/// A namespace of this thread's own with the sets in it; `None`, and a word about it, where that cannot be.
pub(super) fn namespace(folder: &Path) -> Option<()> {
    if !nix::unistd::geteuid().is_root() || !Path::new(NFT).exists() {
        super::skipped(format_args!("needs root and {NFT}"));
        return None;
    }
    if let Err(error) = nix::sched::unshare(nix::sched::CloneFlags::CLONE_NEWNET) {
        super::skipped(format_args!("no network namespace can be made here: {error}"));
        return None;
    }
    let rules = folder.join("sets.nft");
    std::fs::write(&rules, sets()).unwrap();
    let loaded = Command::new(NFT).arg("-f").arg(&rules).output().unwrap();
    assert!(loaded.status.success(), "{}", errors(&loaded));
    Some(())
}

pub(super) fn load(folder: &Path, profile: &str, state: &str) -> Output {
    let (config, file) = (folder.join("cashcowd.toml"), folder.join("firewall.json"));
    let places = format!("[paths]\nranges = \"{0}/ranges\"\nmachine = \"{0}/machine\"\n", folder.display());
    std::fs::write(&config, format!("profile = \"{profile}\"\n{places}")).unwrap();
    std::fs::write(&file, state).unwrap();
    run(folder, "firewall")
}

/// Runs a verb of the firewall on what is in the folder.
pub(super) fn run(folder: &Path, verb: &str) -> Output {
    let (config, file) = (folder.join("cashcowd.toml"), folder.join("firewall.json"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_cashcowd"));
    command.arg(verb).arg("--config").arg(config).arg("--state").arg(file);
    command.env_clear().output().unwrap()
}

/// The elements of a set, as the kernel has them.
pub(super) fn elements(set: &str) -> String {
    let listed = Command::new(NFT).args(["list", "set", "inet", "cashcow", set]).output().unwrap();
    let text = String::from_utf8(listed.stdout).unwrap();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let inside = text.split("elements = {").nth(1).unwrap_or_default();
    inside.split('}').next().unwrap_or_default().trim().to_owned()
}

#[test]
fn the_sets_hold_what_the_state_names_and_nothing_of_before() {
    let folder = tempfile::tempdir().unwrap();
    let Some(()) = namespace(folder.path()) else { return };
    let one = r#"{"version":1,"admin":{"10.0.2.2/32":"desk","192.0.2.0/24":"office","2001:db8::/64":"six"},
                  "dev_gateways":["10.0.2.2:12111","[2001:db8::1]:8443"]}"#;
    let output = load(folder.path(), "dev", one);
    assert_eq!(output.status.code(), Some(0), "{}", errors(&output));
    assert_eq!(elements("admin4"), "10.0.2.2 . 9443, 192.0.2.0/24 . 9443");
    assert_eq!(elements("admin6"), "2001:db8::/64 . 9443");
    assert_eq!(elements("dev_gateway4"), "10.0.2.2 . 12111");
    assert_eq!(elements("dev_gateway6"), "2001:db8::1 . 8443");

    let two = r#"{"version":1,"admin":{"198.51.100.7/32":"new desk"},"dev_gateways":[]}"#;
    assert_eq!(load(folder.path(), "release", two).status.code(), Some(0));
    assert_eq!(elements("admin4"), "198.51.100.7 . 9443");
    assert_eq!(elements("admin6") + &elements("dev_gateway4") + &elements("dev_gateway6"), "");
}

#[test]
fn a_state_with_one_wrong_entry_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let Some(()) = namespace(folder.path()) else { return };
    let good = r#"{"version":1,"admin":{"10.0.2.2/32":"desk"},"dev_gateways":[]}"#;
    assert_eq!(load(folder.path(), "release", good).status.code(), Some(0));
    for (bad, said) in [
        (r#"{"version":1,"admin":{"192.0.2.1/32":"a","localhost":"b"},"dev_gateways":[]}"#, "is not a range"),
        (r#"{"version":1,"admin":{"0.0.0.0/0":"all"},"dev_gateways":[]}"#, "is wider than /16"),
        (r#"{"version":1,"admin":{},"dev_gateways":["10.0.2.2:443"]}"#, "names gateways on a release image"),
        (r#"{"version":1,"admin":{}"#, "cannot be read"),
    ] {
        let output = load(folder.path(), "release", bad);
        assert_eq!(output.status.code(), Some(78), "{bad}");
        assert!(errors(&output).contains(said), "{}", errors(&output));
        assert_eq!(elements("admin4"), "10.0.2.2 . 9443", "{bad}");
    }
}

#[test]
fn without_the_images_rules_loading_fails_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let Some(()) = namespace(folder.path()) else { return };
    assert!(Command::new(NFT).args(["delete", "table", "inet", "cashcow"]).status().unwrap().success());
    let output = load(folder.path(), "release", r#"{"version":1,"admin":{},"dev_gateways":[]}"#);
    assert_eq!(output.status.code(), Some(71));
    assert!(errors(&output).starts_with("/usr/sbin/nft failed: "), "{}", errors(&output));
}
