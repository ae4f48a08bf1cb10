//! Adyen's notices: standard webhooks, signed item by item
//! (<https://docs.adyen.com/development-resources/webhooks/secure-webhooks/verify-hmac-signatures>).
//!
//! Only eight fields of an item are signed. Nothing else of it decides about money: `reason`, `paymentMethod`
//! and `additionalData` are shown at most. One item that is not signed refuses the whole notice.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::super::Unheard;
use super::super::http::Unusable;
use super::answer::Amount;
use super::endings::Endings;
use super::{events, name};
use crate::base::SecretBytes;
use crate::payment::{CardShown, looks_like_card_number};

/// Adyen's HMAC keys have 32 bytes; others are taken up to this many.
const LONGEST_KEY: usize = 64;
/// Adyen's names have 16 characters, reports' more.
const LONGEST_NAME: usize = 255;
/// `DIRECT_DEBIT_NOTICE_OF_CHANGE_NOTIFICATION` has 42.
const LONGEST_EVENT: usize = 80;
/// In minor units; twelve digits, fewer than any card number has.
const LARGEST_AMOUNT: u64 = 999_999_999_999;

/// What is signed with.
pub(super) struct NoticeKey(Zeroizing<Vec<u8>>);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    live: String,
    notification_items: Vec<Wrapper>,
}

#[derive(Deserialize)]
struct Wrapper {
    #[serde(rename = "NotificationRequestItem")]
    item: Item,
}

/// One event.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Item {
    pub(super) psp_reference: String,
    #[serde(default)]
    pub(super) original_reference: Option<String>,
    merchant_account_code: String,
    pub(super) merchant_reference: String,
    pub(super) amount: Amount,
    pub(super) event_code: String,
    success: String,
    /// Not signed.
    #[serde(default)]
    pub(super) reason: Option<String>,
    /// Not signed.
    #[serde(default)]
    payment_method: Option<String>,
    #[serde(default)]
    additional_data: Additional,
}

/// Not signed, but for the signature itself.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Additional {
    hmac_signature: Option<String>,
    card_summary: Option<String>,
}

/// The event's name alone: all else is text that somebody else has chosen.
impl fmt::Debug for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = self.event_code.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
        write!(f, "Item({})", if known { self.event_code.as_str() } else { "?" })
    }
}

impl NoticeKey {
    /// From the hex digits that the Customer Area shows.
    pub(super) fn new(hex: &SecretBytes) -> Result<Self, Unusable> {
        let wrong = || Unusable::because("the HMAC key is not one of Adyen's: hex digits, two for each byte");
        let digits = hex.expose_secret();
        let fits = !digits.is_empty() && digits.len().is_multiple_of(2) && digits.len() / 2 <= LONGEST_KEY;
        let mut key = Zeroizing::new(Vec::with_capacity(LONGEST_KEY));
        for pair in digits.chunks_exact(2) {
            let [high, low] = pair else { return Err(wrong()) };
            let nibble =
                |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
            let (Some(high), Some(low)) = (nibble(*high), nibble(*low)) else { return Err(wrong()) };
            if fits {
                key.push((high << 4) | low);
            }
        }
        if fits { Ok(Self(key)) } else { Err(wrong()) }
    }

    fn signed(&self, item: &Item) -> bool {
        let Some(told) = item.additional_data.hmac_signature.as_deref() else { return false };
        let Ok(told) = STANDARD.decode(told) else { return false };
        // HMAC takes a key of any length, so there is no error to report.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return false };
        mac.update(item.signed_text().as_bytes());
        mac.verify_slice(&told).is_ok()
    }
}

/// The events of a notice that is ours: signed, from this environment and for this merchant account.
pub(super) fn read(
    body: &[u8],
    key: &NoticeKey,
    (live, merchant): (bool, &str),
) -> Result<Vec<Item>, Unheard> {
    let (told_live, items) = unsigned(body).ok_or(Unheard::Unreadable)?;
    if !items.iter().all(|item| item.is_unambiguous() && key.signed(item)) {
        return Err(Unheard::Unsigned);
    }
    let ours = told_live == if live { "true" } else { "false" }
        && items.iter().all(|item| item.merchant_account_code == merchant && item.is_whole());
    if ours { Ok(items) } else { Err(Unheard::Unreadable) }
}

/// What it says, signed or not.
fn unsigned(body: &[u8]) -> Option<(String, Vec<Item>)> {
    let envelope: Envelope = serde_json::from_slice(body).ok()?;
    let items: Vec<Item> = envelope.notification_items.into_iter().map(|wrapper| wrapper.item).collect();
    (!items.is_empty()).then_some((envelope.live, items))
}

