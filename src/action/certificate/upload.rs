//! A certificate that somebody brings: uploaded with its key, or the answer to a request made here.

use std::sync::Arc;

use super::row::{self, Kept, MOST_CERTIFICATES, Pem, Place, REQUESTS};
use super::shown::FollowError;
use crate::action::{Actor, Denied, Office};
use crate::audit::Deed;
use crate::store::{Reads, StoreError};
use crate::tls::{Identity, IdentityError, SigningRequest};

/// The most host names of one request.
pub const MOST_NAMES: usize = 10;

/// Why the certificate was not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// Not allowed.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// Not usable, in words for who uploaded it.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// A chain without a key, and no request that waits for one.
    #[error("no request waits for a certificate: make one, or upload the private key too")]
    NoRequest,
    /// None, or too many.
    #[error("write one to {MOST_NAMES} host names")]
    Names,
    /// As many certificates as fit are in place.
    #[error("{MOST_CERTIFICATES} certificates are in place: remove one first")]
    TooMany,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<FollowError> for CertificateError {
    fn from(error: FollowError) -> Self {
        match error {
            FollowError::Identity(error) => Self::Identity(error),
            FollowError::Store(error) => Self::Store(error),
        }
    }
}

/// Makes a key, which stays here, and a request for a certificate; takes the place of the one before.
pub async fn request_certificate(
    office: &Office,
    actor: &Actor,
    place: Place,
    names: Vec<String>,
) -> Result<(), CertificateError> {
    actor.require(place.right())?;
    if names.is_empty() || names.len() > MOST_NAMES {
        return Err(CertificateError::Names);
    }
    let app = office.app();
    let request = SigningRequest::new(&names)?;
    let about = format!("{}: {}", place.name(), names.join(" "));
    let event = actor.did(app.clock().now(), Deed::RequestCertificate, &about);
    let kept = event.clone();
    app.store()
        .transact(move |tx| {
            tx.put(&REQUESTS, &place.name().to_owned(), &request)?;
            kept.record(tx)
        })
        .await?;
    event.log();
    Ok(())
}

/// Puts a certificate in place for its host names: with its key, or the answer to the request that waits.
/// Connections that begin afterwards are shown it. What was in place for these names goes.
pub async fn replace_certificate(
    office: &Office,
    actor: &Actor,
    place: Place,
    chain: String,
    key: Option<Pem>,
) -> Result<(), CertificateError> {
    actor.require(place.right())?;
    let app = office.app();
    let now = app.clock().now();
    let waiting = place.name().to_owned();
    let identity = match &key {
        Some(key) => Identity::from_pem(&chain, key, now)?,
        None => {
            let request = app.store().read(|view| view.get(&REQUESTS, &waiting))?;
            request.ok_or(CertificateError::NoRequest)?.complete(&chain, now)?
        }
    };
    let names = identity.names()?;
    let about = format!("{}: {}", place.name(), identity.fingerprint());
    let event = actor.did(now, Deed::ReplaceCertificate, &about);
    let (told, answered) = (event.clone(), key.is_none());
    let row = Arc::new(Kept::uploaded(place, identity, names, now));
    app.store()
        .transact(move |tx| {
            let number = row::add(tx, &row)?;
            row::take(tx, number, place, &row.names)?;
            if row::of(tx, place)?.len() > MOST_CERTIFICATES {
                return Err(CertificateError::TooMany);
            }
            if answered {
                tx.delete(&REQUESTS, &waiting);
            }
            Ok(told.record(tx)?)
        })
        .await?;
    event.log();
    app.store().read(|view| office.certificates().follow(view))?;
    Ok(())
}
