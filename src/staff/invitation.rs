//! Invitations: how somebody who was granted a role gets in for the first time, or anew.
//!
//! An invitation has two halves, each shown once: a link, and a code. Two different persons make them, so that
//! nobody who grants can walk in as the person granted. Only hashes are kept. The first people of a machine,
//! whom the provisioning file vouches for, need the link alone: there is nobody else to make a code.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use super::{session_key, setup_code};
use crate::base::Token;
use crate::store::Table;

/// Person's id to what is kept of the invitation.
pub const INVITATIONS: Table<Token, Invitation> = Table::new("invitations", 1);
/// Each half ends after this (72 hours).
pub const INVITATION_LASTS: SignedDuration = SignedDuration::from_hours(72);
/// The most wrong codes: then both halves are void.
pub const CODE_TRIES: u8 = 5;

/// What is kept of one half.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Half {
    /// SHA-256.
    pub hash: [u8; 32],
    /// Who made it.
    pub by: Token,
    /// When it ends.
    pub until: Timestamp,
}

/// An invitation that was not used yet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// Of the link.
    pub link: Option<Half>,
    /// Of the code.
    pub code: Option<Half>,
    /// Wrong codes so far.
    pub wrong: u8,
}

/// Why an invitation does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WrongHalf {
    /// Nobody has made the code yet, or it has ended.
    #[error("no code was made, or it has ended")]
    NoCode,
    /// Another code.
    #[error("this is not the code")]
    Code,
}

/// What is kept of a link.
pub fn link_key(link: Token) -> [u8; 32] {
    session_key(link)
}

impl Half {
    /// Keeps a link.
    pub fn of_link(link: Token, by: Token, now: Timestamp) -> Self {
        Self { hash: link_key(link), by, until: now + INVITATION_LASTS }
    }

    /// Keeps a code.
    pub fn of_code(code: &str, by: Token, now: Timestamp) -> Self {
        Self { hash: setup_code::hash(code), by, until: now + INVITATION_LASTS }
    }

    /// Whether it still counts.
    pub fn holds(&self, now: Timestamp) -> bool {
        now < self.until && self.until.duration_since(now) <= INVITATION_LASTS + SignedDuration::from_mins(1)
    }
}

impl Invitation {
    /// Whether the link is this one's, and still counts.
    pub fn is_opened_by(&self, link: Token, now: Timestamp) -> bool {
        let key = link_key(link);
        self.link.as_ref().is_some_and(|half| half.holds(now) && bool::from(half.hash.ct_eq(&key)))
    }

    /// A try of the code. The caller keeps the row in either case; a wrong code too many ends both halves.
    pub fn attempt(&mut self, typed: &str, now: Timestamp) -> Result<(), WrongHalf> {
        let Some(half) = self.code.as_ref().filter(|half| half.holds(now)) else {
            return Err(WrongHalf::NoCode);
        };
        if bool::from(half.hash.ct_eq(&setup_code::hash(typed))) {
            return Ok(());
        }
        self.wrong = self.wrong.saturating_add(1);
        if self.wrong >= CODE_TRIES {
            (self.link, self.code) = (None, None);
        }
        Err(WrongHalf::Code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hours)
    }

    const MAKER: Token = Token::from_bytes([1; 16]);
    const LINK: Token = Token::from_bytes([2; 16]);

    #[test]
    fn both_halves_end_after_three_days() {
        let mut invitation = Invitation {
            link: Some(Half::of_link(LINK, MAKER, at(0))),
            code: Some(Half::of_code("ABCD-EFGH-JKMN", MAKER, at(1))),
            wrong: 0,
        };
        assert!(invitation.is_opened_by(LINK, at(71)) && !invitation.is_opened_by(LINK, at(72)));
        assert!(!invitation.is_opened_by(MAKER, at(0)), "another link");
        assert!(!invitation.is_opened_by(LINK, at(-1)), "the clock was put back");
        assert_eq!(invitation.attempt("abcd efgh jkmn", at(72)), Ok(()));
        assert_eq!(invitation.attempt("abcd efgh jkmn", at(73)), Err(WrongHalf::NoCode));
    }

    #[test]
    fn the_fifth_wrong_code_ends_the_invitation() {
        let mut invitation = Invitation {
            link: Some(Half::of_link(LINK, MAKER, at(0))),
            code: Some(Half::of_code("ABCD-EFGH-JKMN", MAKER, at(0))),
            wrong: 0,
        };
        for _ in 0..CODE_TRIES {
            assert!(invitation.is_opened_by(LINK, at(1)));
            assert_eq!(invitation.attempt("ABCD-EFGH-JKMM", at(1)), Err(WrongHalf::Code));
        }
        assert!(!invitation.is_opened_by(LINK, at(1)));
        assert_eq!(invitation.attempt("ABCD-EFGH-JKMN", at(1)), Err(WrongHalf::NoCode));
    }
}
