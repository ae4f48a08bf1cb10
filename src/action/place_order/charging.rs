//! The charges that are under way in this process: how many there may be, and who waits for one to end.
//!
//! What an attempt came to is read from the store, never from here; this is only the bell.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use crate::action::App;

/// The most charges at once: each is a connection to the gateway and a card in memory.
pub const MOST_CHARGES: u32 = 64;

/// The most charges that wait for their delay at once: each is a card in memory, and nothing else. Those
/// without a delay never wait behind them.
pub const MOST_DELAYED: u32 = 64;
/// How long a charge whose delay is over waits for room. With the longest delay and both calls it stays within
/// what a fresh attempt is given before anyone asks about it (`Patience::GRACE`).
const ROOM_WAITS: Duration = Duration::from_secs(5);

/// The charges of one process.
pub(in crate::action) struct Charging {
    slots: Arc<Semaphore>,
    delayed: Semaphore,
    changed: Notify,
}

impl Charging {
    pub(in crate::action) fn new() -> Self {
        let room = |most: u32| Semaphore::new(usize::try_from(most).unwrap_or(1));
        Self { slots: Arc::new(room(MOST_CHARGES)), delayed: room(MOST_DELAYED), changed: Notify::new() }
    }

    /// Room for one more charge; `None` if there is none now. Held until the charge is over.
    pub(in crate::action) fn slot(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.slots).try_acquire_owned().ok()
    }

    /// Waits out a delay, in which the room is others' to use. `None` if too many wait, or if there is no room
    /// afterwards: then nothing may be sent.
    pub(super) async fn after(
        &self,
        delay: SignedDuration,
        slot: OwnedSemaphorePermit,
    ) -> Option<OwnedSemaphorePermit> {
        if delay.is_zero() {
            return Some(slot);
        }
        let _place = self.delayed.try_acquire().ok()?;
        drop(slot);
        tokio::time::sleep(delay.unsigned_abs()).await;
        let room = Arc::clone(&self.slots).acquire_owned();
        tokio::time::timeout(ROOM_WAITS, room).await.ok()?.ok()
    }

    /// Whether nothing is being charged.
    #[cfg(test)]
    pub(super) fn is_idle(&self) -> bool {
        usize::try_from(MOST_CHARGES).is_ok_and(|all| self.slots.available_permits() == all)
    }

    /// An attempt has changed in the store.
    pub(in crate::action) fn ring(&self) {
        self.changed.notify_waiters();
    }

    /// Runs `look` now and after each ring until it finds something, for at most `limit`.
    pub(in crate::action) async fn wait_for<T>(
        &self,
        limit: Duration,
        look: impl Fn() -> Option<T>,
    ) -> Option<T> {
        let waiting = async {
            loop {
                // Listening begins before the look, so that no ring falls between.
                let mut bell = std::pin::pin!(self.changed.notified());
                bell.as_mut().enable();
                if let Some(found) = look() {
                    return found;
                }
                bell.await;
            }
        };
        tokio::time::timeout(limit, waiting).await.ok()
    }
}

/// Waits until no charge is under way, for at most `limit`: the last step of an orderly stop, after the
/// listeners. What is left is settled by asking the gateway at the next start.
pub async fn finish_charges(app: &App, limit: Duration) {
    let all = app.charging().slots.acquire_many(MOST_CHARGES);
    if tokio::time::timeout(limit, all).await.is_err() {
        log::warn!("stopping while a charge is under way: it is asked for at the gateway at the next start");
    }
}
