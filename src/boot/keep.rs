//! The keeper inside the image: a socket from systemd, the machine's TPM, the approvals of its UKI.

use crate::base::OsRandom;
use crate::config::{Settings, TpmAt};
use crate::keeper::{self, Holder};
use crate::machine::{self, Exit, Failure, Tell};
use crate::tpm::{Approval, Device};

/// Answers the service until systemd ends the process: there is nothing to bring to an end.
pub fn keep(settings: &Settings) -> Result<(), Failure> {
    machine::refuse_root()?;
    machine::harden()?;
    let _journal = machine::journal();
    let listener = machine::handed_keeper_socket()?;
    let approval = Approval::read(&settings.tpm.signature, &settings.tpm.public_key)
        .map_err(|error| Failure::new(Exit::Software, format!("cashcowd: {error}")))?;
    let device = match &settings.tpm.at {
        TpmAt::Device(path) => Device::Path(path.clone()),
        TpmAt::Swtpm(at) => Device::Swtpm { host: at.ip().to_string(), port: at.port() },
    };
    machine::tell(&Tell::Ready);
    let ended = keeper::serve(&listener, Holder::at(device, approval, Box::new(OsRandom)));
    Err(Failure::new(Exit::System, format!("cashcowd: the keeper's socket: {ended}")))
}
