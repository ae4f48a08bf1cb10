//! What the image and the demo have in common: everything between an open TPM and the last request.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::watch;

use super::doors::{self, DoorsError, Sockets};
use super::first_run::{self, FirstRunError};
use super::keys::{self, KeysError};
use crate::action::{App, AppParts};
use crate::base::{OsRandom, Random, SystemClock};
use crate::config::{Appliance, Profile, Settings};
use crate::locale::LocaleError;
use crate::store::StoreError;
use crate::tls::{Certificate, IdentityError};
use crate::tpm::{Approval, Tpm, TpmError};
use crate::web::Site;

/// What is known once the files are read and the TPM answers.
pub(super) struct Plan {
    pub(super) settings: Settings,
    pub(super) appliance: Appliance,
    pub(super) tpm: Tpm,
    pub(super) approval: Approval,
    pub(super) sockets: Sockets,
    /// The addresses at which people find the machine, for certificates and the screen.
    pub(super) addresses: Vec<IpAddr>,
}

/// Why the service does not run. The words go to the log and to the machine's screen.
#[derive(Debug, thiserror::Error)]
pub enum BootError {
    /// The store or its key.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The TPM.
    #[error(transparent)]
    Tpm(#[from] TpmError),
    /// The store, once open.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A certificate.
    #[error("a certificate cannot be used: {0}")]
    Identity(#[from] IdentityError),
    /// A listener.
    #[error(transparent)]
    Doors(#[from] DoorsError),
    /// The shop's first settings and goods.
    #[error(transparent)]
    FirstRun(#[from] FirstRunError),
    /// The texts.
    #[error("the texts cannot be read: {0}")]
    Texts(#[from] LocaleError),
    /// A file.
    #[error("{path}: {reason}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
}

/// Opens everything and serves until `stop` turns true. `ready` is called once the doors are open.
pub(super) async fn run(
    plan: Plan,
    stop: watch::Receiver<bool>,
    ready: impl FnOnce(&Facts),
) -> Result<(), BootError> {
    let Plan { settings, appliance, mut tpm, approval, sockets, addresses } = plan;
    let random: Arc<dyn Random> = Arc::new(OsRandom);
    let store_file = settings.paths.store_file();
    let opened = keys::open(&store_file, &mut tpm, &approval, Arc::clone(&random)).await?;
    let app = App::new(AppParts {
        store: opened.store,
        clock: Arc::new(SystemClock),
        random,
        web_key: opened.web_key,
        dev: settings.profile == Profile::Dev,
    })?;
    first_run::prepare(&app, &appliance, &settings.paths.demo).await?;
    let names = names(&appliance, &addresses);
    let console = Certificate::new(&first_run::identity(&app, "console", &names).await?)?;
    let storefront = Certificate::new(&first_run::identity(&app, "storefront", &names).await?)?;
    let site = Site::new(Arc::clone(&app))?;
    let facts = Facts { ports: sockets.ports()?, fingerprint: console.fingerprint() };
    let ranges = appliance.admin_ranges.iter().map(|range| range.net).collect();
    let doors = doors::open(sockets, &site, &storefront, &console, ranges)?;
    ready(&facts);
    let served: Vec<_> =
        doors.into_iter().map(|door| tokio::spawn(crate::web::listener::serve(door, stop.clone()))).collect();
    for each in served {
        // A door that failed has said so itself.
        let _ = each.await;
    }
    Ok(())
}

/// What the screen shows once the doors are open.
pub(super) struct Facts {
    pub(super) ports: crate::config::Ports,
    pub(super) fingerprint: String,
}

/// What stands in the self-signed certificates: host name and addresses.
fn names(appliance: &Appliance, addresses: &[IpAddr]) -> Vec<String> {
    let mut names = vec![appliance.hostname.as_str().to_owned()];
    names.extend(addresses.iter().map(IpAddr::to_string));
    names
}
