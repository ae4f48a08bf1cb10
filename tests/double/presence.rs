//! How the server shows itself: certificates, and servers that are not to be trusted or are too old.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;

/// How the server shows itself. All have the same kind of root, so a client that trusts it refuses for the one
/// reason that is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    Good,
    /// The certificate ended in 2021.
    Expired,
    /// The certificate is for `gateway.example` alone.
    OtherName,
    /// OpenSSL, which speaks TLS 1.1 and nothing else.
    OnlyTls11,
    /// Answers any ClientHello with a ServerHello of TLS 1.1: here the client itself must refuse.
    InsistsOnTls11,
}

/// The addresses and names that a good certificate is for.
const NAMES: [&str; 6] = [
    "127.0.0.1",
    "localhost",
    "api.stripe.com",
    "apitest.authorize.net",
    "api.authorize.net",
    "checkout-test.adyen.com",
];

/// Who vouches for servers.
pub(super) struct Root {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Root {
    pub(super) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut root = CertificateParams::new(vec![]).unwrap();
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        root.distinguished_name.push(rcgen::DnType::CommonName, "Root of the gateway double");
        let pem = root.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(root, key), pem }
    }
}

/// A server's identity, and the root that vouches for it; all PEM.
pub(super) struct Identity {
    pub(super) certificate: String,
    pub(super) key: String,
    pub(super) root: String,
    config: Arc<ServerConfig>,
}

impl Identity {
    pub(super) fn new(presence: Presence) -> Self {
        Self::under(&Root::new(), presence)
    }

    pub(super) fn under(root: &Root, presence: Presence) -> Self {
        let key = KeyPair::generate().unwrap();
        let names = match presence {
            Presence::OtherName => vec!["gateway.example".to_owned()],
            _ => NAMES.map(str::to_owned).to_vec(),
        };
        let mut leaf = CertificateParams::new(names).unwrap();
        if presence == Presence::Expired {
            leaf.not_before = date_time_ymd(2020, 1, 1);
            leaf.not_after = date_time_ymd(2021, 1, 1);
        }
        let leaf = leaf.signed_by(&key, &root.issuer).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![leaf.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
            .unwrap();
        Self {
            certificate: leaf.pem(),
            key: key.serialize_pem(),
            root: root.pem.clone(),
            config: Arc::new(config),
        }
    }

    pub(super) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.config)
    }
}

/// A server's configuration for loopback and the vendors' names, and the fresh root (PEM) that vouches for it.
pub fn certificates() -> (Arc<ServerConfig>, String) {
    let identity = Identity::new(Presence::Good);
    (identity.config(), identity.root)
}
