//! Tokens for programs: what is kept of them, and when one still opens something.
//!
//! A token is a person's, carries part of what the person's role carries, and opens from one range of
//! addresses. The secret is shown once; only its SHA-256 is kept, so that a copy of the table opens nothing.
//! It never carries a right that needs the second factor again: a program has none to prove.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::Right;
use crate::base::{Line, Random, Token};
use crate::store::Table;

/// SHA-256 of the secret to token.
pub const TOKENS: Table<[u8; 32], ApiToken> = Table::new("api-tokens", 1);
/// The most tokens of one person.
pub const MOST_TOKENS_OF_ONE: usize = 20;
/// The most tokens of everybody.
pub const MOST_TOKENS: usize = 1000;
/// How long a token holds if nobody says otherwise, in days.
pub const TOKEN_DAYS: u16 = 90;
/// The longest that a token holds, in days.
pub const MOST_TOKEN_DAYS: u16 = 365;
/// What every secret begins with, so that scanners of code find one that was published.
pub const TOKEN_PREFIX: &str = "cct_";
/// A use within this time of the last one is not written down.
const GRAIN: SignedDuration = SignedDuration::from_mins(1);
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// 256 bits in digits of five.
const DIGITS: usize = 52;

/// What is kept of a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiToken {
    /// Names it in pages and the audit; opens nothing.
    pub id: Token,
    /// Whose it is.
    pub person: Token,
    /// What its owner calls it.
    pub name: Line<60>,
    /// What it may be used for, as long as the owner's role carries it too.
    pub rights: Vec<Right>,
    /// From where.
    pub range: IpNet,
    /// Since when there is one.
    pub made: Timestamp,
    /// From when on it opens nothing.
    pub ends: Timestamp,
    /// When it was last used, to the minute, and from where.
    pub used: Option<(Timestamp, IpAddr)>,
}

/// Why a token that is known opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenEnded {
    /// Its time is over.
    #[error("expired")]
    Expired,
    /// It came from outside its range.
    #[error("outside its range")]
    Elsewhere,
}

impl ApiToken {
    /// Whether it opens something now, from there.
    pub fn holds(&self, now: Timestamp, source: IpAddr) -> Result<(), TokenEnded> {
        if now >= self.ends {
            return Err(TokenEnded::Expired);
        }
        if self.range.contains(&source.to_canonical()) { Ok(()) } else { Err(TokenEnded::Elsewhere) }
    }

    /// Whether its use now should be written down.
    pub fn is_stale(&self, now: Timestamp, source: IpAddr) -> bool {
        self.used.is_none_or(|(at, from)| from != source || now.duration_since(at) >= GRAIN)
    }
}

/// The secret itself, from making to showing, or from a request to its hash. Wiped on drop.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct TokenSecret([u8; 32]);

/// A text that is not a token's secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a token")]
pub struct NotAToken;

impl TokenSecret {
    /// 256 random bits.
    pub fn random(random: &dyn Random) -> Self {
        let mut bytes = [0; 32];
        random.fill(&mut bytes);
        Self(bytes)
    }

    /// The key of its row.
    pub fn key(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }

    /// What its owner is shown, once: the prefix and 52 letters and digits.
    pub fn show(&self) -> Zeroizing<String> {
        let mut shown = Zeroizing::new(String::with_capacity(TOKEN_PREFIX.len() + DIGITS));
        shown.push_str(TOKEN_PREFIX);
        let (mut held, mut bits) = (0_u32, 0_u32);
        for byte in self.0.into_iter().map(u32::from).chain([0]) {
            held = (held << 8) | byte;
            bits = bits.saturating_add(8);
            while bits >= 5 && shown.len() < TOKEN_PREFIX.len() + DIGITS {
                bits = bits.saturating_sub(5);
                let digit = usize::try_from((held >> bits) & 31).unwrap_or_default();
                shown.push(char::from(ALPHABET.get(digit).copied().unwrap_or(b'0')));
            }
            held &= (1 << bits) - 1;
        }
        shown
    }
}

impl FromStr for TokenSecret {
    type Err = NotAToken;

    fn from_str(text: &str) -> Result<Self, NotAToken> {
        let digits =
            text.strip_prefix(TOKEN_PREFIX).filter(|digits| digits.len() == DIGITS).ok_or(NotAToken)?;
        let (mut secret, mut place, mut held, mut bits) = (Self([0; 32]), 0_usize, 0_u32, 0_u32);
        for letter in digits.bytes() {
            let digit = ALPHABET.iter().position(|known| *known == letter).ok_or(NotAToken)?;
            held = (held << 5) | u32::try_from(digit).map_err(|_| NotAToken)?;
            bits = bits.saturating_add(5);
            if bits >= 8 {
                bits = bits.saturating_sub(8);
                *secret.0.get_mut(place).ok_or(NotAToken)? =
                    u8::try_from((held >> bits) & 255).map_err(|_| NotAToken)?;
                place = place.saturating_add(1);
                held &= (1 << bits) - 1;
            }
        }
        // The last digit has four bits of filling: only one spelling is a token.
        if held == 0 { Ok(secret) } else { Err(NotAToken) }
    }
}

impl fmt::Debug for TokenSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenSecret(..)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_secret_survives_being_shown(bytes: [u8; 32]) {
            let shown = TokenSecret(bytes).show();
            prop_assert_eq!(shown.len(), 56);
            prop_assert_eq!(shown.parse::<TokenSecret>().map(|secret| secret.0), Ok(bytes));
        }

        #[test]
        fn no_text_makes_it_panic(text in "(cct_)?.{0,60}") {
            let _ = text.parse::<TokenSecret>();
        }
    }

    #[test]
    fn a_secret_has_one_spelling_and_debug_shows_none_of_it() {
        let shown = TokenSecret([0; 32]).show();
        assert_eq!(shown.as_str(), format!("cct_{}", "0".repeat(52)));
        let other = format!("{}1", &shown[..55]);
        assert_eq!(other.parse::<TokenSecret>().map(|_| ()), Err(NotAToken), "filling that is not zero");
        assert_eq!(shown.to_uppercase().parse::<TokenSecret>().map(|_| ()), Err(NotAToken));
        assert_eq!(format!("{:?}", TokenSecret([7; 32])), "TokenSecret(..)");
    }

    #[test]
    fn it_opens_until_its_end_and_from_its_range_alone() {
        let at = |day: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * day);
        let token = ApiToken {
            id: Token::from_bytes([1; 16]),
            person: Token::from_bytes([2; 16]),
            name: Line::new("stock").unwrap(),
            rights: vec![Right::SeeProducts],
            range: "192.0.2.0/24".parse().unwrap(),
            made: at(0),
            ends: at(90),
            used: None,
        };
        let inside = "::ffff:192.0.2.9".parse().unwrap();
        assert_eq!(token.holds(at(89), inside), Ok(()), "a mapped address is its IPv4 self");
        assert_eq!(token.holds(at(90), inside), Err(TokenEnded::Expired));
        assert_eq!(token.holds(at(1), "198.51.100.1".parse().unwrap()), Err(TokenEnded::Elsewhere));
    }
}
