//! Products from a CSV file: the columns of the widespread product export, one row per variant.
//!
//! Pure: bytes in, products and stock out, or every mistake with its row, its column and a cure. Nothing
//! is taken from a file that has one. Takes UTF-8 with or without a byte-order mark, comma or semicolon
//! (as spreadsheets in many languages write them) between cells. Rows with one handle stand together; a
//! product's own cells stand on the first of them and are empty or the same on the others. Columns that
//! are not known are ignored and named.

mod columns;
mod mistake;
mod product;

use std::collections::BTreeMap;

use csv::{ReaderBuilder, StringRecord};

pub use columns::Column;
pub use mistake::{MOST_SHOWN, Mistake, Mistakes, Problem};

use super::Product;
use crate::base::Currency;
use columns::Columns;
use product::Draft;

/// The largest file: 5 MB.
pub const MOST_BYTES: usize = 5_000_000;
/// The most rows below the column names.
pub const MOST_ROWS: u64 = 10_000;
/// The most variants of a product.
pub const MOST_VARIANTS: usize = 100;
/// The most of a variant in stock, and the most grams of one.
pub const MOST_COUNTED: u32 = 1_000_000;
/// The highest price in minor units: eight digits, the most that gateways charge at once.
pub const MOST_MINOR: i64 = 99_999_999;

/// A good file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// Its products, in the order of the file.
    pub products: Vec<Imported>,
    /// Columns that were not read.
    pub ignored: Vec<String>,
}

/// A product and where it stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The product.
    pub product: Product,
    /// For each variant its row, and how many there are; `None` where the file does not say.
    pub variants: Vec<(u64, Option<u32>)>,
}

impl Imported {
    /// The product's first row.
    pub fn row(&self) -> u64 {
        self.variants.first().map_or(0, |(row, _)| *row)
    }
}

/// Reads a file whose prices are in `currency`.
pub fn read(bytes: &[u8], currency: Currency) -> Result<Import, Mistakes> {
    let mut mistakes = Mistakes::default();
    if bytes.len() > MOST_BYTES {
        mistakes.add(None, None, Problem::FileTooLarge);
        return Err(mistakes);
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = ReaderBuilder::new().delimiter(delimiter(bytes)).flexible(true).from_reader(bytes);
    let columns = match reader.headers() {
        Ok(header) => Columns::find(header, &mut mistakes),
        Err(_) => {
            mistakes.add(Some(1), None, Problem::NotUtf8);
            return Err(mistakes);
        }
    };
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    let mut file = File { columns, currency, drafts: Vec::new(), handles: BTreeMap::new() };
    let mut row = 1;
    for record in reader.records() {
        row += 1;
        if row > MOST_ROWS + 1 {
            mistakes.add(None, None, Problem::TooManyRows);
            return Err(mistakes);
        }
        match record {
            Ok(record) => file.take(row, &record, &mut mistakes),
            // A flexible reader of a slice fails on nothing but bytes that are not UTF-8.
            Err(_) => mistakes.add(Some(row), None, Problem::NotUtf8),
        }
    }
    if file.drafts.is_empty() && mistakes.is_empty() {
        mistakes.add(None, None, Problem::NoRows);
    }
    let products = file.finish(&mut mistakes);
    mistakes.or(Import { products, ignored: file.columns.ignored })
}

/// What stands between the cells: a semicolon where the first line has one and no comma.
fn delimiter(bytes: &[u8]) -> u8 {
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    if line.contains(&b';') && !line.contains(&b',') { b';' } else { b',' }
}

/// The file on its way.
struct File {
    columns: Columns,
    currency: Currency,
    drafts: Vec<Draft>,
    handles: BTreeMap<String, u64>,
}

impl File {
    fn take(&mut self, row: u64, record: &StringRecord, mistakes: &mut Mistakes) {
        if record.iter().all(|cell| cell.trim().is_empty()) {
            return;
        }
        if self.columns.overflows(record) {
            mistakes.add(Some(row), None, Problem::TooManyCells);
        }
        let handle = self.columns.cell(record, Column::Handle);
        let cells = |column| self.columns.cell(record, column);
        match self.drafts.last_mut() {
            Some(draft) if draft.handle == handle => draft.add(row, &cells, self.currency, mistakes),
            _ => {
                if let Some(before) = self.handles.insert(handle.to_owned(), row) {
                    mistakes.cell(row, Column::Handle, Problem::HandleApart { row: before });
                }
                let mut draft = Draft::begin(row, &cells, mistakes);
                draft.add(row, &cells, self.currency, mistakes);
                self.drafts.push(draft);
            }
        }
    }

    fn finish(&mut self, mistakes: &mut Mistakes) -> Vec<Imported> {
        let mut skus = BTreeMap::new();
        let mut products = Vec::new();
        for draft in self.drafts.drain(..) {
            draft.name_repeats(&mut skus, mistakes);
            products.extend(draft.finish());
        }
        products
    }
}

#[cfg(test)]
mod tests;
