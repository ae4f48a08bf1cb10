//! Who works here, and the fast way out: dismissing needs nobody's consent.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::sign_in::end_sessions;
use super::tokens::end_tokens;
use super::{Actor, App, Denied, close_lapsed, needs_code};
use crate::audit::{Deed, Event, Who};
use crate::base::Token;
use crate::proposal::{PROPOSALS, ProposalState, open};
use crate::staff::{
    CREDENTIALS, INVITATIONS, Ineligible, MOST_PERSONS, PERSONS, Person, PersonState, Right, Role, SESSIONS,
    UNFINISHED, WhyDisabled, standing,
};
use crate::store::{Reads, Span, StoreError, Tx};

/// How often the list is gone through for accounts that nobody uses.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Why nothing was changed, or shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StaffError {
    /// Not allowed.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// No such person, or one of the other side.
    #[error("there is no such person")]
    Gone,
    /// Themselves.
    #[error("nobody dismisses themselves")]
    Oneself,
    /// There would be nobody left to administer the platform.
    #[error("this is the last active platform administrator")]
    LastAdministrator,
    /// Switched off already.
    #[error("the account is disabled already")]
    Already,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Everybody whom the actor may know of, by name.
pub fn staff_seen(app: &App, actor: &Actor) -> Result<Vec<Person>, StaffError> {
    actor.require(Right::SeeStaff)?;
    let rows = app.store().read(|view| view.scan(&PERSONS, &Span::all(MOST_PERSONS)))?;
    let mut people: Vec<_> =
        rows.into_iter().map(|(_, person)| person).filter(|person| sees(actor, person)).collect();
    people.sort_by_cached_key(|person| person.name.as_str().to_lowercase());
    Ok(people)
}

/// One of them.
pub fn person_of_staff(app: &App, actor: &Actor, id: Token) -> Result<Person, StaffError> {
    actor.require(Right::SeeStaff)?;
    let found = app.store().read::<_, StoreError>(|view| view.get(&PERSONS, &id))?;
    found.filter(|person| sees(actor, person)).ok_or(StaffError::Gone)
}

/// Whether the actor may know of the person.
pub(super) fn sees(actor: &Actor, person: &Person) -> bool {
    actor.side().is_none_or(|side| side.sees(person.role.side()))
}

/// How many sessions of the person hold now.
pub fn sessions_of(app: &App, id: Token) -> Result<usize, StoreError> {
    let now = app.clock().now();
    let rows = app.store().read::<_, StoreError>(|view| view.scan(&SESSIONS, &Span::all(usize::MAX)))?;
    Ok(rows.iter().filter(|(_, session)| session.person == id && session.holds(now)).count())
}

/// Who else is signed in and from where, as far as the actor may know of them: name and address, each pair once.
pub fn others_signed_in(app: &App, actor: &Actor) -> Result<BTreeSet<(String, IpAddr)>, StoreError> {
    if !actor.may(Right::SeeStaff) {
        return Ok(BTreeSet::new());
    }
    let now = app.clock().now();
    app.store().read(|view| {
        let mut found = BTreeSet::new();
        for (_, session) in view.scan(&SESSIONS, &Span::all(usize::MAX))? {
            if !session.holds(now) || actor.id() == Some(session.person) {
                continue;
            }
            let person = view.get(&PERSONS, &session.person)?;
            if let Some(person) = person.filter(|person| sees(actor, person)) {
                found.insert((person.name.to_string(), session.source.to_canonical()));
            }
        }
        Ok(found)
    })
}

/// People with the right whose record holds now, none of `but`: those who could confirm.
pub fn others_who_may(app: &App, right: Right, but: &[Token]) -> Result<Vec<Person>, StoreError> {
    let now = app.clock().now();
    let rows = app.store().read::<_, StoreError>(|view| view.scan(&PERSONS, &Span::all(MOST_PERSONS)))?;
    let may = |person: &Person| {
        person.role.may(right) && standing(person, now).is_ok() && !but.contains(&person.id)
    };
    Ok(rows.into_iter().map(|(_, person)| person).filter(may).collect())
}

/// Whether this person administers the platform now, and nobody else does.
pub(super) fn is_last_administrator(
    view: &impl Reads,
    person: &Person,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let administers =
        |person: &Person| person.role == Role::PlatformAdministrator && standing(person, now).is_ok();
    if !administers(person) {
        return Ok(false);
    }
    let rows = view.scan(&PERSONS, &Span::all(MOST_PERSONS))?;
    Ok(!rows.iter().any(|(id, other)| *id != person.id && administers(other)))
}

/// Ends every way in that a person has now: sessions and tokens.
pub(super) fn end_access(tx: &mut Tx<'_>, id: Token) -> Result<(), StoreError> {
    end_tokens(tx, id)?;
    end_sessions(tx, id)
}

