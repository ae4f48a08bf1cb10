//! Every change that anyone can make, typed: authorise, transact, audit. One door for storefront, console
//! and command line.

mod app;
mod cart;
mod checkout;

pub use app::{App, AppParts};
pub use cart::{Basket, BasketError, BasketLine, CartRefusal, Trouble, add_to_cart, basket, change_cart};
pub use checkout::{CheckoutRefusal, choose_delivery, keep_contact};
