//! The card, for the seconds between a form and a gateway.

use std::fmt;

use zeroize::Zeroizing;

/// A card as typed, checked for form. No Clone, no Display, no Serialize; wiped on drop.
pub struct Card {
    number: Zeroizing<String>,
    month: u8,
    year: u16,
    code: Zeroizing<String>,
    holder: Zeroizing<String>,
}

/// The field of the form that an error belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardField {
    /// `cc-number`.
    Number,
    /// `cc-exp`.
    Expiry,
    /// `cc-csc`.
    Code,
    /// `cc-name`.
    Holder,
}

/// A card that cannot be right. Never quotes what was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CardError {
    /// Which field.
    pub field: CardField,
    /// The Fluent key of what to do.
    pub key: &'static str,
}

impl Card {
    /// Four digits at the end: all of the number that may be kept (PCI DSS 3.4.1).
    pub fn last_four(&self) -> &str {
        self.number.get(self.number.len().saturating_sub(4)..).unwrap_or_default()
    }

    /// The number: digits only. For the gateway's request alone.
    pub fn expose_number(&self) -> &str {
        &self.number
    }

    /// The card verification code. For the gateway's request alone.
    pub fn expose_code(&self) -> &str {
        &self.code
    }

    /// The holder's name as typed.
    pub fn expose_holder(&self) -> &str {
        &self.holder
    }

    /// Month (1 to 12) and four-digit year of the expiry.
    pub fn expiry(&self) -> (u8, u16) {
        (self.month, self.year)
    }
}

impl fmt::Debug for Card {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Card")
    }
}
