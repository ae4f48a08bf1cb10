//! One product of the file, row by row.

use std::collections::BTreeMap;

use super::{Column, Imported, MOST_COUNTED, MOST_MINOR, MOST_VARIANTS, Mistakes, NO_OPTION, Problem};
use crate::base::{Currency, Line, Money, MoneyError, Paragraph, TextError};
use crate::catalog::{Handle, PictureRef, Product, Status, Variant};

/// Cells of the row in hand.
type Cells<'a> = dyn Fn(Column) -> &'a str + 'a;

/// The cells that belong to the product and not to one variant.
const PRODUCT_CELLS: [Column; 8] = [
    Column::Title,
    Column::Body,
    Column::Category,
    Column::Option1Name,
    Column::Option2Name,
    Column::Image,
    Column::Alt,
    Column::Status,
];

/// A product of which not all rows are read yet. What is wrong is noted at once; only a product
/// without a mistake is finished.
pub(super) struct Draft {
    pub(super) handle: String,
    row: u64,
    cells: Vec<(Column, String)>,
    product: Option<Product>,
    options: usize,
    variants: Vec<(u64, Option<u32>)>,
    skus: Vec<(u64, String)>,
    seen_options: BTreeMap<Vec<String>, u64>,
}

/// What a text is refused for.
pub(super) fn text(error: TextError) -> Problem {
    match error {
        TextError::Empty => Problem::Empty,
        TextError::TooLong { max } => Problem::TooLong { max },
        TextError::Control => Problem::Control,
    }
}

/// `Some` if it is good, else a mistake.
fn note<T>(row: u64, column: Column, value: Result<T, Problem>, mistakes: &mut Mistakes) -> Option<T> {
    value.map_err(|problem| mistakes.cell(row, column, problem)).ok()
}

impl Draft {
    /// Reads the product's own cells on its first row.
    pub(super) fn begin<'a>(row: u64, cells: &Cells<'a>, mistakes: &mut Mistakes) -> Self {
        let handle = note(
            row,
            Column::Handle,
            Handle::new(cells(Column::Handle)).map_err(|_| Problem::Handle),
            mistakes,
        );
        let title = note(row, Column::Title, Line::new(cells(Column::Title)).map_err(text), mistakes);
        let category =
            note(row, Column::Category, Line::new(cells(Column::Category)).map_err(text), mistakes);
        let body = note(row, Column::Body, Paragraph::new(cells(Column::Body)).map_err(text), mistakes);
        let options = option_names(row, cells, mistakes);
        let picture = picture(row, cells, mistakes);
        let status = note(row, Column::Status, status(cells(Column::Status)), mistakes);
        let count = options.as_ref().map_or(0, Vec::len);
        let product = (|| {
            Some(Product {
                handle: handle?,
                title: title?,
                body: body?,
                category: category?,
                options: options?,
                variants: Vec::new(),
                picture: picture?,
                status: status?,
                demo: false,
            })
        })();
        Self {
            handle: cells(Column::Handle).to_owned(),
            row,
            cells: PRODUCT_CELLS.map(|column| (column, cells(column).to_owned())).to_vec(),
            product,
            options: count,
            variants: Vec::new(),
            skus: Vec::new(),
            seen_options: BTreeMap::new(),
        }
    }

    /// Reads the variant of a row, the first one included.
    pub(super) fn add<'a>(
        &mut self,
        row: u64,
        cells: &Cells<'a>,
        currency: Currency,
        mistakes: &mut Mistakes,
    ) {
        for (column, first) in &self.cells {
            let here = cells(*column);
            if !here.is_empty() && here != first {
                mistakes.cell(row, *column, Problem::DiffersFromFirst { row: self.row });
            }
        }
        if self.variants.len() >= MOST_VARIANTS {
            mistakes.cell(row, Column::Handle, Problem::TooManyVariants);
            return;
        }
        let before = mistakes.count();
        let sku = note(row, Column::Sku, Line::new(cells(Column::Sku)).map_err(text), mistakes);
        let price = price(row, Column::Price, cells, currency, mistakes);
        let compare_at = compare_at(row, price, cells, currency, mistakes);
        let stock = number(row, Column::Quantity, cells, mistakes);
        let grams = number(row, Column::Grams, cells, mistakes);
        let options = self.option_values(row, cells, mistakes);
        if let Some(sku) = &sku {
            self.skus.push((row, sku.to_string()));
        }
        self.variants.push((row, stock));
        match (&mut self.product, sku, price) {
            (Some(product), Some(sku), Some(price)) if mistakes.count() == before => {
                let grams = grams.unwrap_or_default();
                product.variants.push(Variant { sku, options, price, compare_at, grams });
            }
            _ => self.product = None,
        }
    }

    fn option_values<'a>(&mut self, row: u64, cells: &Cells<'a>, mistakes: &mut Mistakes) -> Vec<Line<60>> {
        let mut values = Vec::new();
        for (place, column) in [Column::Option1Value, Column::Option2Value].into_iter().enumerate() {
            let value = cells(column);
            if place < self.options {
                values.extend(note(row, column, Line::new(value).map_err(text), mistakes));
            } else if !value.is_empty() && value != NO_OPTION.1 {
                mistakes.cell(row, column, Problem::OptionWithoutName);
            }
        }
        let key = values.iter().map(|value| value.as_str().to_lowercase()).collect();
        if let Some(before) = self.seen_options.insert(key, row) {
            mistakes.add(Some(row), None, Problem::OptionsTwice { row: before });
        }
        values
    }

    /// Notes SKUs that stood in the file before.
    pub(super) fn name_repeats(&self, seen: &mut BTreeMap<String, u64>, mistakes: &mut Mistakes) {
        for (row, sku) in &self.skus {
            if let Some(before) = seen.insert(sku.clone(), *row) {
                mistakes.cell(*row, Column::Sku, Problem::SkuTwice { row: before });
            }
        }
    }

    /// The product, if all of it is good.
    pub(super) fn finish(self) -> Option<Imported> {
        self.product.map(|product| Imported { product, variants: self.variants, foreign: None })
    }
}

