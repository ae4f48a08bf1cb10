//! Another shop's export on its way in: what went wrong, what is worth a look, and the rules that its
//! formats share. Unlike our own file, a row that cannot be used is left out with its reason and the others
//! go in: nobody can correct an export of ten thousand rows by hand in the shop that they are leaving.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::html::plain;
use super::product::{picture_name, text};
use super::sheet::{Name, Place, Sheet};
use super::slug::slug;
use super::{Foreign, Imported, MOST_COUNTED, MOST_MINOR, MOST_VARIANTS, Mistakes, Problem, Remark, Remarks};
use crate::base::{Currency, Line, Money, MoneyError, Paragraph};
use crate::catalog::{Product, Variant};

/// The category of what has none.
const OTHER: &str = "Other";
/// The longest description in HTML that is read at all, in bytes.
const MOST_HTML: usize = 200_000;
/// The most characters of a description.
const MOST_BODY: usize = 5_000;
/// The most pictures of a product whose names are remembered.
const MOST_WANTED: usize = 20;

/// Everything that was taken and said so far.
pub(super) struct Taking<'a> {
    pub(super) sheet: &'a Sheet,
    pub(super) currency: Currency,
    pub(super) now: Timestamp,
    pub(super) left_out: Mistakes,
    pub(super) rows_left: BTreeSet<u64>,
    pub(super) remarks: Remarks,
    /// SKUs that stood in the file, and where.
    skus: BTreeMap<String, u64>,
    pub(super) handles: BTreeMap<String, u64>,
    /// The address behind each picture's name; `None` once two have the same.
    addresses: BTreeMap<String, Option<String>>,
    pub(super) products: Vec<Imported>,
}

/// A variant before it is part of a product.
pub(super) struct Offer {
    pub(super) place: Place,
    pub(super) sku: Line<60>,
    pub(super) options: Vec<Line<60>>,
    pub(super) price: Money,
    pub(super) compare_at: Option<Money>,
    pub(super) grams: u32,
    pub(super) stock: Option<u32>,
}

impl<'a> Taking<'a> {
    pub(super) fn of(sheet: &'a Sheet, currency: Currency, now: Timestamp) -> Self {
        Self {
            sheet,
            currency,
            now,
            left_out: Mistakes::long(),
            rows_left: BTreeSet::new(),
            remarks: Remarks::default(),
            skus: BTreeMap::new(),
            handles: BTreeMap::new(),
            addresses: BTreeMap::new(),
            products: Vec::new(),
        }
    }

    /// Leaves a row out.
    pub(super) fn leave(&mut self, place: Place, column: Option<Name>, problem: Problem) {
        let column = column.map(|name| self.sheet.called(name));
        self.left_out.row(place.row, place.line, column, problem);
        self.rows_left.insert(place.row);
    }

    /// `Some` if it is good, else the row is left out.
    pub(super) fn note<T>(&mut self, place: Place, column: Name, value: Result<T, Problem>) -> Option<T> {
        value.map_err(|problem| self.leave(place, Some(column), problem)).ok()
    }

    /// A line of text in which other shops allow HTML.
    pub(super) fn line<const MAX: usize>(
        &mut self,
        place: Place,
        column: Name,
        cell: &str,
    ) -> Option<Line<MAX>> {
        let read = if cell.len() > MOST_HTML {
            Err(Problem::TooLong { max: MAX })
        } else {
            Line::new(&plain(cell, false)).map_err(text)
        };
        self.note(place, column, read)
    }

    /// A description of parts in HTML: text, cut at a word if it is too long for ours.
    pub(super) fn body(
        &mut self,
        place: Place,
        column: Name,
        parts: &[&str],
        breaks: bool,
    ) -> Option<Paragraph<MOST_BODY>> {
        if parts.iter().any(|part| part.len() > MOST_HTML) {
            self.leave(place, Some(column), Problem::TooLong { max: MOST_BODY });
            return None;
        }
        let mut whole: Vec<String> = Vec::new();
        for part in parts {
            let read = plain(part, breaks);
            if !read.is_empty() && !whole.contains(&read) {
                whole.push(read);
            }
        }
        let mut whole = whole.join("\n\n");
        if let Some((end, _)) = whole.char_indices().nth(MOST_BODY.saturating_sub(1)) {
            whole.truncate(end);
            let word = whole.rfind(char::is_whitespace).unwrap_or(end);
            whole.truncate(word);
            whole.push('…');
            self.remarks.add(Remark::BodyCut, place.row);
        }
        self.note(place, column, Paragraph::new(&whole).map_err(text))
    }

