//! Takes a file of products: our own file all or not at all, another shop's export as far as it goes.

mod meet;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Actor, App, Denied};
use crate::audit::Deed;
use crate::base::{Currency, MoneyError};
use crate::catalog::import::{self, Column, Format, Import, Imported, Mistakes, Problem, Remarks};
use crate::catalog::{MOST_PRODUCTS, PICTURES, PRODUCTS, Picture, Product, STOCK, Stock};
use crate::operator::Settings;
use crate::staff::Right;
use crate::store::{Reads, Span, StoreError, Tx};
use meet::Met;

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

/// What was taken, and what was not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportReport {
    /// Whose columns the file has.
    pub format: Format,
    /// Products that are new.
    pub added: usize,
    /// Products that took the place of one with their handle.
    pub replaced: usize,
    /// Of those, products that were the same before.
    pub unchanged: usize,
    /// Variants.
    pub variants: usize,
    /// Pictures.
    pub pictures: usize,
    /// Columns that were not read.
    pub ignored: Vec<String>,
    /// Pictures that no row names: not taken.
    pub unused: Vec<String>,
    /// Rows of another shop's export that could not be used; one may have several mistakes.
    pub left_out: Mistakes,
    /// How many rows that are.
    pub rows_left: usize,
    /// What is worth a look in the rows that went in.
    pub remarks: Remarks,
    /// Pictures that an export has addresses of, and that did not come with it: nothing is fetched.
    pub pictures_left: usize,
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
/// what is held for orders stays held. A product of another shop's export keeps its picture unless one comes
/// with the file under the name that its address ends in. The same file once more changes nothing.
pub async fn import_products(
    app: &Arc<App>,
    actor: &Actor,
    sent: ImportProducts,
) -> Result<ImportReport, ImportError> {
    actor.require(Right::ChangeProducts)?;
    let now = app.clock().now();
    let ImportProducts { file, currency, pictures, demo } = sent;
    let mut import = import::read(&file, currency, now).map_err(ImportError::Mistakes)?;
    for imported in &mut import.products {
        imported.product.demo = demo;
    }
    let (format, ignored) = (import.format, import.ignored.clone());
    // An address ends in a name of any letters; what was saved from it has them still.
    let called = |name: String| if format == Format::Own { name } else { import::plain_name(&name) };
    let pictures: BTreeMap<_, _> = pictures.into_iter().map(|(name, it)| (called(name), it)).collect();
    let actor = actor.clone();
    let (event, mut report) = app
        .store()
        .transact(move |tx| {
            if demo && Settings::load(tx)?.is_some_and(|settings| settings.live_since.is_some()) {
                return Err(ImportError::DemoEnded);
            }
            let met = if import.format == Format::Own {
                check(tx, &import, &pictures)?;
                Met { products: import.products.clone(), ..Met::default() }
            } else {
                meet::meet(tx, &import, &pictures)?
            };
            let report = take(tx, met, &pictures, import.format)?;
            let products = report.added.saturating_add(report.replaced);
            let event = actor.did(now, Deed::ImportProducts, &format!("{products} products"));
            event.record(tx)?;
            Ok::<_, ImportError>((event, report))
        })
        .await?;
    event.log();
    app.refresh_catalog()?;
    report.ignored = ignored;
    Ok(report)
}

/// Puts everything in place, and tells what it was.
fn take(
    tx: &mut Tx<'_>,
    met: Met,
    pictures: &BTreeMap<String, Picture>,
    format: Format,
) -> Result<ImportReport, ImportError> {
    let named: BTreeSet<_> = met.products.iter().filter_map(|it| picture_of(&it.product)).collect();
    let mut taken = 0_usize;
    for (name, picture) in pictures.iter().filter(|(name, _)| named.contains(*name)) {
        tx.put(&PICTURES, name, picture)?;
        taken = taken.saturating_add(1);
    }
    let (mut added, mut replaced, mut unchanged) = (0_usize, 0_usize, 0_usize);
    for imported in &met.products {
        match put(tx, imported)? {
            Put::New => added = added.saturating_add(1),
            Put::Replaced => replaced = replaced.saturating_add(1),
            Put::Same => unchanged = unchanged.saturating_add(1),
        }
    }
    Ok(ImportReport {
        format,
        added,
        replaced: replaced.saturating_add(unchanged),
        unchanged,
        variants: met.products.iter().map(|imported| imported.variants.len()).sum(),
        pictures: taken,
        ignored: Vec::new(),
        unused: pictures.keys().filter(|name| !named.contains(*name)).cloned().collect(),
        left_out: met.left_out,
        rows_left: met.rows_left.len(),
        remarks: met.remarks,
        pictures_left: met.pictures_left,
    })
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

/// What became of a product.
#[derive(PartialEq, Eq)]
enum Put {
    New,
    Replaced,
    Same,
}

/// Puts a product and its stock in place.
fn put(tx: &mut Tx<'_>, imported: &Imported) -> Result<Put, ImportError> {
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
    let mut same = before.as_ref() == Some(&imported.product);
    for (variant, (_, on_hand)) in imported.product.variants.iter().zip(&imported.variants) {
        let sku = variant.sku.to_string();
        let stock = tx.get(&STOCK, &sku)?;
        let counted = stock.unwrap_or_default();
        let counted = Stock { on_hand: on_hand.unwrap_or(counted.on_hand), ..counted };
        if stock != Some(counted) {
            tx.put(&STOCK, &sku, &counted)?;
            same = false;
        }
    }
    if same {
        return Ok(Put::Same);
    }
    tx.put(&PRODUCTS, &handle, &imported.product)?;
    Ok(if before.is_some() { Put::Replaced } else { Put::New })
}

#[cfg(test)]
mod exports;
#[cfg(test)]
mod tests;
