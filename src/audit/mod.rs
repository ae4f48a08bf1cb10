//! Who did what, when, and how it ended.
//!
//! Owns one table that only grows: events are numbered in the order of their commits and are never changed
//! or removed. An event is written in the same transaction as the change that it tells of, so that there is
//! no change without one. Holds names of things, never their secrets: no password, no key, no card.

use std::fmt;
use std::net::IpAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::base::{Email, Token};
use crate::store::{Reads, Span, StoreError, Table, Tx};

/// Number, from 1 up, to event.
pub const EVENTS: Table<u64, Event> = Table::new("audit-events", 1);

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
    /// Sign-in.
    SignIn,
    /// Sign-out.
    SignOut,
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
    /// The storefront's certificate was replaced.
    ReplaceCertificate,
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
    /// To what: a handle, an order's number, a host name.
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
        Self { at, by, deed, object, outcome: Outcome::Done, source }
    }

    /// The same event, refused.
    pub fn refused(mut self) -> Self {
        self.outcome = Outcome::Refused;
        self
    }

    /// Adds the event to the end of the table.
    pub fn record(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let last = tx.scan(&EVENTS, &Span::all(1).newest_first())?;
        let number = last.first().map_or(0, |(number, _)| *number).saturating_add(1);
        tx.put(&EVENTS, &number, self)
    }

    /// Tells the log: after the commit, because a transaction may run more than once.
    pub fn log(&self) {
        match self.outcome {
            Outcome::Done => log::info!(target: "audit", "{self}"),
            Outcome::Refused => log::warn!(target: "audit", "{self}"),
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.by {
            Who::Machine => f.write_str("machine")?,
            Who::Stranger => f.write_str("stranger")?,
            Who::Person { email, .. } => write!(f, "{email}")?,
        }
        write!(f, " {:?} \"{}\" {:?}", self.deed, self.object, self.outcome)?;
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
