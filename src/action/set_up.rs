//! From a new machine to a shop with an administrator: the code, the first person, the recovery key.

use std::io::Write;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{Actor, App, Denied, Office, invitation::attest, restore_gateway, sign_in::begin};
use crate::audit::{Deed, Event, Who};
use crate::base::{Email, Line, TextError, Token};
use crate::operator::{SETTINGS, Settings};
use crate::staff::{
    CREDENTIALS, CodeRefusal, Credentials, HasherError, Ineligible, PERSONS, PERSONS_BY_EMAIL, Password,
    Person, PersonState, Right, Role, SETUP_CODE, SetupCode, email_key, new_code, qualifies,
};
use crate::store::{Reads, Span, StoreError, Table};

/// One row, under 0: what is kept of the recovery key.
pub const RECOVERY_KEY: Table<u64, KeptRecoveryKey> = Table::new("recovery-key", 1);

/// The most bytes of a recovery key's file.
const MOST_KEY: u64 = 512;

/// What is kept of the recovery key, to compare with what is typed back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptRecoveryKey {
    hash: [u8; 32],
    /// When it was confirmed to be written down.
    pub confirmed: Timestamp,
}

/// A code for the machine's screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownCode {
    /// In groups: `ABCD-EFGH-JKMN`.
    pub code: String,
    /// When it ends.
    pub until: Timestamp,
}

