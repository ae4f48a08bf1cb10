//! A product's page.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;

use super::frame::{Frame, Problem, Visit};
use super::listing::Picture;
use crate::catalog::{STOCK, Status, category_slug};
use crate::store::{Reads, StoreError};
use crate::web::{Failure, Head, reply};

/// Up to so many variants stand side by side; more become a list to choose from.
const MOST_RADIOS: usize = 8;
/// From so many on, the page says only that it is in stock.
const FEW: u32 = 5;

/// A variant as it is offered.
struct Offer {
    sku: String,
    label: String,
    price: String,
    former: Option<String>,
    stock: String,
    sold_out: bool,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "storefront/product.html")]
struct ProductPage {
    head: Head,
    frame: Frame,
    title: String,
    category: (String, String),
    picture: Option<Picture>,
    /// The price in words: one, or the lowest.
    price: String,
    former: Option<String>,
    from: bool,
    /// `Size, Colour`.
    options: String,
    offers: Vec<Offer>,
    as_radios: bool,
    sold_out: bool,
    paragraphs: Vec<String>,
    delivery: Option<(String, String)>,
    tax: String,
    csrf: String,
    quantity: String,
    problems: Vec<Problem>,
}

/// What was sent from the page and could not be done.
#[derive(Default)]
pub struct Sent {
    pub sku: String,
    pub quantity: String,
    pub problems: Vec<Problem>,
}

/// `GET /product/{handle}`.
pub async fn show(visit: Visit, Path(handle): Path<String>) -> Result<Response, Failure> {
    draw(visit, &handle, Sent::default())
}

/// The product's page, with what was sent from it and why it could not be done.
pub fn draw(mut visit: Visit, handle: &str, sent: Sent) -> Result<Response, Failure> {
    let csrf = visit.form_token();
    let catalog = visit.site.app.catalog();
    let product = catalog.product(handle).filter(|product| product.status == Status::Active);
    let product = product.ok_or(Failure::NotFound)?;
    let texts = visit.texts();
    let mut offers = visit.site.app.store().read(|view| {
        let mut offers = Vec::with_capacity(product.variants.len());
        for variant in &product.variants {
            let left = view.get(&STOCK, &variant.sku.to_string())?.unwrap_or_default().available();
            offers.push(Offer {
                sku: variant.sku.to_string(),
                label: variant.label(),
                price: variant.price.to_string(),
                former: variant.compare_at.map(|price| price.to_string()),
                stock: match left {
                    0 => texts.say("stock-sold-out"),
                    few if few < FEW => texts.say_with("stock-few", &[("count", few.into())]),
                    _ => texts.say("stock-enough"),
                },
                sold_out: left == 0,
                chosen: variant.sku.as_str() == sent.sku,
            });
        }
        Ok::<_, StoreError>(offers)
    })?;
    if !offers.iter().any(|offer| offer.chosen)
        && let Some(first) = offers.iter_mut().find(|offer| !offer.sold_out)
    {
        first.chosen = true;
    }
    let cheapest = product.variants.iter().min_by_key(|variant| variant.price.minor);
    let cheapest = cheapest.ok_or_else(|| Failure::Internal(format!("{handle} has no variant")))?;
    let (head, frame) = visit.frame(product.title.to_string(), "");
    let rate = u32::from(visit.settings.tax_permille);
    let tax = texts.say_with("price-with-tax", &[("rate", percent(rate).into())]);
    let method = visit.settings.shipping.first();
    let category = product.category.as_str();
    let invalid = !sent.problems.is_empty();
    let template = ProductPage {
        head,
        frame,
        title: product.title.to_string(),
        category: (category.to_owned(), format!("/category/{}", category_slug(category))),
        picture: product.picture.as_ref().map(Picture::of),
        price: cheapest.price.to_string(),
        former: cheapest.compare_at.map(|price| price.to_string()),
        from: product.variants.iter().any(|variant| variant.price != cheapest.price),
        options: product.options.iter().map(|name| name.to_string()).collect::<Vec<_>>().join(", "),
        as_radios: offers.len() <= MOST_RADIOS,
        sold_out: offers.iter().all(|offer| offer.sold_out),
        offers,
        paragraphs: product.body.as_str().split("\n\n").map(str::to_owned).collect(),
        delivery: method.map(|method| (method.estimate.to_string(), method.price.to_string())),
        tax,
        csrf,
        quantity: if sent.quantity.is_empty() { "1".to_owned() } else { sent.quantity },
        problems: sent.problems,
    };
    let status = if invalid { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok(visit.with_cookie(reply::page_with(status, &template)?))
}

/// Tenths of a percent as people write them: 190 is `19`, 55 is `5.5`.
pub fn percent(permille: u32) -> String {
    let (whole, tenth) = (permille / 10, permille % 10);
    if tenth == 0 { whole.to_string() } else { format!("{whole}.{tenth}") }
}
