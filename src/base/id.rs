//! Unguessable names for things that strangers may hold a link to.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::Random;

/// 128 random bits, written as 26 characters of Crockford's base 32 (lower case). Whoever knows it
/// may see what it names, so it is never derived from anything and never logged in full.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Token(u128);

/// A text that is not a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a token: 26 characters of 0-9 and a-z without i, l, o, u are wanted")]
pub struct TokenError;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const LENGTH: usize = 26;

impl Token {
    /// A fresh token.
    pub fn random(random: &dyn Random) -> Self {
        let mut bytes = [0; 16];
        random.fill(&mut bytes);
        Self(u128::from_be_bytes(bytes))
    }

    /// The 16 bytes, big-endian: the key under which a table keeps what the token names.
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// The token of these 16 bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(bytes))
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for place in (0..LENGTH).rev() {
            let digit = usize::try_from((self.0 >> (5 * place)) & 31).unwrap_or_default();
            let letter = ALPHABET.get(digit).copied().unwrap_or(b'0');
            write!(f, "{}", char::from(letter))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.to_string();
        write!(f, "Token({}…)", text.get(..4).unwrap_or_default())
    }
}

impl FromStr for Token {
    type Err = TokenError;

    fn from_str(text: &str) -> Result<Self, TokenError> {
        if text.len() != LENGTH {
            return Err(TokenError);
        }
        let mut value: u128 = 0;
        for letter in text.bytes() {
            let digit = ALPHABET.iter().position(|known| *known == letter).ok_or(TokenError)?;
            if value >> 123 != 0 {
                return Err(TokenError);
            }
            value = (value << 5) | u128::try_from(digit).map_err(|_| TokenError)?;
        }
        Ok(Self(value))
    }
}

impl From<Token> for String {
    fn from(token: Token) -> Self {
        token.to_string()
    }
}

impl TryFrom<String> for Token {
    type Error = TokenError;

    fn try_from(text: String) -> Result<Self, TokenError> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_token_survives_being_written(value: u128) {
            let token = Token(value);
            prop_assert_eq!(token.to_string().parse::<Token>(), Ok(token));
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,40}") {
            let _ = text.parse::<Token>();
        }
    }

    #[test]
    fn a_value_over_128_bits_is_refused() {
        assert_eq!("8".repeat(26).parse::<Token>(), Err(TokenError));
    }

    #[test]
    fn debug_shows_too_little_to_use() {
        assert_eq!(format!("{:?}", Token(0)), "Token(0000…)");
    }
}
