//! Looking for card numbers in bytes, in every dress that they could wear.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use aho_corasick::AhoCorasick;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// A number and its code, as somebody typed them.
#[derive(Clone)]
pub struct Sentinel {
    pub number: String,
    pub code: String,
}

/// What was found: where, in which dress, how often.
#[derive(Debug, PartialEq, Eq)]
pub struct Find {
    pub place: String,
    pub dress: &'static str,
    pub at: usize,
    /// Which sentinel.
    pub card: usize,
}

/// Names that a card verification code goes by: our form's, Stripe's and
/// Adyen's (`cvc`), Authorize.Net's (`cardCode`), and other common ones; letter case is no matter.
const NAMES: [&str; 10] =
    ["cc-csc", "cvc", "cvv", "csc", "cvc2", "cvv2", "card_code", "cardcode", "security_code", "securitycode"];

/// What may stand between such a name and the code: of forms, JSON, JSON within JSON, and XML.
const MARKS: [&[u8]; 12] = [b"%5D", b"%5B", b"%22", b"%3A", b"\"", b"\\", b"'", b"=", b":", b" ", b"]", b">"];
/// In how many ways each number is searched for.
const DRESSES: usize = 10;

/// Everything that is searched for, ready to be found in one pass.
pub struct Scan {
    finder: AhoCorasick,
    dresses: Vec<&'static str>,
    names: AhoCorasick,
    sentinels: Vec<Sentinel>,
}

impl Scan {
    pub fn new(sentinels: &[Sentinel]) -> Self {
        let mut needles = Vec::new();
        for sentinel in sentinels {
            let number = sentinel.number.as_str();
            needles.push((number.as_bytes().to_vec(), "ASCII"));
            let spaced: Vec<String> =
                number.as_bytes().chunks(4).map(|part| String::from_utf8_lossy(part).into()).collect();
            needles.push((spaced.join(" ").into_bytes(), "ASCII in groups"));
            needles.push((spaced.join("-").into_bytes(), "ASCII with hyphens"));
            needles.push((spaced.join("+").into_bytes(), "as a form sends it"));
            needles.push((number.encode_utf16().flat_map(u16::to_le_bytes).collect(), "UTF-16LE"));
            needles.push((number.encode_utf16().flat_map(u16::to_be_bytes).collect(), "UTF-16BE"));
            for (shift, dress) in
                [(0, "base64"), (1, "base64, shifted by one"), (2, "base64, shifted by two")]
            {
                needles.push((base64_core(number.as_bytes(), shift), dress));
            }
            needles.push((packed(number), "packed BCD"));
        }
        let (texts, dresses): (Vec<Vec<u8>>, Vec<_>) = needles.into_iter().unzip();
        let finder = AhoCorasick::new(texts).unwrap();
        let names = AhoCorasick::builder().ascii_case_insensitive(true).build(NAMES).unwrap();
        Self { finder, dresses, names, sentinels: sentinels.to_vec() }
    }

    /// Every find in `bytes`.
    pub fn search(&self, place: &str, bytes: &[u8]) -> Vec<Find> {
        let numbers = self.finder.find_overlapping_iter(bytes).map(|found| Find {
            place: place.to_owned(),
            dress: self.dresses[found.pattern().as_usize()],
            at: found.start(),
            card: found.pattern().as_usize() / DRESSES,
        });
        let mut finds: Vec<_> = numbers.collect();
        finds.extend(self.codes(place, bytes));
        finds
    }

    /// Every find in a file, which may be larger than memory.
    pub fn search_file(&self, path: &Path) -> Vec<Find> {
        const WINDOW: usize = 64 << 20;
        const OVERLAP: usize = 1024;
        let (mut file, mut finds) = (File::open(path).unwrap(), Vec::new());
        let (mut window, mut kept) = (vec![0; WINDOW + OVERLAP], 0);
        loop {
            let mut filled = kept;
            while filled < window.len() {
                match file.read(&mut window[filled..]).unwrap() {
                    0 => break,
                    more => filled += more,
                }
            }
            if filled == kept {
                return finds;
            }
            finds.extend(self.search(&path.display().to_string(), &window[..filled]));
            let tail = filled.saturating_sub(OVERLAP);
            window.copy_within(tail..filled, 0);
            kept = filled - tail;
        }
    }

    /// Codes have three digits and are everywhere by chance; they count as found only where their field's
    /// name says what they are (`cc-csc=123`, `"cvc":"123"`).
    fn codes(&self, place: &str, bytes: &[u8]) -> Vec<Find> {
        let mut finds = Vec::new();
        for name in self.names.find_overlapping_iter(bytes) {
            let (at, end) = (name.start(), name.end());
            let mut behind = &bytes[end..bytes.len().min(end + 24)];
            while let Some(rest) = MARKS.iter().find_map(|mark| behind.strip_prefix(*mark)) {
                behind = rest;
            }
            let digits = behind.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let behind = String::from_utf8_lossy(&behind[..digits]);
            if let Some(card) = self.sentinels.iter().position(|sentinel| sentinel.code == behind) {
                let dress = "code behind its field's name";
                finds.push(Find { place: place.to_owned(), dress, at, card });
            }
        }
        finds
    }

    /// Codes within 256 bytes of their own number, where a number was found at all.
    pub fn codes_near_numbers(&self, bytes: &[u8]) -> usize {
        self.sentinels
            .iter()
            .flat_map(|sentinel| {
                occurrences(bytes, sentinel.number.as_bytes()).map(move |(at, _)| (sentinel, at))
            })
            .filter(|(sentinel, at)| {
                let around = &bytes[at.saturating_sub(256)..(at + 272).min(bytes.len())];
                occurrences(around, sentinel.code.as_bytes()).next().is_some()
            })
            .count()
    }
}

fn occurrences<'a>(bytes: &'a [u8], needle: &'a [u8]) -> impl Iterator<Item = (usize, ())> + 'a {
    bytes
        .windows(needle.len())
        .enumerate()
        .filter(move |(_, window)| *window == needle)
        .map(|(at, _)| (at, ()))
}

/// The base64 letters that depend on the number alone when `shift` bytes stand before it.
fn base64_core(number: &[u8], shift: usize) -> Vec<u8> {
    let padded = [&vec![0; shift][..], number].concat();
    let text = STANDARD_NO_PAD.encode(&padded).into_bytes();
    let first = (shift * 8).div_ceil(6);
    let last = padded.len() * 8 / 6;
    text[first..last].to_vec()
}

/// Two digits a byte.
fn packed(number: &str) -> Vec<u8> {
    number
        .as_bytes()
        .chunks(2)
        .map(|pair| (pair[0] - b'0') << 4 | pair.get(1).map_or(15, |digit| digit - b'0'))
        .collect()
}
