//! Money and instants as JSON has them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::base::Money;

/// A sum of money
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Amount {
    /// ISO 4217
    #[schema(example = "EUR", pattern = "^[A-Z]{3}$")]
    pub currency: String,
    /// With the currency's decimals, as text so that nobody rounds it
    #[schema(example = "42.90", pattern = r"^-?[0-9]+(\.[0-9]+)?$")]
    pub amount: String,
}

impl From<Money> for Amount {
    fn from(money: Money) -> Self {
        Self { currency: money.currency.code().to_owned(), amount: money.decimal() }
    }
}
