//! Recovery codes: ten, each good for one sign-in in the place of the second factor.
//!
//! A code has 120 bits, so a plain hash keeps it (NIST SP 800-63B-4, 3.1.2.2, asks for 112). Codes are shown
//! once, when they are made, and only their hashes are kept; a fresh set takes the place of the one before.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::base::Random;

/// How many there are in a set.
pub const RECOVERY_CODES: usize = 10;
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Letters of base 32.
const LETTERS: usize = 24;

/// The hashes of the codes that were not used yet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryCodes(Vec<[u8; 32]>);

impl RecoveryCodes {
    /// A fresh set: what to show, once, and what to keep.
    pub fn new(random: &dyn Random) -> (Zeroizing<Vec<String>>, Self) {
        let codes: Vec<String> = (0..RECOVERY_CODES).map(|_| code(random)).collect();
        let kept = codes.iter().map(|code| hash(code)).collect();
        (Zeroizing::new(codes), Self(kept))
    }

    /// How many are left.
    pub fn left(&self) -> usize {
        self.0.len()
    }

    /// Takes a code: once. The caller keeps the row if it was taken.
    pub fn take(&mut self, typed: &str) -> bool {
        let typed = hash(typed);
        let before = self.0.len();
        // All of them are compared, whichever it is.
        self.0.retain(|kept| !bool::from(kept.ct_eq(&typed)));
        self.0.len() < before
    }

    /// Whether `typed` could be one, by its length, and not a code of an app.
    pub fn looks_like_one(typed: &str) -> bool {
        letters(typed).len() == LETTERS
    }
}

/// In groups of four: `ABCD-EFGH-JKMN-PQRS-TVWX-YZ01`.
fn code(random: &dyn Random) -> String {
    let mut bytes = Zeroizing::new([0; LETTERS]);
    random.fill(bytes.as_mut());
    let mut code = String::with_capacity(LETTERS + LETTERS / 4);
    for (place, byte) in bytes.iter().enumerate() {
        if place > 0 && place % 4 == 0 {
            code.push('-');
        }
        // 256 is a multiple of 32: each letter is as likely as any other.
        let letter = ALPHABET.get(usize::from(byte & 31)).copied().unwrap_or(b'0');
        code.push(char::from(letter));
    }
    code
}

/// What was meant: groups, spaces and case do not matter, and look-alikes are read as Crockford says.
fn letters(typed: &str) -> Zeroizing<String> {
    let known = typed.chars().filter(|letter| !letter.is_whitespace() && *letter != '-').take(64);
    Zeroizing::new(
        known
            .map(|letter| match letter.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            })
            .collect(),
    )
}

fn hash(typed: &str) -> [u8; 32] {
    Sha256::digest(letters(typed).as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::SeededRandom;

    #[test]
    fn each_of_ten_codes_is_taken_once() {
        let (codes, mut kept) = RecoveryCodes::new(&SeededRandom::new(1));
        assert_eq!((codes.len(), kept.left()), (10, 10));
        for (used, code) in codes.iter().enumerate() {
            assert_eq!(code.split('-').map(str::len).collect::<Vec<_>>(), [4; 6]);
            assert!(RecoveryCodes::looks_like_one(code));
            let loose = code.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
            assert!(kept.take(&loose), "{code}");
            assert!(!kept.take(code), "a second time");
            assert_eq!(kept.left(), 9 - used);
        }
    }

    #[test]
    fn a_fresh_set_shares_nothing_with_the_one_before_and_no_code_is_kept() {
        let random = SeededRandom::new(1);
        let ((first, _), (second, mut kept)) = (RecoveryCodes::new(&random), RecoveryCodes::new(&random));
        assert!(first.iter().all(|code| !second.contains(code) && !kept.take(code)));
        let row = serde_json::to_string(&kept).unwrap();
        assert!(second.iter().all(|code| !row.contains(code.as_str())));
        assert!(!RecoveryCodes::looks_like_one("123456") && !kept.take("") && !kept.take("123456"));
    }
}
