//! Whether a notice comes from Stripe: `Stripe-Signature: t=SECONDS,v1=HEX[,v1=HEX]`, an HMAC-SHA256 over
//! `SECONDS.BODY` (<https://docs.stripe.com/webhooks#verify-manually>).

use hmac::{Hmac, KeyInit, Mac};
use hyper::HeaderMap;
use jiff::Timestamp;
use sha2::Sha256;

use crate::base::SecretBytes;
use crate::payment::gateway::{Notice, Unheard};

/// The longest signature header that is read: Stripe's have about 150 bytes a secret.
const LONGEST_HEADER: usize = 2048;
/// Digits of the time: enough until the year 2286, and too few for a card's number.
const MOST_DIGITS: usize = 10;
/// The most signatures that are tried: one for each secret that is valid while one is exchanged.
const MOST_SIGNATURES: usize = 16;
/// How far from now a notice may have been signed, in seconds, either way (Stripe's own default).
const TOLERANCE: u64 = 300;

/// The two parts that count of a signature header.
struct Signed<'a> {
    /// As it was signed.
    time: &'a str,
    seconds: i64,
    codes: Vec<[u8; 32]>,
}

/// Verifies a notice; one whose signature fits is still refused when that is too old or too new.
pub(super) fn verify(notice: &Notice<'_>, secret: &SecretBytes) -> Result<(), Unheard> {
    let signed = header(notice.headers).and_then(read).ok_or(Unheard::Unsigned)?;
    let fits = |code: &[u8; 32]| {
        // An HMAC takes a key of any length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.expose_secret()) else { return false };
        mac.update(signed.time.as_bytes());
        mac.update(b".");
        mac.update(notice.body);
        // Compares in constant time.
        mac.verify_slice(code).is_ok()
    };
    if !signed.codes.iter().any(fits) {
        return Err(Unheard::Unsigned);
    }
    let away = Timestamp::from_second(signed.seconds).map_err(|_| Unheard::Stale)?;
    let away = notice.now.as_second().abs_diff(away.as_second());
    if away <= TOLERANCE { Ok(()) } else { Err(Unheard::Stale) }
}

/// The one header; two are none.
fn header(headers: &HeaderMap) -> Option<&str> {
    let mut all = headers.get_all("stripe-signature").iter();
    let one = all.next().filter(|_| all.next().is_none())?;
    one.to_str().ok().filter(|text| text.len() <= LONGEST_HEADER)
}

/// Exactly one time; at least one signature of scheme `v1`. Other schemes are passed over, and so is a `v1`
/// that is no SHA-256.
fn read(header: &str) -> Option<Signed<'_>> {
    let (mut time, mut codes) = (None, Vec::new());
    for part in header.split(',') {
        match part.trim().split_once('=')? {
            ("t", _) if time.is_some() => return None,
            ("t", value) => time = Some(value),
            ("v1", value) if codes.len() < MOST_SIGNATURES => codes.extend(code(value)),
            _ => {}
        }
    }
    let time =
        time.filter(|time| time.len() <= MOST_DIGITS && time.bytes().all(|byte| byte.is_ascii_digit()))?;
    let seconds = time.parse().ok()?;
    (!codes.is_empty()).then_some(Signed { time, seconds, codes })
}

/// 64 hex digits.
fn code(hex: &str) -> Option<[u8; 32]> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    if hex.len() != 64 {
        return None;
    }
    let mut code = [0; 32];
    for (byte, pair) in code.iter_mut().zip(hex.as_bytes().chunks_exact(2)) {
        let [high, low] = pair else { return None };
        *byte = (digit(high)? << 4) | digit(low)?;
    }
    Some(code)
}

