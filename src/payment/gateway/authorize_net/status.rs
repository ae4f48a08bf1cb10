//! Where a transaction stands at Authorize.Net: `transactionStatus`, which it writes as text.

use serde::Deserialize;

/// A status (`transactionStatusEnum` of <https://api.authorize.net/xml/v1/schema/AnetApiSchema.xsd>).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) enum Status {
    #[serde(rename = "authorizedPendingCapture")]
    Held,
    #[serde(rename = "capturedPendingSettlement")]
    Captured,
    #[serde(rename = "settledSuccessfully")]
    Settled,
    #[serde(rename = "voided")]
    Voided,
    #[serde(rename = "expired")]
    Expired,
    #[serde(rename = "declined")]
    Declined,
    /// Approved by the bank and declined in the merchant's review.
    #[serde(rename = "failedReview")]
    FailedReview,
    #[serde(rename = "generalError")]
    GeneralError,
    /// The processor was not reached; never sent to settlement.
    #[serde(rename = "communicationError")]
    CommunicationError,
    /// A filter holds it; the bank has not been asked.
    #[serde(rename = "FDSPendingReview")]
    PendingReview,
    /// A filter holds it; the bank has approved.
    #[serde(rename = "FDSAuthorizedPendingReview")]
    AuthorizedPendingReview,
    #[serde(rename = "refundPendingSettlement")]
    RefundPending,
    #[serde(rename = "refundSettledSuccessfully")]
    RefundSettled,
    #[serde(rename = "settlementError")]
    SettlementError,
    /// One that says nothing final about a card payment: in between, of bank debits, or new.
    #[serde(other)]
    Other,
}

impl Status {
    /// Whether no money is held and none will move under the transaction.
    pub(super) fn is_failed(self) -> bool {
        matches!(self, Self::Declined | Self::FailedReview | Self::GeneralError | Self::CommunicationError)
    }

    /// Whether it can still be given back whole, before any money moves.
    pub(super) fn can_be_voided(self) -> bool {
        matches!(self, Self::Held | Self::Captured | Self::PendingReview | Self::AuthorizedPendingReview)
    }
}
