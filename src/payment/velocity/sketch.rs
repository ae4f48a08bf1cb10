//! Counters for more keys than there is room for: a count-min sketch. Its size is fixed, nothing is ever
//! evicted, and a key that shares all its cells with others is counted too high, never too low: whoever floods
//! it with other keys makes the shop stricter and is not forgotten.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::base::Random;

/// Independent rows; the lowest count of a key's cells is the one that is believed.
const ROWS: usize = 4;
/// Cells in a row. With a thousand keys in it, one in 70,000 shares its cell in every row.
const WIDTH: u16 = 1 << 14;

/// What happened under one key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// Tries that were let through.
    pub(super) tries: u16,
    /// Those of them that are under way.
    pub(super) open: u16,
    /// Those that the bank declined.
    pub(super) declined: u16,
    /// Those that were paid.
    pub(super) paid: u16,
    /// Those that ended without a word of the bank, or are out of our hands.
    pub(super) silent: u16,
}

/// Where a try stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Open,
    Declined,
    Paid,
    Silent,
}

impl Tally {
    /// Two halves together.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            tries: self.tries.saturating_add(other.tries),
            open: self.open.saturating_add(other.open),
            declined: self.declined.saturating_add(other.declined),
            paid: self.paid.saturating_add(other.paid),
            silent: self.silent.saturating_add(other.silent),
        }
    }

    /// Declined, or not known to be anything better.
    pub(super) fn failures(self) -> u16 {
        self.declined.saturating_add(self.open)
    }

    /// All that brought no money so far.
    pub(super) fn unpaid(self) -> u16 {
        self.failures().saturating_add(self.silent)
    }

    /// The count that a try in this standing is part of.
    pub(super) fn of(&mut self, standing: Standing) -> &mut u16 {
        match standing {
            Standing::Open => &mut self.open,
            Standing::Declined => &mut self.declined,
            Standing::Paid => &mut self.paid,
            Standing::Silent => &mut self.silent,
        }
    }

    /// The same once everything that is under way has ended well.
    pub(super) fn at_rest(self) -> Self {
        Self { open: 0, ..self }
    }
}

/// A random key of this process, wiped when its half ends. No Debug, no Clone.
pub(super) struct Key {
    key: Zeroizing<[u8; 32]>,
    mask: Zeroizing<[u8; 32]>,
}

impl Key {
    pub(super) fn random(random: &dyn Random) -> Self {
        let fresh = || {
            let mut bytes = Zeroizing::new([0; 32]);
            random.fill(bytes.as_mut());
            bytes
        };
        Self { key: fresh(), mask: fresh() }
    }

    /// Where a card is counted. The hash copies what it is given to its stack, out of our reach: so it gets the
    /// digits under a mask, and what is left behind means nothing without this key.
    pub(super) fn place_of_card(&self, digits: &[u8]) -> Place {
        let mut masked = Zeroizing::new([0; 32]);
        let padded = digits.iter().copied().chain(std::iter::repeat(0));
        for ((to, mask), digit) in masked.iter_mut().zip(self.mask.iter()).zip(padded) {
            *to = mask ^ digit;
        }
        self.place(&[b"card", masked.as_ref()])
    }

    /// Where `parts` are counted: the first bits of their HMAC-SHA-256 under this key.
    pub(super) fn place(&self, parts: &[&[u8]]) -> Place {
        let mut place = Place([0; ROWS]);
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.key.as_ref()) else { return place };
        for part in parts {
            mac.update(part);
        }
        let digest = mac.finalize().into_bytes();
        for (cell, bytes) in place.0.iter_mut().zip(digest.chunks_exact(2)) {
            let bits = bytes.iter().fold(0_u16, |bits, byte| (bits << 8) | u16::from(*byte));
            *cell = bits % WIDTH;
        }
        place
    }
}

/// A key's cells, one per row. No Debug: 56 bits of a card's fingerprint.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Place([u16; ROWS]);

pub(super) struct Sketch(Box<[Tally]>);

impl Sketch {
    pub(super) fn new() -> Self {
        Self(vec![Tally::default(); ROWS * usize::from(WIDTH)].into_boxed_slice())
    }

    pub(super) fn read(&self, place: Place) -> Tally {
        let cells = (place.0.iter().enumerate()).filter_map(|(row, cell)| self.0.get(at(row, *cell)));
        let lowest = cells.copied().reduce(|a, b| Tally {
            tries: a.tries.min(b.tries),
            open: a.open.min(b.open),
            declined: a.declined.min(b.declined),
            paid: a.paid.min(b.paid),
            silent: a.silent.min(b.silent),
        });
        lowest.unwrap_or_default()
    }

    pub(super) fn change(&mut self, place: Place, change: impl Fn(&mut Tally)) {
        for (row, cell) in place.0.iter().enumerate() {
            if let Some(tally) = self.0.get_mut(at(row, *cell)) {
                change(tally);
            }
        }
    }
}

fn at(row: usize, cell: u16) -> usize {
    row.saturating_mul(usize::from(WIDTH)).saturating_add(usize::from(cell))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::SeededRandom;

    #[test]
    fn a_flood_of_other_keys_makes_nobody_forgotten() {
        let key = Key::random(&SeededRandom::new(1));
        let mut sketch = Sketch::new();
        let thief = key.place(&[b"thief"]);
        for _ in 0..7 {
            sketch.change(thief, |tally| tally.declined += 1);
        }
        for other in 0..200_000_u32 {
            sketch.change(key.place(&[&other.to_be_bytes()]), |tally| tally.tries += 1);
        }
        assert_eq!(sketch.read(thief).declined, 7);
        assert_eq!(sketch.0.len(), ROWS * usize::from(WIDTH), "and it has not grown");
    }

    #[test]
    fn a_thousand_keys_are_counted_apart() {
        let key = Key::random(&SeededRandom::new(2));
        let mut sketch = Sketch::new();
        for each in 0..1000_u32 {
            sketch.change(key.place(&[&each.to_be_bytes()]), |tally| tally.tries += 1);
        }
        let right =
            (0..1000_u32).filter(|each| sketch.read(key.place(&[&each.to_be_bytes()])).tries == 1).count();
        assert!(right >= 999, "{right}");
    }

    #[test]
    fn another_key_finds_another_place() {
        let random = SeededRandom::new(3);
        let (first, second) = (Key::random(&random), Key::random(&random));
        let card = |key: &Key, digits: &str| key.place_of_card(digits.as_bytes());
        assert!(card(&first, "4242424242424242") == card(&first, "4242424242424242"));
        assert!(card(&first, "4242424242424242") != card(&second, "4242424242424242"));
        assert!(card(&first, "4242424242424242") != card(&first, "4242424242424259"));
        assert!(card(&first, "4013250000000000006") != card(&first, "401325000000000000"));
        assert!(first.place(&[b"range 4", b"4242"]) != first.place(&[b"range 6", b"4242"]));
    }
}
