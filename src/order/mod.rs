//! What a shopper has bought: line items, address, delivery, totals and state.
//!
//! Owns the order's model, the one rule for totals, the one for refunds, and the tables. An order copies what it needs from
//! the catalog, so that a later change of a price never changes an order. Holds brand and last four of
//! a card at most (PCI DSS 3.4.1).

mod address;
mod model;
mod refunding;
mod tables;
mod totals;

pub use crate::base::Email;
pub use address::{Address, Country};
pub use model::{LineItem, Order, PaidWith, ShippingMethod, State};
pub use refunding::{Left, NotRefundable, Piece, Portion, Refunding, Wish};
pub use tables::{NEXT_NUMBER, ORDER_LINKS, ORDERS, ORDERS_OF_CARTS, UNPAID};
pub use totals::Totals;
