//! Buckets: making one in the TPM, its record on the disk, and loading its keys again.

use std::fmt;

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::counter::Counter;
use super::custodian::{CustodianKey, Quorum};
use super::envelope::Once;
use super::seal::SealingKey;
use super::{Ends, Vault, VaultError, area, held, terms};
use crate::base::{Random, SecretBytes};
use crate::tpm::TpmError;
use crate::tpm::code::Doing;
use crate::tpm::esys::{Kind, Object};
use crate::tpm::public;
use crate::tpm::storage_key::{identity, storage_key};

const VERSION: u8 = 1;
const SALT: &[u8] = b"cashcow vault bucket 1";
/// Steps of the epoch that a bucket may live: seven days of six hours, and then some.
const MOST_STEPS: u64 = 64;

/// A bucket's record, for the disk. It opens nothing without the TPM, nor in it once the bucket has ended.
#[derive(Clone, PartialEq, Eq)]
pub struct Bucket {
    pub(super) handle: u32,
    pub(super) ends: Ends,
    pub(super) quorum: Quorum,
    storage_key: Vec<u8>,
    identity: Option<Vec<u8>>,
    /// Public areas of the bucket's key and of the fingerprint key.
    pub(super) key: Vec<u8>,
    mark: Vec<u8>,
    point: [u8; 64],
    /// Both private parts, under the secret that lies in the index.
    pub(super) wrapped: Vec<u8>,
}

/// Which of a bucket's keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    Key,
    Mark,
}

/// The private parts as the TPM encrypted them.
pub(super) struct Parts {
    pub(super) key: Vec<u8>,
    pub(super) mark: Vec<u8>,
}

impl<'t> Vault<'t> {
    /// Makes a bucket. `ends` lies 1 to 64 steps of the epoch ahead; the keeper steps the epoch for each
    /// bucket's end, so buckets have to end in the order of their `ends`.
    pub fn bucket(&self, quorum: &Quorum, ends: Ends, random: &dyn Random) -> Result<Bucket, VaultError> {
        let steps = ends.epoch.checked_sub(self.epoch()?).ok_or(VaultError::Ends)?;
        if !(1..=MOST_STEPS).contains(&steps) || ends.clock <= self.clock()?.millis {
            return Err(VaultError::Ends);
        }
        let seat = quorum.seat(self.image());
        for (handle, names) in [
            (area::batch_handle(quorum.slot), vec![seat.batch, seat.batch_unwritten]),
            (area::gate_handle(quorum.slot), vec![seat.gate]),
        ] {
            held(self.esys(), handle, &names)?.ok_or(VaultError::QuorumMissing { handle })?;
        }
        let handle = self.free()?;
        let made = self.make(handle, quorum, ends, random);
        if made.is_err() {
            // Half a bucket is none; that its secret cannot be removed either says no more than the error.
            let _ = self.discard(handle);
        }
        made
    }

    fn make(
        &self,
        handle: u32,
        quorum: &Quorum,
        ends: Ends,
        random: &dyn Random,
    ) -> Result<Bucket, VaultError> {
        let (image, epoch) = (self.image(), self.counter_name(Counter::Epoch));
        let secret = self.write_secret(handle, ends, random)?;
        let policy = terms::bucket(image, &epoch, ends, &quorum.seat(image).gate);
        let (private, key) = self.create(&area::bucket_key(&policy))?;
        let (private_mark, mark) = self.create(&area::mark_key(&terms::mark(image, &epoch, ends)))?;
        let point = area::bucket_point(&key, &policy).ok_or(VaultError::Damaged)?;
        let identity = identity(self.esys());
        let parent = storage_key(self.esys())?;
        let storage_key = self.esys().name(&parent).doing("name the storage root key")?;
        let quorum = quorum.clone();
        let mut made =
            Bucket { handle, ends, quorum, storage_key, identity, key, mark, point, wrapped: Vec::new() };
        let parts = Parts { key: private, mark: private_mark };
        made.wrapped = made.wrap(&secret, &parts).ok_or(VaultError::Damaged)?;
        Ok(made)
    }

    fn create(&self, template: &[u8]) -> Result<(Vec<u8>, Vec<u8>), VaultError> {
        let session = self.session(Kind::Encrypted)?;
        let parent = storage_key(self.esys())?;
        Ok(self.esys().create(&parent, &session, &[], template).doing("make a bucket's key")?)
    }

