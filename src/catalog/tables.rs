//! The catalog's tables.

use serde::{Deserialize, Serialize};

use super::{Picture, Product};
use crate::store::Table;

/// Handle to product.
pub const PRODUCTS: Table<String, Product> = Table::new("products", 1);
/// SKU to stock.
pub const STOCK: Table<String, Stock> = Table::new("stock", 1);
/// Name to picture.
pub const PICTURES: Table<String, Picture> = Table::new("pictures", 1);

/// How many of a variant there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Stock {
    /// In the storeroom, those of unpaid orders included.
    pub on_hand: u32,
    /// Of those, held for orders that are being paid.
    pub reserved: u32,
}

impl Stock {
    /// How many can still be sold.
    pub fn available(self) -> u32 {
        self.on_hand.saturating_sub(self.reserved)
    }
}
