//! What every room stands on: money, identifiers, secrets, time, randomness and bounded text.
//!
//! Owns no input or output and no state; nothing here knows what a shop is.

mod clock;
mod email;
mod id;
mod money;
mod public;
mod random;
mod secret;
mod text;

pub use clock::{Boottime, Clock, ManualClock, SystemClock};
pub use email::{Email, EmailError};
pub use id::{Token, TokenError};
pub use money::{Currency, Money, MoneyError};
pub use public::is_public;
pub use random::{OsRandom, Random, SeededRandom};
pub use secret::SecretBytes;
pub use text::{Line, Paragraph, TextError};
