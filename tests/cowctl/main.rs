//! The staff tool against a shop that really runs: trusted by its fingerprint alone, signed in, and every answer
//! read both as people and as programs read it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may fail loudly")]

#[path = "../harness/mod.rs"]
mod harness;

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use harness::people::{EMAIL, PASSWORD};
use harness::{Admin, Shop};
use serde_json::Value;

/// Somebody at a terminal of their own: a home, and the machine that they mean.
struct Desk {
    home: PathBuf,
    machine: String,
}

impl Desk {
    fn run(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = Command::new(env!("CARGO_BIN_EXE_cowctl"))
            .args(arguments)
            .env("XDG_CONFIG_HOME", &self.home)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }

    /// What people read: it must go well, fit 80 columns and end with its line.
    fn say(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments, "");
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{arguments:?}: {said}{}", String::from_utf8_lossy(&output.stderr));
        assert!(said.ends_with('\n') && said.lines().all(|line| line.chars().count() <= 80), "{said}");
        said
    }

    /// What programs read.
    fn json(&self, arguments: &[&str]) -> Value {
        let output = self.run(&[arguments, &["--json"]].concat(), "");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stdout));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// What it refuses: the code, and what it says.
    fn refused(&self, arguments: &[&str], input: &str) -> (i32, String) {
        let output = self.run(arguments, input);
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    }

    fn token_file(&self) -> PathBuf {
        self.home.join("cashcow/tokens").join(self.machine.replace(':', "_"))
    }
}

fn desk(folder: &Path, shop: &Shop) -> Desk {
    let machine = shop.console().trim_start_matches("https://").trim_end_matches('/').to_owned();
    Desk { home: folder.join("home"), machine }
}

