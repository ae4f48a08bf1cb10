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
    /// The first host name of a storefront certificate in place.
    name: Mutex<Option<HostName>>,
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
        Self { storefront, console, challenges, directory, name: Mutex::default(), asked: Notify::new() }
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
        self.name.lock().unwrap_or_else(PoisonError::into_inner).clone()
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
            if place == Place::Storefront {
                let in_place = kept.iter().map(|(_, kept)| kept).filter(|kept| kept.identity.is_some());
                let name =
                    in_place.flat_map(|kept: &Kept| &kept.names).find(|name| name.wildcard().is_none());
                *self.name.lock().unwrap_or_else(PoisonError::into_inner) = name.cloned();
            }
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
