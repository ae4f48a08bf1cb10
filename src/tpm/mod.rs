//! The TPM: secrets that only this machine, running an approved image of a recent enough version, opens.
//!
//! A secret is sealed under the policy "whatever the profile's key approves for the service", and what
//! the build approves is: PCR 11 shows this image, and the smallest permitted version in the TPM is not
//! above the image's own. Both are inside the signed part, so neither disk nor service can waive them.
//! The minimum version lies in an NV index that an image can only set to its own version, and only
//! upwards.
//!
//! Owns the connection, the storage root key, the minimum version and the approvals; the only importer of
//! `tss-esapi`, and of unsafe code (`esys.rs`). Refuses to keep a secret: it gives [`SecretBytes`] away.
//!
//! Invariants:
//! - Whatever the TPM holds for us is released on every path out of a function.
//! - A secret crosses the bus encrypted under a session whose key only the storage root key can open.
//! - [`Tpm::seal`] returns only what it has opened again.
//!
//! [`SecretBytes`]: crate::base::SecretBytes

pub mod approval;
mod authorise;
mod blob;
mod code;
mod error;
mod esys;
mod minimum;
mod open;
mod pcr;
mod policy;
mod public;
mod random;
mod seal;
mod storage_key;
pub mod swtpm;
mod unseal;
pub mod vault;
pub mod witness;

#[cfg(test)]
mod tests;

pub use approval::{Approval, Authority};
pub use blob::SealedBlob;
pub use error::{NotApproved, TpmError};
pub use open::{Device, Tpm};
