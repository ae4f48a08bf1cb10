//! Persons, what they may do, and what they prove themselves with.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::PasswordHash;
use crate::base::{Email, Line, Token};
use crate::store::Table;

/// Id to person.
pub const PERSONS: Table<Token, Person> = Table::new("persons", 1);
/// E-mail address, as [`email_key`] writes it, to the person's id.
pub const PERSONS_BY_EMAIL: Table<String, Token> = Table::new("persons-by-email", 1);

/// One who may sign in to the console.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Person {
    /// Key of the row.
    pub id: Token,
    /// What to call them.
    pub name: Line<100>,
    /// What they sign in with.
    pub email: Email,
    /// What they may do.
    pub role: Role,
    /// All of these are asked for, in this order.
    pub factors: Vec<Factor>,
    /// Since when.
    pub since: Timestamp,
}

/// Something that a person proves at sign-in. A second kind (time-based codes, passkeys) is one more
/// variant here and one more step at sign-in.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Factor {
    /// Something that they know.
    Password {
        /// Argon2id.
        hash: PasswordHash,
        /// When it was chosen.
        chosen: Timestamp,
    },
}

/// A part that a person plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Runs the whole shop.
    Administrator,
}

/// Something that not everybody may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// Read orders.
    SeeOrders,
    /// Change products, prices and stock.
    ChangeProducts,
    /// Change gateway and certificate.
    ChangeSettings,
    /// Capture, release and refund payments.
    MoveMoney,
    /// Take the shop live.
    GoLive,
    /// Say that an alarm has been dealt with.
    DealWithAlarms,
}

impl Role {
    /// Whether the role carries the right.
    pub fn may(self, right: Right) -> bool {
        match (self, right) {
            (
                Self::Administrator,
                Right::SeeOrders
                | Right::ChangeProducts
                | Right::ChangeSettings
                | Right::MoveMoney
                | Right::GoLive
                | Right::DealWithAlarms,
            ) => true,
        }
    }
}

impl Person {
    /// The hash of the person's password.
    pub fn password(&self) -> Option<&PasswordHash> {
        self.factors.iter().map(|Factor::Password { hash, .. }| hash).next()
    }
}

/// One key for all ways to type an address.
pub fn email_key(email: &str) -> String {
    email.trim().to_lowercase()
}
