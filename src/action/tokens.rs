//! Tokens for programs: made by their owner, revoked by the owner or by whoever changes the owner's side's staff, and
//! believed at each use only while the owner's record, role and the token itself still allow it.

use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;
use jiff::{SignedDuration, Timestamp};
use zeroize::Zeroizing;

use super::staff::{StaffError, person_of_staff};
use super::{Actor, App, Denied, Office};
use crate::audit::{Deed, Event, Who};
use crate::base::{Email, Line, Token};
use crate::staff::{
    ApiToken, MOST_THROTTLES, MOST_TOKEN_DAYS, MOST_TOKENS, MOST_TOKENS_OF_ONE, PERSONS, Person, Right,
    THROTTLES, TOKENS, Throttle, TokenSecret, source_key, standing,
};
use crate::store::{Reads, Span, StoreError, Tx};

/// A token as its owner wishes it.
#[derive(Debug, Clone)]
pub struct MakeToken {
    /// What its owner calls it.
    pub name: Line<60>,
    /// What it may be used for.
    pub rights: Vec<Right>,
    /// From where.
    pub range: IpNet,
    /// For how long.
    pub days: u16,
}

/// Why no token was made or revoked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Only somebody who is signed in themselves makes tokens, shortly after the second factor.
    #[error("making a token needs the second factor again")]
    StepUp,
    /// Only a person has tokens.
    #[error("only a person who is signed in has tokens")]
    NotAPerson,
    /// No right was chosen.
    #[error("a token needs at least one right")]
    NoRight,
    /// The role does not carry the right.
    #[error("the role does not carry {}", .0.name())]
    NotYours(Right),
    /// A program cannot prove a second factor.
    #[error("{} needs the second factor each time", .0.name())]
    NeedsPerson(Right),
    /// The range is not inside those from which the console may be reached.
    #[error("the range is not inside the allowed ranges")]
    Range,
    /// Nothing, or more than a year.
    #[error("a token holds for 1 to {MOST_TOKEN_DAYS} days")]
    Days,
    /// The owner has as many as one may have, or the machine has.
    #[error("there are too many tokens")]
    TooMany,
    /// The owner has no such token.
    #[error("there is no such token")]
    Gone,
    /// Not allowed.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Whoever holds a token, at one request.
#[derive(Debug, Clone)]
pub struct Bearer {
    /// For the actions.
    pub actor: Actor,
    /// The owner's name.
    pub name: Line<100>,
    /// The owner's address.
    pub email: Email,
    /// The token.
    pub token: ApiToken,
}

/// Why a token was not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotBelieved {
    /// Unknown, expired, revoked, elsewhere, or its owner may not act any more. It is not said which.
    #[error("the token opens nothing")]
    Wrong,
    /// Too many wrong ones from this source.
    #[error("too many wrong tokens")]
    Wait(SignedDuration),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Makes a token; the secret is told this once.
pub async fn make_token(
    office: &Office,
    actor: &Actor,
    wish: MakeToken,
) -> Result<(ApiToken, Zeroizing<String>), TokenError> {
    let person = actor.owner().ok_or(TokenError::NotAPerson)?;
    if !actor.is_fresh() {
        return Err(TokenError::StepUp);
    }
    if wish.rights.is_empty() {
        return Err(TokenError::NoRight);
    }
    if let Some(right) = wish.rights.iter().find(|right| !actor.may(**right)) {
        return Err(TokenError::NotYours(*right));
    }
    if let Some(right) = wish.rights.iter().find(|right| right.needs_step_up()) {
        return Err(TokenError::NeedsPerson(*right));
    }
    if !(1..=MOST_TOKEN_DAYS).contains(&wish.days) {
        return Err(TokenError::Days);
    }
    if !office.app().gate().rules().holds(&wish.range) {
        return Err(TokenError::Range);
    }
    let app = office.app();
    let now = app.clock().now();
    let secret = TokenSecret::random(app.random());
    let mut rights = wish.rights;
    rights.sort_unstable();
    rights.dedup();
    let names: Vec<_> = rights.iter().map(|right| right.name()).collect();
    let object = format!("{}: {} from {}, {} days", wish.name, names.join(" "), wish.range, wish.days);
    let token = ApiToken {
        id: Token::random(app.random()),
        person,
        name: wish.name,
        rights,
        range: wish.range.trunc(),
        made: now,
        ends: now + SignedDuration::from_hours(24 * i64::from(wish.days)),
        used: None,
    };
    let event = actor.did(now, Deed::MakeToken, &object);
    let (kept, row, key) = (event.clone(), token.clone(), secret.key());
    app.store()
        .transact(move |tx| {
            let mut all = tx.scan(&TOKENS, &Span::all(MOST_TOKENS))?;
            // What has ended makes room.
            all.retain(|(key, token)| {
                let stays = now < token.ends;
                if !stays {
                    tx.delete(&TOKENS, key);
                }
                stays
            });
            let own = all.iter().filter(|(_, token)| token.person == person).count();
            if all.len() >= MOST_TOKENS || own >= MOST_TOKENS_OF_ONE {
                return Err(TokenError::TooMany);
            }
            tx.put(&TOKENS, &key, &row)?;
            kept.record(tx)?;
            Ok(())
        })
        .await?;
    event.log();
    Ok((token, secret.show()))
}

