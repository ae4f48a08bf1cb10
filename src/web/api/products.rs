//! Products: the list, one of them, and changing its prices and stock.

use axum::extract::{Path, RawQuery};
use axum::response::Json;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::access::Caller;
use super::amount::Amount;
use super::body::Sent;
use super::list::Query;
use super::problem::{Fault, Problem};
use crate::action::{self, ChangeProduct, ChangeVariant, ProductError};
use crate::base::Money;
use crate::catalog::{Product, STOCK, Status};
use crate::store::Reads;
use crate::web::Failure;

/// A variant with its stock
#[derive(Serialize, ToSchema)]
pub struct VariantRow {
    sku: String,
    /// Its options, such as `M / Oat`; empty for an only variant
    label: String,
    price: Amount,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    former_price: Option<Amount>,
    on_hand: u32,
    /// Held for orders that are being paid
    reserved: u32,
}

/// A product
#[derive(Serialize, ToSchema)]
pub struct ProductRow {
    /// Its name in addresses
    handle: String,
    title: String,
    category: String,
    description: String,
    /// `active` or `draft`
    status: String,
    /// Leaves when the shop goes live
    demo: bool,
    variants: Vec<VariantRow>,
}

/// A page of products
#[derive(Serialize, ToSchema)]
pub struct ProductList {
    items: Vec<ProductRow>,
    /// The cursor of the next page; left out on the last one
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    next: Option<String>,
}

/// What shall be different with a product
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProductChange {
    /// `active` or `draft`
    #[schema(value_type = String)]
    status: Shown,
    /// Those that are not named stay as they are
    #[serde(default)]
    #[schema(max_items = 100)]
    variants: Vec<VariantChange>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
enum Shown {
    Active,
    Draft,
}

/// What shall be different with a variant
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VariantChange {
    #[schema(max_length = 60)]
    sku: String,
    /// The price of one, tax included, in the shop's currency: such as 42.90
    #[schema(max_length = 20)]
    price: String,
    /// How many there are on hand ...
    on_hand: u32,
    /// ... and how many there were when you looked: the difference is applied, so that what was sold since stays sold
    on_hand_was: u32,
}

fn row(caller: &Caller, product: &Product) -> Result<ProductRow, Problem> {
    let stock = caller.api.site.app.store().read(|view| {
        let stock = |sku: String| Ok::<_, Problem>(view.get(&STOCK, &sku)?.unwrap_or_default());
        product.variants.iter().map(|variant| stock(variant.sku.to_string())).collect::<Result<Vec<_>, _>>()
    })?;
    let variant = |(variant, stock): (&crate::catalog::Variant, &crate::catalog::Stock)| VariantRow {
        sku: variant.sku.to_string(),
        label: variant.label(),
        price: variant.price.into(),
        former_price: variant.compare_at.map(Amount::from),
        on_hand: stock.on_hand,
        reserved: stock.reserved,
    };
    Ok(ProductRow {
        handle: product.handle.to_string(),
        title: product.title.to_string(),
        category: product.category.to_string(),
        description: product.body.to_string(),
        status: if product.status == Status::Active { "active" } else { "draft" }.to_owned(),
        demo: product.demo,
        variants: product.variants.iter().zip(&stock).map(variant).collect(),
    })
}

/// Products
#[utoipa::path(
    get,
    path = "/products",
    tag = "products",
    extensions(("x-right" = json!("see-products"))),
    params(
        ("q" = Option<String>, Query, description = "Words in title, handle or SKU; at most 8 are looked for"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
        ("limit" = Option<u16>, Query, minimum = 1, maximum = 100, description = "Items on a page; 50 if left out"),
    ),
    responses((status = 200, description = "A page", body = ProductList))
)]
pub async fn list(caller: Caller, RawQuery(query): RawQuery) -> Result<Json<ProductList>, Problem> {
    let query = Query::read(caller.texts(), query, &["q"])?;
    let words = query.get("q").unwrap_or_default().to_lowercase();
    let words: Vec<_> = words.split_whitespace().take(8).collect();
    let catalog = caller.api.site.app.catalog();
    let fits = |product: &&Product| {
        let skus = product.variants.iter().map(|variant| variant.sku.as_str()).collect::<Vec<_>>().join(" ");
        let text = format!("{} {} {skus}", product.title, product.handle).to_lowercase();
        words.iter().all(|word| text.contains(word))
    };
    let found = catalog.all().iter().filter(fits);
    let (page, next) = query.page(found, |product| product.handle.to_string())?;
    let items = page.into_iter().map(|product| row(&caller, product)).collect::<Result<_, _>>()?;
    Ok(Json(ProductList { items, next }))
}

