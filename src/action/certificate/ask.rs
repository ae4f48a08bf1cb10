//! Asking an authority for a certificate, one for each host name.

use super::row::{self, ACCOUNTS, Account, Authority, CERTIFICATES, Kept, MOST_CERTIFICATES, Origin, Place};
use super::upload::MOST_NAMES;
use crate::action::{Actor, Denied, Office};
use crate::audit::Deed;
use crate::store::{Reads, StoreError};
use crate::tls::HostName;
use crate::tls::acme::{BadDirectory, Binding, Check};

/// What is asked for.
pub struct AskAcme {
    /// Who will show it.
    pub place: Place,
    /// As typed: 1 to [`MOST_NAMES`] host names, no `*` among them; one for the console.
    pub names: Vec<String>,
    /// Whom to ask.
    pub authority: Authority,
    /// How the authority sees that the names lead here.
    pub check: Check,
    /// Whether the person has agreed to the authority's terms.
    pub agreed: bool,
    /// What ties the account to one at the authority.
    pub binding: Option<Binding>,
}

/// Why nobody is asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// Not allowed.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// None, or too many.
    #[error("write one to {0} host names")]
    Names(usize),
    /// This is none.
    #[error("{0} is not a host name: write it like shop.example.com")]
    BadName(String),
    /// An authority that asks the machine itself cannot see a whole domain.
    #[error("{0} stands for many names: write each, or upload a certificate for all")]
    Wildcard(String),
    /// The person has not agreed to the terms.
    #[error("agree to the authority's terms first")]
    NotAgreed,
    /// The authority cannot be called.
    #[error(transparent)]
    Directory(#[from] BadDirectory),
    /// As many certificates as fit.
    #[error("{MOST_CERTIFICATES} certificates are in place: remove one first")]
    TooMany,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AskAcme {
    /// The names, each once, or what is wrong with the first that is none.
    pub fn host_names(&self) -> Result<Vec<HostName>, AskError> {
        let most = match self.place {
            Place::Storefront => MOST_NAMES,
            Place::Console => 1,
        };
        let mut names = Vec::new();
        for typed in &self.names {
            let short: String = typed.chars().take(80).collect();
            let name = HostName::new(typed).map_err(|_| AskError::BadName(short))?;
            if name.wildcard().is_some() {
                return Err(AskError::Wildcard(name.to_string()));
            }
            if !names.contains(&name) {
                names.push(name);
            }
        }
        if names.is_empty() || names.len() > most { Err(AskError::Names(most)) } else { Ok(names) }
    }
}

/// Asks for a certificate for each of the names; what is in place for them stays until the new one is. The
/// authority is asked in the background; [`super::certificate_state`] tells how it goes.
pub async fn ask_acme(office: &Office, actor: &Actor, ask: AskAcme) -> Result<(), AskError> {
    actor.require(ask.place.right())?;
    let names = ask.host_names()?;
    if !ask.agreed {
        return Err(AskError::NotAgreed);
    }
    let app = office.app();
    let directory = office.certificates().directory(&ask.authority)?.url().to_owned();
    let now = app.clock().now();
    let contact = app.settings()?.map(|settings| settings.contact.to_string()).unwrap_or_default();
    let list: Vec<_> = names.iter().map(HostName::as_str).collect();
    let about = format!("{}: {} from {directory}", ask.place.name(), list.join(" "));
    let event = actor.did(now, Deed::AskCertificate, &about);
    let told = event.clone();
    let AskAcme { place, authority, check, binding, .. } = ask;
    app.store()
        .transact(move |tx| {
            let account = tx.get(&ACCOUNTS, &directory)?;
            // A new tie makes a new account; without one the account that is there serves.
            if binding.is_some() || account.is_none() {
                let (contact, binding) = (contact.clone(), binding.clone());
                tx.put(&ACCOUNTS, &directory, &Account { key: None, contact, agreed: now, binding })?;
            }
            let origin = Origin::Asked { authority: authority.clone(), check };
            for name in &names {
                ask_for(tx, place, name, &origin, now)?;
            }
            if row::of(tx, place)?.len() > MOST_CERTIFICATES {
                return Err(AskError::TooMany);
            }
            Ok(told.record(tx)?)
        })
        .await?;
    event.log();
    office.certificates().asked.notify_one();
    Ok(())
}

/// One name: a new row, or the row of that name that an authority was asked for before.
fn ask_for(
    tx: &mut crate::store::Tx<'_>,
    place: Place,
    name: &HostName,
    origin: &Origin,
    now: jiff::Timestamp,
) -> Result<(), StoreError> {
    let wanted = std::slice::from_ref(name);
    for (number, mut kept) in row::of(tx, place)? {
        if kept.names == wanted && matches!(kept.origin, Origin::Asked { .. }) {
            let fresh = Kept::asked(place, kept.names, origin.clone(), now);
            kept = Kept { identity: kept.identity, told: kept.told, since: kept.since, ..fresh };
            return tx.put(&CERTIFICATES, &number, &kept);
        }
        // The console has one: what was asked for before and never came makes room.
        if place == Place::Console && kept.identity.is_none() {
            tx.delete(&CERTIFICATES, &number);
        }
    }
    row::add(tx, &Kept::asked(place, wanted.to_vec(), origin.clone(), now)).map(|_| ())
}
