//! One try to get a certificate from an authority, and what becomes of it.

use super::row::{self, ACCOUNTS, CERTIFICATES, Failed, Kept, OpenOrder, Origin};
use super::schedule::{self, Draw};
use super::shown::FollowError;
use crate::action::{Actor, Office};
use crate::audit::Deed;
use crate::store::{Reads, StoreError, Tx};
use crate::tls::acme::{AcmeError, Check, Client, Directory, Finish};
use crate::tls::{HostName, Identity, SigningRequest};

/// Why a try came to no end.
enum Stopped {
    /// A failure that is written into the row.
    Failed(AcmeError),
    Store(StoreError),
}

impl From<AcmeError> for Stopped {
    fn from(error: AcmeError) -> Self {
        Self::Failed(error)
    }
}

impl From<StoreError> for Stopped {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Asks for the certificate with this number, and writes down how it went.
pub(super) async fn attempt(office: &Office, number: u64) -> Result<(), FollowError> {
    match obtain(office, number).await {
        Ok(Some(identity)) => install(office, number, identity).await,
        Ok(None) => Ok(()),
        Err(Stopped::Store(error)) => Err(error.into()),
        Err(Stopped::Failed(why)) => Ok(note(office, number, why).await?),
    }
}

/// `None` if somebody has removed the row meanwhile.
async fn obtain(office: &Office, number: u64) -> Result<Option<Identity>, Stopped> {
    let app = office.app();
    let Some(kept) = app.store().read::<_, StoreError>(|view| view.get(&CERTIFICATES, &number))? else {
        return Ok(None);
    };
    let Origin::Asked { authority, check } = kept.origin.clone() else { return Ok(None) };
    let names = kept.names.clone();
    let directory = office.certificates().directory(&authority);
    let directory = directory.map_err(|error| AcmeError::Odd(error.to_string()))?;
    let tried = order(office, number, &kept, (&directory, check)).await;
    let identity = match tried {
        Err(Stopped::Failed(AcmeError::NoAccount(_))) => {
            // The authority was set up anew, or the account was closed there: the next one is made at once.
            forget(office, directory.url().to_owned()).await?;
            let kept = Kept { order: None, ..kept };
            order(office, number, &kept, (&directory, check)).await?
        }
        tried => tried?,
    };
    let Some(identity) = identity else { return Ok(None) };
    let shown = identity.names().map_err(|error| AcmeError::Odd(error.to_string()))?;
    if names.iter().any(|name| !shown.iter().any(|other| other.covers(name))) {
        return Err(AcmeError::Odd("the certificate is for other names".to_owned()).into());
    }
    Ok(Some(identity))
}

/// From the account to the certificate, going on with an order that was begun.
async fn order(
    office: &Office,
    number: u64,
    kept: &Kept,
    (directory, check): (&Directory, Check),
) -> Result<Option<Identity>, Stopped> {
    let client = account(office, directory).await?;
    let begun = match &kept.order {
        Some(order) => Some(order.clone()),
        None => begin(office, number, &client, &kept.names).await?,
    };
    match begun {
        Some(order) => Ok(Some(finish(office, &client, check, &order).await?)),
        None => Ok(None),
    }
}

async fn forget(office: &Office, url: String) -> Result<(), StoreError> {
    let forget = move |tx: &mut Tx<'_>| {
        let Some(mut account) = tx.get(&ACCOUNTS, &url)? else { return Ok(()) };
        account.key = None;
        tx.put(&ACCOUNTS, &url, &account)
    };
    office.app().store().transact::<_, StoreError>(forget).await
}

/// Opens the account, or makes one.
async fn account(office: &Office, directory: &Directory) -> Result<Client, Stopped> {
    let store = office.app().store();
    let url = directory.url().to_owned();
    let kept = store.read::<_, StoreError>(|view| view.get(&ACCOUNTS, &url))?;
    let kept = kept.ok_or_else(|| AcmeError::Odd("nobody has agreed to its terms".to_owned()))?;
    let key = match kept.key {
        Some(key) => key,
        None => {
            let key = directory.register(&kept.contact, kept.binding.as_ref()).await?;
            let made = key.clone();
            store
                .transact::<_, StoreError>(move |tx| {
                    let Some(mut account) = tx.get(&ACCOUNTS, &url)? else { return Ok(()) };
                    account.key = Some(made.clone());
                    account.binding = None;
                    tx.put(&ACCOUNTS, &url, &account)
                })
                .await?;
            key
        }
    };
    Ok(directory.open(&key).await?)
}

