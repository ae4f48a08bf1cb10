use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::base::{OsRandom, SeededRandom};
use crate::store::{RootKey, Store, StoreFile};

async fn store(folder: &tempfile::TempDir) -> Store {
    let file = StoreFile::open(&folder.path().join("shop.redb")).unwrap();
    file.start(RootKey::random(&SeededRandom::new(1)), Arc::new(OsRandom)).await.unwrap()
}

fn at(second: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second)
}

async fn sound(store: &Store, kind: Kind, object: Object, second: i64) -> (u64, u32) {
    let raised = store.transact(move |tx| raise(tx, kind, &object, at(second))).await.unwrap();
    (raised.number(), raised.count)
}

async fn done(store: &Store, number: u64, seen: u32, second: i64) -> Result<Alarm, NotAcknowledged> {
    let by = Acknowledged { by: Who::Machine, at: at(second) };
    store.transact(move |tx| acknowledge(tx, number, seen, &by)).await.unwrap()
}

type Rows = Vec<(u64, Alarm)>;

/// Those that are open, those that are not.
fn rows(store: &Store) -> (Rows, Rows) {
    store.read(|view| Ok::<_, StoreError>((open(view)?, acknowledged(view)?))).unwrap()
}

#[tokio::test]
async fn the_same_alarm_counts_up_while_it_is_open_and_is_a_new_one_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    let (kind, order) = (Kind::PaidTwice, Object::Order(1042));
    assert_eq!(sound(&store, kind, order.clone(), 1).await, (1, 1));
    assert_eq!(sound(&store, kind, order.clone(), 5).await, (1, 2));
    sound(&store, Kind::PaidAfterCancel, order.clone(), 3).await;
    sound(&store, kind, Object::Order(7), 4).await;
    let (open, acknowledged) = rows(&store);
    let numbers: Vec<_> = open.iter().map(|(number, alarm)| (*number, alarm.count)).collect();
    assert_eq!((numbers, acknowledged.len()), (vec![(1, 2), (3, 1), (2, 1)], 0), "the latest comes first");
    assert_eq!((open[0].1.first, open[0].1.last), (at(1), at(5)));

    let gone = done(&store, 1, 2, 9).await.unwrap();
    assert_eq!(gone.acknowledged.map(|done| done.at), Some(at(9)));
    assert_eq!(sound(&store, kind, order, 10).await, (4, 1));
    let (open, acknowledged) = rows(&store);
    assert_eq!((open.len(), acknowledged.len(), acknowledged[0].0), (3, 1, 1));
}

#[tokio::test]
async fn what_happened_again_since_somebody_looked_stays_open() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    sound(&store, Kind::CardTesting, Object::named("203.0.113.9"), 1).await;
    sound(&store, Kind::CardTesting, Object::named("203.0.113.9"), 2).await;
    assert_eq!(done(&store, 1, 1, 3).await, Err(NotAcknowledged::RaisedAgain));
    assert_eq!(done(&store, 2, 1, 3).await, Err(NotAcknowledged::Gone));
    assert!(done(&store, 1, 2, 3).await.is_ok());
    assert_eq!(done(&store, 1, 2, 4).await, Err(NotAcknowledged::Gone));
}

#[tokio::test]
async fn a_flood_of_alarms_is_bounded_and_none_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    let flood = store.transact(|tx| {
        for number in 0..150 {
            let _ = raise(tx, Kind::Unsettled, &Object::Order(number), at(1))?;
            let _ = raise(tx, Kind::RefundFailed, &Object::Order(number), at(2))?;
        }
        // One that is open counts up as before.
        raise(tx, Kind::Unsettled, &Object::Order(0), at(3))
    });
    let known: Result<Raised, StoreError> = flood.await;
    assert_eq!(
        known.unwrap(),
        Raised { number: 1, kind: Kind::Unsettled, object: Object::Order(0), count: 2 }
    );
    let (open, _) = rows(&store);
    assert_eq!(open.len(), MOST_OPEN + 2);
    assert_eq!(open.iter().map(|(_, alarm)| alarm.count).sum::<u32>(), 301);
    let others: Vec<_> = open.iter().filter(|(_, alarm)| alarm.object == Object::Others).collect();
    assert_eq!(others.iter().map(|(_, alarm)| alarm.count).collect::<Vec<_>>(), [100, 100]);
}

#[tokio::test]
async fn the_first_that_was_dealt_with_is_forgotten_first() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    let most = u64::try_from(MOST_ACKNOWLEDGED).unwrap();
    let fill = store.transact(move |tx| {
        for number in 1..=most + 2 {
            let _ = raise(tx, Kind::PaidTwice, &Object::Order(number), at(1))?;
            // The first one stays open until the end.
            if number > 1 {
                let second = i64::try_from(number).unwrap_or(0);
                let by = Acknowledged { by: Who::Machine, at: at(second) };
                acknowledge(tx, number, 1, &by)?.map_err(|_| StoreError::Busy)?;
            }
        }
        Ok::<_, StoreError>(())
    });
    fill.await.unwrap();
    done(&store, 1, 1, 9999).await.unwrap();
    let (open, acknowledged) = rows(&store);
    assert_eq!((open.len(), acknowledged.len()), (0, MOST_ACKNOWLEDGED));
    assert_eq!((acknowledged[0].0, acknowledged[MOST_ACKNOWLEDGED - 1].0), (1, 4));
}

#[test]
fn each_of_the_first_ten_is_logged_and_then_each_doubling() {
    let logged = (1..=70).filter(|count| is_logged(*count)).collect::<Vec<_>>();
    assert_eq!(logged, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 16, 32, 64]);
}
