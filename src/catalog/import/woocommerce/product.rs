//! One product of WooCommerce's file with its variations.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::super::html::plain;
use super::super::sheet::{Place, Row};
use super::super::slug::{handle, slug};
use super::super::taking::{Offer, Taking};
use super::super::{Foreign, MOST_VARIANTS, Problem, Remark};
use super::cells::{self, Attribute, attributes, kinds, list};
use super::*;
use crate::base::{Line, Money};
use crate::catalog::{Handle, Product, Status};

/// Takes one product, or leaves it and its variations out.
pub(super) fn take(taking: &mut Taking<'_>, group: &Group<'_>) {
    let (first, places) = (group.row.place, group.variations.iter().map(|row| row.place));
    let Some(variable) = sold_as(taking, group.row) else { return taking.along(first, places) };
    let mine = attributes(taking.sheet, group.row);
    let options = if variable { options(taking, group, &mine) } else { Some(Vec::new()) };
    let product = options.and_then(|options| begin(taking, group.row, &mine, options));
    let Some((product, mut foreign)) = product else { return taking.along(first, places) };
    let mut rows = vec![group.row];
    rows.extend(&group.variations);
    for row in rows {
        for address in list(taking.sheet.cell(row, IMAGES)) {
            taking.wanted(&mut foreign, &address);
        }
    }
    let offers = if variable {
        variants(taking, group, &product, &mine, &mut foreign)
    } else {
        taking.along(first, places);
        offer(taking, group.row, &product, Vec::new(), None).into_iter().collect()
    };
    if variable && group.variations.is_empty() {
        taking.leave(first, None, Problem::NoVariants);
    }
    if !offers.is_empty() {
        taking.finish(first, SKU, product, offers, foreign);
    }
}

/// Whether it has variations; `None` if it is nothing that this shop can sell.
fn sold_as(taking: &mut Taking<'_>, row: &Row) -> Option<bool> {
    let (mut variable, mut problem) = (None, None);
    for kind in kinds(taking.sheet.cell(row, TYPE)) {
        match kind.as_str() {
            "simple" => variable = Some(false),
            "variable" => variable = Some(true),
            "grouped" => problem = Some(Problem::Grouped),
            "external" => problem = Some(Problem::External),
            "virtual" | "downloadable" => problem = problem.or(Some(Problem::NotShipped)),
            other => {
                let kind = other.chars().take(40).collect();
                problem = problem.or(Some(Problem::ProductType { kind }));
            }
        }
    }
    if let Some(problem) = problem {
        taking.leave(row.place, Some(TYPE), problem);
        return None;
    }
    variable
}

/// The attributes in which the variations differ, as the product orders them.
fn options(taking: &mut Taking<'_>, group: &Group<'_>, mine: &[Attribute]) -> Option<Vec<String>> {
    let mut named: Vec<String> = Vec::new();
    for attribute in group.variations.iter().flat_map(|row| attributes(taking.sheet, row)) {
        if !named.iter().any(|name| name.eq_ignore_ascii_case(&attribute.name)) {
            named.push(attribute.name);
        }
    }
    if named.len() > 2 {
        taking.leave(group.row.place, Some(cells::THIRD), Problem::TooManyOptions);
        return None;
    }
    let place = |name: &str| mine.iter().position(|attribute| attribute.name.eq_ignore_ascii_case(name));
    named.sort_by_key(|name| place(name).unwrap_or(usize::MAX));
    Some(named)
}

/// The product's own cells. Attributes that nobody chooses among are facts for its description.
fn begin(
    taking: &mut Taking<'_>,
    row: &Row,
    mine: &[Attribute],
    options: Vec<String>,
) -> Option<(Product, Foreign)> {
    let (sheet, place) = (taking.sheet, row.place);
    let cell = |name| cells::text(sheet.cell(row, name));
    let title: Option<Line<120>> = taking.line(place, NAME, cell(NAME));
    let chosen = |name: &str| options.iter().any(|option| option.eq_ignore_ascii_case(name));
    let facts: Vec<_> = mine
        .iter()
        .filter(|fact| fact.visible && !fact.values.is_empty() && !chosen(&fact.name))
        .map(|fact| format!("{}: {}", fact.name, fact.values.join(", ")))
        .collect();
    let (short, long) = (cells::lines(cell(SHORT)), cells::lines(cell(DESCRIPTION)));
    let body = taking.body(place, DESCRIPTION, &[&short, &long, &facts.join("\n")], true);
    let category = {
        let paths = list(cell(CATEGORIES));
        if paths.len() > 1 {
            taking.remarks.add(Remark::MoreCategories, place.row);
        }
        // The deepest says most; the first of them where several are as deep.
        let depth = |path: &&String| path.matches('>').count();
        let deepest = paths.iter().rev().max_by_key(depth).map(String::as_str).unwrap_or_default();
        taking.category(place, CATEGORIES, deepest.rsplit('>').next().unwrap_or_default().trim())
    };
    let names: Option<Vec<Line<40>>> =
        options.iter().map(|option| taking.line(place, cells::OPTION, option)).collect();
    let status = status(taking, place, cell(PUBLISHED), cell(VISIBILITY));
    let title = title?;
    let handle = named(taking, place, &title, [cell(SKU), cell(ID)])?;
    let alt = taking.line(place, NAME, title.as_str())?;
    let product = Product {
        handle,
        title,
        body: body?,
        category: category?,
        options: names?,
        variants: Vec::new(),
        picture: None,
        status,
        demo: false,
    };
    Some((product, Foreign::new(alt, true)))
}