/// All that a header leaves behind.
pub(super) fn told(bytes: &[u8]) -> String {
    let Ok(header) = std::str::from_utf8(bytes) else { return String::new() };
    let Some(signed) = read(header) else { return String::new() };
    format!("{} {}", signed.seconds, signed.codes.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: i64 = 1_795_000_000;
    const BODY: &[u8] = b"{\"id\":\"evt_1\"}";
    const SECRET: &[u8] = b"whsec_ours";

    fn sign(secret: &[u8], time: &str, body: &[u8]) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap();
        mac.update(time.as_bytes());
        mac.update(b".");
        mac.update(body);
        mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn heard(headers: &[&str], body: &[u8]) -> Result<(), Unheard> {
        let mut map = HeaderMap::new();
        for header in headers {
            map.append("stripe-signature", header.parse().unwrap());
        }
        let notice = Notice { headers: &map, body, now: Timestamp::from_second(NOW).unwrap() };
        verify(&notice, &SecretBytes::new(SECRET.to_vec()))
    }

    fn good(time: i64) -> String {
        format!("t={time},v1={}", sign(SECRET, &time.to_string(), BODY))
    }

    /// Made with `printf '1795000000.{"id":"evt_1"}' | openssl dgst -sha256 -hmac whsec_ours`.
    #[test]
    fn a_signature_that_openssl_has_made_fits() {
        let made = "4a18096dc36fcfbf24e9509fd6c522330c48ae53ba3466a03e0adf93be023786";
        assert_eq!(heard(&[&format!("t=1795000000,v1={made}")], BODY), Ok(()));
    }

    #[test]
    fn only_what_was_signed_with_the_secret_within_five_minutes_is_heard() {
        for away in [0, 299, 300, -299, -300] {
            assert_eq!(heard(&[&good(NOW + away)], BODY), Ok(()), "{away}");
        }
        for away in [301, -301, 86_400, -86_400, -NOW] {
            assert_eq!(heard(&[&good(NOW + away)], BODY), Err(Unheard::Stale), "{away}");
        }
        assert_eq!(heard(&[&good(NOW)], b"{\"id\":\"evt_2\"}"), Err(Unheard::Unsigned));
        let foreign = format!("t={NOW},v1={}", sign(b"whsec_theirs", &NOW.to_string(), BODY));
        assert_eq!(heard(&[&foreign], BODY), Err(Unheard::Unsigned));
        // A time that was not the one that was signed.
        let moved = good(NOW - 600).replace(&(NOW - 600).to_string(), &NOW.to_string());
        assert_eq!(heard(&[&moved], BODY), Err(Unheard::Unsigned));
    }

    #[test]
    fn while_a_secret_is_exchanged_any_of_the_signatures_will_do() {
        let old = sign(b"whsec_old", &NOW.to_string(), BODY);
        let own = sign(SECRET, &NOW.to_string(), BODY);
        let zeros = "0".repeat(64);
        for header in [
            format!("t={NOW},v1={old},v1={own}"),
            format!("v1={own},v1={old},t={NOW}"),
            format!("t={NOW},v0={zeros},v1={own},v2=new"),
            format!("t={NOW}, v1={}", own.to_uppercase()),
            format!("t={NOW},v1=short,v1={own}"),
        ] {
            assert_eq!(heard(&[&header], BODY), Ok(()), "{header}");
        }
        assert_eq!(heard(&[&format!("t={NOW},v1={old},v1={zeros}")], BODY), Err(Unheard::Unsigned));
        // An older scheme is no signature, even with the right code.
        assert_eq!(heard(&[&format!("t={NOW},v0={own}")], BODY), Err(Unheard::Unsigned));
    }

    #[test]
    fn a_header_that_is_not_as_documented_is_no_signature() {
        let own = sign(SECRET, &NOW.to_string(), BODY);
        let many = format!("t={NOW}{},v1={own}", format!(",v1={}", "0".repeat(64)).repeat(MOST_SIGNATURES));
        let long = format!("{}{}", good(NOW), ",v9=x".repeat(400));
        for header in [
            "",
            "t=",
            "v1",
            &format!("v1={own}"),
            &format!("t={NOW}"),
            &format!("t={NOW},t={NOW},v1={own}"),
            &format!("t=+{NOW},v1={own}"),
            &format!("t=99999999999999999999,v1={own}"),
            &format!("t={NOW},v1={own}0"),
            &many,
            &long,
        ] {
            assert_eq!(heard(&[header], BODY), Err(Unheard::Unsigned), "{header}");
        }
        assert_eq!(heard(&[], BODY), Err(Unheard::Unsigned));
        assert_eq!(heard(&[&good(NOW), &good(NOW)], BODY), Err(Unheard::Unsigned));
    }

    proptest! {
        #[test]
        fn no_header_makes_it_panic(header in "[tv01=,a-f ]{0,80}|.{0,80}") {
            let _ = told(header.as_bytes());
        }
    }
}
