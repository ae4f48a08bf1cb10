//! The keeper: it holds the TPM while the shop runs, and asks it for what the audit log needs.
//!
//! One question at a time, off the threads that serve. A TPM that hangs keeps its own thread waiting and nobody
//! else: whoever asks gets [`KeeperError::Silent`] in time, and later ones at once.

use std::sync::{Arc, Mutex, PoisonError, TryLockError};
use std::time::Duration;

use crate::audit::{Hash, Witness};
use crate::keeper::KeepError;
use crate::store::StoreError;

/// How long an answer may take; a slow chip needs a few seconds for all that a head asks of it.
pub const ANSWERS_WITHIN: Duration = Duration::from_secs(20);

/// Why the TPM did not follow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeeperError {
    /// It refused, or its keeper does not answer.
    #[error(transparent)]
    Keep(#[from] KeepError),
    /// It does not answer.
    #[error("the TPM did not answer within {} s", ANSWERS_WITHIN.as_secs())]
    Silent,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Whoever holds the TPM.
pub struct Keeper {
    witness: Arc<Mutex<dyn Witness>>,
    key: Mutex<Option<Hash>>,
    /// Held while a head or a bundle is made, so that what the TPM signs is what the store has.
    turn: tokio::sync::Mutex<()>,
}

impl Keeper {
    /// Takes the TPM over. Others may still ask it, briefly, through their own share of the lock.
    pub fn new(witness: Arc<Mutex<dyn Witness>>) -> Arc<Self> {
        Arc::new(Self { witness, key: Mutex::new(None), turn: tokio::sync::Mutex::new(()) })
    }

    /// Waits until nobody else is making a head or a bundle.
    pub(super) async fn turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.turn.lock().await
    }

    /// Asks the TPM.
    pub(super) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut dyn Witness) -> Result<T, KeepError> + Send + 'static,
    ) -> Result<T, KeeperError> {
        let witness = Arc::clone(&self.witness);
        let asked = tokio::task::spawn_blocking(move || {
            for _ in 0..PATIENCE {
                match witness.try_lock() {
                    Ok(mut witness) => return question(&mut *witness).map_err(KeeperError::from),
                    Err(TryLockError::Poisoned(lock)) => {
                        return question(&mut *PoisonError::into_inner(lock)).map_err(KeeperError::from);
                    }
                    Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
                }
            }
            Err(KeeperError::Silent)
        });
        match tokio::time::timeout(ANSWERS_WITHIN, asked).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) | Err(_) => Err(KeeperError::Silent),
        }
    }

    /// The fingerprint of the TPM's key; asked for once.
    pub(super) async fn key(&self) -> Result<Hash, KeeperError> {
        if let Some(key) = self.known_key() {
            return Ok(key);
        }
        let key = Hash(self.ask(|witness| witness.key()).await?.fingerprint());
        *self.key.lock().unwrap_or_else(PoisonError::into_inner) = Some(key);
        Ok(key)
    }

    /// The fingerprint of the TPM's key, if it has told it.
    pub(super) fn known_key(&self) -> Option<Hash> {
        *self.key.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How often and how long a question waits for one before it: two seconds in all.
const PATIENCE: u32 = 40;
const PAUSE: Duration = Duration::from_millis(50);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tpm::TpmError;
    use crate::tpm::witness::{Certificate, WitnessKey};

    struct Hangs;

    impl Witness for Hangs {
        fn key(&mut self) -> Result<WitnessKey, KeepError> {
            Err(TpmError::WitnessMissing.into())
        }

        fn value(&mut self) -> Result<Hash, KeepError> {
            std::thread::sleep(Duration::from_secs(3));
            Ok(Hash::default())
        }

        fn extend(&mut self, _: Hash) -> Result<Hash, KeepError> {
            Err(TpmError::WitnessMissing.into())
        }

        fn certify(&mut self, _: Hash) -> Result<Certificate, KeepError> {
            Err(TpmError::WitnessMissing.into())
        }
    }

    #[tokio::test]
    async fn whoever_asks_a_tpm_that_hangs_is_told_so_in_time() {
        let keeper = Keeper::new(Arc::new(Mutex::new(Hangs)));
        let first = keeper.ask(|witness| witness.value());
        let second = async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            keeper.ask(|witness| witness.value()).await
        };
        let (first, second) = tokio::join!(first, second);
        assert_eq!((first, second), (Ok(Hash::default()), Err(KeeperError::Silent)));
        assert_eq!(keeper.key().await, Err(KeeperError::Keep(TpmError::WitnessMissing.into())));
    }
}
