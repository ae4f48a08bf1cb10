//! Why Stripe refused: its error, decline and advice codes, mapped to what a shopper or the shop may know.

use std::fmt;

use serde::Deserialize;

use crate::payment::{DeclineReason, RefundFailure};

/// The part of an error that is read (<https://docs.stripe.com/api/errors>). Its message is not: it may
/// quote what was sent.
#[derive(Default, Deserialize)]
pub(super) struct Failure {
    #[serde(rename = "type")]
    kind: Option<String>,
    code: Option<String>,
    decline_code: Option<String>,
    advice_code: Option<String>,
    param: Option<String>,
}

#[derive(Deserialize)]
struct Envelope {
    error: Failure,
}

/// The code as it goes into the log.
impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Failure({})", self.code())
    }
}

impl Failure {
    /// Reads the body of an answer that is not a 200; empty for what is not an error of Stripe's.
    pub(super) fn read(body: &[u8]) -> Self {
        serde_json::from_slice(body).map(|envelope: Envelope| envelope.error).unwrap_or_default()
    }

    /// The code for the log: lower-case words only, so that nothing else can get there.
    pub(super) fn code(&self) -> &str {
        let plain = |code: &&str| {
            code.len() <= 60 && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        };
        let code = self.decline_code.as_deref().or(self.code.as_deref());
        code.filter(plain).unwrap_or("no code")
    }

    /// What the shopper may know (<https://docs.stripe.com/declines/codes>). Codes that would tell a thief
    /// that a card is lost, stolen or watched are all the same plain refusal. `None` if Stripe names no
    /// reason that lies with the card.
    ///
    /// The advice (<https://docs.stripe.com/declines/card#retrying-issuer-declines>) only takes back an
    /// invitation: who is to check the card is not told to simply try again, and who is not to try again is
    /// told of the plain refusal. It adds none, because what the bank says of a watched card carries advice too.
    pub(super) fn reason(&self) -> Option<DeclineReason> {
        let known = |code: &Option<String>| code.as_deref().and_then(reason_of);
        let reason = known(&self.decline_code)
            .or_else(|| known(&self.code))
            .or_else(|| self.decline_code.as_ref().map(|_| DeclineReason::Declined));
        match (reason, self.advice_code.as_deref()) {
            (Some(DeclineReason::TryAgain), Some("do_not_try_again" | "confirm_card_data")) => {
                Some(DeclineReason::Declined)
            }
            (reason, _) => reason,
        }
    }

    /// Why a refund was refused for good; `None` for what says nothing about the refund itself, such as a
    /// payment that another account's key does not see.
    pub(super) fn of_refund(&self) -> Option<RefundFailure> {
        Some(match self.code.as_deref() {
            Some("charge_already_refunded" | "amount_too_large") => RefundFailure::MoreThanLeft,
            Some("insufficient_funds" | "balance_insufficient") => RefundFailure::NoFunds,
            Some("charge_disputed" | "refund_disputed_payment" | "charge_not_refundable") => {
                RefundFailure::Refused
            }
            // Too much is an error that often has no code and names the amount.
            None if self.param.as_deref() == Some("amount") => RefundFailure::MoreThanLeft,
            Some("resource_missing") => return None,
            _ if self.kind.as_deref() == Some("invalid_request_error") => RefundFailure::TryAgain,
            _ => return None,
        })
    }
}

