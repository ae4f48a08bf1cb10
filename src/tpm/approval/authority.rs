//! The key that approves images: at build time the profile's PCR-signing key, in the demo and in tests a
//! key of its own.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::{fmt, fs, io};

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;
use zeroize::Zeroizing;

use super::file::from_hex;
use super::{Approval, ApprovalError, Signed, SigningKey};
use crate::tpm::policy::Purpose;

/// Approves images. Whoever holds it decides what may open the secrets of every machine of its profile.
pub struct Authority {
    pair: KeyPair,
    key: SigningKey,
}

impl Authority {
    /// A new key, kept nowhere.
    pub fn generate() -> Result<Self, ApprovalError> {
        let pair = KeyPair::generate(KeySize::Rsa2048)
            .map_err(|_| ApprovalError::Crypto { doing: "make an RSA key" })?;
        Self::new(pair, "the new key")
    }

    /// Reads an RSA private key in PEM form: PKCS#8 (`PRIVATE KEY`) or PKCS#1 (`RSA PRIVATE KEY`).
    pub fn from_pem(path: &Path) -> Result<Self, ApprovalError> {
        let what = path.display().to_string();
        let text = fs::read(path).map_err(|source| ApprovalError::File { path: path.to_owned(), source })?;
        let text = Zeroizing::new(text);
        let pair = match PrivateKeyDer::from_pem_slice(&text) {
            Ok(PrivateKeyDer::Pkcs8(der)) => KeyPair::from_pkcs8(der.secret_pkcs8_der()).ok(),
            Ok(PrivateKeyDer::Pkcs1(der)) => KeyPair::from_der(der.secret_pkcs1_der()).ok(),
            _ => None,
        };
        Self::new(pair.ok_or_else(|| ApprovalError::Key { what: what.clone() })?, &what)
    }

    /// The key kept in a file, made at the first call; mode 0600.
    pub fn open_or_create(path: &Path) -> Result<Self, ApprovalError> {
        if path.exists() {
            return Self::from_pem(path);
        }
        let made = Self::generate()?;
        let der: Pkcs8V1Der<'_> =
            made.pair.as_der().map_err(|_| ApprovalError::Crypto { doing: "write the RSA key out" })?;
        let text = Zeroizing::new(pem("PRIVATE KEY", der.as_ref()));
        write_private(path, text.as_bytes())
            .map_err(|source| ApprovalError::File { path: path.to_owned(), source })?;
        Ok(made)
    }

    fn new(pair: KeyPair, what: &str) -> Result<Self, ApprovalError> {
        let key = pair
            .public_key()
            .as_der()
            .ok()
            .and_then(|der: PublicKeyX509Der<'_>| SigningKey::from_der(der.as_ref()));
        let key = key.ok_or_else(|| ApprovalError::Key { what: what.to_owned() })?;
        Ok(Self { pair, key })
    }

    /// The public half, as the image carries it.
    pub fn public_pem(&self) -> Result<String, ApprovalError> {
        let der: PublicKeyX509Der<'_> = self
            .pair
            .public_key()
            .as_der()
            .map_err(|_| ApprovalError::Crypto { doing: "write the public key out" })?;
        Ok(pem("PUBLIC KEY", der.as_ref()))
    }

    /// Approves an image of security version `version` in each boot phase: `(phase, value of PCR 11 in
    /// the SHA-256 bank)`.
    pub fn approve(&self, version: u64, phases: &[(&str, [u8; 32])]) -> Result<Approval, ApprovalError> {
        let mut policies: Vec<Signed> = Vec::new();
        for (phase, image) in phases {
            if policies.iter().any(|signed| signed.phase == *phase || signed.image == *image) {
                return Err(ApprovalError::Twice { phase: (*phase).to_owned() });
            }
            for purpose in Purpose::ALL {
                policies.push(self.sign(purpose, version, phase, *image)?);
            }
        }
        Ok(Approval { key: self.key.clone(), version, policies })
    }

    fn sign(
        &self,
        purpose: Purpose,
        version: u64,
        phase: &str,
        image: [u8; 32],
    ) -> Result<Signed, ApprovalError> {
        let policy = purpose.policy(&self.key, version, image);
        let signature = self.sign_message(&purpose.message(&policy))?;
        Ok(Signed { purpose, phase: phase.to_owned(), image, policy, signature })
    }

    fn sign_message(&self, message: &[u8]) -> Result<Vec<u8>, ApprovalError> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
            .map_err(|_| ApprovalError::Crypto { doing: "sign a policy" })?;
        Ok(signature)
    }

    /// The bare PCR 11 policy and its signature without a reference, as `systemd-measure sign` makes them.
    #[cfg(test)]
    pub(in crate::tpm) fn sign_for_systemd(&self, image: [u8; 32]) -> ([u8; 32], Vec<u8>) {
        let policy = crate::tpm::policy::image_only(image);
        (policy, self.sign_message(&policy).unwrap_or_default())
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Authority(RSA-2048)")
    }
}

/// Reads a PCR value as systemd-measure prints it: 64 hexadecimal digits.
pub fn pcr_value(text: &str) -> Option<[u8; 32]> {
    from_hex(text)
}

fn pem(label: &str, der: &[u8]) -> String {
    let body = Zeroizing::new(STANDARD.encode(der));
    // Room for everything at once: a growing text would leave copies of a private key behind.
    let mut text = String::with_capacity(2 * body.len() + 128);
    text.push_str(&format!("-----BEGIN {label}-----\n"));
    for (at, character) in body.chars().enumerate() {
        if at > 0 && at % 64 == 0 {
            text.push('\n');
        }
        text.push(character);
    }
    text.push_str(&format!("\n-----END {label}-----\n"));
    text
}

/// Whole or not at all.
fn write_private(path: &Path, text: &[u8]) -> io::Result<()> {
    let new = path.with_extension("new");
    let mut file = fs::File::options().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    file.write_all(text)?;
    file.sync_all()?;
    fs::rename(&new, path)
}
