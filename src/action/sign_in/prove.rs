//! Proving the second factor again, before money, keys, staff or ranges are touched. The session gets another id.

use jiff::Timestamp;
use zeroize::Zeroizing;

use super::passkey::{open, take_key};
use super::{Challenge, PasskeyAnswer, Second, SignInError, Tries, renew, take_code, tell_of};
use crate::action::{Actor, Office, SignedIn};
use crate::audit::Deed;
use crate::base::Token;
use crate::staff::{CREDENTIALS, Ceremony, PasskeyError, Proof};
use crate::store::{Reads, StoreError, Tx};

/// Asks somebody who is signed in for one of their passkeys. `None` if none of them works here.
pub fn ask_for_proof(
    office: &Office,
    host: &str,
    actor: &Actor,
    session: Token,
) -> Result<Option<Challenge>, StoreError> {
    let (Some(party), Some(person), Some(source)) = (office.relying_party(host), actor.id(), actor.source())
    else {
        return Ok(None);
    };
    let credentials = office.app().store().read(|view| view.get(&CREDENTIALS, &person))?.unwrap_or_default();
    let begun = party.begin_proof(person, &credentials.passkeys).ok().flatten();
    Ok(begun.map(|(options, ceremony)| open(office, ceremony, options, (session, source))))
}

/// Takes a code of the app, or a recovery code: the session's new id.
pub async fn prove_with_code(
    office: &Office,
    signed: &SignedIn,
    session: Token,
    code: Zeroizing<String>,
) -> Result<Token, SignInError> {
    prove(office, signed, session, move |tx, person, now| {
        let mut credentials = tx.get(&CREDENTIALS, &person)?.unwrap_or_default();
        let Some(second) = take_code(&mut credentials, &code, now) else { return Ok(None) };
        tx.put(&CREDENTIALS, &person, &credentials)?;
        let how = if second == Second::Recovery { "recovery code" } else { "code" };
        Ok(Some((how.to_owned(), second)))
    })
    .await
}

/// Takes a passkey's answer: the session's new id.
pub async fn prove_with_passkey(
    office: &Office,
    signed: &SignedIn,
    session: Token,
    answer: PasskeyAnswer,
) -> Result<Token, SignInError> {
    let now = office.app().clock().now();
    let proof = match check(office, signed.actor.id(), &answer, now) {
        Ok(proof) => Some(proof),
        Err(why) => {
            log::info!(target: "action", "a passkey was refused: {why}");
            None
        }
    };
    prove(office, signed, session, move |tx, person, now| match &proof {
        Some(proof) => {
            let key = take_key(tx, person, proof, now)?;
            Ok(key.map(|key| (format!("passkey {key}"), Second::None)))
        }
        None => Ok(None),
    })
    .await
}

fn check(
    office: &Office,
    person: Option<Token>,
    answer: &PasskeyAnswer,
    now: Timestamp,
) -> Result<Proof, PasskeyError> {
    let party = office.relying_party(&answer.host).ok_or(PasskeyError::NoHost)?;
    match office.ceremonies().take(answer.id, answer.visitor, now)? {
        Ceremony::Prove(asked, state) if Some(asked) == person => party.finish_proof(&state, &answer.answer),
        _ => Err(PasskeyError::NoCeremony),
    }
}

async fn prove(
    office: &Office,
    signed: &SignedIn,
    session: Token,
    take: impl Fn(&mut Tx<'_>, Token, Timestamp) -> Result<Option<(String, Second)>, StoreError> + Send + 'static,
) -> Result<Token, SignInError> {
    let app = office.app();
    let now = app.clock().now();
    let (Some(person), Some(source)) = (signed.actor.id(), signed.actor.source()) else {
        return Err(SignInError::Wrong);
    };
    let tries = Tries::at(signed.email.as_str(), source);
    tries.count(app, now).await?;
    let fresh = Token::random(app.random());
    let actor = signed.actor.clone();
    let (event, raised, proved) = app
        .store()
        .transact(move |tx| {
            // A session that ended meanwhile stays ended, whatever was proved.
            let taken = match take(tx, person, now)? {
                Some(how) if renew(tx, (session, fresh), person, now)? => Some(how),
                _ => None,
            };
            let proved = taken.is_some();
            let (how, second) = taken.unwrap_or((String::new(), Second::None));
            let raised = tell_of(tx, person, second, now)?;
            let event = actor.did(now, Deed::StepUp, &how);
            let event = if proved { event } else { event.refused() };
            if proved {
                tries.forgive(tx);
            }
            event.record(tx)?;
            Ok::<_, StoreError>((event, raised, proved))
        })
        .await?;
    event.log();
    if let Some(raised) = raised {
        raised.log();
    }
    if proved { Ok(fresh) } else { Err(SignInError::Wrong) }
}
