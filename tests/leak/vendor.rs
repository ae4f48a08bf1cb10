//! What the vendors differ in: their accounts, and which of their calls belongs to which step.

use super::double::{Double, Fault, adyen, authorize_net};

pub struct Vendor {
    /// Of the gateway that takes the card, and of the door for its notices.
    pub name: &'static str,
    /// Its field in `[dev]`.
    pub endpoint: &'static str,
    /// The fields of the account.
    pub account: &'static [(&'static str, &'static str)],
    /// What signs its notices.
    pub secret: &'static str,
    /// A key that it does not take.
    pub wrong_key: (&'static str, &'static str),
    /// The calls of a payment: a path's end, or a text of the body.
    pub payment: &'static [&'static str],
    /// What is asked when an answer was lost; empty for one that cannot be asked.
    pub question: &'static str,
    pub capture: &'static str,
    pub release: &'static str,
    pub refund: &'static str,
    /// Whether the shopper can be sent to a bank.
    pub asks: bool,
}

const ADYEN_SECRET: &str = "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056";

/// Stripe first.
pub const VENDORS: [Vendor; 3] = [
    Vendor {
        name: "stripe",
        endpoint: "stripe_endpoint",
        account: &[("stripe_key", "sk_test_double"), ("stripe_notices", "whsec_of_the_leak_test")],
        secret: "whsec_of_the_leak_test",
        wrong_key: ("stripe_key", "rk_test_unknown"),
        payment: &["/payment_intents", "/confirm"],
        question: "",
        capture: "/capture",
        release: "/cancel",
        refund: "/v1/refunds",
        asks: true,
    },
    Vendor {
        name: "adyen",
        endpoint: "adyen_endpoint",
        account: &[
            ("adyen_merchant", adyen::MERCHANT),
            ("adyen_key", adyen::KEY),
            ("adyen_notices", ADYEN_SECRET),
        ],
        secret: ADYEN_SECRET,
        wrong_key: ("adyen_key", "AQEofNobodyAtAll"),
        payment: &["/payments"],
        question: "/cancels",
        capture: "/captures",
        release: "/cancels",
        refund: "/refunds",
        asks: true,
    },
    Vendor {
        name: "authorize-net",
        endpoint: "authorize_net_endpoint",
        account: &[
            ("authorize_net_environment", "sandbox"),
            ("authorize_net_login", authorize_net::LOGIN),
            ("authorize_net_key", authorize_net::KEY),
            ("authorize_net_signature", authorize_net::SIGNATURE_KEY),
        ],
        secret: authorize_net::SIGNATURE_KEY,
        wrong_key: ("authorize_net_key", "0000000000000000"),
        payment: &["authCaptureTransaction"],
        question: "getUnsettledTransactionListRequest",
        capture: "priorAuthCaptureTransaction",
        release: "voidTransaction",
        refund: "refundTransaction",
        asks: false,
    },
];

impl Vendor {
    pub async fn double(&self) -> Double {
        match self.name {
            "stripe" => Double::stripe().await,
            "adyen" => Double::adyen().await,
            _ => Double::authorize_net().await,
        }
    }
}

/// The next call at this step suffers the fault.
pub fn plan(gateway: &Double, step: &str, fault: Fault) {
    if step.is_empty() || step.starts_with('/') {
        gateway.plan(step, fault)
    } else {
        gateway.plan_text(step, fault)
    }
}

/// The fields of the account of the vendor of this name.
pub fn account_of(name: &str) -> Vec<(&'static str, &'static str)> {
    VENDORS.iter().find(|vendor| vendor.name == name).unwrap().account.to_vec()
}
