//! Shopify's product CSV, with the column names of 2025 and those before.
//!
//! Rows with one handle stand together: the product's own cells are on the first, each row is a variant or,
//! without option value, SKU and price, one more picture. Weights are grams whatever unit is displayed.

use jiff::Timestamp;

use super::sheet::{Name, Place, Row, Sheet, is_among};
use super::slug::handle;
use super::taking::{Offer, Taking};
use super::{Foreign, Format, Import, NO_OPTION, Problem, Remark};
use crate::base::{Currency, Line};
use crate::catalog::{Handle, Product, Status};

const HANDLE: Name = &["Handle", "URL handle"];
const TITLE: Name = &["Title"];
const BODY: Name = &["Body (HTML)", "Description"];
const TYPE: Name = &["Type"];
const CATEGORY: Name = &["Product Category"];
const TAGS: Name = &["Tags"];
const PUBLISHED: Name = &["Published", "Published on online store"];
const STATUS: Name = &["Status"];
const GIFT_CARD: Name = &["Gift Card"];
const OPTION_NAMES: [Name; 3] = [&["Option1 Name"], &["Option2 Name"], &["Option3 Name"]];
const OPTION_VALUES: [Name; 3] = [&["Option1 Value"], &["Option2 Value"], &["Option3 Value"]];
const SKU: Name = &["Variant SKU", "SKU"];
const GRAMS: Name = &["Variant Grams", "Weight value (grams)"];
const UNIT: Name = &["Variant Weight Unit", "Weight unit for display"];
const TRACKER: Name = &["Variant Inventory Tracker", "Inventory tracker"];
const QUANTITY: Name = &["Variant Inventory Qty", "Inventory quantity"];
const PRICE: Name = &["Variant Price", "Price"];
const COMPARE_AT: Name = &["Variant Compare At Price", "Compare-at price"];
const SHIPS: Name = &["Variant Requires Shipping", "Requires shipping"];
const TAXABLE: Name = &["Variant Taxable", "Charge tax"];
const IMAGE: Name = &["Image Src", "Product image URL"];
const POSITION: Name = &["Image Position", "Image position"];
const ALT: Name = &["Image Alt Text"];
const VARIANT_IMAGE: Name = &["Variant Image", "Variant image URL"];

const READ: [Name; 22] = [
    HANDLE,
    TITLE,
    BODY,
    TYPE,
    CATEGORY,
    TAGS,
    PUBLISHED,
    STATUS,
    GIFT_CARD,
    SKU,
    GRAMS,
    UNIT,
    TRACKER,
    QUANTITY,
    PRICE,
    COMPARE_AT,
    SHIPS,
    TAXABLE,
    IMAGE,
    POSITION,
    ALT,
    VARIANT_IMAGE,
];

/// Whether the columns are Shopify's: ours came from them, but has `Category`.
pub(super) fn is_it(sheet: &Sheet) -> bool {
    let has = |name| sheet.has(name);
    let marks: [Name; 4] = [BODY, TYPE, &["Vendor"], PUBLISHED];
    has(HANDLE) && has(TITLE) && has(PRICE) && !has(&["Category"]) && marks.into_iter().any(has)
}

/// Reads the file.
pub(super) fn read(sheet: &Sheet, currency: Currency, now: Timestamp) -> Import {
    let mut taking = Taking::of(sheet, currency, now);
    for rows in sheet.rows.chunk_by(|one, next| sheet.cell(one, HANDLE) == sheet.cell(next, HANDLE)) {
        if let Some((first, _)) = rows.split_first() {
            product(&mut taking, first, rows);
        }
    }
    let options = || OPTION_NAMES.into_iter().chain(OPTION_VALUES);
    taking.end(
        |column| is_among(&READ, column) || options().any(|name| is_among(&[name], column)),
        Format::Shopify,
    )
}

/// Whether a row is a variant and not only one more picture.
fn is_variant(sheet: &Sheet, row: &Row) -> bool {
    [OPTION_VALUES[0], SKU, PRICE].into_iter().any(|name| !sheet.cell(row, name).is_empty())
}

fn says(cell: &str, word: &str) -> bool {
    cell.eq_ignore_ascii_case(word)
}

fn product(taking: &mut Taking<'_>, first: &Row, rows: &[Row]) {
    let sheet = taking.sheet;
    let variants = || rows.iter().filter(|row| row.place == first.place || is_variant(sheet, row));
    let Some((product, mut foreign)) = begin(taking, first) else {
        return taking.along(first.place, variants().map(|row| row.place));
    };
    for row in rows {
        let address = sheet.cell(row, IMAGE);
        if !address.is_empty() {
            taking.wanted(&mut foreign, address);
        }
    }
    let mut offers = Vec::new();
    for row in variants() {
        match offer(taking, row, &product) {
            Some(offer) => offers.push(offer),
            None => foreign.left.push(sheet.cell(row, SKU).to_owned()),
        }
    }
    if offers.is_empty() {
        return;
    }
    taking.finish(first.place, SKU, product, offers, foreign);
}

