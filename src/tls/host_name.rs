//! Names that certificates are for.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The most characters of a name (RFC 1035 3.1, without the root's dot).
const LONGEST: usize = 253;

/// A host name as certificates and clients write it: dotted labels in lower case (RFC 1123 2.1; other scripts
/// in their `xn--` form), perhaps with `*` for the first of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HostName(String);

/// Not a host name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a host name: write it like shop.example.com")]
pub struct BadHostName;

impl HostName {
    /// Checks and takes a name; capitals become small, a dot at the end goes.
    pub fn new(text: &str) -> Result<Self, BadHostName> {
        let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
        let rest = name.strip_prefix("*.").unwrap_or(&name);
        let labels: Vec<&str> = rest.split('.').collect();
        // An address is no name: the last label of a name is not a number (RFC 3696 2).
        let number = labels.last().is_none_or(|last| last.bytes().all(|byte| byte.is_ascii_digit()));
        let good = name.len() <= LONGEST && labels.len() >= 2 && !number && labels.iter().all(|l| label(l));
        if good { Ok(Self(name)) } else { Err(BadHostName) }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands behind `*`, if the name begins with it.
    pub fn wildcard(&self) -> Option<&str> {
        self.0.strip_prefix("*.")
    }

    /// Whether a certificate for this name is one for `other` too: `*` stands for one label (RFC 9525 6.3).
    pub fn covers(&self, other: &Self) -> bool {
        match self.wildcard() {
            Some(parent) => {
                self == other
                    || (other.wildcard().is_none()
                        && other.0.split_once('.').is_some_and(|(_, rest)| rest == parent))
            }
            None => self == other,
        }
    }
}

fn label(label: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=63).contains(&label.len())
        && label.bytes().all(inner)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for HostName {
    type Error = BadHostName;

    fn try_from(text: String) -> Result<Self, BadHostName> {
        Self::new(&text)
    }
}

impl From<HostName> for String {
    fn from(name: HostName) -> Self {
        name.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn name(text: &str) -> HostName {
        HostName::new(text).unwrap()
    }

    #[test]
    fn a_name_has_labels_and_is_no_address() {
        for good in ["shop.example.com", "Shop.Example.", "xn--kse-qla.example", "*.example.com", "1.example"]
        {
            assert!(HostName::new(good).is_ok(), "{good}");
        }
        assert_eq!(name("WWW.Example.COM.").as_str(), "www.example.com");
        let long = format!("{}.example", "a.".repeat(124));
        for bad in [
            "",
            ".",
            "shop",
            "*",
            "*.com.*",
            "a.*.example",
            "*example.com",
            "a..b",
            "-a.example",
            "a-.example",
            "a_b.example",
            "a b.example",
            "käse.example",
            "192.0.2.1",
            "[2001:db8::1]",
            "2001:db8::1",
            "shop.example:443",
            "shop.example/",
            "shop.example..",
            long.as_str(),
        ] {
            assert!(HostName::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_star_stands_for_one_label() {
        let star = name("*.example.com");
        assert!(star.covers(&name("shop.example.com")) && star.covers(&star));
        for other in ["example.com", "a.b.example.com", "shop.example.org", "*.a.example.com"] {
            assert!(!star.covers(&name(other)), "{other}");
        }
        assert!(!name("shop.example.com").covers(&star));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".{0,80}") {
            let _ = HostName::new(&text);
        }
    }
}
