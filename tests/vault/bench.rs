//! A machine for one test: a software TPM, an approved image, custodians, and rows that were sealed.

use std::path::Path;
use std::time::{Duration, Instant};
use std::{fs, thread};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use cashcow::base::{OsRandom, SecretBytes};
use cashcow::tpm::swtpm::Swtpm;
use cashcow::tpm::vault::{
    Approved, Bucket, CustodianKey, Demand, Ends, Listed, Place, Quorum, Request, Sealed, Vault, VaultError,
};
use cashcow::tpm::{Approval, Authority, Device, Tpm};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;
use tss_esapi::Context;
use tss_esapi::constants::StartupType;
use tss_esapi::interface_types::session_handles::AuthSession;
use tss_esapi::tcti_ldr::{NetworkTPMConfig, TctiNameConf};

/// A week of the TPM's clock, in milliseconds.
pub const WEEK: u64 = 7 * 24 * 3_600_000;
/// What the tests seal.
pub const MESSAGE: &[u8] = b"a message of the bucket";

/// A machine. Fields drop in order: the client before its TPM, the TPM before its folder.
pub struct Machine {
    pub tpm: Tpm,
    swtpm: Swtpm,
    folder: TempDir,
    pub approval: Approval,
    pub custodians: Custodians,
}

/// Three people with a key each.
pub struct Custodians(pub Vec<EcdsaKeyPair>);

impl Custodians {
    pub fn new(count: usize) -> Self {
        let make = |_| EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        Self((0..count).map(make).collect())
    }

    pub fn quorum(&self, slot: u8) -> Quorum {
        // The first byte says that both coordinates follow.
        let key = |pair: &EcdsaKeyPair| pair.public_key().as_ref()[1..].try_into().unwrap();
        let keys = self.0.iter().map(|pair| CustodianKey::new(key(pair)).unwrap()).collect();
        Quorum::new(slot, keys).unwrap()
    }

    /// What custodian `who` approves, by the tool's own computation.
    pub fn approve(&self, who: usize, demand: &Demand) -> Approved {
        self.sign(who, &demand.message().unwrap())
    }

    pub fn sign(&self, who: usize, message: &[u8]) -> Approved {
        let signature = self.0[who].sign(&SystemRandom::new(), message).unwrap();
        Approved { custodian: who, signature: signature.as_ref().try_into().unwrap() }
    }

    pub fn both(&self, demand: &Demand) -> [Approved; 2] {
        [0, 2].map(|who| self.approve(who, demand))
    }
}

/// The place of the entry with this name.
pub fn place(entry: &str) -> Place<'_> {
    Place { tenant: "tenant-1", entry, first: 1_790_000_000 }
}

pub fn seal(bucket: &Bucket, entry: &str) -> Sealed {
    let message = SecretBytes::new(MESSAGE.to_vec());
    bucket.sealing_key().seal(&place(entry), &message, &OsRandom).unwrap()
}

/// Asks for these rows; ten minutes to approve, ten to open.
pub fn ask<'t>(vault: &Vault<'t>, bucket: &Bucket, rows: &[&Sealed]) -> Request<'t> {
    let rows = rows.iter().map(|sealed| Listed::new(bucket, sealed)).collect();
    vault.ask(bucket.quorum(), rows, 600, 600).unwrap()
}

/// What a row says, or why it does not open.
pub fn open(
    request: &mut Request<'_>,
    bucket: &Bucket,
    sealed: &Sealed,
    entry: &str,
) -> Result<Vec<u8>, VaultError> {
    Ok(request.row(bucket, sealed, &place(entry))?.expose_secret().to_vec())
}

impl Machine {
    /// With the vault founded and custodians in slot 0.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let swtpm = Swtpm::start(folder.path()).unwrap();
        let mut tpm = Tpm::open(&swtpm.device()).unwrap();
        let image = tpm.image_pcr().unwrap();
        let approval = Authority::generate().unwrap().approve(1, &[("ready", image)]).unwrap();
        let custodians = Custodians::new(3);
        Vault::found(&tpm, &approval).unwrap().appoint(&custodians.quorum(0)).unwrap();
        Self { tpm, swtpm, folder, approval, custodians }
    }

    pub fn vault(&self) -> Vault<'_> {
        Vault::open(&self.tpm, &self.approval).unwrap()
    }

    /// A bucket that ends `steps` steps of the epoch ahead, a week by the clock.
    pub fn bucket(&self, steps: u64) -> Bucket {
        let vault = self.vault();
        let clock = vault.clock().unwrap().millis + WEEK;
        let ends = Ends { epoch: vault.epoch().unwrap() + steps, clock };
        vault.bucket(&self.custodians.quorum(0), ends, &OsRandom).unwrap()
    }

    /// Lets somebody else talk to the TPM, which takes one client at a time; then the keeper opens it again.
    pub fn meanwhile<T>(self, act: impl FnOnce(&Device) -> T) -> (Self, T) {
        let Self { tpm, swtpm, folder, approval, custodians } = self;
        drop(tpm);
        let done = act(&swtpm.device());
        let tpm = Tpm::open(&swtpm.device()).unwrap();
        (Self { tpm, swtpm, folder, approval, custodians }, done)
    }

    /// Switched off in order and on again.
    pub fn reboot(self) -> Self {
        let (machine, ()) = self.meanwhile(|device| {
            let end = |context: &mut Context| context.shutdown(StartupType::Clear);
            stranger(device).execute_without_session(end).unwrap();
        });
        machine.power_cut()
    }

    /// The power fails, and comes back.
    pub fn power_cut(self) -> Self {
        self.between(|_| ())
    }

    /// The power fails; something is done to the TPM's state folder; the power comes back.
    pub fn between(self, act: impl FnOnce(&Path)) -> Self {
        let Self { tpm, swtpm, folder, approval, custodians } = self;
        let pid = fs::read_to_string(folder.path().join("swtpm.pid")).unwrap();
        kill(Pid::from_raw(pid.trim().parse().unwrap()), Signal::SIGKILL).unwrap();
        drop((tpm, swtpm));
        act(folder.path());
        let swtpm = Swtpm::start(folder.path()).unwrap();
        let tpm = Tpm::open(&swtpm.device()).unwrap();
        Self { tpm, swtpm, folder, approval, custodians }
    }

    /// Waits until the TPM trusts its clock again.
    pub fn wait_until_safe(&self) {
        let started = Instant::now();
        while !self.vault().clock().unwrap().safe {
            assert!(started.elapsed() < Duration::from_secs(60), "the clock does not become safe");
            thread::sleep(Duration::from_millis(50));
        }
    }
}

/// Another client, with the hierarchies' empty passwords.
pub fn stranger(device: &Device) -> Context {
    let Device::Swtpm { host, port } = device else { panic!("not a software TPM") };
    let network: NetworkTPMConfig = format!("host={host},port={port}").parse().unwrap();
    let mut context = Context::new(TctiNameConf::Swtpm(network)).unwrap();
    context.set_sessions((Some(AuthSession::Password), None, None));
    context
}