/// The actor's own tokens, the newest first.
pub fn tokens(app: &App, actor: &Actor) -> Result<Vec<ApiToken>, StoreError> {
    actor.owner().map_or_else(|| Ok(Vec::new()), |person| of(app, person))
}

fn of(app: &App, person: Token) -> Result<Vec<ApiToken>, StoreError> {
    let all = app.store().read(|view| view.scan(&TOKENS, &Span::all(MOST_TOKENS)))?;
    let mut own: Vec<_> =
        all.into_iter().map(|(_, token)| token).filter(|token| token.person == person).collect();
    own.sort_by_key(|token| std::cmp::Reverse((token.made, token.id)));
    Ok(own)
}

/// Revokes one of the actor's own tokens: it opens nothing from the next request on.
pub async fn revoke_token(app: &Arc<App>, actor: &Actor, id: Token) -> Result<(), TokenError> {
    let person = actor.owner().ok_or(TokenError::NotAPerson)?;
    if revoke(app, actor, (person, id), None).await? { Ok(()) } else { Err(TokenError::Gone) }
}

/// The tokens of somebody whom the actor may know of, the newest first.
pub fn tokens_of(app: &App, actor: &Actor, person: Token) -> Result<Vec<ApiToken>, StaffError> {
    let person = person_of_staff(app, actor, person)?;
    Ok(of(app, person.id)?)
}

/// Revokes a token of somebody else, at once and without anybody's consent, as dismissing is: for a secret that
/// was published while its owner is away (PCI DSS 8.6.3). Asks for the right to change the staff of their side.
pub async fn revoke_token_of(
    app: &Arc<App>,
    actor: &Actor,
    person: Token,
    id: Token,
) -> Result<(), StaffError> {
    let person = person_of_staff(app, actor, person)?;
    actor.require(person.role.side().right_to_change_staff())?;
    let revoked = revoke(app, actor, (person.id, id), Some(person.email)).await?;
    if revoked { Ok(()) } else { Err(StaffError::Gone) }
}

/// `false` if the person has no such token. `whose` stands in the record if it is not the actor's own.
async fn revoke(
    app: &Arc<App>,
    actor: &Actor,
    (person, id): (Token, Token),
    whose: Option<Email>,
) -> Result<bool, StoreError> {
    let now = app.clock().now();
    let actor = actor.clone();
    let event = app
        .store()
        .transact(move |tx| {
            let all = tx.scan(&TOKENS, &Span::all(MOST_TOKENS))?;
            let found = all.into_iter().find(|(_, token)| token.id == id && token.person == person);
            let Some((key, token)) = found else { return Ok(None) };
            tx.delete(&TOKENS, &key);
            let object = match &whose {
                Some(email) => format!("{} of {email}", token.name),
                None => token.name.to_string(),
            };
            let event = actor.did(now, Deed::RevokeToken, &object);
            event.record(tx)?;
            Ok::<_, StoreError>(Some(event))
        })
        .await?;
    let Some(event) = event else { return Ok(false) };
    event.log();
    Ok(true)
}