/// Begins an order, and keeps it with its key before anything more happens.
async fn begin(
    office: &Office,
    number: u64,
    client: &Client,
    names: &[HostName],
) -> Result<Option<OpenOrder>, Stopped> {
    let list: Vec<_> = names.iter().map(ToString::to_string).collect();
    let request = SigningRequest::new(&list).map_err(|error| AcmeError::Odd(error.to_string()))?;
    let url = client.begin(names).await?;
    let order = OpenOrder { url, request };
    let kept = order.clone();
    let there = office.app().store().transact::<_, StoreError>(move |tx| {
        let Some(mut row) = tx.get(&CERTIFICATES, &number)? else { return Ok(false) };
        row.order = Some(kept.clone());
        tx.put(&CERTIFICATES, &number, &row)?;
        Ok(true)
    });
    Ok(there.await?.then_some(order))
}

async fn finish(
    office: &Office,
    client: &Client,
    check: Check,
    order: &OpenOrder,
) -> Result<Identity, AcmeError> {
    let (request, challenges) = (&order.request, office.certificates().challenges());
    let chain = client.finish(&Finish { order: &order.url, check, request, challenges }).await?;
    let now = office.app().clock().now();
    request.complete(&chain, now).map_err(|error| AcmeError::Odd(error.to_string()))
}

/// Puts it in place; it takes its names from what was there.
async fn install(office: &Office, number: u64, identity: Identity) -> Result<(), FollowError> {
    let app = office.app();
    let now = app.clock().now();
    let next = schedule::renewal(identity.validity()?, now, Draw::new(app.random()));
    let fingerprint = identity.fingerprint();
    let event = app
        .store()
        .transact::<_, StoreError>(move |tx| {
            let Some(kept) = tx.get(&CERTIFICATES, &number)? else { return Ok(None) };
            let fresh = Kept::asked(kept.place, kept.names, kept.origin, kept.since);
            let row = Kept { identity: Some(identity.clone()), next: Some(next), ..fresh };
            tx.put(&CERTIFICATES, &number, &row)?;
            row::take(tx, number, row.place, &row.names)?;
            let about = format!("{}, {fingerprint}", row.title());
            let event = Actor::machine().did(now, Deed::ReplaceCertificate, &about);
            event.record(tx)?;
            Ok(Some(event))
        })
        .await?;
    if let Some(event) = event {
        event.log();
        app.store().read(|view| office.certificates().follow(view))?;
    }
    Ok(())
}

/// Writes a failure down. What is in place stays there.
async fn note(office: &Office, number: u64, why: AcmeError) -> Result<(), StoreError> {
    let app = office.app();
    let now = app.clock().now();
    let draw = Draw::new(app.random());
    let failure = why.clone();
    let title = app
        .store()
        .transact::<_, StoreError>(move |tx| {
            let Some(mut kept) = tx.get(&CERTIFICATES, &number)? else { return Ok(None) };
            kept.tries = kept.tries.saturating_add(1);
            let too_often = matches!(why, AcmeError::TooOften(_));
            kept.next = Some(schedule::after_failure(kept.tries, too_often, now, draw));
            // An order that the authority has not ended itself goes on where it is.
            let goes_on = matches!(why, AcmeError::Unreachable(_) | AcmeError::Slow | AcmeError::TooOften(_));
            kept.order = kept.order.filter(|_| goes_on);
            kept.failed = Some(Failed { at: now, why: why.clone() });
            tx.put(&CERTIFICATES, &number, &kept)?;
            Ok(Some(kept.title()))
        })
        .await?;
    if let Some(title) = title {
        log::warn!(target: "certificate", "no certificate for {title}: {failure}");
    }
    Ok(())
}