    fn free(&self) -> Result<u32, VaultError> {
        let used = self.secrets()?;
        let free = (area::SECRETS..area::SECRETS + area::MOST_BUCKETS).find(|handle| !used.contains(handle));
        free.ok_or(VaultError::Full)
    }

    /// The handles of the secrets that the TPM holds: one for each bucket that is not forgotten. One that no
    /// record names is left over from a bucket that was never written down; [`Vault::discard`] removes it.
    pub fn secrets(&self) -> Result<Vec<u32>, VaultError> {
        let range = area::SECRETS..area::SECRETS + area::MOST_BUCKETS;
        let used = self.esys().handles(area::SECRETS, area::MOST_BUCKETS).doing("list its indices")?;
        Ok(used.into_iter().filter(|handle| range.contains(handle)).collect())
    }

    /// A fresh secret, mixed of the TPM's random numbers and the system's, written into a new index.
    fn write_secret(&self, handle: u32, ends: Ends, random: &dyn Random) -> Result<SecretBytes, VaultError> {
        let mut mixed = Zeroizing::new(vec![0; area::SECRET.into()]);
        random.fill(&mut mixed);
        {
            let session = self.session(Kind::Encrypted)?;
            let theirs = self.esys().random(&session, area::SECRET).doing("give random bytes")?;
            for (byte, other) in mixed.iter_mut().zip(theirs.expose_secret()) {
                *byte ^= other;
            }
        }
        let policy = terms::secret(self.image(), &self.counter_name(Counter::Epoch), ends);
        let index =
            self.esys().nv_define(&area::secret(handle, &policy, false)).doing("make a bucket's secret")?;
        let session = self.session(Kind::PolicyBoth)?;
        self.live(&session, ends)?;
        self.esys().nv_write(&index, &session, &mixed).doing("write a bucket's secret")?;
        Ok(SecretBytes::new(std::mem::take(&mut *mixed)))
    }

    fn read_secret(&self, bucket: &Bucket) -> Result<SecretBytes, VaultError> {
        let forgotten = |code: u32| VaultError::Forgotten { code };
        let index = match self.esys().at(bucket.handle) {
            Err(code) if code.is_handle() => return Err(forgotten(code.number())),
            found => found.doing("find a bucket's secret")?,
        };
        let session = self.session(Kind::PolicyEncrypted)?;
        self.live(&session, bucket.ends)?;
        match self.esys().nv_read_under(&index, &session, area::SECRET) {
            // The secret of a later bucket lies there, or one that was never written.
            Err(code) if code.is_policy() || code.is_unwritten() => Err(forgotten(code.number())),
            outcome => Ok(outcome.doing("read a bucket's secret")?),
        }
    }

    /// The private parts, unwrapped with the secret.
    pub(super) fn unwrap(&self, bucket: &Bucket) -> Result<Parts, VaultError> {
        let same = {
            let parent = storage_key(self.esys())?;
            self.esys().name(&parent).doing("name the storage root key")? == bucket.storage_key
        };
        if !same {
            let here = bucket.identity.is_some() && identity(self.esys()) == bucket.identity;
            return Err(if here { TpmError::Cleared } else { TpmError::OtherTpm }.into());
        }
        bucket.unwrap(&self.read_secret(bucket)?).ok_or(VaultError::Damaged)
    }

    /// Loads one of a bucket's keys.
    pub(super) fn load(&self, bucket: &Bucket, which: Which) -> Result<Object<'t>, VaultError> {
        let parts = self.unwrap(bucket)?;
        let (private, public) = match which {
            Which::Key => (&parts.key, &bucket.key),
            Which::Mark => (&parts.mark, &bucket.mark),
        };
        let parent = storage_key(self.esys())?;
        match self.esys().load(&parent, private, public) {
            Err(code) if code.is_integrity() => Err(VaultError::Damaged),
            loaded => Ok(loaded.doing("load a bucket's key")?),
        }
    }
}

impl Bucket {
    /// The public half, for whoever seals.
    pub fn sealing_key(&self) -> SealingKey {
        SealingKey { name: public::name(&self.key), point: self.point }
    }

    /// When it ends.
    pub fn ends(&self) -> Ends {
        self.ends
    }

