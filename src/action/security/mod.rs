//! What people change of their own sign-in: password, app, passkeys, recovery codes. Who has lost all of it is
//! reset by two others (`action/proposals.rs`).
//!
//! Everything but the first enrolment needs the second factor to have been proved within fifteen minutes. The last
//! second factor stays, and so does the last passkey of somebody whose password is too short to stand without
//! one. A change ends the person's other sessions (NIST SP 800-63B-4, 4.6), and each is on record.

mod factors;

use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};
use zeroize::Zeroizing;

use super::sign_in::{SignInError, Tries};
use super::{Actor, App, Office, SignedIn};
use crate::audit::Deed;
use crate::base::{SecretBytes, Token};
use crate::staff::{
    CREDENTIALS, Credentials, HasherError, KeptPassword, PasskeyError, Password, RecoveryCodes, SHORTEST,
    SHORTEST_BESIDE_PASSKEY,
};
use crate::store::{Reads, StoreError};

pub use factors::{
    Enrolled, add_app, add_passkey, ask_for_new_passkey, offered_app, remove_app, remove_passkey,
};

/// Why something was not changed.
#[derive(Debug, thiserror::Error)]
pub enum SecurityError {
    /// The second factor must be proved again first.
    #[error("this needs the second factor again")]
    StepUp,
    /// The present password, or the code, is not right.
    #[error("what was given is wrong")]
    Wrong,
    /// Too many wrong tries.
    #[error("too many wrong tries")]
    Wait(SignedDuration),
    /// One of the last four passwords.
    #[error("this is one of the last four passwords")]
    UsedBefore,
    /// The last second factor stays.
    #[error("this is the last second factor")]
    LastFactor,
    /// The password is too short to stand without a passkey.
    #[error("the password is too short to stand without a passkey")]
    ShortPassword,
    /// There are as many as one may have.
    #[error("there are as many as one may have")]
    TooMany,
    /// There is one already, or none of that name.
    #[error("it changed meanwhile")]
    Changed,
    /// The browser's or the device's answer.
    #[error(transparent)]
    Passkey(#[from] PasskeyError),
    /// No hash.
    #[error(transparent)]
    Hasher(#[from] HasherError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<SignInError> for SecurityError {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Wrong => Self::Wrong,
            SignInError::Wait(wait) => Self::Wait(wait),
            SignInError::Hasher(error) => Self::Hasher(error),
            SignInError::Store(error) => Self::Store(error),
        }
    }
}

/// What a person has, without any of its secrets.
#[derive(Debug, Clone)]
pub struct OwnCredentials {
    /// Since when the password is the one.
    pub password: Option<Timestamp>,
    /// Since when there is an app.
    pub app: Option<Timestamp>,
    /// The passkeys: a mark for forms, the name, the host name, since when, and when last used.
    pub passkeys: Vec<OwnPasskey>,
    /// How many recovery codes are left.
    pub recovery_codes: usize,
    /// When one of them was used last.
    pub recovery_used: Option<Timestamp>,
}

/// A passkey, as its owner sees it.
#[derive(Debug, Clone)]
pub struct OwnPasskey {
    /// What forms call it.
    pub mark: String,
    /// What its owner calls it.
    pub name: String,
    /// Where it works.
    pub host: String,
    /// Since when.
    pub since: Timestamp,
    /// When it was last used.
    pub used: Option<Timestamp>,
}

/// What the actor proves themselves with.
pub fn own_credentials(app: &App, actor: &Actor) -> Result<OwnCredentials, StoreError> {
    let kept = match actor.id() {
        Some(person) => app.store().read(|view| view.get(&CREDENTIALS, &person))?.unwrap_or_default(),
        None => Credentials::default(),
    };
    let passkeys = kept.passkeys.iter().map(|key| OwnPasskey {
        mark: key.mark(),
        name: key.name.to_string(),
        host: key.host.clone(),
        since: key.since,
        used: key.used,
    });
    Ok(OwnCredentials {
        password: kept.password.map(|password| password.chosen),
        app: kept.totp.map(|totp| totp.since),
        passkeys: passkeys.collect(),
        recovery_codes: kept.recovery.left(),
        recovery_used: kept.recovery_used,
    })
}

