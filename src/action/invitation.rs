//! Inviting those who were granted a role, and their way in.
//!
//! A link and a code, made by two different people and shown once each; there is no mail, so people hand them
//! over. Whoever has both chooses a password and is signed in, with no second factor yet.

use std::net::IpAddr;
use std::sync::Arc;

use super::sign_in::begin;
use super::staff::{StaffError, person_of_staff};
use super::{Actor, App, Founder, Office, set_up::is_set_up};
use crate::audit::{Deed, Event, Who};
use crate::base::{Email, Line, Token};
use crate::staff::{
    CREDENTIALS, Credentials, Half, HasherError, INVITATIONS, Ineligible, Invitation, MOST_PERSONS, PERSONS,
    PERSONS_BY_EMAIL, Password, Person, PersonState, Role, WrongHalf, email_key, new_code, qualifies,
};
use crate::store::{Reads, Span, StoreError, Tx};

/// Somebody who holds a link that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invited {
    /// Who they are.
    pub name: Line<100>,
    /// What they will sign in with.
    pub email: Email,
    /// Which part they will play.
    pub role: Role,
    /// Whether a code is asked for too.
    pub needs_code: bool,
}

/// Somebody joins.
pub struct Join {
    /// One half.
    pub link: Token,
    /// The other, as typed; ignored where none is needed.
    pub code: String,
    /// Chosen and checked.
    pub password: Password,
    /// From where.
    pub source: IpAddr,
}

