//! Putting things into a cart, changing how many, and looking at what it all costs.
//!
//! A cart is judged anew at each look: what is not on sale any more, sold out, or dearer than when it was put
//! in is said line by line. Stock that this very cart holds through its unpaid order counts as there for it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::App;
use crate::base::{Line, Money, MoneyError, Token};
use crate::cart::{CARTS, CHECKOUTS, Cart, CartError, Checkout};
use crate::catalog::{Catalog, PictureRef, Product, STOCK, Status, Variant};
use crate::operator::Settings;
use crate::order::{ORDERS, ORDERS_OF_CARTS, ShippingMethod, State, Totals};
use crate::store::{Reads, Span, StoreError};

/// The most unpaid orders of one cart that are looked at for stock it holds itself.
const OWN_ORDERS: usize = 20;

/// Why a cart was not changed. Titles are the shop's own texts, never what the visitor sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CartRefusal {
    /// Not on sale, or never was.
    #[error("not on sale")]
    NotOnSale,
    /// None left.
    #[error("{title} is sold out")]
    SoldOut {
        /// The product.
        title: String,
    },
    /// Fewer left than wanted.
    #[error("only {available} of {title} are left")]
    Fewer {
        /// The product.
        title: String,
        /// How many can be had.
        available: u32,
    },
    /// The cart was changed elsewhere since the page was made.
    #[error("the cart is at another version")]
    Changed,
    /// The cart's own limits.
    #[error(transparent)]
    Limit(#[from] CartError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What is wrong with one line of a cart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// Not on sale any more.
    Gone,
    /// None left.
    SoldOut,
    /// Fewer left than the cart has.
    Fewer(u32),
    /// Another price than when it was put in; no hindrance.
    PriceChanged(Money),
}

/// One line of a cart as it stands now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BasketLine {
    /// Stock-keeping unit.
    pub sku: Line<60>,
    /// The product's title; the SKU if the product is gone.
    pub title: String,
    /// The variant's options, or empty.
    pub options: String,
    /// The product's handle; `None` if it is gone.
    pub handle: Option<String>,
    /// The product's picture.
    pub picture: Option<PictureRef>,
    /// How many.
    pub quantity: u32,
    /// The price of one now.
    pub unit_price: Money,
    /// `quantity` times that; nothing for what cannot be bought.
    pub total: Money,
    /// What its owner must know.
    pub trouble: Option<Trouble>,
}

/// A cart as it stands now, with what it costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basket {
    /// Its version.
    pub version: u64,
    /// Its lines, in the order in which they were added.
    pub lines: Vec<BasketLine>,
    /// The chosen way of delivery, or the shop's first.
    pub shipping: Option<ShippingMethod>,
    /// The sums, delivery included.
    pub totals: Totals,
    /// What its owner has filled in so far.
    pub checkout: Option<Checkout>,
}

impl Basket {
    /// Whether everything in it can be bought as it stands.
    pub fn can_be_bought(&self) -> bool {
        let hinders = |line: &BasketLine| !matches!(line.trouble, None | Some(Trouble::PriceChanged(_)));
        !self.lines.is_empty() && !self.lines.iter().any(hinders)
    }

    /// How many things are in it.
    pub fn count(&self) -> u32 {
        self.lines.iter().fold(0, |sum, line| sum.saturating_add(line.quantity))
    }
}

/// Why a cart could not be priced.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BasketError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A sum beyond what money holds, or two currencies in one catalog.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

/// The cart called `cart` as it stands now; `None` if there is none.
pub fn basket(app: &App, settings: &Settings, cart: Token) -> Result<Option<Basket>, BasketError> {
    let catalog = app.catalog();
    app.store().read(|view| {
        let Some(row) = view.get(&CARTS, &cart)? else { return Ok(None) };
        let own = held_by(view, cart)?;
        let mut lines = Vec::with_capacity(row.items.len());
        for item in &row.items {
            let sku = item.sku.as_str();
            let available = view.get(&STOCK, &sku.to_owned())?.unwrap_or_default().available();
            let available = available.saturating_add(own.get(sku).copied().unwrap_or_default());
            let seen = item.seen_price;
            lines.push(match on_sale(&catalog, sku) {
                Some((product, variant)) => {
                    let trouble = judge(item.quantity, available, seen, variant.price);
                    let bought = !matches!(trouble, Some(Trouble::SoldOut));
                    BasketLine {
                        sku: item.sku.clone(),
                        title: product.title.to_string(),
                        options: variant.label(),
                        handle: Some(product.handle.to_string()),
                        picture: product.picture.clone(),
                        quantity: item.quantity,
                        unit_price: variant.price,
                        total: variant.price.times(if bought { item.quantity } else { 0 })?,
                        trouble,
                    }
                }
                None => BasketLine {
                    sku: item.sku.clone(),
                    title: catalog.variant(sku).map_or(sku, |(product, _)| product.title.as_str()).to_owned(),
                    options: String::new(),
                    handle: None,
                    picture: None,
                    quantity: item.quantity,
                    unit_price: Money::zero(settings.currency),
                    total: Money::zero(settings.currency),
                    trouble: Some(Trouble::Gone),
                },
            });
        }
        let checkout = view.get(&CHECKOUTS, &cart)?;
        let code = checkout.as_ref().map(|checkout| &checkout.shipping_code);
        let chosen = settings.shipping.iter().find(|method| Some(&method.code) == code);
        let shipping = chosen.or(settings.shipping.first()).cloned();
        let delivery = shipping.as_ref().map_or(Money::zero(settings.currency), |method| method.price);
        let totals = Totals::of(lines.iter().map(|line| line.total), delivery, settings.tax_permille)?;
        Ok(Some(Basket { version: row.version, lines, shipping, totals, checkout }))
    })
}

