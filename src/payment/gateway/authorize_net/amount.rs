//! Amounts as Authorize.Net writes them: decimal text in requests, decimal numbers in answers.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Visitor};

use crate::base::Money;

/// The most digits of an amount. Up to 15 digits, a decimal number of JSON keeps its exact value through
/// serde's 64-bit floating point and back to its shortest text (IEEE 754-2008 5.12.2); longer ones are refused.
const MOST_DIGITS: usize = 15;

/// An amount in an answer, as text; nothing is computed before it is whole minor units.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Decimal(String);

impl Decimal {
    /// In minor units of a currency with this many decimals. `None` for what is no amount, is too long, or
    /// has a part below the smallest unit.
    pub(super) fn minor(&self, exponent: u32) -> Option<i64> {
        let places = usize::try_from(exponent).ok()?;
        let (whole, part) = self.0.split_once('.').unwrap_or((&self.0, ""));
        let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !plain(whole) || !plain(part) {
            return None;
        }
        if whole.len().saturating_add(part.len()) > MOST_DIGITS {
            return None;
        }
        let kept = part.get(..places.min(part.len()))?;
        if part.get(kept.len()..)?.bytes().any(|byte| byte != b'0') {
            return None;
        }
        format!("{whole}{kept:0<places$}").parse().ok()
    }
}

/// Not its text: that is somebody else's.
impl fmt::Debug for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Decimal")
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;

        impl Visitor<'_> for Any {
            type Value = Decimal;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an amount")
            }

            fn visit_str<E>(self, text: &str) -> Result<Decimal, E> {
                Ok(Decimal(text.to_owned()))
            }

            fn visit_u64<E>(self, whole: u64) -> Result<Decimal, E> {
                Ok(Decimal(whole.to_string()))
            }

            fn visit_i64<E>(self, whole: i64) -> Result<Decimal, E> {
                Ok(Decimal(whole.to_string()))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Decimal, E> {
                Ok(Decimal(number.to_string()))
            }
        }

        deserializer.deserialize_any(Any)
    }
}

/// All that an amount leaves behind: it is compared and never kept.
pub(super) fn told(body: &[u8]) -> String {
    let Ok(read) = serde_json::from_slice::<Decimal>(body) else { return String::new() };
    read.minor(2).map_or_else(String::new, |minor| format!("{read:?} {}", minor == 2490))
}

/// `2490` cents as `24.90`.
pub(super) fn text(money: Money) -> String {
    let places = usize::try_from(money.currency.exponent()).unwrap_or_default();
    let digits = format!("{:0>width$}", money.minor, width = places.saturating_add(1));
    match digits.split_at_checked(digits.len().saturating_sub(places)) {
        Some((whole, part)) if !part.is_empty() => format!("{whole}.{part}"),
        _ => digits,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Currency;
    use proptest::prelude::*;

    fn read(json: &str) -> Option<i64> {
        serde_json::from_str::<Decimal>(json).ok()?.minor(2)
    }

    #[test]
    fn an_amount_is_read_exactly_or_not_at_all() {
        for (json, minor) in
            [("24.90", 2490), ("24.9", 2490), ("5", 500), ("\"5.00\"", 500), ("300.0000", 30000), ("0", 0)]
        {
            assert_eq!(read(json), Some(minor), "{json}");
        }
        for bad in ["24.905", "-5", "1e30", "\"\"", "\"5,00\"", "\".5\"", "\"+5\"", "null", "{}", "[5]"] {
            assert_eq!(read(bad), None, "{bad}");
        }
        assert_eq!(serde_json::from_str::<Decimal>("2490").unwrap().minor(0), Some(2490));
        assert_eq!(serde_json::from_str::<Decimal>("2490.5").unwrap().minor(0), None);
    }

    #[test]
    fn an_amount_is_written_with_its_decimals() {
        assert_eq!(text(Money::new(2490, Currency::Usd)), "24.90");
        assert_eq!(text(Money::new(5, Currency::Usd)), "0.05");
        assert_eq!(text(Money::new(2490, Currency::Jpy)), "2490");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(minor in 0_i64..1_000_000_000_000_000) {
            let written = text(Money::new(minor, Currency::Eur));
            prop_assert_eq!(read(&written), Some(minor));
            prop_assert_eq!(read(&format!("\"{written}\"")), Some(minor));
        }
    }
}