fn reason_of(code: &str) -> Option<DeclineReason> {
    Some(match code {
        "insufficient_funds" | "withdrawal_count_limit_exceeded" | "card_velocity_exceeded" => {
            DeclineReason::InsufficientFunds
        }
        "expired_card" | "invalid_expiry_month" | "invalid_expiry_year" => DeclineReason::ExpiredCard,
        "incorrect_cvc" | "invalid_cvc" => DeclineReason::WrongCode,
        // A test number at a live key is a number that no bank knows.
        "incorrect_number" | "invalid_number" | "live_mode_test_card" | "testmode_decline" => {
            DeclineReason::WrongNumber
        }
        "test_mode_live_card" => DeclineReason::TestCardsOnly,
        "card_not_supported"
        | "currency_not_supported"
        | "invalid_amount"
        | "not_permitted"
        | "service_not_allowed"
        | "transaction_not_allowed" => DeclineReason::OtherCard,
        "authentication_required"
        | "authentication_not_handled"
        | "mobile_device_authentication_required"
        | "payment_intent_authentication_failure" => DeclineReason::NeedsAuthentication,
        "processing_error"
        | "try_again_later"
        | "reenter_transaction"
        | "issuer_not_available"
        | "approve_with_id" => DeclineReason::TryAgain,
        // Everything about a lost, stolen, watched or closed card, a PIN, an address that is never sent, and all
        // by which the bank says nothing.
        "call_issuer"
        | "card_declined"
        | "do_not_honor"
        | "do_not_try_again"
        | "duplicate_transaction"
        | "fraudulent"
        | "generic_decline"
        | "incorrect_address"
        | "incorrect_pin"
        | "incorrect_zip"
        | "invalid_account"
        | "invalid_pin"
        | "lost_card"
        | "merchant_blacklist"
        | "new_account_information_available"
        | "no_action_taken"
        | "offline_pin_required"
        | "online_or_offline_pin_required"
        | "pickup_card"
        | "pin_try_exceeded"
        | "restricted_card"
        | "revocation_of_all_authorizations"
        | "revocation_of_authorization"
        | "security_violation"
        | "stolen_card"
        | "stop_payment_order" => DeclineReason::Declined,
        _ => return None,
    })
}

