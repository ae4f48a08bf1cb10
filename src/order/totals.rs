//! The one rule for sums: cart, checkout, order page and console all show what this file computes.

use serde::{Deserialize, Serialize};

use crate::base::{Money, MoneyError};

/// What an order costs. Prices include tax; `tax` is the part of `total` that is tax.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Sum of the line items.
    pub items: Money,
    /// Delivery.
    pub shipping: Money,
    /// Tax inside `total`, rounded half up to the minor unit, once, on the total.
    pub tax: Money,
    /// What is charged.
    pub total: Money,
}

impl Totals {
    /// Sums up line totals and delivery. `tax_permille` is the rate that the prices include
    /// (190 is 19 %).
    pub fn of(
        lines: impl IntoIterator<Item = Money>,
        shipping: Money,
        tax_permille: u16,
    ) -> Result<Self, MoneyError> {
        let mut items = Money::zero(shipping.currency);
        for line in lines {
            items = items.plus(line)?;
        }
        let total = items.plus(shipping)?;
        let rate = i128::from(tax_permille);
        let base = rate.saturating_add(1000);
        // tax = total * rate / (1000 + rate); doubled and halved so that a half rounds up.
        let doubled = i128::from(total.minor) * rate * 2 + base;
        let tax = i64::try_from(doubled.div_euclid(base * 2)).map_err(|_| MoneyError::Overflow)?;
        Ok(Self { items, shipping, tax: Money::new(tax, shipping.currency), total })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Currency::Eur;

    fn totals(lines: &[i64], shipping: i64, rate: u16) -> Totals {
        Totals::of(lines.iter().map(|minor| Money::new(*minor, Eur)), Money::new(shipping, Eur), rate)
            .unwrap()
    }

    #[test]
    fn parts_add_up_and_tax_rounds_half_up_once() {
        let sum = totals(&[4290, 1550], 490, 190);
        assert_eq!((sum.items.minor, sum.total.minor, sum.tax.minor), (5840, 6330, 1011));
        assert_eq!(totals(&[119], 0, 190).tax.minor, 19);
        assert_eq!(totals(&[3], 0, 200).tax.minor, 1);
        assert_eq!(totals(&[], 0, 190).total.minor, 0);
        assert_eq!(totals(&[1000], 0, 0).tax.minor, 0);
    }

    #[test]
    fn too_much_is_an_error_and_not_a_small_bill() {
        let lines = [Money::new(i64::MAX, Eur), Money::new(1, Eur)];
        assert_eq!(Totals::of(lines, Money::zero(Eur), 190), Err(MoneyError::Overflow));
    }
}
