//! The rows: one for each certificate that is in place or asked for.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::staff::Right;
use crate::store::{Reads, Span, StoreError, Table, Tx};
use crate::tls::acme::{AccountKey, AcmeError, Binding, Check};
use crate::tls::{HostName, Identity, SigningRequest};

/// Number, from 1 up, to certificate.
pub(super) const CERTIFICATES: Table<u64, Kept> = Table::new("certificates", 1);
/// One row, under 0: the latest number.
const LATEST: Table<u64, u64> = Table::new("certificates-latest", 1);
/// Address of an authority's directory to the account there.
pub(super) const ACCOUNTS: Table<String, Account> = Table::new("acme-accounts", 1);
/// The name of a place to the key that waits there for its certificate.
pub(super) const REQUESTS: Table<String, SigningRequest> = Table::new("signing-requests", 1);

/// The most certificates of one place, those asked for included.
pub const MOST_CERTIFICATES: usize = 20;

/// Who shows a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// The shop, which may have several by host name.
    Storefront,
    /// The console, which has one.
    Console,
}

impl Place {
    /// Its name in rows and in the audit.
    pub fn name(self) -> &'static str {
        match self {
            Self::Storefront => "storefront",
            Self::Console => "console",
        }
    }

    /// What somebody needs to change it.
    pub fn right(self) -> Right {
        match self {
            Self::Storefront => Right::ChangeStorefrontCertificate,
            Self::Console => Right::ChangeConsoleCertificate,
        }
    }
}

/// Who issues certificates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Authority {
    /// Let's Encrypt.
    LetsEncrypt,
    /// Let's Encrypt's place for trials, whose certificates nobody believes.
    LetsEncryptStaging,
    /// Another one, or somebody's own.
    Other {
        /// Address of its directory.
        directory: String,
        /// Its root (PEM), if the web PKI does not have it.
        root: Option<String>,
    },
}

impl Authority {
    /// Where the terms of Let's Encrypt are to be read. Those of others only their people know.
    pub const TERMS: &'static str = "https://letsencrypt.org/repository/";

    /// The address of its directory.
    pub fn directory(&self) -> &str {
        match self {
            Self::LetsEncrypt => "https://acme-v02.api.letsencrypt.org/directory",
            Self::LetsEncryptStaging => "https://acme-staging-v02.api.letsencrypt.org/directory",
            Self::Other { directory, .. } => directory,
        }
    }

    /// Its root, if it is not one of the web PKI.
    pub fn root(&self) -> Option<&str> {
        match self {
            Self::Other { root, .. } => root.as_deref(),
            Self::LetsEncrypt | Self::LetsEncryptStaging => None,
        }
    }
}

/// Where a certificate comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Origin {
    /// Somebody uploaded it.
    Uploaded,
    /// From an authority, which is asked for the next one in time.
    Asked { authority: Authority, check: Check },
}

/// An order that is under way: kept, so that a restart goes on with it.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct OpenOrder {
    /// Its address at the authority.
    pub url: String,
    /// The key that waits.
    pub request: SigningRequest,
}

/// How the last try failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Failed {
    pub at: Timestamp,
    pub why: AcmeError,
}

/// Which alarm has been raised of the certificate in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Told {
    /// That it ends soon.
    Soon,
    /// That it has ended.
    Over,
}

/// A certificate that is in place, or asked for.
#[derive(Serialize, Deserialize)]
pub(super) struct Kept {
    pub place: Place,
    /// What it is shown for: of its own names those that no later one has taken.
    pub names: Vec<HostName>,
    pub origin: Origin,
    /// In place, once there is one.
    pub identity: Option<Identity>,
    pub order: Option<OpenOrder>,
    /// When the authority is asked again.
    pub next: Option<Timestamp>,
    /// Failures in a row.
    pub tries: u32,
    pub failed: Option<Failed>,
    pub told: Option<Told>,
    pub since: Timestamp,
}

impl Kept {
    /// One that somebody uploaded.
    pub fn uploaded(place: Place, identity: Identity, names: Vec<HostName>, now: Timestamp) -> Self {
        let origin = Origin::Uploaded;
        Self { identity: Some(identity), ..Self::asked(place, names, origin, now) }
    }

    /// One to ask for at once.
    pub fn asked(place: Place, names: Vec<HostName>, origin: Origin, now: Timestamp) -> Self {
        let next = matches!(origin, Origin::Asked { .. }).then_some(now);
        let (identity, order, failed, told) = (None, None, None, None);
        Self { place, names, origin, identity, order, next, tries: 0, failed, told, since: now }
    }

    /// What alarms and the audit call it.
    pub fn title(&self) -> String {
        let names: Vec<_> = self.names.iter().map(HostName::as_str).collect();
        format!("{}: {}", self.place.name(), names.join(" "))
    }
}

/// An account at an authority, or what is needed to make one.
#[derive(Serialize, Deserialize)]
pub(super) struct Account {
    /// Its name and key; `None` until it is made, and after the authority has forgotten it.
    pub key: Option<AccountKey>,
    /// Whom the authority may write to.
    pub contact: String,
    /// When a person agreed to its terms.
    pub agreed: Timestamp,
    /// What ties it to an account that somebody has there; gone once it is made.
    pub binding: Option<Binding>,
}

/// The certificates of a place, by number.
pub(super) fn of(view: &impl Reads, place: Place) -> Result<Vec<(u64, Kept)>, StoreError> {
    let rows = view.scan(&CERTIFICATES, &Span::all(usize::MAX))?;
    Ok(rows.into_iter().filter(|(_, kept)| kept.place == place).collect())
}

/// Adds one; its number.
pub(super) fn add(tx: &mut Tx<'_>, kept: &Kept) -> Result<u64, StoreError> {
    let number = tx.get(&LATEST, &0)?.unwrap_or(0).saturating_add(1);
    tx.put(&LATEST, &0, &number)?;
    tx.put(&CERTIFICATES, &number, kept)?;
    Ok(number)
}

/// Gives `names` to the certificate `mine` alone: at the storefront the others lose them, and go if they have
/// none left; at the console the others go.
pub(super) fn take(tx: &mut Tx<'_>, mine: u64, place: Place, names: &[HostName]) -> Result<(), StoreError> {
    for (number, mut kept) in of(tx, place)? {
        if number == mine {
            continue;
        }
        let before = kept.names.len();
        kept.names.retain(|name| !names.contains(name));
        if place == Place::Console || kept.names.is_empty() {
            tx.delete(&CERTIFICATES, &number);
        } else if kept.names.len() != before {
            tx.put(&CERTIFICATES, &number, &kept)?;
        }
    }
    Ok(())
}

/// A key that only its sealed row sees, for forms that bring one.
pub(super) type Pem = Zeroizing<String>;
