//! The service inside the image: sockets from systemd, the machine's TPM, the approvals of its UKI.

use tokio::sync::watch;

use super::doors::Sockets;
use super::pulse;
use super::run::{self, BootError, Plan};
use crate::config::{Appliance, Settings, TpmAt};
use crate::machine::{self, RangeFiles, Tell};
use crate::tpm::{Approval, Device, Tpm};

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
    let approval = Approval::read(&settings.tpm.signature, &settings.tpm.public_key)?;
    let device = match &settings.tpm.at {
        TpmAt::Device(path) => Device::Path(path.clone()),
        TpmAt::Swtpm(at) => Device::Swtpm { host: at.ip().to_string(), port: at.port() },
    };
    let tpm = Tpm::open(&device)?;
    let addresses = machine::own_addresses(Some(&appliance.network));
    let unit = Some(RangeFiles::of_image(&settings));
    let plan = Plan { settings, appliance, tpm, approval, sockets, addresses, unit };
    run::run(plan, stop, |_| machine::tell(&Tell::Ready)).await
}
