//! Holding the TPM: opened at the first question, and anew after it was lost.

use zeroize::Zeroizing;

use super::{Keep, KeepError, RootSecret};
use crate::base::{Random, SecretBytes};
use crate::tpm::witness::{Certificate, WitnessKey};
use crate::tpm::{Approval, Device, SealedBlob, Tpm, TpmError};

/// Bytes of a root key.
const ROOT_KEY: usize = 32;

/// Whoever has the TPM, under the approvals of the running image.
pub struct Holder {
    device: Device,
    approval: Approval,
    random: Box<dyn Random>,
    tpm: Option<Tpm>,
}

impl Holder {
    /// Will open `device` when it is asked for something, so that a TPM that is missing is an answer.
    pub fn at(device: Device, approval: Approval, random: Box<dyn Random>) -> Self {
        Self { device, approval, random, tpm: None }
    }

    /// Takes over one that is open.
    pub fn of(tpm: Tpm, approval: Approval, random: Box<dyn Random>) -> Self {
        Self { device: tpm.device().clone(), approval, random, tpm: Some(tpm) }
    }

    fn ask<T>(
        &mut self,
        question: impl FnOnce(&mut Tpm, &Approval) -> Result<T, TpmError>,
    ) -> Result<T, KeepError> {
        let mut tpm = match self.tpm.take() {
            Some(tpm) => tpm,
            None => Tpm::open(&self.device)?,
        };
        let answer = question(&mut tpm, &self.approval);
        // A connection that broke off is made anew next time.
        if !matches!(answer, Err(TpmError::Lost { .. })) {
            self.tpm = Some(tpm);
        }
        Ok(answer?)
    }
}

impl Keep for Holder {
    fn root_key(&mut self, sealed: Option<&[u8]>) -> Result<RootSecret, KeepError> {
        if let Some(sealed) = sealed {
            let blob = SealedBlob::from_bytes(sealed)?;
            let key = self.ask(|tpm, approval| tpm.unseal(approval, &blob))?;
            return Ok(RootSecret { key, sealed: None });
        }
        let mut fresh = Zeroizing::new([0; ROOT_KEY]);
        self.random.fill(fresh.as_mut_slice());
        let blob = self.ask(|tpm, approval| tpm.seal(approval, fresh.as_slice()))?;
        Ok(RootSecret { key: SecretBytes::new(fresh.to_vec()), sealed: Some(blob.to_bytes()) })
    }

    fn raise_minimum(&mut self) -> Result<u64, KeepError> {
        self.ask(Tpm::raise_minimum_version)
    }

    fn witness_key(&mut self) -> Result<WitnessKey, KeepError> {
        self.ask(Tpm::witness_key)
    }

    fn witness_value(&mut self) -> Result<[u8; 32], KeepError> {
        self.ask(Tpm::witness_value)
    }

    fn witness_extend(&mut self, with: &[u8; 32]) -> Result<[u8; 32], KeepError> {
        self.ask(|tpm, approval| tpm.witness_extend(approval, with))
    }

    fn witness_certify(&mut self, about: &[u8; 32]) -> Result<Certificate, KeepError> {
        self.ask(|tpm, approval| tpm.witness_certify(approval, about))
    }
}
