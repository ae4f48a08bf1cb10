//! Card numbers typed where they do not belong: into a name, an address, a search.

use zeroize::Zeroizing;

use super::Brand;
use super::card::{MOST_DIGITS, luhn};

/// The fewest digits that are taken for a card: shorter ones are phone and customer numbers.
const FEWEST_DIGITS: usize = 13;

/// Whether a text that is about to be kept, logged or shown holds what could be a card number: 13 to 19
/// digits in a row (spaces, hyphens, dots, slashes and underscores between them do not help), of a known
/// scheme and its lengths, that satisfy Luhn's check. Digits of any script that people type count.
///
/// About one in ten random runs that begin like a card satisfies Luhn, so a long customer number may be
/// refused by chance; a card number of a known scheme never passes.
pub fn looks_like_card_number(text: &str) -> bool {
    let mut run = Zeroizing::new(Vec::with_capacity(text.len()));
    for letter in text.chars() {
        match digit(letter) {
            Some(digit) => run.push(digit),
            None if separates(letter) => {}
            None => {
                if holds_card(&run) {
                    return true;
                }
                run.clear();
            }
        }
    }
    holds_card(&run)
}

fn separates(letter: char) -> bool {
    let dash = matches!(letter, '-' | '.' | '/' | '_' | ',' | '\u{2010}'..='\u{2015}');
    // Zero-width characters join what looks apart to us and together to a reader.
    dash || letter.is_whitespace() || matches!(letter, '\u{200b}'..='\u{200d}' | '\u{2060}')
}

/// The ASCII digit of a decimal digit in ASCII, full width, Arabic or Devanagari.
fn digit(letter: char) -> Option<u8> {
    let zero = match letter {
        '0'..='9' => '0',
        '\u{ff10}'..='\u{ff19}' => '\u{ff10}',
        '\u{660}'..='\u{669}' => '\u{660}',
        '\u{6f0}'..='\u{6f9}' => '\u{6f0}',
        '\u{966}'..='\u{96f}' => '\u{966}',
        _ => return None,
    };
    let value = u32::from(letter).checked_sub(u32::from(zero))?;
    u8::try_from(value).ok().map(|value| value.saturating_add(b'0'))
}

fn holds_card(run: &[u8]) -> bool {
    let from = 0..run.len().saturating_sub(FEWEST_DIGITS.saturating_sub(1));
    from.into_iter().any(|start| {
        (FEWEST_DIGITS..=MOST_DIGITS)
            .filter_map(|length| run.get(start..start.checked_add(length)?))
            .any(is_card)
    })
}

fn is_card(digits: &[u8]) -> bool {
    let brand = std::str::from_utf8(digits).map_or(Brand::Other, Brand::of);
    brand != Brand::Other && brand.has_length(digits.len()) && luhn(digits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_card_number_in_a_name_is_seen_however_it_is_written() {
        for text in [
            "4242424242424242",
            "Ada 4242 4242-4242.4242 Osei",
            "my card: 3782 822463 10005, thanks",
            "４２４２４２４２４２４２４２４２",
            "4242\u{200b}4242\u{200b}4242\u{200b}4242",
            "004242424242424242",
            "4242/4242/4242/4242",
        ] {
            assert!(looks_like_card_number(text), "{text}");
        }
    }

    #[test]
    fn what_people_write_in_addresses_is_not() {
        for text in [
            "",
            "Ada Osei",
            "12 Mill Lane, flat 3",
            "+49 30 1234567 8",
            "4242424242424241",
            "order 1001 of 2026-11-23",
            "10115 Berlin",
            "1234567890123",
        ] {
            assert!(!looks_like_card_number(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[0-9 x٤-]{0,60}") {
            let _ = looks_like_card_number(&text);
        }
    }
}
