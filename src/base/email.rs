//! E-mail addresses, as far as their form goes.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Line, TextError};

/// An e-mail address as people type it: one `@`, something before it, a dotted name behind it, at most
/// 254 characters (RFC 5321 4.5.3.1). Whether it works, only mail can tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Email(Line<254>);

/// A text that is not an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not an e-mail address, such as name@example.com")]
pub struct EmailError;

impl Email {
    /// Checks and takes an address.
    pub fn new(text: &str) -> Result<Self, EmailError> {
        let line = Line::new(text).map_err(|_: TextError| EmailError)?;
        let (local, domain) = line.as_str().rsplit_once('@').ok_or(EmailError)?;
        let dotted = domain.split('.').count() >= 2 && domain.split('.').all(|label| !label.is_empty());
        let odd =
            |letter: char| letter.is_whitespace() || matches!(letter, '<' | '>' | ',' | ';' | '"' | '@');
        if local.is_empty() || !dotted || local.chars().any(odd) || domain.chars().any(odd) {
            return Err(EmailError);
        }
        Ok(Self(line))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0.into()
    }
}

impl TryFrom<String> for Email {
    type Error = EmailError;

    fn try_from(text: String) -> Result<Self, EmailError> {
        Self::new(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_work_are_taken_and_others_are_not() {
        for good in ["a@b.de", "Ä.ö+x@exämple.com", "o'neil@mail.example.org"] {
            assert!(Email::new(good).is_ok(), "{good}");
        }
        for bad in
            ["", "a", "a@", "@b.de", "a@b", "a@b..de", "a b@c.de", "a@b@c.de", "a@b.de,c@d.de", "a\n@b.de"]
        {
            assert!(Email::new(bad).is_err(), "{bad}");
        }
    }
}
