//! The loop: round after round, back after every fault, and a word to somebody when it takes too long.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use super::delivery::Delivery;
use super::dial::Dialer;
use super::ledger::Ledger;
use super::pace::{MOST_AT_ONCE, Pace};
use super::post::Post;
use super::settings::{Protocol, Settings};
use super::stream;
use super::trouble::Trouble;
use crate::base::{Clock, Random};

/// How shipping goes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// Since when every round was confirmed; `None` while it fails, or before the first.
    pub well_since: Option<Timestamp>,
    /// When the last round was confirmed, since the service started.
    pub confirmed_at: Option<Timestamp>,
    /// The last trouble, and when it was; gone with the next confirmation.
    pub trouble: Option<(Timestamp, Trouble)>,
}

/// What the service and the courier share: where to ship, and how it goes.
pub struct Outbox {
    settings: watch::Sender<Option<Arc<(Settings, u64)>>>,
    state: Mutex<State>,
}

impl Default for Outbox {
    fn default() -> Self {
        Self { settings: watch::Sender::new(None), state: Mutex::default() }
    }
}

impl Outbox {
    /// Ships to another collector from now on, or to none. What was under way is told again. The number is the
    /// era of the bookmark that belongs to these settings: see [`Ledger::confirm`].
    pub fn ship_to(&self, settings: Option<(Settings, u64)>) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = State::default();
        self.settings.send_replace(settings.map(Arc::new));
    }

    /// How it goes.
    pub fn state(&self) -> State {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// Ships a log, one round at a time.
pub struct Courier<L> {
    /// What is shared with the service.
    pub outbox: Arc<Outbox>,
    /// The log.
    pub ledger: L,
    /// For what the state says; waits are measured by a clock that does not step.
    pub clock: Arc<dyn Clock>,
    /// For waits.
    pub random: Arc<dyn Random>,
    /// How long is waited.
    pub pace: Pace,
}

/// A collector, the way to it, and the era of its bookmark.
type To<'a> = (&'a Settings, &'a Result<Dialer, Trouble>, u64);

/// Since when something waits without progress, and whether somebody was told.
struct Patience {
    since: Option<Instant>,
    told: bool,
    /// Whether the collector has confirmed something since it was set or was last silent.
    met: bool,
}

impl<L: Ledger> Courier<L> {
    /// Ships until it is aborted.
    pub async fn keep(self) {
        let mut settings = self.outbox.settings.subscribe();
        loop {
            let now = settings.borrow_and_update().clone();
            let changed = async {
                // The sender lives as long as the outbox, which is ours too.
                if settings.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
            };
            match now {
                None => changed.await,
                Some(now) => tokio::select! {
                    () = changed => {}
                    () = self.serve(&now) => {}
                },
            }
        }
    }

    async fn serve(&self, (settings, era): &(Settings, u64)) {
        let dialer = Dialer::new(settings);
        let mut patience = Patience { since: None, told: false, met: false };
        let (mut most, mut faults) = (MOST_AT_ONCE, 0_u32);
        loop {
            match self.one((settings, &dialer, *era), most, &mut patience).await {
                Ok(true) => {
                    most = most.saturating_mul(2).min(MOST_AT_ONCE);
                    faults = 0;
                }
                Ok(false) => {
                    faults = 0;
                    sleep(self.pace.look).await;
                }
                Err(trouble) => {
                    faults = faults.saturating_add(1);
                    if trouble.is_too_much() {
                        most = (most / 2).max(1);
                    }
                    self.failed(&trouble, faults);
                    let wait = self.pace.wait(faults, self.random.as_ref());
                    let wait = wait.max(trouble.asked().unwrap_or_default());
                    self.watched(&mut patience, &trouble, async {
                        sleep(wait).await;
                        Ok(())
                    })
                    .await
                    .unwrap_or_default();
                }
            }
        }
    }

    /// One round; `false` if there is nothing to ship.
    async fn one(&self, to: To<'_>, most: usize, patience: &mut Patience) -> Result<bool, Trouble> {
        let from = self.ledger.confirmed()?;
        if self.ledger.after(from, 1)?.is_empty() {
            patience.since = None;
            return Ok(false);
        }
        let round = self.round(to, from, most);
        let delivery = self.watched(patience, &Trouble::Slow, round).await?;
        if delivery.lost > 0 {
            self.ledger.lost(delivery.lost, delivery.upto).await;
        }
        self.ledger.confirm(to.2, delivery.upto).await?;
        patience.since = None;
        let now = self.clock.now();
        self.outbox.note(|state| {
            state.well_since.get_or_insert(now);
            state.confirmed_at = Some(now);
            state.trouble = None;
        });
        if patience.told || !patience.met {
            (patience.told, patience.met) = (false, true);
            self.ledger.back().await;
            log::info!(target: "collector", "the collector has confirmed up to {}", delivery.upto);
        }
        Ok(true)
    }

    async fn round(
        &self,
        (settings, dialer, _): To<'_>,
        from: u64,
        most: usize,
    ) -> Result<Delivery, Trouble> {
        let dialer = dialer.as_ref().map_err(Clone::clone)?;
        match &settings.protocol {
            Protocol::Syslog => stream::round((dialer, &self.pace), &self.ledger, from, most).await,
            Protocol::Otlp { .. } => {
                let now = self.clock.now();
                let post = Post { dialer, pace: &self.pace, settings, now };
                post.round(&self.ledger, from, most).await
            }
        }
    }

    /// Does something that takes time, and says so once if the collector has been silent for too long.
    async fn watched<T>(
        &self,
        patience: &mut Patience,
        trouble: &Trouble,
        work: impl Future<Output = Result<T, Trouble>>,
    ) -> Result<T, Trouble> {
        let since = *patience.since.get_or_insert_with(Instant::now);
        let work = std::pin::pin!(work);
        if patience.told {
            return work.await;
        }
        let mut work = work;
        tokio::select! {
            done = &mut work => return done,
            () = sleep_until(since + self.pace.silent) => {}
        }
        patience.told = true;
        self.ledger.silent(trouble).await;
        work.await
    }

    fn failed(&self, trouble: &Trouble, faults: u32) {
        // The first, then each doubling: a collector that is away for a day must not fill the journal.
        if faults.is_power_of_two() {
            log::warn!(target: "collector", "{trouble} ({faults} in a row)");
        }
        let now = self.clock.now();
        self.outbox.note(|state| {
            state.well_since = None;
            state.trouble = Some((now, trouble.clone()));
        });
    }
}
