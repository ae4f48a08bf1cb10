//! Public areas: the bytes by which a TPM knows a key or an index, and the name that follows from them.
//!
//! Pure arithmetic, so that `cowctl` can compute at build time what a machine's TPM will compute later
//! (TPM 2.0 Library, part 1, section 16 "Names"; part 2, `TPMT_PUBLIC` and `TPMS_NV_PUBLIC`).

use sha2::{Digest, Sha256};

/// A name: the identifier of SHA-256 and the hash of a public area.
pub(super) type Name = [u8; 34];

/// Where the smallest version that may still open secrets is kept: an index of the owner's range.
pub(super) const MINIMUM: u32 = 0x0180_0C01;
/// What follows the heads of the audit log: an index of the owner's range that can only be extended.
pub(super) const WITNESS: u32 = 0x0180_0C02;
/// Where the storage root key stands by convention (TCG TPM v2.0 Provisioning Guidance).
pub(super) const STORAGE_KEY: u32 = 0x8100_0001;

const RSA: u16 = 0x0001;
pub(super) const HMAC: u16 = 0x0005;
pub(super) const KEYED_HASH: u16 = 0x0008;
pub(super) const ECC: u16 = 0x0023;
pub(super) const SHA256: u16 = 0x000B;
pub(super) const NULL: u16 = 0x0010;
const RSASSA: u16 = 0x0014;
pub(super) const ECDSA: u16 = 0x0018;
const AES128_CFB: [u16; 3] = [0x0006, 128, 0x0043];
pub(super) const P256: u16 = 0x0003;

pub(super) const FIXED_TPM: u32 = 1 << 1;
pub(super) const FIXED_PARENT: u32 = 1 << 4;
pub(super) const SENSITIVE_DATA_ORIGIN: u32 = 1 << 5;
pub(super) const USER_WITH_AUTH: u32 = 1 << 6;
pub(super) const ADMIN_WITH_POLICY: u32 = 1 << 7;
pub(super) const NO_DA: u32 = 1 << 10;
const RESTRICTED: u32 = 1 << 16;
pub(super) const DECRYPT: u32 = 1 << 17;
pub(super) const SIGN: u32 = 1 << 18;

pub(super) const NV_POLICY_WRITE: u32 = 1 << 3;
const NV_EXTEND: u32 = 4 << 4;
pub(super) const NV_COUNTER: u32 = 1 << 4;
pub(super) const NV_AUTH_READ: u32 = 1 << 18;
pub(super) const NV_POLICY_READ: u32 = 1 << 19;
pub(super) const NV_NO_DA: u32 = 1 << 25;
pub(super) const NV_WRITTEN: u32 = 1 << 29;

/// Marshals as the TPM does: big-endian, byte strings with a 16-bit length in front.
#[derive(Default)]
pub(super) struct Area(pub(super) Vec<u8>);

impl Area {
    pub(super) fn half(mut self, value: u16) -> Self {
        self.0.extend(value.to_be_bytes());
        self
    }

    pub(super) fn word(mut self, value: u32) -> Self {
        self.0.extend(value.to_be_bytes());
        self
    }

    /// Callers pass digests and a 2048-bit modulus; nothing here comes near 64 KiB.
    pub(super) fn sized(self, bytes: &[u8]) -> Self {
        let mut area = self.half(u16::try_from(bytes.len()).unwrap_or(u16::MAX));
        area.0.extend(bytes);
        area
    }
}

/// The storage root key's template: ECC P-256 as systemd makes it too. A child's secrets are decrypted
/// by it alone; `noDA`, because its auth value is empty and there is nothing to guess.
pub(super) fn storage_key() -> Vec<u8> {
    let attributes =
        FIXED_TPM | FIXED_PARENT | SENSITIVE_DATA_ORIGIN | USER_WITH_AUTH | NO_DA | RESTRICTED | DECRYPT;
    let [algorithm, bits, mode] = AES128_CFB;
    let area = Area::default().half(ECC).half(SHA256).word(attributes).sized(&[]);
    let area = area.half(algorithm).half(bits).half(mode).half(NULL).half(P256).half(NULL);
    area.sized(&[]).sized(&[]).0
}

