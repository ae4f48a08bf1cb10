//! The one rule for money that goes back: how much of an order can still be refunded, per line item, for
//! delivery and in all, and how much tax is in it.
//!
//! Invariants, whatever the order of full, partial and per-line refunds:
//! - All of them together are never more than what was captured, nor more of a line item than was bought.
//! - The tax of `n` refunds that stand is the tax of their sum: `round_half_up(totals.tax * sum / total)`, less
//!   what the earlier ones had. So the last one gives back exactly what is left of `totals.tax`.
//! - Neither a sum nor its tax nor its net is ever negative, also after some of them have failed.

use super::{LineItem, Totals};
use crate::base::{Line, Money, MoneyError};

/// What somebody wants to give back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// All that is left.
    Full,
    /// A sum that belongs to no line item.
    Sum(Money),
    /// So many of these line items, by SKU, and perhaps what is left of delivery.
    Lines {
        /// SKU and quantity.
        lines: Vec<(Line<60>, u32)>,
        /// Whether delivery is given back as well.
        shipping: bool,
    },
}

/// So many of one line item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The line item's SKU.
    pub sku: Line<60>,
    /// How many of it.
    pub quantity: u32,
    /// What is given back for them.
    pub amount: Money,
}

/// One part of an order's money: what one refund gives back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Portion {
    /// In all.
    pub amount: Money,
    /// The tax inside `amount`.
    pub tax: Money,
    /// The line items that it is for; none for a sum.
    pub pieces: Vec<Piece>,
    /// The part of `amount` that is for delivery.
    pub shipping: Money,
}

/// What can still be refunded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// In all. Less than the items and delivery together once a sum was refunded.
    pub total: Money,
    /// Each line item in the order's order, with the quantity and money that no refund was for.
    pub pieces: Vec<Piece>,
    /// Delivery.
    pub shipping: Money,
}

/// Why nothing can be given back that way.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotRefundable {
    /// The wish comes to nothing.
    #[error("nothing is to be refunded")]
    Nothing,
    /// It is more than what is left in all.
    #[error("{wanted} is more than the {left} that is left")]
    MoreThanLeft {
        /// What was wished for.
        wanted: Money,
        /// What is left.
        left: Money,
    },
    /// More of a line item than is left of it.
    #[error("{left} of {sku} are left to refund")]
    TooMany {
        /// The line item's SKU.
        sku: String,
        /// How many are left.
        left: u32,
    },
    /// The order has no such line item.
    #[error("the order has no {0}")]
    UnknownItem(String),
    /// A sum beyond what money holds, or in another currency.
    #[error(transparent)]
    Sum(#[from] MoneyError),
}

/// An order's money, and what of it was given back.
#[derive(Debug, Clone, Copy)]
pub struct Refunding<'a> {
    /// What was bought.
    pub lines: &'a [LineItem],
    /// What it cost.
    pub totals: &'a Totals,
    /// What was captured.
    pub captured: Money,
    /// The refunds so far that have not failed.
    pub given: &'a [Portion],
}

