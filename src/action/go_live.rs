//! From trying out to selling: once, and for good.

use jiff::Timestamp;
use zeroize::Zeroizing;

use super::gateway_account::moves_money;
use super::{Actor, Denied, Office, RECOVERY_KEY, recovery_key};
use crate::audit::Deed;
use crate::catalog::{MOST_PRODUCTS, PICTURES, PRODUCTS, STOCK};
use crate::operator::{SETTINGS, Settings};
use crate::staff::Right;
use crate::store::{Reads, Span, StoreError, Tx};

/// What the administrator typed.
pub struct GoLive {
    /// The shop's name, as a confirmation.
    pub shop: String,
    /// The recovery key, from where it was written down. Empty on a machine that has none.
    pub recovery_key: Zeroizing<String>,
}

/// Why the shop is not live.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GoLiveError {
    /// Not allowed.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The shop is not set up.
    #[error("the shop is not set up")]
    NotOpen,
    /// It was done before.
    #[error("the shop is live already")]
    Already,
    /// Something is still to be done.
    #[error("not ready: {0:?}")]
    NotReady(Missing),
    /// The typed name is another.
    #[error("the typed name is not the shop's name")]
    WrongName,
    /// The typed key is another.
    #[error("the typed recovery key is not the machine's")]
    WrongKey,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What is still to be done before a shop can go live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// A gateway that moves money, with a complete account.
    Gateway,
    /// An account for live payments: the one in place is for test payments.
    LiveAccount,
    /// The recovery key was not confirmed to be written down.
    RecoveryKey,
}

/// What stands between the shop and going live; empty if nothing does.
pub fn missing_for_live(office: &Office) -> Result<Vec<Missing>, StoreError> {
    office.app().store().read(|view| missing(view, &Conditions::of(office)))
}

/// Whether going live asks for the recovery key: it was written down, or waits to be.
pub fn asks_for_recovery_key(office: &Office) -> Result<bool, StoreError> {
    let waits = Conditions::of(office).recovery_key_waits;
    office.app().store().read(|view| Ok(waits || view.get(&RECOVERY_KEY, &0)?.is_some()))
}

#[derive(Clone, Copy)]
struct Conditions {
    /// The key is still there to be written down. A key that cannot be read is one, too.
    recovery_key_waits: bool,
    /// A development machine may go live with an account for test payments: nobody sells on it.
    dev: bool,
}

impl Conditions {
    fn of(office: &Office) -> Self {
        let recovery_key_waits = recovery_key(office).map_or(true, |key| key.is_some());
        Self { recovery_key_waits, dev: office.app().is_dev() }
    }
}

fn missing(view: &impl Reads, conditions: &Conditions) -> Result<Vec<Missing>, StoreError> {
    let mut missing = Vec::new();
    let choice = Settings::load(view)?.and_then(|settings| settings.gateway);
    match moves_money(view, choice)? {
        None => missing.push(Missing::Gateway),
        Some(live) if live || conditions.dev => {}
        Some(_) => missing.push(Missing::LiveAccount),
    }
    if conditions.recovery_key_waits {
        missing.push(Missing::RecoveryKey);
    }
    Ok(missing)
}

/// Takes the shop live: the test gateway and the demo goods are gone from here on, and nothing brings them
/// back. Returns since when it is live.
pub async fn go_live(office: &Office, actor: &Actor, typed: GoLive) -> Result<Timestamp, GoLiveError> {
    actor.require(Right::GoLive)?;
    let app = office.app();
    let (now, conditions) = (app.clock().now(), Conditions::of(office));
    let event = actor.did(now, Deed::GoLive, typed.shop.trim());
    let kept = event.clone();
    app.store()
        .transact(move |tx| {
            let settings = Settings::load(tx)?.ok_or(GoLiveError::NotOpen)?;
            if settings.live_since.is_some() {
                return Err(GoLiveError::Already);
            }
            if let Some(first) = missing(tx, &conditions)?.first() {
                return Err(GoLiveError::NotReady(*first));
            }
            if typed.shop.trim() != settings.name.as_str() {
                return Err(GoLiveError::WrongName);
            }
            let key = tx.get(&RECOVERY_KEY, &0)?;
            if key.is_some_and(|key| !key.matches(&typed.recovery_key)) {
                return Err(GoLiveError::WrongKey);
            }
            remove_demo_goods(tx)?;
            tx.put(&SETTINGS, &0, &Settings { live_since: Some(now), demo: false, ..settings })?;
            kept.record(tx)?;
            Ok(())
        })
        .await?;
    event.log();
    app.refresh_catalog()?;
    Ok(now)
}

fn remove_demo_goods(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    let (demo, own): (Vec<_>, Vec<_>) =
        tx.scan(&PRODUCTS, &Span::all(MOST_PRODUCTS))?.into_iter().partition(|(_, product)| product.demo);
    for (handle, product) in demo {
        tx.delete(&PRODUCTS, &handle);
        for variant in &product.variants {
            tx.delete(&STOCK, &variant.sku.to_string());
        }
        if let Some(picture) = product.picture {
            let used = |other: &crate::catalog::Product| {
                other.picture.as_ref().is_some_and(|other| other.name == picture.name)
            };
            if !own.iter().any(|(_, other)| used(other)) {
                tx.delete(&PICTURES, &picture.name.to_string());
            }
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "go_live_tests.rs"]
mod tests;
