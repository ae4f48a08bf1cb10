//! The office: what running a shop needs besides selling.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use super::App;
use super::certificate::{Place, Shown};
use crate::base::{Email, Line, Token};
use crate::payment::gateway::{Account, Gateway};
use crate::staff::{
    Attested, Ceremonies, Employment, Hasher, Offered, Person, PersonState, RelyingParty, Role, Screening,
};

/// What the machine is, and what it was told when it was provisioned.
#[derive(Debug, Clone, Default)]
pub struct Premises {
    /// The service's version.
    pub version: String,
    /// `release` or `dev`.
    pub profile: String,
    /// Where shoppers come in as long as the shop has no host name of its own.
    pub storefront: String,
    /// The storefront's port; 0 is the usual one.
    pub storefront_port: u16,
    /// The machine's own names, which its own certificate for the console has.
    pub console_names: Vec<String>,
    /// The console's port.
    pub console_port: u16,
    /// Which TPM keeps the keys, in words.
    pub tpm: String,
    /// The shop's name.
    pub shop_name: Option<Line<60>>,
    /// The first administrator, as the provisioning file vouches for them.
    pub administrator: Option<Founder>,
    /// The second of the two that every grant needs.
    pub security_officer: Option<Founder>,
    /// Where the recovery key of the data volume lies until set-up is done. A machine without one has no
    /// file there.
    pub recovery_key: Option<PathBuf>,
    /// Is there once set-up is done.
    pub setup_done: PathBuf,
}

/// Somebody whom the provisioning file vouches for.
#[derive(Debug, Clone)]
pub struct Founder {
    /// The legal name.
    pub name: Line<100>,
    /// What they sign in with.
    pub email: Email,
    /// By whom and since when they are employed.
    pub employment: Employment,
    /// How they were screened.
    pub screening: Screening,
    /// Who approved, by name.
    pub approved_by: Line<100>,
}

impl Founder {
    /// The row of the founder in this role: invited, not joined.
    pub(super) fn person(&self, id: Token, role: Role, now: Timestamp) -> Person {
        let Self { name, email, employment, screening, approved_by } = self.clone();
        Person {
            id,
            name,
            email,
            role,
            employment,
            screening: Some(screening),
            approvals: Vec::new(),
            attested: Some(Attested { by: approved_by, role }),
            state: PersonState::Invited,
            since: now,
            last_seen: now,
        }
    }
}

/// Makes a gateway from the operator's account.
pub type MakeGateway = dyn Fn(Account) -> Result<Arc<dyn Gateway>, String> + Send + Sync;

/// What the composition root hands over.
pub struct OfficeParts {
    /// The shop.
    pub app: Arc<App>,
    /// Where passwords are hashed.
    pub hasher: Hasher,
    /// The machine.
    pub premises: Premises,
    /// What storefront and console show.
    pub certificates: Shown,
    /// Makes gateways.
    pub make_gateway: Box<MakeGateway>,
}

/// The office: one per process.
pub struct Office {
    parts: OfficeParts,
    opening: Mutex<()>,
    ceremonies: Ceremonies,
    offered: Offered,
}

impl Office {
    /// Opens it.
    pub fn new(parts: OfficeParts) -> Arc<Self> {
        let (ceremonies, offered) = (Ceremonies::default(), Offered::default());
        Arc::new(Self { parts, opening: Mutex::new(()), ceremonies, offered })
    }

    /// The shop.
    pub fn app(&self) -> &Arc<App> {
        &self.parts.app
    }

    /// Where passwords are hashed.
    pub fn hasher(&self) -> &Hasher {
        &self.parts.hasher
    }

    /// The machine.
    pub fn premises(&self) -> &Premises {
        &self.parts.premises
    }

    /// What storefront and console show.
    pub fn certificates(&self) -> &Shown {
        &self.parts.certificates
    }

    /// SHA-256, in 16 groups, of the certificate that the console shows now.
    pub fn console_fingerprint(&self) -> String {
        self.certificates().of(Place::Console).fingerprint()
    }

    /// Where shoppers come in: under the shop's host name once it has a certificate for one.
    pub fn storefront(&self) -> String {
        match (self.certificates().storefront_name(), self.premises().storefront_port) {
            (None, _) => self.premises().storefront.clone(),
            (Some(name), 0 | 443) => format!("https://{name}/"),
            (Some(name), port) => format!("https://{name}:{port}/"),
        }
    }

    /// The host names under which passkeys work, and the console's port.
    pub fn console_names(&self) -> (Vec<String>, u16) {
        let placed = self.certificates().console_names().into_iter().map(|name| name.as_str().to_owned());
        let own = self.parts.premises.console_names.iter().cloned();
        (own.chain(placed).collect(), self.parts.premises.console_port)
    }

    /// The console under the name by which a browser called it; `None` unless the certificate names it. The
    /// port is the machine's own, whatever the browser says.
    pub(super) fn relying_party(&self, host: &str) -> Option<RelyingParty> {
        let (names, port) = self.console_names();
        names.iter().find(|name| name.eq_ignore_ascii_case(host))?;
        let shop = self.app().settings().ok().flatten();
        let name = shop.map_or_else(|| "CashCowCart".to_owned(), |shop| shop.name.to_string());
        RelyingParty::at(host, port, &name).ok()
    }

    /// The passkeys' challenges that wait for an answer.
    pub(super) fn ceremonies(&self) -> &Ceremonies {
        &self.ceremonies
    }

    /// The seeds that are shown and not yet confirmed.
    pub(super) fn offered(&self) -> &Offered {
        &self.offered
    }

    pub(super) fn make_gateway(&self, account: Account) -> Result<Arc<dyn Gateway>, String> {
        (self.parts.make_gateway)(account)
    }

    /// Held while gateways are opened, so that the last rows win and not the last thread.
    pub(super) fn opening(&self) -> MutexGuard<'_, ()> {
        self.opening.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
