//! Opening a TPM: the machine's, or a software one in the demo and in tests.

use std::path::PathBuf;
use std::{fmt, fs, io};

use super::TpmError;
use super::code::{Code, Doing};
use super::esys::Esys;
use super::policy::IMAGE_PCR;
use super::storage_key::storage_key;

/// Where a TPM is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Device {
    /// A device file: `/dev/tpmrm0`, which the kernel shares out, rather than `/dev/tpm0`.
    Path(PathBuf),
    /// A software TPM (`swtpm socket`); its control channel is at the next port.
    Swtpm {
        /// An address of this machine.
        host: String,
        /// The command port.
        port: u16,
    },
}

/// An open TPM. One thread at a time uses it; it may be passed on.
pub struct Tpm {
    pub(super) esys: Esys,
    device: Device,
}

impl Tpm {
    /// Connects, and finds the storage root key or makes it.
    pub fn open(at: &Device) -> Result<Self, TpmError> {
        let missing = |reason: &str| TpmError::NoDevice { device: at.to_string(), reason: reason.to_owned() };
        at.probe().map_err(|error| missing(&error))?;
        let esys = Esys::open(&at.configuration())
            .map_err(|code| missing(&format!("nothing answers there ({code:?}); is it running?")))?;
        let tpm = Self { esys, device: at.clone() };
        // A first question to it, so that a dead device is found out here.
        match tpm.esys.pcr(IMAGE_PCR) {
            Err(Code::MALFORMED) => {
                return Err(missing("its SHA-256 bank is off; switch it on in the firmware's menu"));
            }
            read => read.doing("read PCR 11")?,
        };
        storage_key(&tpm.esys)?;
        Ok(tpm)
    }

    /// Where it is.
    pub fn device(&self) -> &Device {
        &self.device
    }
}

impl Device {
    /// Whether the device can be opened, in the system's words and with the cure.
    fn probe(&self) -> Result<(), String> {
        let Self::Path(path) = self else { return Ok(()) };
        match fs::File::options().read(true).write(true).open(path) {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err("there is no such device; switch the TPM 2.0 on in the firmware's menu".to_owned())
            }
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                Err("permission denied; the keeper must be in the group `tss`".to_owned())
            }
            Err(error) => Err(error.to_string()),
        }
    }

    fn configuration(&self) -> String {
        match self {
            Self::Path(path) => format!("device:{}", path.display()),
            Self::Swtpm { host, port } => format!("swtpm:host={host},port={port}"),
        }
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => write!(f, "{}", path.display()),
            Self::Swtpm { host, port } => write!(f, "{host}:{port} (software TPM)"),
        }
    }
}

impl fmt::Debug for Tpm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tpm({})", self.device)
    }
}
