//! Every parser of bytes that somebody else wrote, on the way of a payment: what is fuzzed, and nothing else.
//!
//! An entry runs one parser and gives back, as one text, everything that can come out of it: what is kept in
//! the attempt, what goes into the log, and `Debug` of all that has one. It is empty if nothing was read. No
//! card number may stand in it, whatever the input was: an answer that quotes a card ends here.
//! `tests/payment` holds that no parser of a gateway is missing here and that each has inputs to begin with.

use super::stripe;
use crate::payment::card;

/// A parser's name, `GATEWAY-WHAT`, and the parser.
pub type Parser = (&'static str, fn(&[u8]) -> String);

const SHOPPER: [Parser; 1] = [("shopper-card", card::told)];

/// All of them. A new gateway adds its `PARSERS`.
pub fn parsers() -> impl Iterator<Item = Parser> {
    [SHOPPER.as_slice(), stripe::PARSERS.as_slice()].into_iter().flatten().copied()
}
