//! What a guest has filled in on the way to paying.

use serde::{Deserialize, Serialize};

use crate::base::{Line, Token};
use crate::order::{Address, Email};
use crate::store::Table;

/// The cart's token to what its owner has filled in. The row goes with the cart.
pub const CHECKOUTS: Table<Token, Checkout> = Table::new("checkouts", 1);

/// Who buys, and where it goes. Never a card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkout {
    /// How the buyer is reached.
    pub email: Email,
    /// Where it goes.
    pub address: Address,
    /// Code of the chosen way of delivery; the shop's first one until the buyer chooses.
    pub shipping_code: Line<20>,
}
