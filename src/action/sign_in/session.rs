//! Sessions: begun, used, renewed, seen and ended.

use std::net::IpAddr;
use std::sync::Arc;

use jiff::Timestamp;
use subtle::ConstantTimeEq;

use crate::action::{Actor, App};
use crate::audit::{Deed, Event, Who};
use crate::base::{Email, Line, Token};
use crate::staff::{
    CREDENTIALS, FORM_FRESH, Ineligible, LONGEST, PAGE_FRESH, PERSONS, Person, PersonState, SESSIONS,
    Session, WhyDisabled, session_key, standing,
};
use crate::store::{Reads, Span, StoreError, Tx};

/// The most sessions: the oldest end first.
const MOST_SESSIONS: usize = 1000;

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
    /// Whether there is a second factor; without one nothing opens but its enrolment.
    pub enrolled: bool,
}

/// Writes a new session down, and removes those that have ended. `proved` is when the second factor was proved.
pub(in crate::action) fn begin(
    tx: &mut Tx<'_>,
    person: &Person,
    id: Token,
    (now, source): (Timestamp, IpAddr),
    proved: Option<Timestamp>,
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
    let session = Session { person: person.id, begun: now, used: now, proved, source };
    tx.put(&SESSIONS, &session_key(id), &session)
}

/// Gives the session another id, because its person has just proved the second factor. `false` if it has ended
/// meanwhile.
pub(in crate::action) fn renew(
    tx: &mut Tx<'_>,
    (old, new): (Token, Token),
    person: Token,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let session = tx.get(&SESSIONS, &session_key(old))?;
    let Some(session) = session.filter(|session| session.person == person && session.holds(now)) else {
        return Ok(false);
    };
    tx.delete(&SESSIONS, &session_key(old));
    tx.put(&SESSIONS, &session_key(new), &Session { used: now, proved: Some(now), ..session })?;
    Ok(true)
}

/// Who the session belongs to, if it still holds. Its use is written down now and then.
pub async fn signed_in(app: &Arc<App>, id: Token, source: IpAddr) -> Result<Option<SignedIn>, StoreError> {
    let (now, key) = (app.clock().now(), session_key(id));
    let found = app.store().read(|view| {
        let Some(session) = view.get(&SESSIONS, &key)?.filter(|session| session.holds(now)) else {
            return Ok(None);
        };
        let enrolled = view.get(&CREDENTIALS, &session.person)?.is_some_and(|kept| kept.is_enrolled());
        let person = view.get(&PERSONS, &session.person)?;
        Ok::<_, StoreError>(person.map(|person| (session, person, enrolled)))
    })?;
    let Some((session, person, enrolled)) = found else { return Ok(None) };
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
    let until = session.begun + LONGEST;
    let actor = Actor::person(&person, source, session.is_fresh(now, FORM_FRESH));
    let actor = if enrolled { actor } else { actor.not_enrolled() };
    let fresh = session.is_fresh(now, PAGE_FRESH);
    Ok(Some(SignedIn { actor, name: person.name, email: person.email, until, fresh, enrolled }))
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
pub(in crate::action) fn end_sessions(tx: &mut Tx<'_>, person: Token) -> Result<(), StoreError> {
    end_all_but(tx, person, None)
}

/// Ends every session of a person but the one under `but`.
pub(in crate::action) fn end_all_but(
    tx: &mut Tx<'_>,
    person: Token,
    but: Option<Token>,
) -> Result<(), StoreError> {
    let but = but.map(session_key);
    for (key, session) in tx.scan(&SESSIONS, &Span::all(MOST_SESSIONS))? {
        if session.person == person && but != Some(key) {
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

/// A session, as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnSession {
    /// What forms call it: a part of its key, which opens nothing.
    pub mark: String,
    /// Since when.
    pub begun: Timestamp,
    /// When it was last used.
    pub used: Timestamp,
    /// Where it began.
    pub source: IpAddr,
    /// Whether it is the one that asks.
    pub this: bool,
}

fn mark(key: &[u8; 32]) -> String {
    key.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// The actor's own sessions, the one that was used last first. `this` is the id of the one that asks.
pub fn own_sessions(app: &App, actor: &Actor, this: Token) -> Result<Vec<OwnSession>, StoreError> {
    let now = app.clock().now();
    let all = app.store().read(|view| view.scan(&SESSIONS, &Span::all(MOST_SESSIONS)))?;
    let own = all.into_iter().filter(|(_, session)| Some(session.person) == actor.id() && session.holds(now));
    let mut own: Vec<_> = own
        .map(|(key, session)| OwnSession {
            mark: mark(&key),
            begun: session.begun,
            used: session.used,
            source: session.source,
            this: key.ct_eq(&session_key(this)).into(),
        })
        .collect();
    own.sort_by_key(|session| std::cmp::Reverse((session.this, session.used)));
    Ok(own)
}

/// Ends one of the actor's own sessions. `false` if there is none of that mark.
pub async fn end_session(app: &Arc<App>, actor: &Actor, wanted: String) -> Result<bool, StoreError> {
    let Some(person) = actor.id() else { return Ok(false) };
    let event = actor.did(app.clock().now(), Deed::EndSession, "");
    let kept = event.clone();
    let ended = app
        .store()
        .transact(move |tx| {
            for (key, session) in tx.scan(&SESSIONS, &Span::all(MOST_SESSIONS))? {
                if session.person == person && mark(&key) == wanted {
                    tx.delete(&SESSIONS, &key);
                    kept.record(tx)?;
                    return Ok(true);
                }
            }
            Ok::<_, StoreError>(false)
        })
        .await?;
    if ended {
        event.log();
    }
    Ok(ended)
}

/// Ends all of the actor's sessions but `this`.
pub async fn end_other_sessions(app: &Arc<App>, actor: &Actor, this: Token) -> Result<(), StoreError> {
    let Some(person) = actor.id() else { return Ok(()) };
    let event = actor.did(app.clock().now(), Deed::EndSession, "all others");
    let kept = event.clone();
    app.store()
        .transact(move |tx| {
            end_all_but(tx, person, Some(this))?;
            kept.record(tx)
        })
        .await?;
    event.log();
    Ok(())
}
