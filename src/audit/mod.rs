//! Who did what, when, and how it ended: a log that shows it if somebody changes it.
//!
//! An event is written in the same transaction as the change that it tells of, so that there is no change
//! without one. Records are numbered in the order of their commits, and each holds the hash of the one before
//! it. Every hour, and at each day's end, the latest hash becomes a head: the TPM extends an index with it that
//! nothing can set back, and signs what the index then holds. `docs/AUDIT.md` has the format.
//!
//! Holds names of things, never their secrets: no password, no key, no card.
//!
//! Invariants:
//! - [`Event::record`] is the only way in, and nothing changes a record: the hash is over the very bytes that
//!   are kept, so a later version of this code computes no other one.
//! - Whole days go, 13 months later, and only up to a head that stays.
//! - A TPM that fails stops no transaction: heads wait, and an alarm tells.

mod canonical;
mod chain;
mod deed;
mod export;
mod hash;
mod head;
mod retention;
mod seal;
mod search;
mod verify;
mod witness;

pub use crate::tpm::witness::Certificate;
pub use chain::{EVENTS, Record, State, begin, records_after, state};
pub use deed::Pci;
pub use export::{End, Export, PIECE};
pub use hash::Hash;
pub use head::{Head, Sealed, latest_head};
pub use retention::{KEPT_FOR, MOST_RECORDS, NEARLY_FULL, Removal, removable, remove};
pub use seal::{EVERY, Gap, Standing, begin_head, compare, digest, due, finish_head, follows};
pub use search::{LOOKED_AT, Page, Query, search};
pub use verify::{Bad, Checker, LONGEST_LINE, Place, Report, VerifyEnd, Why, verify, verify_command};
pub use witness::Witness;

use std::fmt;
use std::net::IpAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::base::{Email, Token};
use crate::store::{StoreError, Tx};

