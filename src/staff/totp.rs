//! Codes from an authenticator app: RFC 6238 with SHA-1, 30 seconds and six digits, which is what every app
//! knows (HMAC-SHA-1 is not touched by SHA-1's collisions: RFC 4226, appendix B.2).
//!
//! A code holds for its own half minute and for one on each side. The step of the last code that was taken is
//! kept, and no code of that step or an earlier one is taken again (RFC 6238, 5.2; PCI DSS 8.5.1). The seed is
//! 160 bits, wiped from memory, and kept in a row that the store seals.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use fast_qr::convert::{Builder as _, Shape, svg::SvgBuilder};
use fast_qr::{ECL, QRBuilder};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use totp_rs::{Algorithm, Builder, Secret, Totp};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::session_key;
use crate::base::{Random, Token};

/// Seconds of a step.
const STEP: u64 = 30;
/// Steps before and after the present one whose codes are taken: clocks differ.
const SKEW: u16 = 1;

/// How long a seed that is shown waits for its first code.
pub const OFFER_LASTS: SignedDuration = SignedDuration::from_mins(30);
/// The most seeds that wait; past it the oldest are dropped.
pub const MOST_OFFERS: usize = 1000;

/// What the app and the machine share.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub struct TotpSeed([u8; 20]);

/// What is kept of an app: the seed, and how far its codes are used up.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct KeptTotp {
    seed: TotpSeed,
    /// The step of the last code that was taken.
    last: u64,
    /// Since when.
    pub since: Timestamp,
}

impl std::fmt::Debug for TotpSeed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TotpSeed")
    }
}

impl TotpSeed {
    /// A fresh one.
    pub fn new(random: &dyn Random) -> Self {
        let mut seed = [0; 20];
        random.fill(&mut seed);
        Self(seed)
    }

    /// As people type it into an app: base 32 in groups of four.
    pub fn groups(&self) -> Zeroizing<String> {
        let letters = Zeroizing::new(Secret::new_stack(self.0).to_base32());
        let mut groups = String::with_capacity(letters.len() * 2);
        for (place, letter) in letters.chars().enumerate() {
            if place > 0 && place % 4 == 0 {
                groups.push(' ');
            }
            groups.push(letter);
        }
        Zeroizing::new(groups)
    }

    /// The address that apps read from a QR code: `otpauth://totp/ISSUER:ACCOUNT?secret=…&issuer=…`.
    pub fn address(&self, issuer: &str, account: &str) -> Zeroizing<String> {
        let secret = Zeroizing::new(Secret::new_stack(self.0).to_base32());
        let (issuer, account) = (escape(issuer), escape(account));
        Zeroizing::new(format!("otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}", *secret))
    }

    /// The address as a picture: one SVG element without any script, style or link, and with a white edge of
    /// four modules (ISO/IEC 18004). `None` if it does not fit.
    pub fn picture(&self, issuer: &str, account: &str) -> Option<Zeroizing<String>> {
        let address = self.address(issuer, account);
        let code = QRBuilder::new(address.as_bytes()).ecl(ECL::M).build().ok()?;
        Some(Zeroizing::new(SvgBuilder::default().shape(Shape::Square).margin(4).to_str(&code)))
    }

    fn totp(&self) -> Option<Totp> {
        let builder = Builder::new().with_algorithm(Algorithm::SHA1).with_digits(6).with_skew(SKEW);
        builder.with_step_duration(STEP).with_secret(Secret::new_stack(self.0)).build().ok()
    }

    /// The step whose code this is, if it is one of now.
    fn step_of(&self, typed: &str, now: Timestamp) -> Option<u64> {
        let digits: Zeroizing<String> =
            Zeroizing::new(typed.chars().filter(|letter| !letter.is_whitespace()).take(16).collect());
        let now = u64::try_from(now.as_second()).ok()?;
        self.totp()?.check(&digits, now)
    }

    /// Takes the seed into use if `typed` is a code of now; that code is used up.
    pub fn confirm(self, typed: &str, now: Timestamp) -> Option<KeptTotp> {
        let last = self.step_of(typed, now)?;
        Some(KeptTotp { seed: self, last, since: now })
    }

    /// The code of `now`, for tests.
    #[cfg(test)]
    pub fn code(&self, now: Timestamp) -> String {
        self.totp().unwrap().generate(u64::try_from(now.as_second()).unwrap()).to_string()
    }
}

impl KeptTotp {
    /// Takes a code: once. The caller keeps the row if it was taken.
    pub fn take(&mut self, typed: &str, now: Timestamp) -> bool {
        match self.seed.step_of(typed, now) {
            Some(step) if step > self.last => {
                self.last = step;
                true
            }
            _ => false,
        }
    }

    /// The code of `now`, for tests.
    #[cfg(test)]
    pub fn code(&self, now: Timestamp) -> String {
        self.seed.code(now)
    }
}

