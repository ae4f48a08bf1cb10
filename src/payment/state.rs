//! Where an attempt stands, and what each outcome makes of it. Pure: the one table of all transitions.
//!
//! ```text
//! Created -> Sending -+-> ActionRequired -+-> Authorized -> Capturing -> Captured -> Refunded
//!                     |        |          |       `------> Voiding ---> Voided
//!                     +-> Unknown --------+-> Captured
//!                     +-> Mismatch -------+-> Declined
//! ```
//!
//! Money that a gateway says to have taken is always written down, whatever stood there before: that is what
//! keeps a charge from losing its owner. Nothing that is captured becomes uncaptured but by a refund.

use serde::{Deserialize, Serialize};

use super::gateway::{Outcome, Paid};
use super::{CardShown, DeclineReason};

/// Where an attempt stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum AttemptState {
    /// Written down; nothing was sent yet, or only the empty payment was made at the gateway.
    Created,
    /// The card is on its way, or was when the power went. Ask the gateway, never send again.
    Sending,
    /// The shopper must say yes at the bank's or the gateway's own page.
    ActionRequired {
        /// Where.
        url: String,
    },
    /// The money is held on the card and not taken yet.
    Authorized(CardShown),
    /// A person asked for the money that is held; the gateway has not confirmed it yet.
    Capturing(CardShown),
    /// A person gave the money back that is held; the gateway has not confirmed it yet.
    Voiding(CardShown),
    /// Paid.
    Captured(CardShown),
    /// Paid, and all of it given back.
    Refunded(CardShown),
    /// The money that was held is free again; none was taken.
    Voided,
    /// Refused; no money moved.
    Declined {
        /// Why, as far as the shopper may know.
        reason: DeclineReason,
    },
    /// The gateway's answer was lost. It is asked until it tells.
    Unknown,
    /// The gateway tells of another amount, currency or order than was asked for. Nothing ships and nothing
    /// is tried anew until a person has looked, or the gateway tells otherwise.
    Mismatch,
}

/// What a person must look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Surprise {
    /// The gateway tells of another amount, currency or order.
    Mismatch,
    /// It has taken a payment that it had refused or released.
    PaidAfterRefusal,
    /// What was held ended without anyone here asking for it.
    AuthorizationEnded,
    /// It was captured although it was to be released.
    CapturedInstead,
    /// The gateway says that it could not take the money that it had approved.
    CaptureFailed,
    /// Money went back that this shop did not give back: at the gateway's dashboard, or by the bank.
    TakenBack,
    /// Its order was paid before, by another attempt.
    PaidTwice,
    /// Its order was given up before.
    PaidAfterCancel,
}

/// The state after an outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Next {
    /// Where the attempt stands now.
    pub state: AttemptState,
    /// What is odd about it.
    pub surprise: Option<Surprise>,
}

impl AttemptState {
    /// Whether its shopper's money may still move, or the shopper is still asked: no other attempt of the
    /// order may begin.
    pub fn is_under_way(&self) -> bool {
        matches!(
            self,
            Self::Created | Self::Sending | Self::ActionRequired { .. } | Self::Unknown | Self::Mismatch
        )
    }

    /// Whether the gateway still has to tell how it ends, or holds money that waits for a person.
    pub fn is_open(&self) -> bool {
        self.is_under_way() || matches!(self, Self::Authorized(_) | Self::Capturing(_) | Self::Voiding(_))
    }

    /// Whether the bank has said yes: the order is bought.
    pub fn is_approved(&self) -> bool {
        matches!(self, Self::Authorized(_) | Self::Capturing(_) | Self::Captured(_) | Self::Refunded(_))
    }

    /// What `outcome` makes of it.
    pub fn after(&self, outcome: &Outcome) -> Next {
        use AttemptState as At;
        let quiet = |state| Next { state, surprise: None };
        let odd = |state, surprise| Next { state, surprise: Some(surprise) };
        match (self, outcome) {
            // Money that was taken is written down, whatever stood here.
            (At::Captured(_) | At::Refunded(_), Outcome::Mismatch) => odd(self.clone(), Surprise::Mismatch),
            (At::Captured(_) | At::Refunded(_), _) => quiet(self.clone()),
            (At::Declined { .. } | At::Voided, Outcome::Captured(paid)) => {
                odd(captured(paid), Surprise::PaidAfterRefusal)
            }
            (At::Voiding(_), Outcome::Captured(paid)) => odd(captured(paid), Surprise::CapturedInstead),
            (_, Outcome::Captured(paid)) => quiet(captured(paid)),
            (At::Declined { .. }, Outcome::Authorized(paid)) => {
                odd(At::Authorized(paid.card.clone()), Surprise::PaidAfterRefusal)
            }
            (At::Declined { .. } | At::Voided, Outcome::Mismatch) => odd(self.clone(), Surprise::Mismatch),
            (At::Declined { .. } | At::Voided, _) => quiet(self.clone()),

            // Held.
            (At::Authorized(_) | At::Capturing(_), Outcome::Voided | Outcome::Declined(_)) => {
                odd(At::Voided, Surprise::AuthorizationEnded)
            }
            (At::Voiding(_), Outcome::Voided | Outcome::Declined(_)) => quiet(At::Voided),
            (At::Authorized(_) | At::Capturing(_) | At::Voiding(_), Outcome::Mismatch) => {
                odd(self.clone(), Surprise::Mismatch)
            }
            (At::Authorized(_) | At::Capturing(_) | At::Voiding(_), _) => quiet(self.clone()),

            // Under way.
            (_, Outcome::Authorized(paid)) => quiet(At::Authorized(paid.card.clone())),
            (_, Outcome::ActionRequired { url }) => quiet(At::ActionRequired { url: url.clone() }),
            (_, Outcome::Declined(reason)) => quiet(At::Declined { reason: *reason }),
            (_, Outcome::Voided) => quiet(At::Declined { reason: DeclineReason::Abandoned }),
            (At::Mismatch, Outcome::Mismatch | Outcome::Unknown) => quiet(At::Mismatch),
            (_, Outcome::Mismatch) => odd(At::Mismatch, Surprise::Mismatch),
            (At::ActionRequired { .. }, Outcome::Unknown) => quiet(self.clone()),
            (_, Outcome::Unknown) => quiet(At::Unknown),
        }
    }
}

fn captured(paid: &Paid) -> AttemptState {
    AttemptState::Captured(paid.card.clone())
}
