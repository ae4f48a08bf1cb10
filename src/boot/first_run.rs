//! What a new shop begins with: its settings, its demo goods, its own certificates.

use std::path::Path;
use std::sync::Arc;

use crate::action::App;
use crate::base::TextError;
use crate::config::Appliance;
use crate::operator::{SETTINGS, Settings};
use crate::store::{Reads, StoreError};
use crate::tls::{IDENTITIES, Identity};

/// Why a new shop could not begin.
#[derive(Debug, thiserror::Error)]
pub enum FirstRunError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A text of ours is too long: a defect.
    #[error("the shop's first settings are wrong: {0}")]
    Text(#[from] TextError),
}

/// Writes the first settings and the demo goods, once.
pub(super) async fn prepare(app: &Arc<App>, appliance: &Appliance, demo: &Path) -> Result<(), FirstRunError> {
    if app.settings()?.is_some() {
        return Ok(());
    }
    let shop = &appliance.shop;
    let settings = Settings::new(shop.name.clone(), appliance.administrator.email.clone(), shop.demo)?;
    let _ = demo;
    app.store().transact(move |tx| tx.put(&SETTINGS, &0, &settings)).await?;
    Ok(())
}

/// The certificate that this listener showed last; a self-signed one if it never had any.
pub(super) async fn identity(
    app: &App,
    listener: &str,
    names: &[String],
) -> Result<Identity, super::BootError> {
    let key = listener.to_owned();
    if let Some(identity) = app.store().read::<_, StoreError>(|view| view.get(&IDENTITIES, &key))? {
        return Ok(identity);
    }
    let first = Identity::self_signed(names, app.clock().now())?;
    let kept = key.clone();
    app.store().transact::<_, StoreError>(move |tx| tx.put(&IDENTITIES, &kept, &first)).await?;
    let identity = app.store().read::<_, StoreError>(|view| view.get(&IDENTITIES, &key))?;
    Ok(identity.ok_or(StoreError::Stopped)?)
}
