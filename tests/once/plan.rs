//! What each checkout will do: its goods, its cards, its shopper's habits, the instant at which the power goes.
//! All of it follows from the seed and the checkout's own index, and from nothing that happens.

use std::time::Duration;

use super::double::Dice;
use super::vendors::{Api, Vendor};

/// In minor units. Its first thousands tell the quantity, the rest the checkout: see [`index_of`].
const FIRST_PRICE: i64 = 10_000;
/// The price of what every tenth shopper buys too.
const SHARED_PRICE: i64 = 1_000_000;
pub const DELIVERY: i64 = 490;
/// The most checkouts whose amounts can be told apart.
pub const MOST: usize = 1_000;
/// Of each product of a checkout's own, and of what they share.
pub const STOCK: u32 = 90;
pub const SHARED_STOCK: u32 = 5_000;
pub const SHARED: &str = "shared";

/// What the shopper does with the payment form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Habit {
    Plain,
    /// The same form twice at once.
    DoubleClick,
    /// The same form four times at once.
    FourAtOnce,
    /// A form of its own in each of two tabs, both at once.
    TwoTabs,
    /// Goes back after it was paid and sends the form again.
    BackButton,
    /// Loads the confirmation again and again.
    Reloads,
    /// Closes the page after so many milliseconds.
    Closes(u64),
    /// Changes the cart in another tab, then sends the form that shows the cart of before.
    ChangesCart,
}

/// What the shopper does after the line was cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterCut {
    SendsAgain,
    LooksAtPayment,
    LooksAtCart,
    Leaves,
}

/// A kind of card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plastic {
    Pays,
    Declines,
    /// Its bank wants to hear from the shopper first.
    Asks,
}

/// What the shopper does at the bank's or the gateway's page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AtBank {
    SaysYes,
    SaysNo,
    /// Says yes and closes the page instead of coming back.
    SaysYesAndStays,
    /// Comes back twice.
    SaysYesAndReturnsTwice,
    SaysNothing,
    /// Presses "pay another way" in the shop instead.
    PaysAnotherWay,
}

/// What the shop's people do with a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Desk {
    Nothing,
    /// So many at once.
    Captures(usize),
    Voids(usize),
    CapturesAndVoids,
    /// So many at once; the whole.
    Refunds(usize),
    /// So many at once, one of the goods each.
    RefundsPart(usize),
}

/// A step of a checkout, for the power to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    Cart,
    Contact,
    /// As the payment form is sent.
    Pays,
    /// As the shopper comes back from the bank.
    Returns,
    /// As the page that follows is loaded.
    Reads,
    /// As somebody in the shop captures, voids or refunds.
    Desk,
    /// As the gateway has heard so many requests about this checkout's payment.
    Heard(usize),
}

/// The power goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kill {
    pub at: Moment,
    pub after: Duration,
    /// And once more, so soon after the next start.
    pub again: Option<Duration>,
}

/// One checkout.
#[derive(Debug, Clone)]
pub struct Script {
    pub index: usize,
    pub quantity: u32,
    pub shared: bool,
    pub habit: Habit,
    pub wallet: Vec<Plastic>,
    pub at_bank: AtBank,
    pub after_cut: AfterCut,
    pub desk: Desk,
    pub kill: Option<Kill>,
    /// The gateway will tell of another amount, always.
    pub lie: bool,
}

impl Script {
    pub fn of(seed: u64, index: usize, vendor: &Vendor) -> Self {
        let mut dice = Dice::of(seed, &format!("checkout {index}"));
        let lie = vendor.lies && dice.hits(20);
        let mut script = Self {
            index,
            quantity: 1 + u32::try_from(dice.below(4)).unwrap(),
            shared: dice.hits(100),
            habit: habit(&mut dice),
            wallet: wallet(&mut dice, vendor),
            at_bank: at_bank(&mut dice),
            after_cut: match dice.below(20) {
                0..9 => AfterCut::SendsAgain,
                9..15 => AfterCut::LooksAtPayment,
                15..18 => AfterCut::LooksAtCart,
                _ => AfterCut::Leaves,
            },
            desk: desk(&mut dice, vendor),
            kill: None,
            lie,
        };
        script.kill = dice.hits(55).then(|| kill(&mut dice));
        if lie {
            // What is shown by it is told apart from all else.
            (script.habit, script.wallet) = (Habit::Plain, vec![Plastic::Pays]);
        }
        script
    }

    pub fn handle(&self) -> String {
        format!("own-{}", self.index)
    }