fn option_names<'a>(row: u64, cells: &Cells<'a>, mistakes: &mut Mistakes) -> Option<Vec<Line<40>>> {
    let [first, second] = [Column::Option1Name, Column::Option2Name].map(cells);
    if first.is_empty() && !second.is_empty() {
        mistakes.cell(row, Column::Option2Name, Problem::OptionSecondOnly);
        return None;
    }
    if (first, cells(Column::Option1Value)) == NO_OPTION {
        return Some(Vec::new());
    }
    let mut names = Vec::new();
    for (column, name) in [(Column::Option1Name, first), (Column::Option2Name, second)] {
        if !name.is_empty() {
            names.push(note(row, column, Line::new(name).map_err(text), mistakes)?);
        }
    }
    Some(names)
}

/// The outer `None` is a mistake, the inner one no picture.
fn picture<'a>(row: u64, cells: &Cells<'a>, mistakes: &mut Mistakes) -> Option<Option<PictureRef>> {
    let source = cells(Column::Image);
    if source.is_empty() {
        return Some(None);
    }
    let alt = match cells(Column::Alt) {
        "" => Err(Problem::AltMissing),
        words => Line::new(words).map_err(text),
    };
    let name = note(row, Column::Image, picture_name(source), mistakes);
    let alt = note(row, Column::Alt, alt, mistakes);
    Some(Some(PictureRef { name: name?, alt: alt? }))
}

/// A file's name as the shop keeps it: letters of ASCII, digits, `.`, `-` and `_`, a known ending, no
/// folder in front.
pub(super) fn picture_name(source: &str) -> Result<Line<100>, Problem> {
    if source.contains("://") {
        return Err(Problem::PictureAddress);
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let ending = source.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    let known = matches!(ending.as_deref(), Some("jpg" | "jpeg" | "png" | "webp"));
    if !known || source.starts_with('.') || !source.bytes().all(plain) {
        return Err(Problem::PictureName);
    }
    Line::new(source).map_err(text)
}

fn status(cell: &str) -> Result<Status, Problem> {
    match cell.to_ascii_lowercase().as_str() {
        "" | "active" => Ok(Status::Active),
        "draft" => Ok(Status::Draft),
        _ => Err(Problem::Status),
    }
}

fn price<'a>(
    row: u64,
    column: Column,
    cells: &Cells<'a>,
    currency: Currency,
    mistakes: &mut Mistakes,
) -> Option<Money> {
    let read = Money::parse(cells(column), currency).map_err(|error| match error {
        _ if cells(column).is_empty() => Problem::Empty,
        MoneyError::Overflow => Problem::PriceOutOfRange,
        _ => Problem::Price { decimals: currency.exponent() },
    });
    let bounded = read.and_then(|money| match money.minor {
        1..=MOST_MINOR => Ok(money),
        _ => Err(Problem::PriceOutOfRange),
    });
    note(row, column, bounded, mistakes)
}

fn compare_at<'a>(
    row: u64,
    now: Option<Money>,
    cells: &Cells<'a>,
    currency: Currency,
    mistakes: &mut Mistakes,
) -> Option<Money> {
    if cells(Column::CompareAt).is_empty() {
        return None;
    }
    let before = price(row, Column::CompareAt, cells, currency, mistakes)?;
    if now.is_some_and(|now| before.minor <= now.minor) {
        mistakes.cell(row, Column::CompareAt, Problem::CompareNotHigher);
    }
    Some(before)
}

/// `None` for an empty cell, and for a mistake.
fn number<'a>(row: u64, column: Column, cells: &Cells<'a>, mistakes: &mut Mistakes) -> Option<u32> {
    let cell = cells(column);
    if cell.is_empty() {
        return None;
    }
    let digits = cell.bytes().all(|byte| byte.is_ascii_digit());
    let value = cell.parse().ok().filter(|value| digits && *value <= MOST_COUNTED);
    note(row, column, value.ok_or(Problem::Number), mistakes)
}
