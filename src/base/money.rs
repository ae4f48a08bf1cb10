//! Money: integer minor units with a currency; checked operations only; no floats.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A currency that the shop can sell in (ISO 4217).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Currency {
    /// Swiss franc.
    Chf,
    /// Danish krone.
    Dkk,
    /// Euro.
    Eur,
    /// Pound sterling.
    Gbp,
    /// Japanese yen: has no minor unit.
    Jpy,
    /// Norwegian krone.
    Nok,
    /// Polish zloty.
    Pln,
    /// Swedish krona.
    Sek,
    /// United States dollar.
    Usd,
}

impl Currency {
    /// Every currency, in the order of its code.
    pub const ALL: [Self; 9] =
        [Self::Chf, Self::Dkk, Self::Eur, Self::Gbp, Self::Jpy, Self::Nok, Self::Pln, Self::Sek, Self::Usd];

    /// The three-letter code, upper case.
    pub fn code(self) -> &'static str {
        match self {
            Self::Chf => "CHF",
            Self::Dkk => "DKK",
            Self::Eur => "EUR",
            Self::Gbp => "GBP",
            Self::Jpy => "JPY",
            Self::Nok => "NOK",
            Self::Pln => "PLN",
            Self::Sek => "SEK",
            Self::Usd => "USD",
        }
    }

    /// How many digits stand after the decimal point.
    pub fn exponent(self) -> u32 {
        match self {
            Self::Jpy => 0,
            _ => 2,
        }
    }

    /// The currency with this code, in either case.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.code().eq_ignore_ascii_case(code))
    }
}

/// An amount of one currency in its minor unit (4290 is EUR 42.90).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// Minor units; negative for money that goes back.
    pub minor: i64,
    /// What it is counted in.
    pub currency: Currency,
}

/// Why a sum could not be made or read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Two currencies in one sum.
    #[error("amounts in {0:?} and {1:?} cannot be added: use one currency")]
    Mixed(Currency, Currency),
    /// Beyond what 64 bits hold.
    #[error("the amount is too large")]
    Overflow,
    /// Not an amount.
    #[error("not an amount: write digits and at most {0} decimals, such as 42.90")]
    Malformed(u32),
}

impl Money {
    /// `minor` units of `currency`.
    pub fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Nothing, in `currency`.
    pub fn zero(currency: Currency) -> Self {
        Self { minor: 0, currency }
    }

    /// The sum.
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::Mixed(self.currency, other.currency));
        }
        let minor = self.minor.checked_add(other.minor).ok_or(MoneyError::Overflow)?;
        Ok(Self { minor, ..self })
    }

    /// `count` times the amount.
    pub fn times(self, count: u32) -> Result<Self, MoneyError> {
        let minor = self.minor.checked_mul(i64::from(count)).ok_or(MoneyError::Overflow)?;
        Ok(Self { minor, ..self })
    }

    /// Reads what a person or a CSV file writes: `42.90`, `42.9`, `42`. No sign, no thousands
    /// separator, no exponent, never more decimals than the currency has.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let malformed = MoneyError::Malformed(currency.exponent());
        let (whole, part) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let places = usize::try_from(currency.exponent()).map_err(|_| malformed)?;
        if whole.is_empty() || !digits(whole) || !digits(part) || part.len() > places {
            return Err(malformed);
        }
        let minor = format!("{whole}{part:0<places$}").parse().map_err(|_| MoneyError::Overflow)?;
        Ok(Self { minor, currency })
    }

    /// The bare number with its decimals: `42.90`.
    pub fn decimal(self) -> String {
        let sign = if self.minor < 0 { "-" } else { "" };
        let unit = 10_u64.pow(self.currency.exponent());
        let minor = self.minor.unsigned_abs();
        match usize::try_from(self.currency.exponent()) {
            Ok(places) if places > 0 => format!("{sign}{}.{:0places$}", minor / unit, minor % unit),
            _ => format!("{sign}{minor}"),
        }
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.currency.code(), self.decimal())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_amount_survives_being_written(minor in 0..=i64::MAX, index in 0..Currency::ALL.len()) {
            let money = Money::new(minor, Currency::ALL[index]);
            prop_assert_eq!(Money::parse(&money.decimal(), money.currency), Ok(money));
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,40}") {
            let _ = Money::parse(&text, Currency::Eur);
        }
    }

    #[test]
    fn reads_what_people_write_and_nothing_else() {
        let read = |text| Money::parse(text, Currency::Eur).map(|money| money.minor);
        assert_eq!(read("42.90"), Ok(4290));
        assert_eq!(read(" 42.9 "), Ok(4290));
        assert_eq!(read("42"), Ok(4200));
        for wrong in ["", ".", ".5", "-1", "+1", "1,50", "1.234", "1e3", "٤٢", "EUR 1"] {
            assert_eq!(read(wrong), Err(MoneyError::Malformed(2)), "{wrong}");
        }
        assert_eq!(read("99999999999999999999"), Err(MoneyError::Overflow));
        assert_eq!(Money::parse("5.0", Currency::Jpy), Err(MoneyError::Malformed(0)));
    }

    #[test]
    fn shows_currency_and_decimals() {
        assert_eq!(Money::new(5, Currency::Eur).to_string(), "EUR 0.05");
        assert_eq!(Money::new(-4290, Currency::Usd).to_string(), "USD -42.90");
        assert_eq!(Money::new(4290, Currency::Jpy).to_string(), "JPY 4290");
    }

    #[test]
    fn never_wraps_and_never_mixes() {
        let most = Money::new(i64::MAX, Currency::Eur);
        assert_eq!(most.plus(Money::new(1, Currency::Eur)), Err(MoneyError::Overflow));
        assert_eq!(most.times(2), Err(MoneyError::Overflow));
        let mixed = MoneyError::Mixed(Currency::Eur, Currency::Usd);
        assert_eq!(most.plus(Money::zero(Currency::Usd)), Err(mixed));
    }
}