    /// What an order of these goods costs.
    pub fn amount(&self) -> i64 {
        let own = i64::from(self.quantity) * price(self.index);
        own + if self.shared { SHARED_PRICE } else { 0 } + DELIVERY
    }
}

fn price(index: usize) -> i64 {
    FIRST_PRICE + i64::try_from(index).unwrap()
}

/// Which checkout's payment has this amount, if up to nine of its own goods are in it.
pub fn index_of(amount: i64) -> Option<usize> {
    let own = (amount - DELIVERY).rem_euclid(SHARED_PRICE);
    let quantity = own / FIRST_PRICE;
    if quantity == 0 || own % quantity != 0 {
        return None;
    }
    usize::try_from(own / quantity - FIRST_PRICE).ok().filter(|index| *index < MOST)
}

/// The goods of all checkouts, as a shop takes them.
pub fn goods() -> String {
    let mut csv = "Handle,Title,Body,Category,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Variant SKU,\
        Variant Price,Variant Compare At Price,Variant Inventory Qty,Variant Grams,Image Src,Image Alt Text,Status\n"
        .to_owned();
    let mut row = |handle: &str, price: i64, stock: u32| {
        let price = format!("{}.{:02}", price / 100, price % 100);
        csv += &format!("{handle},Goods {handle},Good.,Home,,,,,{handle},{price},,{stock},100,,,active\n");
    };
    row(SHARED, SHARED_PRICE, SHARED_STOCK);
    (0..MOST).for_each(|index| row(&format!("own-{index}"), price(index), STOCK));
    csv
}

fn habit(dice: &mut Dice) -> Habit {
    match dice.below(20) {
        0..5 => Habit::Plain,
        5..7 => Habit::DoubleClick,
        7..9 => Habit::FourAtOnce,
        9..11 => Habit::TwoTabs,
        11..13 => Habit::BackButton,
        13..15 => Habit::Reloads,
        15..18 => Habit::Closes([0, 2, 5, 10, 20, 40, 80, 200][dice.below(8)]),
        _ => Habit::ChangesCart,
    }
}

fn wallet(dice: &mut Dice, vendor: &Vendor) -> Vec<Plastic> {
    use Plastic::{Asks, Declines, Pays};
    let good = if vendor.asks && dice.hits(300) { Asks } else { Pays };
    match dice.below(20) {
        0..14 => vec![good],
        14..16 => vec![Declines, good],
        16 => vec![Declines, Declines, good],
        17 => vec![Asks, Pays].into_iter().filter(|plastic| vendor.asks || *plastic == Pays).collect(),
        18 => vec![Declines],
        _ => vec![Declines, Declines],
    }
}

fn at_bank(dice: &mut Dice) -> AtBank {
    match dice.below(20) {
        0..9 => AtBank::SaysYes,
        9..12 => AtBank::SaysNo,
        12..14 => AtBank::SaysYesAndStays,
        14..16 => AtBank::SaysYesAndReturnsTwice,
        16..18 => AtBank::SaysNothing,
        _ => AtBank::PaysAnotherWay,
    }
}

fn desk(dice: &mut Dice, vendor: &Vendor) -> Desk {
    let draw = dice.below(20);
    if vendor.by_hand {
        return match draw {
            0..9 => Desk::Captures(1),
            9..12 => Desk::Captures(2),
            12..14 => Desk::Voids(1),
            14 => Desk::Voids(2),
            15..18 => Desk::CapturesAndVoids,
            _ => Desk::Nothing,
        };
    }
    // Before the night Authorize.Net voids what is refunded as a whole: then nothing of it is a refund there.
    let whole = vendor.api != Api::AuthorizeNet;
    match draw {
        0 if whole => Desk::Refunds(1),
        1 if whole => Desk::Refunds(2),
        2 => Desk::RefundsPart(1),
        3 => Desk::RefundsPart(2),
        _ => Desk::Nothing,
    }
}

fn kill(dice: &mut Dice) -> Kill {
    let at = match dice.below(20) {
        0 => Moment::Cart,
        1 => Moment::Contact,
        2..8 => Moment::Pays,
        8..10 => Moment::Returns,
        10 => Moment::Reads,
        11 => Moment::Desk,
        12..15 => Moment::Heard(1),
        15..18 => Moment::Heard(2),
        _ => Moment::Heard(3),
    };
    let after = Duration::from_millis([0, 0, 1, 2, 4, 8, 15, 30, 60, 120, 240, 480][dice.below(12)]);
    let again =
        dice.hits(150).then(|| Duration::from_millis(40 * (1 + u64::try_from(dice.below(20)).unwrap())));
    Kill { at, after, again }
}
