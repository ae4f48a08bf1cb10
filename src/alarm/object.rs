//! What an alarm is about.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The most characters of a name.
const MOST_NAME: usize = 100;

/// What an alarm is about. Never a secret, and never anything of a card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Object {
    /// The order with this number.
    Order(u64),
    /// Something by its name, such as a gateway; made by [`Object::named`].
    Named(String),
    /// Whatever found no room of its own.
    Others,
}

impl Object {
    /// The thing called `name`: one line, shortened to 100 characters. Signs that move the text around are
    /// left out, since part of a name may come from outside.
    pub fn named(name: &str) -> Self {
        let plain = |letter: &char| {
            !letter.is_control()
                && !matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
        };
        Self::Named(name.trim().chars().filter(plain).take(MOST_NAME).collect())
    }
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Order(number) => write!(f, "order {number}"),
            Self::Named(name) => f.write_str(name),
            Self::Others => f.write_str("others"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_line_of_bounded_length() {
        let name = format!(" stripe\nforged\u{1b}[2J\u{202e} {}", "x".repeat(999));
        let Object::Named(kept) = Object::named(&name) else { panic!("not a name") };
        assert!(kept.starts_with("stripeforged[2J xxx"), "{kept}");
        assert_eq!(kept.chars().count(), MOST_NAME);
    }
}
