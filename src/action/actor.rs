//! Who does something, and whether they may.

use std::net::IpAddr;

use jiff::Timestamp;

use crate::audit::{Deed, Event, Who};
use crate::staff::{Person, Right, Role};

/// One who acts. Made by signing in, or by the machine for itself; nobody else can make one.
#[derive(Debug, Clone)]
pub struct Actor {
    by: Who,
    /// `None` is the machine, which may do everything that it does by itself.
    role: Option<Role>,
    source: Option<IpAddr>,
}

/// The actor may not do that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this needs the right {0:?}")]
pub struct Denied(pub Right);

impl Actor {
    pub(super) fn machine() -> Self {
        Self { by: Who::Machine, role: None, source: None }
    }

    pub(super) fn person(person: &Person, source: IpAddr) -> Self {
        let by = Who::Person { id: person.id, email: person.email.clone() };
        Self { by, role: Some(person.role), source: Some(source) }
    }

    /// Whether the actor may.
    pub fn require(&self, right: Right) -> Result<(), Denied> {
        match self.role {
            Some(role) if !role.may(right) => Err(Denied(right)),
            _ => Ok(()),
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
