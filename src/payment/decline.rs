//! What a shopper is told about a refusal: enough to help, nothing that helps a thief.

use serde::{Deserialize, Serialize};

/// Why nothing was charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeclineReason {
    /// The bank said no without saying why, or for a reason that would help a thief.
    Declined,
    /// Not enough money on the account.
    InsufficientFunds,
    /// The card has expired.
    ExpiredCard,
    /// The security code does not match.
    WrongCode,
    /// Not a number that the gateway takes.
    WrongNumber,
    /// The bank takes this kind of card, currency or amount not here; another card may do.
    OtherCard,
    /// The bank wanted to ask its customer, and was not told yes.
    NeedsAuthentication,
    /// The gateway could not process it now; nothing was charged.
    TryAgain,
    /// The shopper ended it, at the gateway's page or here.
    Abandoned,
    /// The test gateway takes test cards only.
    TestCardsOnly,
}

impl DeclineReason {
    /// The Fluent key of what the shopper reads.
    pub fn key(self) -> &'static str {
        match self {
            Self::Declined => "decline-declined",
            Self::InsufficientFunds => "decline-insufficient-funds",
            Self::ExpiredCard => "decline-expired-card",
            Self::WrongCode => "decline-wrong-code",
            Self::WrongNumber => "decline-wrong-number",
            Self::OtherCard => "decline-other-card",
            Self::NeedsAuthentication => "decline-needs-authentication",
            Self::TryAgain => "decline-try-again",
            Self::Abandoned => "decline-abandoned",
            Self::TestCardsOnly => "decline-test-cards-only",
        }
    }
}
