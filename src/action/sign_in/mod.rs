//! Signing in and out, and knowing who is signed in.
//!
//! Two ways in: a password with a code (of an app, or a recovery code), or a passkey, which is both factors in
//! one. Everything is asked for at once and checked together, so that an answer never says which part was wrong,
//! whether there is such an account, or which factors it has. A session's id is fresh after every proof.

mod passkey;
mod prove;
mod session;
mod tries;

use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};
use zeroize::Zeroizing;

use super::staff::is_last_administrator;
use super::{Actor, Office};
use crate::alarm::{self, Kind, Object};
use crate::audit::{Deed, Event, Who};
use crate::base::{SecretBytes, Token};
use crate::staff::{
    CREDENTIALS, Credentials, HasherError, KeptPassword, PERSONS, PERSONS_BY_EMAIL, Person, RecoveryCodes,
    email_key, standing,
};
use crate::store::{Reads, StoreError, Tx};

pub(super) use passkey::open;
pub use passkey::{Challenge, PasskeyAnswer, ask_to_sign_in, sign_in_with_passkey};
pub use prove::{ask_for_proof, prove_with_code, prove_with_passkey};
pub use session::{OwnSession, SignedIn, end_other_sessions, end_session, own_sessions, sign_out, signed_in};
pub(super) use session::{begin, end_all_but, end_sessions, renew};
pub(super) use tries::Tries;

/// Somebody at the door.
pub struct SignIn {
    /// As typed.
    pub email: String,
    /// As typed.
    pub password: SecretBytes,
    /// The code of an app, or a recovery code, as typed.
    pub code: Zeroizing<String>,
    /// From where.
    pub source: IpAddr,
}

/// Why nobody was let in. Says nothing of which part was wrong, or whether there is such an account.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignInError {
    /// Address, password, code or passkey.
    #[error("something of what was given is wrong")]
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

/// What was proved besides the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Second {
    /// A code of the app.
    App,
    /// A recovery code, which is used up.
    Recovery,
    /// Nothing: there is no second factor yet, and nothing opens but its enrolment.
    None,
}

impl Second {
    fn words(self) -> &'static str {
        match self {
            Self::App => "password and code",
            Self::Recovery => "password and recovery code",
            Self::None => "password alone, to enrol",
        }
    }
}

/// Lets somebody in: a fresh session's id, or why not.
pub async fn sign_in(office: &Office, sign_in: SignIn) -> Result<Token, SignInError> {
    let app = office.app();
    let SignIn { email, password, code, source } = sign_in;
    let now = app.clock().now();
    let tries = Tries::at(&email, source);
    tries.count(app, now).await?;
    let key = email_key(&email);
    let found = app.store().read(|view| {
        let Some(id) = view.get(&PERSONS_BY_EMAIL, &key)? else { return Ok(None) };
        Ok::<_, StoreError>(view.get(&CREDENTIALS, &id)?.map(|credentials| (id, credentials)))
    })?;
    let kept = found.as_ref().and_then(|(_, credentials)| credentials.password.clone());
    let right = office.hasher().verify(password, kept.as_ref().map(|kept| kept.hash.clone())).await?;
    let proved = found.zip(kept).filter(|_| right).map(|((id, _), kept)| (id, kept));
    let (id, door) = (Token::random(app.random()), std::sync::Arc::clone(app));
    // A refusal is a result and no error: it is written down like a success, and takes as long.
    let event = app
        .store()
        .transact(move |tx| {
            let let_in = match &proved {
                Some((person, password)) => admit(tx, *person, password, &code, now)?,
                None => None,
            };
            // From outside the operator's own ranges its staff are told no more than strangers.
            let let_in = let_in.filter(|(person, _)| door.gate().admits_person(person, source));
            let Some((person, second)) = let_in else {
                let event = Event::done(now, Who::Stranger, Deed::SignIn, "", Some(source)).refused();
                event.record(tx)?;
                return Ok((event, None, false));
            };
            tries.forgive(tx);
            let raised = tell_of(tx, person.id, second, now)?;
            begin(tx, &person, id, (now, source), (second != Second::None).then_some(now))?;
            let event = Actor::person(&person, source, true).did(now, Deed::SignIn, second.words());
            event.record(tx)?;
            Ok::<_, StoreError>((event, raised, true))
        })
        .await?;
    let (event, raised, let_in) = event;
    event.log();
    if let Some(raised) = raised {
        raised.log();
    }
    if let_in { Ok(id) } else { Err(SignInError::Wrong) }
}

/// The person whose password was right, if their record allows the role and the code is right as well. Uses
/// the code up.
fn admit(
    tx: &mut Tx<'_>,
    id: Token,
    password: &KeptPassword,
    code: &str,
    now: Timestamp,
) -> Result<Option<(Person, Second)>, StoreError> {
    let (Some(person), Some(mut credentials)) = (tx.get(&PERSONS, &id)?, tx.get(&CREDENTIALS, &id)?) else {
        return Ok(None);
    };
    // The password that was compared must still be the one, and the record is of now.
    let same = credentials.password.as_ref().is_some_and(|kept| kept.chosen == password.chosen);
    if !same || standing(&person, now).is_err() {
        return Ok(None);
    }
    if !credentials.is_enrolled() {
        // Whoever waits for too long is invited anew; but for the only one who could do that.
        let over = credentials.is_unfinished(now) && !is_last_administrator(tx, &person, now)?;
        return Ok((!over).then_some((person, Second::None)));
    }
    let Some(second) = take_code(&mut credentials, code, now) else { return Ok(None) };
    tx.put(&CREDENTIALS, &id, &credentials)?;
    Ok(Some((person, second)))
}

/// Raises an alarm if it was a recovery code: it may be somebody who found the paper. The alarm names the row and
/// not the person, since those who see alarms do not see everybody.
fn tell_of(
    tx: &mut Tx<'_>,
    person: Token,
    second: Second,
    now: Timestamp,
) -> Result<Option<alarm::Raised>, StoreError> {
    if second != Second::Recovery {
        return Ok(None);
    }
    let account = Object::named(&format!("account {person}"));
    alarm::raise(tx, Kind::RecoveryCode, &account, now).map(Some)
}

/// Takes a code of the app, or a recovery code: once. The caller keeps the row.
fn take_code(credentials: &mut Credentials, typed: &str, now: Timestamp) -> Option<Second> {
    if RecoveryCodes::looks_like_one(typed) {
        let taken = credentials.recovery.take(typed);
        if taken {
            credentials.recovery_used = Some(now);
        }
        return taken.then_some(Second::Recovery);
    }
    credentials.totp.as_mut().is_some_and(|totp| totp.take(typed, now)).then_some(Second::App)
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
