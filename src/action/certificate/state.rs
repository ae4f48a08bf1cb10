//! What a page shows of the certificates of a place. No key is in it.

use jiff::Timestamp;

use super::row::{self, Authority, Kept, Origin, Place, REQUESTS};
use super::shown::FollowError;
use crate::action::Office;
use crate::store::{Reads, StoreError};
use crate::tls::acme::{AcmeError, Check};

/// The certificates of a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateState {
    /// SHA-256, in groups, of what is shown to those who give no name.
    pub fingerprint: String,
    /// First and last instant of the same.
    pub validity: (Timestamp, Timestamp),
    /// SHA-256 of the machine's own certificate, which browsers warn of.
    pub own_fingerprint: String,
    /// The request that waits, PEM.
    pub request: Option<String>,
    /// What is in place or asked for, in the order in which it came.
    pub placed: Vec<PlacedState>,
}

impl CertificateState {
    /// Whether something else than the machine's own certificate is shown.
    pub fn is_placed(&self) -> bool {
        self.placed.iter().any(|placed| placed.fingerprint.is_some())
    }

    /// When the first of those ends that nobody but a person will replace.
    pub fn ends_alone(&self) -> Option<Timestamp> {
        let uploaded = self.placed.iter().filter(|placed| placed.source == Source::Uploaded);
        uploaded.filter_map(|placed| Some(placed.validity?.1)).min()
    }
}

/// One certificate, in place or asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedState {
    /// Its number, for changes.
    pub number: u64,
    /// The host names that it is shown for.
    pub names: Vec<String>,
    /// Where it comes from.
    pub source: Source,
    /// SHA-256 in groups, once it is in place.
    pub fingerprint: Option<String>,
    /// First and last instant, once it is in place.
    pub validity: Option<(Timestamp, Timestamp)>,
    /// How it goes.
    pub progress: Progress,
}

/// Where a certificate comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Somebody uploaded it.
    Uploaded,
    /// From this authority, which checks the name in this way.
    Asked(Authority, Check),
}

/// How it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// The authority is being asked.
    Asking,
    /// All is well; the authority is asked for the next one at this time, an uploaded one has none.
    InPlace(Option<Timestamp>),
    /// The last try failed.
    Failed {
        /// When.
        at: Timestamp,
        /// Why.
        why: AcmeError,
        /// When it is tried again.
        next: Option<Timestamp>,
    },
}

/// What is shown and asked for at a place.
pub fn certificate_state(office: &Office, place: Place) -> Result<CertificateState, FollowError> {
    let (kept, request) = office.app().store().read(|view| {
        let request = view.get(&REQUESTS, &place.name().to_owned())?;
        Ok::<_, StoreError>((row::of(view, place)?, request))
    })?;
    let shown = office.certificates().of(place);
    let now = office.app().clock().now();
    let placed: Result<Vec<_>, FollowError> =
        kept.into_iter().map(|(number, kept)| placed(number, kept, now)).collect();
    Ok(CertificateState {
        fingerprint: shown.fingerprint(),
        validity: shown.validity(),
        own_fingerprint: shown.own_fingerprint(),
        request: request.map(|request| request.request_pem),
        placed: placed?,
    })
}

fn placed(number: u64, kept: Kept, now: Timestamp) -> Result<PlacedState, FollowError> {
    let Kept { names, origin, identity, next, failed, .. } = kept;
    let due = next.is_some_and(|next| next <= now);
    let progress = match (failed, identity.is_some()) {
        (Some(failed), _) if !due => Progress::Failed { at: failed.at, why: failed.why, next },
        (_, true) if !due => Progress::InPlace(next),
        _ => Progress::Asking,
    };
    Ok(PlacedState {
        number,
        names: names.iter().map(ToString::to_string).collect(),
        source: match origin {
            Origin::Uploaded => Source::Uploaded,
            Origin::Asked { authority, check } => Source::Asked(authority, check),
        },
        fingerprint: identity.as_ref().map(crate::tls::Identity::fingerprint),
        validity: identity.map(|identity| identity.validity()).transpose()?,
        progress,
    })
}