/// Why set-up did not go on.
#[derive(Debug, thiserror::Error)]
pub enum SetUpError {
    /// The code was not right.
    #[error(transparent)]
    Code(#[from] CodeRefusal),
    /// The visitor did not type the code, or too long ago.
    #[error("the set-up code was not typed by this visitor within the last half hour")]
    NoClaim,
    /// The provisioning file names no administrator.
    #[error("the provisioning file vouches for no administrator")]
    NobodyAttested,
    /// The administrator whom the provisioning file names may not be one.
    #[error("the administrator {0}; correct [administrator] in the provisioning file")]
    Ineligible(#[from] Ineligible),
    /// Not allowed.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// There is an administrator already.
    #[error("the shop is set up already")]
    Done,
    /// Not a text.
    #[error(transparent)]
    Text(#[from] TextError),
    /// No hash.
    #[error(transparent)]
    Hasher(#[from] HasherError),
    /// The recovery key changed since it was shown, or cannot be read.
    #[error("the recovery key is not the one that was shown")]
    KeyChanged,
    /// A file.
    #[error("the recovery key or the mark that set-up is done: {0}")]
    File(#[from] std::io::Error),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Whether there is an administrator.
pub fn is_set_up(view: &impl Reads) -> Result<bool, StoreError> {
    Ok(!view.scan(&PERSONS, &Span::all(1))?.is_empty())
}

/// Makes a code for the screen where one is needed: at the start of the service (codes are not kept, so it
/// cannot show an older one again), and when the last one has ended. `None` otherwise, and once the shop is
/// set up.
pub async fn issue_setup_code(app: &Arc<App>, at_start: bool) -> Result<Option<ShownCode>, StoreError> {
    let now = app.clock().now();
    let code = new_code(app.random());
    let event = Event::done(now, Who::Machine, Deed::IssueSetupCode, "", None);
    let (fresh, kept) = (code.clone(), event.clone());
    let until = app
        .store()
        .transact(move |tx| {
            let before = tx.get(&SETUP_CODE, &0)?;
            let needed = at_start || before.as_ref().is_none_or(|before| before.is_over(now));
            if !needed || is_set_up(tx)? {
                return Ok(None);
            }
            let next = SetupCode::keep(&fresh, before.as_ref(), now);
            tx.put(&SETUP_CODE, &0, &next)?;
            kept.record(tx)?;
            Ok::<_, StoreError>(Some(next.until))
        })
        .await?;
    let Some(until) = until else { return Ok(None) };
    event.log();
    Ok(Some(ShownCode { code, until }))
}

/// A visitor types the code. The right one gives them, and nobody else, half an hour to go on.
pub async fn enter_setup_code(
    app: &Arc<App>,
    typed: String,
    visitor: Token,
    source: IpAddr,
) -> Result<(), SetUpError> {
    let now = app.clock().now();
    let event = Event::done(now, Who::Stranger, Deed::EnterSetupCode, "", Some(source));
    let kept = event.clone();
    // The refusal is a result, not an error of the transaction: a wrong try must be counted.
    let tried = app
        .store()
        .transact(move |tx| {
            if is_set_up(tx)? {
                return Err(SetUpError::Done);
            }
            let Some(mut code) = tx.get(&SETUP_CODE, &0)? else { return Ok(Err(CodeRefusal::Ended)) };
            let tried = code.attempt(&typed, visitor, now);
            tx.put(&SETUP_CODE, &0, &code)?;
            let event = if tried.is_ok() { kept.clone() } else { kept.clone().refused() };
            // Refused for being too many, they are not written down one by one.
            if !matches!(tried, Err(CodeRefusal::TooMany { .. })) {
                event.record(tx)?;
            }
            Ok(tried)
        })
        .await?;
    if tried.is_ok() {
        event.log()
    } else {
        event.refused().log()
    }
    Ok(tried?)
}

/// Whether the visitor typed the code and may fill in the rest.
pub fn may_set_up(app: &Arc<App>, visitor: Token) -> Result<bool, StoreError> {
    let code = app.store().read(|view| view.get(&SETUP_CODE, &0))?;
    Ok(code.is_some_and(|code| code.admits(visitor, app.clock().now())))
}

/// The shop and its first administrator.
pub struct SetUp {
    /// Who typed the code.
    pub visitor: Token,
    /// From where.
    pub source: IpAddr,
    /// The shop's name.
    pub shop: Line<60>,
    /// Where shoppers reach it.
    pub contact: Email,
    /// Chosen and checked.
    pub password: Password,
}

/// Makes the administrator and the shop's settings, and signs the administrator in: the id of the session.
pub async fn set_up(office: &Office, wish: SetUp) -> Result<Token, SetUpError> {
    let app = office.app();
    let SetUp { visitor, source, shop, contact, password } = wish;
    if !may_set_up(app, visitor)? {
        return Err(SetUpError::NoClaim);
    }
    let hash = office.hasher().hash(password, app.random()).await?;
    let now = app.clock().now();
    let founder = office.premises().administrator.as_ref().ok_or(SetUpError::NobodyAttested)?;
    let person = Person {
        state: PersonState::Active,
        ..founder.person(Token::random(app.random()), Role::PlatformAdministrator, now)
    };
    qualifies(&person, now)?;
    let credentials = Credentials::of_password(hash, now);
    let first = Settings::new(shop.clone(), contact.clone(), false)?;
    let session = Token::random(app.random());
    let event = Actor::person(&person, source, true).did(now, Deed::SetUp, shop.as_str());
    let kept = event.clone();
    let second = office.premises().security_officer.clone();
    let second_id = Token::random(app.random());
    let attested = app
        .store()
        .transact(move |tx| {
            if is_set_up(tx)? {
                return Err(SetUpError::Done);
            }
            if !tx.get(&SETUP_CODE, &0)?.is_some_and(|code| code.admits(visitor, now)) {
                return Err(SetUpError::NoClaim);
            }
            tx.delete(&SETUP_CODE, &0);
            // A demo shop has its settings already; set-up names it.
            let settings = Settings::load(tx)?.unwrap_or_else(|| first.clone());
            let settings = Settings { name: shop.clone(), contact: contact.clone(), ..settings };
            tx.put(&SETTINGS, &0, &settings)?;
            tx.put(&PERSONS_BY_EMAIL, &email_key(person.email.as_str()), &person.id)?;
            tx.put(&PERSONS, &person.id, &person)?;
            tx.put(&CREDENTIALS, &person.id, &credentials)?;
            // Nothing opens before a second factor is enrolled.
            begin(tx, &person, session, (now, source), None)?;
            // The second of the two that every grant needs.
            let attested = match &second {
                Some(second) => attest(tx, second, second_id, now)?,
                None => None,
            };
            kept.record(tx)?;
            Ok(attested)
        })
        .await?;
    event.log();
    if let Some(attested) = attested {
        attested.log();
    }
    if app.gateway().is_none()
        && let Err(error) = restore_gateway(office)
    {
        log::warn!(target: "action", "the gateway cannot be opened: {error}");
    }
    if recovery_key(office)?.is_none() {
        mark_done(&office.premises().setup_done)?;
    }
    Ok(session)
}

/// The recovery key of the data volume, if the machine has one and as long as nobody has confirmed to have written it down.
pub fn recovery_key(office: &Office) -> Result<Option<Zeroizing<String>>, std::io::Error> {
    use std::io::Read;
    let premises = office.premises();
    let Some(path) = premises.recovery_key.as_ref() else { return Ok(None) };
    if premises.setup_done.exists() {
        return Ok(None);
    }
    let mut text = Zeroizing::new(String::with_capacity(usize::try_from(MOST_KEY).unwrap_or_default()));
    match std::fs::File::open(path) {
        Ok(file) => file.take(MOST_KEY).read_to_string(&mut text)?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    Ok(Some(Zeroizing::new(text.trim().to_owned())).filter(|text| !text.is_empty()))
}

/// SHA-256 of a recovery key; groups, spaces and case do not matter.
pub fn recovery_key_hash(typed: &str) -> [u8; 32] {
    let letters: Zeroizing<String> =
        Zeroizing::new(typed.to_lowercase().chars().filter(|letter| letter.is_alphanumeric()).collect());
    Sha256::digest(letters.as_bytes()).into()
}

/// The administrator confirms to have written down the key that was shown (`shown` is its hash). It is not
/// shown again.
pub async fn keep_recovery_key(office: &Office, actor: &Actor, shown: [u8; 32]) -> Result<(), SetUpError> {
    actor.require(Right::GoLive)?;
    let app = office.app();
    let key = recovery_key(office)?.ok_or(SetUpError::KeyChanged)?;
    let hash = recovery_key_hash(&key);
    if !bool::from(hash.ct_eq(&shown)) {
        return Err(SetUpError::KeyChanged);
    }
    let now = app.clock().now();
    let event = actor.did(now, Deed::KeepRecoveryKey, "");
    let kept = event.clone();
    app.store()
        .transact(move |tx| {
            tx.put(&RECOVERY_KEY, &0, &KeptRecoveryKey { hash, confirmed: now })?;
            kept.record(tx)
        })
        .await?;
    event.log();
    Ok(mark_done(&office.premises().setup_done)?)
}

impl KeptRecoveryKey {
    /// Whether `typed` is the key.
    pub fn matches(&self, typed: &str) -> bool {
        self.hash.ct_eq(&recovery_key_hash(typed)).into()
    }
}

/// Leaves the mark that set-up is done, for good.
fn mark_done(path: &Path) -> Result<(), std::io::Error> {
    if path.as_os_str().is_empty() {
        return Ok(());
    }
    let mut file = std::fs::File::create(path)?;
    file.write_all(b"set-up is done\n")?;
    file.sync_all()?;
    path.parent().map_or(Ok(()), |folder| std::fs::File::open(folder)?.sync_all())
}

#[cfg(test)]
#[path = "set_up_tests.rs"]
mod tests;
