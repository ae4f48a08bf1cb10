//! The card, for the seconds between a form and a gateway.
//!
//! What is checked here is form only, so that a slip of the finger costs no call. Nothing here ever quotes
//! what was typed. The caller keeps the form's own text in wiping buffers; what this file copies, it wipes.

use std::fmt;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use zeroize::Zeroizing;

use super::{Brand, looks_like_card_number};

/// The most digits of a number (ISO/IEC 7812-1).
pub(super) const MOST_DIGITS: usize = 19;
/// The longest text that is looked at in the number's field: 19 digits and generous spacing.
const LONGEST_NUMBER: usize = 40;
/// The longest holder's name, in characters.
const LONGEST_HOLDER: usize = 100;
/// Cards are issued for at most this many years ahead.
const MOST_YEARS: u16 = 20;

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
    /// Reads the four fields of a form. `expiry` is `MM/YY` or `MM / YYYY`; a card is good to the end of
    /// its month anywhere on earth (UTC-12). All errors come at once, at most one per field, in the form's order.
    pub fn parse(
        number: &str,
        expiry: &str,
        code: &str,
        holder: &str,
        now: Timestamp,
    ) -> Result<Self, Vec<CardError>> {
        let mut errors = Vec::new();
        let number = keep(&mut errors, CardField::Number, read_number(number));
        let expiry = keep(&mut errors, CardField::Expiry, read_expiry(expiry, now));
        let digits = number.as_ref().map(|number| if Brand::of(number) == Brand::Amex { 4 } else { 3 });
        let code = keep(&mut errors, CardField::Code, read_code(code, digits));
        let holder = keep(&mut errors, CardField::Holder, read_holder(holder));
        match (number, expiry, code, holder) {
            (Some(number), Some((month, year)), Some(code), Some(holder)) => {
                Ok(Self { number, month, year, code, holder })
            }
            _ => Err(errors),
        }
    }

    /// Four digits at the end: all of the number that may be kept (PCI DSS 3.4.1).
    pub fn last_four(&self) -> &str {
        self.number.get(self.number.len().saturating_sub(4)..).unwrap_or_default()
    }

    /// The scheme, by the first digits.
    pub fn brand(&self) -> Brand {
        Brand::of(&self.number)
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

/// All that a form leaves behind; its fields stand in lines of their own. For `gateway::untrusted`.
pub(super) fn told(form: &[u8]) -> String {
    let Ok(form) = std::str::from_utf8(form) else { return String::new() };
    let mut lines = form.splitn(4, '\n');
    let mut next = || lines.next().unwrap_or_default();
    let read = Card::parse(next(), next(), next(), next(), Timestamp::UNIX_EPOCH);
    let kept = read.as_ref().ok().map(|card| (card.brand(), card.last_four(), card.expiry()));
    format!("{kept:?} {read:?}")
}

fn keep<T>(errors: &mut Vec<CardError>, field: CardField, read: Result<T, &'static str>) -> Option<T> {
    read.map_err(|key| errors.push(CardError { field, key })).ok()
}

/// The digits of `text`, without what people put between them; `None` for anything else. The buffer is
/// sized before the first digit, so that it never moves and leaves a copy behind.
fn digits(text: &str) -> Option<Zeroizing<String>> {
    let mut digits = Zeroizing::new(String::with_capacity(text.len()));
    for letter in text.chars() {
        match letter {
            '0'..='9' => digits.push(letter),
            '-' | '\u{2010}'..='\u{2015}' => {}
            space if space.is_whitespace() => {}
            _ => return None,
        }
    }
    Some(digits)
}

/// Luhn's check (ISO/IEC 7812-1 annex B) over ASCII digits.
pub(super) fn luhn(digits: &[u8]) -> bool {
    let mut sum = 0_u32;
    for (place, byte) in digits.iter().rev().enumerate() {
        let digit = u32::from(byte.wrapping_sub(b'0'));
        let twice = digit.saturating_mul(2);
        let value = match place % 2 {
            0 => digit,
            _ if twice > 9 => twice.saturating_sub(9),
            _ => twice,
        };
        sum = sum.saturating_add(value);
    }
    sum.is_multiple_of(10)
}

fn read_number(text: &str) -> Result<Zeroizing<String>, &'static str> {
    if text.trim().is_empty() {
        return Err("card-number-empty");
    }
    if text.len() > LONGEST_NUMBER {
        return Err("card-number-wrong");
    }
    let number = digits(text).ok_or("card-number-wrong")?;
    let length = Brand::of(&number).has_length(number.len());
    // All zeros satisfies Luhn and is nobody's card.
    let blank = number.bytes().all(|byte| byte == b'0');
    if length && !blank && luhn(number.as_bytes()) { Ok(number) } else { Err("card-number-wrong") }
}

