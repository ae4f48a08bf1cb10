//! Text with a bound: what a stranger types is trimmed, checked and limited where it comes in.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a text was refused. The words complete the sentence "Name: ...".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Nothing but white space.
    #[error("is empty")]
    Empty,
    /// Too many characters.
    #[error("is longer than {max} characters")]
    TooLong {
        /// The most that is taken.
        max: usize,
    },
    /// Line breaks, terminal sequences or text-direction overrides.
    #[error("has a character that cannot be shown")]
    Control,
}

/// One line of 1 to `MAX` characters: trimmed, no control characters, no direction overrides.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Line<const MAX: usize>(String);

/// Text of 0 to `MAX` characters that may have line breaks (normalised to `\n`).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Paragraph<const MAX: usize>(String);

/// Characters that change how the text around them is read.
fn misleads(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

fn within(text: &str, max: usize) -> Result<(), TextError> {
    // A character has at most four bytes: do not count a megabyte to refuse it.
    if text.len() > max.saturating_mul(4) || text.chars().count() > max {
        return Err(TextError::TooLong { max });
    }
    Ok(())
}

impl<const MAX: usize> Line<MAX> {
    /// Checks and takes a line.
    pub fn new(text: &str) -> Result<Self, TextError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(TextError::Empty);
        }
        within(text, MAX)?;
        if text.chars().any(misleads) {
            return Err(TextError::Control);
        }
        Ok(Self(text.to_owned()))
    }

    /// `None` for an empty text, else the checked line: for fields that may be left out.
    pub fn optional(text: &str) -> Result<Option<Self>, TextError> {
        if text.trim().is_empty() { Ok(None) } else { Self::new(text).map(Some) }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> Paragraph<MAX> {
    /// Checks and takes a text.
    pub fn new(text: &str) -> Result<Self, TextError> {
        let text = text.trim().replace("\r\n", "\n").replace('\r', "\n");
        within(&text, MAX)?;
        if text.chars().any(|letter| letter != '\n' && letter != '\t' && misleads(letter)) {
            return Err(TextError::Control);
        }
        Ok(Self(text))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> fmt::Display for Line<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<const MAX: usize> fmt::Display for Paragraph<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<const MAX: usize> From<Line<MAX>> for String {
    fn from(line: Line<MAX>) -> Self {
        line.0
    }
}

impl<const MAX: usize> TryFrom<String> for Line<MAX> {
    type Error = TextError;

    fn try_from(text: String) -> Result<Self, TextError> {
        Self::new(&text)
    }
}

impl<const MAX: usize> From<Paragraph<MAX>> for String {
    fn from(paragraph: Paragraph<MAX>) -> Self {
        paragraph.0
    }
}

impl<const MAX: usize> TryFrom<String> for Paragraph<MAX> {
    type Error = TextError;

    fn try_from(text: String) -> Result<Self, TextError> {
        Self::new(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_trimmed_and_bounded() {
        assert_eq!(Line::<5>::new("  Köln ").map(String::from), Ok("Köln".to_owned()));
        assert_eq!(Line::<3>::new("Köln"), Err(TextError::TooLong { max: 3 }));
        assert_eq!(Line::<3>::new(" \t"), Err(TextError::Empty));
    }

    #[test]
    fn nothing_that_forges_a_log_line_or_turns_text_around_gets_in() {
        for text in ["a\nb", "a\u{1b}[2J", "a\u{202e}b", "\u{0}", "a\u{85}b"] {
            assert_eq!(Line::<99>::new(text).err(), Some(TextError::Control));
        }
        assert_eq!(Paragraph::<9>::new("a\r\nb").map(String::from), Ok("a\nb".to_owned()));
    }
}