/// The most characters of an object's name that are kept.
const MOST_OBJECT: usize = 200;

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "who")]
pub enum Who {
    /// The machine by itself, such as the demo catalogue at the first start.
    Machine,
    /// Somebody who is not signed in.
    Stranger,
    /// A person of the staff.
    Person {
        /// The person's row.
        id: Token,
        /// The address at that time.
        email: Email,
    },
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// A new set-up code was made.
    IssueSetupCode,
    /// The set-up code was typed.
    EnterSetupCode,
    /// The shop and its first administrator were made.
    SetUp,
    /// The recovery key was confirmed to be written down.
    KeepRecoveryKey,
    /// The audit log began, or was taken into another chain.
    BeginAudit,
    /// The service started, and with it the audit log.
    StartService,
    /// The service stopped, and with it the audit log.
    StopService,
    /// The audit log was read.
    ReadAudit,
    /// The audit log was exported.
    ExportAudit,
    /// Days of the audit log that are old enough were removed.
    PruneAudit,
    /// The audit log and the TPM do not agree.
    FindAuditGap,
    /// Sign-in.
    SignIn,
    /// Sign-out.
    SignOut,
    /// The second factor was proved again.
    StepUp,
    /// Somebody ended sessions of their own.
    EndSession,
    /// Somebody chose another password.
    ChangePassword,
    /// An authenticator app was added.
    AddApp,
    /// An authenticator app was removed.
    RemoveApp,
    /// A passkey was added.
    AddPasskey,
    /// A passkey was removed.
    RemovePasskey,
    /// A fresh set of recovery codes was made.
    MakeRecoveryCodes,
    /// Somebody's record stopped allowing the role, and every session ended.
    ShutOut,
    /// A file of products was taken.
    ImportProducts,
    /// A product was shown or hidden.
    ChangeProduct,
    /// A variant's price or stock was changed.
    ChangeVariant,
    /// Another gateway, or another key of it.
    ChangeGateway,
    /// A key and a request for a certificate were made.
    RequestCertificate,
    /// A certificate of the storefront or of the console was replaced.
    ReplaceCertificate,
    /// An authority is asked for a certificate.
    AskCertificate,
    /// A certificate was taken away.
    RemoveCertificate,
    /// The money that was held for an order was taken.
    CapturePayment,
    /// The money that was held for an order was released.
    VoidPayment,
    /// Money was given back.
    RefundPayment,
    /// The shop went live.
    GoLive,
    /// Somebody said that they have dealt with an alarm.
    AcknowledgeAlarm,
    /// A token for a program was made.
    MakeToken,
    /// A token was revoked.
    RevokeToken,
    /// A token came that opens nothing, or nothing from there.
    RefuseToken,
    /// An alarm was raised: the first ten times, then each doubling.
    RaiseAlarm,
    /// A change of ranges was put on trial.
    ChangeRanges,
    /// A change of ranges was confirmed.
    ConfirmRanges,
    /// A change of ranges was taken back, by somebody or by time.
    RevertRanges,
    /// Ranges were given at the machine, signed with the recovery key.
    RecoverRanges,
    /// Somebody proposed what another must confirm.
    Propose,
    /// Somebody else confirmed it, and it was done.
    ConfirmProposal,
    /// Somebody else said no.
    RejectProposal,
    /// It was taken back.
    WithdrawProposal,
    /// Nobody decided on it within a day.
    LapseProposal,
    /// Somebody's account was switched off.
    DismissPerson,
    /// An account that was not used for 90 days was switched off.
    DisableUnused,
    /// An invitation, or an enrolment, that was not finished within seven days ended.
    EndUnfinished,
    /// A person whom the provisioning file vouches for was entered.
    AttestPerson,
    /// Half of an invitation was made: the link or the code.
    InvitePerson,
    /// Somebody who was invited chose a password.
    JoinStaff,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is done.
    Done,
    /// It was not allowed or not right, and nothing was changed.
    Refused,
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: Who,
    /// What.
    pub deed: Deed,
    /// What kind of thing it was done to.
    #[serde(default)]
    pub component: String,
    /// To which one: a handle, an order's number, a host name.
    pub object: String,
    /// How it ended.
    pub outcome: Outcome,
    /// From which address; `None` for the machine itself.
    pub source: Option<IpAddr>,
}

impl Event {
    /// An event that ended well, about `object` (shortened if it is long).
    pub fn done(at: Timestamp, by: Who, deed: Deed, object: &str, source: Option<IpAddr>) -> Self {
        let object = object.chars().filter(|letter| !letter.is_control()).take(MOST_OBJECT).collect();
        let component = deed.component().to_owned();
        Self { at, by, deed, component, object, outcome: Outcome::Done, source }
    }

    /// The same event, refused.
    pub fn refused(mut self) -> Self {
        self.outcome = Outcome::Refused;
        self
    }

    /// Adds the event to the end of the table.
    pub fn record(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        chain::append(tx, self)
    }

    /// Tells the log: after the commit, because a transaction may run more than once.
    pub fn log(&self) {
        match self.outcome {
            Outcome::Done => log::info!(target: "audit", "{self}"),
            Outcome::Refused => log::warn!(target: "audit", "{self}"),
        }
    }
}

/// `machine`, `stranger`, or the person's address.
impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Machine => f.write_str("machine"),
            Self::Stranger => f.write_str("stranger"),
            Self::Person { email, .. } => write!(f, "{email}"),
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?} \"{}\" {:?}", self.by, self.deed, self.object, self.outcome)?;
        self.source.map_or(Ok(()), |source| write!(f, " from {source}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_line_of_bounded_length() {
        let object = format!("a\nforged line \u{1b}[2J {}", "x".repeat(999));
        let event = Event::done(Timestamp::UNIX_EPOCH, Who::Stranger, Deed::SignIn, &object, None).refused();
        assert!(!event.to_string().contains(char::is_control));
        assert!(event.to_string().len() < 300);
    }
}
