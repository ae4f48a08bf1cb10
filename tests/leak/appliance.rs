//! The same on the appliance itself: the image that was built, over its network, with its TPM, its encrypted
//! data volume and its journal; the forced core is the whole machine's memory.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::harness::Admin;
use super::scan::Scan;
use super::{GOODS, ORDERS, pay_all, read_all, sentinels};

fn repo() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A machine that `image/run` booted; stopped when dropped.
struct Machine {
    state: tempfile::TempDir,
}

impl Machine {
    fn run(&self, options: &[&str]) -> std::process::Output {
        Command::new(repo().join("image/run"))
            .arg("--state")
            .arg(self.state.path())
            .args(options)
            .output()
            .unwrap()
    }

    fn start() -> (Self, serde_json::Value) {
        let lab = repo().join("target/lab");
        std::fs::create_dir_all(&lab).unwrap();
        let machine = Self { state: tempfile::tempdir_in(lab).unwrap() };
        let port =
            || std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
        let (storefront, console) = (port(), port());
        let options = ["--detach", "--json", "--storefront-port", &storefront, "--console-port", &console];
        let done = machine.run(&options);
        assert!(done.status.success(), "image/run: {}", String::from_utf8_lossy(&done.stderr));
        let said = String::from_utf8(done.stdout).unwrap();
        let facts = serde_json::from_str(said.lines().last().unwrap()).unwrap();
        (machine, facts)
    }

    /// Runs `appliance.py`; what it makes is in the state folder.
    fn take(&self, what: &str, between: &[&Path]) -> PathBuf {
        let out = self.state.path().join(format!("{what}.taken"));
        let script = repo().join("tests/leak/appliance.py");
        let done = Command::new("python3")
            .arg(script)
            .arg(what)
            .arg(self.state.path())
            .args(between)
            .arg(&out)
            .output();
        let done = done.unwrap();
        assert!(done.status.success(), "{what}: {}", String::from_utf8_lossy(&done.stderr));
        out
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.run(&["--stop"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn appliance_keeps_no_trace_of_two_hundred_cards() {
    let (machine, facts) = Machine::start();
    let sentinels = sentinels(super::ORDERS);
    let scan = Scan::new(&sentinels);
    let (mut admin, page) =
        Admin::set_up_at(facts["console"].as_str().unwrap(), facts["setup_code"].as_str().unwrap()).await;
    let key = page
        .words()
        .split_whitespace()
        .find(|word| word.len() == 71 && word.contains('-'))
        .map(str::to_owned);
    let key = key.unwrap_or_else(|| panic!("no recovery key is shown: {}", page.words()));
    admin.restock(GOODS, 9_000).await;
    let mut responses = pay_all(facts["storefront"].as_str().unwrap(), &sentinels).await;
    read_all(&mut admin).await;
    responses.append(&mut admin.browser.seen);
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;

    let memory = machine.take("memory", &[]);
    let mut finds = scan.search("responses", &responses);
    finds.extend(scan.search_file(&memory));
    std::fs::remove_file(&memory).unwrap();

    machine.run(&["--stop"]);
    let key_file = machine.state.path().join("recovery-key");
    std::fs::write(&key_file, &key).unwrap();
    let image = repo().join("target/image/dev").join(format!("{}.json", env!("CARGO_PKG_VERSION")));
    let volume = machine.take("volume", &[&image, &key_file]);
    // The view is worth something only if the store and the journal can be read in it.
    let bytes = std::fs::read(&volume).unwrap();
    for known in [&b"redb"[..], b"ImportProducts", b"SYSLOG_IDENTIFIER=cashcowd"] {
        assert!(
            bytes.windows(known.len()).any(|part| part == known),
            "{} is not in the volume",
            String::from_utf8_lossy(known)
        );
    }
    drop(bytes);
    finds.extend(scan.search_file(&volume));
    finds.extend(scan.search_file(&machine.state.path().join("disk.raw")));
    finds.extend(scan.search_file(&machine.state.path().join("serial.log")));
    assert!(finds.is_empty(), "{} finds, first ten:\n{:#?}", finds.len(), &finds[..finds.len().min(10)]);
    println!(
        "{ORDERS} cards: nothing in the volume, the journal, the machine's memory and {} bytes of answers",
        responses.len()
    );
}
