//! Products from a CSV file: our own columns, or the export of a WooCommerce or Shopify shop as it is.
//!
//! Pure: bytes in, products and stock out, or every mistake with its row, its column and a cure. Takes UTF-8
//! with or without a byte-order mark, comma or semicolon (as spreadsheets in many languages write them)
//! between cells. Which of the three a file is, its columns tell.
//!
//! Our own file has one row per variant; rows with one handle stand together, and a product's own cells stand
//! on the first of them and are empty or the same on the others. Nothing is taken from a file that has a
//! mistake. Another shop's export is taken as far as it goes: a row that cannot be used is left out and named,
//! and where this shop knows less than the other one a [`Remark`] says what was made of it. Encoding, size and
//! an unclosed quotation mark refuse either file, since then no row can be trusted. Columns that are not known
//! are ignored and named; what is behind an address is never fetched.

mod columns;
mod html;
mod mistake;
mod product;
mod remark;
mod sheet;
mod shopify;
mod slug;
mod taking;
pub mod untrusted;
mod woocommerce;

use std::collections::{BTreeMap, BTreeSet};

use csv::{ReaderBuilder, StringRecord};
use jiff::Timestamp;

pub use columns::Column;
pub use mistake::{MOST_LEFT_OUT, MOST_SHOWN, Mistake, Mistakes, Problem};
pub use remark::{Remark, Remarks};
pub use taking::plain_name;

use super::Product;
use crate::base::{Currency, Line};
use columns::Columns;
use product::Draft;
use sheet::Sheet;

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

/// What a product in one form only has for an option, in exports.
const NO_OPTION: (&str, &str) = ("Title", "Default Title");

/// Whose columns a file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Ours.
    Own,
    /// Shopify's.
    Shopify,
    /// WooCommerce's.
    WooCommerce,
}

/// A file of which something can be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// Whose columns it has.
    pub format: Format,
    /// Its products, in the order of the file.
    pub products: Vec<Imported>,
    /// Columns that were not read.
    pub ignored: Vec<String>,
    /// Rows of another shop's export that cannot be used.
    pub left_out: Mistakes,
    /// Which rows those are; one may have several mistakes.
    pub rows_left: BTreeSet<u64>,
    /// What is worth a look in those that can.
    pub remarks: Remarks,
}

/// A product and where it stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The product.
    pub product: Product,
    /// For each variant its row, and how many there are; `None` where the file does not say.
    pub variants: Vec<(u64, Option<u32>)>,
    /// What is known of a product that comes from another shop's export.
    pub foreign: Option<Foreign>,
}

/// How a product of another shop's export meets what is in the shop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreign {
    /// Names under which its pictures may have come with the file, the first one first.
    pub wanted: Vec<Line<100>>,
    /// What the picture shows.
    pub alt: Line<250>,
    /// How many addresses of pictures it has.
    pub addresses: usize,
    /// Its handle was made from its name: a product with one of its SKUs keeps its own.
    pub named_here: bool,
    /// SKUs of its rows that were left out.
    pub left: Vec<String>,
}

impl Foreign {
    fn new(alt: Line<250>, named_here: bool) -> Self {
        Self { wanted: Vec::new(), alt, addresses: 0, named_here, left: Vec::new() }
    }
}

impl Imported {
    /// The product's first row.
    pub fn row(&self) -> u64 {
        self.variants.first().map_or(0, |(row, _)| *row)
    }
}

/// Reads a file whose prices are in `currency`, whosever columns it has. At `now` a sale holds, or not.
pub fn read(bytes: &[u8], currency: Currency, now: Timestamp) -> Result<Import, Mistakes> {
    if bytes.len() > MOST_BYTES {
        let mut mistakes = Mistakes::default();
        mistakes.add(None, None, Problem::FileTooLarge);
        return Err(mistakes);
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let header = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let read: fn(&Sheet, Currency, Timestamp) -> Import = match Sheet::header(header) {
        Some(header) if woocommerce::is_it(&header) => woocommerce::read,
        Some(header) if shopify::is_it(&header) => shopify::read,
        _ => return own(bytes, currency),
    };
    let mut import = read(&Sheet::read(bytes)?, currency, now);
    import.left_out.sort();
    Ok(import)
}

/// Reads a file with our own columns.
fn own(bytes: &[u8], currency: Currency) -> Result<Import, Mistakes> {
    let mut mistakes = Mistakes::default();
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
    mistakes.or(Import {
        format: Format::Own,
        products,
        ignored: file.columns.ignored,
        left_out: Mistakes::default(),
        rows_left: BTreeSet::new(),
        remarks: Remarks::default(),
    })
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
mod export_bounds_tests;
#[cfg(test)]
mod export_tests;
#[cfg(test)]
mod tests;