/// Seeds that are shown and not yet confirmed: one for each session, in memory.
#[derive(Default)]
pub struct Offered(Mutex<BTreeMap<[u8; 32], (TotpSeed, Timestamp)>>);

impl Offered {
    /// The session's seed, the same as long as it waits: a page that is loaded again shows no other.
    pub fn to(&self, session: Token, random: &dyn Random, now: Timestamp) -> TotpSeed {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|_, (_, until)| now < *until && until.duration_since(now) <= OFFER_LASTS);
        let key = session_key(session);
        if let Some((seed, _)) = waiting.get(&key) {
            return seed.clone();
        }
        if waiting.len() >= MOST_OFFERS
            && let Some(oldest) = waiting.iter().min_by_key(|(_, (_, until))| *until).map(|(key, _)| *key)
        {
            waiting.remove(&oldest);
        }
        let seed = TotpSeed::new(random);
        waiting.insert(key, (seed.clone(), now + OFFER_LASTS));
        seed
    }

    /// The seed was confirmed.
    pub fn done(&self, session: Token) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&session_key(session));
    }
}

/// Percent-encoding of all but letters, digits and `-._~` (RFC 3986, 2.3).
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::SeededRandom;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn seed() -> TotpSeed {
        TotpSeed(*b"12345678901234567890")
    }

    /// RFC 6238, appendix B, the rows of SHA-1: of their eight digits the last six.
    #[test]
    fn the_codes_are_those_of_the_rfc() {
        for (second, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(seed().code(at(second)), code);
            assert!(seed().confirm(code, at(second)).is_some());
        }
    }

    #[test]
    fn a_code_is_taken_once_and_none_before_it() {
        let mut kept = seed().confirm(&seed().code(at(900)), at(900)).unwrap();
        assert!(!kept.take(&seed().code(at(900)), at(901)), "that one confirmed the app");
        let (earlier, later) = (seed().code(at(930)), seed().code(at(960)));
        assert!(kept.take(&later, at(935)), "a clock that is half a minute ahead");
        assert!(!kept.take(&later, at(935)), "replayed");
        assert!(!kept.take(&earlier, at(936)), "older than one that was taken");
        let kept: KeptTotp = serde_json::from_str(&serde_json::to_string(&kept).unwrap()).unwrap();
        assert!(!kept.clone().take(&later, at(960)), "after a restart");
        assert!(kept.clone().take(&seed().code(at(990)), at(990)));
    }

    #[test]
    fn a_code_holds_for_one_step_on_each_side() {
        let code = seed().code(at(6000));
        let taken = |now| seed().confirm(&code, at(now)).is_some();
        assert_eq!(
            [taken(5969), taken(5970), taken(6000), taken(6059), taken(6060)],
            [false, true, true, true, false]
        );
        let spaced = format!("{} {}", &code[..3], &code[3..]);
        assert!(seed().confirm(&spaced, at(6000)).is_some(), "as apps show it");
        for wrong in ["", "12345", "1234567", "+12345", "abcdef", "１２３４５６"] {
            assert!(seed().confirm(wrong, at(6000)).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_page_that_is_loaded_again_shows_the_same_seed_and_another_session_another() {
        let (offered, random) = (Offered::default(), SeededRandom::new(1));
        let to = |session: u8, now| offered.to(Token::from_bytes([session; 16]), &random, at(now));
        let first = to(1, 0);
        assert!(to(1, 1799) == first && to(2, 0) != first && to(1, 1800) != first, "half an hour");
        offered.done(Token::from_bytes([2; 16]));
        assert_eq!(offered.0.lock().unwrap().len(), 1);
        for n in 0..=MOST_OFFERS {
            let mut session = [9; 16];
            session[..8].copy_from_slice(&n.to_be_bytes());
            offered.to(Token::from_bytes(session), &random, at(1801));
        }
        assert_eq!(offered.0.lock().unwrap().len(), MOST_OFFERS);
    }

    #[test]
    fn the_seed_is_shown_to_its_person_and_to_nobody_else() {
        assert_eq!(seed().groups().as_str(), "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
        assert_eq!(
            seed().address("Meadow & Mill", "ada@example.com").as_str(),
            "otpauth://totp/Meadow%20%26%20Mill:ada%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Meadow%20%26%20Mill"
        );
        assert_eq!(format!("{:?}", seed()), "TotpSeed");
        let (a, b) = (TotpSeed::new(&SeededRandom::new(1)), TotpSeed::new(&SeededRandom::new(2)));
        assert!(a != b);
        let picture = seed().picture("Meadow & Mill", "ada@example.com").unwrap();
        assert!(picture.starts_with("<svg") && picture.trim_end().ends_with("</svg>"));
        for active in ["<script", "style=", "href", "onload", "<image", "url("] {
            assert!(!picture.contains(active), "{active}");
        }
    }
}