/// The product's own cells.
fn begin(taking: &mut Taking<'_>, row: &Row) -> Option<(Product, Foreign)> {
    let (sheet, place) = (taking.sheet, row.place);
    let cell = |name| sheet.cell(row, name);
    if says(cell(GIFT_CARD), "true") {
        taking.leave(place, Some(GIFT_CARD), Problem::GiftCard);
        return None;
    }
    let handle = named(taking, place, cell(HANDLE));
    let title: Option<Line<120>> = taking.line(place, TITLE, cell(TITLE));
    let body = taking.body(place, BODY, &[cell(BODY)], false);
    let category = {
        let tree = cell(CATEGORY).rsplit('>').next().unwrap_or_default().trim();
        let tag = cell(TAGS).split(',').next().unwrap_or_default().trim();
        let named = [(TYPE, cell(TYPE)), (CATEGORY, tree), (TAGS, tag)];
        let (column, named) = named.into_iter().find(|(_, text)| !text.is_empty()).unwrap_or((TYPE, ""));
        taking.category(place, column, named)
    };
    let options = options(taking, row);
    let foreign = |alt: Line<250>| Foreign::new(alt, false);
    let alt = match cell(ALT) {
        "" => title.as_ref().and_then(|title| Line::new(title.as_str()).ok()),
        words => taking.line(place, ALT, words),
    };
    let product = Product {
        handle: handle?,
        title: title?,
        body: body?,
        category: category?,
        options: options?,
        variants: Vec::new(),
        picture: None,
        status: status(cell(PUBLISHED), cell(STATUS)),
        demo: false,
    };
    Some((product, foreign(alt?)))
}

/// The handle, made ours where Shopify allows more letters; once in the file.
fn named(taking: &mut Taking<'_>, place: Place, cell: &str) -> Option<Handle> {
    let ours = if cell.is_empty() { Err(Problem::Empty) } else { handle(cell).ok_or(Problem::Handle) };
    let ours = taking.note(place, HANDLE, ours)?;
    if let Some(before) = taking.handles.get(ours.as_str()).copied() {
        taking.leave(place, Some(HANDLE), Problem::HandleApart { row: before });
        return None;
    }
    taking.handles.insert(ours.to_string(), place.row);
    if ours.as_str() != cell {
        taking.remarks.add(Remark::HandleChanged, place.row);
    }
    Some(ours)
}

/// The names of the options: none to two.
fn options(taking: &mut Taking<'_>, row: &Row) -> Option<Vec<Line<40>>> {
    let sheet = taking.sheet;
    let [first, second, third] = OPTION_NAMES.map(|name| sheet.cell(row, name));
    if !third.is_empty() {
        taking.leave(row.place, Some(OPTION_NAMES[2]), Problem::TooManyOptions);
        return None;
    }
    if first.is_empty() && !second.is_empty() {
        taking.leave(row.place, Some(OPTION_NAMES[1]), Problem::OptionSecondOnly);
        return None;
    }
    if first.is_empty() || (first, sheet.cell(row, OPTION_VALUES[0])) == NO_OPTION {
        return Some(Vec::new());
    }
    let named = OPTION_NAMES.into_iter().zip([first, second]).filter(|(_, name)| !name.is_empty());
    named.map(|(column, name)| taking.line(row.place, column, name)).collect()
}

/// On sale if published there, and neither a draft, archived nor unlisted.
fn status(published: &str, status: &str) -> Status {
    let active = status.is_empty() || says(status, "active");
    if active && !says(published, "false") { Status::Active } else { Status::Draft }
}

/// One variant; `None` if its row is left out.
fn offer(taking: &mut Taking<'_>, row: &Row, product: &Product) -> Option<Offer> {
    let (sheet, place) = (taking.sheet, row.place);
    let cell = |name| sheet.cell(row, name);
    if says(cell(SHIPS), "false") {
        taking.leave(place, Some(SHIPS), Problem::NotShipped);
        return None;
    }
    let mut values = Some(Vec::new());
    for (at, column) in OPTION_VALUES.into_iter().enumerate() {
        let value = cell(column);
        if at < product.options.len() {
            let value = taking.line(place, column, value);
            values = values.zip(value).map(|(mut values, value)| {
                values.push(value);
                values
            });
        } else if !value.is_empty() && value != NO_OPTION.1 {
            taking.leave(place, Some(column), Problem::OptionWithoutName);
            values = None;
        }
    }
    let parts: Vec<_> =
        std::iter::once(product.handle.as_str()).chain(values.iter().flatten().map(Line::as_str)).collect();
    let sku = taking.sku(place, SKU, cell(SKU), &parts);
    let price = taking.price(cell(PRICE));
    let price = taking.note(place, PRICE, price);
    let compare_at = taking.amount(cell(COMPARE_AT));
    let compare_at = taking.note(place, COMPARE_AT, compare_at);
    let grams = taking.grams(place, GRAMS, cell(GRAMS), 1_000);
    let stock = taking.stock(place, QUANTITY, cell(QUANTITY));
    let untracked = sheet.has(TRACKER) && cell(TRACKER).is_empty();
    match stock {
        Some(None) => taking.remarks.add(Remark::StockUnsaid, place.row),
        Some(Some(_)) if untracked => taking.remarks.add(Remark::StockUntracked, place.row),
        _ => {}
    }
    if says(cell(TAXABLE), "false") {
        taking.remarks.add(Remark::OwnTax, place.row);
    }
    let price = price?;
    // Shopify shows a former price only if it is higher.
    let compare_at =
        compare_at?.filter(|former| former.minor > price.minor && former.minor <= super::MOST_MINOR);
    Some(Offer { place, sku: sku?, options: values?, price, compare_at, grams: grams?, stock: stock? })
}
