//! Servers that no shop may talk to, met by the very TLS settings that the shop calls its gateways with.

use std::process::{Command, Stdio};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::client::until;
use super::double::{Double, Presence, Stripe};

async fn shown_as(presence: Presence) -> Double {
    Double::serve(Stripe::default(), presence).await
}

/// The shop's handshake; the error's words.
async fn shake_hands(double: &Double) -> Result<(), String> {
    let root = CertificateDer::from_pem_slice(double.root_pem().as_bytes()).unwrap();
    let tls = TlsConnector::from(Arc::clone(&cashcow::tls::client(Some(root)).unwrap()));
    let stream = TcpStream::connect(double.address()).await.unwrap();
    let name = ServerName::IpAddress(double.address().ip().into());
    tls.connect(name, stream).await.map(|_| ()).map_err(|error| error.to_string())
}

#[tokio::test]
async fn a_bad_certificate_is_refused_for_what_is_bad_about_it() {
    assert_eq!(shake_hands(&shown_as(Presence::Good).await).await, Ok(()));
    for (presence, why) in [(Presence::Expired, "expired"), (Presence::OtherName, "not valid for name")] {
        let double = shown_as(presence).await;
        let said = shake_hands(&double).await.unwrap_err();
        assert!(said.contains(why), "{presence:?}: {said}");
        until(|| double.refusals().len() == 1).await;
        assert!(double.seen().is_empty(), "{presence:?}");
    }
}

#[tokio::test]
async fn a_server_that_insists_on_tls_1_1_gets_an_alert_and_nothing_else() {
    let double = shown_as(Presence::InsistsOnTls11).await;
    shake_hands(&double).await.unwrap_err();
    until(|| !double.refusals().is_empty()).await;
    // RFC 8446 6: protocol_version.
    assert_eq!(double.refusals(), ["the client's alert 70"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_has_tls_1_1_only_is_refused_and_would_have_talked() {
    let double = shown_as(Presence::OnlyTls11).await;
    shake_hands(&double).await.unwrap_err();
    // Somebody who still speaks it gets through: it was the version and nothing else.
    let address = double.address().to_string();
    let old = |version: &str| {
        let mut child = Command::new("openssl");
        child.args(["s_client", "-connect", &address, version, "-cipher", "ALL:@SECLEVEL=0", "-brief"]);
        child.stdin(Stdio::null()).output().unwrap()
    };
    let (eleven, twelve) = (old("-tls1_1"), old("-tls1_2"));
    assert!(eleven.status.success(), "{}", String::from_utf8_lossy(&eleven.stderr));
    assert!(!twelve.status.success());
}
