//! Taking money without ever keeping a card.
//!
//! Owns the [`Card`] (parsed from a form, handed to one gateway call, wiped), the attempt and its states,
//! and one file per gateway. Refuses to clone, print or store a card: PCI DSS 3.3.1 forbids keeping the
//! card verification code after authorisation, DESIGN forbids keeping the number at all.

mod attempt;
mod brand;
mod card;
pub mod gateway;
mod misplaced;
mod test_numbers;
mod velocity;

pub use attempt::{ATTEMPTS, ATTEMPTS_OF_FORMS, Attempt, AttemptState, DeclineReason, Patience, UNSETTLED};
pub use brand::Brand;
pub use card::{Card, CardError, CardField};
pub use misplaced::looks_like_card_number;
pub use test_numbers::is_test_number;
pub use velocity::{Ending, Episode, Knock, Pass, Refused, Velocity};
