//! A batch: asked for, approved, opened row by row, closed.
//!
//! Whether an approval is good, whether a row was listed and whether the time is over is left to the TPM:
//! what is presented here goes through its policies as it is, and its refusals become errors. So nothing
//! hangs on this code that a broken-in service could leave out.

use super::bucket::{Bucket, Which};
use super::counter::Counter;
use super::custodian::{Quorum, Seat};
use super::demand::{Approved, Batch, Demand, LONGEST, Listed, MOST_ROWS};
use super::seal::{Place, Sealed};
use super::tree::Tree;
use super::{Vault, VaultError, area, held, terms};
use crate::base::SecretBytes;
use crate::tpm::code::Doing;
use crate::tpm::esys::{Compare, Kind, Object, Said};
use crate::tpm::public::Name;

/// A batch that waits for approval, or is being opened. It holds two of the TPM's sessions.
pub struct Request<'t> {
    pub(super) vault: Vault<'t>,
    quorum: Quorum,
    seat: Seat,
    /// The session that opens rows; the approved digest names it.
    pub(super) main: Object<'t>,
    /// The session that takes the approvals, and afterwards the one that goes through the gate.
    pub(super) second: Object<'t>,
    pub(super) demand: Demand,
    pub(super) tree: Tree,
    /// The bucket's key that was used last.
    pub(super) loaded: Option<(Name, Object<'t>)>,
}

impl<'t> Vault<'t> {
    /// Prepares a batch: approvals are good for `approve` seconds, and rows open for `open` seconds more, by
    /// the TPM's clock; both up to an hour.
    pub fn ask(
        &self,
        quorum: &Quorum,
        rows: Vec<Listed>,
        approve: u32,
        open: u32,
    ) -> Result<Request<'t>, VaultError> {
        let range = 1..=LONGEST;
        if !(1..=MOST_ROWS).contains(&rows.len()) || !range.contains(&approve) || !range.contains(&open) {
            return Err(VaultError::Batch);
        }
        let seat = quorum.seat(self.image());
        let index = self.batch_name(quorum, &seat)?;
        let main = self.session(Kind::PolicyEncrypted)?;
        let second = self.session(Kind::Policy)?;
        let seconds = u64::from(approve) + u64::from(open);
        let batch = Batch {
            index,
            gate: seat.gate,
            session: self.esys().handle(&main).doing("name a session")?,
            deadline: self.clock()?.millis.saturating_add(1000 * seconds),
            counter: self.counter_name(Counter::Round),
            round: self.round()?,
            rows,
        };
        let nonce = self.esys().nonce(&second).doing("give a session's nonce")?;
        let expiry = i32::try_from(approve).map_err(|_| VaultError::Batch)?;
        let tree = batch.tree();
        let demand = Demand { nonce, expiry, batch };
        Ok(Request { vault: *self, quorum: quorum.clone(), seat, main, second, demand, tree, loaded: None })
    }

    /// The present name of the index that takes the digest: its first write changes it.
    fn batch_name(&self, quorum: &Quorum, seat: &Seat) -> Result<[u8; 34], VaultError> {
        let index = self.batch_index(quorum, seat)?;
        let name = self.esys().name(&index).doing("name a set of custodians")?;
        Ok(if name == seat.batch { seat.batch } else { seat.batch_unwritten })
    }

    fn batch_index(&self, quorum: &Quorum, seat: &Seat) -> Result<Object<'t>, VaultError> {
        let handle = area::batch_handle(quorum.slot);
        held(self.esys(), handle, &[seat.batch, seat.batch_unwritten])?
            .ok_or(VaultError::QuorumMissing { handle })
    }
}

