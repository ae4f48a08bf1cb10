//! Where Adyen's Checkout API is: a fixed host for tests, and for live payments one with a prefix of the
//! account's own (<https://docs.adyen.com/development-resources/live-endpoints>). Only the prefix comes from
//! outside, and it can name no other domain.

use super::super::http::Unusable;

/// The version of the API whose documents this room follows.
const VERSION: &str = "v71";
const TEST: &str = "checkout-test.adyen.com";
const LIVE: &str = "-checkout-live.adyenpayments.com";
/// A label of a host name has at most 63 characters (RFC 1035 2.3.4), and `-checkout-live` takes 14 of them.
pub(super) const LONGEST_PREFIX: usize = 49;

/// A host and what every path there begins with.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Site {
    pub(super) host: String,
    pub(super) base: String,
}

impl Site {
    /// The test environment's, or the live one of this prefix.
    pub(super) fn new(live_prefix: Option<&str>) -> Result<Self, Unusable> {
        let Some(prefix) = live_prefix else {
            return Ok(Self { host: TEST.to_owned(), base: format!("/{VERSION}") });
        };
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        let fits = (1..=LONGEST_PREFIX).contains(&prefix.len()) && prefix.bytes().all(plain);
        if !fits || prefix.starts_with('-') {
            return Err(Unusable::because(
                "the live prefix of Adyen has 1 to 49 letters, digits and hyphens",
            ));
        }
        Ok(Self { host: format!("{prefix}{LIVE}"), base: format!("/checkout/{VERSION}") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_never_leads_to_another_domain() {
        let live = Site::new(Some("1797a841fbb37ca7-AdyenDemo")).unwrap();
        assert_eq!(live.host, "1797a841fbb37ca7-AdyenDemo-checkout-live.adyenpayments.com");
        assert_eq!(live.base, "/checkout/v71");
        assert_eq!(Site::new(None).unwrap().host, "checkout-test.adyen.com");
        assert!(Site::new(Some(&"a".repeat(LONGEST_PREFIX))).is_ok());
        for bad in [
            "",
            "-a",
            "evil.example/",
            "evil.example#",
            "a.b",
            "a@b",
            "a b",
            "a:1",
            "a\r\n",
            "é",
            &"a".repeat(LONGEST_PREFIX + 1),
        ] {
            assert!(Site::new(Some(bad)).is_err(), "{bad:?}");
        }
    }
}
