//! Signing in and out, and knowing who is signed in.

use std::net::IpAddr;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::{Actor, App, Office};
use crate::audit::{Deed, Event, Who};
use crate::base::{Email, Line, SecretBytes, Token};
use crate::staff::{
    CREDENTIALS, FORM_FRESH, HasherError, Ineligible, MOST_THROTTLES, PAGE_FRESH, PERSONS, PERSONS_BY_EMAIL,
    Person, PersonState, SESSIONS, Session, THROTTLES, Throttle, WhyDisabled, account_key, email_key,
    session_key, source_key, standing,
};
use crate::store::{Reads, Span, StoreError, Tx};

/// The most sessions: the oldest end first.
const MOST_SESSIONS: usize = 1000;

/// Somebody at the door.
pub struct SignIn {
    /// As typed.
    pub email: String,
    /// As typed.
    pub password: SecretBytes,
    /// From where.
    pub source: IpAddr,
}

/// Why nobody was let in. Says nothing of which part was wrong, or whether there is such an account.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignInError {
    /// Address or password.
    #[error("the address or the password is wrong")]
    Wrong,
    /// Too many wrong tries, for this account or from this source.
    #[error("too many wrong tries")]
    Wait(SignedDuration),
    /// Too many at the door at once.
    #[error(transparent)]
    Hasher(#[from] HasherError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// For the actions.
    pub actor: Actor,
    /// For the page.
    pub name: Line<100>,
    /// For the page.
    pub email: Email,
    /// When the session ends at the latest.
    pub until: Timestamp,
    /// Whether pages open that need the second factor to have been proved lately.
    pub fresh: bool,
}

/// Lets somebody in: a fresh session's id, or why not.
pub async fn sign_in(office: &Office, sign_in: SignIn) -> Result<Token, SignInError> {
    let app = office.app();
    let SignIn { email, password, source } = sign_in;
    let now = app.clock().now();
    let keys = [account_key(&email), source_key(source)];
    // The try is written down as a wrong one before it is checked, so that many at once count as many.
    let counted = keys.clone();
    app.store().transact(move |tx| count_try(tx, &counted, now)).await?;
    let key = email_key(&email);
    let found = app.store().read(|view| {
        let Some(id) = view.get(&PERSONS_BY_EMAIL, &key)? else { return Ok(None) };
        let (person, credentials) = (view.get(&PERSONS, &id)?, view.get(&CREDENTIALS, &id)?);
        Ok::<_, StoreError>(person.map(|person| (person, credentials.unwrap_or_default())))
    })?;
    let hash = found.as_ref().and_then(|(_, credentials)| credentials.password.clone());
    let right = office.hasher().verify(password, hash.map(|kept| kept.hash)).await?;
    // Somebody whose record does not allow the role is told no more than a stranger.
    let allowed = found
        .map(|(person, _)| person)
        .filter(|person| right && standing(person, now).is_ok() && app.gate().admits_person(person, source));
    let Some(person) = allowed else {
        let event = Event::done(now, Who::Stranger, Deed::SignIn, "", Some(source)).refused();
        let kept = event.clone();
        app.store().transact(move |tx| kept.record(tx)).await?;
        event.log();
        return Err(SignInError::Wrong);
    };
    let id = Token::random(app.random());
    let event = Actor::person(&person, source, true).did(now, Deed::SignIn, "");
    let kept = event.clone();
    app.store()
        .transact(move |tx| {
            for key in &keys {
                tx.delete(&THROTTLES, key);
            }
            begin(tx, &person, id, (now, source))?;
            kept.record(tx)
        })
        .await?;
    event.log();
    Ok(id)
}

/// Writes a new session down, and removes those that have ended.
pub(super) fn begin(
    tx: &mut Tx<'_>,
    person: &Person,
    id: Token,
    (now, source): (Timestamp, IpAddr),
) -> Result<(), StoreError> {
    let mut open = tx.scan(&SESSIONS, &Span::all(MOST_SESSIONS))?;
    open.sort_by_key(|(_, session)| session.used);
    let full = open.len() >= MOST_SESSIONS;
    for (place, (key, session)) in open.iter().enumerate() {
        if !session.holds(now) || (full && place == 0) {
            tx.delete(&SESSIONS, key);
        }
    }
    tx.put(&PERSONS, &person.id, &Person { last_seen: now, ..person.clone() })?;
    let session = Session { person: person.id, begun: now, used: now, proved: Some(now), source };
    tx.put(&SESSIONS, &session_key(id), &session)
}