/// All that an answer leaves behind.
pub(super) fn told(body: &[u8]) -> String {
    let failure = Failure::read(body);
    format!("{failure:?} {:?} {:?}", failure.reason(), failure.of_refund())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(fields: &[(&str, &str)]) -> Failure {
        let fields: Vec<_> = fields.iter().map(|(name, value)| format!(r#""{name}":"{value}""#)).collect();
        Failure::read(format!(r#"{{"error":{{{},"message":"4242"}}}}"#, fields.join(",")).as_bytes())
    }

    fn declined(decline_code: &str) -> Option<DeclineReason> {
        read(&[("code", "card_declined"), ("decline_code", decline_code)]).reason()
    }

    fn advised(code: &str, advice: &str) -> Option<DeclineReason> {
        read(&[("code", code), ("decline_code", code), ("advice_code", advice)]).reason()
    }

    #[test]
    fn codes_help_the_shopper() {
        use DeclineReason as Why;
        for (why, codes) in [
            (
                Why::InsufficientFunds,
                &["insufficient_funds", "withdrawal_count_limit_exceeded", "card_velocity_exceeded"][..],
            ),
            (Why::ExpiredCard, &["expired_card", "invalid_expiry_month", "invalid_expiry_year"]),
            (Why::WrongCode, &["incorrect_cvc", "invalid_cvc"]),
            (
                Why::WrongNumber,
                &["incorrect_number", "invalid_number", "live_mode_test_card", "testmode_decline"],
            ),
            (Why::TestCardsOnly, &["test_mode_live_card"]),
            (
                Why::OtherCard,
                &[
                    "card_not_supported",
                    "currency_not_supported",
                    "invalid_amount",
                    "not_permitted",
                    "service_not_allowed",
                    "transaction_not_allowed",
                ],
            ),
            (
                Why::NeedsAuthentication,
                &[
                    "authentication_required",
                    "authentication_not_handled",
                    "mobile_device_authentication_required",
                ],
            ),
            (
                Why::TryAgain,
                &[
                    "processing_error",
                    "try_again_later",
                    "reenter_transaction",
                    "issuer_not_available",
                    "approve_with_id",
                ],
            ),
        ] {
            for code in codes {
                assert_eq!(declined(code), Some(why), "{code}");
            }
        }
        // Some refusals have a code and no decline code.
        assert_eq!(read(&[("code", "expired_card")]).reason(), Some(Why::ExpiredCard));
        assert_eq!(read(&[("code", "incorrect_number")]).reason(), Some(Why::WrongNumber));
        let asked = read(&[("code", "payment_intent_authentication_failure")]);
        assert_eq!(asked.reason(), Some(Why::NeedsAuthentication));
        assert_eq!(read(&[("code", "parameter_unknown")]).reason(), None);
        assert_eq!(Failure::read(b"<html>").reason(), None);
    }

    #[test]
    fn codes_tell_a_thief_nothing() {
        for quiet in [
            "lost_card",
            "stolen_card",
            "pickup_card",
            "restricted_card",
            "fraudulent",
            "merchant_blacklist",
            "security_violation",
            "invalid_account",
            "stop_payment_order",
            "revocation_of_authorization",
            "pin_try_exceeded",
            "do_not_honor",
            "generic_decline",
            "a_code_of_tomorrow",
        ] {
            for advice in ["", "do_not_try_again", "try_again_later", "confirm_card_data"] {
                let failure =
                    read(&[("code", "card_declined"), ("decline_code", quiet), ("advice_code", advice)]);
                assert_eq!(failure.reason(), Some(DeclineReason::Declined), "{quiet} {advice}");
            }
        }
    }

    #[test]
    fn nobody_is_invited_to_try_a_card_again_that_is_not_to_be_tried_again() {
        use DeclineReason as Why;
        assert_eq!(advised("processing_error", "do_not_try_again"), Some(Why::Declined));
        assert_eq!(advised("try_again_later", "confirm_card_data"), Some(Why::Declined));
        assert_eq!(advised("processing_error", "try_again_later"), Some(Why::TryAgain));
        assert_eq!(advised("processing_error", "an_advice_of_tomorrow"), Some(Why::TryAgain));
        assert_eq!(advised("incorrect_cvc", "confirm_card_data"), Some(Why::WrongCode));
        assert_eq!(advised("insufficient_funds", "try_again_later"), Some(Why::InsufficientFunds));
    }

    #[test]
    fn a_refund_fails_for_good_only_for_a_reason_of_its_own() {
        use RefundFailure as Why;
        for (code, why) in [
            ("charge_already_refunded", Some(Why::MoreThanLeft)),
            ("amount_too_large", Some(Why::MoreThanLeft)),
            ("insufficient_funds", Some(Why::NoFunds)),
            ("balance_insufficient", Some(Why::NoFunds)),
            ("charge_disputed", Some(Why::Refused)),
            ("resource_missing", None),
            ("idempotency_key_in_use", None),
            ("parameter_unknown", None),
        ] {
            assert_eq!(read(&[("code", code)]).of_refund(), why, "{code}");
        }
        assert_eq!(read(&[("param", "amount")]).of_refund(), Some(Why::MoreThanLeft));
        assert_eq!(read(&[("param", "amount"), ("code", "parameter_invalid_integer")]).of_refund(), None);
        // Refused as it stands, for whatever reason: nothing was refunded, and nothing will be.
        let invalid = |code| read(&[("type", "invalid_request_error"), ("code", code)]).of_refund();
        assert_eq!(invalid("parameter_unknown"), Some(Why::TryAgain));
        assert_eq!(invalid("charge_disputed"), Some(Why::Refused));
        assert_eq!(invalid("resource_missing"), None);
        assert_eq!(read(&[("type", "invalid_request_error")]).of_refund(), Some(Why::TryAgain));
        assert_eq!(read(&[("type", "idempotency_error")]).of_refund(), None);
        assert_eq!(Failure::read(b"").of_refund(), None);
    }

    #[test]
    fn only_a_code_reaches_the_log() {
        let failure = Failure::read(br#"{"error":{"code":"4242424242424242"}}"#);
        assert_eq!(failure.code(), "no code");
        assert!(
            !format!("{:?}", Failure::read(br#"{"error":{"message":"4242424242424242"}}"#)).contains("4242")
        );
    }

    proptest! {
        #[test]
        fn no_answer_makes_it_panic(body: Vec<u8>) {
            let _ = told(&body);
        }
    }
}
