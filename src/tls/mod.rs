//! TLS: one table of what is spoken, the machine's certificates, and the way to those who issue more.
//!
//! Owns the table, the making and reading of certificates, the handle through which a listener's certificates
//! are replaced while it runs, and the calls to a certificate authority (RFC 8555) with the answers to its
//! challenges. Refuses anything below TLS 1.2 and every suite that is not AEAD with forward secrecy (RFC 9325).
//!
//! Invariants:
//! - A private key is made here or uploaded, stands in sealed rows, and leaves the process never.
//! - A challenge is answered only while the order that it belongs to is under way.

pub mod acme;
mod challenges;
mod host_name;
mod identity;
mod resolver;
mod table;

pub use challenges::{ACME_TLS, Answering, Challenges, LONGEST_TOKEN, MOST_CHALLENGES};
pub use host_name::{BadHostName, HostName};
pub use identity::{Identity, IdentityError, MOST_PEM, SigningRequest};
pub use resolver::Certificates;
pub use table::{TlsError, client, client_of_one_root, collector, server, table};

use crate::store::Table;

/// The certificates that the machine made itself, with their keys, by the listener that shows them: `console`,
/// `storefront-own`. Before there were several by name, an uploaded one stood here too, under `storefront`.
pub const IDENTITIES: Table<String, Identity> = Table::new("tls-identities", 1);
