//! What an operator's account at a gateway consists of. Secrets are wiped and never shown.

use crate::base::SecretBytes;

/// Who shows the page on which the card is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StripePage {
    /// This shop: the card passes through this machine (SAQ D).
    Own,
    /// Stripe: the card never touches this machine (SAQ A).
    Hosted,
}

/// Stripe: live or test is told by the key itself.
pub struct StripeAccount {
    /// `sk_live_...`, `rk_live_...`, or with `test` in place of `live`.
    pub key: SecretBytes,
    /// `whsec_...`: signs Stripe's notices. Without it none is believed.
    pub notices: Option<SecretBytes>,
    /// Who takes the card.
    pub page: StripePage,
}

/// Authorize.Net.
pub struct AuthorizeNetAccount {
    /// Whether real money moves.
    pub live: bool,
    /// The API login ID, 1 to 25 characters; an identifier, and yet kept like a secret.
    pub login: SecretBytes,
    /// The transaction key, 16 characters.
    pub transaction_key: SecretBytes,
    /// The signature key, 128 hex digits: signs Authorize.Net's notices. Without it none is believed.
    pub signature_key: Option<SecretBytes>,
}

/// Adyen.
pub struct AdyenAccount {
    /// The prefix of the account's live host, such as `1797a841fbb37ca7-AdyenDemo`; `None` is the test
    /// environment.
    pub live_prefix: Option<String>,
    /// The merchant account.
    pub merchant: String,
    /// The API key.
    pub key: SecretBytes,
    /// The HMAC key of the notices, hex. Adyen cannot be asked how a payment went, so notices are a must.
    pub notices: SecretBytes,
}

/// An account of any vendor: what a gateway is made from.
pub enum Account {
    /// The built-in gateway, which has none.
    Test,
    /// Stripe.
    Stripe(StripeAccount),
    /// Authorize.Net.
    AuthorizeNet(AuthorizeNetAccount),
    /// Adyen.
    Adyen(AdyenAccount),
}

impl Account {
    /// Whether real money moves.
    pub fn is_live(&self) -> bool {
        match self {
            Self::Test => false,
            Self::Stripe(account) => {
                let key = account.key.expose_str().unwrap_or_default();
                key.get(3..).is_some_and(|rest| rest.starts_with("live_"))
            }
            Self::AuthorizeNet(account) => account.live,
            Self::Adyen(account) => account.live_prefix.is_some(),
        }
    }
}
