//! WooCommerce's product CSV, in English: one row per product, and one per variation that names its parent.
//!
//! A product has no handle there: it is made of the name, and a product of the shop with the same SKU keeps
//! its own. Cells that a spreadsheet could take for a formula come with an apostrophe, line breaks in
//! descriptions as `\n`, commas within a list as `\,`: WooCommerce's exporter writes them so.

mod cells;
mod product;

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::sheet::{Name, Row, Sheet, is_among};
use super::taking::Taking;
use super::{Format, Import, Problem};
use crate::base::Currency;
use cells::{kinds, number_of};

const ID: Name = &["ID"];
const TYPE: Name = &["Type"];
const SKU: Name = &["SKU"];
const NAME: Name = &["Name"];
const PUBLISHED: Name = &["Published"];
const VISIBILITY: Name = &["Visibility in catalog"];
const SHORT: Name = &["Short description"];
const DESCRIPTION: Name = &["Description"];
const SALE_STARTS: Name = &["Date sale price starts"];
const SALE_ENDS: Name = &["Date sale price ends"];
const TAX_STATUS: Name = &["Tax status"];
const TAX_CLASS: Name = &["Tax class"];
const IN_STOCK: Name = &["In stock?"];
const STOCK: Name = &["Stock"];
const SALE_PRICE: Name = &["Sale price"];
const PRICE: Name = &["Regular price"];
const CATEGORIES: Name = &["Categories"];
const IMAGES: Name = &["Images"];
const PARENT: Name = &["Parent"];
const POSITION: Name = &["Position"];
const GROUPED: Name = &["Grouped products"];
const EXTERNAL: Name = &["External URL"];
/// The unit stands in the column's name; with its milligrams.
const WEIGHTS: [(Name, u64); 4] = [
    (&["Weight (kg)"], 1_000_000),
    (&["Weight (g)"], 1_000),
    (&["Weight (lbs)"], 453_592),
    (&["Weight (oz)"], 28_350),
];
const READ: [Name; 22] = [
    ID,
    TYPE,
    SKU,
    NAME,
    PUBLISHED,
    VISIBILITY,
    SHORT,
    DESCRIPTION,
    SALE_STARTS,
    SALE_ENDS,
    TAX_STATUS,
    TAX_CLASS,
    IN_STOCK,
    STOCK,
    SALE_PRICE,
    PRICE,
    CATEGORIES,
    IMAGES,
    PARENT,
    POSITION,
    GROUPED,
    EXTERNAL,
];

/// Whether the columns are WooCommerce's.
pub(super) fn is_it(sheet: &Sheet) -> bool {
    [TYPE, NAME, PRICE].into_iter().all(|name| sheet.has(name))
}

/// A row and, for a product with variations, theirs.
struct Group<'a> {
    row: &'a Row,
    variations: Vec<&'a Row>,
}

/// Reads the file.
pub(super) fn read(sheet: &Sheet, currency: Currency, now: Timestamp) -> Import {
    let mut taking = Taking::of(sheet, currency, now);
    let cell = |row, name| cells::text(sheet.cell(row, name));
    let (mut groups, mut by_name) = (Vec::new(), BTreeMap::new());
    let is_variation = |row| kinds(sheet.cell(row, TYPE)).any(|kind| kind == "variation");
    for row in sheet.rows.iter().filter(|row| !is_variation(row)) {
        // A variation names its parent by SKU, or by `id:` and number where it has none.
        for name in [cell(row, SKU).to_owned(), format!("id:{}", cell(row, ID))] {
            if !name.is_empty() && name != "id:" {
                by_name.entry(name).or_insert(groups.len());
            }
        }
        groups.push(Group { row, variations: Vec::new() });
    }
    for row in sheet.rows.iter().filter(|row| is_variation(row)) {
        let parent = cell(row, PARENT);
        match by_name.get(parent).and_then(|place| groups.get_mut(*place)) {
            Some(group) => group.variations.push(row),
            None => {
                let parent = parent.chars().take(60).collect();
                taking.leave(row.place, Some(PARENT), Problem::ParentMissing { parent });
            }
        }
    }
    for mut group in groups {
        group.variations.sort_by_key(|row| cell(row, POSITION).parse::<i64>().unwrap_or_default());
        product::take(&mut taking, &group);
    }
    let weight = |column: &str| WEIGHTS.iter().any(|(name, _)| is_among(&[name], column));
    taking.end(
        |column| is_among(&READ, column) || weight(column) || number_of(column).is_some(),
        Format::WooCommerce,
    )
}
