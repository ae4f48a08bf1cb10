//! Where an order goes and how its buyer is reached.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::base::{Line, TextError};

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

/// A country that the shop delivers to (ISO 3166-1 alpha-2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Country([u8; 2]);

/// Code and English name of the countries that the shop delivers to in this version.
const COUNTRIES: [(&str, &str); 31] = [
    ("AT", "Austria"),
    ("BE", "Belgium"),
    ("BG", "Bulgaria"),
    ("HR", "Croatia"),
    ("CY", "Cyprus"),
    ("CZ", "Czechia"),
    ("DK", "Denmark"),
    ("EE", "Estonia"),
    ("FI", "Finland"),
    ("FR", "France"),
    ("DE", "Germany"),
    ("GR", "Greece"),
    ("HU", "Hungary"),
    ("IS", "Iceland"),
    ("IE", "Ireland"),
    ("IT", "Italy"),
    ("LV", "Latvia"),
    ("LI", "Liechtenstein"),
    ("LT", "Lithuania"),
    ("LU", "Luxembourg"),
    ("MT", "Malta"),
    ("NL", "Netherlands"),
    ("NO", "Norway"),
    ("PL", "Poland"),
    ("PT", "Portugal"),
    ("RO", "Romania"),
    ("SK", "Slovakia"),
    ("SI", "Slovenia"),
    ("ES", "Spain"),
    ("SE", "Sweden"),
    ("CH", "Switzerland"),
];

impl Country {
    /// Every country, by English name.
    pub fn all() -> impl Iterator<Item = Self> {
        COUNTRIES.iter().filter_map(|(code, _)| Some(Self(code.as_bytes().try_into().ok()?)))
    }

    /// The country with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::all().find(|country| country.code() == code)
    }

    fn row(self) -> (&'static str, &'static str) {
        let row = COUNTRIES.iter().find(|(code, _)| code.as_bytes() == self.0);
        row.copied().unwrap_or(("", ""))
    }

    /// Two letters, upper case.
    pub fn code(self) -> &'static str {
        self.row().0
    }

    /// English name.
    pub fn name(self) -> &'static str {
        self.row().1
    }
}

impl From<Country> for String {
    fn from(country: Country) -> Self {
        country.code().to_owned()
    }
}

impl TryFrom<String> for Country {
    type Error = UnknownCountry;

    fn try_from(code: String) -> Result<Self, UnknownCountry> {
        Self::from_code(&code).ok_or(UnknownCountry)
    }
}

/// A code of no country that the shop delivers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a country that the shop delivers to")]
pub struct UnknownCountry;

/// A delivery address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// Who receives it.
    pub name: Line<100>,
    /// Street and number.
    pub street: Line<120>,
    /// Flat, floor, company.
    pub extra: Option<Line<120>>,
    /// Postal code.
    pub postal_code: Line<16>,
    /// Town.
    pub city: Line<80>,
    /// Country.
    pub country: Country,
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

    #[test]
    fn countries_are_sorted_as_people_look_for_them() {
        let names: Vec<_> = Country::all().map(Country::name).collect();
        assert!(names.is_sorted());
    }
}
