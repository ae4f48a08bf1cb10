//! Wrong tries are counted before anything is checked, so that many at once count as many.

use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};

use super::SignInError;
use crate::action::App;
use crate::staff::{MOST_THROTTLES, THROTTLES, Throttle, account_key, source_key};
use crate::store::{Reads, Span, StoreError, Tx};

/// Under which keys a try counts.
#[derive(Debug, Clone)]
pub(in crate::action) struct Tries(Vec<String>);

impl Tries {
    /// A try with what can be guessed: under the account and under the source.
    pub(in crate::action) fn at(email: &str, source: IpAddr) -> Self {
        Self(vec![account_key(email), source_key(source)])
    }

    /// A try with a passkey, which nobody guesses: under the source alone, so that strangers who lock an
    /// account do not lock out its owner.
    pub(in crate::action) fn from(source: IpAddr) -> Self {
        Self(vec![source_key(source)])
    }

    /// Refuses while a lock holds, else counts one wrong try.
    pub(in crate::action) async fn count(&self, app: &App, now: Timestamp) -> Result<(), SignInError> {
        let keys = self.0.clone();
        app.store().transact(move |tx| count(tx, &keys, now)).await
    }

    /// The try was a right one.
    pub(in crate::action) fn forgive(&self, tx: &mut Tx<'_>) {
        for key in &self.0 {
            tx.delete(&THROTTLES, key);
        }
    }
}

fn count(tx: &mut Tx<'_>, keys: &[String], now: Timestamp) -> Result<(), SignInError> {
    let mut wait = SignedDuration::ZERO;
    for key in keys {
        wait = wait.max(tx.get(&THROTTLES, key)?.map_or(SignedDuration::ZERO, |throttle| throttle.wait(now)));
    }
    if wait > SignedDuration::ZERO {
        return Err(SignInError::Wait(wait));
    }
    make_room(tx)?;
    for key in keys {
        let before = tx.get(&THROTTLES, key)?;
        tx.put(&THROTTLES, key, &Throttle::after_wrong(before, now))?;
    }
    Ok(())
}

fn make_room(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    let mut rows = tx.scan(&THROTTLES, &Span::all(MOST_THROTTLES))?;
    if rows.len() < MOST_THROTTLES {
        return Ok(());
    }
    rows.sort_by_key(|(_, throttle)| throttle.last);
    for (key, _) in rows.iter().take(MOST_THROTTLES / 2) {
        tx.delete(&THROTTLES, key);
    }
    Ok(())
}
