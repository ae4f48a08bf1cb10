//! One half of the window: a key, and what happened under it.

use std::net::IpAddr;

use super::sketch::{Key, Place, Sketch, Tally};
use crate::payment::Card;

/// Counters of 15 minutes. Dropped as a whole, key and all.
pub(super) struct Half {
    pub(super) key: Key,
    pub(super) ranges: Sketch,
    pub(super) cards: Sketch,
    /// Declined in the whole shop.
    pub(super) declined: u32,
    /// Paid in the whole shop.
    pub(super) paid: u32,
}

/// Where a try is counted in one half.
#[derive(Clone, Copy)]
pub(super) struct Places {
    pub(super) range: Place,
    /// `None` where the card is typed into the gateway's own page.
    pub(super) card: Option<Place>,
}

/// What is known of a try's range and card.
#[derive(Clone, Copy, Default)]
pub(super) struct Known {
    pub(super) range: Tally,
    pub(super) card: Tally,
}

impl Half {
    pub(super) fn new(key: Key) -> Self {
        Self { key, ranges: Sketch::new(), cards: Sketch::new(), declined: 0, paid: 0 }
    }

    pub(super) fn known(&self, places: Places) -> Known {
        Known {
            range: self.ranges.read(places.range),
            card: places.card.map_or_else(Tally::default, |card| self.cards.read(card)),
        }
    }

    pub(super) fn change(&mut self, places: Places, change: impl Fn(&mut Tally)) {
        self.ranges.change(places.range, &change);
        if let Some(card) = places.card {
            self.cards.change(card, &change);
        }
    }
}

impl Known {
    pub(super) fn and(self, other: Self) -> Self {
        Self { range: self.range.and(other.range), card: self.card.and(other.card) }
    }

    pub(super) fn at_rest(self) -> Self {
        Self { range: self.range.at_rest(), card: self.card.at_rest() }
    }
}

impl Key {
    pub(super) fn places(&self, source: IpAddr, card: Option<&Card>) -> Places {
        let range = match source.to_canonical() {
            IpAddr::V4(address) => {
                let [a, b, c, _] = address.octets();
                self.place(&[b"range 4", &[a, b, c]])
            }
            IpAddr::V6(address) => {
                // The first 56 bits: what a provider gives to one household at least.
                let network = address.to_bits() >> 72;
                self.place(&[b"range 6", &network.to_be_bytes()])
            }
        };
        Places { range, card: card.map(|card| self.place_of_card(card.expose_number().as_bytes())) }
    }
}
