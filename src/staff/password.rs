//! Passwords: what is taken, and how it is kept.
//!
//! A password is compared as RFC 8265 (OpaqueString) writes it: spaces of other scripts are spaces, and letters
//! are composed (NFC), so that it does not depend on the keyboard. Nothing else is changed, and no rule asks for
//! kinds of characters or for a new password after some time (NIST SP 800-63B-4, 3.1.1.2).

use std::sync::Arc;
use std::time::Duration;

use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use super::blocklist;
use crate::base::{Random, SecretBytes};

/// The fewest characters of a password that stands alone (NIST SP 800-63B-4 3.1.1.2).
pub const SHORTEST: usize = 15;
/// The fewest of one whose owner signs in with a passkey first (PCI DSS 8.3.6 asks for 12).
pub const SHORTEST_BESIDE_PASSKEY: usize = 12;
/// How many of a person's last passwords are not taken again (PCI DSS 8.3.7).
pub const NOT_AGAIN: usize = 4;
/// The most bytes: 64 characters of any script (NIST asks for at least 64 characters).
pub const MOST_BYTES: usize = 256;
/// The fewest characters that must remain when everything that is easy to guess is taken out.
const LEAST_OWN: usize = 8;
/// The fewest different characters.
const LEAST_DIFFERENT: usize = 6;

/// Argon2id with 46 MiB, two passes, one lane: above OWASP's (46 MiB, one pass; Password Storage Cheat
/// Sheet), and two at once fit a small machine.
const MEMORY_KIB: u32 = 46 * 1024;
const PASSES: u32 = 2;
/// The most hashes that are made at once.
const PLACES: usize = 2;
/// How long a sign-in waits for its place before it is told to come back.
const PATIENCE: Duration = Duration::from_secs(20);

/// What everybody tries first, and what keyboards offer in a row.
const GUESSED: [&str; 22] = [
    "password",
    "passwort",
    "passphrase",
    "letmein",
    "welcome",
    "iloveyou",
    "administrator",
    "admin",
    "secret",
    "changeme",
    "default",
    "qwertyuiop",
    "qwertz",
    "qwerty",
    "asdfghjkl",
    "zxcvbnm",
    "1234567890",
    "0123456789",
    "abcdefghijklmnopqrstuvwxyz",
    "cashcowcart",
    "cashcow",
    "appliance",
];

/// A password that was chosen and holds to the rules. Wiped on drop.
#[derive(Debug)]
pub struct Password(SecretBytes);

/// Why a password was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Too short.
    #[error("the password has fewer than {shortest} characters")]
    TooShort {
        /// How many it needs.
        shortest: usize,
    },
    /// Too long.
    #[error("the password has more than {MOST_BYTES} bytes")]
    TooLong,
    /// Not UTF-8, or control characters.
    #[error("the password has a character that cannot be typed again")]
    Control,
    /// Repeats itself.
    #[error("the password repeats itself")]
    Repeats,
    /// Names and words that are tried first.
    #[error("too much of the password is easy to guess")]
    Guessable,
    /// Others had it before.
    #[error("the password is in a list of common and breached ones")]
    Breached,
}

impl Password {
    /// Checks and takes a password that stands beside a code. `context` is what an attacker would try first: the
    /// person's name and address, the shop's name.
    pub fn choose(typed: &str, context: &[&str]) -> Result<Self, PasswordError> {
        Self::choose_with(typed, context, SHORTEST)
    }