/// Puts `quantity` of `sku` into the cart called `cart`, which is made if there is none.
pub async fn add_to_cart(
    app: &Arc<App>,
    cart: Token,
    sku: Line<60>,
    quantity: u32,
) -> Result<(), CartRefusal> {
    let (app, now) = (Arc::clone(app), app.clock().now());
    let store = app.store().clone();
    store
        .transact(move |tx| {
            let mut row = match tx.get(&CARTS, &cart)? {
                Some(row) => row,
                None => Cart { version: last_version(tx, cart)?, ..Cart::new(now) },
            };
            let wanted = row.quantity(sku.as_str()).saturating_add(quantity);
            let price = can_have(&app.catalog(), tx, cart, sku.as_str(), wanted)?;
            row.add(&sku, quantity, now)?;
            row.note_price(sku.as_str(), price);
            tx.put(&CARTS, &cart, &row)?;
            Ok(())
        })
        .await
}

/// Sets how many of each SKU are in the cart, as its owner saw it at `version`; zero takes one out. Either
/// all of it happens or none.
pub async fn change_cart(
    app: &Arc<App>,
    cart: Token,
    version: u64,
    changes: Vec<(Line<60>, u32)>,
) -> Result<(), CartRefusal> {
    let (app, now) = (Arc::clone(app), app.clock().now());
    let store = app.store().clone();
    store
        .transact(move |tx| {
            let mut row = tx.get(&CARTS, &cart)?.ok_or(CartRefusal::Changed)?;
            if row.version != version {
                return Err(CartRefusal::Changed);
            }
            let before = row.clone();
            for (sku, quantity) in &changes {
                let there = row.quantity(sku.as_str());
                if there == 0 || there == *quantity {
                    continue;
                }
                // Fewer is always allowed: it is the way out of a line that cannot be had.
                let price = match on_sale(&app.catalog(), sku.as_str()) {
                    Some((_, variant)) if *quantity < there => Some(variant.price),
                    _ if *quantity < there => None,
                    _ => Some(can_have(&app.catalog(), tx, cart, sku.as_str(), *quantity)?),
                };
                row.set(sku, *quantity, now)?;
                if let Some(price) = price {
                    row.note_price(sku.as_str(), price);
                }
            }
            if row != before {
                tx.put(&CARTS, &cart, &row)?;
            }
            Ok(())
        })
        .await
}

/// The highest version of this cart that an order was made from: a cart that is begun anew under the same
/// token goes on from there, so that no order of the one before is taken for an order of this one.
fn last_version(view: &impl Reads, cart: Token) -> Result<u64, StoreError> {
    let newest = view.scan(&ORDERS_OF_CARTS, &Span::under(&cart, 1).newest_first())?;
    Ok(newest.first().map_or(0, |((_, version), _)| *version))
}

fn on_sale<'a>(catalog: &'a Catalog, sku: &str) -> Option<(&'a Product, &'a Variant)> {
    catalog.variant(sku).filter(|(product, _)| product.status == Status::Active)
}

fn judge(quantity: u32, available: u32, seen: Option<Money>, price: Money) -> Option<Trouble> {
    match available {
        0 => Some(Trouble::SoldOut),
        fewer if fewer < quantity => Some(Trouble::Fewer(fewer)),
        _ => seen.filter(|seen| *seen != price).map(Trouble::PriceChanged),
    }
}

/// The price of one of `sku`, if `wanted` of it can be had.
fn can_have(
    catalog: &Catalog,
    view: &impl Reads,
    cart: Token,
    sku: &str,
    wanted: u32,
) -> Result<Money, CartRefusal> {
    let (product, variant) = on_sale(catalog, sku).ok_or(CartRefusal::NotOnSale)?;
    let free = view.get(&STOCK, &sku.to_owned())?.unwrap_or_default().available();
    let own = held_by(view, cart)?.get(sku).copied().unwrap_or_default();
    let available = free.saturating_add(own);
    let title = product.title.to_string();
    if available == 0 {
        Err(CartRefusal::SoldOut { title })
    } else if available < wanted {
        Err(CartRefusal::Fewer { title, available })
    } else {
        Ok(variant.price)
    }
}

/// Stock that the cart's own unpaid orders hold: it must not stand in its owner's way.
fn held_by(view: &impl Reads, cart: Token) -> Result<BTreeMap<String, u32>, StoreError> {
    let mut held = BTreeMap::new();
    for (_, number) in view.scan(&ORDERS_OF_CARTS, &Span::under(&cart, OWN_ORDERS).newest_first())? {
        let Some(order) = view.get(&ORDERS, &number)? else { continue };
        if order.state == State::AwaitingPayment {
            for line in &order.lines {
                let sum: &mut u32 = held.entry(line.sku.to_string()).or_default();
                *sum = sum.saturating_add(line.quantity);
            }
        }
    }
    Ok(held)
}
