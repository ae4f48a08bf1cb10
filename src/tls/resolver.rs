//! A listener's certificate, replaceable while it serves.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use jiff::Timestamp;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::{Identity, IdentityError};

/// The certificate that a listener shows. Cheap to clone; every clone is the same one.
#[derive(Clone)]
pub struct Certificate(Arc<Shown>);

struct Shown(RwLock<State>);

#[derive(Clone)]
struct State {
    key: Arc<CertifiedKey>,
    fingerprint: String,
    validity: (Timestamp, Timestamp),
}

impl State {
    fn of(identity: &Identity) -> Result<Self, IdentityError> {
        let (key, validity) = (identity.certified_key()?, identity.validity()?);
        Ok(Self { key, fingerprint: identity.fingerprint(), validity })
    }
}

impl Certificate {
    /// Shows `identity` from now on.
    pub fn new(identity: &Identity) -> Result<Self, IdentityError> {
        Ok(Self(Arc::new(Shown(RwLock::new(State::of(identity)?)))))
    }

    /// Shows `identity` to every connection that begins from now on.
    pub fn replace(&self, identity: &Identity) -> Result<(), IdentityError> {
        let next = State::of(identity)?;
        *self.0.0.write().unwrap_or_else(PoisonError::into_inner) = next;
        Ok(())
    }

    /// SHA-256 of the certificate in 16 groups of four hex digits.
    pub fn fingerprint(&self) -> String {
        self.0.0.read().unwrap_or_else(PoisonError::into_inner).fingerprint.clone()
    }

    /// First and last instant of the certificate.
    pub fn validity(&self) -> (Timestamp, Timestamp) {
        self.0.0.read().unwrap_or_else(PoisonError::into_inner).validity
    }

    pub(super) fn resolver(&self) -> Arc<dyn ResolvesServerCert> {
        Arc::clone(&self.0) as Arc<dyn ResolvesServerCert>
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner).key))
    }
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shown")
    }
}
