//! Who does something, and whether they may.

use std::net::IpAddr;

use jiff::Timestamp;

use crate::audit::{Deed, Event, Who};
use crate::staff::{Person, Right, Role, Side};

/// One who acts. Made by signing in, or by the machine for itself; nobody else can make one.
#[derive(Debug, Clone)]
pub struct Actor {
    by: Who,
    /// `None` is the machine, which may do everything that it does by itself.
    role: Option<Role>,
    /// What a token was narrowed to; `None` is all that the role carries.
    only: Option<Vec<Right>>,
    /// Whether the second factor was proved lately.
    stepped_up: bool,
    source: Option<IpAddr>,
}

/// The actor may not do that, or not yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// Neither the role nor the token carries the right.
    #[error("this needs the right {}", .0.name())]
    Right(Right),
    /// The right is there, but the second factor must be proved again first.
    #[error("the right {} needs the second factor again", .0.name())]
    StepUp(Right),
}

impl Denied {
    /// Which right was asked for.
    pub fn right(self) -> Right {
        let (Self::Right(right) | Self::StepUp(right)) = self;
        right
    }
}

impl Actor {
    pub(super) fn machine() -> Self {
        Self { by: Who::Machine, role: None, only: None, stepped_up: true, source: None }
    }

    /// A person who is known to be at `source`; `stepped_up` when the second factor was proved lately.
    pub(super) fn person(person: &Person, source: IpAddr, stepped_up: bool) -> Self {
        let by = Who::Person { id: person.id, email: person.email.clone() };
        Self { by, role: Some(person.role), only: None, stepped_up, source: Some(source) }
    }

    /// The same person without any right: there is no second factor yet.
    pub(super) fn not_enrolled(self) -> Self {
        Self { only: Some(Vec::new()), stepped_up: false, ..self }
    }

    /// Whether the second factor was proved lately, for what people change of their own credentials.
    pub fn is_fresh(&self) -> bool {
        self.stepped_up
    }

    /// From where; `None` for the machine itself.
    pub fn source(&self) -> Option<IpAddr> {
        self.source
    }

    /// The holder of a person's token, who may at most what the token was made for, and never what needs the
    /// second factor.
    pub(super) fn token(person: &Person, only: Vec<Right>, source: IpAddr) -> Self {
        Self { only: Some(only), ..Self::person(person, source, false) }
    }

    /// The person's row, if it is a person who is signed in, and not a token of theirs.
    pub fn owner(&self) -> Option<crate::base::Token> {
        self.id().filter(|_| self.only.is_none())
    }

    /// What the actor may do, if need be after proving the second factor; in the order of the table.
    pub fn rights(&self) -> Vec<Right> {
        Right::ALL.into_iter().filter(|right| self.may(*right)).collect()
    }

    /// The part that the person plays; `None` for the machine.
    pub fn role(&self) -> Option<Role> {
        self.role
    }

    /// Whether the actor may, now.
    pub fn require(&self, right: Right) -> Result<(), Denied> {
        if !self.may(right) {
            self.log_refusal(right, "an action");
            return Err(Denied::Right(right));
        }
        if right.needs_step_up() && !self.stepped_up {
            return Err(Denied::StepUp(right));
        }
        Ok(())
    }

    /// Writes down that the actor was refused `at` a place for want of this right (ASVS 16.3.2). Of the person the
    /// row's id alone: the journal is for people who see no staff.
    pub fn log_refusal(&self, right: Right, at: &str) {
        let who = self.id().map_or_else(|| "nobody".to_owned(), |id| id.to_string());
        let from = self.source.map_or_else(|| "nowhere".to_owned(), |source| source.to_string());
        log::warn!(target: "access", "account {who} from {from} has no right to {}: {at}", right.name());
    }

    /// Whether the actor carries the right, if need be after proving the second factor: for what pages offer.
    pub fn may(&self, right: Right) -> bool {
        let narrowed = self.only.as_ref().is_none_or(|only| only.contains(&right));
        narrowed && self.role.is_none_or(|role| role.may(right))
    }

    /// Whose staff it is; `None` for the machine.
    pub fn side(&self) -> Option<Side> {
        self.role.map(Role::side)
    }

    /// The person's row, if it is a person.
    pub fn id(&self) -> Option<crate::base::Token> {
        match &self.by {
            Who::Person { id, .. } => Some(*id),
            Who::Machine | Who::Stranger => None,
        }
    }

    pub(super) fn who(&self) -> Who {
        self.by.clone()
    }

    /// What rows call the actor: a person's address, or `machine`.
    pub(super) fn name(&self) -> String {
        match &self.by {
            Who::Person { email, .. } => email.to_string(),
            Who::Machine => "machine".to_owned(),
            Who::Stranger => "stranger".to_owned(),
        }
    }

    pub(super) fn did(&self, at: Timestamp, deed: Deed, object: &str) -> Event {
        Event::done(at, self.by.clone(), deed, object, self.source)
    }
}
