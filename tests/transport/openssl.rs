//! What OpenSSL still can offer and must not be given: `s_client` at security level 0.

use std::net::SocketAddr;
use std::process::{Command, Stdio};

use super::address;
use super::harness::Shop;

fn offers(at: SocketAddr, options: &[&str]) -> (bool, String) {
    let mut command = Command::new("openssl");
    command.args(["s_client", "-connect", &at.to_string()]).args(options);
    let out = command.stdin(Stdio::null()).output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    let taken = out.status.success() && said.contains("Cipher is ") && !said.contains("Cipher is (NONE)");
    (taken, said)
}

#[test]
fn old_versions_and_weak_suites_are_refused_and_the_tables_are_taken() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::start(folder.path());
    for at in [address(shop.storefront()), address(shop.console())] {
        for options in [
            &["-tls1", "-cipher", "ALL:@SECLEVEL=0"][..],
            &["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"],
            &["-tls1_2", "-cipher", "NULL:aNULL:@SECLEVEL=0"],
            &["-tls1_2", "-cipher", "kRSA:@SECLEVEL=0"],
            &["-tls1_2", "-cipher", "kDHE:@SECLEVEL=0"],
            &["-tls1_2", "-cipher", "ECDHE+SHA1:@SECLEVEL=0"],
            &["-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-SHA384:ECDHE-ECDSA-AES128-SHA256:@SECLEVEL=0"],
            &["-tls1_2", "-cipher", "AESCCM:ARIA:CAMELLIA:@SECLEVEL=0"],
            &["-tls1_3", "-ciphersuites", "TLS_AES_128_CCM_SHA256:TLS_AES_128_CCM_8_SHA256"],
            &["-tls1_3", "-groups", "ffdhe2048:P-521:X448"],
            &["-tls1_2", "-groups", "P-521:X448"],
            &["-tls1_3", "-alpn", "spdy/3.1"],
        ] {
            let (taken, said) = offers(at, options);
            assert!(!taken, "{at} takes {options:?}:\n{said}");
            // It was the server who said no: OpenSSL could offer that.
            assert!(said.contains("SSL alert number"), "{options:?}:\n{said}");
        }
        for options in [
            &["-tls1_2"][..],
            &["-tls1_3"],
            &["-tls1_2", "-no_ticket"],
            &["-tls1_3", "-groups", "P-256", "-alpn", "h2"],
            &["-tls1_3", "-groups", "P-384", "-alpn", "http/1.1"],
        ] {
            let (taken, said) = offers(at, options);
            assert!(taken, "{at} does not take {options:?}:\n{said}");
            assert!(said.contains("Compression: NONE"), "{said}");
            assert!(
                !said.contains("Acceptable client certificate CA names"),
                "no client certificates: {said}"
            );
        }
        // No early data, which anybody could play again.
        let (_, said) = offers(at, &["-tls1_3", "-msg"]);
        for line in said.lines().filter(|line| line.contains("Max Early Data")) {
            assert!(line.ends_with(": 0"), "{line}");
        }
    }
}

/// The port that only redirects speaks no TLS at all.
#[test]
fn port_80_speaks_no_tls() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::start(folder.path());
    assert!(!offers(address(shop.redirect()), &["-tls1_2"]).0);
}
