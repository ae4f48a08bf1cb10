//! Dual control: what one person proposes is done when another confirms it.
//!
//! Everything is asked twice, when it is proposed and when it is confirmed: rights, the record of the person
//! concerned, and the standing of whoever acts. What was proposed can not be changed any more.

use std::sync::Arc;

use jiff::Timestamp;

use super::collector::{change_collector, ship_as_kept};
use super::staff::{end_access, is_last_administrator, sees};
use super::{Actor, App, Denied, Office};
use crate::audit::{Deed, Event, Who};
use crate::base::{Email, Token};
use crate::collector::Settings;
use crate::proposal::{
    Decided, MOST_OPEN, PROPOSALS, Proposal, ProposalState, Proposed, Record, Subject, Unfit, about_the_same,
    all, may_decide, number_next, open, prune,
};
use crate::staff::{
    Approval, CREDENTIALS, INVITATIONS, Ineligible, MOST_PERSONS, PERSONS, PERSONS_BY_EMAIL, Person,
    PersonState, Right, Role, email_key, qualifies, standing,
};
use crate::store::{Reads, Span, StoreError, Tx};

/// The most approvals that are kept of somebody: the oldest go first.
const MOST_APPROVALS: usize = 20;

/// What somebody wants to propose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// A new person.
    Grant(Email, Record),
    /// Another part or record of this person.
    Change(Token, Record),
    /// This person comes back.
    Reinstate(Token),
    /// This person begins anew.
    ResetCredentials(Token),
    /// The audit log is shipped there, or, with `None`, nowhere.
    Collector(Option<Settings>),
}