/// Why nobody joined, or nobody was invited.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JoinError {
    /// The link was used, has ended, or never was.
    #[error("the invitation is used, has ended or never was")]
    NoInvitation,
    /// The code.
    #[error(transparent)]
    Code(#[from] WrongHalf),
    /// The record does not allow the role any more.
    #[error("the person {0}")]
    Ineligible(#[from] Ineligible),
    /// The other half was made by the same person.
    #[error("whoever made one half of an invitation does not make the other")]
    BothHalves,
    /// Somebody who is no longer, or not yet, invited; or a code where none is needed.
    #[error("there is nothing to make for this person")]
    NotInvited,
    /// Who may make it.
    #[error(transparent)]
    Staff(#[from] StaffError),
    /// No hash.
    #[error(transparent)]
    Hasher(#[from] HasherError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Whether the person's invitation has two halves. The first people of a machine have a link alone.
pub fn needs_code(person: &Person) -> bool {
    person.attested.is_none() || !person.approvals.is_empty()
}

/// Makes the link, in place of an earlier one.
pub async fn make_invitation_link(app: &Arc<App>, actor: &Actor, id: Token) -> Result<Token, JoinError> {
    let link = Token::random(app.random());
    make(app, actor, id, Made::Link(link)).await?;
    Ok(link)
}

/// Makes the code, in place of an earlier one.
pub async fn make_invitation_code(app: &Arc<App>, actor: &Actor, id: Token) -> Result<String, JoinError> {
    let code = new_code(app.random());
    make(app, actor, id, Made::Code(code.clone())).await?;
    Ok(code)
}

#[derive(Clone)]
enum Made {
    Link(Token),
    Code(String),
}

async fn make(app: &Arc<App>, actor: &Actor, id: Token, made: Made) -> Result<(), JoinError> {
    let now = app.clock().now();
    let person = person_of_staff(app, actor, id)?;
    actor.require(person.role.side().right_to_change_staff()).map_err(StaffError::from)?;
    let by = actor.id().ok_or(JoinError::NotInvited)?;
    let half = if matches!(made, Made::Link(_)) { "link" } else { "code" };
    let event = actor.did(now, Deed::InvitePerson, &format!("{half} for {}", person.email));
    let kept = event.clone();
    app.store()
        .transact(move |tx| {
            let person = tx.get(&PERSONS, &id)?.ok_or(JoinError::NotInvited)?;
            if person.state != PersonState::Invited || by == id {
                return Err(JoinError::NotInvited);
            }
            let before = tx.get(&INVITATIONS, &id)?.unwrap_or_default();
            let Invitation { mut link, mut code, .. } = before;
            let mine =
                |half: &Option<Half>| half.as_ref().is_some_and(|half| half.holds(now) && half.by == by);
            match &made {
                Made::Link(_) if mine(&code) => return Err(JoinError::BothHalves),
                Made::Code(_) if mine(&link) => return Err(JoinError::BothHalves),
                Made::Code(_) if !needs_code(&person) => return Err(JoinError::NotInvited),
                Made::Link(token) => link = Some(Half::of_link(*token, by, now)),
                Made::Code(text) => code = Some(Half::of_code(text, by, now)),
            }
            tx.put(&INVITATIONS, &id, &Invitation { link, code, wrong: 0 })?;
            Ok(kept.record(tx)?)
        })
        .await?;
    event.log();
    Ok(())
}

/// Whom the link invites.
pub fn invited(app: &App, link: Token) -> Result<Option<Invited>, StoreError> {
    let now = app.clock().now();
    app.store().read(|view| {
        let Some((person, _)) = find(view, link, now)? else { return Ok(None) };
        let needs_code = needs_code(&person);
        Ok(Some(Invited { name: person.name, email: person.email, role: person.role, needs_code }))
    })
}

fn find(
    view: &impl Reads,
    link: Token,
    now: jiff::Timestamp,
) -> Result<Option<(Person, Invitation)>, StoreError> {
    let rows = view.scan(&INVITATIONS, &Span::all(MOST_PERSONS))?;
    let Some((id, invitation)) = rows.into_iter().find(|(_, row)| row.is_opened_by(link, now)) else {
        return Ok(None);
    };
    let person = view.get(&PERSONS, &id)?.filter(|person| person.state == PersonState::Invited);
    Ok(person.map(|person| (person, invitation)))
}

/// Takes the invitation: the person is active, has a password, and is signed in; the id of the session.
pub async fn join(office: &Office, join: Join) -> Result<Token, JoinError> {
    let app = office.app();
    let Join { link, code, password, source } = join;
    let now = app.clock().now();
    // Asked before the hash is made, so that strangers cannot keep the machine busy.
    invited(app, link)?.ok_or(JoinError::NoInvitation)?;
    let hash = office.hasher().hash(password, app.random()).await?;
    let session = Token::random(app.random());
    // A wrong code is a result, not an error of the transaction: it must be counted.
    let (event, joined) = app
        .store()
        .transact(move |tx| {
            let (person, mut invitation) = find(tx, link, now)?.ok_or(JoinError::NoInvitation)?;
            if needs_code(&person)
                && let Err(wrong) = invitation.attempt(&code, now)
            {
                tx.put(&INVITATIONS, &person.id, &invitation)?;
                let object = person.email.as_str();
                let event = Event::done(now, Who::Stranger, Deed::JoinStaff, object, Some(source)).refused();
                event.record(tx)?;
                return Ok((event, Err(wrong)));
            }
            qualifies(&person, now)?;
            let person = Person { state: PersonState::Active, last_seen: now, ..person };
            tx.delete(&INVITATIONS, &person.id);
            tx.put(&CREDENTIALS, &person.id, &Credentials::of_password(hash.clone(), now))?;
            // Nothing opens before a second factor is enrolled.
            begin(tx, &person, session, (now, source), None)?;
            let event = Actor::person(&person, source, false).did(now, Deed::JoinStaff, person.role.name());
            event.record(tx)?;
            Ok::<_, JoinError>((event, Ok(())))
        })
        .await?;
    event.log();
    joined?;
    Ok(session)
}

/// Enters the people whom the provisioning file vouches for and who have no row yet, besides the first
/// administrator, who sets the shop up. Once there is a row, the file has no say any more.
pub async fn attest_founders(office: &Office) -> Result<(), StoreError> {
    let app = office.app();
    let Some(founder) = office.premises().security_officer.clone() else { return Ok(()) };
    let (id, now) = (Token::random(app.random()), app.clock().now());
    let event = app
        .store()
        .transact(move |tx| if is_set_up(tx)? { attest(tx, &founder, id, now) } else { Ok(None) })
        .await?;
    if let Some(event) = event {
        event.log();
    }
    Ok(())
}

/// Enters the machine's first security officer, if nobody has the address.
pub(super) fn attest(
    tx: &mut Tx<'_>,
    founder: &Founder,
    id: Token,
    now: jiff::Timestamp,
) -> Result<Option<Event>, StoreError> {
    let key = email_key(founder.email.as_str());
    if tx.get(&PERSONS_BY_EMAIL, &key)?.is_some() {
        return Ok(None);
    }
    let person = founder.person(id, Role::SecurityOfficer, now);
    tx.put(&PERSONS_BY_EMAIL, &key, &id)?;
    tx.put(&PERSONS, &id, &person)?;
    let event = Event::done(now, Who::Machine, Deed::AttestPerson, person.email.as_str(), None);
    event.record(tx)?;
    Ok(Some(event))
}

#[cfg(test)]
#[path = "invitation_tests.rs"]
mod tests;
