//! Lists of products: the home page, a category, a search.

use askama::Template;
use axum::extract::{Path, RawQuery};
use axum::response::Response;

use super::frame::{Frame, Visit};
use crate::catalog::{Product, STOCK, category_slug};
use crate::payment::looks_like_card_number;
use crate::store::{Reads, StoreError};
use crate::web::{Failure, Fields, Head, Limits};

/// Products on one page of a list.
pub const PER_PAGE: usize = 24;
/// Categories on the home page, and products of each.
const SHELVES: usize = 7;
const PER_SHELF: usize = 4;
/// The longest text that is searched for, in characters.
pub const LONGEST_QUERY: usize = 100;

/// A product in a list.
struct Card {
    href: String,
    title: String,
    picture: Option<Picture>,
    price: String,
    /// The former price of the one that `price` belongs to.
    former: Option<String>,
    /// Other variants cost more.
    from: bool,
    sold_out: bool,
}

/// A picture on a page.
pub struct Picture {
    pub src: String,
    pub alt: String,
}

impl Picture {
    /// The picture that `reference` leads to.
    pub fn of(reference: &crate::catalog::PictureRef) -> Self {
        Self { src: format!("/pictures/{}", reference.name), alt: reference.alt.to_string() }
    }
}

struct Shelf {
    name: String,
    href: String,
    /// How many there are in all, if more than are shown.
    all: Option<usize>,
    cards: Vec<Card>,
}

#[derive(Template)]
#[template(path = "storefront/home.html")]
struct HomePage {
    head: Head,
    frame: Frame,
    /// What is reduced most, if anything is.
    reduced: Option<Card>,
    shelves: Vec<Shelf>,
    delivery_from: Option<String>,
}

#[derive(Template)]
#[template(path = "storefront/list.html")]
struct ListPage {
    head: Head,
    frame: Frame,
    heading: String,
    /// Under the heading: how many there are.
    found: String,
    cards: Vec<Card>,
    earlier: Option<String>,
    later: Option<String>,
    /// `2 of 5`; only where there is more than one.
    position: Option<(usize, usize)>,
}

/// `GET /`.
pub async fn home(visit: Visit) -> Result<Response, Failure> {
    let catalog = visit.site.app.catalog();
    let mut shelves = Vec::new();
    for (name, count) in catalog.categories().into_iter().take(SHELVES) {
        let first: Vec<_> = catalog.within(name).take(PER_SHELF).collect();
        shelves.push(Shelf {
            name: name.to_owned(),
            href: format!("/category/{}", category_slug(name)),
            all: (count > first.len()).then_some(count),
            cards: cards(&visit, &first)?,
        });
    }
    let reduced =
        catalog.active().filter(|product| product.picture.is_some()).max_by_key(|one| reduction(one));
    let reduced = reduced.filter(|product| reduction(product) > 0);
    let reduced = cards(&visit, reduced.as_slice())?.into_iter().find(|card| !card.sold_out);
    let (head, frame) = visit.frame(visit.texts().say("home-title"), "/");
    let cheapest = visit.settings.shipping.iter().map(|method| method.price).min_by_key(|price| price.minor);
    let delivery_from = cheapest.map(|price| price.to_string());
    visit.page(&HomePage { head, frame, reduced, shelves, delivery_from })
}

/// `GET /category/{slug}?page=`.
pub async fn category(
    visit: Visit,
    Path(slug): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let fields = read_query(query)?;
    let catalog = visit.site.app.catalog();
    let name = catalog.category(&slug).ok_or(Failure::NotFound)?;
    let products: Vec<_> = catalog.within(name).collect();
    let (head, frame) = visit.frame(name.to_owned(), &format!("/category/{slug}"));
    let found = visit.texts().say_with("list-count", &[("count", products.len().into())]);
    let list = Listed { heading: name.to_owned(), found, products, link: format!("/category/{slug}?page=") };
    list.page(&visit, head, frame, &fields)
}

