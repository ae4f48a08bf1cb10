//! Where the products of another shop's export meet what is in this one: which of them is replaced, which
//! SKU is somebody else's, which picture it has. What does not fit is left out, row by row.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::import::{Column, Foreign, Import, Imported, Mistakes, Problem, Remark, Remarks};
use crate::catalog::{Handle, MOST_PRODUCTS, PRODUCTS, Picture, PictureRef, Product, Variant};
use crate::store::{Reads, Span, StoreError};

/// What goes in, and what is told of the rest.
#[derive(Default)]
pub(super) struct Met {
    pub(super) products: Vec<Imported>,
    pub(super) left_out: Mistakes,
    pub(super) rows_left: BTreeSet<u64>,
    pub(super) remarks: Remarks,
    /// Addresses of pictures behind which nothing was fetched.
    pub(super) pictures_left: usize,
}

/// The shop before the import.
struct Shop {
    products: BTreeMap<String, Product>,
    /// SKU to handle.
    owners: BTreeMap<String, String>,
}

/// Holds an export against the shop.
pub(super) fn meet(
    view: &impl Reads,
    import: &Import,
    pictures: &BTreeMap<String, Picture>,
) -> Result<Met, StoreError> {
    let products: BTreeMap<_, _> = view.scan(&PRODUCTS, &Span::all(MOST_PRODUCTS))?.into_iter().collect();
    let skus = |(handle, product): (&String, &Product)| {
        let sku = |variant: &Variant| (variant.sku.to_string(), handle.clone());
        product.variants.iter().map(sku).collect::<Vec<_>>()
    };
    let owners = products.iter().flat_map(skus).collect();
    let shop = Shop { products, owners };
    let coming: BTreeSet<_> = import
        .products
        .iter()
        .flat_map(|imported| &imported.product.variants)
        .map(|variant| variant.sku.as_str())
        .collect();
    let mut met = Met {
        left_out: import.left_out.clone(),
        rows_left: import.rows_left.clone(),
        remarks: import.remarks.clone(),
        ..Met::default()
    };
    let mut handles: BTreeSet<String> = shop.products.keys().cloned().collect();
    for imported in &import.products {
        let mut imported = imported.clone();
        let Some(foreign) = imported.foreign.take() else { continue };
        if let Err(problem) = place(&shop, &mut imported, &foreign, &met) {
            met.leave(imported.row(), problem);
            continue;
        }
        if !met.own_skus(&shop, &mut imported) {
            continue;
        }
        handles.insert(imported.product.handle.to_string());
        if handles.len() > MOST_PRODUCTS {
            handles.remove(imported.product.handle.as_str());
            met.leave(imported.row(), Problem::TooManyProducts);
            continue;
        }
        let before = shop.products.get(imported.product.handle.as_str());
        met.keep_variants(before, &coming, &mut imported, &foreign);
        let brought = foreign.wanted.iter().find(|name| pictures.contains_key(name.as_str()));
        imported.product.picture = match brought {
            Some(name) => Some(PictureRef { name: name.clone(), alt: foreign.alt.clone() }),
            None => before.and_then(|before| before.picture.clone()),
        };
        let brought = usize::from(brought.is_some());
        met.pictures_left = met.pictures_left.saturating_add(foreign.addresses.saturating_sub(brought));
        met.products.push(imported);
    }
    let Met { remarks, rows_left, .. } = &mut met;
    remarks.keep(|row| !rows_left.contains(&row));
    met.left_out.sort();
    Ok(met)
}

/// Finds the product of the shop that this one is, where its handle was only made from its name: the one
/// with a SKU of it. A product that merely has the same name is somebody else's, and stays.
fn place(shop: &Shop, imported: &mut Imported, foreign: &Foreign, met: &Met) -> Result<(), Problem> {
    if !foreign.named_here {
        return Ok(());
    }
    let owners: BTreeSet<_> = imported
        .product
        .variants
        .iter()
        .filter_map(|variant| shop.owners.get(variant.sku.as_str()))
        .collect();
    let known = |handle: &str| met.products.iter().any(|it| it.product.handle.as_str() == handle);
    let handle = imported.product.handle.as_str();
    if let Some(owner) = owners.iter().next().filter(|owner| owners.len() == 1 && !known(owner)) {
        imported.product.handle = Handle::new(owner).map_err(|_| Problem::Handle)?;
        return Ok(());
    }
    if (shop.products.contains_key(handle) && !owners.iter().any(|owner| *owner == handle)) || known(handle) {
        return Err(Problem::HandleTaken { handle: handle.to_owned() });
    }
    Ok(())
}

impl Met {
    fn leave(&mut self, row: u64, problem: Problem) {
        self.left_out.add(Some(row), None, problem);
        self.rows_left.insert(row);
    }

    /// Leaves out variants whose SKU is another product's; `false` if none is left.
    fn own_skus(&mut self, shop: &Shop, imported: &mut Imported) -> bool {
        let handle = imported.product.handle.to_string();
        let (mut variants, mut rows) = (Vec::new(), Vec::new());
        let all = std::mem::take(&mut imported.product.variants);
        for (variant, row) in all.into_iter().zip(std::mem::take(&mut imported.variants)) {
            match shop.owners.get(variant.sku.as_str()).filter(|owner| **owner != handle) {
                Some(owner) => {
                    self.left_out.cell(row.0, Column::Sku, Problem::SkuTaken { handle: owner.clone() });
                    self.rows_left.insert(row.0);
                }
                None => {
                    variants.push(variant);
                    rows.push(row);
                }
            }
        }
        imported.product.variants = variants;
        imported.variants = rows;
        !imported.variants.is_empty()
    }

    /// A variant whose row is broken this time is not taken off the shelf for that.
    fn keep_variants(
        &mut self,
        before: Option<&Product>,
        coming: &BTreeSet<&str>,
        imported: &mut Imported,
        foreign: &Foreign,
    ) {
        let Some(before) = before.filter(|before| before.options == imported.product.options) else { return };
        for old in &before.variants {
            let sku = old.sku.as_str();
            let clash = |new: &Variant| new.options == old.options;
            let lost = foreign.left.iter().any(|left| left == sku) && !coming.contains(sku);
            if lost && !imported.product.variants.iter().any(clash) {
                self.remarks.add(Remark::VariantKept, imported.row());
                imported.product.variants.push(old.clone());
                imported.variants.push((imported.row(), None));
            }
        }
    }
}
