//! The one writer: a thread that groups what waits into one commit and answers after it is durable.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use redb::{Database, Durability};
use tokio::sync::mpsc;

use super::seal::Sealer;
use super::{StoreError, Tx};

/// The most transactions that one commit carries.
const GROUP: usize = 128;
/// The most transactions that wait; one more is told to come back.
pub(super) const QUEUE: usize = 1024;

/// A transaction on its way: `run` does it, `answer` tells its owner how the commit went.
pub(super) trait Job: Send {
    /// Runs the closure; `false` if it failed and must leave no trace.
    fn run(&mut self, tx: &mut Tx<'_>) -> bool;
    /// Called once, after the commit or its failure.
    fn answer(self: Box<Self>, commit: Result<(), StoreError>);
}

pub(super) fn run(database: &Database, sealer: &Arc<Sealer>, mut jobs: mpsc::Receiver<Box<dyn Job>>) {
    let mut group = Vec::with_capacity(GROUP);
    while let Some(first) = jobs.blocking_recv() {
        group.push(first);
        while group.len() < GROUP {
            match jobs.try_recv() {
                Ok(job) => group.push(job),
                Err(_) => break,
            }
        }
        // A panic in a closure is a defect of the service; it must not take the writer with it, nor
        // let half a group through.
        let commit = catch_unwind(AssertUnwindSafe(|| commit(database, sealer, &mut group)))
            .unwrap_or_else(|_| Err(StoreError::engine("run a transaction", "its code failed")));
        for job in group.drain(..) {
            job.answer(commit.clone());
        }
    }
}

fn commit(database: &Database, sealer: &Sealer, group: &mut [Box<dyn Job>]) -> Result<(), StoreError> {
    let mut engine =
        database.begin_write().map_err(|error| StoreError::engine("begin a transaction", error))?;
    engine
        .set_durability(Durability::Immediate)
        .map_err(|error| StoreError::engine("begin a transaction", error))?;
    engine.set_two_phase_commit(true);
    for job in group {
        let mut tx = Tx::new(&engine, sealer);
        if job.run(&mut tx) {
            tx.into_engine()?;
        }
    }
    engine.commit().map_err(|error| StoreError::engine("commit", error))
}