/// All that a notice leaves behind, whoever signed it: a signature is no reason to keep a card. What it is
/// about is only looked up, and of our own form: random letters and digits, which may look like anything.
pub(super) fn told(body: &[u8]) -> String {
    let Some((_, items)) = unsigned(body) else { return String::new() };
    let key = NoticeKey(Zeroizing::new(vec![1; 32]));
    let signed = items.iter().filter(|item| key.signed(item)).count();
    let whole = items.iter().filter(|item| item.is_unambiguous() && item.is_whole());
    let endings = Endings::default();
    let kept = |item| events::heard(item, &endings).into_iter().map(|heard| (heard.id, heard.news));
    let told = whole.map(|item| format!("{item:?} {:?}", kept(item).collect::<Vec<_>>()));
    told.chain([signed.to_string()]).collect::<Vec<_>>().join("\n")
}

impl Item {
    /// The name by which a repeat is recognised: Adyen's own rule is event and `pspReference`.
    pub(super) fn id(&self) -> String {
        format!("{}:{}:{}", self.event_code, self.psp_reference, self.success)
    }

    pub(super) fn succeeded(&self) -> bool {
        self.success == "true"
    }

    /// The payment that the event is about: Adyen's own name for it.
    pub(super) fn payment(&self) -> Option<&str> {
        self.original_reference.as_deref().filter(|name| !name.is_empty())
    }

    /// Brand and last four digits as far as the item tells. Not signed.
    pub(super) fn card(&self) -> CardShown {
        // `033899:1111:10/2029`: authorisation code, last four digits, expiry.
        let in_reason = self.reason.as_deref().and_then(|reason| reason.split(':').nth(1));
        let told = self.additional_data.card_summary.as_deref().or(in_reason);
        name::card(self.payment_method.as_deref(), told)
    }

    fn signed_text(&self) -> String {
        let amount = self.amount.value.to_string();
        [
            self.psp_reference.as_str(),
            self.original_reference.as_deref().unwrap_or_default(),
            &self.merchant_account_code,
            &self.merchant_reference,
            &amount,
            &self.amount.currency,
            &self.event_code,
            &self.success,
        ]
        .join(":")
    }

    /// A colon within a field would let the same signature stand for other fields. The merchant reference may
    /// have some (it may be another shop's): all around it have none, so that it is told apart all the same.
    fn is_unambiguous(&self) -> bool {
        let original = self.original_reference.as_deref().unwrap_or_default();
        let around =
            [&self.psp_reference, &self.merchant_account_code, &self.amount.currency, &self.event_code];
        around.iter().all(|field| !field.contains(':'))
            && !original.contains(':')
            && !self.success.contains(':')
    }