impl Request<'_> {
    /// What the custodians are to sign.
    pub fn demand(&self) -> &Demand {
        &self.demand
    }

    /// Presents the approvals and, if the TPM accepts them, writes the batch's digest. After a refusal it may
    /// be tried again with other approvals.
    pub fn approve(&mut self, approvals: &[Approved]) -> Result<(), VaultError> {
        let batch = &self.demand.batch;
        self.write(approvals, &batch.command(), &batch.digest())
    }

    /// Takes the second session through the signatures over `command`, and writes `digest`.
    pub(super) fn write(
        &mut self,
        approvals: &[Approved],
        command: &[u8; 32],
        digest: &[u8; 32],
    ) -> Result<(), VaultError> {
        let esys = self.vault.esys();
        esys.policy_restart(&self.second).doing("start a session again")?;
        self.vault.authorise(&self.second)?;
        let mut approvals = approvals.to_vec();
        approvals.sort_by_key(|approved| approved.custodian);
        let nonce = &self.demand.nonce;
        for approved in &approvals {
            self.sign(
                approved,
                Said { nonce, expiry: self.demand.expiry, command, reference: terms::CUSTODIAN },
            )?;
        }
        let pair = (approvals.first(), approvals.last());
        // The branch of this pair. Where there is none, any will do: the TPM does not stand at it.
        let branch = terms::pairs(self.quorum.custodians.len())
            .position(|two| pair == (by(&approvals, two.0), by(&approvals, two.1)))
            .unwrap_or(0);
        for branches in self.seat.two_of.climb(branch) {
            match esys.policy_or(&self.second, branches) {
                Err(code) if code.is_value() => return Err(VaultError::NotTwo { code: code.number() }),
                outcome => outcome.doing("choose two custodians")?,
            }
        }
        esys.policy_command_code(&self.second, terms::WRITE).doing("bind to writing")?;
        let index = self.vault.batch_index(&self.quorum, &self.seat)?;
        match esys.nv_write(&index, &self.second, &terms::approved(digest)) {
            Err(code) if code.is_policy() => Err(VaultError::OtherBatch { code: code.number() }),
            Err(code) if code.is_expired() => Err(VaultError::BatchLate { code: code.number() }),
            outcome => Ok(outcome.doing("write an approved batch")?),
        }
    }

    /// One custodian's signature, as `said`.
    pub(super) fn sign(&self, approved: &Approved, said: Said<'_>) -> Result<(), VaultError> {
        let (esys, custodian) = (self.vault.esys(), approved.custodian);
        let key = self.quorum.custodians.get(custodian).ok_or(VaultError::Stranger { custodian })?;
        let key = esys.load_public(&key.area()).doing("load a custodian's key")?;
        match esys.policy_signed(&self.second, &key, said, &approved.signature) {
            Err(code) if code.is_consent() => Err(VaultError::Consent { custodian, code: code.number() }),
            outcome => Ok(outcome.doing("take an approval")?),
        }
    }

    /// Opens a row. The message is the caller's to wipe, and is wiped when dropped.
    pub fn row(
        &mut self,
        bucket: &Bucket,
        sealed: &Sealed,
        place: &Place<'_>,
    ) -> Result<SecretBytes, VaultError> {
        let listed = Listed::new(bucket, sealed);
        // A row that is not listed is presented at the first one's place: the TPM does not take it there.
        let at = self.demand.batch.rows.iter().position(|row| *row == listed).unwrap_or(0);
        let command = listed.command();
        self.load(bucket)?;
        self.reach(bucket)?;
        self.gate(at, &self.demand.batch.consent(&command), &command)?;
        let shared = self.multiply(&sealed.point)?;
        bucket.sealing_key().unseal(&shared, sealed, place).ok_or(VaultError::Altered)
    }

    /// Has the bucket's key in the TPM.
    pub(super) fn load(&mut self, bucket: &Bucket) -> Result<(), VaultError> {
        let name = bucket.sealing_key().name;
        if self.loaded.as_ref().is_some_and(|(loaded, _)| *loaded == name) {
            return Ok(());
        }
        // The old one first: there is room for three.
        self.loaded = None;
        self.loaded = Some((name, self.vault.load(bucket, Which::Key)?));
        Ok(())
    }

    /// Takes the main session to the gate: image, epoch, clock.
    pub(super) fn reach(&self, bucket: &Bucket) -> Result<(), VaultError> {
        self.vault.esys().policy_restart(&self.main).doing("start a session again")?;
        self.vault.live(&self.main, bucket.ends)?;
        self.vault.in_time(&self.main, bucket.ends)?;
        self.vault.safe(&self.main)
    }

    /// Goes through the gate: at leaf `at`, for `consent` to `command`.
    pub(super) fn gate(&self, at: usize, consent: &[u8; 32], command: &[u8; 32]) -> Result<(), VaultError> {
        let (esys, batch) = (self.vault.esys(), &self.demand.batch);
        let unlisted = |code: u32| VaultError::NotListed { code };
        esys.policy_restart(&self.second).doing("start a session again")?;
        let late = |code| VaultError::BatchLate { code };
        self.vault.before(&self.second, batch.deadline)?.map_err(late)?;
        {
            let round = self.vault.counter(Counter::Round)?;
            match esys.policy_nv(&self.second, &round, &batch.round.to_be_bytes(), Compare::Equal) {
                Err(code) if code.is_comparison() => {
                    return Err(VaultError::BatchClosed { code: code.number() });
                }
                outcome => outcome.doing("compare the round")?,
            }
        }
        esys.policy_command(&self.second, consent).doing("bind to one consent")?;
        for branches in self.tree.climb(at) {
            match esys.policy_or(&self.second, branches) {
                Err(code) if code.is_value() => return Err(unlisted(code.number())),
                outcome => outcome.doing("find a row in the batch")?,
            }
        }
        {
            let index = self.vault.batch_index(&self.quorum, &self.seat)?;
            match esys.policy_authorize_nv(&self.second, &index) {
                Err(code) if code.is_value() || code.is_unwritten() => return Err(unlisted(code.number())),
                outcome => outcome.doing("compare with the approved batch")?,
            }
        }
        esys.policy_auth_value(&self.second).doing("bind to the gate")?;
        let handle = area::gate_handle(self.quorum.slot);
        let gate = held(esys, handle, &[self.seat.gate])?.ok_or(VaultError::QuorumMissing { handle })?;
        match esys.policy_secret(&self.main, &gate, &self.second, command, terms::GATE) {
            Err(code) if code.is_policy() => return Err(unlisted(code.number())),
            outcome => outcome.doing("go through the gate")?,
        }
        Ok(esys.policy_command_code(&self.main, terms::ECDH_ZGEN).doing("bind to the key's use")?)
    }

    /// The key's product with a point.
    pub(super) fn multiply(&self, point: &[u8; 64]) -> Result<SecretBytes, VaultError> {
        let (_, key) = self.loaded.as_ref().ok_or(VaultError::Damaged)?;
        match self.vault.esys().zgen(key, &self.main, point) {
            Err(code) if code.is_policy() => Err(VaultError::NotListed { code: code.number() }),
            outcome => Ok(outcome.doing("open a row")?),
        }
    }

    /// Closes the batch: none of its rows opens any more, in these sessions or in others, whoever approved it.
    /// One that is dropped unclosed ends at its deadline, by the TPM's clock.
    pub fn close(&mut self) -> Result<(), VaultError> {
        self.vault.step(Counter::Round)?;
        self.vault.spoil()
    }
}

fn by(approvals: &[Approved], custodian: usize) -> Option<&Approved> {
    approvals.iter().find(|approved| approved.custodian == custodian)
}
