//! Second factors come and go. The first one opens the console, and recovery codes come with it.

use jiff::Timestamp;
use zeroize::Zeroizing;

use super::{SecurityError, fresh};
use crate::action::sign_in::{Challenge, PasskeyAnswer, Tries, end_all_but, open, renew};
use crate::action::{Actor, Office, SignedIn};
use crate::audit::Deed;
use crate::base::{Line, Token};
use crate::staff::{
    CREDENTIALS, Ceremony, Credentials, MOST_PASSKEYS, PasskeyError, RecoveryCodes, TotpSeed,
};
use crate::store::{Reads, Tx};

/// A second factor was added.
pub struct Enrolled {
    /// The session's new id: it is as fresh as the proof.
    pub session: Token,
    /// A first set of recovery codes, to be shown once, if there was none.
    pub codes: Option<Zeroizing<Vec<String>>>,
}

/// Whether the actor may add a second factor: the first one, or with a fresh proof.
fn may_add(signed: &SignedIn) -> Result<Token, SecurityError> {
    match signed.actor.id() {
        Some(person) if !signed.enrolled => Ok(person),
        _ => Ok(fresh(&signed.actor)?.0),
    }
}

/// The seed that is shown to this session until it is confirmed.
pub fn offered_app(office: &Office, session: Token) -> TotpSeed {
    let app = office.app();
    office.offered().to(session, app.random(), app.clock().now())
}

/// Takes the shown seed into use, if `code` is its code of now.
pub async fn add_app(
    office: &Office,
    signed: &SignedIn,
    session: Token,
    code: Zeroizing<String>,
) -> Result<Enrolled, SecurityError> {
    let app = office.app();
    let now = app.clock().now();
    may_add(signed)?;
    let tries = Tries::from(signed.actor.source().ok_or(SecurityError::StepUp)?);
    tries.count(app, now).await?;
    let kept = offered_app(office, session).confirm(&code, now).ok_or(SecurityError::Wrong)?;
    let enrolled =
        add(office, signed, session, (now, Deed::AddApp, String::new()), move |tx, credentials| {
            if credentials.totp.is_some() {
                return Err(SecurityError::Changed);
            }
            tries.forgive(tx);
            credentials.totp = Some(kept.clone());
            Ok(())
        })
        .await?;
    office.offered().done(session);
    Ok(enrolled)
}

/// Asks the browser to make a passkey. `None` where passkeys do not work.
pub fn ask_for_new_passkey(
    office: &Office,
    host: &str,
    signed: &SignedIn,
    session: Token,
) -> Result<Option<Challenge>, SecurityError> {
    let Some(party) = office.relying_party(host) else { return Ok(None) };
    let person = may_add(signed)?;
    let source = signed.actor.source().ok_or(SecurityError::StepUp)?;
    let have = office.app().store().read(|view| view.get(&CREDENTIALS, &person))?.unwrap_or_default();
    let names = (signed.email.as_str(), signed.name.as_str());
    let (options, ceremony) = party.begin_registration(person, names, &have.passkeys)?;
    Ok(Some(open(office, ceremony, options, (session, source))))
}

/// Takes the passkey that the browser made.
pub async fn add_passkey(
    office: &Office,
    signed: &SignedIn,
    answer: PasskeyAnswer,
    name: Line<60>,
) -> Result<Enrolled, SecurityError> {
    let now = office.app().clock().now();
    let person = may_add(signed)?;
    let party = office.relying_party(&answer.host).ok_or(PasskeyError::NoHost)?;
    let kept = match office.ceremonies().take(answer.id, answer.visitor, now)? {
        Ceremony::Register(asked, state) if asked == person => {
            party.finish_registration(&state, &answer.answer, name, now)?
        }
        _ => return Err(PasskeyError::NoCeremony.into()),
    };
    let what = kept.name.to_string();
    add(office, signed, answer.visitor, (now, Deed::AddPasskey, what), move |_, credentials| {
        if credentials.passkeys.len() >= MOST_PASSKEYS {
            return Err(SecurityError::TooMany);
        }
        if credentials.passkeys.iter().any(|known| known.is(&kept)) {
            return Err(SecurityError::Changed);
        }
        credentials.passkeys.push(kept.clone());
        Ok(())
    })
    .await
}

