//! An order's money as it stands: what was captured, what went back, what is left.

use super::{MOST_REFUNDS, RefundError, RefundOrder};
use crate::base::{Money, MoneyError};
use crate::order::{Left, ORDERS, Order, Piece, Portion, Refunding, Wish};
use crate::payment::{ATTEMPTS, Attempt, AttemptState, REFUNDS, Refund};
use crate::store::{Reads, Span, StoreError};

/// An order, the attempt that paid it, and its refunds.
#[derive(Debug, Clone)]
pub struct Books {
    /// The order.
    pub order: Order,
    /// The attempt that paid it, or holds its money; `None` while it is unpaid.
    pub attempt: Option<Attempt>,
    /// Its refunds, the first one first, failed ones included; at most [`MOST_REFUNDS`].
    pub refunds: Vec<Refund>,
    /// The refunds that have not failed.
    given: Vec<Portion>,
}

impl Books {
    /// Reads them.
    pub fn open(view: &impl Reads, number: u64) -> Result<Self, RefundError> {
        let order = view.get(&ORDERS, &number)?.ok_or(RefundError::NoOrder)?;
        Ok(Self::of(view, order)?)
    }

    /// Reads those of an order that is at hand.
    pub fn of(view: &impl Reads, order: Order) -> Result<Self, StoreError> {
        let attempt = match &order.paid {
            Some(paid) => view.get(&ATTEMPTS, &(order.number, paid.attempt))?,
            None => None,
        };
        let refunds = view.scan(&REFUNDS, &Span::under(&order.number, MOST_REFUNDS))?;
        let refunds: Vec<_> = refunds.into_iter().map(|(_, refund)| refund).collect();
        let given = refunds.iter().filter(|refund| refund.state.counts()).map(portion).collect();
        Ok(Self { order, attempt, refunds, given })
    }

    /// What was captured; nothing if the money is only held.
    pub fn captured(&self) -> Money {
        let taken = self
            .attempt
            .as_ref()
            .filter(|attempt| matches!(attempt.state, AttemptState::Captured(_) | AttemptState::Refunded(_)));
        taken.map_or(Money::zero(self.order.totals.total.currency), |attempt| attempt.amount)
    }

    /// What is held on the card, and what a person may do with it.
    pub fn held(&self) -> Option<Money> {
        let attempt = self.attempt.as_ref()?;
        matches!(attempt.state, AttemptState::Authorized(_)).then_some(attempt.amount)
    }

    /// The attempt whose money can be given back.
    pub fn captured_attempt(&self) -> Result<Attempt, RefundError> {
        let taken = |attempt: &&Attempt| {
            matches!(attempt.state, AttemptState::Captured(_) | AttemptState::Refunded(_))
        };
        self.attempt.as_ref().filter(taken).cloned().ok_or(RefundError::NothingCaptured)
    }

    fn refunding(&self) -> Refunding<'_> {
        let (order, given) = (&self.order, self.given.as_slice());
        Refunding { lines: &order.lines, totals: &order.totals, captured: self.captured(), given }
    }

    /// The sum of all refunds that have not failed.
    pub fn so_far(&self) -> Result<Money, MoneyError> {
        self.refunding().so_far()
    }

    /// What can still be refunded.
    pub fn left(&self) -> Result<Left, MoneyError> {
        self.refunding().left()
    }

    /// What `wanted` gives back, if it may.
    pub(super) fn portion(&self, wanted: &RefundOrder) -> Result<Portion, RefundError> {
        self.captured_attempt()?;
        let so_far = self.so_far()?;
        if so_far != wanted.seen {
            return Err(RefundError::Meanwhile { so_far });
        }
        if wanted.restock && matches!(wanted.what, Wish::Sum(_)) {
            return Err(RefundError::NoGoods);
        }
        if self.refunds.len() >= MOST_REFUNDS {
            return Err(RefundError::TooManyRefunds);
        }
        Ok(self.refunding().portion(&wanted.what)?)
    }

    /// How many of a line item no refund has put back yet. Those of failed refunds are on the shelf as well.
    pub(super) fn not_restocked(&self, sku: &str) -> u32 {
        let bought = self.order.lines.iter().find(|line| line.sku.as_str() == sku);
        let lines = self.refunds.iter().flat_map(|refund| &refund.lines);
        let back = lines.filter(|line| line.sku.as_str() == sku).map(|line| line.restocked);
        back.fold(bought.map_or(0, |line| line.quantity), u32::saturating_sub)
    }
}

fn portion(refund: &Refund) -> Portion {
    let pieces = refund.lines.iter().map(|line| Piece {
        sku: line.sku.clone(),
        quantity: line.quantity,
        amount: line.amount,
    });
    Portion { amount: refund.amount, tax: refund.tax, pieces: pieces.collect(), shipping: refund.shipping }
}
