//! What a new shop begins with: its settings, its demo goods, its own certificates.

use std::path::Path;
use std::sync::Arc;

use crate::action::{App, DemoError, load_demo, open_shop};
use crate::base::TextError;
use crate::config::Appliance;
use crate::operator::Settings;
use crate::store::{Reads, StoreError};
use crate::tls::{IDENTITIES, Identity, IdentityError};

/// The console's own certificate.
pub(super) const CONSOLE: &str = "console";
/// The storefront's own certificate, shown to whoever asks for a name that no other is for.
pub(super) const STOREFRONT: &str = "storefront-own";

/// Why a new shop could not begin.
#[derive(Debug, thiserror::Error)]
pub enum FirstRunError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A text of ours is too long: a defect.
    #[error("the shop's first settings are wrong: {0}")]
    Text(#[from] TextError),
    /// The demo goods.
    #[error(transparent)]
    Demo(#[from] DemoError),
    /// A certificate.
    #[error("a certificate cannot be used: {0}")]
    Identity(#[from] IdentityError),
}

/// Writes the first settings and loads the demo goods, where there are none yet.
pub(super) async fn prepare(app: &Arc<App>, appliance: &Appliance, demo: &Path) -> Result<(), FirstRunError> {
    let shop = &appliance.shop;
    let first = Settings::new(shop.name.clone(), appliance.administrator.email.clone(), shop.demo)?;
    let settings = open_shop(app, first).await?;
    if settings.demo && settings.live_since.is_none() && app.catalog().all().is_empty() {
        load_demo(app, demo).await?;
    }
    Ok(())
}

/// The machine's own certificate of this listener; made when there is none yet.
pub(super) async fn own(app: &App, listener: &str, names: &[String]) -> Result<Identity, FirstRunError> {
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
