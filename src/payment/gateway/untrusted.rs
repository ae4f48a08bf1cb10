//! Every parser of bytes that somebody else wrote, on the way of a payment: what is fuzzed, and nothing else.
//!
//! An entry runs one parser and gives back, as one text, everything that can come out of it: what is kept in
//! the attempt, what goes into the log, and `Debug` of all that has one. It is empty if nothing was read. No
//! card number may stand in it, whatever the input was: an answer that quotes a card ends here.
//! `tests/payment` holds that no parser of a gateway is missing here and that each has inputs to begin with.

use super::{adyen, authorize_net, http, stripe};
use crate::payment::card;

/// A parser's name, `GATEWAY-WHAT`, and the parser.
pub type Parser = (&'static str, fn(&[u8]) -> String);

/// Not one gateway's own: a shopper's card, and the address of a page to which a gateway sends the shopper.
const COMMON: [Parser; 2] = [("shopper-card", card::told), (REDIRECT, http::told)];
/// This one tells the host to which a browser would go: `pay.example`, one below it, or nothing.
pub const REDIRECT: &str = "redirect-url";

/// All of them. A new gateway adds its `PARSERS`.
pub fn parsers() -> impl Iterator<Item = Parser> {
    let gateways = [&adyen::PARSERS[..], &authorize_net::PARSERS, &stripe::PARSERS];
    COMMON.iter().chain(gateways.into_iter().flatten()).copied()
}
