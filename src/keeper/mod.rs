//! The keeper: the one process that has the TPM, and what the service may ask of it.
//!
//! Inside the image `cashcowd keep` answers on a socket of this machine; it has no network. `cashcowd serve`,
//! which meets strangers, has no TPM: it asks here, six questions in all ([`Keep`]), and none of them gives
//! away more than the service needs for its own work. A demo has both in one process, with the same socket
//! between them.
//!
//! Who may ask is for the socket's owner and mode to say; whoever can connect is believed to be the service.
//!
//! Invariants:
//! - One question at a time reaches the TPM.
//! - A fault of the TPM never ends the keeper: it is the answer, in words for the machine's screen.
//! - The root key is in wiped memory on both sides of the socket.

mod client;
mod error;
mod holder;
mod server;
mod wire;

pub use client::Client;
pub use error::KeepError;
pub use holder::Holder;
pub use server::{MOST_CALLERS, in_this_process, serve};

use crate::base::SecretBytes;
use crate::tpm::witness::{Certificate, WitnessKey};

/// A root key and how it is kept.
#[derive(Debug)]
pub struct RootSecret {
    /// The key: 32 bytes.
    pub key: SecretBytes,
    /// The sealed key, if it was made just now: to be kept, since it alone opens again.
    pub sealed: Option<Vec<u8>>,
}

/// What the holder of the TPM does for the service. Calls block; a slow TPM takes seconds.
pub trait Keep: Send {
    /// Unseals the root key; makes and seals one if there is none yet.
    fn root_key(&mut self, sealed: Option<&[u8]>) -> Result<RootSecret, KeepError>;
    /// From now on no image with a lower security version opens this machine's secrets. The smallest that does.
    fn raise_minimum(&mut self) -> Result<u64, KeepError>;
    /// The key that vouches for the audit log.
    fn witness_key(&mut self) -> Result<WitnessKey, KeepError>;
    /// What the audit log's index holds.
    fn witness_value(&mut self) -> Result<[u8; 32], KeepError>;
    /// Extends the index; what it holds then.
    fn witness_extend(&mut self, with: &[u8; 32]) -> Result<[u8; 32], KeepError>;
    /// The signed statement of what the index holds, with `about` in it.
    fn witness_certify(&mut self, about: &[u8; 32]) -> Result<Certificate, KeepError>;
}

#[cfg(test)]
mod tests;
