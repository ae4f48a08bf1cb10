//! What persons prove themselves with: hashes and seeds, in a table of their own.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::PasswordHash;
use crate::base::Token;
use crate::store::Table;

/// Person's id to what they prove themselves with.
pub const CREDENTIALS: Table<Token, Credentials> = Table::new("credentials", 1);

/// What a person proves themselves with.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Credentials {
    /// Something that they know.
    pub password: Option<KeptPassword>,
}

/// A password, as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct KeptPassword {
    /// Argon2id.
    pub hash: PasswordHash,
    /// When it was chosen.
    pub chosen: Timestamp,
}

impl Credentials {
    /// Those of somebody who has just chosen a password.
    pub fn of_password(hash: PasswordHash, chosen: Timestamp) -> Self {
        Self { password: Some(KeptPassword { hash, chosen }) }
    }
}
