//! Debian's `sslscan`, which is built on OpenSSL and offers all that it knows, old things too.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::process::Command;

use super::address;
use super::harness::{Admin, Shop};

/// The post-quantum hybrid, which the scanner does not know (`tests/api` shows it).
const X25519MLKEM768: u16 = 0x11ec;

/// What a scan found.
struct Scan(String);

impl Scan {
    fn of(at: SocketAddr) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("scan.xml");
        let mut command = Command::new("sslscan");
        command.arg(format!("--xml={}", file.display())).args(["--show-sigs", &at.to_string()]);
        let out = command.output().unwrap_or_else(|error| panic!("{error}: apt-get install sslscan"));
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        Self(std::fs::read_to_string(file).unwrap())
    }

    /// The elements of this name, as text.
    fn elements(&self, name: &str) -> Vec<&str> {
        let begin = format!("<{name} ");
        self.0.lines().map(str::trim).filter(|line| line.starts_with(&begin)).collect()
    }

    /// The numbers of the elements of this name under this version.
    fn numbers(&self, name: &str, version: &str) -> BTreeSet<u16> {
        let of = self.elements(name).into_iter().filter(|line| value(line, "sslversion") == version);
        of.map(|line| u16::from_str_radix(value(line, "id").trim_start_matches("0x"), 16).unwrap()).collect()
    }
}

fn value<'a>(element: &'a str, name: &str) -> &'a str {
    let (_, rest) = element.split_once(&format!(" {name}=\"")).unwrap_or_else(|| panic!("{name}: {element}"));
    rest.split('"').next().unwrap()
}

/// What holds whatever certificate is shown.
fn nothing_below_the_table(scan: &Scan) {
    let protocols: Vec<_> = scan
        .elements("protocol")
        .into_iter()
        .map(|line| (value(line, "type"), value(line, "version"), value(line, "enabled")))
        .collect();
    let wanted = [("ssl", "2", "0"), ("ssl", "3", "0"), ("tls", "1.0", "0"), ("tls", "1.1", "0")];
    assert_eq!(protocols[..4], wanted, "{}", scan.0);
    assert_eq!(protocols[4..], [("tls", "1.2", "1"), ("tls", "1.3", "1")], "{}", scan.0);
    let table = cashcow::tls::table();
    assert_eq!(scan.numbers("cipher", "TLSv1.3"), table.suites_13.into_iter().collect(), "{}", scan.0);
    let groups = table.groups.into_iter().filter(|group| *group != X25519MLKEM768);
    assert_eq!(scan.numbers("group", "TLSv1.3"), groups.collect(), "{}", scan.0);
    for cipher in scan.elements("cipher") {
        assert!(["strong", "acceptable"].contains(&value(cipher, "strength")), "{cipher}");
        assert!(value(cipher, "bits").parse::<u32>().unwrap() >= 128, "{cipher}");
        assert_eq!(value(cipher, "curve"), "25519", "forward secrecy: {cipher}");
    }
    assert_eq!(scan.elements("renegotiation"), ["<renegotiation supported=\"0\" secure=\"0\" />"]);
    let bleeding = scan.elements("heartbleed");
    assert!(
        bleeding.len() == 2 && bleeding.iter().all(|line| value(line, "vulnerable") == "0"),
        "{bleeding:?}"
    );
    assert!(!scan.0.contains("compression supported=\"1\""), "{}", scan.0);
    // A client that takes no signature of ours is refused, so the scanner sees no server that takes any.
    assert!(!scan.0.contains("name=\"ANY\""), "{}", scan.0);
}

/// A certificate with a key of this kind, made elsewhere.
fn made_elsewhere(kind: &[&str]) -> (String, String) {
    let folder = tempfile::tempdir().unwrap();
    let (chain, key) = (folder.path().join("chain.pem"), folder.path().join("key.pem"));
    let mut command = Command::new("openssl");
    command.args(["req", "-x509", "-nodes", "-days", "90", "-subj", "/CN=shop.example.com"]).args(kind);
    command.args(["-addext", "subjectAltName=DNS:shop.example.com", "-out"]).arg(&chain);
    let out = command.arg("-keyout").arg(&key).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    (std::fs::read_to_string(chain).unwrap(), std::fs::read_to_string(key).unwrap())
}

/// The suites of TLS 1.2 in the table for a key of this kind, by the names that IANA gives them.
fn of_12(ecdsa: bool) -> BTreeSet<u16> {
    let all = cashcow::tls::table().suites_12.into_iter();
    // 0xC02B, 0xC02C, 0xCCA9 are ECDSA's; 0xC02F, 0xC030, 0xCCA8 are RSA's.
    all.filter(|suite| [0xc02b, 0xc02c, 0xcca9].contains(suite) == ecdsa).collect()
}

#[tokio::test]
async fn a_scanner_finds_what_the_table_has_at_both_listeners_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::start(folder.path());
    for url in [shop.storefront(), shop.console()] {
        let scan = Scan::of(address(url));
        nothing_below_the_table(&scan);
        assert_eq!(scan.numbers("cipher", "TLSv1.2"), of_12(true), "{}", scan.0);
        assert!(
            scan.0.contains("type=\"EC\" curve_name=\"prime256v1\""),
            "the machine's own key: {}",
            scan.0
        );
        assert!(scan.0.contains("<signature-algorithm>ecdsa-with-SHA256"), "{}", scan.0);
    }

    // An RSA key that somebody uploads brings the other half of the table, and no more.
    let mut admin = Admin::set_up(&shop).await;
    let (chain, key) = made_elsewhere(&["-newkey", "rsa:2048"]);
    let page = admin.browser.get("/settings/certificate").await;
    let form = page.form("/settings/certificate").set("chain", &chain).set("key", &key);
    let page = admin.browser.submit(form).await;
    assert!(page.says("The certificate is in place."), "{}", page.words());
    let scan = Scan::of(address(shop.storefront()));
    nothing_below_the_table(&scan);
    assert_eq!(scan.numbers("cipher", "TLSv1.2"), of_12(false), "{}", scan.0);
    // And one that is too small is not taken.
    let (chain, key) = made_elsewhere(&["-newkey", "rsa:1024"]);
    let page = admin.browser.get("/settings/certificate").await;
    let form = page.form("/settings/certificate").set("chain", &chain).set("key", &key);
    let page = admin.browser.submit(form).await;
    assert!(page.says("RSA key of 2048 bits or more"), "{}", page.words());
}
