//! Names: the merchant reference of an attempt, and Adyen's own of a payment.
//!
//! Notices are all that Adyen tells later, and a notice does not say when the money is taken. So the reference
//! says it: `KEY-a` is taken at once, `KEY-m` when a person says so. It is in what Adyen signs.

use crate::base::Token;
use crate::payment::{Attempt, Brand, CaptureMode, CardShown, looks_like_card_number};

/// The attempt's merchant reference: 28 characters of the 80 that Adyen takes, none of them a delimiter of
/// what it signs.
pub(super) fn reference(attempt: &Attempt) -> String {
    let mode = match attempt.capture {
        CaptureMode::Automatic => "a",
        CaptureMode::Manual => "m",
    };
    format!("{}-{mode}", attempt.key)
}

/// When the money of the attempt with this merchant reference is taken; `None` for what is none of ours.
pub(super) fn mode(reference: &str) -> Option<CaptureMode> {
    let (key, mode) = reference.split_once('-')?;
    key.parse::<Token>().ok()?;
    match mode {
        "a" => Some(CaptureMode::Automatic),
        "m" => Some(CaptureMode::Manual),
        _ => None,
    }
}

/// The key of the refund with this reference; `None` for what is none of ours.
pub(super) fn refund_key(reference: &str) -> Option<Token> {
    reference.parse::<Token>().ok()
}

/// A `pspReference`: 16 letters and digits today, digits only in former days; nothing that would change the
/// path of a call, and no card number, because it is kept and shown.
pub(super) fn is_psp(text: &str) -> bool {
    (8..=40).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && !looks_like_card_number(text)
}

/// What is shown of a card: Adyen's name of its brand, and four digits or nothing.
pub(super) fn card(brand: Option<&str>, last_four: Option<&str>) -> CardShown {
    let four = |text: &&str| text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    let brand = match brand.unwrap_or_default() {
        "visa" => Brand::Visa,
        "mc" => Brand::Mastercard,
        "amex" => Brand::Amex,
        "discover" => Brand::Discover,
        "diners" => Brand::Diners,
        "jcb" => Brand::Jcb,
        "cup" => Brand::UnionPay,
        "maestro" => Brand::Maestro,
        _ => Brand::Other,
    };
    let last_four = last_four.filter(four).unwrap_or_default().to_owned();
    CardShown { brand: brand.name().to_owned(), last_four }
}

/// All that a merchant reference leaves behind.
pub(super) fn told(text: &[u8]) -> String {
    let Ok(text) = std::str::from_utf8(text) else { return String::new() };
    match (mode(text.trim()), refund_key(text.trim())) {
        (None, None) => String::new(),
        (mode, key) => format!("{mode:?} {}", key.is_some()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_of_ours_is_known_from_any_other() {
        let key = Token::from_bytes([7; 16]);
        assert_eq!(mode(&format!("{key}-a")), Some(CaptureMode::Automatic));
        assert_eq!(mode(&format!("{key}-m")), Some(CaptureMode::Manual));
        for other in
            ["", "a", "-a", "order-17", &format!("{key}"), &format!("{key}-x"), &format!("{key}-a-a")]
        {
            assert_eq!(mode(other), None, "{other}");
        }
    }

    #[test]
    fn a_psp_reference_stays_one_step_of_a_path() {
        assert!(is_psp("XB7XNCQ8HXSKGK82") && is_psp("8313547924770610"));
        for bad in [
            "",
            "x",
            "XB7XNCQ8HXSKGK8/",
            "../../refunds12",
            "XB7XNCQ8HXSKGK8?",
            "XB7XNCQ8 HXSKGK8",
            "4242424242424242",
        ] {
            assert!(!is_psp(bad), "{bad}");
        }
    }
}
