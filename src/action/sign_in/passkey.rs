//! Signing in with a passkey: possession and the holder's verification in one, so no password is asked for.

use std::net::IpAddr;

use jiff::Timestamp;

use super::{SignInError, Tries, begin};
use crate::action::{Actor, Office};
use crate::audit::{Deed, Event, Who};
use crate::base::Token;
use crate::staff::{CREDENTIALS, Ceremony, PERSONS, PasskeyError, Person, Proof, standing};
use crate::store::{Reads, StoreError, Tx};

/// What a page hands to the browser.
#[derive(Debug, Clone)]
pub struct Challenge {
    /// Comes back with the answer.
    pub id: Token,
    /// JSON: `publicKey` with what WebAuthn calls options.
    pub options: String,
}

/// A browser's answer to a challenge.
pub struct PasskeyAnswer {
    /// The host name by which the browser called us.
    pub host: String,
    /// The challenge.
    pub id: Token,
    /// JSON.
    pub answer: String,
    /// The cookie that the challenge was given with.
    pub visitor: Token,
}

/// Asks whoever it is to sign in. `None` where passkeys do not work: under an address, or another name.
pub fn ask_to_sign_in(office: &Office, host: &str, visitor: Token, source: IpAddr) -> Option<Challenge> {
    let party = office.relying_party(host)?;
    let (options, ceremony) = party.begin_sign_in().ok()?;
    Some(open(office, ceremony, options, (visitor, source)))
}

/// Waits for the answer.
pub(in crate::action) fn open(
    office: &Office,
    ceremony: Ceremony,
    options: String,
    from: (Token, IpAddr),
) -> Challenge {
    let app = office.app();
    let id = Token::random(app.random());
    office.ceremonies().open(id, ceremony, from, app.clock().now());
    Challenge { id, options }
}

/// Lets in whoever holds one of our passkeys: a fresh session's id, or why not.
pub async fn sign_in_with_passkey(
    office: &Office,
    answer: PasskeyAnswer,
    source: IpAddr,
) -> Result<Token, SignInError> {
    let app = office.app();
    let now = app.clock().now();
    let tries = Tries::from(source);
    tries.count(app, now).await?;
    let proof = match check(office, &answer, now) {
        Ok(proof) => Some(proof),
        Err(PasskeyError::Refused(why)) => {
            log::warn!(target: "action", "a passkey was refused: {why}");
            None
        }
        Err(why) => {
            log::info!(target: "action", "a passkey was refused: {why}");
            None
        }
    };
    let (id, door) = (Token::random(app.random()), std::sync::Arc::clone(app));
    let (event, let_in) = app
        .store()
        .transact(move |tx| {
            let let_in = match &proof {
                Some((person, proof)) => admit(tx, *person, proof, now)?,
                None => None,
            };
            // From outside the operator's own ranges its staff are told no more than strangers.
            let let_in = let_in.filter(|(person, _)| door.gate().admits_person(person, source));
            let Some((person, key)) = let_in else {
                let event = Event::done(now, Who::Stranger, Deed::SignIn, "passkey", Some(source)).refused();
                event.record(tx)?;
                return Ok((event, false));
            };
            tries.forgive(tx);
            begin(tx, &person, id, (now, source), Some(now))?;
            let event =
                Actor::person(&person, source, true).did(now, Deed::SignIn, &format!("passkey {key}"));
            event.record(tx)?;
            Ok::<_, StoreError>((event, true))
        })
        .await?;
    event.log();
    if let_in { Ok(id) } else { Err(SignInError::Wrong) }
}

fn check(office: &Office, answer: &PasskeyAnswer, now: Timestamp) -> Result<(Token, Proof), PasskeyError> {
    let party = office.relying_party(&answer.host).ok_or(PasskeyError::NoHost)?;
    let Ceremony::SignIn(state) = office.ceremonies().take(answer.id, answer.visitor, now)? else {
        return Err(PasskeyError::NoCeremony);
    };
    let person = party.who(&answer.answer)?;
    let credentials = office.app().store().read(|view| view.get(&CREDENTIALS, &person));
    let credentials = credentials.map_err(|error: StoreError| PasskeyError::Refused(error.to_string()))?;
    let keys = credentials.unwrap_or_default().passkeys;
    Ok((person, party.finish_sign_in(state, &answer.answer, &keys)?))
}

/// The person whose key it is, if their record allows the role; the key's counter moves on. With the key's name.
fn admit(
    tx: &mut Tx<'_>,
    id: Token,
    proof: &Proof,
    now: Timestamp,
) -> Result<Option<(Person, String)>, StoreError> {
    let Some(person) = tx.get(&PERSONS, &id)?.filter(|person| standing(person, now).is_ok()) else {
        return Ok(None);
    };
    Ok(take_key(tx, id, proof, now)?.map(|key| (person, key)))
}

/// Writes down that a key was used; its name. `None` if it is gone, or its counter says that it was copied.
pub(super) fn take_key(
    tx: &mut Tx<'_>,
    id: Token,
    proof: &Proof,
    now: Timestamp,
) -> Result<Option<String>, StoreError> {
    let mut credentials = tx.get(&CREDENTIALS, &id)?.unwrap_or_default();
    let Some(key) = credentials.passkeys.iter_mut().find_map(|key| key.take(proof, now).then_some(key))
    else {
        return Ok(None);
    };
    let name = key.name.to_string();
    tx.put(&CREDENTIALS, &id, &credentials)?;
    Ok(Some(name))
}