/// Why nothing was proposed, or decided.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProposalError {
    /// Not allowed.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// No such person or proposal, or one of the other side.
    #[error("there is no such person or proposal")]
    Gone,
    /// Decided, lapsed or taken back.
    #[error("the proposal is not open any more")]
    Closed,
    /// Whoever wants to decide may not.
    #[error(transparent)]
    Unfit(#[from] Unfit),
    /// Whoever proposed it could not propose it now.
    #[error("whoever proposed it may not do so any more")]
    ProposerGone,
    /// Not theirs to take back.
    #[error("only who proposed it takes it back")]
    NotYours,
    /// Somebody has this address already.
    #[error("somebody has this address already")]
    EmailTaken,
    /// A proposal about the same person, or the same setting, is open.
    #[error("proposal {0} about the same is open")]
    AlreadyProposed(u64),
    /// Too many are open.
    #[error("{MOST_OPEN} proposals are open; decide on some first")]
    TooMany,
    /// Too many people.
    #[error("there are {MOST_PERSONS} people already")]
    Full,
    /// The record does not allow the role.
    #[error("the person {0}")]
    Ineligible(#[from] Ineligible),
    /// Nobody changes sides.
    #[error("the role belongs to the other side")]
    OtherSide,
    /// As it is already.
    #[error("nothing would change")]
    Unchanged,
    /// There would be nobody left to administer the platform.
    #[error("this is the last active platform administrator")]
    LastAdministrator,
    /// Reinstating somebody who is not disabled, or letting somebody begin anew who is.
    #[error("the account's state does not allow this")]
    WrongState,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The proposals that the actor may know of, the latest first.
pub fn proposals(app: &App, actor: &Actor) -> Result<Vec<Proposal>, ProposalError> {
    actor.require(Right::SeeStaff)?;
    let known = app.store().read(|view| all(view))?;
    Ok(known.into_iter().filter(|proposal| knows(actor, proposal)).collect())
}

fn knows(actor: &Actor, proposal: &Proposal) -> bool {
    actor.side().is_none_or(|side| side.sees(proposal.what.side()))
}

/// Proposes; the number of the proposal.
pub async fn propose(app: &Arc<App>, actor: &Actor, wish: Wish) -> Result<u64, ProposalError> {
    let now = app.clock().now();
    let by = actor.id().ok_or(ProposalError::Gone)?;
    let what = app.store().read(|view| named(view, actor, wish))?;
    actor.require(what.right())?;
    close_lapsed(app).await?;
    let actor = actor.clone();
    let (number, event) = app
        .store()
        .transact(move |tx| {
            let proposer = tx.get(&PERSONS, &by)?.ok_or(ProposalError::Gone)?;
            let waiting = open(tx, now)?;
            if let Some(same) = about_the_same(&waiting, &what) {
                return Err(ProposalError::AlreadyProposed(same.number));
            }
            if waiting.len() >= MOST_OPEN {
                return Err(ProposalError::TooMany);
            }
            possible(tx, &what, now)?;
            let number = number_next(tx)?;
            let proposal = Proposal::new(number, what.clone(), (by, proposer.email), now);
            prune(tx, now)?;
            tx.put(&PROPOSALS, &number, &proposal)?;
            let event = actor.did(now, Deed::Propose, &about(&proposal));
            event.record(tx)?;
            Ok((number, event))
        })
        .await?;
    event.log();
    Ok(number)
}

/// What is wished for, with the person's address and part as of now.
fn named(view: &impl Reads, actor: &Actor, wish: Wish) -> Result<Proposed, ProposalError> {
    let subject = |id: Token| {
        let person = view.get(&PERSONS, &id)?.filter(|person| sees(actor, person));
        let person = person.ok_or(ProposalError::Gone)?;
        Ok::<_, ProposalError>(Subject { id, email: person.email, role: person.role })
    };
    Ok(match wish {
        Wish::Grant(email, record) => Proposed::Grant { email, record },
        Wish::Change(id, record) => Proposed::Change { person: subject(id)?, record },
        Wish::Reinstate(id) => Proposed::Reinstate { person: subject(id)? },
        Wish::ResetCredentials(id) => Proposed::ResetCredentials { person: subject(id)? },
        Wish::Collector(settings) => Proposed::Collector { settings },
    })
}

/// Whether the actor could propose this now; nothing is written.
pub fn may_propose(app: &App, actor: &Actor, wish: Wish) -> Result<(), ProposalError> {
    let now = app.clock().now();
    app.store().read(|view| {
        let what = named(view, actor, wish)?;
        actor.require(what.right())?;
        possible(view, &what, now)
    })
}

/// Whether it could be carried out, but for the approval, which is what the proposal is for.
fn possible(view: &impl Reads, what: &Proposed, now: Timestamp) -> Result<(), ProposalError> {
    match outcome(view, what, &[], Token::from_bytes([0; 16]), now) {
        Ok(_) | Err(ProposalError::Ineligible(Ineligible::NotApproved)) => Ok(()),
        Err(error) => Err(error),
    }
}

/// The person's row as it would be once `approvals` are given, or why it cannot be; `None` for what is not about
/// a person.
fn outcome(
    view: &impl Reads,
    what: &Proposed,
    approvals: &[Approval],
    fresh: Token,
    now: Timestamp,
) -> Result<Option<Person>, ProposalError> {
    let person = match what {
        Proposed::Collector { .. } => return Ok(None),
        Proposed::Grant { email, record } => {
            if view.get(&PERSONS_BY_EMAIL, &email_key(email.as_str()))?.is_some() {
                return Err(ProposalError::EmailTaken);
            }
            if view.scan(&PERSONS, &Span::all(MOST_PERSONS))?.len() >= MOST_PERSONS {
                return Err(ProposalError::Full);
            }
            let Record { name, role, employment, screening } = record.clone();
            Person {
                id: fresh,
                name,
                email: email.clone(),
                role,
                employment,
                screening,
                approvals: approvals.to_vec(),
                attested: None,
                state: PersonState::Invited,
                since: now,
                last_seen: now,
            }
        }
        Proposed::Change { person, record } => {
            let before = view.get(&PERSONS, &person.id)?.ok_or(ProposalError::Gone)?;
            if before.role.side() != record.role.side() {
                return Err(ProposalError::OtherSide);
            }
            if of(&before) == *record {
                return Err(ProposalError::Unchanged);
            }
            let demoted = record.role != Role::PlatformAdministrator;
            if demoted && is_last_administrator(view, &before, now)? {
                return Err(ProposalError::LastAdministrator);
            }
            let given = if before.role == record.role { &[][..] } else { approvals };
            let approvals = with(&before.approvals, given);
            let Record { name, role, employment, screening } = record.clone();
            Person { name, role, employment, screening, approvals, ..before }
        }
        Proposed::Reinstate { person } => {
            let before = view.get(&PERSONS, &person.id)?.ok_or(ProposalError::Gone)?;
            if !matches!(standing(&before, now), Err(Ineligible::Disabled | Ineligible::Unused)) {
                return Err(ProposalError::WrongState);
            }
            anew(before, approvals, now)
        }
        Proposed::ResetCredentials { person } => {
            let before = view.get(&PERSONS, &person.id)?.ok_or(ProposalError::Gone)?;
            if matches!(standing(&before, now), Err(Ineligible::Disabled | Ineligible::Unused)) {
                return Err(ProposalError::WrongState);
            }
            anew(before, approvals, now)
        }
    };
    qualifies(&person, now)?;
    Ok(Some(person))
}

/// The record of a row.
pub(super) fn of(person: &Person) -> Record {
    let Person { name, role, employment, screening, .. } = person.clone();
    Record { name, role, employment, screening }
}

fn with(before: &[Approval], given: &[Approval]) -> Vec<Approval> {
    let mut all: Vec<_> = before.iter().chain(given).cloned().collect();
    let surplus = all.len().saturating_sub(MOST_APPROVALS);
    all.drain(..surplus);
    all
}

fn anew(before: Person, approvals: &[Approval], now: Timestamp) -> Person {
    let approvals = with(&before.approvals, approvals);
    Person { state: PersonState::Invited, approvals, last_seen: now, ..before }
}

fn about(proposal: &Proposal) -> String {
    format!("proposal {}: {}", proposal.number, proposal.what.line())
}

/// How somebody decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decision {
    Confirm,
    Reject,
}

/// Confirms a proposal and carries it out.
pub async fn confirm_proposal(
    office: &Office,
    actor: &Actor,
    number: u64,
) -> Result<Proposal, ProposalError> {
    let proposal = decide(office.app(), actor, number, Decision::Confirm).await?;
    if matches!(proposal.what, Proposed::Collector { .. }) {
        // Held, so that the last rows win and not the last thread.
        let held = office.opening();
        ship_as_kept(office.app())?;
        drop(held);
    }
    Ok(proposal)
}

/// Says no to a proposal.
pub async fn reject_proposal(app: &Arc<App>, actor: &Actor, number: u64) -> Result<Proposal, ProposalError> {
    decide(app, actor, number, Decision::Reject).await
}

async fn decide(
    app: &Arc<App>,
    actor: &Actor,
    number: u64,
    decision: Decision,
) -> Result<Proposal, ProposalError> {
    let now = app.clock().now();
    let proposal = seen(app, actor, number)?;
    actor.require(proposal.what.right())?;
    let by = actor.id().ok_or(ProposalError::Gone)?;
    let fresh = Token::random(app.random());
    let deed = match decision {
        Decision::Confirm => Deed::ConfirmProposal,
        Decision::Reject => Deed::RejectProposal,
    };
    let event = actor.did(now, deed, &about(&proposal));
    let kept = event.clone();
    let decided = app
        .store()
        .transact(move |tx| {
            let proposal = tx.get(&PROPOSALS, &number)?.ok_or(ProposalError::Gone)?;
            if !proposal.is_open(now) {
                return Err(ProposalError::Closed);
            }
            let second = tx.get(&PERSONS, &by)?.ok_or(ProposalError::Gone)?;
            may_decide(&proposal, &second, now)?;
            let word = Decided { by, email: second.email.clone(), at: now };
            let state = match decision {
                Decision::Confirm => {
                    carry_out(tx, &proposal, &second, fresh, now)?;
                    ProposalState::Confirmed(word)
                }
                Decision::Reject => ProposalState::Rejected(word),
            };
            let proposal = proposal.closed(state);
            tx.put(&PROPOSALS, &number, &proposal)?;
            kept.record(tx)?;
            Ok(proposal)
        })
        .await;
    match &decided {
        Ok(_) => event.log(),
        Err(ProposalError::Unfit(_) | ProposalError::ProposerGone | ProposalError::Ineligible(_)) => {
            let event = event.refused();
            let kept = event.clone();
            app.store().transact::<_, StoreError>(move |tx| kept.record(tx)).await?;
            event.log();
        }
        Err(_) => {}
    }
    decided
}

/// Does what was proposed, if it may still be done.
fn carry_out(
    tx: &mut Tx<'_>,
    proposal: &Proposal,
    second: &Person,
    fresh: Token,
    now: Timestamp,
) -> Result<(), ProposalError> {
    let what = &proposal.what;
    let first = tx.get(&PERSONS, &proposal.by)?.ok_or(ProposalError::ProposerGone)?;
    if !first.role.may(what.right()) || standing(&first, now).is_err() {
        return Err(ProposalError::ProposerGone);
    }
    let role = match what {
        Proposed::Collector { settings } => return Ok(change_collector(tx, settings.clone())?),
        Proposed::Grant { record, .. } | Proposed::Change { record, .. } => record.role,
        Proposed::Reinstate { person } | Proposed::ResetCredentials { person } => person.role,
    };
    let approval =
        |person: &Person, at: Timestamp| Approval { by: person.id, email: person.email.clone(), at, role };
    let approvals = [approval(&first, proposal.at), approval(second, now)];
    let Some(person) = outcome(tx, what, &approvals, fresh, now)? else { return Ok(()) };
    match what {
        Proposed::Collector { .. } => {}
        Proposed::Grant { .. } => {
            tx.put(&PERSONS_BY_EMAIL, &email_key(person.email.as_str()), &person.id)?;
        }
        Proposed::Change { person: before, .. } => {
            // A session or a token of the former part must not outlive it.
            if before.role != person.role {
                end_access(tx, person.id)?;
            }
        }
        Proposed::Reinstate { .. } | Proposed::ResetCredentials { .. } => {
            end_access(tx, person.id)?;
            tx.delete(&CREDENTIALS, &person.id);
            tx.delete(&INVITATIONS, &person.id);
        }
    }
    Ok(tx.put(&PERSONS, &person.id, &person)?)
}

/// The proposal of this number, if the actor may know of it.
fn seen(app: &App, actor: &Actor, number: u64) -> Result<Proposal, ProposalError> {
    actor.require(Right::SeeStaff)?;
    let found = app.store().read::<_, StoreError>(|view| view.get(&PROPOSALS, &number))?;
    found.filter(|proposal| knows(actor, proposal)).ok_or(ProposalError::Gone)
}

/// Takes a proposal of one's own back.
pub async fn withdraw_proposal(app: &Arc<App>, actor: &Actor, number: u64) -> Result<(), ProposalError> {
    let now = app.clock().now();
    let proposal = seen(app, actor, number)?;
    actor.require(proposal.what.right())?;
    if actor.id() != Some(proposal.by) {
        return Err(ProposalError::NotYours);
    }
    let event = actor.did(now, Deed::WithdrawProposal, &about(&proposal));
    let kept = event.clone();
    app.store()
        .transact(move |tx| {
            let proposal = tx.get(&PROPOSALS, &number)?.ok_or(ProposalError::Gone)?;
            if !proposal.is_open(now) {
                return Err(ProposalError::Closed);
            }
            let state = ProposalState::Withdrawn { at: now };
            tx.put(&PROPOSALS, &number, &proposal.closed(state))?;
            Ok(kept.record(tx)?)
        })
        .await?;
    event.log();
    Ok(())
}

/// Writes down which open proposals nobody decided on within a day.
pub async fn close_lapsed(app: &Arc<App>) -> Result<(), StoreError> {
    let now = app.clock().now();
    let lapsed = move |proposal: &Proposal| {
        proposal.state == ProposalState::Open && proposal.state_at(now) == ProposalState::Lapsed
    };
    if !app.store().read(|view| all(view))?.iter().any(lapsed) {
        return Ok(());
    }
    let events = app
        .store()
        .transact(move |tx| {
            let mut events = Vec::new();
            for proposal in all(tx)?.into_iter().filter(lapsed) {
                let event = Event::done(now, Who::Machine, Deed::LapseProposal, &about(&proposal), None);
                event.record(tx)?;
                let number = proposal.number;
                tx.put(&PROPOSALS, &number, &proposal.closed(ProposalState::Lapsed))?;
                events.push(event);
            }
            Ok::<_, StoreError>(events)
        })
        .await?;
    for event in events {
        event.log();
    }
    Ok(())
}

#[cfg(test)]
#[path = "proposals_tests.rs"]
mod tests;