    /// The category, or the one for goods that have none.
    pub(super) fn category(&mut self, place: Place, column: Name, named: &str) -> Option<Line<60>> {
        if plain(named, false).is_empty() {
            self.remarks.add(Remark::CategoryMade, place.row);
            return self.line(place, column, OTHER);
        }
        self.line(place, column, named)
    }

    /// A price: `19.9`, `19.90`, `19,90`, `19.9000`. Empty is `None`.
    pub(super) fn amount(&self, cell: &str) -> Result<Option<Money>, Problem> {
        if cell.is_empty() {
            return Ok(None);
        }
        let decimals = self.currency.exponent();
        let mut digits = if cell.contains('.') { cell.to_owned() } else { cell.replacen(',', ".", 1) };
        if let Some(point) = digits.find('.') {
            let most = point.saturating_add(1).saturating_add(usize::try_from(decimals).unwrap_or(0));
            while digits.len() > most && digits.ends_with('0') {
                digits.pop();
            }
            if digits.ends_with('.') {
                digits.pop();
            }
        }
        let money = Money::parse(&digits, self.currency).map_err(|error| match error {
            MoneyError::Overflow => Problem::PriceOutOfRange,
            _ => Problem::Price { decimals },
        })?;
        Ok(Some(money))
    }

    /// A price that there must be, within what gateways charge.
    pub(super) fn price(&self, cell: &str) -> Result<Money, Problem> {
        match self.amount(cell)? {
            None => Err(Problem::Empty),
            Some(money) if (1..=MOST_MINOR).contains(&money.minor) => Ok(money),
            Some(_) => Err(Problem::PriceOutOfRange),
        }
    }

    /// How many there are; fewer than none is none. Empty is `None`.
    pub(super) fn stock(&mut self, place: Place, column: Name, cell: &str) -> Option<Option<u32>> {
        let (minus, digits) = cell.strip_prefix('-').map_or((false, cell), |digits| (true, digits));
        if cell.is_empty() {
            return Some(None);
        }
        let whole = digits.split_once('.').map_or(digits, |(whole, part)| {
            if part.bytes().all(|byte| byte == b'0') { whole } else { digits }
        });
        let plain = !whole.is_empty() && whole.bytes().all(|byte| byte.is_ascii_digit());
        let read = whole.parse().ok().filter(|count| plain && *count <= MOST_COUNTED);
        let read = self.note(place, column, read.ok_or(Problem::Number))?;
        if minus && read > 0 {
            self.remarks.add(Remark::StockNegative, place.row);
        }
        Some(Some(if minus { 0 } else { read }))
    }

    /// A weight in a unit of `milligrams`, in grams, rounded to the nearest. Empty is 0.
    pub(super) fn grams(&mut self, place: Place, column: Name, cell: &str, milligrams: u64) -> Option<u32> {
        if cell.is_empty() {
            return Some(0);
        }
        let number = cell.replacen(',', ".", usize::from(!cell.contains('.')));
        let (whole, part) = number.split_once('.').unwrap_or((&number, ""));
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let read = (|| {
            let thousandths: String = part.chars().chain("000".chars()).take(3).collect();
            let good = !whole.is_empty() && digits(whole) && digits(part);
            let counted: u64 = format!("{whole}{thousandths}").parse().ok().filter(|_| good)?;
            let grams = counted.checked_mul(milligrams)?.checked_add(500_000)?.checked_div(1_000_000)?;
            u32::try_from(grams).ok().filter(|grams| *grams <= MOST_COUNTED)
        })();
        self.note(place, column, read.ok_or(Problem::Weight))
    }