    /// Where its secret lies in the TPM.
    pub fn handle(&self) -> u32 {
        self.handle
    }

    /// The custodians that open it.
    pub fn quorum(&self) -> &Quorum {
        &self.quorum
    }

    /// The bytes to store: the record and a SHA-256 over it, which tells a damaged disk by its name. What
    /// tells tampering is the wrapping, which covers every field.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.head();
        sized(&mut bytes, &self.wrapped);
        bytes.extend(Sha256::digest(&bytes));
        bytes
    }

    /// Reads what [`Bucket::to_bytes`] wrote, and nothing else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, VaultError> {
        let (bytes, hash) = bytes.split_last_chunk::<32>().ok_or(VaultError::Damaged)?;
        if Sha256::digest(bytes).as_slice() != hash {
            return Err(VaultError::Damaged);
        }
        read(bytes).ok_or(VaultError::Damaged)
    }

    fn head(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        bytes.extend(self.handle.to_be_bytes());
        bytes.extend(self.ends.epoch.to_be_bytes());
        bytes.extend(self.ends.clock.to_be_bytes());
        bytes.extend([self.quorum.slot, u8::try_from(self.quorum.custodians.len()).unwrap_or(u8::MAX)]);
        for custodian in &self.quorum.custodians {
            bytes.extend(custodian.point);
        }
        for part in [&self.storage_key, self.identity.as_ref().unwrap_or(&Vec::new()), &self.key, &self.mark]
        {
            sized(&mut bytes, part);
        }
        bytes
    }

    fn wrap(&self, secret: &SecretBytes, parts: &Parts) -> Option<Vec<u8>> {
        let (head, mut both) = (self.head(), Vec::new());
        sized(&mut both, &parts.key);
        sized(&mut both, &parts.mark);
        Once::new(secret.expose_secret(), SALT, &[], &head)?.seal(&both)
    }

    fn unwrap(&self, secret: &SecretBytes) -> Option<Parts> {
        let head = self.head();
        let both = Once::new(secret.expose_secret(), SALT, &[], &head)?.open(&self.wrapped)?;
        let (key, rest) = part(both.expose_secret())?;
        let (mark, []) = part(rest)? else { return None };
        Some(Parts { key, mark })
    }
}

fn read(bytes: &[u8]) -> Option<Bucket> {
    let rest = bytes.strip_prefix(&[VERSION])?;
    let (handle, rest) = rest.split_first_chunk()?;
    let (epoch, rest) = rest.split_first_chunk()?;
    let (clock, rest) = rest.split_first_chunk()?;
    let ([slot, count], mut rest) = rest.split_first_chunk()?;
    let mut custodians = Vec::new();
    for _ in 0..*count {
        let (point, after) = rest.split_first_chunk()?;
        custodians.push(CustodianKey::new(*point).ok()?);
        rest = after;
    }
    let (storage_key, rest) = part(rest)?;
    let (identity, rest) = part(rest)?;
    let (key, rest) = part(rest)?;
    let (mark, rest) = part(rest)?;
    let (wrapped, []) = part(rest)? else { return None };
    // The policy stands behind two algorithms, the attributes and its own length.
    let policy = key.get(10..)?.first_chunk()?;
    let bucket = Bucket {
        handle: u32::from_be_bytes(*handle),
        ends: Ends { epoch: u64::from_be_bytes(*epoch), clock: u64::from_be_bytes(*clock) },
        quorum: Quorum::new(*slot, custodians).ok()?,
        storage_key,
        identity: if identity.is_empty() { None } else { Some(identity) },
        point: area::bucket_point(&key, policy)?,
        key,
        mark,
        wrapped,
    };
    let ours = area::SECRETS..area::SECRETS + area::MOST_BUCKETS;
    ours.contains(&bucket.handle).then_some(bucket)
}

/// A part comes from a TPM structure, which has a 16-bit length itself.
fn sized(bytes: &mut Vec<u8>, part: &[u8]) {
    bytes.extend(u16::try_from(part.len()).unwrap_or(u16::MAX).to_be_bytes());
    bytes.extend(part);
}

fn part(bytes: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    let (part, rest) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
    Some((part.to_vec(), rest))
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bucket({:#x}, {:?})", self.handle, self.ends)
    }
}
