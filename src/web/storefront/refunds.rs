//! What a buyer reads of refunds: sums and dates, nothing of the shop's own books.

use crate::locale::Texts;
use crate::payment::{REFUNDS, Refund};
use crate::store::{Reads, Span, StoreError};

/// The most refunds that a page shows: all that an order may have.
const MOST: usize = crate::action::MOST_REFUNDS;

/// The refunds of an order that have not failed, the first one first.
pub fn of_order(view: &impl Reads, order: u64) -> Result<Vec<Refund>, StoreError> {
    let rows = view.scan(&REFUNDS, &Span::under(&order, MOST))?;
    Ok(rows.into_iter().map(|(_, refund)| refund).filter(|refund| refund.state.counts()).collect())
}

/// One of them in words.
pub fn say(texts: &Texts, refund: &Refund) -> String {
    let amount = ("amount", refund.amount.to_string().into());
    if refund.state.is_taken() {
        let when = refund.changed.strftime("%-d %B %Y").to_string();
        texts.say_with("order-refund-sent", &[amount, ("when", when.into())])
    } else {
        texts.say_with("order-refund-under-way", &[amount])
    }
}
