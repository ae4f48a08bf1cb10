//! A listener's certificate, replaceable while it serves.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::{Identity, IdentityError};

/// The certificate that a listener shows. Cheap to clone; every clone is the same one.
#[derive(Clone)]
pub struct Certificate(Arc<Shown>);

struct Shown(RwLock<(Arc<CertifiedKey>, String)>);

impl Certificate {
    /// Shows `identity` from now on.
    pub fn new(identity: &Identity) -> Result<Self, IdentityError> {
        let first = (identity.certified_key()?, identity.fingerprint());
        Ok(Self(Arc::new(Shown(RwLock::new(first)))))
    }

    /// Shows `identity` to every connection that begins from now on.
    pub fn replace(&self, identity: &Identity) -> Result<(), IdentityError> {
        let next = (identity.certified_key()?, identity.fingerprint());
        *self.0.0.write().unwrap_or_else(PoisonError::into_inner) = next;
        Ok(())
    }

    /// SHA-256 of the certificate in 16 groups of four hex digits.
    pub fn fingerprint(&self) -> String {
        self.0.0.read().unwrap_or_else(PoisonError::into_inner).1.clone()
    }

    pub(super) fn resolver(&self) -> Arc<dyn ResolvesServerCert> {
        Arc::clone(&self.0) as Arc<dyn ResolvesServerCert>
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner).0))
    }
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shown")
    }
}
