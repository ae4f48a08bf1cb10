//! What the two listeners show, and the way to authorities.

use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

use super::row::{self, Authority, Kept, Place};
use crate::store::{StoreError, View};
use crate::tls::acme::{BadDirectory, Directory};
use crate::tls::{Certificates, Challenges, HostName, Identity, IdentityError};

/// Finds an authority. Made by the composition root, which alone knows of detours.
pub type MakeDirectory = dyn Fn(&Authority) -> Result<Directory, BadDirectory> + Send + Sync;

/// What the listeners show, and what is needed to change it.
pub struct Shown {
    storefront: Certificates,
    console: Certificates,
    challenges: Challenges,
    directory: Box<MakeDirectory>,
    /// The whole host names of the certificates in place: of the storefront, of the console.
    names: Mutex<[Vec<HostName>; 2]>,
    pub(super) asked: Notify,
}

impl Shown {
    /// Of these two listeners.
    pub fn new(
        storefront: Certificates,
        console: Certificates,
        challenges: Challenges,
        directory: Box<MakeDirectory>,
    ) -> Self {
        Self { storefront, console, challenges, directory, names: Mutex::default(), asked: Notify::new() }
    }

    /// The certificates of a listener.
    pub fn of(&self, place: Place) -> &Certificates {
        match place {
            Place::Storefront => &self.storefront,
            Place::Console => &self.console,
        }
    }

    /// Where the answers to challenges are given.
    pub fn challenges(&self) -> &Challenges {
        &self.challenges
    }

    /// The host name under which shoppers find the shop; `None` while it has no certificate for one.
    pub fn storefront_name(&self) -> Option<HostName> {
        let [storefront, _] = &*self.names.lock().unwrap_or_else(PoisonError::into_inner);
        storefront.first().cloned()
    }

    /// The host names that the console's certificates in place are for.
    pub fn console_names(&self) -> Vec<HostName> {
        let [_, console] = &*self.names.lock().unwrap_or_else(PoisonError::into_inner);
        console.clone()
    }

    pub(super) fn directory(&self, authority: &Authority) -> Result<Directory, BadDirectory> {
        (self.directory)(authority)
    }

    /// Shows what the rows say, from now on.
    pub(super) fn follow(&self, view: &View<'_>) -> Result<(), FollowError> {
        for place in [Place::Storefront, Place::Console] {
            let kept = row::of(view, place)?;
            let placed: Vec<(Vec<HostName>, &Identity)> = kept
                .iter()
                .filter_map(|(_, kept)| Some((kept.names.clone(), kept.identity.as_ref()?)))
                .collect();
            self.of(place).place(&placed)?;
            let in_place = kept.iter().map(|(_, kept)| kept).filter(|kept| kept.identity.is_some());
            let whole = in_place.flat_map(|kept: &Kept| &kept.names).filter(|name| name.wildcard().is_none());
            let whole = whole.cloned().collect();
            let [storefront, console] = &mut *self.names.lock().unwrap_or_else(PoisonError::into_inner);
            *match place {
                Place::Storefront => storefront,
                Place::Console => console,
            } = whole;
        }
        Ok(())
    }
}

/// Why the listeners do not show what the rows say.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FollowError {
    /// A certificate in a row.
    #[error("a kept certificate cannot be used: {0}")]
    Identity(#[from] IdentityError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}