    /// The same for somebody who signs in with a passkey first: `shortest` is [`SHORTEST_BESIDE_PASSKEY`].
    pub fn choose_with(typed: &str, context: &[&str], shortest: usize) -> Result<Self, PasswordError> {
        // Composing makes no text shorter than a third of it: nothing is composed at length only to be refused.
        if typed.len() > MOST_BYTES * 4 {
            return Err(PasswordError::TooLong);
        }
        let typed = prepare(typed);
        if typed.len() > MOST_BYTES {
            return Err(PasswordError::TooLong);
        }
        if typed.chars().count() < shortest {
            return Err(PasswordError::TooShort { shortest });
        }
        if typed.chars().any(char::is_control) {
            return Err(PasswordError::Control);
        }
        let letters: Zeroizing<Vec<char>> = Zeroizing::new(typed.to_lowercase().chars().collect());
        if repeats(&letters) {
            return Err(PasswordError::Repeats);
        }
        if own_part(&typed, context) < LEAST_OWN {
            return Err(PasswordError::Guessable);
        }
        if blocklist::holds(&typed) {
            return Err(PasswordError::Breached);
        }
        Ok(Self(SecretBytes::new(typed.as_bytes().to_vec())))
    }

    /// Whether it is too short to stand without a passkey.
    pub fn needs_passkey(&self) -> bool {
        self.0.expose_str().is_none_or(|text| text.chars().count() < SHORTEST)
    }

    /// What was typed, to be compared with hashes.
    pub fn typed(&self) -> SecretBytes {
        SecretBytes::new(self.0.expose_secret().to_vec())
    }
}

/// As RFC 8265 (4.2.2) writes it.
fn prepare(typed: &str) -> Zeroizing<String> {
    let space = |letter: char| if letter.is_whitespace() && !letter.is_control() { ' ' } else { letter };
    Zeroizing::new(typed.chars().map(space).nfc().collect())
}

/// Whether it is one short text again and again, or made of very few letters.
fn repeats(letters: &[char]) -> bool {
    let mut different = letters.to_vec();
    different.sort_unstable();
    different.dedup();
    let periodic = |period: usize| letters.iter().skip(period).zip(letters).all(|(a, b)| a == b);
    different.len() < LEAST_DIFFERENT || (1..=letters.len() / 2).any(periodic)
}

/// How many characters remain without the names and words that are tried first.
fn own_part(typed: &str, context: &[&str]) -> usize {
    let plain =
        |text: &str| -> String { text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect() };
    let mut words: Vec<String> = GUESSED.iter().map(|word| (*word).to_owned()).collect();
    for text in context {
        words.push(plain(text));
        words.extend(text.split(|letter: char| !letter.is_alphanumeric()).map(plain));
    }
    words.retain(|word| word.chars().count() >= 4);
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    let mut rest = plain(typed);
    for word in &words {
        rest = rest.replace(word.as_str(), "");
    }
    rest.chars().count()
}

/// An Argon2id hash in PHC text form: parameters, salt and result.
#[derive(Clone, Serialize, Deserialize)]
pub struct PasswordHash(String);

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordHash")
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HasherError {
    /// All places were taken for as long as one waits.
    #[error("too many passwords are being checked at once")]
    Busy,
    /// The library refused.
    #[error("a password could not be hashed: {0}")]
    Failed(String),
}

/// Where hashes are made: off the threads that serve, at most two at once.
#[derive(Clone)]
pub struct Hasher {
    places: Arc<Semaphore>,
    memory_kib: u32,
    /// Checked when there is no account, so that it takes as long as when there is one.
    nobody: PasswordHash,
}

impl Hasher {
    /// The hasher with the parameters of this version.
    pub fn new(random: &dyn Random) -> Result<Self, HasherError> {
        Self::with_memory(random, MEMORY_KIB)
    }

    /// A fast one, for tests alone.
    #[cfg(test)]
    pub fn weak(random: &dyn Random) -> Result<Self, HasherError> {
        Self::with_memory(random, 64)
    }

    fn with_memory(random: &dyn Random, memory_kib: u32) -> Result<Self, HasherError> {
        let mut unknown = [0; 32];
        random.fill(&mut unknown);
        let nobody = make(&unknown, &salt(random), memory_kib)?;
        Ok(Self { places: Arc::new(Semaphore::new(PLACES)), memory_kib, nobody })
    }

