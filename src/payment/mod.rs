//! Taking money without ever keeping a card.
//!
//! Owns the [`Card`] (parsed from a form, handed to one gateway call, wiped), the attempt and the one table of
//! its states, refunds, and one file per gateway. Refuses to clone, print or store a card: PCI DSS 3.3.1
//! forbids keeping the card verification code after authorisation, DESIGN forbids keeping the number at all.

mod attempt;
mod brand;
mod card;
mod decline;
pub mod gateway;
mod misplaced;
mod patience;
mod refund;
mod state;
mod test_numbers;
mod velocity;

pub use attempt::{
    ATTEMPTS, ATTEMPTS_OF_FORMS, ATTEMPTS_OF_REFERENCES, Attempt, CaptureMode, CardShown, INQUIRIES,
};
pub use brand::Brand;
pub use card::{Card, CardError, CardField};
pub use decline::DeclineReason;
pub use misplaced::looks_like_card_number;
pub use patience::Patience;
pub use refund::{
    NextRefund, OPEN_REFUNDS, REFUNDS, REFUNDS_OF_FORMS, REFUNDS_OF_KEYS, Refund, RefundFailure, RefundLine,
    RefundState, RefundSurprise,
};
pub use state::{AttemptState, Next, Surprise};
pub use test_numbers::is_test_number;
pub use velocity::{Ending, Episode, Knock, Pass, Refused, Velocity};
