//! What the shop sells: products, their variants, stock and pictures.
//!
//! Owns the model, the tables, the CSV format and the in-memory [`Catalog`] from which pages are made.
//! Refuses a product without a variant, two variants with one SKU, and prices below zero.

pub mod import;
mod index;
mod model;
mod tables;

pub use index::{Catalog, MOST_PRODUCTS, category_slug};
pub use model::{Handle, HandleError, Picture, PictureRef, Product, Status, Variant};
pub use tables::{PICTURES, PRODUCTS, STOCK, Stock};
