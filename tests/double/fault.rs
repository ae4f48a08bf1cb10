//! What goes wrong, and with which request: on order, or at random from a seed.

use std::collections::{HashMap, HashSet, VecDeque};

use super::api::Request;

/// What goes wrong with one request. `Before` and `After` tell on which side of the gateway's own commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The connection is cut and nothing was done.
    ResetBefore,
    /// All was done, and the connection is cut instead of an answer.
    ResetAfter,
    /// All was done, and half of the answer arrives.
    HalfAnswer,
    /// A 500, and nothing was done. A vendor that repeats answers under a key repeats this one.
    ErrorBefore,
    /// A 500 although all was done. A vendor that repeats answers under a key repeats this one.
    ErrorAfter,
    /// Turned away at the door with this status (429, 503): not looked at and not remembered.
    Refused(u16),
    /// It is done at once, and the answer takes this many milliseconds.
    Slow(u64),
    /// It is done only after this many milliseconds, whether or not the client still waits.
    SlowBefore(u64),
    /// All was done, and the answer comes byte by byte from its first one, for this many milliseconds; then the
    /// rest at once.
    SlowHead(u64),
    /// The same from the first byte of the body.
    SlowBody(u64),
    /// The answer names another amount.
    WrongAmount,
    /// Nothing was done; a 307 asks for the same request, body included, at `/elsewhere` of this very server,
    /// which is trusted: only the shop's own refusal keeps the card from going there.
    Redirect,
    /// All was done, and the answer is good but longer than any gateway's.
    TooLong,
    /// All was done, and the answer says this number too: in its texts for people, in members and headers that
    /// nobody asked for, as a member's name.
    Quotes(u64),
    /// All was done, and every text and every sum of the answer holds this number, names and codes too.
    QuotesEverywhere(u64),
    /// A refusal in the vendor's shape, and nothing was done; every text of it holds this number.
    RefusesQuoting(u64),
}

impl Fault {
    /// Those after which a shop that asks again must find the truth: all that lose or delay an answer, none
    /// that lies in one.
    pub const LOSSES: [Self; 10] = [
        Self::ResetBefore,
        Self::ResetAfter,
        Self::HalfAnswer,
        Self::ErrorBefore,
        Self::ErrorAfter,
        Self::Refused(503),
        Self::Slow(300),
        Self::SlowBefore(300),
        Self::SlowHead(300),
        Self::SlowBody(300),
    ];
}

/// Numbers from a seed (splitmix64): the same seed, the same numbers.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Of this seed, and of one matter that has a name: what is drawn elsewhere in between changes nothing.
    pub fn of(seed: u64, matter: &str) -> Self {
        let mut dice = Self(seed);
        for byte in matter.bytes() {
            dice.0 ^= u64::from(byte);
            dice.0 = dice.next();
        }
        dice
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).unwrap()
    }

    /// Whether one of so many of a thousand is hit.
    pub fn hits(&mut self, per_mille: usize) -> bool {
        self.below(1000) < per_mille
    }

    /// One of these.
    pub fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())].clone()
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

/// Something from a list, for some of a thousand: drawn by seed, matter and how often this matter came before,
/// so that the same matter meets the same fate in another run, whatever else happens between.
#[derive(Debug, Clone)]
pub(super) struct Lottery<T> {
    seed: u64,
    per_mille: usize,
    kinds: Vec<T>,
    drawn: HashMap<String, u64>,
}

impl<T: Clone> Lottery<T> {
    pub(super) fn new(seed: u64, per_mille: usize, kinds: &[T]) -> Self {
        Self { seed, per_mille, kinds: kinds.to_vec(), drawn: HashMap::new() }
    }

    pub(super) fn draw(&mut self, matter: &str) -> Option<T> {
        let nth = self.drawn.entry(matter.to_owned()).or_default();
        *nth += 1;
        let mut dice = Dice::of(self.seed, &format!("{matter} {nth}"));
        let hit = dice.hits(self.per_mille) && !self.kinds.is_empty();
        hit.then(|| dice.pick(&self.kinds))
    }
}

#[derive(Debug, Clone)]
enum On {
    Path(String),
    Text(String),
}

/// The faults to come.
#[derive(Default)]
pub(super) struct Plans {
    ordered: VecDeque<(On, Fault)>,
    random: Option<Lottery<Fault>>,
    /// Amounts of payments that are lied about.
    lies: HashSet<i64>,
}

impl Plans {
    pub(super) fn on_path(&mut self, ending: &str, fault: Fault) {
        self.ordered.push_back((On::Path(ending.to_owned()), fault));
    }

    pub(super) fn on_text(&mut self, text: &str, fault: Fault) {
        self.ordered.push_back((On::Text(text.to_owned()), fault));
    }

    pub(super) fn at_random(&mut self, seed: u64, per_mille: usize, kinds: &[Fault]) {
        self.random = Some(Lottery::new(seed, per_mille, kinds));
    }

    pub(super) fn lie_about(&mut self, amounts: &[i64]) {
        self.lies.extend(amounts);
    }

    pub(super) fn lies_about(&self, amount: Option<i64>) -> bool {
        amount.is_some_and(|amount| self.lies.contains(&amount))
    }

    /// Lies go on: who began one never tells the truth.
    pub(super) fn forget(&mut self) {
        *self = Self { lies: std::mem::take(&mut self.lies), ..Self::default() };
    }

    /// The fault of this request: the oldest order that fits, else what the dice say of its matter. Pages for
    /// shoppers have only the ordered ones.
    pub(super) fn take(&mut self, request: &Request, matter: &str) -> Option<Fault> {
        let fits = |on: &On| match on {
            On::Path(ending) => request.path.ends_with(ending.as_str()),
            On::Text(text) => {
                request.text().contains(text.as_str())
                    || request.form().iter().any(|(name, value)| name.contains(text) || value.contains(text))
            }
        };
        if let Some(place) = self.ordered.iter().position(|(on, _)| fits(on)) {
            return self.ordered.remove(place).map(|(_, fault)| fault);
        }
        self.random.as_mut().filter(|_| !request.is_page()).and_then(|random| random.draw(matter))
    }
}