/// Refuses while a wait runs, else counts one wrong try under each key.
fn count_try(tx: &mut Tx<'_>, keys: &[String; 2], now: Timestamp) -> Result<(), SignInError> {
    let mut wait = SignedDuration::ZERO;
    for key in keys {
        wait = wait.max(tx.get(&THROTTLES, key)?.map_or(SignedDuration::ZERO, |throttle| throttle.wait(now)));
    }
    if wait > SignedDuration::ZERO {
        return Err(SignInError::Wait(wait));
    }
    let mut rows = tx.scan(&THROTTLES, &Span::all(MOST_THROTTLES))?;
    if rows.len() >= MOST_THROTTLES {
        rows.sort_by_key(|(_, throttle)| throttle.last);
        for (key, _) in rows.iter().take(MOST_THROTTLES / 2) {
            tx.delete(&THROTTLES, key);
        }
    }
    for key in keys {
        let before = tx.get(&THROTTLES, key)?;
        tx.put(&THROTTLES, key, &Throttle::after_wrong(before, now))?;
    }
    Ok(())
}

/// Who the session belongs to, if it still holds. Its use is written down now and then.
pub async fn signed_in(app: &Arc<App>, id: Token, source: IpAddr) -> Result<Option<SignedIn>, StoreError> {
    let (now, key) = (app.clock().now(), session_key(id));
    let found = app.store().read(|view| {
        let Some(session) = view.get(&SESSIONS, &key)?.filter(|session| session.holds(now)) else {
            return Ok(None);
        };
        let person = view.get(&PERSONS, &session.person)?;
        Ok::<_, StoreError>(person.map(|person| (session, person)))
    })?;
    let Some((session, person)) = found else { return Ok(None) };
    if let Err(why) = standing(&person, now) {
        shut_out(app, &person, why, now).await?;
        return Ok(None);
    }
    if !app.gate().admits_person(&person, source) {
        return Ok(None);
    }
    if session.is_stale(now) {
        app.store()
            .transact(move |tx| match tx.get(&SESSIONS, &key)? {
                // One that was signed out meanwhile stays out.
                Some(session) => tx.put(&SESSIONS, &key, &Session { used: now, ..session }),
                None => Ok(()),
            })
            .await?;
    }
    let until = session.begun + crate::staff::LONGEST;
    let actor = Actor::person(&person, source, session.is_fresh(now, FORM_FRESH));
    let fresh = session.is_fresh(now, PAGE_FRESH);
    Ok(Some(SignedIn { actor, name: person.name, email: person.email, until, fresh }))
}

/// Ends every session of somebody whose record does not allow the role any more, on record.
async fn shut_out(
    app: &Arc<App>,
    person: &Person,
    why: Ineligible,
    now: Timestamp,
) -> Result<(), StoreError> {
    let event = Event::done(now, Who::Machine, Deed::ShutOut, &format!("{}: {why}", person.email), None);
    let (kept, id) = (event.clone(), person.id);
    app.store()
        .transact(move |tx| {
            end_sessions(tx, id)?;
            if why == Ineligible::Unused
                && let Some(person) = tx.get(&PERSONS, &id)?
            {
                let state = PersonState::Disabled { at: now, why: WhyDisabled::Unused };
                tx.put(&PERSONS, &id, &Person { state, ..person })?;
            }
            kept.record(tx)
        })
        .await?;
    event.log();
    Ok(())
}

/// Ends every session of a person.
pub(super) fn end_sessions(tx: &mut Tx<'_>, person: Token) -> Result<(), StoreError> {
    for (key, session) in tx.scan(&SESSIONS, &Span::all(MOST_SESSIONS))? {
        if session.person == person {
            tx.delete(&SESSIONS, &key);
        }
    }
    Ok(())
}

/// Ends the session.
pub async fn sign_out(app: &Arc<App>, actor: &Actor, id: Token) -> Result<(), StoreError> {
    let event = actor.did(app.clock().now(), Deed::SignOut, "");
    let kept = event.clone();
    app.store()
        .transact(move |tx| {
            tx.delete(&SESSIONS, &session_key(id));
            kept.record(tx)
        })
        .await?;
    event.log();
    Ok(())
}

#[cfg(test)]
#[path = "sign_in_tests.rs"]
mod tests;
