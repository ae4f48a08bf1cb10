//! Why Adyen refused: its codes, the same reasons as the words of a notice, and the codes of calls that it
//! does not take (<https://docs.adyen.com/development-resources/refusal-reasons>,
//! <https://docs.adyen.com/development-resources/error-codes>).

use serde::Deserialize;

use crate::payment::DeclineReason;

/// The same key is being worked on, or was, with another request.
const IN_PROGRESS: &str = "704";

/// Codes and words of a refusal. What is not here is a plain refusal: lost, stolen, blocked, watched or
/// restricted cards, issuers' orders, fraud. A thief must not learn which.
const REASONS: [(&str, &str, DeclineReason); 23] = [
    ("4", "Acquirer Error", DeclineReason::TryAgain),
    ("6", "Expired Card", DeclineReason::ExpiredCard),
    ("7", "Invalid Amount", DeclineReason::TryAgain),
    ("8", "Invalid Card Number", DeclineReason::WrongNumber),
    ("9", "Issuer Unavailable", DeclineReason::TryAgain),
    ("10", "Not supported", DeclineReason::OtherCard),
    ("11", "3D Not Authenticated", DeclineReason::NeedsAuthentication),
    ("12", "Not enough balance", DeclineReason::InsufficientFunds),
    ("15", "Cancelled", DeclineReason::Abandoned),
    ("16", "Shopper Cancelled", DeclineReason::Abandoned),
    ("21", "Not Submitted", DeclineReason::TryAgain),
    ("23", "Transaction Not Permitted", DeclineReason::OtherCard),
    ("24", "CVC Declined", DeclineReason::WrongCode),
    ("28", "Withdrawal amount exceeded", DeclineReason::InsufficientFunds),
    ("29", "Withdrawal count exceeded", DeclineReason::InsufficientFunds),
    ("33", "Card requires online pin", DeclineReason::OtherCard),
    ("34", "No checking account available on Card", DeclineReason::OtherCard),
    ("35", "No savings account available on Card", DeclineReason::OtherCard),
    ("36", "Mobile pin required", DeclineReason::OtherCard),
    ("37", "Contactless fallback", DeclineReason::OtherCard),
    ("38", "Authentication required", DeclineReason::NeedsAuthentication),
    ("39", "RReq not received from DS", DeclineReason::NeedsAuthentication),
    ("42", "3DS Authentication Error", DeclineReason::NeedsAuthentication),
];

/// What the shopper may know of a refusal with this code; the words decide where there is none.
pub(super) fn reason(code: Option<&str>, words: Option<&str>) -> DeclineReason {
    let code = code.map(str::trim).filter(|code| !code.is_empty());
    let found = match (code, words) {
        (Some(code), _) => REASONS.iter().find(|(known, ..)| *known == code),
        (None, Some(words)) => REASONS.iter().find(|(_, known, _)| known.eq_ignore_ascii_case(words.trim())),
        (None, None) => None,
    };
    found.map_or(DeclineReason::Declined, |(.., reason)| *reason)
}

/// An answer that is not 200 or 201. Its message is not read: it may quote what was sent.
#[derive(Default, Deserialize)]
pub(super) struct Failure {
    #[serde(rename = "errorCode")]
    code: Option<String>,
}

impl Failure {
    /// Empty for what is not an error of Adyen's.
    pub(super) fn read(body: &[u8]) -> Self {
        serde_json::from_slice(body).unwrap_or_default()
    }

    /// The code for the log: letters, digits, `_` and at most 12 of them, fewer digits than a card has, so that nothing else can get there.
    pub(super) fn code(&self) -> &str {
        let plain = |code: &&str| {
            (1..=12).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        };
        self.code.as_deref().filter(plain).unwrap_or("no code")
    }

    /// Whether the same key is being worked on: then it is not a refusal.
    pub(super) fn is_in_progress(&self) -> bool {
        self.code() == IN_PROGRESS
    }

    /// What the shopper may know of a payment that Adyen's checks of form did not let in; `None` if the fault
    /// is not the card's.
    pub(super) fn card_reason(&self) -> Option<DeclineReason> {
        Some(match self.code() {
            "101" | "102" => DeclineReason::WrongNumber,
            "103" | "153" => DeclineReason::WrongCode,
            "129" | "140" | "141" | "142" => DeclineReason::ExpiredCard,
            _ => return None,
        })
    }
}

/// All that an error leaves behind.
pub(super) fn told(body: &[u8]) -> String {
    let failure = Failure::read(body);
    match (failure.code(), failure.card_reason()) {
        ("no code", _) => String::new(),
        (code, reason) => format!("{code} {reason:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_help_the_shopper_and_tell_a_thief_nothing() {
        use DeclineReason as Why;
        for (code, wanted) in [
            ("6", Why::ExpiredCard),
            ("8", Why::WrongNumber),
            ("11", Why::NeedsAuthentication),
            ("12", Why::InsufficientFunds),
            ("16", Why::Abandoned),
            ("24", Why::WrongCode),
            ("9", Why::TryAgain),
        ] {
            assert_eq!(reason(Some(code), Some("Refused")), wanted, "{code}");
        }
        for quiet in ["2", "3", "5", "14", "20", "22", "25", "26", "27", "31", "999", "x"] {
            assert_eq!(reason(Some(quiet), Some("FRAUD")), Why::Declined, "{quiet}");
        }
    }

    #[test]
    fn a_notice_tells_in_words_what_an_answer_tells_in_codes() {
        use DeclineReason as Why;
        assert_eq!(reason(None, Some("Expired Card")), Why::ExpiredCard);
        assert_eq!(reason(Some(""), Some("CVC Declined")), Why::WrongCode);
        assert_eq!(reason(None, Some("not enough balance")), Why::InsufficientFunds);
        assert_eq!(reason(None, Some("FRAUD")), Why::Declined);
        assert_eq!(reason(None, None), Why::Declined);
    }

    #[test]
    fn only_a_code_reaches_the_log() {
        let quoting = br#"{"errorCode":"4242 4242 4242 4242","message":"4242424242424242"}"#;
        assert_eq!(Failure::read(quoting).code(), "no code");
        let long = br#"{"errorCode":"4242424242424242"}"#;
        assert_eq!(Failure::read(long).code(), "no code");
        assert_eq!(Failure::read(br#"{"errorCode":"101"}"#).card_reason(), Some(DeclineReason::WrongNumber));
        assert_eq!(Failure::read(b"<html>").card_reason(), None);
    }
}
