//! What persons prove themselves with: hashes and seeds, in a table of their own.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::eligible::UNFINISHED;
use super::{KeptPasskey, KeptTotp, NOT_AGAIN, PasswordHash, RecoveryCodes};
use crate::base::Token;
use crate::store::Table;

/// Person's id to what they prove themselves with.
pub const CREDENTIALS: Table<Token, Credentials> = Table::new("credentials", 1);

/// What a person proves themselves with.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Credentials {
    /// Something that they know.
    pub password: Option<KeptPassword>,
    /// The passwords before it, the latest first.
    #[serde(default)]
    pub earlier: Vec<PasswordHash>,
    /// An authenticator app.
    #[serde(default)]
    pub totp: Option<KeptTotp>,
    /// Passkeys.
    #[serde(default)]
    pub passkeys: Vec<KeptPasskey>,
    /// What opens when app and passkeys are lost.
    #[serde(default)]
    pub recovery: RecoveryCodes,
    /// When one of these was used last; `None` as long as the set is whole.
    #[serde(default)]
    pub recovery_used: Option<Timestamp>,
}

/// A password, as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct KeptPassword {
    /// Argon2id.
    pub hash: PasswordHash,
    /// When it was chosen.
    pub chosen: Timestamp,
    /// Whether it is too short to stand without a passkey.
    #[serde(default)]
    pub needs_passkey: bool,
}

impl Credentials {
    /// Those of somebody who has just chosen a password.
    pub fn of_password(hash: PasswordHash, chosen: Timestamp) -> Self {
        let password = Some(KeptPassword { hash, chosen, needs_passkey: false });
        Self { password, ..Self::default() }
    }

    /// Whether there is a second factor: without one nothing opens but its enrolment.
    pub fn is_enrolled(&self) -> bool {
        self.totp.is_some() || !self.passkeys.is_empty()
    }

    /// Whether the password was chosen so long ago that a second factor is not waited for any more.
    pub fn is_unfinished(&self, now: Timestamp) -> bool {
        let chosen = self.password.as_ref().map(|password| password.chosen);
        !self.is_enrolled() && chosen.is_none_or(|chosen| now.duration_since(chosen) >= UNFINISHED)
    }

    /// The last passwords, which are not taken again.
    pub fn recent(&self) -> Vec<PasswordHash> {
        let present = self.password.iter().map(|kept| kept.hash.clone());
        present.chain(self.earlier.iter().cloned()).take(NOT_AGAIN).collect()
    }

    /// Another password takes the place of the present one.
    pub fn choose(&mut self, password: KeptPassword) {
        self.earlier = self.recent();
        self.earlier.truncate(NOT_AGAIN - 1);
        self.password = Some(password);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::SeededRandom;
    use crate::staff::{Hasher, Password};

    #[tokio::test]
    async fn the_present_password_and_the_three_before_it_are_remembered() {
        let random = SeededRandom::new(1);
        let hasher = Hasher::weak(&random).unwrap();
        let mut credentials = Credentials::default();
        for n in 1..=6 {
            let password = Password::choose(&format!("a quiet meadow with {n} cows"), &[]).unwrap();
            let hash = hasher.hash(password, &random).await.unwrap();
            credentials.choose(KeptPassword { hash, chosen: Timestamp::UNIX_EPOCH, needs_passkey: false });
            let known = async |n: i32| {
                let typed = format!("a quiet meadow with {n} cows").into_bytes();
                hasher.any(crate::base::SecretBytes::new(typed), credentials.recent()).await.unwrap()
            };
            assert!(known(n).await && known((n - 3).max(1)).await);
            assert!(n < 5 || !known(n - 4).await);
        }
        assert!(!credentials.is_enrolled());
    }
}
