//! Why Stripe refused: its error and decline codes, mapped to what a shopper may know.

use std::fmt;

use serde::Deserialize;

use crate::payment::DeclineReason;

/// The part of an error that is read (<https://docs.stripe.com/api/errors>). Its message is not: it may
/// quote what was sent.
#[derive(Default, Deserialize)]
pub(super) struct Failure {
    code: Option<String>,
    decline_code: Option<String>,
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
    pub(super) fn reason(&self) -> Option<DeclineReason> {
        let known = |code: &Option<String>| code.as_deref().and_then(reason_of);
        known(&self.decline_code)
            .or_else(|| known(&self.code))
            .or_else(|| self.decline_code.as_ref().map(|_| DeclineReason::Declined))
    }
}

/// All that an answer leaves behind.
pub(super) fn told(body: &[u8]) -> String {
    let failure = Failure::read(body);
    format!("{failure:?} {:?}", failure.reason())
}

fn reason_of(code: &str) -> Option<DeclineReason> {
    Some(match code {
        "insufficient_funds" | "withdrawal_count_limit_exceeded" => DeclineReason::InsufficientFunds,
        "expired_card" | "invalid_expiry_month" | "invalid_expiry_year" => DeclineReason::ExpiredCard,
        "incorrect_cvc" | "invalid_cvc" => DeclineReason::WrongCode,
        "incorrect_number" | "invalid_number" => DeclineReason::WrongNumber,
        "authentication_required" | "payment_intent_authentication_failure" => {
            DeclineReason::NeedsAuthentication
        }
        "processing_error"
        | "try_again_later"
        | "reenter_transaction"
        | "issuer_not_available"
        | "approve_with_id" => DeclineReason::TryAgain,
        "card_declined" => DeclineReason::Declined,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(code: &str, decline_code: &str) -> Option<DeclineReason> {
        let body =
            format!(r#"{{"error":{{"code":"{code}","decline_code":"{decline_code}","message":"4242"}}}}"#);
        let body = body.replace(r#""decline_code":"","#, "");
        Failure::read(body.as_bytes()).reason()
    }

    #[test]
    fn codes_help_the_shopper_and_tell_a_thief_nothing() {
        use DeclineReason as Why;
        assert_eq!(reason("card_declined", "insufficient_funds"), Some(Why::InsufficientFunds));
        assert_eq!(reason("expired_card", ""), Some(Why::ExpiredCard));
        assert_eq!(reason("incorrect_cvc", "incorrect_cvc"), Some(Why::WrongCode));
        assert_eq!(reason("card_declined", "authentication_required"), Some(Why::NeedsAuthentication));
        for quiet in
            ["lost_card", "stolen_card", "pickup_card", "fraudulent", "merchant_blacklist", "do_not_honor"]
        {
            assert_eq!(reason("card_declined", quiet), Some(Why::Declined), "{quiet}");
        }
        assert_eq!(reason("parameter_unknown", ""), None);
        assert_eq!(Failure::read(b"<html>").reason(), None);
    }

    #[test]
    fn only_a_code_reaches_the_log() {
        let failure = Failure::read(br#"{"error":{"code":"4242424242424242"}}"#);
        assert_eq!(failure.code(), "no code");
        assert!(
            !format!("{:?}", Failure::read(br#"{"error":{"message":"4242424242424242"}}"#)).contains("4242")
        );
    }
}
