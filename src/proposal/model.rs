//! A proposal, and what can be proposed.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::rules::LASTS;
use crate::base::{Email, Line, Token};
use crate::collector::Settings;
use crate::staff::{Employment, Right, Role, Screening, Side};

/// A clock that steps back further than this closes a proposal.
const BACK: jiff::SignedDuration = jiff::SignedDuration::from_secs(-60);

/// What is on file about somebody, and which part they play: what a form takes and a proposal carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The legal name.
    pub name: Line<100>,
    /// Which part they play.
    pub role: Role,
    /// By whom and since when they are employed.
    pub employment: Employment,
    /// What was found out about them before they were trusted.
    pub screening: Option<Screening>,
}

/// Somebody who has a row already.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// The row.
    pub id: Token,
    /// The address when it was proposed.
    pub email: Email,
    /// The part when it was proposed.
    pub role: Role,
}

/// What can be proposed. For sealed rows only: a collector's token may be in it while it waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "what")]
pub enum Proposed {
    /// A new person.
    Grant {
        /// What they are to sign in with.
        email: Email,
        /// What is on file about them.
        record: Record,
    },
    /// Another part, or another record, of somebody.
    Change {
        /// Whose.
        person: Subject,
        /// All of it, as it shall be.
        record: Record,
    },
    /// Somebody who was disabled comes back, by a new invitation.
    Reinstate {
        /// Who.
        person: Subject,
    },
    /// Somebody who lost what they prove themselves with begins anew, by a new invitation.
    ResetCredentials {
        /// Who.
        person: Subject,
    },
    /// The audit log is shipped elsewhere.
    Collector {
        /// Where to; `None` means nowhere.
        settings: Option<Settings>,
    },
}

impl Proposed {
    /// The name in records and in the API.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Grant { .. } => "grant",
            Self::Change { .. } => "change",
            Self::Reinstate { .. } => "reinstate",
            Self::ResetCredentials { .. } => "reset-credentials",
            Self::Collector { .. } => "collector",
        }
    }

    /// Whose row it changes; `None` for somebody new, and for what is not about a person.
    pub fn person(&self) -> Option<&Subject> {
        match self {
            Self::Grant { .. } | Self::Collector { .. } => None,
            Self::Change { person, .. } | Self::Reinstate { person } | Self::ResetCredentials { person } => {
                Some(person)
            }
        }
    }

    /// The address that it is about.
    pub fn email(&self) -> Option<&Email> {
        match self {
            Self::Grant { email, .. } => Some(email),
            _ => self.person().map(|person| &person.email),
        }
    }

    /// Whose staff may see it.
    pub fn side(&self) -> Side {
        match self {
            Self::Grant { record, .. } => record.role.side(),
            Self::Change { person, .. } | Self::Reinstate { person } | Self::ResetCredentials { person } => {
                person.role.side()
            }
            // Who receives the log learns of both sides.
            Self::Collector { .. } => Side::Platform,
        }
    }

    /// What proposing and confirming it needs.
    pub fn right(&self) -> Right {
        match self {
            Self::Collector { .. } => Right::ChangeCollector,
            _ => self.side().right_to_change_staff(),
        }
    }

    /// The same without the secret: what is kept once it is decided on.
    #[must_use]
    pub fn without_secret(self) -> Self {
        match self {
            Self::Collector { settings: Some(settings) } => {
                Self::Collector { settings: Some(Settings { secret: None, ..settings }) }
            }
            other => other,
        }
    }

    /// One line for the audit log.
    pub fn line(&self) -> String {
        match self {
            Self::Grant { email, record } => format!("grant {} to {email}", record.role.name()),
            Self::Change { person, record } if person.role != record.role => {
                format!("change {} from {} to {}", person.email, person.role.name(), record.role.name())
            }
            Self::Change { person, .. } => format!("change the record of {}", person.email),
            Self::Reinstate { person } => format!("reinstate {}", person.email),
            Self::ResetCredentials { person } => format!("reset the credentials of {}", person.email),
            Self::Collector { settings: Some(settings) } => {
                format!("ship the audit log to {}", settings.place())
            }
            Self::Collector { settings: None } => "ship the audit log nowhere".to_owned(),
        }
    }
}

/// Who decided, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// Whose row.
    pub by: Token,
    /// The address at that time.
    pub email: Email,
    /// When.
    pub at: Timestamp,
}

/// Where a proposal stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum ProposalState {
    /// Waits for somebody else.
    Open,
    /// Carried out.
    Confirmed(Decided),
    /// Somebody else said no.
    Rejected(Decided),
    /// Nobody decided within a day.
    Lapsed,
    /// Taken back by who proposed it, or void because they left.
    Withdrawn {
        /// When.
        at: Timestamp,
    },
}

/// Something that one person proposes and another must confirm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// Key of the row: from 1 up.
    pub number: u64,
    /// What.
    pub what: Proposed,
    /// Who proposed it.
    pub by: Token,
    /// Their address at that time.
    pub email: Email,
    /// When.
    pub at: Timestamp,
    /// The last instant at which it can be confirmed.
    pub until: Timestamp,
    /// As it was written last; [`Proposal::state_at`] knows what time has made of it.
    pub state: ProposalState,
}

impl Proposal {
    /// A new one.
    pub fn new(number: u64, what: Proposed, (by, email): (Token, Email), at: Timestamp) -> Self {
        Self { number, what, by, email, at, until: at + LASTS, state: ProposalState::Open }
    }

    /// Where it stands now: an open one lapses by itself.
    pub fn state_at(&self, now: Timestamp) -> ProposalState {
        let within = now <= self.until && now.duration_since(self.at) >= BACK;
        match &self.state {
            ProposalState::Open if !within => ProposalState::Lapsed,
            state => state.clone(),
        }
    }

    /// The same in a state that ends it.
    #[must_use]
    pub fn closed(self, state: ProposalState) -> Self {
        Self { state, what: self.what.without_secret(), ..self }
    }

    /// Whether it waits for somebody else now.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.state_at(now) == ProposalState::Open
    }
}
