//! Opening the file, and the two ways in: [`Store::read`] and [`Store::transact`].

use std::path::{Path, PathBuf};
use std::sync::Arc;

use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition, TableHandle};
use tokio::sync::{mpsc, oneshot};

use super::seal::Sealer;
use super::writer::{self, Job, QUEUE};
use super::{RootKey, StoreError, Table, Tx, View};
use crate::base::Random;

/// The only rows that are not sealed: what is needed before the root key is there.
const META: TableDefinition<'static, &'static str, &'static [u8]> = TableDefinition::new("meta");
const SEALED_ROOT: &str = "sealed-root-key";
const CHECK: Table<u64, String> = Table::new("check", 1);
const CHECK_TEXT: &str = "cashcow store";

/// An open file whose root key is not known yet.
pub struct StoreFile {
    database: Database,
    path: PathBuf,
}

impl StoreFile {
    /// Opens the file, or creates it where there is none. A file that is there and does not open is
    /// an error and is left alone.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let database = Database::create(path)
            .map_err(|error| StoreError::Open { path: path.to_owned(), reason: error.to_string() })?;
        Ok(Self { database, path: path.to_owned() })
    }

    /// The root key as the TPM sealed it; `None` in a new file.
    pub fn sealed_root_key(&self) -> Result<Option<Vec<u8>>, StoreError> {
        let read = self.database.begin_read().map_err(|error| StoreError::engine("read", error))?;
        match read.open_table(META) {
            Ok(meta) => {
                let row = meta.get(SEALED_ROOT).map_err(|error| StoreError::engine("read a row", error))?;
                Ok(row.map(|row| row.value().to_vec()))
            }
            Err(redb::TableError::TableDoesNotExist(_)) => Ok(None),
            Err(error) => Err(StoreError::engine("open a table", error)),
        }
    }

    /// Keeps the sealed root key, in place of an older sealing of the same key.
    pub fn keep_sealed_root_key(&self, blob: &[u8]) -> Result<(), StoreError> {
        let engine = |error: &dyn std::fmt::Display| StoreError::engine("keep the sealed root key", error);
        let write = self.database.begin_write().map_err(|error| engine(&error))?;
        {
            let mut meta = write.open_table(META).map_err(|error| engine(&error))?;
            meta.insert(SEALED_ROOT, blob).map_err(|error| engine(&error))?;
        }
        write.commit().map_err(|error| engine(&error))
    }

    /// Starts the store with its root key. Fails with [`StoreError::WrongKey`] if the rows are of another.
    pub async fn start(self, root: RootKey, random: Arc<dyn Random>) -> Result<Store, StoreError> {
        let database = Arc::new(self.database);
        let sealer = Arc::new(Sealer::new(root, random));
        let (jobs, queue) = mpsc::channel(QUEUE);
        let worker = (Arc::clone(&database), Arc::clone(&sealer));
        std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || writer::run(&worker.0, &worker.1, queue))
            .map_err(|error| StoreError::Open { path: self.path, reason: error.to_string() })?;
        let store = Store { database, sealer, jobs };
        store
            .transact(|tx| {
                use super::Reads;
                match tx.get(&CHECK, &0) {
                    Ok(None) => tx.put(&CHECK, &0, &CHECK_TEXT.to_owned()),
                    Ok(Some(text)) if text == CHECK_TEXT => Ok(()),
                    Ok(Some(_)) | Err(StoreError::Damaged { .. }) => Err(StoreError::WrongKey),
                    Err(error) => Err(error),
                }
            })
            .await?;
        Ok(store)
    }
}

/// The store. Cheap to clone; every clone is the same store.
#[derive(Clone)]
pub struct Store {
    database: Arc<Database>,
    sealer: Arc<Sealer>,
    jobs: mpsc::Sender<Box<dyn Job>>,
}

impl Store {
    /// Looks at the store as of the last commit. Short: an old look keeps the file from shrinking.
    pub fn read<T, E: From<StoreError>>(&self, look: impl FnOnce(&View<'_>) -> Result<T, E>) -> Result<T, E> {
        let engine = self.database.begin_read().map_err(|error| StoreError::engine("read", error))?;
        look(&View { engine, sealer: &self.sealer })
    }

    /// Opens every row of every table, the largest possible integrity check: `visit` gets the table's
    /// name, the row's key and the row as it was before it was sealed. Fails at the first damaged row.
    pub fn every_row(&self, mut visit: impl FnMut(&str, &[u8], &[u8])) -> Result<(), StoreError> {
        let engine = |error: &dyn std::fmt::Display| StoreError::engine("read every row", error);
        let read = self.database.begin_read().map_err(|error| engine(&error))?;
        for handle in read.list_tables().map_err(|error| engine(&error))? {
            if handle.name() == META.name() {
                continue;
            }
            let name = handle.name().to_owned();
            let rows = TableDefinition::<&[u8], &[u8]>::new(&name);
            let table = read.open_table(rows).map_err(|error| engine(&error))?;
            for row in table.iter().map_err(|error| engine(&error))? {
                let (key, sealed) = row.map_err(|error| engine(&error))?;
                visit(&name, key.value(), &self.sealer.open(&name, key.value(), sealed.value())?);
            }
        }
        Ok(())
    }

    /// Runs `work` as one transaction and returns after it is durable. `Err` from `work` leaves no
    /// trace. At most 1,024 wait; one more gets [`StoreError::Busy`]. A caller that goes away does
    /// not stop its transaction.
    pub async fn transact<T, E>(
        &self,
        work: impl FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (to, answer) = oneshot::channel();
        let job = Box::new(Work { work, outcome: None, to });
        self.jobs.try_send(job).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => StoreError::Busy,
            mpsc::error::TrySendError::Closed(_) => StoreError::Stopped,
        })?;
        answer.await.map_err(|_| StoreError::Stopped)?
    }
}

struct Work<F, T, E> {
    work: F,
    outcome: Option<Result<T, E>>,
    to: oneshot::Sender<Result<T, E>>,
}

impl<F, T, E> Job for Work<F, T, E>
where
    F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send,
    T: Send,
    E: From<StoreError> + Send,
{
    fn run(&mut self, tx: &mut Tx<'_>) -> bool {
        let outcome = (self.work)(tx);
        let keep = outcome.is_ok();
        self.outcome = Some(outcome);
        keep
    }

    fn answer(self: Box<Self>, commit: Result<(), StoreError>) {
        let outcome = match (commit, self.outcome) {
            (Err(error), Some(Ok(_)) | None) => Err(E::from(error)),
            (_, Some(outcome)) => outcome,
            (Ok(()), None) => Err(E::from(StoreError::Stopped)),
        };
        // A caller that went away has nobody to tell.
        drop(self.to.send(outcome));
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
