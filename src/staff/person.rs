//! Persons: who they are, what is on file about them, and which part they play. Their secrets are elsewhere
//! ([`super::CREDENTIALS`]), so that no list of people ever touches one.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Employment, Role, Screening};
use crate::base::{Email, Line, Token};
use crate::store::Table;

/// Id to person.
pub const PERSONS: Table<Token, Person> = Table::new("persons", 1);
/// E-mail address, as [`email_key`] writes it, to the person's id.
pub const PERSONS_BY_EMAIL: Table<String, Token> = Table::new("persons-by-email", 1);
/// The most people, those who left included.
pub const MOST_PERSONS: usize = 1000;

/// One who may sign in to the console.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Person {
    /// Key of the row.
    pub id: Token,
    /// The legal name.
    pub name: Line<100>,
    /// What they sign in with. Nobody shares one.
    pub email: Email,
    /// Which part they play.
    pub role: Role,
    /// By whom and since when they are employed.
    pub employment: Employment,
    /// What was found out about them before they were trusted.
    pub screening: Option<Screening>,
    /// Who granted and who confirmed, for each role that they ever had.
    pub approvals: Vec<Approval>,
    /// Who vouched for them in the machine's provisioning file: only the first of a new machine.
    pub attested: Option<Attested>,
    /// Whether the account can be used.
    pub state: PersonState,
    /// Since when there is a row.
    pub since: Timestamp,
    /// When they last signed in; when they were invited, before that.
    pub last_seen: Timestamp,
}

/// Whether an account can be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum PersonState {
    /// Granted and confirmed; has not chosen a password yet.
    Invited,
    /// Can be used.
    Active,
    /// Cannot be used.
    Disabled {
        /// Since when.
        at: Timestamp,
        /// Why.
        why: WhyDisabled,
    },
}

/// Why an account cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhyDisabled {
    /// Somebody with the right said so.
    Dismissed,
    /// Nobody signed in for 90 days.
    Unused,
    /// Invited, and did not join within seven days.
    NotJoined,
}

/// Somebody's word that a person may play a part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Whose.
    pub by: Token,
    /// The address at that time.
    pub email: Email,
    /// When.
    pub at: Timestamp,
    /// For which part.
    pub role: Role,
}

/// The word of those who provisioned the machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attested {
    /// Who approved, by name.
    pub by: Line<100>,
    /// For which part.
    pub role: Role,
}

/// One key for all ways to type an address.
pub fn email_key(email: &str) -> String {
    email.trim().to_lowercase()
}