/// Ends every token of a person: who comes back makes new ones.
pub(super) fn end_tokens(tx: &mut Tx<'_>, person: Token) -> Result<(), StoreError> {
    for (key, token) in tx.scan(&TOKENS, &Span::all(MOST_TOKENS))? {
        if token.person == person {
            tx.delete(&TOKENS, &key);
        }
    }
    Ok(())
}

/// Whose token this is, if it opens something here and now. Its use is written down now and then; one that
/// is not believed is on record, and the source waits longer after each.
pub async fn believe(app: &Arc<App>, secret: &str, source: IpAddr) -> Result<Bearer, NotBelieved> {
    let now = app.clock().now();
    let key = secret.parse::<TokenSecret>().ok().map(|secret| secret.key());
    let found = match key {
        Some(key) => app.store().read(|view| known(view, &key))?,
        None => None,
    };
    let why = match &found {
        None => "unknown".to_owned(),
        Some((token, person)) => match (token.holds(now, source), standing(person, now)) {
            (Ok(()), Ok(())) if app.gate().admits_person(person, source) => {
                return Ok(used(app, (key, token), person, (now, source)).await?);
            }
            (Ok(()), Ok(())) => format!("{}: outside the operator's ranges", token.name),
            (Err(ended), _) => format!("{}: {ended}", token.name),
            (_, Err(why)) => format!("{}: {why}", token.name),
        },
    };
    let by = found.map_or(Who::Stranger, |(_, person)| Who::Person { id: person.id, email: person.email });
    refuse(app, Event::done(now, by, Deed::RefuseToken, &why, Some(source)).refused(), source).await
}

fn known(view: &impl Reads, key: &[u8; 32]) -> Result<Option<(ApiToken, Person)>, StoreError> {
    let Some(token) = view.get(&TOKENS, key)? else { return Ok(None) };
    Ok(view.get(&PERSONS, &token.person)?.map(|person| (token, person)))
}

async fn used(
    app: &Arc<App>,
    (key, token): (Option<[u8; 32]>, &ApiToken),
    person: &Person,
    (now, source): (Timestamp, IpAddr),
) -> Result<Bearer, StoreError> {
    if let Some(key) = key.filter(|_| token.is_stale(now, source)) {
        app.store()
            .transact(move |tx| match tx.get(&TOKENS, &key)? {
                // One that was revoked meanwhile stays revoked.
                Some(token) => tx.put(&TOKENS, &key, &ApiToken { used: Some((now, source)), ..token }),
                None => Ok(()),
            })
            .await?;
    }
    Ok(Bearer {
        actor: Actor::token(person, token.rights.clone(), source),
        name: person.name.clone(),
        email: person.email.clone(),
        token: token.clone(),
    })
}

/// Counts a wrong token. While a wait runs nothing is written, so that nobody fills the disk with refusals;
/// a good token is believed all the same, so that nobody locks a neighbour's program out.
async fn refuse(app: &Arc<App>, event: Event, source: IpAddr) -> Result<Bearer, NotBelieved> {
    let (row, now, kept) = (format!("token {}", source_key(source)), event.at, event.clone());
    app.store()
        .transact(move |tx| {
            let before = tx.get(&THROTTLES, &row)?;
            let wait = before.map_or(SignedDuration::ZERO, |throttle: Throttle| throttle.wait(now));
            if wait > SignedDuration::ZERO {
                return Err(NotBelieved::Wait(wait));
            }
            make_room(tx)?;
            tx.put(&THROTTLES, &row, &Throttle::after_wrong(before, now))?;
            kept.record(tx)?;
            Ok(())
        })
        .await?;
    event.log();
    Err(NotBelieved::Wrong)
}

fn make_room(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    let mut rows = tx.scan(&THROTTLES, &Span::all(MOST_THROTTLES))?;
    if rows.len() >= MOST_THROTTLES {
        rows.sort_by_key(|(_, throttle)| throttle.last);
        for (key, _) in rows.iter().take(MOST_THROTTLES / 2) {
            tx.delete(&THROTTLES, key);
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "tokens_tests.rs"]
mod tests;