/// The fewest characters that the actor's next password may have.
pub fn shortest_password(app: &App, actor: &Actor) -> Result<usize, StoreError> {
    let own = own_credentials(app, actor)?;
    Ok(if own.passkeys.is_empty() { SHORTEST } else { SHORTEST_BESIDE_PASSKEY })
}

/// Chooses another password; `old` is the present one, as typed. The other sessions end.
pub async fn change_password(
    office: &Office,
    signed: &SignedIn,
    session: Token,
    (old, new): (SecretBytes, Password),
) -> Result<(), SecurityError> {
    let app = office.app();
    let now = app.clock().now();
    let (person, source) = fresh(&signed.actor)?;
    let tries = Tries::at(signed.email.as_str(), source);
    tries.count(app, now).await?;
    let kept = app.store().read(|view| view.get(&CREDENTIALS, &person))?.unwrap_or_default();
    let present = kept.password.as_ref().map(|password| password.hash.clone());
    let refused = signed.actor.did(now, Deed::ChangePassword, "").refused();
    if !office.hasher().verify(old, present).await? {
        app.store().transact(move |tx| refused.record(tx)).await?;
        return Err(SecurityError::Wrong);
    }
    if office.hasher().any(new.typed(), kept.recent()).await? {
        app.store()
            .transact(move |tx| {
                tries.forgive(tx);
                Ok::<_, StoreError>(())
            })
            .await?;
        return Err(SecurityError::UsedBefore);
    }
    let needs_passkey = new.needs_passkey();
    let hash = office.hasher().hash(new, app.random()).await?;
    let event = signed.actor.did(now, Deed::ChangePassword, "");
    let recorded = event.clone();
    app.store()
        .transact(move |tx| {
            let mut credentials = tx.get(&CREDENTIALS, &person)?.unwrap_or_default();
            if credentials.password.as_ref().map(|password| password.chosen)
                != kept.password.as_ref().map(|password| password.chosen)
            {
                return Err(SecurityError::Changed);
            }
            if needs_passkey && credentials.passkeys.is_empty() {
                return Err(SecurityError::ShortPassword);
            }
            credentials.choose(KeptPassword { hash: hash.clone(), chosen: now, needs_passkey });
            tx.put(&CREDENTIALS, &person, &credentials)?;
            tries.forgive(tx);
            super::sign_in::end_all_but(tx, person, Some(session))?;
            Ok(recorded.record(tx)?)
        })
        .await?;
    event.log();
    Ok(())
}

/// Makes a fresh set of recovery codes in the place of the one before: to be shown once.
pub async fn fresh_recovery_codes(app: &App, actor: &Actor) -> Result<Zeroizing<Vec<String>>, SecurityError> {
    let (person, _) = fresh(actor)?;
    let (codes, kept) = RecoveryCodes::new(app.random());
    let event = actor.did(app.clock().now(), Deed::MakeRecoveryCodes, "");
    let recorded = event.clone();
    app.store()
        .transact(move |tx| {
            let credentials = tx.get(&CREDENTIALS, &person)?.unwrap_or_default();
            let fresh = Credentials { recovery: kept.clone(), recovery_used: None, ..credentials };
            tx.put(&CREDENTIALS, &person, &fresh)?;
            recorded.record(tx)
        })
        .await?;
    event.log();
    Ok(codes)
}

/// The person and the source of an actor who has proved the second factor lately.
fn fresh(actor: &Actor) -> Result<(Token, IpAddr), SecurityError> {
    let (Some(person), Some(source)) = (actor.id(), actor.source()) else {
        return Err(SecurityError::StepUp);
    };
    if actor.is_fresh() { Ok((person, source)) } else { Err(SecurityError::StepUp) }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
