//! What a shopper is about to buy.
//!
//! Owns the cart, its limits, what a guest fills in on the way to paying, and their tables. A cart's version
//! steps with each change of its items, and an order belongs to one version: the same form sent twice is the
//! same order. Holds no card.

mod checkout;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::checkout::{CHECKOUTS, Checkout};
use crate::base::{Line, Money, Token};
use crate::store::Table;

/// The most different items in a cart.
pub const MOST_ITEMS: usize = 50;
/// The most of one item.
pub const MOST_OF_ONE: u32 = 99;

/// Token (the cookie's value) to cart.
pub const CARTS: Table<Token, Cart> = Table::new("carts", 1);

/// A cart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cart {
    /// In the order in which they were added.
    pub items: Vec<Item>,
    /// Steps with each change of the items.
    pub version: u64,
    /// When it was last changed: carts that rest for 30 days are removed.
    pub touched: Timestamp,
}

/// So many of one variant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Which variant.
    pub sku: Line<60>,
    /// 1 to [`MOST_OF_ONE`].
    pub quantity: u32,
    /// The price of one when it was put in: a later change of price is pointed out, not slipped in.
    #[serde(default)]
    pub seen_price: Option<Money>,
}

/// Why a cart was not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CartError {
    /// Full.
    #[error("a cart holds at most {MOST_ITEMS} different items")]
    Full,
    /// Too many of one.
    #[error("at most {MOST_OF_ONE} of one item can be ordered at once")]
    TooMany,
}

impl Cart {
    /// An empty cart.
    pub fn new(now: Timestamp) -> Self {
        Self { items: Vec::new(), version: 0, touched: now }
    }

    /// Adds `quantity` of `sku` to what is there.
    pub fn add(&mut self, sku: &Line<60>, quantity: u32, now: Timestamp) -> Result<(), CartError> {
        let there = self.quantity(sku.as_str());
        self.set(sku, there.saturating_add(quantity), now)
    }

    /// Makes it `quantity` of `sku`; zero takes it out.
    pub fn set(&mut self, sku: &Line<60>, quantity: u32, now: Timestamp) -> Result<(), CartError> {
        if quantity > MOST_OF_ONE {
            return Err(CartError::TooMany);
        }
        let full = self.items.len() >= MOST_ITEMS;
        if quantity == 0 {
            self.items.retain(|item| item.sku != *sku);
        } else if let Some(item) = self.items.iter_mut().find(|item| item.sku == *sku) {
            item.quantity = quantity;
        } else if full {
            return Err(CartError::Full);
        } else {
            self.items.push(Item { sku: sku.clone(), quantity, seen_price: None });
        }
        self.version = self.version.saturating_add(1);
        self.touched = now;
        Ok(())
    }

    /// Notes what one of `sku` costs as its buyer sees it now. No new version: the items are the same.
    pub fn note_price(&mut self, sku: &str, price: Money) {
        if let Some(item) = self.items.iter_mut().find(|item| item.sku.as_str() == sku) {
            item.seen_price = Some(price);
        }
    }

    /// How many of `sku` are in it.
    pub fn quantity(&self, sku: &str) -> u32 {
        self.items.iter().find(|item| item.sku.as_str() == sku).map_or(0, |item| item.quantity)
    }

    /// How many things are in it.
    pub fn count(&self) -> u32 {
        self.items.iter().fold(0, |sum, item| sum.saturating_add(item.quantity))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sku(text: &str) -> Line<60> {
        Line::new(text).unwrap()
    }

    #[test]
    fn every_change_of_the_items_is_a_new_version() {
        let mut cart = Cart::new(Timestamp::UNIX_EPOCH);
        cart.add(&sku("a"), 2, Timestamp::UNIX_EPOCH).unwrap();
        cart.add(&sku("a"), 1, Timestamp::UNIX_EPOCH).unwrap();
        cart.set(&sku("b"), 1, Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!((cart.quantity("a"), cart.count(), cart.version), (3, 4, 3));
        cart.set(&sku("a"), 0, Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!((cart.items.len(), cart.version), (1, 4));
    }

    #[test]
    fn limits_hold_and_leave_the_cart_as_it_was() {
        let mut cart = Cart::new(Timestamp::UNIX_EPOCH);
        assert_eq!(cart.add(&sku("a"), u32::MAX, Timestamp::UNIX_EPOCH), Err(CartError::TooMany));
        for n in 0..MOST_ITEMS {
            cart.add(&sku(&n.to_string()), 1, Timestamp::UNIX_EPOCH).unwrap();
        }
        let before = cart.clone();
        assert_eq!(cart.add(&sku("one more"), 1, Timestamp::UNIX_EPOCH), Err(CartError::Full));
        assert_eq!(cart, before);
    }
}