fn read_expiry(text: &str, now: Timestamp) -> Result<(u8, u16), &'static str> {
    let text = text.trim();
    if text.is_empty() {
        return Err("card-expiry-empty");
    }
    let wrong = "card-expiry-wrong";
    let mut plain: Zeroizing<String> = Zeroizing::new(String::with_capacity(text.len()));
    plain.extend(text.chars().filter(|letter| !letter.is_whitespace()));
    let (month, year) = match plain.split_once(['/', '-', '.']) {
        Some(parts) => parts,
        // What an autofill types into a field that it takes for MMYY.
        None if plain.len() == 4 || plain.len() == 6 => plain.split_at_checked(2).ok_or(wrong)?,
        None => return Err(wrong),
    };
    let plain_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !matches!(month.len(), 1 | 2) || !matches!(year.len(), 2 | 4) {
        return Err(wrong);
    }
    if !plain_digits(month) || !plain_digits(year) {
        return Err(wrong);
    }
    let month: u8 = month.parse().map_err(|_| wrong)?;
    let short = year.len() == 2;
    let year: u16 = year.parse().map_err(|_| wrong)?;
    let year = if short { year.saturating_add(2000) } else { year };
    if !(1..=12).contains(&month) {
        return Err(wrong);
    }
    let today = now.to_zoned(TimeZone::fixed(jiff::tz::offset(-12)));
    let this_year = u16::try_from(today.year()).map_err(|_| wrong)?;
    let this_month = u8::try_from(today.month()).map_err(|_| wrong)?;
    if (year, month) < (this_year, this_month) {
        Err("card-expiry-past")
    } else if year > this_year.saturating_add(MOST_YEARS) {
        Err(wrong)
    } else {
        Ok((month, year))
    }
}

/// Three digits, four on American Express; either while the number itself is not known.
fn read_code(text: &str, wanted: Option<usize>) -> Result<Zeroizing<String>, &'static str> {
    let text = text.trim();
    if text.is_empty() {
        return Err("card-code-empty");
    }
    let length = wanted.map_or(matches!(text.len(), 3 | 4), |wanted| text.len() == wanted);
    match (length && text.bytes().all(|byte| byte.is_ascii_digit()), wanted) {
        (true, _) => Ok(Zeroizing::new(text.to_owned())),
        (false, Some(4)) => Err("card-code-wrong-amex"),
        (false, _) => Err("card-code-wrong"),
    }
}

fn read_holder(text: &str) -> Result<Zeroizing<String>, &'static str> {
    let text = text.trim();
    if text.is_empty() {
        return Err("card-holder-empty");
    }
    if looks_like_card_number(text) {
        return Err("card-holder-is-number");
    }
    // A character has at most four bytes.
    let long = text.len() > LONGEST_HOLDER.saturating_mul(4) || text.chars().count() > LONGEST_HOLDER;
    if long || text.chars().any(char::is_control) {
        return Err("card-holder-wrong");
    }
    Ok(Zeroizing::new(text.to_owned()))
}

#[cfg(test)]
#[path = "card_tests.rs"]
mod tests;