/// A product
#[utoipa::path(
    get,
    path = "/products/{handle}",
    tag = "products",
    extensions(("x-right" = json!("see-products"))),
    params(("handle" = String, Path, description = "Its name in addresses")),
    responses((status = 200, description = "The product", body = ProductRow))
)]
pub async fn show(caller: Caller, Path(handle): Path<String>) -> Result<Json<ProductRow>, Problem> {
    let catalog = caller.api.site.app.catalog();
    row(&caller, catalog.product(&handle).ok_or(Failure::NotFound)?).map(Json)
}

/// Change a product's prices, stock and status
#[utoipa::path(
    put,
    path = "/products/{handle}",
    tag = "products",
    extensions(("x-right" = json!("change-products"))),
    params(("handle" = String, Path, description = "Its name in addresses")),
    request_body = ProductChange,
    responses((status = 200, description = "The product as it is now", body = ProductRow))
)]
pub async fn change(
    caller: Caller,
    Path(handle): Path<String>,
    Sent(sent): Sent<ProductChange>,
) -> Result<Json<ProductRow>, Problem> {
    let (texts, app) = (caller.texts(), caller.api.office.app());
    let catalog = app.catalog();
    let product = catalog.product(&handle).ok_or(Failure::NotFound)?;
    let (mut variants, mut faults) = (Vec::new(), Vec::new());
    let at = |place: usize, field: &str| format!("variants[{place}].{field}");
    for (place, change) in sent.variants.iter().enumerate() {
        let Some(known) = product.variants.iter().find(|variant| variant.sku.as_str() == change.sku) else {
            faults.push(Fault::of(texts, &at(place, "sku"), &texts.say("api-no-such-variant")));
            continue;
        };
        match Money::parse(&change.price, known.price.currency) {
            Ok(price) => variants.push(ChangeVariant {
                sku: change.sku.clone(),
                price,
                stock_was: change.on_hand_was,
                stock: change.on_hand,
            }),
            Err(_) => {
                let text = texts.say("console-product-price-wrong");
                faults.push(Fault::of(texts, &at(place, "price"), &text));
            }
        }
    }
    if !faults.is_empty() {
        return Err(Problem::fields(faults));
    }
    let status = match sent.status {
        Shown::Active => Status::Active,
        Shown::Draft => Status::Draft,
    };
    let place = |sku: &str| sent.variants.iter().position(|change| change.sku == sku).unwrap_or_default();
    let wish = ChangeProduct { handle: handle.clone(), status, variants };
    match action::change_product(app, &caller.actor, wish).await {
        Ok(()) => show(caller, Path(handle)).await,
        Err(ProductError::Price(sku)) => {
            Err(Problem::field(texts, &at(place(&sku), "price"), &texts.say("console-product-price-wrong")))
        }
        Err(ProductError::Stock(sku)) => {
            Err(Problem::field(texts, &at(place(&sku), "on_hand"), &texts.say("console-product-stock-wrong")))
        }
        Err(ProductError::Gone) => Err(Failure::NotFound.into()),
        Err(ProductError::Denied(denied)) => Err(denied.into()),
        Err(ProductError::Store(error)) => Err(error.into()),
    }
}
