//! A machine for one test: a software TPM, a signing key and the image that PCR 11 shows.

use std::path::Path;

use cashcow::tpm::swtpm::Swtpm;
use cashcow::tpm::{Approval, Authority, Device, Tpm};
use tempfile::TempDir;

/// What the tests seal.
pub const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";

/// A machine. Fields drop in order: the client before its TPM, the TPM before its folder.
pub struct Machine {
    pub tpm: Tpm,
    swtpm: Swtpm,
    folder: TempDir,
    pub authority: Authority,
}

impl Machine {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let swtpm = Swtpm::start(folder.path()).unwrap();
        let tpm = Tpm::open(&swtpm.device()).unwrap();
        Self { tpm, swtpm, folder, authority: Authority::generate().unwrap() }
    }

    /// The approval of an image of this version in its present boot phase.
    pub fn approve(&mut self, version: u64) -> Approval {
        let image = self.tpm.image_pcr().unwrap();
        self.authority.approve(version, &[("ready", image)]).unwrap()
    }

    pub fn device(&self) -> Device {
        self.swtpm.device()
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Lets somebody else talk to the TPM, which takes one client at a time; then the service opens it
    /// again.
    pub fn meanwhile<T>(self, act: impl FnOnce(&Device) -> T) -> (Self, T) {
        let Self { tpm, swtpm, folder, authority } = self;
        drop(tpm);
        let done = act(&swtpm.device());
        let tpm = Tpm::open(&swtpm.device()).unwrap();
        (Self { tpm, swtpm, folder, authority }, done)
    }

    /// Power off and on again: what the TPM keeps, it keeps.
    pub fn reboot(self) -> Self {
        let Self { tpm, swtpm, folder, authority } = self;
        drop(tpm);
        drop(swtpm);
        let swtpm = Swtpm::start(folder.path()).unwrap();
        let tpm = Tpm::open(&swtpm.device()).unwrap();
        Self { tpm, swtpm, folder, authority }
    }
}
