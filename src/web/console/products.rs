//! Products: the list, and one of them with its prices and stock.

use askama::Template;
use axum::body::Body;
use axum::extract::{Path, RawQuery};
use axum::http::Request;
use axum::response::{IntoResponse, Redirect, Response};

use super::form::{FORM, Problem};
use super::frame::{Clerk, Frame, status};
use crate::action::{self, ChangeProduct, ChangeVariant, ProductError};
use crate::base::Money;
use crate::catalog::import::MOST_COUNTED;
use crate::catalog::{Product, STOCK, Status, Stock};
use crate::locale::Texts;
use crate::staff::Right;
use crate::store::Reads;
use crate::web::{Failure, Fields, Head, page, reply};

/// Products on a page.
const PAGE: usize = 50;

/// A product in the list.
struct Row {
    handle: String,
    title: String,
    category: String,
    status: (String, &'static str),
    demo: bool,
    variants: usize,
    price: String,
    stock: (String, &'static str),
}

#[derive(Template)]
#[template(path = "console/products.html")]
struct ProductsPage {
    head: Head,
    frame: Frame,
    rows: Vec<Row>,
    query: String,
    earlier: Option<String>,
    later: Option<String>,
    count: String,
    /// Whether this person may change products.
    may: bool,
}

/// A variant with its fields.
struct Offer {
    sku: String,
    label: String,
    price: String,
    price_error: Option<String>,
    former: Option<String>,
    stock: String,
    stock_error: Option<String>,
    /// How many there are now.
    now: u32,
    reserved: u32,
}

#[derive(Template)]
#[template(path = "console/product.html")]
struct ProductPage {
    head: Head,
    frame: Frame,
    handle: String,
    demo: bool,
    category: String,
    body: String,
    active: bool,
    currency: &'static str,
    offers: Vec<Offer>,
    /// Whether this person may change it.
    may: bool,
}

fn stock_of(clerk: &Clerk, product: &Product) -> Result<Vec<Stock>, Failure> {
    clerk.desk.site.app.store().read(|view| {
        let stock = |sku: String| Ok(view.get(&STOCK, &sku)?.unwrap_or_default());
        product.variants.iter().map(|variant| stock(variant.sku.to_string())).collect()
    })
}

fn status_of(texts: &Texts, status: Status) -> (String, &'static str) {
    match status {
        Status::Active => (texts.say("console-product-active"), "good"),
        Status::Draft => (texts.say("console-product-draft"), "muted"),
    }
}

/// `GET /products?q=mug&from=50`.
pub async fn list(clerk: Clerk, RawQuery(query): RawQuery) -> Result<Response, Failure> {
    let fields = Fields::parse(query.unwrap_or_default().as_bytes(), FORM)?;
    let from: usize = fields.get("from").parse().unwrap_or(0);
    let wanted = fields.get("q").trim().to_owned();
    let words: Vec<String> = wanted.to_lowercase().split_whitespace().take(8).map(str::to_owned).collect();
    let catalog = clerk.desk.site.app.catalog();
    let fits = |product: &&Product| {
        let skus = product.variants.iter().map(|variant| variant.sku.as_str()).collect::<Vec<_>>().join(" ");
        let text = format!("{} {} {skus}", product.title, product.handle).to_lowercase();
        words.iter().all(|word| text.contains(word.as_str()))
    };
    let found: Vec<_> = catalog.all().iter().filter(fits).collect();
    let texts = clerk.texts();
    let mut rows = Vec::new();
    for product in found.iter().skip(from).take(PAGE) {
        rows.push(row(texts, product, &stock_of(&clerk, product)?));
    }
    let address = |from: usize| {
        let words: String = wanted.bytes().map(|byte| format!("%{byte:02x}")).collect();
        format!("/products?q={words}&from={from}")
    };
    let (head, frame) = clerk.frame(texts.say("products-title"), "/products");
    let next = from.saturating_add(PAGE);
    page(&ProductsPage {
        rows,
        earlier: (from > 0).then(|| address(from.saturating_sub(PAGE))),
        later: (next < found.len()).then(|| address(next)),
        count: texts.say_with("products-count", &[("count", found.len().into())]),
        query: wanted,
        may: clerk.may(Right::ChangeProducts),
        head,
        frame,
    })
}

fn row(texts: &Texts, product: &Product, stock: &[Stock]) -> Row {
    let available = stock.iter().fold(0_u32, |sum, stock| sum.saturating_add(stock.available()));
    let empty = stock.iter().filter(|stock| stock.available() == 0).count();
    let stock = match (available, empty) {
        (0, _) => (texts.say("console-stock-none"), "bad"),
        (_, 0) => (texts.say_with("console-stock-count", &[("count", available.into())]), "fine"),
        (_, empty) => {
            let values = [("count", available.into()), ("empty", empty.into())];
            (texts.say_with("console-stock-some-none", &values), "warn")
        }
    };
    let prices = product.variants.iter().map(|variant| variant.price);
    let least = prices.clone().min_by_key(|price| price.minor);
    let most = prices.max_by_key(|price| price.minor);
    let price = match (least, most) {
        (Some(least), Some(most)) if least != most => format!("{least} – {}", most.decimal()),
        (Some(least), _) => least.to_string(),
        _ => String::new(),
    };
    Row {
        handle: product.handle.to_string(),
        title: product.title.to_string(),
        category: product.category.to_string(),
        status: status_of(texts, product.status),
        demo: product.demo,
        variants: product.variants.len(),
        price,
        stock,
    }
}

/// `GET /products/{handle}`.
pub async fn show(
    clerk: Clerk,
    Path(handle): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let saved = query.as_deref() == Some("saved");
    draw(&clerk, &handle, None, (Vec::new(), saved))
}

/// `POST /products/{handle}`: `status`, and `price.SKU`, `stock.SKU`, `was.SKU` for each variant.
pub async fn change(
    clerk: Clerk,
    Path(handle): Path<String>,
    request: Request<Body>,
) -> Result<Response, Failure> {
    let fields = clerk.form(request, FORM).await?;
    let catalog = clerk.desk.site.app.catalog();
    let product = catalog.product(&handle).ok_or(Failure::NotFound)?;
    let mut problems = Vec::new();
    let wish = ChangeProduct {
        handle: handle.clone(),
        status: if fields.get("status") == "active" { Status::Active } else { Status::Draft },
        variants: read(clerk.texts(), product, &fields, &mut problems),
    };
    if problems.is_empty() {
        match action::change_product(clerk.desk.office.app(), &clerk.signed.actor, wish).await {
            Ok(()) => return Ok(Redirect::to(&format!("/products/{handle}?saved")).into_response()),
            Err(ProductError::Price(sku)) => problems.push(Problem::new(
                &format!("price.{sku}"),
                clerk.texts().say("console-product-price-wrong"),
            )),
            Err(ProductError::Stock(sku)) => problems.push(Problem::new(
                &format!("stock.{sku}"),
                clerk.texts().say("console-product-stock-wrong"),
            )),
            Err(ProductError::Gone) => return Err(Failure::NotFound),
            Err(ProductError::Denied(denied)) => return Err(denied.into()),
            Err(ProductError::Store(error)) => return Err(error.into()),
        }
    }
    draw(&clerk, &handle, Some(&fields), (problems, false))
}

fn read(
    texts: &Texts,
    product: &Product,
    fields: &Fields,
    problems: &mut Vec<Problem>,
) -> Vec<ChangeVariant> {
    let mut variants = Vec::new();
    for variant in &product.variants {
        let sku = variant.sku.as_str();
        let name = |kind: &str| format!("{kind}.{sku}");
        let Some(typed) = fields.find(&name("price")) else { continue };
        let price = Money::parse(typed, variant.price.currency).ok();
        if price.is_none() {
            problems.push(Problem::new(&name("price"), texts.say("console-product-price-wrong")));
        }
        let number = |kind: &str| {
            let typed = fields.get(&name(kind)).trim();
            let digits = typed.bytes().all(|byte| byte.is_ascii_digit());
            typed.parse::<u32>().ok().filter(|number| digits && *number <= MOST_COUNTED)
        };
        let stock = number("stock");
        if stock.is_none() {
            problems.push(Problem::new(&name("stock"), texts.say("console-product-stock-wrong")));
        }
        if let (Some(price), Some(stock), Some(stock_was)) = (price, stock, number("was")) {
            variants.push(ChangeVariant { sku: sku.to_owned(), price, stock_was, stock });
        }
    }
    variants
}

fn draw(
    clerk: &Clerk,
    handle: &str,
    typed: Option<&Fields>,
    (problems, saved): (Vec<Problem>, bool),
) -> Result<Response, Failure> {
    let catalog = clerk.desk.site.app.catalog();
    let product = catalog.product(handle).ok_or(Failure::NotFound)?;
    let stock = stock_of(clerk, product)?;
    let (head, mut frame) = clerk.frame(product.title.to_string(), "/products");
    frame.done = saved.then(|| clerk.texts().say("console-product-saved"));
    let offers = product.variants.iter().zip(&stock).map(|(variant, stock)| {
        let id = |kind: &str| format!("{kind}.{}", variant.sku);
        let value = |kind: &str| typed.and_then(|fields| fields.find(&id(kind))).map(str::to_owned);
        let error = |kind: &str| {
            problems.iter().find(|problem| problem.field == id(kind)).map(|problem| problem.text.clone())
        };
        Offer {
            price: value("price").unwrap_or_else(|| variant.price.decimal()),
            price_error: error("price"),
            former: variant.compare_at.map(|price| price.to_string()),
            stock: value("stock").unwrap_or_else(|| stock.on_hand.to_string()),
            stock_error: error("stock"),
            now: stock.on_hand,
            reserved: stock.reserved,
            sku: variant.sku.to_string(),
            label: variant.label(),
        }
    });
    let offers = offers.collect();
    frame.problems = problems;
    let active = match typed {
        Some(fields) => fields.get("status") == "active",
        None => product.status == Status::Active,
    };
    let page = ProductPage {
        handle: handle.to_owned(),
        demo: product.demo,
        category: product.category.to_string(),
        body: product.body.to_string(),
        active,
        currency: clerk.settings.currency.code(),
        offers,
        may: clerk.may(Right::ChangeProducts),
        head,
        frame,
    };
    reply::page_with(status(&page.frame.problems), &page)
}