/// Adds a factor, makes the first recovery codes, renews this session and ends the others.
async fn add(
    office: &Office,
    signed: &SignedIn,
    session: Token,
    (now, deed, what): (Timestamp, Deed, String),
    add: impl Fn(&mut Tx<'_>, &mut Credentials) -> Result<(), SecurityError> + Send + 'static,
) -> Result<Enrolled, SecurityError> {
    let app = office.app();
    let person = may_add(signed)?;
    let id = Token::random(app.random());
    let (codes, hashes) = RecoveryCodes::new(app.random());
    let events = [signed.actor.did(now, deed, &what), signed.actor.did(now, Deed::MakeRecoveryCodes, "")];
    let (recorded, was_enrolled) = (events.clone(), signed.enrolled);
    let first = app
        .store()
        .transact(move |tx| {
            let mut credentials = tx.get(&CREDENTIALS, &person)?.unwrap_or_default();
            // Two who enrol at once: the second one must prove the first one's factor.
            if credentials.is_enrolled() && !was_enrolled {
                return Err(SecurityError::StepUp);
            }
            add(tx, &mut credentials)?;
            let first = credentials.recovery.left() == 0 && !was_enrolled;
            if first {
                credentials.recovery = hashes.clone();
            }
            tx.put(&CREDENTIALS, &person, &credentials)?;
            if !renew(tx, (session, id), person, now)? {
                return Err(SecurityError::StepUp);
            }
            end_all_but(tx, person, Some(id))?;
            for event in recorded.iter().take(if first { 2 } else { 1 }) {
                event.record(tx)?;
            }
            Ok(first)
        })
        .await?;
    events.iter().take(if first { 2 } else { 1 }).for_each(crate::audit::Event::log);
    Ok(Enrolled { session: id, codes: first.then_some(codes) })
}

/// Removes the app.
pub async fn remove_app(office: &Office, actor: &Actor, session: Token) -> Result<(), SecurityError> {
    remove(office, actor, session, Deed::RemoveApp, |credentials| {
        credentials.totp.take().map(|_| String::new()).ok_or(SecurityError::Changed)
    })
    .await
}

/// Removes a passkey.
pub async fn remove_passkey(
    office: &Office,
    actor: &Actor,
    session: Token,
    mark: String,
) -> Result<(), SecurityError> {
    remove(office, actor, session, Deed::RemovePasskey, move |credentials| {
        let at = credentials.passkeys.iter().position(|key| key.mark() == mark);
        let key = credentials.passkeys.remove(at.ok_or(SecurityError::Changed)?);
        Ok(key.name.to_string())
    })
    .await
}

async fn remove(
    office: &Office,
    actor: &Actor,
    session: Token,
    deed: Deed,
    take: impl Fn(&mut Credentials) -> Result<String, SecurityError> + Send + 'static,
) -> Result<(), SecurityError> {
    let app = office.app();
    let (person, _) = fresh(actor)?;
    let (actor, now) = (actor.clone(), app.clock().now());
    let event = app
        .store()
        .transact(move |tx| {
            let mut credentials = tx.get(&CREDENTIALS, &person)?.unwrap_or_default();
            let what = take(&mut credentials)?;
            if !credentials.is_enrolled() {
                return Err(SecurityError::LastFactor);
            }
            let short = credentials.password.as_ref().is_some_and(|password| password.needs_passkey);
            if short && credentials.passkeys.is_empty() {
                return Err(SecurityError::ShortPassword);
            }
            tx.put(&CREDENTIALS, &person, &credentials)?;
            end_all_but(tx, person, Some(session))?;
            let event = actor.did(now, deed, &what);
            event.record(tx)?;
            Ok::<_, SecurityError>(event)
        })
        .await?;
    event.log();
    Ok(())
}
