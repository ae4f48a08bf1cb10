//! Pictures of products.

use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use crate::catalog::PICTURES;
use crate::catalog::import::plain_name;
use crate::store::Reads;
use crate::web::{Failure, Site};

/// `GET /pictures/{name}`. A day in caches, then asked for again by its hash.
pub async fn show(
    State(site): State<Site>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let picture = site.app.store().read(|view| view.get(&PICTURES, &name))?.ok_or(Failure::NotFound)?;
    // Only what the import re-encoded itself is served, and never as anything but a picture.
    let media_type = match picture.media_type.as_str() {
        "image/jpeg" => "image/jpeg",
        "image/png" => "image/png",
        "image/webp" => "image/webp",
        other => return Err(Failure::Internal(format!("a picture of type {other}"))),
    };
    let digest = Sha256::digest(&picture.bytes);
    let tag = digest.iter().take(8).fold("\"".to_owned(), |tag, byte| format!("{tag}{byte:02x}")) + "\"";
    let known = headers.get(IF_NONE_MATCH).is_some_and(|sent| sent.as_bytes() == tag.as_bytes());
    let cache = [(CACHE_CONTROL, "public, max-age=86400".to_owned()), (ETAG, tag)];
    if known {
        return Ok((StatusCode::NOT_MODIFIED, cache).into_response());
    }
    // A name of ours has letters, digits, points, hyphens and underscores alone; nothing else could be a row's key.
    let saved = format!("inline; filename=\"{}\"", plain_name(&name));
    let kind = [(CONTENT_TYPE, media_type.to_owned()), (CONTENT_DISPOSITION, saved)];
    Ok((cache, kind, picture.bytes).into_response())
}
