//! Which texts belong to which gateway, vendor and field.

use crate::operator::{AccountField, GatewayChoice, Vendor};

/// The texts of a vendor.
pub(super) struct Words {
    pub(super) name: &'static str,
    /// Which notices to ask for.
    pub(super) events: &'static str,
    /// What the vendor must allow first.
    pub(super) needs: &'static str,
}

pub(super) fn of(vendor: Vendor) -> Words {
    match vendor {
        Vendor::Stripe => Words { name: "gateway-stripe", events: "stripe-events", needs: "stripe-needs" },
        Vendor::Adyen => Words { name: "gateway-adyen", events: "adyen-events", needs: "adyen-needs" },
        Vendor::AuthorizeNet => Words {
            name: "gateway-authorize-net",
            events: "authorize-net-events",
            needs: "authorize-net-needs",
        },
    }
}

/// Label and explanation of a way to pay.
pub(super) fn way(choice: GatewayChoice) -> (&'static str, &'static str) {
    match choice {
        GatewayChoice::Test => ("gateway-test", "gateway-test-text"),
        GatewayChoice::Stripe => ("gateway-stripe-own", "gateway-stripe-text"),
        GatewayChoice::StripeHosted => ("gateway-stripe-hosted", "gateway-stripe-hosted-text"),
        GatewayChoice::Adyen => ("gateway-adyen", "gateway-adyen-text"),
        GatewayChoice::AuthorizeNet => ("gateway-authorize-net", "gateway-authorize-net-text"),
    }
}

/// Label and hint of a field.
pub(super) fn line(field: AccountField) -> (&'static str, &'static str) {
    match field {
        AccountField::StripeKey => ("stripe-key", "stripe-key-hint"),
        AccountField::StripeNotices => ("stripe-notices", "stripe-notices-hint"),
        AccountField::AdyenMerchant => ("adyen-merchant", "adyen-merchant-hint"),
        AccountField::AdyenPrefix => ("adyen-prefix", "adyen-prefix-hint"),
        AccountField::AdyenKey => ("adyen-key", "adyen-key-hint"),
        AccountField::AdyenNotices => ("adyen-notices", "adyen-notices-hint"),
        AccountField::AuthorizeNetEnvironment => {
            ("authorize-net-environment", "authorize-net-environment-live")
        }
        AccountField::AuthorizeNetLogin => ("authorize-net-login", "authorize-net-login-hint"),
        AccountField::AuthorizeNetKey => ("authorize-net-key", "authorize-net-key-hint"),
        AccountField::AuthorizeNetSignature => ("authorize-net-signature", "authorize-net-signature-hint"),
    }
}

/// What to say where a needed field is empty. The others are never missing.
pub(super) fn missing(field: AccountField) -> &'static str {
    match field {
        AccountField::StripeKey | AccountField::StripeNotices => "stripe-key-missing",
        AccountField::AdyenMerchant | AccountField::AdyenPrefix => "adyen-merchant-missing",
        AccountField::AdyenKey => "adyen-key-missing",
        AccountField::AdyenNotices => "adyen-notices-missing",
        AccountField::AuthorizeNetEnvironment => "authorize-net-environment-missing",
        AccountField::AuthorizeNetLogin => "authorize-net-login-missing",
        AccountField::AuthorizeNetKey | AccountField::AuthorizeNetSignature => "authorize-net-key-missing",
    }
}

/// What to say where a field holds something else.
pub(super) fn malformed(field: AccountField) -> &'static str {
    match field {
        AccountField::StripeKey => "stripe-key-wrong",
        AccountField::StripeNotices => "stripe-notices-wrong",
        AccountField::AdyenMerchant => "adyen-merchant-wrong",
        AccountField::AdyenPrefix => "adyen-prefix-wrong",
        AccountField::AdyenKey => "adyen-key-wrong",
        AccountField::AdyenNotices => "adyen-notices-wrong",
        AccountField::AuthorizeNetEnvironment => "authorize-net-environment-missing",
        AccountField::AuthorizeNetLogin => "authorize-net-login-wrong",
        AccountField::AuthorizeNetKey => "authorize-net-key-wrong",
        AccountField::AuthorizeNetSignature => "authorize-net-signature-wrong",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Texts;

    #[test]
    fn every_gateway_vendor_and_field_has_its_texts() {
        let texts = Texts::english().unwrap();
        let mut keys = Vec::new();
        for choice in GatewayChoice::ALL {
            keys.extend(<[_; 2]>::from(way(choice)));
        }
        for vendor in Vendor::ALL {
            let words = of(vendor);
            keys.extend([words.name, words.events, words.needs]);
            for field in vendor.fields() {
                keys.extend(<[_; 2]>::from(line(*field)));
                keys.extend([missing(*field), malformed(*field)]);
            }
        }
        for key in keys {
            assert!(texts.has(key), "{key}");
        }
    }
}
