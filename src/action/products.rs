//! Changes of one product: shown or hidden, prices, stock.

use std::sync::Arc;

use super::{Actor, App, Denied};
use crate::audit::Deed;
use crate::base::Money;
use crate::catalog::import::{MOST_COUNTED, MOST_MINOR};
use crate::catalog::{PRODUCTS, STOCK, Status, Stock};
use crate::staff::Right;
use crate::store::{Reads, StoreError};

/// What shall be different. Variants that are not named stay as they are.
#[derive(Debug, Clone)]
pub struct ChangeProduct {
    /// Which product.
    pub handle: String,
    /// Whether shoppers see it.
    pub status: Status,
    /// Its variants.
    pub variants: Vec<ChangeVariant>,
}

/// What shall be different with a variant.
#[derive(Debug, Clone)]
pub struct ChangeVariant {
    /// Which.
    pub sku: String,
    /// The price of one.
    pub price: Money,
    /// How many there were when the form was made ...
    pub stock_was: u32,
    /// ... and how many there shall be. The difference is applied, so that what was sold in between stays
    /// sold.
    pub stock: u32,
}

/// Why nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProductError {
    /// Not allowed.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// No such product or variant.
    #[error("there is no such product or variant any more")]
    Gone,
    /// Another currency, zero, or more than a gateway charges at once.
    #[error("the price of {0} is out of bounds")]
    Price(String),
    /// More than is counted.
    #[error("the stock of {0} is out of bounds")]
    Stock(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Changes a product. A former price that is not higher than the new one is dropped.
pub async fn change_product(app: &Arc<App>, actor: &Actor, wish: ChangeProduct) -> Result<(), ProductError> {
    actor.require(Right::ChangeProducts)?;
    for variant in &wish.variants {
        if !(1..=MOST_MINOR).contains(&variant.price.minor) {
            return Err(ProductError::Price(variant.sku.clone()));
        }
        if variant.stock > MOST_COUNTED {
            return Err(ProductError::Stock(variant.sku.clone()));
        }
    }
    let event = actor.did(app.clock().now(), Deed::ChangeProduct, &wish.handle);
    let kept = event.clone();
    app.store()
        .transact(move |tx| {
            let mut product = tx.get(&PRODUCTS, &wish.handle)?.ok_or(ProductError::Gone)?;
            product.status = wish.status;
            for change in &wish.variants {
                let mut variants = product.variants.iter_mut();
                let variant = variants.find(|variant| variant.sku.as_str() == change.sku);
                let variant = variant.ok_or(ProductError::Gone)?;
                if variant.price.currency != change.price.currency {
                    return Err(ProductError::Price(change.sku.clone()));
                }
                variant.price = change.price;
                variant.compare_at = variant.compare_at.filter(|before| before.minor > change.price.minor);
                let stock = tx.get(&STOCK, &change.sku)?.unwrap_or_default();
                let on_hand =
                    i64::from(stock.on_hand) + i64::from(change.stock) - i64::from(change.stock_was);
                let on_hand = u32::try_from(on_hand.max(0)).unwrap_or(MOST_COUNTED).min(MOST_COUNTED);
                tx.put(&STOCK, &change.sku, &Stock { on_hand, ..stock })?;
            }
            tx.put(&PRODUCTS, &wish.handle, &product)?;
            kept.record(tx)?;
            Ok(())
        })
        .await?;
    event.log();
    app.refresh_catalog()?;
    Ok(())
}