    /// What names, sums and codes may be made of: they become part of rows' keys and of records. Signed or not,
    /// no card number is taken for any of them.
    fn is_whole(&self) -> bool {
        // A report's name is a file's; a merchant reference of another shop's may be anything.
        let name = |text: &str| {
            text.len() <= LONGEST_NAME
                && text.bytes().all(|byte| byte.is_ascii_graphic())
                && !looks_like_card_number(text)
        };
        let event = |byte: u8| byte.is_ascii_uppercase() || byte == b'_';
        let currency = |byte: u8| byte.is_ascii_uppercase();
        name(&self.psp_reference)
            && !self.psp_reference.is_empty()
            && name(self.original_reference.as_deref().unwrap_or_default())
            && (1..=LONGEST_EVENT).contains(&self.event_code.len())
            && self.event_code.bytes().all(event)
            && matches!(self.success.as_str(), "true" | "false")
            && self.amount.value.abs_diff(0) <= LARGEST_AMOUNT
            && self.amount.currency.len() == 3
            && self.amount.currency.bytes().all(currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    const KEY: &str = "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056";
    const FOR: (bool, &str) = (false, "TestMerchant");

    fn key() -> NoticeKey {
        NoticeKey::new(&SecretBytes::new(KEY.as_bytes().to_vec())).unwrap()
    }

    fn item() -> Value {
        json!({
            "pspReference": "7914073381342284", "originalReference": "", "merchantAccountCode": "TestMerchant",
            "merchantReference": "TestPayment-1407325143704", "amount": {"value": 1130, "currency": "EUR"},
            "eventCode": "AUTHORISATION", "success": "true", "eventDate": "2026-11-23T12:00:00+01:00",
            "paymentMethod": "visa", "reason": "033899:1111:10/2029",
            // Worked out apart from this code, with OpenSSL.
            "additionalData": {"hmacSignature": "coqCmt/IZ4E3CzPvMY8zTjQVL5hYJUiBRg8UU+iCWo0="},
        })
    }

    fn notice(items: &[Value]) -> Vec<u8> {
        let items: Vec<_> = items.iter().map(|item| json!({"NotificationRequestItem": item})).collect();
        json!({"live": "false", "notificationItems": items}).to_string().into_bytes()
    }

    fn with(name: &str, value: Value) -> Value {
        let mut item = item();
        item[name] = value;
        item
    }

    #[test]
    fn what_adyen_signed_is_believed() {
        let items = read(&notice(&[item(), item()]), &key(), FOR).unwrap();
        assert_eq!(items.len(), 2);
        assert_eq!(items[0].id(), "AUTHORISATION:7914073381342284:true");
        assert_eq!(items[0].card(), CardShown { brand: "Visa".to_owned(), last_four: "1111".to_owned() });
    }

    #[test]
    fn a_change_of_any_signed_field_is_noticed() {
        for (name, value) in [
            ("pspReference", json!("7914073381342285")),
            ("originalReference", json!("x")),
            ("merchantAccountCode", json!("TestMerchant2")),
            ("merchantReference", json!("TestPayment-1")),
            ("amount", json!({"value": 1131, "currency": "EUR"})),
            ("amount", json!({"value": 1130, "currency": "USD"})),
            ("eventCode", json!("CAPTURE")),
            ("success", json!("false")),
            ("additionalData", json!({})),
            ("additionalData", json!({"hmacSignature": ""})),
            ("additionalData", json!({"hmacSignature": "no base64!"})),
        ] {
            let notice = notice(&[item(), with(name, value)]);
            assert_eq!(read(&notice, &key(), FOR), Err(Unheard::Unsigned), "{name}");
        }
        let other = NoticeKey::new(&SecretBytes::new(b"00".to_vec())).unwrap();
        assert_eq!(read(&notice(&[item()]), &other, FOR), Err(Unheard::Unsigned));
    }

    #[test]
    fn a_colon_cannot_move_what_was_signed_into_another_field() {
        let mut moved = with("merchantReference", json!("TestPayment-1407325143704:1130:EUR:AUTHORISATION"));
        moved["eventCode"] = json!("");
        moved["pspReference"] = json!("7914073381342284::TestMerchant");
        assert_eq!(read(&notice(&[moved]), &key(), FOR), Err(Unheard::Unsigned));
    }

    #[test]
    fn another_environment_or_account_is_not_ours() {
        let one = notice(&[item()]);
        assert_eq!(read(&one, &key(), (true, "TestMerchant")), Err(Unheard::Unreadable));
        assert_eq!(read(&one, &key(), (false, "Other")), Err(Unheard::Unreadable));
        assert_eq!(read(&notice(&[]), &key(), FOR), Err(Unheard::Unreadable));
        assert_eq!(read(b"{}", &key(), FOR), Err(Unheard::Unreadable));
    }

    /// Signed by whoever has the key: even then nothing that could be a card is kept.
    #[test]
    fn a_card_number_in_the_place_of_a_name_or_a_sum_is_refused() {
        let signed = |name: &str, value: Value| {
            let mut item = with(name, value);
            let read: Item = serde_json::from_value(item.clone()).unwrap();
            let mut mac = Hmac::<Sha256>::new_from_slice(&key().0).unwrap();
            mac.update(read.signed_text().as_bytes());
            let signature = STANDARD.encode(mac.finalize().into_bytes());
            item["additionalData"] = json!({"hmacSignature": signature});
            super::read(&notice(&[item]), &key(), FOR)
        };
        assert!(signed("merchantReference", json!("x")).is_ok());
        for (name, value) in [
            ("pspReference", json!("4242424242424242")),
            ("originalReference", json!("4242424242424242")),
            ("eventCode", json!("AUTHORISATION4242424242424242")),
            ("success", json!("4242424242424242")),
            ("amount", json!({"value": 4_242_424_242_424_242_i64, "currency": "EUR"})),
            ("amount", json!({"value": 1130, "currency": "EUR4242424242424242"})),
        ] {
            assert_eq!(signed(name, value), Err(Unheard::Unreadable), "{name}");
        }
        let item: Item = serde_json::from_value(with("reason", json!("4242424242424242"))).unwrap();
        assert!(!format!("{item:?}").contains("4242"));
    }

    #[test]
    fn only_four_digits_are_shown_of_a_card() {
        for reason in ["4242424242424242", "1:4242424242424242:1", "x:12a4:1", ""] {
            let item: Item = serde_json::from_value(with("reason", json!(reason))).unwrap();
            assert_eq!(item.card().last_four, "", "{reason}");
        }
    }

    #[test]
    fn a_key_is_hex_or_is_refused_without_being_shown() {
        for bad in ["", "4", "zz", "4478 2DEF", &"00".repeat(LONGEST_KEY + 1)] {
            let error = NoticeKey::new(&SecretBytes::new(bad.as_bytes().to_vec())).err().unwrap();
            assert!(bad.is_empty() || !error.to_string().contains(bad), "{error}");
        }
    }

    proptest! {
        #[test]
        fn no_notice_makes_it_panic(body: Vec<u8>, text in ".{0,40}") {
            let _ = read(&body, &key(), FOR);
            let _ = read(&notice(&[with("merchantReference", json!(text))]), &key(), FOR);
        }
    }
}
