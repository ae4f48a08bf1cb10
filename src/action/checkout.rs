//! What a guest fills in before paying: who, where to, which way.

use std::sync::Arc;

use super::App;
use super::place_order::under_way;
use crate::base::{Line, Token};
use crate::cart::{CARTS, CHECKOUTS, Checkout};
use crate::operator::Settings;
use crate::order::{Address, Email, ORDERS, ORDERS_OF_CARTS};
use crate::store::{Reads, Span, StoreError};

/// Why a step of the checkout was not kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckoutRefusal {
    /// There is no cart, or nothing is in it.
    #[error("the cart is empty")]
    CartEmpty,
    /// The step before was not filled in.
    #[error("the address is missing")]
    NoAddress,
    /// The shop has no such way of delivery, or none at all.
    #[error("no such way of delivery")]
    NoSuchDelivery,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Keeps who buys and where it goes. The way of delivery stays as it was chosen; at first it is the shop's
/// first one.
pub async fn keep_contact(
    app: &Arc<App>,
    settings: &Settings,
    cart: Token,
    email: Email,
    address: Address,
) -> Result<(), CheckoutRefusal> {
    let codes: Vec<_> = settings.shipping.iter().map(|method| method.code.clone()).collect();
    app.store()
        .transact(move |tx| {
            let filled = tx.get(&CARTS, &cart)?.is_some_and(|cart| !cart.items.is_empty());
            if !filled {
                return Err(CheckoutRefusal::CartEmpty);
            }
            let before = tx.get(&CHECKOUTS, &cart)?.map(|checkout| checkout.shipping_code);
            let shipping_code = before.filter(|code| codes.contains(code)).or_else(|| codes.first().cloned());
            let shipping_code = shipping_code.ok_or(CheckoutRefusal::NoSuchDelivery)?;
            let row = Checkout { email: email.clone(), address: address.clone(), shipping_code };
            tx.put(&CHECKOUTS, &cart, &row)?;
            Ok(())
        })
        .await
}

/// Keeps the chosen way of delivery.
pub async fn choose_delivery(
    app: &Arc<App>,
    settings: &Settings,
    cart: Token,
    code: &str,
) -> Result<(), CheckoutRefusal> {
    let chosen = settings.shipping.iter().find(|method| method.code.as_str() == code);
    let code: Line<20> = chosen.ok_or(CheckoutRefusal::NoSuchDelivery)?.code.clone();
    app.store()
        .transact(move |tx| {
            let mut row = tx.get(&CHECKOUTS, &cart)?.ok_or(CheckoutRefusal::NoAddress)?;
            row.shipping_code = code.clone();
            tx.put(&CHECKOUTS, &cart, &row)?;
            Ok(())
        })
        .await
}

/// The link of the order for which this cart is being paid just now, if there is one. Its owner is shown
/// that order, not another payment form.
pub fn payment_under_way(app: &App, cart: Token) -> Result<Option<Token>, StoreError> {
    app.store().read(|view| {
        for (_, number) in view.scan(&ORDERS_OF_CARTS, &Span::under(&cart, 1).newest_first())? {
            if under_way(view, number)?.is_some() {
                return Ok(view.get(&ORDERS, &number)?.map(|order| order.link));
            }
        }
        Ok(None)
    })
}
