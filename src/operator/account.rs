//! What an operator's accounts at the gateways' vendors consist of: one table of fields, pure rules.
//!
//! Owns which fields a vendor has, which of them are needed, which are secret, and what each may hold. Knows
//! nothing of whether an account works: only its vendor does.

use super::GatewayChoice;
use crate::payment::gateway::{ADYEN, AUTHORIZE_NET, STRIPE};

/// The value of [`AccountField::AuthorizeNetEnvironment`] that moves real money.
pub const LIVE: &str = "live";
/// The value of [`AccountField::AuthorizeNetEnvironment`] that moves none.
pub const SANDBOX: &str = "sandbox";
/// The most characters of an Adyen prefix: with `-checkout-live` behind it it is one label of a host name
/// (63 octets, RFC 1035 2.3.4).
const MOST_PREFIX: usize = 49;

/// With whom an operator has an account. Stripe's two ways to pay are one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Vendor {
    /// Stripe.
    Stripe,
    /// Adyen.
    Adyen,
    /// Authorize.Net.
    AuthorizeNet,
}

/// One thing to enter about an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AccountField {
    /// `sk_live_...`, `rk_live_...`, or with `test` in place of `live`.
    StripeKey,
    /// `whsec_...`.
    StripeNotices,
    /// The merchant account.
    AdyenMerchant,
    /// The prefix of the live host; empty is the test environment.
    AdyenPrefix,
    /// The API key.
    AdyenKey,
    /// The HMAC key of the notices. Needed: Adyen cannot be asked how a payment went.
    AdyenNotices,
    /// `live` or `sandbox`.
    AuthorizeNetEnvironment,
    /// The API login ID.
    AuthorizeNetLogin,
    /// The transaction key.
    AuthorizeNetKey,
    /// The signature key of the notices.
    AuthorizeNetSignature,
}

impl Vendor {
    /// All of them, in the order in which the console offers them.
    pub const ALL: [Self; 3] = [Self::Stripe, Self::Adyen, Self::AuthorizeNet];

    /// What there is to enter.
    pub fn fields(self) -> &'static [AccountField] {
        use AccountField as F;
        match self {
            Self::Stripe => &[F::StripeKey, F::StripeNotices],
            Self::Adyen => &[F::AdyenMerchant, F::AdyenPrefix, F::AdyenKey, F::AdyenNotices],
            Self::AuthorizeNet => &[
                F::AuthorizeNetEnvironment,
                F::AuthorizeNetLogin,
                F::AuthorizeNetKey,
                F::AuthorizeNetSignature,
            ],
        }
    }

    /// The ways to pay that use the account.
    pub fn choices(self) -> &'static [GatewayChoice] {
        match self {
            Self::Stripe => &[GatewayChoice::StripeHosted, GatewayChoice::Stripe],
            Self::Adyen => &[GatewayChoice::Adyen],
            Self::AuthorizeNet => &[GatewayChoice::AuthorizeNet],
        }
    }

    /// The last part of the address to which its notices are sent.
    pub fn door(self) -> &'static str {
        match self {
            Self::Stripe => STRIPE,
            Self::Adyen => ADYEN,
            Self::AuthorizeNet => AUTHORIZE_NET,
        }
    }
}

impl AccountField {
    /// Its name in forms. Its row has the same with hyphens.
    pub fn name(self) -> &'static str {
        match self {
            Self::StripeKey => "stripe_key",
            Self::StripeNotices => "stripe_notices",
            Self::AdyenMerchant => "adyen_merchant",
            Self::AdyenPrefix => "adyen_prefix",
            Self::AdyenKey => "adyen_key",
            Self::AdyenNotices => "adyen_notices",
            Self::AuthorizeNetEnvironment => "authorize_net_environment",
            Self::AuthorizeNetLogin => "authorize_net_login",
            Self::AuthorizeNetKey => "authorize_net_key",
            Self::AuthorizeNetSignature => "authorize_net_signature",
        }
    }

    /// Whose it is.
    pub fn vendor(self) -> Vendor {
        match self {
            Self::StripeKey | Self::StripeNotices => Vendor::Stripe,
            Self::AdyenMerchant | Self::AdyenPrefix | Self::AdyenKey | Self::AdyenNotices => Vendor::Adyen,
            Self::AuthorizeNetEnvironment
            | Self::AuthorizeNetLogin
            | Self::AuthorizeNetKey
            | Self::AuthorizeNetSignature => Vendor::AuthorizeNet,
        }
    }

    /// Whether an account is not usable without it.
    pub fn is_needed(self) -> bool {
        !matches!(self, Self::StripeNotices | Self::AdyenPrefix | Self::AuthorizeNetSignature)
    }

    /// Whether it is never shown again. An empty form field then keeps what is in place.
    pub fn is_secret(self) -> bool {
        !matches!(self, Self::AdyenMerchant | Self::AdyenPrefix | Self::AuthorizeNetEnvironment)
    }

    /// What in it tells one account from another: while payments wait, this must stay. A Stripe key tells only
    /// whether it is live, so two live accounts of Stripe cannot be told apart.
    pub fn mark(self, value: &str) -> Option<&str> {
        match self {
            Self::StripeKey => value.get(3..7),
            Self::AdyenMerchant
            | Self::AdyenPrefix
            | Self::AuthorizeNetEnvironment
            | Self::AuthorizeNetLogin => Some(value),
            Self::StripeNotices | Self::AdyenKey | Self::AdyenNotices => None,
            Self::AuthorizeNetKey | Self::AuthorizeNetSignature => None,
        }
    }

    /// Whether a value, without white space around it, can be what it should be.
    pub fn admits(self, value: &str) -> bool {
        let long = |from: usize, to: usize| (from..=to).contains(&value.len());
        let made_of = |more: &[u8]| value.bytes().all(|b| b.is_ascii_alphanumeric() || more.contains(&b));
        let hex = |digits| value.len() == digits && value.bytes().all(|byte| byte.is_ascii_hexdigit());
        match self {
            Self::StripeKey => {
                let known = ["sk_live_", "rk_live_", "sk_test_", "rk_test_"];
                known.iter().any(|start| value.starts_with(start)) && made_of(b"_") && long(12, 255)
            }
            Self::StripeNotices => value.starts_with("whsec_") && made_of(b"_+/=-") && long(16, 255),
            Self::AdyenMerchant => made_of(b"_-.") && long(1, 100),
            Self::AdyenPrefix => made_of(b"-") && long(1, MOST_PREFIX) && !value.starts_with('-'),
            Self::AdyenKey => value.bytes().all(|byte| byte.is_ascii_graphic()) && long(16, 512),
            Self::AdyenNotices => hex(64),
            Self::AuthorizeNetEnvironment => [LIVE, SANDBOX].contains(&value),
            Self::AuthorizeNetLogin => value.bytes().all(|byte| byte.is_ascii_graphic()) && long(1, 25),
            Self::AuthorizeNetKey => made_of(b"") && long(16, 16),
            Self::AuthorizeNetSignature => hex(128),
        }
    }
}

