//! For as long as the service runs: asks authorities when it is time, and tells of what ends.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::attempt::attempt;
use super::row::{self, CERTIFICATES, Kept, Place};
use super::schedule;
use super::shown::FollowError;
use crate::action::Office;
use crate::alarm::{self, Kind, Object};
use crate::store::{Reads, Span, StoreError};
use crate::tls::{IDENTITIES, IdentityError};

/// Between two looks at what is due.
const LOOK: Duration = Duration::from_secs(10);
/// Where an uploaded certificate of the storefront stood before there were several.
const FORMERLY: &str = "storefront";

/// Shows what is in place. For the start of the service, before the doors open.
pub async fn restore_certificates(office: &Office) -> Result<(), FollowError> {
    adopt(office).await?;
    office.app().store().read(|view| office.certificates().follow(view))
}

/// Takes over a certificate that an earlier version kept in another table.
async fn adopt(office: &Office) -> Result<(), FollowError> {
    let (app, key) = (office.app(), FORMERLY.to_owned());
    let Some(identity) = app.store().read::<_, StoreError>(|view| view.get(&IDENTITIES, &key))? else {
        return Ok(());
    };
    let names = identity.names()?;
    let row = Kept::uploaded(Place::Storefront, identity, names, app.clock().now());
    app.store()
        .transact::<_, StoreError>(move |tx| {
            // Looked at again: a transaction may run more than once.
            if tx.get(&IDENTITIES, &key)?.is_some() {
                row::add(tx, &row)?;
                tx.delete(&IDENTITIES, &key);
            }
            Ok(())
        })
        .await?;
    Ok(())
}

/// Tends the certificates for as long as the service runs.
pub async fn keep_certificates(office: Arc<Office>) {
    loop {
        if let Err(error) = tend_certificates(&office).await {
            log::error!(target: "certificate", "certificates cannot be tended: {error}");
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = office.certificates().asked.notified() => {}
        }
    }
}

/// Asks for what is due, one after another, and raises the alarms that are due.
pub async fn tend_certificates(office: &Office) -> Result<(), FollowError> {
    let app = office.app();
    let rows = app.store().read::<_, StoreError>(|view| view.scan(&CERTIFICATES, &Span::all(usize::MAX)))?;
    let due = |kept: &Kept| kept.next.is_some_and(|next| next <= app.clock().now());
    for (number, _) in rows.iter().filter(|(_, kept)| due(kept)) {
        attempt(office, *number).await?;
    }
    // Read again: a failed renewal may be a reason.
    let rows = app.store().read::<_, StoreError>(|view| view.scan(&CERTIFICATES, &Span::all(usize::MAX)))?;
    let now = app.clock().now();
    for (number, kept) in rows {
        if due_alarm(&kept, now)?.is_some() {
            tell(office, number, now).await?;
        }
    }
    Ok(())
}

/// The alarm that is due and has not been raised.
fn due_alarm(kept: &Kept, now: Timestamp) -> Result<Option<row::Told>, IdentityError> {
    let Some(identity) = &kept.identity else { return Ok(None) };
    let due = schedule::alarm(&kept.origin, identity.validity()?, kept.failed.as_ref(), now);
    Ok(due.filter(|due| kept.told.is_none_or(|told| told < *due)))
}

async fn tell(office: &Office, number: u64, now: Timestamp) -> Result<(), FollowError> {
    let raised = office.app().store().transact(move |tx| {
        let Some(mut kept) = tx.get(&CERTIFICATES, &number)? else { return Ok(None) };
        let Some(due) = due_alarm(&kept, now)? else { return Ok(None) };
        kept.told = Some(due);
        tx.put(&CERTIFICATES, &number, &kept)?;
        let about = Object::named(&kept.title());
        Ok::<_, FollowError>(Some(alarm::raise(tx, Kind::CertificateExpires, &about, now)?))
    });
    if let Some(raised) = raised.await? {
        raised.log();
    }
    Ok(())
}
