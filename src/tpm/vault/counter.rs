//! The two counters: the epoch, by which buckets end, and the round, by which batches close.
//!
//! A counter only ever goes up: one that is undefined and made anew starts above the highest value that any
//! counter of the TPM ever had (TPM 2.0 Library, part 3, 31.3), so removing it ends buckets and lengthens none.

use super::{Vault, VaultError, area, held};
use crate::tpm::code::{Code, Doing};
use crate::tpm::esys::{Kind, Object};
use crate::tpm::public::{self, Name};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Counter {
    Epoch,
    Round,
}

impl Counter {
    fn handle(self) -> u32 {
        match self {
            Self::Epoch => area::EPOCH,
            Self::Round => area::ROUND,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Epoch => "epoch",
            Self::Round => "round",
        }
    }
}

impl<'t> Vault<'t> {
    /// The epoch: a bucket is over once it has reached the bucket's end.
    pub fn epoch(&self) -> Result<u64, VaultError> {
        self.count(Counter::Epoch)
    }

    /// The round: a batch is open as long as it stands still.
    pub(super) fn round(&self) -> Result<u64, VaultError> {
        self.count(Counter::Round)
    }

    fn area(&self, counter: Counter, written: bool) -> Vec<u8> {
        area::counter(counter.handle(), &self.image(), written)
    }

    /// A counter's name once it has stepped.
    pub(super) fn counter_name(&self, counter: Counter) -> Name {
        public::name(&self.area(counter, true))
    }

    /// The counter, which has to be there and to have stepped.
    pub(super) fn counter(&self, counter: Counter) -> Result<Object<'t>, VaultError> {
        let handle = counter.handle();
        held(self.esys(), handle, &[self.counter_name(counter)])?
            .ok_or(VaultError::CounterMissing { counter: counter.word(), handle })
    }

    fn count(&self, counter: Counter) -> Result<u64, VaultError> {
        let index = self.counter(counter)?;
        let bytes =
            self.esys().nv_read(&index, 8).and_then(|bytes| bytes.try_into().map_err(|_| Code::MALFORMED));
        Ok(u64::from_be_bytes(bytes.doing("read a counter")?))
    }

    /// Steps a counter that is there.
    pub(super) fn step(&self, counter: Counter) -> Result<(), VaultError> {
        let session = self.session(Kind::Policy)?;
        self.authorise(&session)?;
        let index = self.counter(counter)?;
        Ok(self.esys().nv_increment(&index, &session).doing("step a counter")?)
    }

    /// Makes the counters that are not there, and steps each once: only then has it the name that the
    /// policies know.
    pub(super) fn make_counters(&self) -> Result<(), VaultError> {
        for counter in [Counter::Epoch, Counter::Round] {
            let names = [false, true].map(|written| public::name(&self.area(counter, written)));
            let index = match held(self.esys(), counter.handle(), &names)? {
                Some(index) => index,
                None => self.esys().nv_define(&self.area(counter, false)).doing("make a counter")?,
            };
            if self.esys().name(&index).doing("name a counter")? == self.counter_name(counter) {
                continue;
            }
            let session = self.session(Kind::Policy)?;
            self.authorise(&session)?;
            self.esys().nv_increment(&index, &session).doing("step a new counter")?;
        }
        Ok(())
    }
}
