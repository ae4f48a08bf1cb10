//! The web: what the storefront and the console share, and the two of them.
//!
//! Owns requests and replies: cookies, forms and their limits, the tokens against forged forms, headers
//! that stand on every answer, embedded files, and the one mapping from a failure to a status and a page.
//! Refuses to believe forwarded-for headers: the peer is the address that the listener saw.

pub mod api;
mod assets;
pub mod console;
pub mod cookies;
pub mod csrf;
pub mod form;
mod head;
pub mod headers;
pub mod listener;
pub mod redirect;
pub mod reply;
mod site;
pub mod storefront;
#[cfg(test)]
mod tokens;

pub use assets::{Assets, Script, serve as serve_asset};
pub use form::{Fields, FormError, Limits};
pub use head::Head;
pub use reply::{Failure, page};
pub use site::{Peer, Site};
