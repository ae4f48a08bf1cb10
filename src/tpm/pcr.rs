//! Platform configuration registers, SHA-256 bank.

use super::code::{Code, Doing};
use super::esys::Esys;
use super::policy::IMAGE_PCR;
use super::{Tpm, TpmError};

impl Tpm {
    /// The value of PCR 11: the running image and its boot phase.
    pub fn image_pcr(&mut self) -> Result<[u8; 32], TpmError> {
        read(&self.esys, IMAGE_PCR)
    }

    /// Extends PCR 11 as systemd-pcrphase does. No approval knows the new value, so nothing opens until
    /// the next boot, unless the new value was approved too.
    pub fn extend_image_pcr(&mut self, with: [u8; 32]) -> Result<(), TpmError> {
        self.esys.extend(IMAGE_PCR, with).doing("extend PCR 11")
    }
}

/// One register.
pub(super) fn read(esys: &Esys, index: u8) -> Result<[u8; 32], TpmError> {
    let value = esys.pcr(index).and_then(|value| value.try_into().map_err(|_| Code::MALFORMED));
    value.doing("read a PCR")
}
