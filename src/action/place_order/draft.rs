//! What an order would be if it were made now: from the catalog's rows, the settings and what the guest
//! filled in, inside the transaction that makes it.

use super::PlaceError;
use super::begin::Facts;
use crate::cart::{CHECKOUTS, Cart, Item};
use crate::catalog::{PRODUCTS, Product, Status, Variant};
use crate::operator::Settings;
use crate::order::{Address, Email, LineItem, Order, ShippingMethod, Totals};
use crate::store::{Reads, StoreError, Tx};

/// An order that is not one yet.
pub(super) struct Draft {
    pub(super) email: Email,
    pub(super) address: Address,
    pub(super) shipping: ShippingMethod,
    pub(super) lines: Vec<LineItem>,
    pub(super) totals: Totals,
}

impl Draft {
    pub(super) fn of(
        tx: &Tx<'_>,
        facts: &Facts,
        settings: &Settings,
        cart: &Cart,
    ) -> Result<Self, PlaceError> {
        let details = tx.get(&CHECKOUTS, &facts.cart)?.ok_or(PlaceError::NoDetails)?;
        let shipping = settings.shipping.iter().find(|method| method.code == details.shipping_code);
        let shipping = shipping.ok_or(PlaceError::NoDetails)?.clone();
        let lines: Vec<_> = cart.items.iter().map(|item| line(tx, facts, item)).collect::<Result<_, _>>()?;
        let sums = lines.iter().map(|line| line.total);
        let totals = Totals::of(sums, shipping.price, settings.tax_permille)?;
        Ok(Self { email: details.email, address: details.address, shipping, lines, totals })
    }

    /// Whether the order is this one, to the last word and cent.
    pub(super) fn is_of(&self, order: &Order) -> bool {
        (&order.email, &order.address, &order.shipping) == (&self.email, &self.address, &self.shipping)
            && (&order.lines, &order.totals) == (&self.lines, &self.totals)
    }
}

fn line(tx: &Tx<'_>, facts: &Facts, item: &Item) -> Result<LineItem, PlaceError> {
    let sku = item.sku.as_str();
    let Some((product, variant)) = on_sale(tx, facts, sku)? else {
        let title = facts.catalog.variant(sku).map_or(sku, |(product, _)| product.title.as_str()).to_owned();
        return Err(PlaceError::OutOfStock { sku: sku.to_owned(), title, available: 0 });
    };
    Ok(LineItem {
        sku: item.sku.clone(),
        options: variant.label(),
        handle: product.handle.to_string(),
        picture: product.picture.map(|picture| picture.name),
        title: product.title,
        quantity: item.quantity,
        unit_price: variant.price,
        total: variant.price.times(item.quantity)?,
    })
}

/// The rows as they are now. The catalog in memory only tells which row to read.
fn on_sale(tx: &Tx<'_>, facts: &Facts, sku: &str) -> Result<Option<(Product, Variant)>, StoreError> {
    let Some((known, _)) = facts.catalog.variant(sku) else { return Ok(None) };
    let row = tx.get(&PRODUCTS, &known.handle.to_string())?;
    let Some(product) = row.filter(|product| product.status == Status::Active) else { return Ok(None) };
    let variant = product.variants.iter().find(|variant| variant.sku.as_str() == sku).cloned();
    Ok(variant.map(|variant| (product, variant)))
}