impl GatewayChoice {
    /// Whose account it needs; `None` for the test gateway.
    pub fn vendor(self) -> Option<Vendor> {
        match self {
            Self::Test => None,
            Self::Stripe | Self::StripeHosted => Some(Vendor::Stripe),
            Self::Adyen => Some(Vendor::Adyen),
            Self::AuthorizeNet => Some(Vendor::AuthorizeNet),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_field_belongs_to_the_vendor_that_lists_it_and_each_choice_to_its_vendor() {
        for vendor in Vendor::ALL {
            assert!(vendor.fields().iter().all(|field| field.vendor() == vendor));
            assert!(vendor.fields().iter().any(|field| field.is_needed()));
            assert!(vendor.choices().iter().all(|choice| choice.vendor() == Some(vendor)));
            let door = crate::payment::gateway::door;
            assert!(vendor.choices().iter().all(|choice| door(choice.name()) == vendor.door()));
        }
        let all: usize = Vendor::ALL.iter().map(|vendor| vendor.choices().len()).sum();
        assert_eq!(all + 1, GatewayChoice::ALL.len(), "all but the test gateway");
    }

    #[test]
    fn a_field_takes_what_its_vendor_gives_out_and_nothing_near_it() {
        use AccountField as F;
        let hex = |digits: usize| "0aF9".repeat(digits / 4);
        for (field, good, bad) in [
            (
                F::StripeKey,
                vec!["sk_live_0123".to_owned(), "rk_test_a_b".to_owned() + "c0"],
                vec!["", "pk_live_0123456789", "sk_0123456789", "sk_live_<script>", "sk_prod_0123"],
            ),
            (F::StripeNotices, vec!["whsec_0123456789".to_owned()], vec!["whsec_", "sk_live_0123456789"]),
            (F::AdyenMerchant, vec!["MeadowECOM".to_owned(), "a-b_1.de".to_owned()], vec!["", "a b", "a/b"]),
            (
                F::AdyenPrefix,
                vec!["1797a841fbb37ca7-AdyenDemo".to_owned(), "a".repeat(49)],
                vec!["", "-a", "a.evil.example/", "a_b"],
            ),
            (
                F::AdyenKey,
                vec!["AQE1hmfxK....-LAg=-{2^".to_owned()],
                vec!["short", "with a space in the middle"],
            ),
            (F::AdyenNotices, vec![hex(64)], vec!["", "zz"]),
            (F::AuthorizeNetEnvironment, vec!["live".to_owned(), "sandbox".to_owned()], vec!["", "test"]),
            (F::AuthorizeNetLogin, vec!["a".to_owned(), "5KP3u95bQpv".to_owned()], vec!["", "a b"]),
            (
                F::AuthorizeNetKey,
                vec!["346HZ32z3fP4hTG2".to_owned()],
                vec!["346HZ32z3fP4hTG", "346HZ32z3fP4hTG-"],
            ),
            (F::AuthorizeNetSignature, vec![hex(128)], vec!["", "00"]),
        ] {
            for value in good {
                assert!(field.admits(&value), "{} {value}", field.name());
            }
            for value in bad {
                assert!(!field.admits(value), "{} {value}", field.name());
            }
            assert!(!field.admits(&"a".repeat(1000)), "{} has a bound", field.name());
        }
        assert!(!F::AdyenPrefix.admits(&"a".repeat(50)) && !F::AdyenNotices.admits(&hex(68)));
    }

    #[test]
    fn a_rotated_key_is_the_same_account_and_a_test_key_another() {
        let mark = |key| AccountField::StripeKey.mark(key);
        assert_eq!(mark("sk_live_0123456789"), mark("rk_live_9876543210"));
        assert_ne!(mark("sk_live_0123456789"), mark("sk_test_0123456789"));
        assert_ne!(AccountField::AdyenMerchant.mark("A"), AccountField::AdyenMerchant.mark("B"));
        assert_eq!(AccountField::AdyenKey.mark("A"), AccountField::AdyenKey.mark("B"));
    }
}
