//! What shoppers see: one file per resource, no script anywhere.

mod frame;

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;

use super::reply::{self, Draw};
use super::{Failure, Site, headers, serve_asset};

/// The storefront.
pub fn router(site: Site) -> Router {
    let draw: Draw = frame::failure;
    Router::new()
        .route("/health", get(async || StatusCode::NO_CONTENT))
        .route("/assets/{name}", get(serve_asset))
        .fallback(async || Failure::NotFound)
        .method_not_allowed_fallback(async || Failure::Method)
        .layer(from_fn_with_state((site.clone(), draw), reply::pages))
        .layer(from_fn(headers::guard))
        .with_state(site)
}
