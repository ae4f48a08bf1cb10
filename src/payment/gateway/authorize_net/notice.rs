//! Webhooks (<https://developer.authorize.net/api/reference/features/webhooks.html>).
//!
//! `X-ANET-Signature: sha512=HEX` is an HMAC-SHA512 over the body. Its key is the signature key as it is shown,
//! 128 characters of text, and not the 64 bytes that they spell: the example below is one that was published.
//! No time is signed, so a notice can be repeated for ever; only its identifier, which is remembered, makes a
//! second one do nothing, and one that is forgotten by then only makes the gateway be asked once more.

use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use sha2::Sha512;
use subtle::ConstantTimeEq;

use super::INVOICE;
use crate::base::SecretBytes;
use crate::payment::gateway::{About, Heard, News, Notice, Unheard};
use crate::payment::looks_like_card_number;

const HEADER: &str = "x-anet-signature";
/// The longest identifier of an event that is taken; theirs are UUIDs.
const LONGEST_ID: usize = 64;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    notification_id: String,
    event_type: String,
    #[serde(default)]
    payload: Payload,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    /// The `refId` of the call: the payment's reference, for refunds too.
    merchant_reference_id: Option<String>,
    invoice_number: Option<String>,
}

/// Reads a notice. It only says that something changed: the gateway is asked what.
pub(super) fn hear(key: Option<&SecretBytes>, notice: &Notice<'_>) -> Result<Vec<Heard>, Unheard> {
    let key = key.ok_or(Unheard::NoSecret)?;
    let mut signatures = notice.headers.get_all(HEADER).iter();
    let (Some(signature), None) = (signatures.next(), signatures.next()) else {
        return Err(Unheard::Unsigned);
    };
    if !is_signed(key, signature.as_bytes(), notice.body) {
        return Err(Unheard::Unsigned);
    }
    read(notice.body).ok_or(Unheard::Unreadable)
}

/// What a verified notice tells; empty if it is not about a payment that has a name.
fn read(body: &[u8]) -> Option<Vec<Heard>> {
    let event: Event = serde_json::from_slice(body).ok()?;
    let id = &event.notification_id;
    let plain = |byte: u8| byte.is_ascii_hexdigit() || byte == b'-';
    if id.is_empty() || id.len() > LONGEST_ID || !id.bytes().all(plain) {
        return None;
    }
    if !event.event_type.starts_with("net.authorize.payment.") {
        return Some(Vec::new());
    }
    let reference = event.payload.merchant_reference_id.or(event.payload.invoice_number);
    let heard = reference.filter(|name| is_reference(name)).map(|reference| Heard {
        id: lettered(&event.notification_id),
        about: About::Payment { reference },
        news: News::Ask,
    });
    Some(heard.into_iter().collect())
}

/// An identifier of hex digits and hyphens with `g` to `p` for 0 to 9: now and then a UUID holds a run of digits
/// that could be a card's, and none of those is ever kept.
fn lettered(id: &str) -> String {
    let letter = |byte: u8| if byte.is_ascii_digit() { byte.saturating_add(b'g' - b'0') } else { byte };
    id.bytes().map(|byte| char::from(letter(byte))).collect()
}

/// All that a notice leaves behind.
pub(super) fn told(body: &[u8]) -> String {
    read(body).filter(|heard| !heard.is_empty()).map_or_else(String::new, |heard| format!("{heard:?}"))
}

