//! Embedded files: served under names that hold a hash of their content, so that they can be kept for ever.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256, Sha384};

use super::{Failure, Site};

const TOKENS: &str = include_str!("../../assets/tokens.css");
const BASE: &str = include_str!("../../assets/base.css");

/// The one script: the console's, for passkeys.
const SCRIPT: &str = "passkey.js";

/// Plain name, media type and content of each file. A style sheet begins with the tokens
/// and with what all pages share.
fn files() -> [(&'static str, &'static str, String); 4] {
    let sheet = |own: &str| format!("{TOKENS}{BASE}{own}");
    [
        ("shop.css", "text/css; charset=utf-8", sheet(include_str!("../../assets/shop.css"))),
        ("console.css", "text/css; charset=utf-8", sheet(include_str!("../../assets/console.css"))),
        (SCRIPT, "text/javascript; charset=utf-8", include_str!("../../assets/passkey.js").to_owned()),
        ("icon.svg", "image/svg+xml", include_str!("../../assets/icon.svg").to_owned()),
    ]
}

/// A script as a page names it: the browser runs it only if it has this hash (Subresource Integrity).
#[derive(Debug, Clone)]
pub struct Script {
    /// Where it is.
    pub path: String,
    /// `sha384-` and the hash in Base64.
    pub integrity: String,
}

struct Asset {
    media_type: &'static str,
    content: String,
}

/// The files by hashed name, and the way from the plain name.
pub struct Assets {
    paths: BTreeMap<&'static str, String>,
    by_name: BTreeMap<String, Asset>,
}

impl Assets {
    /// The files that are embedded in the program.
    pub fn embedded() -> Self {
        let (mut paths, mut by_name) = (BTreeMap::new(), BTreeMap::new());
        for (plain, media_type, content) in files() {
            let digest = Sha256::digest(content.as_bytes());
            let hash: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
            let (stem, end) = plain.rsplit_once('.').unwrap_or((plain, ""));
            let name = format!("{stem}-{hash}.{end}");
            paths.insert(plain, format!("/assets/{name}"));
            by_name.insert(name, Asset { media_type, content });
        }
        Self { paths, by_name }
    }

    /// The address of the file whose plain name is `plain`: `shop.css`.
    pub fn path(&self, plain: &str) -> &str {
        self.paths.get(plain).map_or("/assets/missing", String::as_str)
    }

    /// The passkeys' script.
    pub fn passkey_script(&self) -> Script {
        let path = self.path(SCRIPT).to_owned();
        let asset = path.strip_prefix("/assets/").and_then(|name| self.by_name.get(name));
        let digest = Sha384::digest(asset.map_or("", |asset| asset.content.as_str()).as_bytes());
        Script { path, integrity: format!("sha384-{}", STANDARD.encode(digest)) }
    }
}

/// `GET /assets/{name}`.
pub async fn serve(State(site): State<Site>, Path(name): Path<String>) -> Result<Response, Failure> {
    let asset = site.assets.by_name.get(&name).ok_or(Failure::NotFound)?;
    let headers = [(CONTENT_TYPE, asset.media_type), (CACHE_CONTROL, "public, max-age=31536000, immutable")];
    Ok((headers, asset.content.clone()).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_changes_with_the_content_and_leads_back_to_it() {
        let assets = Assets::embedded();
        for (plain, _, content) in files() {
            let name = assets.path(plain).strip_prefix("/assets/").unwrap();
            assert_eq!(assets.by_name[name].content, content);
            assert!(name.len() > plain.len() + 16);
        }
    }
}
