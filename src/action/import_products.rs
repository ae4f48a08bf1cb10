//! Takes a file of products: all of it or nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Actor, App, Denied};
use crate::audit::Deed;
use crate::base::{Currency, MoneyError};
use crate::catalog::import::{self, Column, Import, Imported, Mistakes, Problem};
use crate::catalog::{MOST_PRODUCTS, PICTURES, PRODUCTS, Picture, Product, STOCK, Stock};
use crate::operator::Settings;
use crate::staff::Right;
use crate::store::{Reads, Span, StoreError, Tx};

/// A file and the pictures that came with it, by name.
pub struct ImportProducts {
    /// CSV.
    pub file: Vec<u8>,
    /// What its prices are in.
    pub currency: Currency,
    /// Ready to be stored.
    pub pictures: BTreeMap<String, Picture>,
    /// Marks the goods as demo goods, which leave at go-live.
    pub demo: bool,
}

/// What was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportReport {
    /// Products that are new.
    pub added: usize,
    /// Products that took the place of one with their handle.
    pub replaced: usize,
    /// Variants.
    pub variants: usize,
    /// Pictures.
    pub pictures: usize,
    /// Columns that were not read.
    pub ignored: Vec<String>,
    /// Pictures that no row names: not taken.
    pub unused: Vec<String>,
}

/// Why nothing was taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// Not allowed.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// Demo goods for a shop that is live.
    #[error("a shop that is live takes no demo goods")]
    DemoEnded,
    /// The file has mistakes.
    #[error("the file of products has {} mistakes: {:?}", .0.count(), .0.shown())]
    Mistakes(Mistakes),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A sum failed.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

/// Takes the file. Products with the same handle are replaced, stock is set where the file names it, and
/// what is held for orders stays held.
pub async fn import_products(
    app: &Arc<App>,
    actor: &Actor,
    mut sent: ImportProducts,
) -> Result<ImportReport, ImportError> {
    actor.require(Right::ChangeProducts)?;
    let mut import = import::read(&sent.file, sent.currency).map_err(ImportError::Mistakes)?;
    for imported in &mut import.products {
        imported.product.demo = sent.demo;
    }
    let named: BTreeSet<_> =
        import.products.iter().filter_map(|imported| picture_of(&imported.product)).collect();
    let unused = sent.pictures.keys().filter(|name| !named.contains(*name)).cloned().collect();
    sent.pictures.retain(|name, _| named.contains(name));
    let (pictures, ignored, demo) = (sent.pictures, import.ignored.clone(), sent.demo);
    let object = format!("{} products", import.products.len());
    let event = actor.did(app.clock().now(), Deed::ImportProducts, &object);
    let (kept, counts) = (event.clone(), (pictures.len(), variants(&import)));
    let replaced = app
        .store()
        .transact(move |tx| {
            if demo && Settings::load(tx)?.is_some_and(|settings| settings.live_since.is_some()) {
                return Err(ImportError::DemoEnded);
            }
            check(tx, &import, &pictures)?;
            for (name, picture) in &pictures {
                tx.put(&PICTURES, name, picture)?;
            }
            let mut replaced = 0_usize;
            for imported in &import.products {
                replaced = replaced.saturating_add(usize::from(put(tx, imported)?));
            }
            kept.record(tx)?;
            Ok::<_, ImportError>((replaced, import.products.len().saturating_sub(replaced)))
        })
        .await?;
    event.log();
    app.refresh_catalog()?;
    let ((replaced, added), (pictures, variants)) = (replaced, counts);
    Ok(ImportReport { added, replaced, variants, pictures, ignored, unused })
}

fn variants(import: &Import) -> usize {
    import.products.iter().map(|imported| imported.variants.len()).sum()
}

fn picture_of(product: &Product) -> Option<String> {
    product.picture.as_ref().map(|picture| picture.name.to_string())
}

/// Holds the file against what is in the shop.
fn check(tx: &Tx<'_>, import: &Import, pictures: &BTreeMap<String, Picture>) -> Result<(), ImportError> {
    let mut mistakes = Mistakes::default();
    let present = tx.scan(&PRODUCTS, &Span::all(MOST_PRODUCTS))?;
    let coming: BTreeSet<_> =
        import.products.iter().map(|imported| imported.product.handle.to_string()).collect();
    let staying = || present.iter().filter(|(handle, _)| !coming.contains(handle));
    if staying().count().saturating_add(coming.len()) > MOST_PRODUCTS {
        mistakes.add(None, None, Problem::TooManyProducts);
    }
    let mut taken = BTreeMap::new();
    for (handle, product) in staying() {
        taken.extend(product.variants.iter().map(|variant| (variant.sku.as_str(), handle)));
    }
    for imported in &import.products {
        for (variant, (row, _)) in imported.product.variants.iter().zip(&imported.variants) {
            if let Some(handle) = taken.get(variant.sku.as_str()) {
                mistakes.cell(*row, Column::Sku, Problem::SkuTaken { handle: (*handle).clone() });
            }
        }
        if let Some(name) = picture_of(&imported.product)
            && !pictures.contains_key(&name)
            && tx.get(&PICTURES, &name)?.is_none()
        {
            mistakes.cell(imported.row(), Column::Image, Problem::PictureMissing { name });
        }
    }
    mistakes.or(()).map_err(ImportError::Mistakes)
}

/// Puts a product and its stock in place; `true` if one was replaced.
fn put(tx: &mut Tx<'_>, imported: &Imported) -> Result<bool, ImportError> {
    let handle = imported.product.handle.to_string();
    let before = tx.get(&PRODUCTS, &handle)?;
    let stays = |sku: &str| imported.product.variants.iter().any(|variant| variant.sku.as_str() == sku);
    for gone in before.iter().flat_map(|product| &product.variants).filter(|old| !stays(old.sku.as_str())) {
        let sku = gone.sku.to_string();
        // What is held for orders being paid is needed until they are.
        if tx.get(&STOCK, &sku)?.is_some_and(|stock| stock.reserved == 0) {
            tx.delete(&STOCK, &sku);
        }
    }
    for (variant, (_, on_hand)) in imported.product.variants.iter().zip(&imported.variants) {
        let sku = variant.sku.to_string();
        let stock = tx.get(&STOCK, &sku)?.unwrap_or_default();
        let on_hand = on_hand.unwrap_or(stock.on_hand);
        tx.put(&STOCK, &sku, &Stock { on_hand, ..stock })?;
    }
    tx.put(&PRODUCTS, &handle, &imported.product)?;
    Ok(before.is_some())
}

#[cfg(test)]
#[path = "import_tests.rs"]
mod tests;
