//! RFC 5424 read to the letter: whatever the grammar does not allow is a failure.

use std::collections::BTreeMap;

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub priority: u8,
    pub at: String,
    pub host: String,
    pub app: String,
    pub kind: String,
    pub data: BTreeMap<String, String>,
    pub text: String,
}

impl Message {
    pub fn number(&self) -> u64 {
        self.data["number"].parse().unwrap()
    }
}

/// Takes a whole frame off the front of `bytes`: `MSG-LEN SP SYSLOG-MSG` (RFC 5425, 4.3). `None` while it is
/// not whole.
pub fn frame(bytes: &mut Vec<u8>) -> Option<Vec<u8>> {
    let space = bytes.iter().position(|byte| *byte == b' ')?;
    let count = std::str::from_utf8(&bytes[..space]).unwrap();
    assert!(
        count.len() <= 4 && count.bytes().all(|byte| byte.is_ascii_digit()) && !count.starts_with('0'),
        "MSG-LEN is {count:?}"
    );
    let length: usize = count.parse().unwrap();
    assert!(length <= 8192, "{length} octets");
    let end = space + 1 + length;
    if bytes.len() < end {
        return None;
    }
    let rest = bytes.split_off(end);
    let frame = std::mem::replace(bytes, rest);
    Some(frame[space + 1..].to_vec())
}

fn name(text: &str, most: usize) -> String {
    assert!(
        !text.is_empty() && text.len() <= most && text.bytes().all(|byte| byte.is_ascii_graphic()),
        "{text:?}"
    );
    text.to_owned()
}

pub fn message(bytes: &[u8]) -> Message {
    let text = std::str::from_utf8(bytes).unwrap();
    let rest = text.strip_prefix('<').unwrap();
    let (priority, rest) = rest.split_once('>').unwrap();
    assert!(priority == "0" || !priority.starts_with('0'));
    let priority = priority.parse().unwrap();
    assert!(priority <= 191);
    let mut parts = rest.splitn(7, ' ');
    let mut part = || parts.next().unwrap();
    assert_eq!(part(), "1", "the version");
    let at = part().to_owned();
    let parsed: jiff::Timestamp = at.parse().unwrap();
    assert!(at.ends_with('Z') && at.len() <= "2026-11-18T09:46:40.123456Z".len(), "{at}");
    assert!(parsed > jiff::Timestamp::UNIX_EPOCH);
    let (host, app) = (name(part(), 255), name(part(), 48));
    assert_eq!(part(), "-", "the process");
    let kind = name(part(), 32);
    let (data, text) = data(part());
    Message { priority, at, host, app, kind, data, text }
}

/// One structured data element and the text after it.
fn data(rest: &str) -> (BTreeMap<String, String>, String) {
    let mut rest = rest.strip_prefix("[cashcow@32473").unwrap();
    let mut data = BTreeMap::new();
    loop {
        if let Some(after) = rest.strip_prefix(']') {
            rest = after;
            break;
        }
        let (key, value) = rest.strip_prefix(' ').unwrap().split_once("=\"").unwrap();
        name(key, 32);
        assert!(!key.contains([']', '"', ' ']));
        let mut letters = value.chars();
        let mut read = String::new();
        loop {
            match letters.next().unwrap() {
                '\\' => match letters.next().unwrap() {
                    letter @ ('"' | '\\' | ']') => read.push(letter),
                    other => panic!("{other} is escaped for nothing"),
                },
                '"' => break,
                ']' => panic!("a bracket is not escaped"),
                letter => read.push(letter),
            }
        }
        assert!(data.insert(key.to_owned(), read).is_none(), "{key} is there twice");
        rest = letters.as_str();
    }
    let text = rest.strip_prefix(' ').unwrap();
    // MSG-ANY or MSG-UTF8: what is not ASCII begins with the mark (6.4).
    let text = match text.strip_prefix('\u{feff}') {
        Some(text) => text,
        None => {
            assert!(text.is_ascii(), "no byte order mark before {text:?}");
            text
        }
    };
    assert!(!text.contains(|letter: char| letter.is_control() || letter == '\u{feff}'));
    (data, text.to_owned())
}