    /// The hash to keep of a password.
    pub async fn hash(&self, password: Password, random: &dyn Random) -> Result<PasswordHash, HasherError> {
        let (salt, memory) = (salt(random), self.memory_kib);
        self.run(move || make(password.0.expose_secret(), &salt, memory)).await?
    }

    /// Whether `typed` is the password of `hash`; with `None` never, after the same work.
    pub async fn verify(&self, typed: SecretBytes, hash: Option<PasswordHash>) -> Result<bool, HasherError> {
        let (known, hash) = (hash.is_some(), hash.unwrap_or_else(|| self.nobody.clone()));
        self.run(move || known & fits(&typed, &hash)).await
    }

    /// Whether `typed` is the password of any of these, of which there are at most [`NOT_AGAIN`].
    pub async fn any(&self, typed: SecretBytes, hashes: Vec<PasswordHash>) -> Result<bool, HasherError> {
        self.run(move || hashes.iter().take(NOT_AGAIN).any(|hash| fits(&typed, hash))).await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, HasherError> {
        let place = tokio::time::timeout(PATIENCE, Arc::clone(&self.places).acquire_owned()).await;
        let place = place.map_err(|_| HasherError::Busy)?.map_err(|_| HasherError::Busy)?;
        // The place goes with the work: a caller that goes away does not free it early.
        let work = tokio::task::spawn_blocking(move || {
            let _place = place;
            work()
        });
        work.await.map_err(|error| HasherError::Failed(error.to_string()))
    }
}

fn fits(typed: &SecretBytes, hash: &PasswordHash) -> bool {
    // What is no text, or longer than any password, is compared all the same: it takes as long.
    let prepared = typed.expose_str().filter(|text| text.len() <= MOST_BYTES * 4).map(prepare);
    let short = prepared.filter(|text| text.len() <= MOST_BYTES);
    let bytes = short.as_ref().map_or(b"".as_slice(), |text| text.as_bytes());
    let checked = Argon2::default().verify_password(bytes, hash.0.as_str());
    short.is_some() && checked.is_ok()
}

fn salt(random: &dyn Random) -> [u8; 16] {
    let mut salt = [0; 16];
    random.fill(&mut salt);
    salt
}

fn make(password: &[u8], salt: &[u8], memory_kib: u32) -> Result<PasswordHash, HasherError> {
    let failed = |error: &dyn std::fmt::Display| HasherError::Failed(error.to_string());
    let params = Params::new(memory_kib, PASSES, 1, None).map_err(|error| failed(&error))?;
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hash: argon2::PasswordHash =
        argon.hash_password_with_salt(password, salt).map_err(|error| failed(&error))?;
    Ok(PasswordHash(hash.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::SeededRandom;

    const CONTEXT: [&str; 3] = ["Ada Osei", "ada.osei@meadow.example", "Meadow & Mill"];

    fn choose(typed: &str) -> Result<(), PasswordError> {
        Password::choose(typed, &CONTEXT).map(|_| ())
    }

    #[test]
    fn long_sentences_of_any_script_are_taken() {
        for good in [
            "a quiet meadow with eleven cows",
            "fünfzehn Zeichen!",
            "牛は静かな草原で草を食べている今日も",
            "xK9#mQ2$vL7@pR4",
        ] {
            assert_eq!(choose(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn length_is_bounded_on_both_sides() {
        assert_eq!(choose("fourteen chars"), Err(PasswordError::TooShort { shortest: 15 }));
        let beside =
            |typed: &str| Password::choose_with(typed, &CONTEXT, SHORTEST_BESIDE_PASSKEY).map(|_| ());
        assert_eq!(beside("fourteen chars"), Ok(()));
        assert_eq!(beside("eleven char"), Err(PasswordError::TooShort { shortest: 12 }));
        let long: String = ('a'..='z')
            .cycle()
            .enumerate()
            .map(|(n, c)| if n % 7 == 0 { '1' } else { c })
            .take(257)
            .collect();
        assert_eq!(choose(&long), Err(PasswordError::TooLong));
        assert_eq!(choose("a quiet meadow\u{7} with cows"), Err(PasswordError::Control));
    }

    #[test]
    fn what_is_guessed_first_is_refused() {
        for bad in ["aaaaaaaaaaaaaaaa", "abcabcabcabcabcabc", "passwordpassword", "ababababababababx"] {
            assert_eq!(choose(bad), Err(PasswordError::Repeats), "{bad}");
        }
        for bad in [
            "Password1234567890",
            "meadow-and-mill-1",
            "ada.osei@meadow.example",
            "AdaOsei-Password1",
            "qwertyuiop1234567890",
            "cashcowcart-admin-1",
        ] {
            assert_eq!(choose(bad), Err(PasswordError::Guessable), "{bad}");
        }
        for bad in ["thecannockchasepanther", "!!!Liverpool2025!!!", "wellingtondeoliveira"] {
            assert_eq!(choose(bad), Err(PasswordError::Breached), "{bad}");
        }
    }

    #[tokio::test]
    async fn a_password_does_not_depend_on_how_a_keyboard_composes_it() {
        let random = SeededRandom::new(1);
        let hasher = Hasher::weak(&random).unwrap();
        let composed = Password::choose("f\u{fc}nfzehn Zeichen sind genug", &[]).unwrap();
        let hash = hasher.hash(composed, &random).await.unwrap();
        let verify =
            |typed: &str| hasher.verify(SecretBytes::new(typed.as_bytes().to_vec()), Some(hash.clone()));
        assert_eq!(verify("fu\u{308}nfzehn Zeichen\u{3000}sind genug").await, Ok(true));
        assert_eq!(verify("f\u{fc}nfzehn zeichen sind genug").await, Ok(false), "letter case counts");
        assert_eq!(verify("funfzehn Zeichen sind genug").await, Ok(false));
    }

    #[tokio::test]
    async fn the_last_four_are_known_again() {
        let random = SeededRandom::new(1);
        let hasher = Hasher::weak(&random).unwrap();
        let mut hashes = Vec::new();
        for n in 1..=5 {
            let password = Password::choose(&format!("a quiet meadow with {n} cows"), &[]).unwrap();
            hashes.push(hasher.hash(password, &random).await.unwrap());
        }
        let any = |n| {
            let typed = SecretBytes::new(format!("a quiet meadow with {n} cows").into_bytes());
            hasher.any(typed, hashes.clone())
        };
        assert_eq!(
            [any(1).await, any(4).await, any(5).await, any(6).await].map(Result::unwrap),
            [true, true, false, false]
        );
    }

    #[tokio::test]
    async fn the_right_password_opens_and_nothing_else_does() {
        let random = SeededRandom::new(1);
        let hasher = Hasher::weak(&random).unwrap();
        let hash =
            hasher.hash(Password::choose("a quiet meadow with cows", &[]).unwrap(), &random).await.unwrap();
        assert!(hash.0.starts_with("$argon2id$v=19$m=64,t=2,p=1$"));
        let verify = |typed: &str, hash| hasher.verify(SecretBytes::new(typed.as_bytes().to_vec()), hash);
        assert_eq!(verify("a quiet meadow with cows", Some(hash.clone())).await, Ok(true));
        assert_eq!(verify("a quiet meadow with cow", Some(hash)).await, Ok(false));
        assert_eq!(verify("a quiet meadow with cows", None).await, Ok(false));
    }

    #[test]
    fn the_parameters_are_those_that_the_documents_name() {
        assert_eq!((MEMORY_KIB, PASSES), (47_104, 2));
        assert!(make(b"x", &[1; 16], MEMORY_KIB).unwrap().0.starts_with("$argon2id$v=19$m=47104,t=2,p=1$"));
    }
}
