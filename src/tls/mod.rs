//! TLS: one table of what is spoken, the machine's own certificates, and the way out to gateways.
//!
//! Owns the table, the making and reading of certificates, and the handle through which a listener's
//! certificate is replaced while it runs. Refuses anything below TLS 1.2 and every suite that is not AEAD
//! with forward secrecy (RFC 9325).

mod identity;
mod resolver;
mod table;

pub use identity::{Identity, IdentityError, SigningRequest};
pub use resolver::Certificate;
pub use table::{TlsError, client, collector, server};

use crate::store::Table;

/// Certificates with their keys, by the listener that shows them: `console`, `storefront`.
pub const IDENTITIES: Table<String, Identity> = Table::new("tls-identities", 1);
