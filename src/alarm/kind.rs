//! The kinds of alarms. A new one is one more entry here and two texts in `locales/en/alarm.ftl`.

use serde::{Deserialize, Serialize};

/// What a kind is called and what it says.
struct Words {
    name: &'static str,
    key: &'static str,
    cure_key: &'static str,
    says: &'static str,
}

/// The enum, its list and its words from one place, so that no kind is without any of them.
macro_rules! kinds {
    ($($(#[doc = $doc:literal])+ $kind:ident = $name:tt, $key:literal, $cure:literal, $says:literal;)+) => {
        /// What is the matter.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        pub enum Kind {
            $($(#[doc = $doc])+ #[serde(rename = $name)] $kind,)+
        }

        impl Kind {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$kind),+];

            fn words(self) -> Words {
                match self {
                    $(Self::$kind => Words { name: $name, key: $key, cure_key: $cure, says: $says },)+
                }
            }
        }
    };
}

kinds! {
    /// The gateway tells of another amount, currency or order than was asked for.
    PaymentMismatch = "payment-mismatch", "alarm-payment-mismatch", "alarm-payment-mismatch-cure",
        "the gateway tells of another amount, currency or order; nothing ships";
    /// A payment that was refused has been taken after all.
    PaidAfterRefusal = "paid-after-refusal", "alarm-paid-after-refusal", "alarm-paid-after-refusal-cure",
        "the gateway has taken a payment that it had refused";
    /// An order that was paid has been paid again.
    PaidTwice = "paid-twice", "alarm-paid-twice", "alarm-paid-twice-cure",
        "paid a second time; refund one of the payments";
    /// A cancelled order has been paid.
    PaidAfterCancel = "paid-after-cancel", "alarm-paid-after-cancel", "alarm-paid-after-cancel-cure",
        "paid after it was cancelled; check the stock";
    /// Money that was held for the shop is not held any more, and was not taken.
    AuthorizationEnded = "authorization-ended", "alarm-authorization-ended", "alarm-authorization-ended-cure",
        "the authorization ended before the money was taken";
    /// Money that was to be released was taken.
    CapturedInstead = "captured-instead", "alarm-captured-instead", "alarm-captured-instead-cure",
        "the money was taken although it was to be released; refund it";
    /// Money that was held for the shop could not be taken.
    CaptureFailed = "capture-failed", "alarm-capture-failed", "alarm-capture-failed-cure",
        "the gateway refuses to take the money that it had authorized";
    /// A refund did not go through.
    RefundFailed = "refund-failed", "alarm-refund-failed", "alarm-refund-failed-cure",
        "a refund failed; the buyer has no money back";
    /// A refund that had failed went through after all.
    RefundedAfterFailure = "refunded-after-failure", "alarm-refunded-after-failure",
        "alarm-refunded-after-failure-cure",
        "a refund that had failed went through after all; the buyer may have the money twice";
    /// Money went back that this shop did not send back: at the gateway's dashboard, or by the buyer's bank.
    RefundedElsewhere = "refunded-elsewhere", "alarm-refunded-elsewhere", "alarm-refunded-elsewhere-cure",
        "money went back without a refund of this shop";
    /// Nobody knows for long how a payment went.
    Unsettled = "unsettled", "alarm-unsettled", "alarm-unsettled-cure",
        "the gateway has not told for long how a payment went";
    /// Somebody tries many cards.
    CardTesting = "card-testing", "alarm-card-testing", "alarm-card-testing-cure",
        "somebody tries many cards";
    /// The gateway does not take the shop's key.
    GatewayRefusesKey = "gateway-refuses-key", "alarm-gateway-refuses-key", "alarm-gateway-refuses-key-cure",
        "the gateway refuses the shop's key; nobody can pay";
    /// The gateway does not answer.
    GatewayDown = "gateway-down", "alarm-gateway-down", "alarm-gateway-down-cure",
        "the gateway does not answer; nobody can pay";
    /// Messages in the gateway's name have wrong signatures.
    WebhookSignatures = "webhook-signatures", "alarm-webhook-signatures", "alarm-webhook-signatures-cure",
        "webhooks arrive with wrong signatures";
    /// A certificate ends soon, or has ended, and no other is in sight.
    CertificateExpires = "certificate-expires", "alarm-certificate-expires", "alarm-certificate-expires-cure",
        "a certificate ends within days, or has ended, and was not renewed";
    /// The collector of the audit log confirms nothing.
    CollectorSilent = "collector-silent", "alarm-collector-silent", "alarm-collector-silent-cure",
        "the collector of the audit log confirms nothing; events wait here";
    /// Events of the audit log will never be at the collector.
    CollectorGap = "collector-gap", "alarm-collector-gap", "alarm-collector-gap-cure",
        "events of the audit log are missing at the collector";
    /// Hosting staff gave the machine new ranges at the machine itself.
    RangesRecovered = "ranges-recovered", "alarm-ranges-recovered", "alarm-ranges-recovered-cure",
        "the allowed ranges were replaced at the machine";
    /// Somebody was let in, or proved the second factor, with a recovery code.
    RecoveryCode = "recovery-code", "alarm-recovery-code", "alarm-recovery-code-cure",
        "somebody used a recovery code in the place of the second factor";
    /// The TPM does not follow the audit log.
    AuditWitness = "audit-witness", "alarm-audit-witness", "alarm-audit-witness-cure",
        "the TPM does not follow the audit log; nothing vouches for its latest records";
    /// The audit log is not the one that the TPM followed.
    AuditGap = "audit-gap", "alarm-audit-gap", "alarm-audit-gap-cure",
        "the audit log is not the one that the TPM followed; it was put back or cut short";
    /// The audit log does not stand up to its own check.
    AuditBroken = "audit-broken", "alarm-audit-broken", "alarm-audit-broken-cure",
        "the audit log was changed";
    /// The audit log has little room left.
    AuditFull = "audit-full", "alarm-audit-full", "alarm-audit-full-cure",
        "the audit log has little room left; the oldest days go before their time";
}

impl Kind {
    /// Its name in rows, forms and the journal; never changes.
    pub fn name(self) -> &'static str {
        self.words().name
    }

    /// The Fluent key of what is the matter.
    pub fn key(self) -> &'static str {
        self.words().key
    }

    /// The Fluent key of what to do.
    pub fn cure_key(self) -> &'static str {
        self.words().cure_key
    }

    /// What the journal says.
    pub fn says(self) -> &'static str {
        self.words().says
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Texts;

    #[test]
    fn each_kind_has_a_name_of_its_own_that_rows_keep_and_texts_that_name_the_cure() {
        let texts = Texts::english().unwrap();
        for (place, kind) in Kind::ALL.iter().enumerate() {
            assert_eq!(serde_json::to_string(kind).unwrap(), format!("\"{}\"", kind.name()));
            assert!(Kind::ALL.iter().skip(place + 1).all(|other| other.name() != kind.name()), "{kind:?}");
            assert_eq!(kind.key(), format!("alarm-{}", kind.name()));
            assert_eq!(kind.cure_key(), format!("alarm-{}-cure", kind.name()));
            assert!(texts.has(kind.key()) && texts.has(kind.cure_key()), "{kind:?} has no text");
            assert!(!kind.says().is_empty() && kind.says().len() < 100, "{kind:?}");
        }
    }
}
