//! Stock on its way to a buyer: held while an order is unpaid, taken when it is paid, freed when it is not.

use super::PlaceError;
use crate::catalog::STOCK;
use crate::order::{LineItem, ORDERS, State, UNPAID};
use crate::store::{Reads, StoreError, Tx};

/// Holds stock for these lines, all or none.
pub(super) fn reserve(tx: &mut Tx<'_>, lines: &[LineItem]) -> Result<(), PlaceError> {
    for line in lines {
        let key = line.sku.to_string();
        let mut stock = tx.get(&STOCK, &key)?.unwrap_or_default();
        let available = stock.available();
        if available < line.quantity {
            return Err(PlaceError::OutOfStock { sku: key, title: line.title.to_string(), available });
        }
        stock.reserved = stock.reserved.saturating_add(line.quantity);
        tx.put(&STOCK, &key, &stock)?;
    }
    Ok(())
}

/// What is held for these lines is gone to the buyer.
pub(super) fn take(tx: &mut Tx<'_>, lines: &[LineItem], held: bool) -> Result<(), StoreError> {
    for line in lines {
        let key = line.sku.to_string();
        let mut stock = tx.get(&STOCK, &key)?.unwrap_or_default();
        stock.on_hand = stock.on_hand.saturating_sub(line.quantity);
        if held {
            stock.reserved = stock.reserved.saturating_sub(line.quantity);
        }
        tx.put(&STOCK, &key, &stock)?;
    }
    Ok(())
}

/// What was taken for these lines can be sold again.
pub(super) fn put_back(tx: &mut Tx<'_>, lines: &[LineItem]) -> Result<(), StoreError> {
    lines.iter().try_for_each(|line| put_one_back(tx, line.sku.as_str(), line.quantity))
}

/// So many of one variant can be sold again.
pub(in crate::action) fn put_one_back(tx: &mut Tx<'_>, sku: &str, quantity: u32) -> Result<(), StoreError> {
    let key = sku.to_owned();
    let mut stock = tx.get(&STOCK, &key)?.unwrap_or_default();
    stock.on_hand = stock.on_hand.saturating_add(quantity);
    tx.put(&STOCK, &key, &stock)
}

/// Gives an unpaid order up and frees its stock; any other order stays as it is. The caller has seen that
/// none of its attempts is under way.
pub(super) fn cancel(tx: &mut Tx<'_>, number: u64) -> Result<bool, StoreError> {
    tx.delete(&UNPAID, &number);
    let Some(mut order) = tx.get(&ORDERS, &number)? else { return Ok(false) };
    if order.state != State::AwaitingPayment {
        return Ok(false);
    }
    for line in &order.lines {
        let key = line.sku.to_string();
        let mut stock = tx.get(&STOCK, &key)?.unwrap_or_default();
        stock.reserved = stock.reserved.saturating_sub(line.quantity);
        tx.put(&STOCK, &key, &stock)?;
    }
    order.state = State::Cancelled;
    tx.put(&ORDERS, &number, &order)?;
    Ok(true)
}
