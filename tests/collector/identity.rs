//! Certificates for receivers: good ones, and ones that nobody should believe.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// The name under which receivers are known.
pub const NAME: &str = "logs.example";

/// Somebody who vouches for receivers.
pub struct Root {
    issuer: Issuer<'static, KeyPair>,
    pub pem: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    Good,
    /// It ended in 2021.
    Expired,
    /// It is for another name.
    OtherName,
}

pub struct Identity {
    pub certificate: String,
    pub key: String,
}

impl Root {
    pub fn new() -> Self {
        Self::called("Root of the collectors")
    }

    pub fn called(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut root = CertificateParams::new(vec![]).unwrap();
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        root.distinguished_name.push(DnType::CommonName, name);
        let pem = root.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(root, key), pem }
    }

    pub fn vouch(&self, presence: Presence) -> Identity {
        let name = if presence == Presence::OtherName { "other.example" } else { NAME };
        let key = KeyPair::generate().unwrap();
        let mut leaf = CertificateParams::new(vec![name.to_owned()]).unwrap();
        leaf.distinguished_name.push(DnType::CommonName, name);
        if presence == Presence::Expired {
            (leaf.not_before, leaf.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1));
        }
        let certificate = leaf.signed_by(&key, &self.issuer).unwrap().pem();
        Identity { certificate, key: key.serialize_pem() }
    }
}

impl Identity {
    pub fn server(&self) -> Arc<ServerConfig> {
        let chain = CertificateDer::pem_slice_iter(self.certificate.as_bytes()).map(Result::unwrap).collect();
        let key = PrivateKeyDer::from_pem_slice(self.key.as_bytes()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap();
        Arc::new(config.with_no_client_auth().with_single_cert(chain, key).unwrap())
    }
}