#[tokio::test]
async fn a_machine_is_trusted_by_its_screen_and_then_read_and_changed() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::start(folder.path());
    let mut admin = Admin::set_up(&shop).await;
    let desk = desk(folder.path(), &shop);
    let machine = desk.machine.as_str();

    // Nothing is sent to a machine that nobody compared with its screen.
    let (code, said) = desk.refused(&["login", "--machine", machine], "");
    assert!(code == 77 && said.contains("cowctl trust"), "{code} {said}");
    let wrong = ["AB12"; 16].join(" ");
    let (code, said) = desk.refused(&["trust", machine, "--fingerprint", &wrong], "");
    assert!(code == 77 && said.contains("Nothing is trusted"), "{code} {said}");
    desk.say(&["trust", machine, "--fingerprint", shop.fingerprint()]);

    // A certificate that changed is refused before anything is sent, with both fingerprints.
    let kept = desk.home.join("cashcow/machines.json");
    let good = std::fs::read_to_string(&kept).unwrap();
    std::fs::write(&kept, good.replace(shop.fingerprint(), &wrong)).unwrap();
    for verb in [&["trust", machine][..], &["login", "--email", EMAIL, "--password-stdin"]] {
        let (code, said) = desk.refused(verb, "x\n\n");
        assert!(code == 77 && said.contains("another certificate"), "{verb:?} {code} {said}");
        assert!(said.contains(&shop.fingerprint()[..39]) && said.contains("AB12"), "{said}");
    }
    std::fs::write(&kept, good).unwrap();

    // Secrets come from standard input; a wrong one leaves no trace.
    let login = ["login", "--email", EMAIL, "--password-stdin"];
    let (code, said) = desk.refused(&login, "not the password\n000000\n");
    assert!(code == 77 && !said.contains("not the password") && !desk.token_file().exists(), "{said}");
    let output = desk.run(&login, &format!("{PASSWORD}\n{}\n", admin.second.code()));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mode = std::fs::metadata(desk.token_file()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    let status = desk.say(&["status"]);
    assert!(status.contains("Meadow & Mill") && status.contains("platform-administrator"), "{status}");
    let whole = desk.json(&["status"]);
    assert_eq!(whole["me"]["email"], EMAIL);
    // What an export is checked against is told to who may read the log.
    let key = whole["audit"]["key"].as_str().unwrap();
    assert!(key.len() == 64 && status.contains(key), "{status}");
    assert!(desk.say(&["ranges", "list"]).contains("127.0.0.1/32"));
    assert!(desk.say(&["staff", "list"]).contains("Ada Osei"));
    let ada = desk.json(&["staff", "show", EMAIL]);
    assert_eq!(ada["attested_by"], "Ines Duarte");
    assert!(desk.say(&["staff", "show", EMAIL]).contains("criminal record certificate"));
    let grant = [
        "staff",
        "propose",
        "grant",
        "--email",
        "sam@example.com",
        "--name",
        "Sam Field",
        "--role",
        "support",
        "--employer",
        "Meadow & Mill",
        "--employment",
        "employee",
        "--since",
        "2024-03-01",
    ];
    assert!(desk.say(&grant).contains("Somebody else confirms it"));
    let (code, said) = desk.refused(&["staff", "confirm", "1"], "");
    assert!(code == 65 && said.contains("Somebody else"), "{code} {said}");
    let (code, said) = desk.refused(&["staff", "dismiss", EMAIL], "");
    assert!(code == 65 && said.contains("Nobody dismisses themselves"), "{code} {said}");

    assert!(desk.say(&["staff", "tokens", EMAIL]).contains("has no tokens"));
    assert!(desk.say(&["tokens", "list"]).contains("You have no tokens"));
    let make = |range| ["tokens", "make", "till", "--right", "see-orders", "--range", range];
    let (code, said) = desk.refused(&make("198.51.100.0/24"), "");
    assert!(code == 65 && said.contains("allowed ranges"), "{code} {said}");
    let made = desk.say(&make("127.0.0.1/32"));
    let secret = made.lines().next().unwrap();
    assert!(secret.starts_with("cct_") && made.contains("Shown this once"), "{made}");
    let listed = desk.say(&["tokens", "list"]);
    assert!(listed.contains("till") && !listed.contains(secret), "{listed}");
    assert!(desk.say(&["staff", "tokens", EMAIL]).contains("see-orders"));
    let tokens = desk.json(&["staff", "tokens", EMAIL]);
    let id = tokens["items"][0]["id"].as_str().unwrap();
    let (code, said) = desk.refused(&["staff", "revoke-token", EMAIL, "../dismiss"], "");
    assert!(code == 65 && said.contains("no token's id"), "{code} {said}");
    assert!(desk.say(&["staff", "revoke-token", EMAIL, id]).contains("opens nothing any more"));
    for again in [&["staff", "revoke-token", EMAIL, id][..], &["tokens", "revoke", id]] {
        let (code, said) = desk.refused(again, "");
        assert!(code == 65, "{code} {said}");
    }

    imports(&desk, folder.path());
    audits(&desk, folder.path());

    desk.say(&["logout"]);
    assert!(!desk.token_file().exists());
    let (code, said) = desk.refused(&["status"], "");
    assert!(code == 77 && said.contains("cowctl login"), "{said}");
}

fn imports(desk: &Desk, folder: &Path) {
    let file = folder.join("goods.csv");
    std::fs::write(
        &file,
        "Handle,Title,Category,Variant SKU,Variant Price\nclay-jug,Clay jug,Kitchen,JUG-1,free\n",
    )
    .unwrap();
    let (code, said) = desk.refused(&["products", "import", file.to_str().unwrap()], "");
    assert!(code == 65 && said.contains("row 2"), "{code} {said}");
    let goods = Path::new(env!("CARGO_MANIFEST_DIR")).join("demo");
    let csv = goods.join("products.csv");
    let done = desk.json(&["products", "import", csv.to_str().unwrap()]);
    assert!(done["replaced"].as_u64().unwrap() > 0, "{done}");
    assert!(desk.say(&["products", "list", "--words", "mug"]).contains("stoneware-mug"));
}

