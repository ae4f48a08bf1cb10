//! The service inside the image: sockets from systemd, and the keeper that has the machine's TPM.

use tokio::sync::watch;

use super::doors::Sockets;
use super::pulse;
use super::run::{self, BootError, Plan};
use crate::config::{Appliance, Settings};
use crate::keeper::Client;
use crate::machine::{self, RangeFiles, Tell};

/// Serves until `stop` turns true. What keeps it from serving is left on the machine's screen.
pub async fn serve(settings: Settings, stop: watch::Receiver<bool>) -> Result<(), BootError> {
    let served = open_and_run(settings.clone(), stop).await;
    if let Err(error) = &served {
        pulse::last_words(&settings, error);
    }
    served
}

async fn open_and_run(settings: Settings, stop: watch::Receiver<bool>) -> Result<(), BootError> {
    let appliance = Appliance::load(&settings.paths.appliance(), settings.profile)?;
    let handed = machine::handed_sockets()?;
    let sockets = Sockets { http: handed.http, storefront: handed.https, console: handed.console };
    let keeper = Client::at(settings.paths.keeper.clone());
    let addresses = machine::own_addresses(Some(&appliance.network));
    let unit = Some(RangeFiles::of_image(&settings));
    let plan = Plan { settings, appliance, keeper, sockets, addresses, unit };
    run::run(plan, stop, |_| machine::tell(&Tell::Ready)).await
}
