//! Why Authorize.Net refused: its response reason codes, mapped to what a shopper may know
//! (<https://developer.authorize.net/api/reference/responseCodes.html>).

use crate::payment::{DeclineReason, RefundFailure};

/// A duplicate of a transaction within its duplicate window: the first one counts, and is asked for.
pub(super) const DUPLICATE: u32 = 11;
/// To be refunded, a transaction must be settled, at most 180 days old and the same card's.
const NOT_REFUNDABLE: u32 = 54;
/// Not settled yet.
const AWAITS_SETTLEMENT: u32 = 50;

/// What the shopper may know. Codes that would tell a thief that a card is to be picked up, or which of the
/// merchant's filters it met, are all the same plain refusal. `declined` is the bank's or a filter's no
/// (response code 2), else the transaction failed (3).
pub(super) fn declined(code: u32, declined: bool) -> DeclineReason {
    match code {
        // The number: not valid, not of a length, not that of any bank.
        6 | 37 | 200 | 315 => DeclineReason::WrongNumber,
        7 | 8 | 202 | 316 | 317 => DeclineReason::ExpiredCard,
        // The code does not match, or has not as many digits as the scheme's.
        44 | 45 | 65 | 78 => DeclineReason::WrongCode,
        // A card, currency or amount that this account does not take.
        17 | 28 | 49 | 155 | 171 => DeclineReason::OtherCard,
        _ if declined => DeclineReason::Declined,
        _ => DeclineReason::TryAgain,
    }
}

/// Whether a code speaks of the account and not of the card, so that the operator must look.
pub(super) fn is_the_accounts(code: u32) -> bool {
    matches!(code, 5 | 13 | 24 | 29..=32 | 34 | 35 | 38 | 39 | 43 | 48 | 66 | 68..=77 | 103 | 104 | 123)
}

/// What a refused refund means. `None`: nothing yet, it is possible later.
pub(super) fn refund(code: u32, declined: bool) -> Option<RefundFailure> {
    match code {
        AWAITS_SETTLEMENT => None,
        51 | 55 => Some(RefundFailure::MoreThanLeft),
        NOT_REFUNDABLE => Some(RefundFailure::Refused),
        _ if declined => Some(RefundFailure::Refused),
        _ => Some(RefundFailure::TryAgain),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_help_the_shopper_and_tell_a_thief_nothing() {
        use DeclineReason as Why;
        for (code, why) in [(6, Why::WrongNumber), (8, Why::ExpiredCard), (78, Why::WrongCode)] {
            assert_eq!(declined(code, false), why, "{code}");
        }
        assert_eq!(declined(44, true), Why::WrongCode);
        assert_eq!(declined(17, false), Why::OtherCard);
        // Referral, picked up, address, velocity and fraud filters, blocked address.
        for quiet in [2, 3, 4, 27, 41, 141, 145, 165, 250, 251, 254] {
            assert_eq!(declined(quiet, true), Why::Declined, "{quiet}");
        }
        for broken in [19, 20, 25, 57, 63, 120, 121, 122, 181, 39, 13] {
            assert_eq!(declined(broken, false), Why::TryAgain, "{broken}");
        }
        assert!(is_the_accounts(13) && is_the_accounts(39) && !is_the_accounts(2));
    }

    #[test]
    fn a_refund_that_is_too_early_is_no_failure() {
        assert_eq!(refund(50, false), None);
        assert_eq!(refund(55, false), Some(RefundFailure::MoreThanLeft));
        assert_eq!(refund(54, false), Some(RefundFailure::Refused));
        assert_eq!(refund(2, true), Some(RefundFailure::Refused));
        assert_eq!(refund(120, false), Some(RefundFailure::TryAgain));
    }
}
