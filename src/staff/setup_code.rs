//! The one-time code that a new machine shows on its own screen: whoever reads it there sets the shop up.

use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::session_key;
use crate::base::{Random, Token};
use crate::store::Table;

/// One row, under 0, until the shop is set up.
pub const SETUP_CODE: Table<u64, SetupCode> = Table::new("setup-code", 1);

/// A code that is not used ends after this (24 hours), and a new one takes its place.
pub const CODE_LASTS: SignedDuration = SignedDuration::from_hours(24);
/// Who typed the code has this long to fill in the rest (30 minutes).
pub const CLAIM_LASTS: SignedDuration = SignedDuration::from_mins(30);
/// The most wrong tries ...
pub const MOST_TRIES: usize = 5;
/// ... within this time (an hour), whoever makes them and whatever the code.
pub const TRY_WINDOW: SignedDuration = SignedDuration::from_hours(1);

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// 12 letters of base 32: 60 bits.
const LETTERS: u32 = 12;

/// What is kept of a code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetupCode {
    /// SHA-256 of its letters; `None` once it was typed: a code is used once.
    hash: Option<[u8; 32]>,
    /// When it ends.
    pub until: Timestamp,
    /// Wrong tries of the last hour.
    wrong: Vec<Timestamp>,
    /// The visitor who typed it: key of the cookie, and until when.
    claim: Option<([u8; 32], Timestamp)>,
}

/// Why a code did not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CodeRefusal {
    /// Another code, or none is open.
    #[error("this is not the code on the machine's screen")]
    Wrong,
    /// Its time is over, or it was used.
    #[error("the code has ended; a new one is on the machine's screen")]
    Ended,
    /// Too many wrong tries.
    #[error("too many wrong codes; try again in {} minutes", wait.as_mins() + 1)]
    TooMany {
        /// How long until the next try.
        wait: SignedDuration,
    },
}

/// A fresh code, in groups: `ABCD-EFGH-JKMN`. Shown, never kept.
pub fn new_code(random: &dyn Random) -> String {
    let mut bytes = [0; 8];
    random.fill(&mut bytes);
    let value = u64::from_be_bytes(bytes);
    let mut code = String::new();
    for place in 0..LETTERS {
        if place > 0 && place % 4 == 0 {
            code.push('-');
        }
        let digit = usize::try_from((value >> (5 * place)) & 31).unwrap_or_default();
        // Writing to a String cannot fail.
        let _ = write!(code, "{}", char::from(ALPHABET.get(digit).copied().unwrap_or(b'0')));
    }
    code
}

/// What was meant: groups, spaces and case do not matter, and look-alikes are read as Crockford says.
fn letters(typed: &str) -> String {
    let known = typed.chars().filter(|letter| !letter.is_whitespace() && *letter != '-').take(64);
    known
        .map(|letter| match letter.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        })
        .collect()
}

/// SHA-256 of a code, however it was typed.
pub(super) fn hash(typed: &str) -> [u8; 32] {
    Sha256::digest(letters(typed).as_bytes()).into()
}

impl SetupCode {
    /// Keeps a new code; wrong tries at the one `before` still count.
    pub fn keep(code: &str, before: Option<&Self>, now: Timestamp) -> Self {
        let wrong = before.map(|before| before.wrong.clone()).unwrap_or_default();
        Self { hash: Some(hash(code)), until: now + CODE_LASTS, wrong, claim: None }
    }

    /// Whether a new code must be made: this one has ended, or was typed by somebody who went away.
    pub fn is_over(&self, now: Timestamp) -> bool {
        match self.claim {
            Some((_, until)) => now >= until,
            None => now >= self.until,
        }
    }

    /// A try. The right code opens once, for the visitor whose cookie is `visitor`. The caller keeps the
    /// row in either case.
    pub fn attempt(&mut self, typed: &str, visitor: Token, now: Timestamp) -> Result<(), CodeRefusal> {
        // Tries in the future are those of a clock that was put back: they count as of now.
        self.wrong.retain(|at| now.duration_since(*at) < TRY_WINDOW);
        if self.wrong.len() >= MOST_TRIES {
            let oldest = self.wrong.iter().min().copied().unwrap_or(now).min(now);
            return Err(CodeRefusal::TooMany { wait: TRY_WINDOW.saturating_sub(now.duration_since(oldest)) });
        }
        let right = self.hash.is_some_and(|known| bool::from(known.ct_eq(&hash(typed))));
        match (right, self.hash) {
            (true, _) if now < self.until => {
                self.hash = None;
                self.claim = Some((session_key(visitor), now + CLAIM_LASTS));
                Ok(())
            }
            (true, _) => Err(CodeRefusal::Ended),
            (false, known) => {
                self.wrong.push(now);
                Err(if known.is_some() { CodeRefusal::Wrong } else { CodeRefusal::Ended })
            }
        }
    }

    /// Whether `visitor` typed the code and may go on.
    pub fn admits(&self, visitor: Token, now: Timestamp) -> bool {
        self.claim.is_some_and(|(key, until)| now < until && bool::from(key.ct_eq(&session_key(visitor))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::SeededRandom;

    const VISITOR: Token = Token::from_bytes([7; 16]);

    fn at(minutes: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes)
    }

    fn code() -> (String, SetupCode) {
        let code = new_code(&SeededRandom::new(3));
        let kept = SetupCode::keep(&code, None, at(0));
        (code, kept)
    }

    #[test]
    fn a_code_has_sixty_bits_in_three_groups_and_is_not_kept() {
        let (code, kept) = code();
        let groups: Vec<_> = code.split('-').map(str::len).collect();
        assert_eq!(groups, [4, 4, 4]);
        assert!(!serde_json::to_string(&kept).unwrap().contains(&code));
    }

    #[test]
    fn it_opens_once_for_the_one_who_typed_it() {
        let (code, mut kept) = code();
        let loose = code.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "L");
        assert_eq!(kept.attempt(&loose, VISITOR, at(1)), Ok(()));
        assert!(kept.admits(VISITOR, at(2)));
        assert!(!kept.admits(Token::from_bytes([8; 16]), at(2)));
        assert_eq!(kept.attempt(&code, Token::from_bytes([8; 16]), at(2)), Err(CodeRefusal::Ended));
        assert!(!kept.is_over(at(30)));
        assert!(!kept.admits(VISITOR, at(31)));
        assert!(kept.is_over(at(31)), "the one who typed it went away");
    }

    #[test]
    fn it_ends_after_a_day() {
        let (code, mut kept) = code();
        assert!(!kept.is_over(at(1439)));
        assert!(kept.is_over(at(1440)));
        assert_eq!(kept.attempt(&code, VISITOR, at(1440)), Err(CodeRefusal::Ended));
    }

    #[test]
    fn five_wrong_tries_an_hour_and_the_right_one_waits_too() {
        let (code, mut kept) = code();
        for minute in 0..5 {
            assert_eq!(kept.attempt("AAAA-AAAA-AAAA", VISITOR, at(minute)), Err(CodeRefusal::Wrong));
        }
        let wait = SignedDuration::from_mins(55);
        assert_eq!(kept.attempt(&code, VISITOR, at(5)), Err(CodeRefusal::TooMany { wait }));
        let fresh = new_code(&SeededRandom::new(4));
        let mut next = SetupCode::keep(&fresh, Some(&kept), at(6));
        assert!(matches!(next.attempt(&fresh, VISITOR, at(6)), Err(CodeRefusal::TooMany { .. })));
        assert_eq!(next.attempt(&fresh, VISITOR, at(60)), Ok(()), "the first try is an hour old");
    }
}
