//! The public half of the key that approves images, as a TPM loads it.

use rustls_pki_types::SubjectPublicKeyInfoDer;
use rustls_pki_types::pem::PemObject;
use x509_parser::prelude::FromDer;
use x509_parser::public_key::PublicKey;
use x509_parser::x509::SubjectPublicKeyInfo;

use super::ApprovalError;
use crate::tpm::public::{self, Name};

/// An RSA-2048 public key. Its TPM name is part of every policy that it may approve.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::tpm) struct SigningKey {
    area: Vec<u8>,
    name: Name,
}

impl SigningKey {
    /// Reads a `PUBLIC KEY` PEM; `what` names it in an error.
    pub(in crate::tpm) fn from_pem(pem: &[u8], what: &str) -> Result<Self, ApprovalError> {
        let key = || ApprovalError::Key { what: what.to_owned() };
        Self::from_der(&SubjectPublicKeyInfoDer::from_pem_slice(pem).map_err(|_| key())?).ok_or_else(key)
    }

    /// Reads a `SubjectPublicKeyInfo`.
    pub(in crate::tpm) fn from_der(der: &[u8]) -> Option<Self> {
        let (_, info) = SubjectPublicKeyInfo::from_der(der).ok()?;
        let PublicKey::RSA(rsa) = info.parsed().ok()? else { return None };
        // DER integers carry a leading zero when their top bit is set; the TPM's do not.
        let modulus = rsa.modulus.strip_prefix(&[0]).unwrap_or(rsa.modulus);
        if modulus.len() != 256 || rsa.try_exponent().ok()? != 65537 {
            return None;
        }
        let area = public::signing_key(modulus);
        Some(Self { name: public::name(&area), area })
    }

    /// The public area to load.
    pub(in crate::tpm) fn area(&self) -> &[u8] {
        &self.area
    }

    /// Its name.
    pub(in crate::tpm) fn name(&self) -> &Name {
        &self.name
    }
}
