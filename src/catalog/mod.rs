//! What the shop sells: products, their variants, stock and pictures.
//!
//! Owns the model, the tables, the CSV format and the in-memory [`Catalog`] from which pages are made.
//! Refuses a product without a variant, two variants with one SKU, and prices below zero.

pub mod import;
mod index;
mod model;
mod picture;
mod tables;

pub use index::{Catalog, MOST_PRODUCTS, category_slug};
pub use model::{Handle, HandleError, Picture, PictureRef, Product, Status, Variant};
pub use picture::{MOST_PICTURE_BYTES, PictureError};
pub use tables::{PICTURES, PRODUCTS, STOCK, Stock};