fn is_reference(text: &str) -> bool {
    text.len() == INVOICE
        && !looks_like_card_number(text)
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

fn is_signed(key: &SecretBytes, header: &[u8], body: &[u8]) -> bool {
    // HMAC takes a key of any length, so there is no error to report.
    let Ok(mut mac) = Hmac::<Sha512>::new_from_slice(key.expose_secret()) else { return false };
    mac.update(body);
    let wanted: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let Some(given) = header.strip_prefix(b"sha512=") else { return false };
    bool::from(given.to_ascii_lowercase().ct_eq(wanted.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::HeaderMap;
    use jiff::Timestamp;
    use proptest::prelude::*;

    /// Published with its key and signature at <https://community.developer.cybersource.com/t5/Integration-and-Testing/HMAC-SHA-512-hash-not-matching-in-webhook-callback/m-p/57201>.
    const KEY: &str = "2679A5D5785C9B26CF921E1754765CDDB265C9C88400786923E5343B315954FAFB4B7BF608818F6A21766741E8637DC206F286C725908C777ED4127D8562163D";
    const BODY: &str = r#"{"notificationId":"f813b98f-3552-4eeb-ba40-acb4704eeba3","eventType":"net.authorize.payment.authcapture.created","eventDate":"2017-03-08T17:35:37.155999Z","webhookId":"63d6fea2-aa13-4b1d-a204-f5fbc15942b7","payload":{"responseCode":1,"authCode":"8VTPDC","avsResponse":"Y","authAmount":10.00,"entityName":"transaction","id":"60019392075"}}"#;
    const SIGNATURE: &str = "sha512=9607C69D2734514554CE13D923D19939563F2FD6567D239F49F0DF0D08865632A0FB98061B4620CC52C47BB8BF6E2B69A15A67E4C98E81D7D65111076C515C6A";

    fn heard(key: Option<&str>, signatures: &[&str], body: &str) -> Result<Vec<Heard>, Unheard> {
        let key = key.map(|key| SecretBytes::new(key.as_bytes().to_vec()));
        let mut headers = HeaderMap::new();
        for signature in signatures {
            headers.append(HEADER, signature.parse().unwrap());
        }
        let now = Timestamp::UNIX_EPOCH;
        hear(key.as_ref(), &Notice { headers: &headers, body: body.as_bytes(), now })
    }

    #[test]
    fn the_published_example_is_believed_and_nothing_near_it() {
        // It has no name of a payment of ours.
        assert_eq!(heard(Some(KEY), &[SIGNATURE], BODY), Ok(Vec::new()));
        let unsigned = Err(Unheard::Unsigned);
        assert_eq!(heard(Some(KEY), &[SIGNATURE], &BODY.replace("10.00", "10.0")), unsigned);
        assert_eq!(heard(Some(KEY), &[SIGNATURE], &format!("{BODY}\n")), unsigned);
        assert_eq!(heard(Some(&KEY.to_lowercase()), &[SIGNATURE], BODY), unsigned);
        assert_eq!(heard(Some(KEY), &[&SIGNATURE[7..]], BODY), unsigned);
        assert_eq!(heard(Some(KEY), &["sha512="], BODY), unsigned);
        assert_eq!(heard(Some(KEY), &[], BODY), unsigned);
        assert_eq!(heard(Some(KEY), &[SIGNATURE, SIGNATURE], BODY), unsigned);
        assert_eq!(heard(None, &[SIGNATURE], BODY), Err(Unheard::NoSecret));
    }

    #[test]
    fn a_payment_is_named_by_its_reference_and_asked_about() {
        let of = |kind: &str, payload: &str| {
            let body = format!(r#"{{"notificationId":"d0-1","eventType":"{kind}","payload":{payload}}}"#);
            read(body.as_bytes())
        };
        let about = |reference: &str| {
            let about = About::Payment { reference: reference.to_owned() };
            Some(vec![Heard { id: "dg-h".to_owned(), about, news: News::Ask }])
        };
        let (ours, other) = ("0123456789abcdefghjk", "00000000000000000000");
        let held = "net.authorize.payment.fraud.held";
        assert_eq!(of(held, &format!(r#"{{"id":"1","merchantReferenceId":"{ours}"}}"#)), about(ours));
        assert_eq!(of(held, &format!(r#"{{"id":"1","invoiceNumber":"{ours}"}}"#)), about(ours));
        // A refund has an invoice number of its own and the payment's reference.
        let both = format!(r#"{{"invoiceNumber":"{other}","merchantReferenceId":"{ours}"}}"#);
        assert_eq!(of("net.authorize.payment.refund.created", &both), about(ours));
        assert_eq!(of("net.authorize.customer.created", &both), Some(Vec::new()));
        assert_eq!(of(held, r#"{"invoiceNumber":"INV-1"}"#), Some(Vec::new()));
        assert_eq!(of(held, "{}"), Some(Vec::new()));
        assert_eq!(read(br#"{"notificationId":"","eventType":"x"}"#), None);
        assert_eq!(read(br#"{"notificationId":"../1","eventType":"x"}"#), None);
        assert_eq!(read(b"[]"), None);
    }

    proptest! {
        #[test]
        fn no_notice_makes_it_panic(body: Vec<u8>) {
            let _ = read(&body);
        }
    }
}
