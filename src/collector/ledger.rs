//! What the courier asks of the log that it ships.

use std::future::Future;

use super::record::Record;
use super::settings::Sender;
use super::trouble::Trouble;

/// A log of numbered records, and the bookmark that says what the collector has.
pub trait Ledger: Send + Sync + 'static {
    /// Who sends.
    fn sender(&self) -> Result<Sender, Trouble>;

    /// The number of the last record that the collector has confirmed; 0 for none.
    fn confirmed(&self) -> Result<u64, Trouble>;

    /// The records after `number` that are still there, the oldest first, at most `most`.
    fn after(&self, number: u64, most: usize) -> Result<Vec<Record>, Trouble>;

    /// Moves the bookmark; durable when it returns. A bookmark of another `era` belongs to another collector
    /// and stays: a round may end while the settings change.
    fn confirm(&self, era: u64, number: u64) -> impl Future<Output = Result<(), Trouble>> + Send;

    /// Records up to `number` are missing at the collector, and it was told so. Called before
    /// [`Ledger::confirm`].
    fn lost(&self, count: u64, number: u64) -> impl Future<Output = ()> + Send;

    /// Nothing was confirmed for long although something is to be shipped. Called once until
    /// [`Ledger::back`].
    fn silent(&self, trouble: &Trouble) -> impl Future<Output = ()> + Send;

    /// The collector has confirmed something: at the first time, and after every silence.
    fn back(&self) -> impl Future<Output = ()> + Send;
}
