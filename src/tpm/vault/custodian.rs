//! Custodians: three to eight people, any two of whom approve a batch.

use p256::PublicKey;

use super::terms::{self, two_of};
use super::tree::Tree;
use super::{Vault, VaultError, area, held};
use crate::tpm::code::Doing;
use crate::tpm::policy::Policy;
use crate::tpm::public::{self, Name};

const FEWEST: usize = 3;
const MOST: usize = 8;

/// A custodian's public key, a point of P-256 that was checked to be one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustodianKey {
    pub(super) point: [u8; 64],
}

/// A set of custodians and its place in the TPM. Which set a bucket belongs to is fixed for the bucket's
/// life: people who come or go count for new buckets only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quorum {
    pub(super) slot: u8,
    pub(super) custodians: Vec<CustodianKey>,
}

/// A set's names and digests, which follow from its keys and the image's key.
pub(super) struct Seat {
    pub(super) two_of: Tree,
    pub(super) policy: Policy,
    pub(super) batch: Name,
    pub(super) batch_unwritten: Name,
    pub(super) gate: Name,
}

impl CustodianKey {
    /// From the point's coordinates X and Y.
    pub fn new(point: [u8; 64]) -> Result<Self, VaultError> {
        let sec1 = [&[4][..], &point].concat();
        PublicKey::from_sec1_bytes(&sec1).map_err(|_| VaultError::Custodians)?;
        Ok(Self { point })
    }

    pub(super) fn area(&self) -> Vec<u8> {
        area::custodian(&self.point)
    }
}

impl Quorum {
    /// Three to eight different custodians, in slot 0 to 3 of the TPM.
    pub fn new(slot: u8, custodians: Vec<CustodianKey>) -> Result<Self, VaultError> {
        let mut later = custodians.as_slice();
        while let Some((first, rest)) = later.split_first() {
            // One person with two places would be two custodians.
            if rest.contains(first) {
                return Err(VaultError::Custodians);
            }
            later = rest;
        }
        if !(FEWEST..=MOST).contains(&custodians.len()) || slot >= area::MOST_QUORUMS {
            return Err(VaultError::Custodians);
        }
        Ok(Self { slot, custodians })
    }

    pub(super) fn seat(&self, image: Policy) -> Seat {
        let names: Vec<Name> = self.custodians.iter().map(|key| public::name(&key.area())).collect();
        let two_of = two_of(image, &names);
        let policy = terms::batch(&two_of);
        let batch = public::name(&area::batch(self.slot, &policy, true));
        let batch_unwritten = public::name(&area::batch(self.slot, &policy, false));
        let gate = public::name(&area::gate(self.slot, &terms::gate(&batch)));
        Seat { two_of, policy, batch, batch_unwritten, gate }
    }
}

impl Vault<'_> {
    /// Makes room for a set in the TPM; one that is there is left alone.
    pub fn appoint(&self, quorum: &Quorum) -> Result<(), VaultError> {
        let seat = quorum.seat(self.image());
        let gate_policy = terms::gate(&seat.batch);
        let batch = (area::batch_handle(quorum.slot), area::batch(quorum.slot, &seat.policy, false));
        let gate = (area::gate_handle(quorum.slot), area::gate(quorum.slot, &gate_policy));
        let names = [vec![seat.batch, seat.batch_unwritten], vec![seat.gate]];
        for ((handle, area), names) in [batch, gate].into_iter().zip(names) {
            if held(self.esys(), handle, &names)?.is_none() {
                self.esys().nv_define(&area).doing("make room for a set of custodians")?;
            }
        }
        Ok(())
    }

    /// Gives a set's room back. What is still sealed for its buckets opens no more.
    pub fn dismiss(&self, quorum: &Quorum) -> Result<(), VaultError> {
        let seat = quorum.seat(self.image());
        let gate = held(self.esys(), area::gate_handle(quorum.slot), &[seat.gate])?;
        if let Some(gate) = gate {
            self.esys().nv_undefine(gate).doing("remove a gate")?;
        }
        let names = [seat.batch, seat.batch_unwritten];
        if let Some(batch) = held(self.esys(), area::batch_handle(quorum.slot), &names)? {
            self.esys().nv_undefine(batch).doing("remove a set of custodians")?;
        }
        Ok(())
    }
}