    /// The variant's SKU: its own, or one made of `parts`.
    pub(super) fn sku(&mut self, place: Place, column: Name, cell: &str, parts: &[&str]) -> Option<Line<60>> {
        if !cell.is_empty() {
            return self.note(place, column, Line::new(cell).map_err(text));
        }
        let made: Vec<_> = parts.iter().map(|part| slug(part, 80)).filter(|part| !part.is_empty()).collect();
        self.remarks.add(Remark::SkuMade, place.row);
        self.note(place, column, Line::new(&made.join("-")).map_err(|_| Problem::Empty))
    }

    /// Remembers the name of a picture behind an address, for those that come with the file.
    pub(super) fn wanted(&mut self, foreign: &mut Foreign, address: &str) {
        foreign.addresses = foreign.addresses.saturating_add(1);
        let Ok(name) = picture_file(address) else { return };
        let known = self.addresses.entry(name.to_string()).or_insert_with(|| Some(address.to_owned()));
        if known.as_deref() != Some(address) {
            // Two pictures with one name: which of them came with the file cannot be known.
            *known = None;
        }
        if foreign.wanted.len() < MOST_WANTED && !foreign.wanted.contains(&name) {
            foreign.wanted.push(name);
        }
    }

    /// Makes the product of its variants, those out that repeat another; `first` is the row that names it.
    pub(super) fn finish(
        &mut self,
        first: Place,
        column: Name,
        mut product: Product,
        offers: Vec<Offer>,
        mut foreign: Foreign,
    ) {
        if offers.len() > MOST_VARIANTS {
            self.leave(first, None, Problem::TooManyVariants);
            return self.along(first, offers.iter().map(|offer| offer.place));
        }
        let (mut seen, mut variants) = (BTreeMap::new(), Vec::new());
        for offer in offers {
            let row = offer.place.row;
            if let Some(row) = self.skus.get(offer.sku.as_str()).copied() {
                self.leave(offer.place, Some(column), Problem::SkuTwice { row });
                continue;
            }
            let key: Vec<_> = offer.options.iter().map(|value| value.as_str().to_lowercase()).collect();
            if let Some(row) = seen.get(&key).copied() {
                self.leave(offer.place, None, Problem::OptionsTwice { row });
                foreign.left.push(offer.sku.to_string());
                continue;
            }
            seen.insert(key, row);
            self.skus.insert(offer.sku.to_string(), row);
            variants.push((row, offer.stock));
            let Offer { sku, options, price, compare_at, grams, .. } = offer;
            product.variants.push(Variant { sku, options, price, compare_at, grams });
        }
        if product.variants.is_empty() {
            self.leave(first, None, Problem::NoVariants);
        } else {
            self.products.push(Imported { product, variants, foreign: Some(foreign) });
        }
    }

    /// Leaves out the rows of a product that is left out.
    pub(super) fn along(&mut self, first: Place, places: impl Iterator<Item = Place>) {
        for place in places.filter(|place| place.row != first.row) {
            self.leave(place, None, Problem::ProductLeftOut { row: first.row });
        }
    }

    /// What was read, and what was not.
    pub(super) fn end(mut self, read: impl Fn(&str) -> bool, format: super::Format) -> super::Import {
        for foreign in self.products.iter_mut().filter_map(|imported| imported.foreign.as_mut()) {
            foreign.wanted.retain(|name| matches!(self.addresses.get(name.as_str()), Some(Some(_))));
        }
        self.remarks.keep(|row| !self.rows_left.contains(&row));
        super::Import {
            format,
            products: self.products,
            ignored: self.sheet.ignored(read),
            left_out: self.left_out,
            rows_left: self.rows_left,
            remarks: self.remarks,
        }
    }
}

/// The name under which the picture of an address is looked for among those that came with the file, and
/// kept: the address's last part, other characters than ours made underscores.
pub(super) fn picture_file(address: &str) -> Result<Line<100>, Problem> {
    let path = address.split(['?', '#']).next().unwrap_or_default();
    let last = path.rsplit('/').next().unwrap_or_default();
    picture_name(&plain_name(last))
}

/// The same for the name of a file that somebody sent.
pub fn plain_name(name: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_');
    name.chars().map(|letter| if plain(letter) { letter } else { '_' }).collect()
}