/// A handle of the name; with the SKU or number behind it where another product of the file has it.
fn named(taking: &mut Taking<'_>, place: Place, title: &Line<120>, more: [&str; 2]) -> Option<Handle> {
    let more = more.into_iter().find(|more| !more.is_empty()).unwrap_or_default();
    let plain = handle(title.as_str());
    let longer = || handle(&format!("{} {more}", slug(title.as_str(), 60)));
    let free = |handle: &Handle| !taking.handles.contains_key(handle.as_str());
    let found = plain.filter(free).or_else(|| longer().filter(free));
    let handle = taking.note(place, NAME, found.ok_or(Problem::NoHandle))?;
    taking.handles.insert(handle.to_string(), place.row);
    Some(handle)
}

/// 1 is published, 0 private, -1 a draft.
fn status(taking: &mut Taking<'_>, place: Place, published: &str, visibility: &str) -> Status {
    match (published, visibility) {
        ("0" | "-1", _) => Status::Draft,
        (_, "hidden") => {
            taking.remarks.add(Remark::Hidden, place.row);
            Status::Draft
        }
        _ => Status::Active,
    }
}

/// The variants of all variations; one that leaves an option open is one for each of the option's values
/// that no other variation names.
fn variants(
    taking: &mut Taking<'_>,
    group: &Group<'_>,
    product: &Product,
    mine: &[Attribute],
    foreign: &mut Foreign,
) -> Vec<Offer> {
    let sheet = taking.sheet;
    let (mut offers, mut open) = (Vec::new(), Vec::new());
    for row in group.variations.iter().copied() {
        let theirs = attributes(sheet, row);
        let value = |name: &Line<40>| {
            let one = theirs.iter().find(|it| it.name.eq_ignore_ascii_case(name.as_str()));
            one.and_then(|it| it.values.first().cloned())
        };
        let values: Vec<_> = product.options.iter().map(value).collect();
        if values.iter().all(Option::is_some) {
            let values = values.into_iter().flatten().map(|value| (value, false)).collect();
            match offer(taking, row, product, values, Some(group.row)) {
                Some(offer) => offers.push(offer),
                None => foreign.left.push(cells::text(sheet.cell(row, SKU)).to_owned()),
            }
        } else {
            open.push((row, values));
        }
    }
    for (row, values) in open {
        spread(taking, group, product, mine, row, &values, &mut offers);
    }
    let order = |place: Place| group.variations.iter().position(|row| row.place == place);
    offers.sort_by_key(|offer| order(offer.place));
    offers
}

/// One variant for each value of the options that a variation leaves open.
fn spread(
    taking: &mut Taking<'_>,
    group: &Group<'_>,
    product: &Product,
    mine: &[Attribute],
    row: &Row,
    values: &[Option<String>],
    offers: &mut Vec<Offer>,
) {
    let mut all: Vec<Vec<(String, bool)>> = vec![Vec::new()];
    for (name, value) in product.options.iter().zip(values) {
        let any = mine.iter().find(|it| it.name.eq_ignore_ascii_case(name.as_str()));
        let any = any.map(|it| it.values.as_slice()).unwrap_or_default();
        let these: Vec<_> = match value {
            Some(value) => vec![(value.clone(), false)],
            None => any.iter().map(|value| (value.clone(), true)).collect(),
        };
        if all.len().saturating_mul(these.len()) > MOST_VARIANTS {
            return taking.leave(row.place, Some(cells::OPTION), Problem::TooManyVariants);
        }
        let longer = |begun: &Vec<(String, bool)>| {
            these.iter().map(|value| begun.iter().chain([value]).cloned().collect()).collect::<Vec<_>>()
        };
        all = all.iter().flat_map(longer).collect();
    }
    if all.is_empty() {
        return taking.leave(row.place, Some(cells::OPTION), Problem::Empty);
    }
    taking.remarks.add(Remark::Spread, row.place.row);
    for values in all {
        let taken = offers.iter().any(|offer| {
            let same = |(one, (other, _)): (&Line<60>, &(String, bool))| {
                one.as_str().to_lowercase() == plain(other, false).to_lowercase()
            };
            offer.options.len() == values.len() && offer.options.iter().zip(&values).all(same)
        });
        if !taken {
            // A mistake of the row stands with the first of them, and is the same for the others.
            let Some(offer) = offer(taking, row, product, values, Some(group.row)) else { return };
            offers.push(offer);
        }
    }
}

