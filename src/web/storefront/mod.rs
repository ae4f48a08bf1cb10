//! What shoppers see: one file per resource, no script anywhere.

mod cart;
mod checkout;
mod field;
mod frame;
mod listing;
mod notices;
mod order;
mod picture;
mod policy;
mod product;
mod refunds;

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};

use super::reply::{self, Draw};
use super::{Failure, Site, headers, serve_asset};

/// The storefront.
pub fn router(site: Site) -> Router {
    let draw: Draw = frame::failure;
    Router::new()
        .route("/", get(listing::home))
        .route("/category/{slug}", get(listing::category))
        .route("/search", get(listing::search))
        .route("/product/{handle}", get(product::show))
        .route("/cart", get(cart::show))
        .route("/cart/add", post(cart::add))
        .route("/cart/update", post(cart::update))
        .route("/checkout/contact", get(checkout::contact::show).post(checkout::contact::keep))
        .route("/checkout/delivery", get(checkout::delivery::show).post(checkout::delivery::choose))
        .route("/checkout/pay", get(checkout::pay::show).post(checkout::submit::submit))
        .route("/checkout/unkept.css", get(checkout::pay::unkept))
        .route("/order/{link}", get(order::show))
        .route("/order/{link}/return", get(order::take_back))
        .route("/order/{link}/abandon", post(order::abandon))
        .route("/webhooks/{gateway}", post(notices::take))
        .route("/policy", get(policy::show))
        .route("/pictures/{name}", get(picture::show))
        .route("/assets/{name}", get(serve_asset))
        .route("/health", get(async || StatusCode::NO_CONTENT))
        .fallback(async || Failure::NotFound)
        .method_not_allowed_fallback(async || Failure::Method)
        .layer(from_fn_with_state((site.clone(), draw), reply::pages))
        .layer(from_fn(headers::guard))
        .with_state(site)
}

#[cfg(test)]
mod bank_tests;
#[cfg(test)]
mod tests;
