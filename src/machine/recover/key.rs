//! The key that signs: Ed25519, derived from the recovery key with HKDF (RFC 5869).

use std::fmt::Write;
use std::io::Read;
use std::path::Path;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::config::Fault;
use crate::machine::{Exit, Failure, write_durably};

/// The letters of systemd's recovery keys (modhex): the same on every keyboard.
const LETTERS: &str = "cbdefghijklnrtuv";
/// How many: 256 bits.
const LENGTH: usize = 64;
/// What the key is for; a signature of anything else is none here.
const PURPOSE: &[u8] = b"cashcow: ranges on a provisioning volume, 1\n";
const MOST_KEY: u64 = 512;

/// A recovery key, as somebody typed it.
pub struct RecoveryKey(Zeroizing<String>);

impl RecoveryKey {
    /// Takes what was typed; hyphens, spaces and case do not matter.
    pub fn new(typed: &str) -> Result<Self, Fault> {
        let refuse =
            |wrong: String| Fault::new(wrong, "type the eight groups of eight letters that set-up showed");
        let mut letters = Zeroizing::new(String::with_capacity(LENGTH));
        for letter in typed.chars().filter(|letter| !letter.is_whitespace() && *letter != '-') {
            let letter = letter.to_ascii_lowercase();
            if !LETTERS.contains(letter) {
                return Err(refuse("has a letter that no recovery key has".to_owned()));
            }
            if letters.len() == LENGTH {
                return Err(refuse(format!("has more than {LENGTH} letters")));
            }
            letters.push(letter);
        }
        if letters.len() < LENGTH {
            return Err(refuse(format!("has {} of {LENGTH} letters", letters.len())));
        }
        Ok(Self(letters))
    }

    fn pair(&self) -> Result<Ed25519KeyPair, Failure> {
        let fault = |_| Failure::new(Exit::Software, "the signing key cannot be derived");
        let mut seed = Zeroizing::new([0_u8; 32]);
        let derived = Hkdf::<Sha256>::new(Some(b"cashcow"), self.0.as_bytes());
        derived
            .expand(PURPOSE, seed.as_mut_slice())
            .map_err(|_| Failure::new(Exit::Software, "the signing key cannot be derived"))?;
        Ed25519KeyPair::from_seed_unchecked(seed.as_slice()).map_err(fault)
    }

    /// The public half, as hexadecimal digits.
    pub fn public(&self) -> Result<String, Failure> {
        Ok(hex(self.pair()?.public_key().as_ref()))
    }

    /// Signs a file's text: hexadecimal digits and a line's end.
    pub fn sign(&self, text: &str) -> Result<String, Failure> {
        Ok(format!("{}\n", hex(self.pair()?.sign(&message(text)).as_ref())))
    }
}

fn message(text: &str) -> Vec<u8> {
    [PURPOSE, text.as_bytes()].concat()
}

/// Whether `signature` is one of `text` by the key whose public half this is.
pub(super) fn signed(public: &str, text: &str, signature: &str) -> bool {
    let (Some(public), Some(signature)) = (unhex(public.trim(), 32), unhex(signature.trim(), 64)) else {
        return false;
    };
    UnparsedPublicKey::new(&ED25519, public).verify(&message(text), &signature).is_ok()
}

/// Keeps the public half of the recovery key that was just made. A machine whose set-up is done has no such
/// file any more, and its public half stays as it is.
pub fn keep_public_key(recovery_key: &Path, kept: &Path) -> Result<(), Failure> {
    let mut text = Zeroizing::new(String::with_capacity(1024));
    std::fs::File::open(recovery_key)
        .and_then(|file| file.take(MOST_KEY).read_to_string(&mut text))
        .map_err(|error| Failure::new(Exit::NoInput, format!("{}: {error}", recovery_key.display())))?;
    let key = RecoveryKey::new(text.trim())
        .map_err(|fault| Failure::new(Exit::Software, format!("the recovery key {}", fault.wrong)))?;
    write_durably(kept, format!("{}\n", key.public()?).as_bytes(), 0o644)
        .map_err(|error| Failure::new(Exit::CannotCreate, format!("{}: {error}", kept.display())))
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str, length: usize) -> Option<Vec<u8>> {
    if text.len() != length * 2 || !text.is_ascii() {
        return None;
    }
    (0..length).map(|at| u8::from_str_radix(text.get(at * 2..at * 2 + 2)?, 16).ok()).collect()
}
