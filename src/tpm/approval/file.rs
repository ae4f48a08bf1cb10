//! The approvals' file: the part `"cashcow"` beside systemd's own signatures.
//!
//! systemd-stub hands the image's `.pcrsig` section over as `/run/systemd/tpm2-pcr-signature.json`;
//! systemd looks only under the names of hash banks there and passes over ours.

use std::path::Path;
use std::{fs, str};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::{Approval, ApprovalError, Signed, SigningKey};
use crate::tpm::policy::Purpose;

#[derive(Deserialize)]
struct SignatureFile {
    cashcow: Option<Part>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    svn: u64,
    policies: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    #[serde(rename = "for")]
    purpose: String,
    phase: String,
    pcr11: String,
    policy: String,
    sig: String,
}

impl Approval {
    /// Reads what systemd-stub left: the signatures, and the public key that made them.
    pub fn read(signature_json: &Path, public_key_pem: &Path) -> Result<Self, ApprovalError> {
        let text = read(signature_json)?;
        let file: SignatureFile = serde_json::from_slice(&text)
            .map_err(|source| ApprovalError::Json { path: signature_json.to_owned(), source })?;
        let part = file.cashcow.ok_or_else(|| ApprovalError::Missing { path: signature_json.to_owned() })?;
        let key = SigningKey::from_pem(&read(public_key_pem)?, &public_key_pem.display().to_string())?;
        let policies =
            part.policies.iter().map(|entry| entry.signed(&key, part.svn)).collect::<Result<_, _>>()?;
        Ok(Self { key, version: part.svn, policies })
    }

    /// The object that belongs under the key `"cashcow"`.
    pub fn to_json(&self) -> serde_json::Value {
        let part = Part { svn: self.version, policies: self.policies.iter().map(Entry::from).collect() };
        // Numbers and texts only: this cannot fail.
        serde_json::to_value(part).unwrap_or_default()
    }
}

impl Entry {
    fn signed(&self, key: &SigningKey, version: u64) -> Result<Signed, ApprovalError> {
        let field = |field| ApprovalError::Field { phase: self.phase.clone(), field };
        let known = |purpose: &Purpose| purpose.word() == self.purpose;
        let purpose = Purpose::ALL.into_iter().find(known).ok_or_else(|| field("for"))?;
        let image = from_hex(&self.pcr11).ok_or_else(|| field("pcr11"))?;
        let policy = from_hex(&self.policy).ok_or_else(|| field("policy"))?;
        if policy != purpose.policy(key, version, image) {
            return Err(ApprovalError::OtherPolicy { phase: self.phase.clone() });
        }
        let signature = STANDARD.decode(&self.sig).map_err(|_| field("sig"))?;
        Ok(Signed { purpose, phase: self.phase.clone(), image, policy, signature })
    }
}

impl From<&Signed> for Entry {
    fn from(signed: &Signed) -> Self {
        Self {
            purpose: signed.purpose.word().to_owned(),
            phase: signed.phase.clone(),
            pcr11: to_hex(&signed.image),
            policy: to_hex(&signed.policy),
            sig: STANDARD.encode(&signed.signature),
        }
    }
}

fn read(path: &Path) -> Result<Vec<u8>, ApprovalError> {
    fs::read(path).map_err(|source| ApprovalError::File { path: path.to_owned(), source })
}

/// Lower-case hexadecimal.
pub(in crate::tpm) fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// 32 bytes from 64 hexadecimal digits of either case.
pub(in crate::tpm) fn from_hex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}