/// Whether a public area found at [`STORAGE_KEY`] is a key that may be a parent: made in this TPM, never
/// leaving it, decrypting only what a TPM has encrypted, and of a known kind.
pub(super) fn is_storage_key(area: &[u8]) -> bool {
    let Some((kind, rest)) = area.split_first_chunk().map(|(k, r)| (u16::from_be_bytes(*k), r)) else {
        return false;
    };
    let Some((hash, rest)) = rest.split_first_chunk().map(|(h, r)| (u16::from_be_bytes(*h), r)) else {
        return false;
    };
    let Some((attributes, _)) = rest.split_first_chunk().map(|(a, r)| (u32::from_be_bytes(*a), r)) else {
        return false;
    };
    let needed = FIXED_TPM | FIXED_PARENT | SENSITIVE_DATA_ORIGIN | USER_WITH_AUTH | RESTRICTED | DECRYPT;
    matches!(kind, RSA | ECC) && hash == SHA256 && attributes & needed == needed && attributes & SIGN == 0
}

/// The template of sealed data that only a policy opens.
///
/// `userWithAuth` is clear, so its empty auth value opens nothing; `adminWithPolicy` is set, so that not
/// even a certificate about it is made without the policy. `noDA` is set because there is no password to
/// guess: wrong guesses at other software's objects must never close the shop's.
pub(super) fn sealed_data(policy: &[u8; 32]) -> Vec<u8> {
    let attributes = FIXED_TPM | FIXED_PARENT | ADMIN_WITH_POLICY | NO_DA;
    let area = Area::default().half(KEYED_HASH).half(SHA256).word(attributes);
    area.sized(policy).half(NULL).sized(&[]).0
}

/// An RSA-2048 key with exponent 65537 that verifies RSASSA with SHA-256 and does nothing else.
pub(super) fn signing_key(modulus: &[u8]) -> Vec<u8> {
    let area = Area::default().half(RSA).half(SHA256).word(SIGN | USER_WITH_AUTH).sized(&[]);
    let area = area.half(NULL).half(RSASSA).half(SHA256).half(2048);
    area.word(0).sized(modulus).0 // exponent 0 means 65537
}

/// The public area of the minimum-version index: readable by anybody, writable only by a policy.
/// `written` is what the first write sets; it changes the index's name.
pub(super) fn minimum_index(policy: &[u8; 32], written: bool) -> Vec<u8> {
    let attributes = NV_POLICY_WRITE | NV_AUTH_READ | NV_NO_DA | if written { NV_WRITTEN } else { 0 };
    Area::default().word(MINIMUM).half(SHA256).word(attributes).sized(policy).half(8).0
}

/// The template of the key that vouches for the audit log: ECC P-256, made from the owner's seed, so that the
/// same TPM makes the same key until it is cleared, and nothing of it lies on a disk. Restricted: it signs
/// only what the TPM itself says, never a text of somebody's choice. Only a policy may use it.
pub(super) fn witness_key(policy: &[u8; 32]) -> Vec<u8> {
    let attributes =
        FIXED_TPM | FIXED_PARENT | SENSITIVE_DATA_ORIGIN | ADMIN_WITH_POLICY | NO_DA | RESTRICTED | SIGN;
    let area = Area::default().half(ECC).half(SHA256).word(attributes).sized(policy);
    area.half(NULL).half(ECDSA).half(SHA256).half(P256).half(NULL).sized(&[]).sized(&[]).0
}

/// The public area of the index that follows the audit log's heads: readable by anybody; extended, never
/// written, and only by a policy.
pub(super) fn witness_index(policy: &[u8; 32], written: bool) -> Vec<u8> {
    let attributes =
        NV_POLICY_WRITE | NV_EXTEND | NV_AUTH_READ | NV_NO_DA | if written { NV_WRITTEN } else { 0 };
    Area::default().word(WITNESS).half(SHA256).word(attributes).sized(policy).half(32).0
}

/// The name of a public area.
pub(super) fn name(area: &[u8]) -> Name {
    let mut name = [0; 34];
    let (algorithm, hash) = name.split_at_mut(2);
    algorithm.copy_from_slice(&SHA256.to_be_bytes());
    hash.copy_from_slice(&Sha256::digest(area));
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_restricted_decryption_key_may_be_a_parent() {
        assert!(is_storage_key(&storage_key()));
        assert!(!is_storage_key(&signing_key(&[1; 256])), "a signing key");
        assert!(!is_storage_key(&sealed_data(&[0; 32])), "sealed data");
        let mut exportable = storage_key();
        exportable[7] &= !0x02; // clear fixedTPM
        assert!(!is_storage_key(&exportable));
        for length in 0..8 {
            assert!(!is_storage_key(&storage_key()[..length]));
        }
    }
}
