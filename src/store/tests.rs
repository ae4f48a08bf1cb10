//! Promises of the store, each named for what would go wrong without it.

use std::sync::Arc;

use super::super::{Reads, RootKey, Span, StoreError, StoreFile, Table};
use super::Store;
use crate::base::{OsRandom, SeededRandom};

const NAMES: Table<u64, String> = Table::new("names", 1);

async fn open(folder: &tempfile::TempDir, key: u64) -> Result<Store, StoreError> {
    let root = RootKey::random(&SeededRandom::new(key));
    StoreFile::open(&folder.path().join("shop.redb"))?.start(root, Arc::new(OsRandom)).await
}

#[tokio::test]
async fn a_row_is_there_after_the_file_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder, 1).await.unwrap();
    store.transact(|tx| tx.put(&NAMES, &7, &"seven".to_owned())).await.unwrap();
    drop(store);
    // The writer's thread lets go of the file a moment after its last sender.
    let store = loop {
        match open(&folder, 1).await {
            Ok(store) => break store,
            Err(StoreError::Open { .. }) => std::thread::sleep(std::time::Duration::from_millis(5)),
            Err(error) => panic!("{error}"),
        }
    };
    let found: Result<_, StoreError> = store.read(|view| view.get(&NAMES, &7));
    assert_eq!(found, Ok(Some("seven".to_owned())));
}

#[tokio::test]
async fn another_root_key_is_told_apart_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(&folder, 1).await.unwrap());
    loop {
        match open(&folder, 2).await {
            Err(StoreError::Open { .. }) => std::thread::sleep(std::time::Duration::from_millis(5)),
            Err(error) => break assert_eq!(error, StoreError::WrongKey),
            Ok(_) => panic!("opened"),
        }
    }
}

#[tokio::test]
async fn a_transaction_that_fails_leaves_no_trace_and_harms_no_neighbour() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder, 1).await.unwrap();
    let good = store.transact(|tx| tx.put(&NAMES, &1, &"good".to_owned()));
    let bad = store.transact(|tx| {
        tx.put(&NAMES, &2, &"bad".to_owned())?;
        Err::<(), _>(StoreError::Busy)
    });
    let (good, bad) = tokio::join!(good, bad);
    assert_eq!((good, bad), (Ok(()), Err(StoreError::Busy)));
    let rows = store
        .read(|view| view.scan(&NAMES, &Span::all(9)))
        .unwrap_or_else(|error: StoreError| panic!("{error}"));
    assert_eq!(rows, [(1, "good".to_owned())]);
}

#[tokio::test]
async fn a_panic_in_one_closure_does_not_stop_the_writer() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder, 1).await.unwrap();
    let broken: Result<(), StoreError> = store.transact(|_| panic!("planted")).await;
    assert!(matches!(broken, Err(StoreError::Engine { .. })));
    assert_eq!(store.transact(|tx| tx.put(&NAMES, &1, &"on".to_owned())).await, Ok(()));
}

#[tokio::test]
async fn a_transaction_sees_its_own_writes_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder, 1).await.unwrap();
    for n in 0..5 {
        store.transact(move |tx| tx.put(&NAMES, &n, &format!("old {n}"))).await.unwrap();
    }
    let seen = store
        .transact(|tx| {
            tx.put(&NAMES, &2, &"new 2".to_owned())?;
            tx.delete(&NAMES, &3);
            tx.put(&NAMES, &9, &"new 9".to_owned())?;
            let newest = tx.scan(&NAMES, &Span::all(3).newest_first())?;
            let page = tx.scan(&NAMES, &Span::all(2).newest_first().before(&4))?;
            Ok::<_, StoreError>((newest, page))
        })
        .await
        .unwrap();
    let keys = |rows: Vec<(u64, String)>| rows.into_iter().map(|(key, _)| key).collect::<Vec<_>>();
    assert_eq!(keys(seen.0), [9, 4, 2]);
    assert_eq!(keys(seen.1), [2, 1]);
}

#[tokio::test]
async fn a_row_that_was_moved_to_another_place_does_not_open() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder, 1).await.unwrap();
    store.transact(|tx| tx.put(&NAMES, &1, &"mine".to_owned())).await.unwrap();
    let sealer = &store.sealer;
    let sealed = sealer.seal("names", &[1], b"row").unwrap();
    assert_eq!(sealer.open("names", &[1], &sealed).as_deref(), Ok(&b"row"[..]));
    assert_eq!(sealer.open("names", &[2], &sealed), Err(StoreError::Damaged { table: "names".to_owned() }));
    assert_eq!(sealer.open("others", &[1], &sealed), Err(StoreError::Damaged { table: "others".to_owned() }));
    let mut flipped = sealed;
    flipped[20] ^= 1;
    assert_eq!(sealer.open("names", &[1], &flipped), Err(StoreError::Damaged { table: "names".to_owned() }));
}

#[tokio::test]
async fn a_row_of_a_newer_version_is_named_as_such() {
    const NEWER: Table<u64, String> = Table::new("names", 2);
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder, 1).await.unwrap();
    store.transact(|tx| tx.put(&NEWER, &1, &"new".to_owned())).await.unwrap();
    let found: Result<_, StoreError> = store.read(|view| view.get(&NAMES, &1));
    assert_eq!(found, Err(StoreError::Newer { table: "names".to_owned(), found: 2, known: 1 }));
}