/// `GET /search?q=&page=`.
pub async fn search(visit: Visit, RawQuery(query): RawQuery) -> Result<Response, Failure> {
    let fields = read_query(query)?;
    let words: String = fields.get("q").trim().chars().take(LONGEST_QUERY).collect();
    // A card number typed here is already too far; it is not sent back on top.
    let words = if looks_like_card_number(&words) { String::new() } else { words };
    let catalog = visit.site.app.catalog();
    let products: Vec<_> = catalog.search(&words).collect();
    let texts = visit.texts();
    let (title, found) = if words.is_empty() {
        (texts.say("search-title"), texts.say("search-nothing-asked"))
    } else {
        let values = [("query", words.as_str().into()), ("count", products.len().into())];
        (texts.say_with("search-title-for", &values), texts.say_with("search-found", &values))
    };
    let (head, mut frame) = visit.frame(title.clone(), "/search");
    let encoded: String = words.bytes().map(|byte| format!("%{byte:02x}")).collect();
    frame.query = words;
    let list = Listed { heading: title, found, products, link: format!("/search?q={encoded}&page=") };
    list.page(&visit, head, frame, &fields)
}

/// The fields of an address, under the same limits as a form.
pub fn read_query(query: Option<String>) -> Result<Fields, Failure> {
    Ok(Fields::parse(query.unwrap_or_default().as_bytes(), Limits::SHOPPER)?)
}

struct Listed<'a> {
    heading: String,
    found: String,
    products: Vec<&'a Product>,
    /// The address of a page, up to its number.
    link: String,
}

impl Listed<'_> {
    fn page(self, visit: &Visit, head: Head, frame: Frame, fields: &Fields) -> Result<Response, Failure> {
        let number = match fields.find("page") {
            None => 1,
            Some(text) => text.parse::<usize>().ok().filter(|number| *number > 0).ok_or(Failure::NotFound)?,
        };
        let pages = self.products.len().div_ceil(PER_PAGE).max(1);
        if number > pages {
            return Err(Failure::NotFound);
        }
        let start = number.saturating_sub(1).saturating_mul(PER_PAGE);
        let shown: Vec<_> = self.products.iter().copied().skip(start).take(PER_PAGE).collect();
        let link = |number: usize| format!("{}{number}", self.link);
        let template = ListPage {
            head,
            frame,
            heading: self.heading,
            found: self.found,
            cards: cards(visit, &shown)?,
            earlier: (number > 1).then(|| link(number.saturating_sub(1))),
            later: (number < pages).then(|| link(number.saturating_add(1))),
            position: (pages > 1).then_some((number, pages)),
        };
        visit.page(&template)
    }
}

/// By how many per thousand of its former price a product's cheapest variant is reduced.
fn reduction(product: &Product) -> i64 {
    let cheapest = product.variants.iter().min_by_key(|variant| variant.price.minor);
    let reduced = cheapest.and_then(|variant| {
        let former = variant.compare_at?.minor;
        former.checked_sub(variant.price.minor)?.checked_mul(1000)?.checked_div(former)
    });
    reduced.unwrap_or_default()
}

fn cards(visit: &Visit, products: &[&Product]) -> Result<Vec<Card>, Failure> {
    let in_stock = |product: &Product| {
        visit.site.app.store().read(|view| -> Result<bool, StoreError> {
            for variant in &product.variants {
                if view.get(&STOCK, &variant.sku.to_string())?.unwrap_or_default().available() > 0 {
                    return Ok(true);
                }
            }
            Ok(false)
        })
    };
    let mut cards = Vec::with_capacity(products.len());
    for product in products {
        let Some(cheapest) = product.variants.iter().min_by_key(|variant| variant.price.minor) else {
            continue;
        };
        cards.push(Card {
            href: format!("/product/{}", product.handle),
            title: product.title.to_string(),
            picture: product.picture.as_ref().map(Picture::of),
            price: cheapest.price.to_string(),
            former: cheapest.compare_at.map(|price| price.to_string()),
            from: product.variants.iter().any(|variant| variant.price != cheapest.price),
            sold_out: !in_stock(product)?,
        });
    }
    Ok(cards)
}