/// Switches an account off, at once: sessions and invitation end with it, and what the person proposed is void.
pub async fn dismiss(app: &Arc<App>, actor: &Actor, id: Token) -> Result<(), StaffError> {
    let now = app.clock().now();
    let person = person_of_staff(app, actor, id)?;
    actor.require(person.role.side().right_to_change_staff())?;
    if actor.id() == Some(id) {
        return Err(StaffError::Oneself);
    }
    let event = actor.did(now, Deed::DismissPerson, person.email.as_str());
    let kept = event.clone();
    app.store()
        .transact(move |tx| {
            let person = tx.get(&PERSONS, &id)?.ok_or(StaffError::Gone)?;
            if matches!(person.state, PersonState::Disabled { why: WhyDisabled::Dismissed, .. }) {
                return Err(StaffError::Already);
            }
            if is_last_administrator(tx, &person, now)? {
                return Err(StaffError::LastAdministrator);
            }
            switch_off(tx, person, WhyDisabled::Dismissed, now)?;
            Ok(kept.record(tx)?)
        })
        .await?;
    event.log();
    Ok(())
}

fn switch_off(tx: &mut Tx<'_>, person: Person, why: WhyDisabled, now: Timestamp) -> Result<(), StoreError> {
    let id = person.id;
    end_access(tx, id)?;
    tx.delete(&INVITATIONS, &id);
    for proposal in open(tx, now)? {
        if proposal.by == id {
            let number = proposal.number;
            let state = ProposalState::Withdrawn { at: now };
            tx.put(&PROPOSALS, &number, &proposal.closed(state))?;
        }
    }
    tx.put(&PERSONS, &id, &Person { state: PersonState::Disabled { at: now, why }, ..person })
}

/// Switches off whoever did not sign in for 90 days (PCI DSS 8.2.6), ends what was not finished for seven, and
/// writes down which proposals nobody
/// decided on. At the start, and each day; the door itself asks the same question at each request.
pub async fn tidy_staff(app: &Arc<App>) -> Result<(), StoreError> {
    let now = app.clock().now();
    close_lapsed(app).await?;
    let events = app
        .store()
        .transact(move |tx| {
            let mut events = Vec::new();
            for (_, person) in tx.scan(&PERSONS, &Span::all(MOST_PERSONS))? {
                if standing(&person, now) == Err(Ineligible::Unused) {
                    let event =
                        Event::done(now, Who::Machine, Deed::DisableUnused, person.email.as_str(), None);
                    switch_off(tx, person, WhyDisabled::Unused, now)?;
                    event.record(tx)?;
                    events.push(event);
                } else if let Some(event) = end_unfinished(tx, person, now)? {
                    event.record(tx)?;
                    events.push(event);
                }
            }
            Ok::<_, StoreError>(events)
        })
        .await?;
    for event in events {
        event.log();
    }
    Ok(())
}

/// Ends an invitation that nobody took for seven days, and an enrolment that nobody finished for as long: a
/// password that opens an enrolment is one factor alone. Whoever had joined is invited anew, which needs two
/// people; whoever was invited and never came is switched off. Two are left as they are, since nobody could let
/// them in again: the last administrator, and a founder who has not joined, whom a link alone invites.
fn end_unfinished(tx: &mut Tx<'_>, person: Person, now: Timestamp) -> Result<Option<Event>, StoreError> {
    let event = Event::done(now, Who::Machine, Deed::EndUnfinished, person.email.as_str(), None);
    match person.state {
        PersonState::Active => {
            let credentials = tx.get(&CREDENTIALS, &person.id)?;
            let unfinished = credentials.is_some_and(|kept| kept.is_unfinished(now));
            if !unfinished || is_last_administrator(tx, &person, now)? {
                return Ok(None);
            }
            end_access(tx, person.id)?;
            tx.delete(&CREDENTIALS, &person.id);
            tx.delete(&INVITATIONS, &person.id);
            let id = person.id;
            tx.put(&PERSONS, &id, &Person { state: PersonState::Invited, last_seen: now, ..person })?;
        }
        PersonState::Invited => {
            if now.duration_since(person.last_seen) < UNFINISHED || !needs_code(&person) {
                return Ok(None);
            }
            switch_off(tx, person, WhyDisabled::NotJoined, now)?;
        }
        PersonState::Disabled { .. } => return Ok(None),
    }
    Ok(Some(event))
}

/// Does so for as long as the service runs.
pub async fn keep_disabling_unused(app: Arc<App>) {
    loop {
        if let Err(error) = tidy_staff(&app).await {
            log::error!(target: "action", "accounts that nobody uses were not looked for: {error}");
        }
        tokio::time::sleep(DAY).await;
    }
}

#[cfg(test)]
#[path = "staff_tests.rs"]
mod tests;
