//! The storefront's certificate: asked for, uploaded, put in place while the shop runs.

use jiff::Timestamp;
use zeroize::Zeroizing;

use super::{Actor, Denied, Office};
use crate::audit::Deed;
use crate::staff::Right;
use crate::store::{Reads, StoreError, Table};
use crate::tls::{IDENTITIES, Identity, IdentityError, SigningRequest};

/// Listener to the key that waits for its certificate.
const REQUESTS: Table<String, SigningRequest> = Table::new("signing-requests", 1);
/// The storefront's row in both.
const STOREFRONT: &str = "storefront";
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
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a page shows of the certificate in place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateState {
    /// SHA-256 in groups.
    pub fingerprint: String,
    /// First and last instant.
    pub validity: (Timestamp, Timestamp),
    /// Whether it was uploaded here; otherwise it is the machine's own, which browsers warn of.
    pub uploaded: bool,
    /// The request that waits, PEM.
    pub request: Option<String>,
}

/// The storefront's uploaded certificate, if there is one: for the start of the service.
pub fn uploaded_certificate(view: &impl Reads) -> Result<Option<Identity>, StoreError> {
    view.get(&IDENTITIES, &STOREFRONT.to_owned())
}

/// The certificate that the storefront shows.
pub fn certificate_state(office: &Office) -> Result<CertificateState, StoreError> {
    let (kept, request) = office.app().store().read(|view| {
        let key = STOREFRONT.to_owned();
        Ok::<_, StoreError>((view.get(&IDENTITIES, &key)?, view.get(&REQUESTS, &key)?))
    })?;
    let fingerprint = office.certificate().fingerprint();
    Ok(CertificateState {
        validity: office.certificate().validity(),
        uploaded: kept.is_some_and(|kept| kept.fingerprint() == fingerprint),
        fingerprint,
        request: request.map(|request| request.request_pem),
    })
}

/// Makes a key, which stays here, and a request for a certificate; takes the place of the one before.
pub async fn request_certificate(
    office: &Office,
    actor: &Actor,
    names: Vec<String>,
) -> Result<(), CertificateError> {
    actor.require(Right::ChangeStorefrontCertificate)?;
    if names.is_empty() || names.len() > MOST_NAMES {
        return Err(CertificateError::Names);
    }
    let app = office.app();
    let request = SigningRequest::new(&names)?;
    let event = actor.did(app.clock().now(), Deed::RequestCertificate, &names.join(" "));
    let kept = event.clone();
    app.store()
        .transact(move |tx| {
            tx.put(&REQUESTS, &STOREFRONT.to_owned(), &request)?;
            kept.record(tx)
        })
        .await?;
    event.log();
    Ok(())
}

/// Puts a certificate in place: with its key, or the answer to the request that waits. Connections that
/// begin afterwards are shown it.
pub async fn replace_certificate(
    office: &Office,
    actor: &Actor,
    chain: String,
    key: Option<Zeroizing<String>>,
) -> Result<(), CertificateError> {
    actor.require(Right::ChangeStorefrontCertificate)?;
    let app = office.app();
    let now = app.clock().now();
    let row = STOREFRONT.to_owned();
    let identity = match &key {
        Some(key) => Identity::from_pem(&chain, key, now)?,
        None => {
            let request = app.store().read(|view| view.get(&REQUESTS, &row))?;
            request.ok_or(CertificateError::NoRequest)?.complete(&chain, now)?
        }
    };
    let event = actor.did(now, Deed::ReplaceCertificate, &identity.fingerprint());
    let (kept, answered) = (event.clone(), key.is_none());
    let identity = std::sync::Arc::new(identity);
    let shown = std::sync::Arc::clone(&identity);
    app.store()
        .transact(move |tx| {
            tx.put(&IDENTITIES, &row, &identity)?;
            if answered {
                tx.delete(&REQUESTS, &row);
            }
            kept.record(tx)
        })
        .await?;
    office.certificate().replace(&shown)?;
    event.log();
    Ok(())
}