/// One variant; `None` if its row is left out. Values with a mark are parts of its SKU, since several
/// variants come from the row.
fn offer(
    taking: &mut Taking<'_>,
    row: &Row,
    product: &Product,
    values: Vec<(String, bool)>,
    parent: Option<&Row>,
) -> Option<Offer> {
    let (sheet, place) = (taking.sheet, row.place);
    let cell = |name| cells::text(sheet.cell(row, name));
    for kind in kinds(cell(TYPE)) {
        if matches!(kind.as_str(), "virtual" | "downloadable") {
            taking.leave(place, Some(TYPE), Problem::NotShipped);
            return None;
        }
    }
    if parent.is_some() && matches!(cell(PUBLISHED), "0" | "-1") {
        taking.leave(place, Some(PUBLISHED), Problem::VariantOff);
        return None;
    }
    let spread = values.iter().any(|(_, spread)| *spread);
    let options: Option<Vec<Line<60>>> =
        values.iter().map(|(value, _)| taking.line(place, cells::OPTION, value)).collect();
    let sku = cell(SKU);
    let open = values.iter().filter(|(_, spread)| *spread).map(|(value, _)| slug(value, 40));
    let sku = if sku.is_empty() || !spread {
        sku.to_owned()
    } else {
        std::iter::once(sku.to_owned()).chain(open).collect::<Vec<_>>().join("-")
    };
    let parts: Vec<_> = std::iter::once(product.handle.as_str())
        .chain(values.iter().map(|(value, _)| value.as_str()))
        .collect();
    let sku = taking.sku(place, SKU, &sku, &parts);
    let price = price(taking, row);
    let weight = WEIGHTS.into_iter().find(|(name, _)| sheet.has(name));
    let grams = match weight {
        Some((name, unit)) => {
            let own = cell(name);
            let own = if own.is_empty() { parent.map_or("", |row| sheet.cell(row, name)) } else { own };
            taking.grams(place, name, own, unit)
        }
        None => Some(0),
    };
    let stock = stock(taking, row, spread, parent);
    let class = cell(TAX_CLASS);
    if !matches!(cell(TAX_STATUS), "" | "taxable") || !matches!(class, "" | "parent" | "standard") {
        taking.remarks.add(Remark::OwnTax, place.row);
    }
    let (price, compare_at) = price?;
    Some(Offer { place, sku: sku?, options: options?, price, compare_at, grams: grams?, stock: stock? })
}

/// The price, and the regular one beside a lower sale price that holds now.
fn price(taking: &mut Taking<'_>, row: &Row) -> Option<(Money, Option<Money>)> {
    let (sheet, place) = (taking.sheet, row.place);
    let cell = |name| cells::text(sheet.cell(row, name));
    let regular = taking.price(cell(PRICE));
    let regular = taking.note(place, PRICE, regular);
    let sale = if cell(SALE_PRICE).is_empty() { Ok(None) } else { taking.price(cell(SALE_PRICE)).map(Some) };
    let sale = taking.note(place, SALE_PRICE, sale)?;
    let day = |name| date(cell(name));
    let (starts, ends) = (day(SALE_STARTS), day(SALE_ENDS));
    let today = taking.now.to_zoned(TimeZone::UTC).date();
    if sale.is_some() && (starts.is_some() || ends.is_some()) {
        taking.remarks.add(Remark::SaleDated, place.row);
    }
    let holds = starts.is_none_or(|day| day <= today) && ends.is_none_or(|day| today <= day);
    let regular = regular?;
    let lower = sale.filter(|sale| holds && sale.minor < regular.minor);
    Some(lower.map_or((regular, None), |sale| (sale, Some(regular))))
}

/// `2026-03-01`, with a time behind it or without.
fn date(cell: &str) -> Option<Date> {
    cell.get(..10).and_then(|day| day.parse().ok()).or_else(|| {
        let at: Timestamp = cell.parse().ok()?;
        Some(at.to_zoned(TimeZone::UTC).date())
    })
}

/// How many there are. A number for several variants together is nobody's.
fn stock(taking: &mut Taking<'_>, row: &Row, spread: bool, parent: Option<&Row>) -> Option<Option<u32>> {
    let (sheet, place) = (taking.sheet, row.place);
    let cell = |row, name| cells::text(sheet.cell(row, name));
    let own = cell(row, STOCK);
    let shared = own == "parent" || (!own.is_empty() && spread);
    let shared = shared || (own.is_empty() && parent.is_some_and(|row| !cell(row, STOCK).is_empty()));
    if shared {
        taking.remarks.add(Remark::StockShared, place.row);
        return Some(None);
    }
    if own.is_empty() {
        if cell(row, IN_STOCK) == "0" {
            return Some(Some(0));
        }
        taking.remarks.add(Remark::StockUnsaid, place.row);
        return Some(None);
    }
    taking.stock(place, STOCK, own)
}
