//! The order.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Address, Email, Totals};
use crate::base::{Line, Money, Token};

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Placed, stock held, not paid yet.
    AwaitingPayment,
    /// Bought: the money is held on the card and is taken when somebody captures it.
    Authorized,
    /// Paid in full.
    Paid,
    /// Paid, and all of it given back.
    Refunded,
    /// Given up before it was paid, or the money that was held was released; the stock is free again.
    Cancelled,
}

/// A way of delivery as it was offered when the order was placed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShippingMethod {
    /// Its name in forms: `standard`, `express`.
    pub code: Line<20>,
    /// What shoppers read.
    pub name: Line<60>,
    /// How long it takes: `2 to 4 working days`.
    pub estimate: Line<60>,
    /// What it costs.
    pub price: Money,
}

/// So many of one variant, at the price of the day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineItem {
    /// Stock-keeping unit.
    pub sku: Line<60>,
    /// The product's title.
    pub title: Line<120>,
    /// The variant's options (`M / Oat`), or empty.
    pub options: String,
    /// The product's handle and picture, for the pages.
    pub handle: String,
    /// Name of the picture, if there is one.
    pub picture: Option<Line<100>>,
    /// How many.
    pub quantity: u32,
    /// The price of one.
    pub unit_price: Money,
    /// `quantity` times `unit_price`.
    pub total: Money,
}

/// All that is kept of a card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaidWith {
    /// `Visa`, `Mastercard`.
    pub brand: String,
    /// The last four digits.
    pub last_four: String,
    /// Which gateway took it: `test`, `stripe`.
    pub gateway: String,
    /// The number of the attempt.
    pub attempt: u64,
    /// The gateway's own name for the payment.
    pub reference: String,
    /// When.
    pub at: Timestamp,
}

/// An order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Its number, from 1001 up; the key of its row.
    pub number: u64,
    /// The unguessable part of its page's address.
    pub link: Token,
    /// The cart and the cart's version that it was made from.
    pub cart: (Token, u64),
    /// When it was placed.
    pub placed: Timestamp,
    /// Where it stands.
    pub state: State,
    /// How its buyer is reached.
    pub email: Email,
    /// Where it goes.
    pub address: Address,
    /// How it gets there.
    pub shipping: ShippingMethod,
    /// What was bought.
    pub lines: Vec<LineItem>,
    /// What it costs.
    pub totals: Totals,
    /// How it was paid, or is held to be paid.
    pub paid: Option<PaidWith>,
    /// Taken with the test gateway: no money moved.
    #[serde(default)]
    pub test: bool,
}
