//! Card numbers made at run time: Luhn-valid, in the range that the test gateway takes by rule.

/// The `n`th number that begins with 424242: sixteen digits, Luhn-valid (ISO/IEC 7812-1 annex B).
pub fn number(n: u64) -> String {
    let body = format!("424242{:09}", n % 1_000_000_000);
    let check = (0..10).find(|digit| luhn(&format!("{body}{digit}"))).unwrap();
    format!("{body}{check}")
}

pub fn luhn(number: &str) -> bool {
    let sum: u32 = number
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let digit = u32::from(digit - b'0') * (1 + u32::from(place % 2 == 1));
            digit / 10 + digit % 10
        })
        .sum();
    sum.is_multiple_of(10)
}
