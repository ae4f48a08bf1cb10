//! What a transaction means for an attempt. Pure.

use super::answer::Details;
use super::reason;
use super::status::Status;
use crate::payment::gateway::{Outcome, Paid};
use crate::payment::{Attempt, DeclineReason};

/// Whether this is the attempt's transaction, and where it stands. One of another invoice, sum or kind is a
/// mismatch, whatever its state.
pub(super) fn judge(attempt: &Attempt, details: &Details) -> Outcome {
    let known = attempt.transaction.as_ref().is_none_or(|known| *known == details.id);
    let invoice = attempt.reference.as_deref() == Some(details.invoice());
    if !known || !invoice || details.transaction_type == "refundTransaction" {
        return Outcome::Mismatch;
    }
    let exponent = attempt.amount.currency.exponent();
    let granted = details.granted(exponent) == Some(attempt.amount.minor);
    let settled = details.settled(exponent) == Some(attempt.amount.minor);
    let paid = || Paid { card: details.card(), transaction: Some(details.id.clone()) };
    match details.status {
        Status::Held if granted => Outcome::Authorized(paid()),
        Status::Captured | Status::Settled if granted && settled => Outcome::Captured(paid()),
        Status::Held | Status::Captured | Status::Settled => Outcome::Mismatch,
        Status::RefundPending | Status::RefundSettled => Outcome::Mismatch,
        Status::Voided | Status::Expired => Outcome::Voided,
        Status::Declined => Outcome::Declined(reason::declined(details.reason(), true)),
        Status::FailedReview => Outcome::Declined(DeclineReason::Declined),
        Status::GeneralError => Outcome::Declined(reason::declined(details.reason(), false)),
        Status::CommunicationError => Outcome::Declined(DeclineReason::TryAgain),
        Status::PendingReview | Status::AuthorizedPendingReview => Outcome::Unknown,
        Status::SettlementError => {
            log::error!(
                "order {}: Authorize.Net could not settle the payment: see its merchant interface",
                attempt.order
            );
            Outcome::Unknown
        }
        Status::Other => Outcome::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::super::answer::{OfDetails, Reply, read};
    use super::*;
    use crate::base::{Currency, Money, Token};
    use crate::payment::{AttemptState, CaptureMode};
    use jiff::Timestamp;

    fn attempt() -> Attempt {
        Attempt {
            order: 1001,
            number: 1,
            key: Token::from_bytes([1; 16]),
            nonce: Token::from_bytes([2; 16]),
            amount: Money::new(2490, Currency::Usd),
            gateway: "authorize-net".to_owned(),
            capture: CaptureMode::Automatic,
            reference: Some("0123456789abcdefghjk".to_owned()),
            transaction: None,
            state: AttemptState::Unknown,
            begun: Timestamp::UNIX_EPOCH,
            changed: Timestamp::UNIX_EPOCH,
        }
    }

    fn outcome(changes: &[(&str, &str)], attempt: &Attempt) -> Outcome {
        let mut text = r#"{"transaction":{"transId":"60198731341","transactionType":"authCaptureTransaction",
            "transactionStatus":"capturedPendingSettlement","responseReasonCode":1,
            "order":{"invoiceNumber":"0123456789abcdefghjk"},"requestedAmount":24.90,"authAmount":24.90,
            "settleAmount":24.90,"payment":{"creditCard":{"cardNumber":"XXXX4242","cardType":"Visa"}}},
            "messages":{"resultCode":"Ok","message":[]}}"#
            .to_owned();
        for (from, to) in changes {
            text = text.replacen(from, to, 1);
        }
        let Some(Reply::Told(OfDetails { transaction })) = read(text.as_bytes()) else { panic!("{text}") };
        judge(attempt, &transaction)
    }

    const STATUS: &str = "capturedPendingSettlement";

    #[test]
    fn only_the_attempts_own_sum_under_its_own_invoice_is_a_payment() {
        assert!(matches!(outcome(&[], &attempt()), Outcome::Captured(_)));
        assert!(matches!(outcome(&[(STATUS, "settledSuccessfully")], &attempt()), Outcome::Captured(_)));
        assert!(matches!(
            outcome(&[(STATUS, "authorizedPendingCapture")], &attempt()),
            Outcome::Authorized(_)
        ));
        for (change, to) in [
            ("\"authAmount\":24.90", "\"authAmount\":24.89"),
            ("\"settleAmount\":24.90", "\"settleAmount\":2.49"),
            ("\"requestedAmount\":24.90", "\"requestedAmount\":249.0"),
            ("0123456789abcdefghjk", "0123456789abcdefghjm"),
            ("authCaptureTransaction", "refundTransaction"),
            (STATUS, "refundSettledSuccessfully"),
        ] {
            assert_eq!(outcome(&[(change, to)], &attempt()), Outcome::Mismatch, "{change} -> {to}");
            let held = outcome(&[(STATUS, "authorizedPendingCapture"), (change, to)], &attempt());
            assert!(!matches!(held, Outcome::Captured(_)), "{change} -> {to}");
        }
        let mut other = attempt();
        other.transaction = Some("60198731342".to_owned());
        assert_eq!(outcome(&[], &other), Outcome::Mismatch);
    }

    #[test]
    fn what_waits_for_the_merchant_is_no_payment_and_no_refusal() {
        for status in
            ["FDSPendingReview", "FDSAuthorizedPendingReview", "underReview", "settlementError", "brandNew"]
        {
            assert_eq!(outcome(&[(STATUS, status)], &attempt()), Outcome::Unknown, "{status}");
        }
    }

    #[test]
    fn what_failed_is_told_and_what_ended_is_void() {
        let reasoned = |status, code: &str| {
            let code = format!("\"responseReasonCode\":{code}");
            outcome(&[(STATUS, status), ("\"responseReasonCode\":1", &code)], &attempt())
        };
        assert_eq!(reasoned("declined", "44"), Outcome::Declined(DeclineReason::WrongCode));
        assert_eq!(reasoned("declined", "\"4\""), Outcome::Declined(DeclineReason::Declined));
        assert_eq!(reasoned("generalError", "8"), Outcome::Declined(DeclineReason::ExpiredCard));
        assert_eq!(reasoned("communicationError", "120"), Outcome::Declined(DeclineReason::TryAgain));
        assert_eq!(reasoned("failedReview", "1"), Outcome::Declined(DeclineReason::Declined));
        assert_eq!(reasoned("voided", "1"), Outcome::Voided);
        assert_eq!(reasoned("expired", "1"), Outcome::Voided);
    }
}