fn audits(desk: &Desk, folder: &Path) {
    let file = folder.join("audit.jsonl");
    let name = file.to_str().unwrap();
    desk.say(&["audit", "export", name]);
    assert_eq!(desk.refused(&["audit", "export", name], "").0, 73, "an export takes no file's place");
    let report = desk.json(&["audit", "verify", name]);
    assert_eq!((&report["good"], report["bundle_signed"].is_string()), (&Value::Bool(true), true));
    assert!(desk.say(&["audit", "verify", name]).contains("Good"));
    let text = std::fs::read_to_string(&file).unwrap();
    let bad = folder.join("edited.jsonl");
    std::fs::write(&bad, text.replacen(EMAIL, "eve@example.com", 1)).unwrap();
    let (code, said) = desk.refused(&["audit", "verify", bad.to_str().unwrap()], "");
    assert!(code == 65 && said.contains("record"), "{code} {said}");
}

#[test]
fn a_provisioning_file_is_checked_and_written_without_a_machine() {
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk { home: folder.path().join("home"), machine: String::new() };
    let place = folder.path().to_str().unwrap();
    let write = [
        "provision",
        "write",
        "--hostname",
        "shop-1",
        "--range",
        "192.0.2.0/24=hosting desk",
        "--shop",
        "Meadow & \"Mill\"",
        "--name",
        "Ada Osei",
        "--email",
        EMAIL,
        "--employer",
        "Meadow Hosting",
        "--employed-since",
        "2019-04-01",
        "--screening",
        "criminal record certificate",
        "--screened-on",
        "2025-01-15",
        "--screening-until",
        "2030-01-14",
        "--screening-reference",
        "HR 2025-17",
        "--approved-by",
        "Ines Duarte",
        "--officer-name",
        "Noor Haddad",
        "--officer-email",
        "noor@example.com",
        "--officer-employer",
        "Meadow Hosting",
        "--officer-employed-since",
        "2020-09-01",
        "--officer-screening",
        "criminal record certificate",
        "--officer-screened-on",
        "2025-01-15",
        "--officer-screening-until",
        "2030-01-14",
        "--officer-screening-reference",
        "HR 2025-18",
        "--officer-approved-by",
        "Ines Duarte",
        place,
    ];
    // One address for both founders would leave the second one out.
    let twice = write.map(|word| if word == "noor@example.com" { EMAIL } else { word });
    let (code, said) = desk.refused(&twice, "");
    assert!(
        code == 78 && said.contains("security_officer.email") && said.contains("second person"),
        "{said}"
    );
    desk.say(&write);
    assert_eq!(desk.refused(&write, "").0, 73, "a file that is there is not written over");
    let file = folder.path().join("appliance.toml");
    let name = file.to_str().unwrap();
    assert_eq!(desk.json(&["provision", "check", name])["good"], true);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains("[security_officer]\nname = \"Noor Haddad\""), "{text}");
    std::fs::write(&file, text.replace("192.0.2.0/24", "0.0.0.0/0").replace("2019-04-01", "soon")).unwrap();
    let output = desk.run(&["provision", "check", name, "--json"], "");
    assert_eq!(output.status.code(), Some(78));
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    let mistakes = said["problem"]["mistakes"].as_array().unwrap();
    assert_eq!(mistakes.len(), 2, "{said:#}");
    assert!(mistakes.iter().all(|mistake| mistake["line"].is_u64() && mistake["cure"].is_string()));
    let (code, said) = desk.refused(&["provision", "check", "/no/such/file"], "");
    assert!(code == 66 && said.contains("/no/such/file"), "{said}");
}

#[test]
fn every_help_fits_eighty_columns_and_begins_with_examples() {
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk { home: folder.path().to_owned(), machine: String::new() };
    for verb in [
        "",
        "trust",
        "login",
        "ranges",
        "staff",
        "tokens",
        "audit",
        "products",
        "provision",
        "status",
        "approve",
    ] {
        let arguments: Vec<_> = [verb, "--help"].into_iter().filter(|word| !word.is_empty()).collect();
        let help = desk.say(&arguments);
        assert!(help.starts_with("Examples:"), "{help}");
    }
    assert_eq!(desk.refused(&["no-such-verb"], "").0, 64);
}
