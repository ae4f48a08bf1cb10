//! Passwords that others had before: what a guesser tries first.
//!
//! Owns an embedded list of some 450,000 passwords from public breaches and lists of common ones
//! (`blocklist/README.md` names the sources), kept as hashes in the order of size, so that 0.8 MB hold them.
//! A password and its stem are looked for: letter case, look-alikes (`@` for `a`, `0` for `o`), signs, and
//! whatever digits stand before and behind make no difference. One of 4,096 lookups says yes to what is not in
//! the list; the person then thinks of another one. Pure.

use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// Written by `blocklist/make.py`: the span of a bucket, where each bucket starts, and the buckets. A bucket
/// holds the steps between its values: a one for each 4,096, a zero, and the 12 bits of the rest.
const LIST: &[u8] = include_bytes!("blocklist/blocklist.bin");
/// A power of two: the first bits of a hash choose the bucket.
const BUCKETS: usize = 4096;
const REMAINDER_BITS: u32 = 12;
const STARTS: usize = 4;
const BODY: usize = STARTS + 4 * (BUCKETS + 1);
/// A stem of fewer letters says little about a password: only the list's common words are that short.
const SHORTEST_STEM: usize = 4;

/// Whether the password, or what remains of it without decoration, is in the list.
pub(super) fn holds(password: &str) -> bool {
    let folded = fold(password);
    let stem = stem(&folded);
    let whole = plain(&folded);
    (stem.chars().count() >= SHORTEST_STEM && has(&stem)) || has(&whole)
}

/// One form for all ways to write the same: compatibility forms and letter case are the same.
fn fold(text: &str) -> Zeroizing<String> {
    let composed: Zeroizing<String> = Zeroizing::new(text.nfkc().collect());
    let lower = Zeroizing::new(composed.to_lowercase());
    Zeroizing::new(lower.nfkc().collect())
}

/// Without what stands before the first letter and behind the last.
fn stem(folded: &str) -> Zeroizing<String> {
    plain(folded.trim_matches(|letter: char| !letter.is_alphabetic()))
}

/// Letters and digits alone, and one letter for all that look like it.
fn plain(folded: &str) -> Zeroizing<String> {
    let letters = folded.chars().map(|letter| match letter {
        '0' => 'o',
        '1' | '!' | '|' | 'l' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' | '+' => 't',
        '8' => 'b',
        '9' => 'g',
        other => other,
    });
    Zeroizing::new(letters.filter(|letter| letter.is_alphanumeric()).collect())
}

fn has(entry: &str) -> bool {
    find(entry).unwrap_or(false)
}

/// `None` only if the list were damaged, which the tests of this file rule out.
fn find(entry: &str) -> Option<bool> {
    let digest = Sha256::digest(entry.as_bytes());
    let number = u64::from_be_bytes(digest.get(..8)?.try_into().ok()?);
    let bucket = usize::try_from(number >> 52).ok()?;
    let within = u128::from(number & ((1 << 52) - 1));
    let wanted = u64::try_from((within * u128::from(number_at(0)?)) >> 52).ok()?;
    let start = usize::try_from(number_at(STARTS + 4 * bucket)?).ok()?;
    let end = usize::try_from(number_at(STARTS + 4 * (bucket + 1))?).ok()?;
    let mut bits = Bits { bytes: LIST.get(BODY + start..BODY + end)?, at: 0 };
    let mut value = 0_u64;
    while let Some(step) = bits.step() {
        value += step;
        if value >= wanted {
            return Some(value == wanted);
        }
    }
    Some(false)
}

fn number_at(place: usize) -> Option<u32> {
    Some(u32::from_be_bytes(LIST.get(place..place + 4)?.try_into().ok()?))
}

struct Bits {
    bytes: &'static [u8],
    at: usize,
}

impl Bits {
    fn next(&mut self) -> Option<bool> {
        let byte = self.bytes.get(self.at / 8)?;
        let bit = byte & (0x80 >> (self.at % 8)) != 0;
        self.at += 1;
        Some(bit)
    }

    /// The next step; `None` at the end of the bucket, whose last byte is filled up with ones.
    fn step(&mut self) -> Option<u64> {
        let mut step = 0;
        while self.next()? {
            step += 1 << REMAINDER_BITS;
        }
        let mut rest = 0;
        for _ in 0..REMAINDER_BITS {
            rest = rest << 1 | u64::from(self.next()?);
        }
        Some(step + rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn breached_passwords_of_any_length_that_we_would_take_are_known() {
        for breached in [
            // From the list of breaches, as they stand there.
            "1812851230graff",
            "1234567890iluza",
            "15975357159159z",
            "thecannockchasepanther",
            "waltergohdeWALTERGOHDE",
            "wellingtondeoliveira",
            "whateversallyduncombe",
            "undefined_productions",
            // Common ones, decorated until they are long enough.
            "Password1234567890",
            "P@ssw0rd!!!!!!!2026",
            "!!!Liverpool2025!!!",
            "2024-Qwertyuiop-2024",
            "Dragon-1234567890",
            "correcthorsebatterystaple",
            "Ｐａｓｓｗｏｒｄ１２３４５６７８９０",
        ] {
            assert!(holds(breached), "{breached}");
        }
    }

    #[test]
    fn what_nobody_had_before_is_not_in_it() {
        for own in [
            "a quiet meadow with eleven cows",
            "fünfzehn Zeichen!",
            "牛は静かな草原で草を食べている今日も",
            "xK9#mQ2$vL7@pR4",
            "",
            "----------------",
        ] {
            assert!(!holds(own), "{own}");
        }
    }

    /// Passwords that nobody can have had before: their number in the list is the rate of its mistakes.
    #[test]
    fn it_is_wrong_about_one_in_four_thousand() {
        let wrong = (0..40_000).filter(|n| has(&format!("neverseenbefore{n}x"))).count();
        assert!((1..=30).contains(&wrong), "{wrong} of 40,000");
    }

    #[test]
    fn every_bucket_can_be_read_to_its_end() {
        let starts: Vec<_> =
            (0..=BUCKETS).map(|bucket| number_at(STARTS + 4 * bucket).unwrap() as usize).collect();
        assert!(starts.is_sorted());
        assert_eq!(BODY + starts[BUCKETS], LIST.len());
        let (span, mut entries) = (u64::from(number_at(0).unwrap()), 0);
        for pair in starts.windows(2) {
            let mut bits = Bits { bytes: &LIST[BODY + pair[0]..BODY + pair[1]], at: 0 };
            let mut value = 0;
            while let Some(step) = bits.step() {
                value += step;
                entries += 1;
            }
            assert!(value < span);
        }
        assert!((440_000..460_000).contains(&entries), "{entries}");
        assert!(LIST.len() < 800_000, "{} bytes", LIST.len());
    }
}
