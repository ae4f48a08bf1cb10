//! Finds card numbers in requests, so that none is taken where it does not belong.

use super::api::Request;
use super::form;

/// Whether the body holds a card number, as it stands or form-encoded.
pub(super) fn in_body(request: &Request) -> bool {
    holds(&request.text()) || request.form().iter().any(|(name, value)| holds(name) || holds(value))
}

/// Whether path, query or a header holds one.
pub(super) fn in_head(request: &Request) -> bool {
    let headers = request.headers.values().filter_map(|value| value.to_str().ok());
    let query = request.query.iter().flat_map(|(name, value)| [name.as_str(), value.as_str()]);
    let path = form::parse(request.path.as_bytes()).into_iter().map(|(name, _)| name);
    headers.chain(query).any(holds) || path.into_iter().any(|path| holds(&path))
}

/// Fourteen to nineteen digits that stand alone, but for spaces and dashes between them, begin as cards do and
/// pass Luhn's check.
fn holds(text: &str) -> bool {
    let mut digits = String::new();
    for letter in text.chars().chain(['x']) {
        match letter {
            '0'..='9' => digits.push(letter),
            ' ' | '-' => {}
            _ => {
                if is_card(&digits) {
                    return true;
                }
                digits.clear();
            }
        }
    }
    false
}

fn is_card(digits: &str) -> bool {
    let length = (14..=19).contains(&digits.len());
    length && ('2'..='6').contains(&digits.chars().next().unwrap()) && passes_luhn(digits)
}

/// ISO/IEC 7812-1, annex B. For digits only.
pub(super) fn passes_luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let digit = u32::from(digit - b'0') << (place % 2);
            digit / 10 + digit % 10
        })
        .sum();
    sum.is_multiple_of(10)
}
