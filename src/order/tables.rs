//! The orders' tables.

use jiff::Timestamp;

use super::Order;
use crate::base::Token;
use crate::store::Table;

/// Number to order.
pub const ORDERS: Table<u64, Order> = Table::new("orders", 1);
/// The unguessable part of an order page's address to the order's number.
pub const ORDER_LINKS: Table<Token, u64> = Table::new("order-links", 1);
/// A cart at one version to the number of the order made from it: at most one.
pub const ORDERS_OF_CARTS: Table<(Token, u64), u64> = Table::new("orders-of-carts", 1);
/// One row, under 0: the number of the next order.
pub const NEXT_NUMBER: Table<u64, u64> = Table::new("next-order-number", 1);
/// The orders that await payment, and when something last happened to each. Written with [`ORDERS`], in the
/// same transaction, so that no stock is held for ever.
pub const UNPAID: Table<u64, Timestamp> = Table::new("unpaid-orders", 1);
