//! The one table of protocol versions, cipher suites and key exchanges, for the way in and the way out.

use std::sync::Arc;

use rustls::crypto::aws_lc_rs::{cipher_suite, default_provider, kx_group};
use rustls::crypto::{CryptoProvider, SupportedKxGroup};
use rustls::pki_types::CertificateDer;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, RootCertStore, ServerConfig, SupportedCipherSuite};

use super::{ACME_TLS, Certificates};

/// AEAD with forward secrecy only, 128 bits or better.
const SUITES: [SupportedCipherSuite; 9] = [
    cipher_suite::TLS13_AES_256_GCM_SHA384,
    cipher_suite::TLS13_AES_128_GCM_SHA256,
    cipher_suite::TLS13_CHACHA20_POLY1305_SHA256,
    cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    cipher_suite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    cipher_suite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    cipher_suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    cipher_suite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
];

/// The post-quantum hybrid first (draft-ietf-tls-ecdhe-mlkem), then the classical curves.
const GROUPS: [&dyn SupportedKxGroup; 4] =
    [kx_group::X25519MLKEM768, kx_group::X25519, kx_group::SECP256R1, kx_group::SECP384R1];

/// What the table has, by IANA's numbers, for those who compare it with what a scanner finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Cipher suites of TLS 1.3.
    pub suites_13: Vec<u16>,
    /// Cipher suites of TLS 1.2.
    pub suites_12: Vec<u16>,
    /// Key exchanges.
    pub groups: Vec<u16>,
}

/// The table.
pub fn table() -> Table {
    let suites = |of: &'static rustls::SupportedProtocolVersion| {
        let all = SUITES.iter().filter(|suite| suite.version() == of);
        all.map(|suite| u16::from(suite.suite())).collect()
    };
    let groups = GROUPS.iter().map(|group| u16::from(group.name())).collect();
    Table { suites_13: suites(&TLS13), suites_12: suites(&TLS12), groups }
}

/// Why no TLS could be set up.
#[derive(Debug, thiserror::Error)]
#[error("TLS cannot be set up: {0}")]
pub struct TlsError(#[from] rustls::Error);

fn provider() -> Arc<CryptoProvider> {
    Arc::new(CryptoProvider {
        cipher_suites: SUITES.to_vec(),
        kx_groups: GROUPS.to_vec(),
        ..default_provider()
    })
}

/// The settings of a listener that shows these certificates: TLS 1.3 and 1.2, HTTP/2 and HTTP/1.1,
/// no client certificates, no early data. Where authorities may ask for the answer to a challenge, their protocol
/// is spoken too; over such a connection nothing is said but the handshake, which the listener sees to.
pub fn server(certificates: &Certificates) -> Result<Arc<ServerConfig>, TlsError> {
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13, &TLS12])?
        .with_no_client_auth()
        .with_cert_resolver(certificates.resolver());
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    if certificates.is_asked_by_authorities() {
        config.alpn_protocols.push(ACME_TLS.to_vec());
    }
    Ok(Arc::new(config))
}

/// The settings of a call to a gateway: the web PKI's roots, and one more if `extra_root` is given
/// (`dev` machines only; the configuration refuses it elsewhere).
pub fn client(extra_root: Option<CertificateDer<'static>>) -> Result<Arc<ClientConfig>, TlsError> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(root) = extra_root {
        roots.add(root)?;
    }
    outward(roots, true)
}

/// The settings of a call to a server whose certificate must be of this root, and of no other.
pub fn client_of_one_root(root: CertificateDer<'static>) -> Result<Arc<ClientConfig>, TlsError> {
    collector(Some(root), true)
}

/// The settings of a connection to a collector: the roots of the web PKI, or the operator's own `root` and no
/// other; with the protocol's name in the handshake if HTTP is spoken.
pub fn collector(root: Option<CertificateDer<'static>>, http: bool) -> Result<Arc<ClientConfig>, TlsError> {
    let mut roots = RootCertStore::empty();
    match root {
        Some(root) => roots.add(root)?,
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
    }
    outward(roots, http)
}

fn outward(roots: RootCertStore, http: bool) -> Result<Arc<ClientConfig>, TlsError> {
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13, &TLS12])?
        .with_root_certificates(roots)
        .with_no_client_auth();
    if http {
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
    }
    Ok(Arc::new(config))
}
