//! Where an order goes and how its buyer is reached.

use serde::{Deserialize, Serialize};

use crate::base::Line;

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
    fn countries_are_sorted_as_people_look_for_them() {
        let names: Vec<_> = Country::all().map(Country::name).collect();
        assert!(names.is_sorted());
    }
}
