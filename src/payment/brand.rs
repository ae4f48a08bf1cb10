//! Which scheme a card number belongs to, by its first digits (ISO/IEC 7812, the schemes' published ranges).

use std::fmt;

/// A card scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Brand {
    /// 4.
    Visa,
    /// 51-55, 2221-2720.
    Mastercard,
    /// 34, 37.
    Amex,
    /// 6011, 644-649, 65.
    Discover,
    /// 300-305, 36, 38, 39.
    Diners,
    /// 3528-3589.
    Jcb,
    /// 62.
    UnionPay,
    /// 50, 56-58, and what is left of 6.
    Maestro,
    /// None that this list knows.
    Other,
}

impl Brand {
    /// The scheme of a number (digits only).
    pub fn of(digits: &str) -> Self {
        let head = |count: usize| digits.get(..count).and_then(|part| part.parse::<u32>().ok()).unwrap_or(0);
        let (two, three, four) = (head(2), head(3), head(4));
        match (two, three, four) {
            (40..=49, ..) => Self::Visa,
            (51..=55, ..) | (_, _, 2221..=2720) => Self::Mastercard,
            (34 | 37, ..) => Self::Amex,
            (65, ..) | (_, 644..=649, _) | (_, _, 6011) => Self::Discover,
            (36 | 38 | 39, ..) | (_, 300..=305, _) => Self::Diners,
            (_, _, 3528..=3589) => Self::Jcb,
            (62, ..) => Self::UnionPay,
            (50 | 56..=58 | 60..=69, ..) => Self::Maestro,
            _ => Self::Other,
        }
    }

    /// The name that shoppers know.
    pub fn name(self) -> &'static str {
        match self {
            Self::Visa => "Visa",
            Self::Mastercard => "Mastercard",
            Self::Amex => "American Express",
            Self::Discover => "Discover",
            Self::Diners => "Diners Club",
            Self::Jcb => "JCB",
            Self::UnionPay => "UnionPay",
            Self::Maestro => "Maestro",
            Self::Other => "Card",
        }
    }

    /// Whether the scheme has numbers of this many digits.
    pub fn has_length(self, digits: usize) -> bool {
        match self {
            Self::Visa => matches!(digits, 13 | 16 | 18 | 19),
            Self::Mastercard => digits == 16,
            Self::Amex => digits == 15,
            Self::Discover | Self::Jcb | Self::UnionPay => (16..=19).contains(&digits),
            Self::Diners => (14..=19).contains(&digits),
            Self::Maestro | Self::Other => (12..=19).contains(&digits),
        }
    }
}

impl fmt::Display for Brand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemes_are_told_by_their_first_digits() {
        for (number, brand) in [
            ("4242424242424242", Brand::Visa),
            ("5555555555554444", Brand::Mastercard),
            ("2223003122003222", Brand::Mastercard),
            ("378282246310005", Brand::Amex),
            ("6011111111111117", Brand::Discover),
            ("36227206271667", Brand::Diners),
            ("3566002020360505", Brand::Jcb),
            ("6200000000000005", Brand::UnionPay),
            ("6759649826438453", Brand::Maestro),
            ("9999999999999995", Brand::Other),
            ("", Brand::Other),
        ] {
            assert_eq!(Brand::of(number), brand, "{number}");
        }
    }
}
