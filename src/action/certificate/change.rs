//! Removing a certificate, and asking again before it is time.

use super::row::{CERTIFICATES, Origin, Place};
use super::schedule::RETRY_PAUSE;
use super::shown::FollowError;
use crate::action::{Actor, Denied, Office};
use crate::audit::Deed;
use crate::store::{Reads, StoreError};

/// Why nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// Not allowed.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// Somebody was faster.
    #[error("there is no such certificate")]
    Gone,
    /// It failed only now.
    #[error("wait a minute before you ask again")]
    TooSoon,
    /// The listeners or the store.
    #[error(transparent)]
    Follow(#[from] FollowError),
}

impl From<StoreError> for ChangeError {
    fn from(error: StoreError) -> Self {
        Self::Follow(error.into())
    }
}

/// Takes a certificate away, in place or asked for. Who asks for its names is shown the machine's own from now
/// on; at the console everybody is.
pub async fn remove_certificate(
    office: &Office,
    actor: &Actor,
    place: Place,
    number: u64,
) -> Result<(), ChangeError> {
    actor.require(place.right())?;
    let (app, actor) = (office.app(), actor.clone());
    let now = app.clock().now();
    let event = app
        .store()
        .transact(move |tx| {
            let kept = tx.get(&CERTIFICATES, &number)?.filter(|kept| kept.place == place);
            let kept = kept.ok_or(ChangeError::Gone)?;
            tx.delete(&CERTIFICATES, &number);
            let event = actor.did(now, Deed::RemoveCertificate, &kept.title());
            event.record(tx)?;
            Ok::<_, ChangeError>(event)
        })
        .await?;
    event.log();
    app.store().read(|view| office.certificates().follow(view))?;
    Ok(())
}

/// Asks the authority now instead of at its time; not sooner than a minute after a failure.
pub async fn retry_certificate(
    office: &Office,
    actor: &Actor,
    place: Place,
    number: u64,
) -> Result<(), ChangeError> {
    actor.require(place.right())?;
    let (app, actor) = (office.app(), actor.clone());
    let now = app.clock().now();
    let event = app
        .store()
        .transact(move |tx| {
            let kept = tx.get(&CERTIFICATES, &number)?.filter(|kept| kept.place == place);
            let mut kept = kept.ok_or(ChangeError::Gone)?;
            let failed = kept.failed.as_ref().ok_or(ChangeError::Gone)?;
            if !matches!(kept.origin, Origin::Asked { .. }) {
                return Err(ChangeError::Gone);
            }
            if now.duration_since(failed.at) < RETRY_PAUSE {
                return Err(ChangeError::TooSoon);
            }
            kept.next = Some(now);
            tx.put(&CERTIFICATES, &number, &kept)?;
            let event = actor.did(now, Deed::AskCertificate, &kept.title());
            event.record(tx)?;
            Ok(event)
        })
        .await?;
    event.log();
    office.certificates().asked.notify_one();
    Ok(())
}
