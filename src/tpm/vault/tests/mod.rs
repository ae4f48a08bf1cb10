//! Attacks that our own code would not try: the TPM has to refuse them. Whoever broke into the keeper has all
//! that is in this crate, and leaves out what he likes.

mod attacks;
mod digests;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};

use super::*;
use crate::base::{OsRandom, SecretBytes};
use crate::tpm::Authority;
use crate::tpm::swtpm::Swtpm;

pub(super) const WEEK: u64 = 7 * 24 * 3_600_000;

pub(super) struct Bench {
    pub(super) tpm: Tpm,
    pub(super) approval: Approval,
    people: Vec<EcdsaKeyPair>,
    _swtpm: Swtpm,
    _folder: tempfile::TempDir,
}

pub(super) fn bench() -> Bench {
    let folder = tempfile::tempdir().unwrap();
    let swtpm = Swtpm::start(folder.path()).unwrap();
    let mut tpm = Tpm::open(&swtpm.device()).unwrap();
    let image = tpm.image_pcr().unwrap();
    let approval = Authority::generate().unwrap().approve(1, &[("test", image)]).unwrap();
    let people = (0..3).map(|_| EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap()).collect();
    let bench = Bench { tpm, approval, people, _swtpm: swtpm, _folder: folder };
    Vault::found(&bench.tpm, &bench.approval).unwrap().appoint(&bench.quorum()).unwrap();
    bench
}

pub(super) fn place() -> Place<'static> {
    Place { tenant: "tenant", entry: "entry", first: 1 }
}

pub(super) fn seal(bucket: &Bucket) -> Sealed {
    bucket.sealing_key().seal(&place(), &SecretBytes::new(b"message".to_vec()), &OsRandom).unwrap()
}

impl Bench {
    pub(super) fn vault(&self) -> Vault<'_> {
        Vault::open(&self.tpm, &self.approval).unwrap()
    }

    pub(super) fn quorum(&self) -> Quorum {
        let key = |pair: &EcdsaKeyPair| pair.public_key().as_ref()[1..].try_into().unwrap();
        let keys = self.people.iter().map(|pair| CustodianKey::new(key(pair)).unwrap()).collect();
        Quorum::new(0, keys).unwrap()
    }

    pub(super) fn bucket(&self) -> Bucket {
        let vault = self.vault();
        let clock = vault.clock().unwrap().millis + WEEK;
        let ends = Ends { epoch: vault.epoch().unwrap() + 1, clock };
        vault.bucket(&self.quorum(), ends, &OsRandom).unwrap()
    }

    pub(super) fn sign(&self, who: usize, message: &[u8]) -> Approved {
        let signature = self.people[who].sign(&SystemRandom::new(), message).unwrap();
        Approved { custodian: who, signature: signature.as_ref().try_into().unwrap() }
    }

    pub(super) fn both(&self, demand: &Demand) -> [Approved; 2] {
        [0, 1].map(|who| self.sign(who, &demand.message().unwrap()))
    }

    /// A request for these rows that two custodians approved.
    pub(super) fn approved(&self, bucket: &Bucket, rows: &[&Sealed]) -> Request<'_> {
        let rows = rows.iter().map(|sealed| Listed::new(bucket, sealed)).collect();
        let mut request = self.vault().ask(&self.quorum(), rows, 600, 600).unwrap();
        request.approve(&self.both(&request.demand)).unwrap();
        request
    }
}

/// The TPM's code behind a refusal, whatever we call it.
pub(super) fn code<T>(outcome: Result<T, VaultError>) -> u32 {
    match outcome.err() {
        Some(
            VaultError::Tpm(TpmError::Refused { code, .. })
            | VaultError::NotListed { code }
            | VaultError::NotTwo { code }
            | VaultError::Consent { code, .. }
            | VaultError::OtherBatch { code }
            | VaultError::Ended { code }
            | VaultError::Forgotten { code },
        ) => code,
        other => panic!("expected the TPM's refusal, got {other:?}"),
    }
}