impl Refunding<'_> {
    /// The sum of all refunds so far.
    pub fn so_far(&self) -> Result<Money, MoneyError> {
        let amounts = self.given.iter().map(|portion| portion.amount);
        amounts.into_iter().try_fold(Money::zero(self.captured.currency), Money::plus)
    }

    /// What can still be refunded.
    pub fn left(&self) -> Result<Left, MoneyError> {
        let zero = Money::zero(self.captured.currency);
        let shipping = self.given.iter().map(|portion| portion.shipping).try_fold(zero, Money::plus)?;
        let mut pieces = Vec::with_capacity(self.lines.len());
        for line in self.lines {
            let of_line = self.given.iter().flat_map(|portion| &portion.pieces);
            let of_line = of_line.filter(|piece| piece.sku == line.sku).map(|piece| piece.quantity);
            let quantity = of_line.fold(line.quantity, u32::saturating_sub);
            let amount = line.unit_price.times(quantity)?;
            pieces.push(Piece { sku: line.sku.clone(), quantity, amount });
        }
        let total = less(self.captured, self.so_far()?);
        Ok(Left { total, pieces, shipping: less(self.totals.shipping, shipping) })
    }

    /// What `wish` gives back.
    pub fn portion(&self, wish: &Wish) -> Result<Portion, NotRefundable> {
        let left = self.left()?;
        let zero = Money::zero(self.captured.currency);
        let (amount, pieces, shipping) = match wish {
            Wish::Full => {
                let (pieces, shipping) = spread(&left)?;
                (left.total, pieces, shipping)
            }
            // Adding to a zero refuses another currency.
            Wish::Sum(sum) => (zero.plus(*sum)?, Vec::new(), zero),
            Wish::Lines { lines, shipping } => {
                let pieces = self.pieces(&left, lines)?;
                let shipping = if *shipping { left.shipping } else { zero };
                (pieces.iter().map(|piece| piece.amount).try_fold(shipping, Money::plus)?, pieces, shipping)
            }
        };
        if amount.minor <= 0 {
            return Err(NotRefundable::Nothing);
        }
        if amount.minor > left.total.minor {
            return Err(NotRefundable::MoreThanLeft { wanted: amount, left: left.total });
        }
        Ok(Portion { amount, tax: self.tax_of(amount)?, pieces, shipping })
    }

    fn pieces(&self, left: &Left, wanted: &[(Line<60>, u32)]) -> Result<Vec<Piece>, NotRefundable> {
        if let Some((sku, _)) = wanted.iter().find(|(sku, _)| self.lines.iter().all(|line| line.sku != *sku))
        {
            return Err(NotRefundable::UnknownItem(sku.to_string()));
        }
        let mut pieces = Vec::new();
        for (line, left) in self.lines.iter().zip(&left.pieces) {
            let of_line = wanted.iter().filter(|(sku, _)| *sku == line.sku).map(|(_, quantity)| *quantity);
            let quantity = of_line.fold(0, u32::saturating_add);
            if quantity > left.quantity {
                return Err(NotRefundable::TooMany { sku: line.sku.to_string(), left: left.quantity });
            }
            if quantity > 0 {
                let amount = line.unit_price.times(quantity)?;
                pieces.push(Piece { sku: line.sku.clone(), quantity, amount });
            }
        }
        Ok(pieces)
    }

    /// The tax of a refund of `amount` after all others. Between nothing and all of it: a refund that failed
    /// leaves a gap of a cent in what the others had, and no refund may turn negative to close it.
    fn tax_of(&self, amount: Money) -> Result<Money, MoneyError> {
        let sum = self.so_far()?.plus(amount)?;
        let taxes = self.given.iter().map(|portion| portion.tax);
        let already = taxes.into_iter().try_fold(Money::zero(amount.currency), Money::plus)?;
        let due = share(self.totals.tax.minor, sum.minor, self.totals.total.minor)?;
        let tax = due.saturating_sub(already.minor).clamp(0, amount.minor.max(0));
        Ok(Money::new(tax, amount.currency))
    }
}

/// All that is left, laid on what it can be for: in proportion where sums were refunded before.
fn spread(left: &Left) -> Result<(Vec<Piece>, Money), MoneyError> {
    let amounts = left.pieces.iter().map(|piece| piece.amount);
    let whole = amounts.into_iter().try_fold(left.shipping, Money::plus)?;
    let money = left.total.minor.min(whole.minor);
    let (mut sum, mut laid, mut pieces) = (0_i64, 0_i64, Vec::new());
    let mut next = |part: Money| {
        sum = sum.saturating_add(part.minor);
        let upto = share(money, sum, whole.minor)?;
        let own = upto.saturating_sub(laid);
        laid = upto;
        Ok(Money::new(own, part.currency))
    };
    for piece in left.pieces.iter().filter(|piece| piece.quantity > 0) {
        pieces.push(Piece { amount: next(piece.amount)?, ..piece.clone() });
    }
    let shipping = next(left.shipping)?;
    Ok((pieces, shipping))
}

/// `whole * part / of`, rounded half up; nothing of nothing.
fn share(whole: i64, part: i64, of: i64) -> Result<i64, MoneyError> {
    if of <= 0 {
        return Ok(0);
    }
    let (whole, part, of) = (i128::from(whole), i128::from(part), i128::from(of));
    let doubled = whole.checked_mul(part).and_then(|product| product.checked_mul(2)?.checked_add(of));
    let rounded = doubled.ok_or(MoneyError::Overflow)?.div_euclid(of * 2);
    i64::try_from(rounded).map_err(|_| MoneyError::Overflow)
}

/// The difference, never below nothing.
fn less(from: Money, what: Money) -> Money {
    Money::new(from.minor.saturating_sub(what.minor).max(0), from.currency)
}

#[cfg(test)]
#[path = "refunding_tests.rs"]
mod tests;
