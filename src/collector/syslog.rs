//! A record as a syslog message (RFC 5424) in a frame that counts its octets (RFC 5425, 4.3).
//!
//! Facility 13, log audit. The structured data stand under `cashcow@32473`: 32473 is the number that RFC 5612
//! keeps for examples, since there is no registered one of our own; nothing outside this element means anything
//! by it.

use std::fmt::Write as _;

use super::record::{Record, line};
use super::settings::Sender;

/// RFC 5424, 6.2.1: log audit.
const FACILITY: u8 = 13;
/// The element of our structured data (RFC 5424, 6.3.2).
const ELEMENT: &str = "cashcow@32473";
/// The longest message, without the count in front. RFC 5425, 4.3.1: a receiver should take 8,192 octets.
pub const MOST_MESSAGE: usize = 8192;

/// The record as a frame: its length, a space, the message.
pub(super) fn frame(sender: &Sender, record: Record) -> Vec<u8> {
    let message = message(sender, record);
    let mut frame = format!("{} ", message.len()).into_bytes();
    frame.extend_from_slice(message.as_bytes());
    frame
}

fn message(sender: &Sender, record: Record) -> String {
    let record = record.bounded();
    let priority = FACILITY.saturating_mul(8).saturating_add(record.severity.syslog());
    // At most six digits of a second, and Z (RFC 5424, 6.2.3).
    let at = record.at.strftime("%Y-%m-%dT%H:%M:%S%.6fZ");
    let (host, app, kind) = (name(&sender.host, 255), name(&sender.app, 48), name(&record.kind, 32));
    let mut out = format!("<{priority}>1 {at} {host} {app} - {kind} [{ELEMENT} number=\"{}\"", record.number);
    param(&mut out, "log", &sender.log);
    for (key, value) in &record.fields {
        param(&mut out, key, value);
    }
    out.push_str("] ");
    let room = MOST_MESSAGE.saturating_sub(out.len()).saturating_sub(BOM.len_utf8());
    // A text in UTF-8 begins with the byte order mark (RFC 5424, 6.4); one of plain ASCII needs none.
    let text = line(&record.text, room);
    if !text.is_ascii() {
        out.push(BOM);
    }
    out.push_str(&text);
    out
}

const BOM: char = '\u{feff}';

/// A parameter, as long as the element leaves room for the text: escaped as RFC 5424, 6.3.3 asks.
fn param(out: &mut String, key: &str, value: &str) {
    let mut escaped = String::with_capacity(value.len());
    for letter in value.chars() {
        if matches!(letter, '"' | '\\' | ']') {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    if out.len().saturating_add(escaped.len()) < MOST_MESSAGE.saturating_sub(256) {
        // Writing to a String cannot fail.
        let _ = write!(out, " {}=\"{escaped}\"", name(key, 32));
    }
}

/// A name of printable ASCII without the marks of structured data; `-`, the nil value, for none.
fn name(text: &str, most: usize) -> String {
    let plain = |letter: &char| letter.is_ascii_graphic() && !matches!(letter, '=' | ']' | '"');
    let name: String = text.chars().filter(plain).take(most).collect();
    if name.is_empty() { "-".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;
    use crate::collector::Severity;

    fn sender() -> Sender {
        Sender {
            host: "shop.example".to_owned(),
            app: "cashcowd".to_owned(),
            version: "0.1.0".to_owned(),
            log: "c0ffee".to_owned(),
        }
    }

    fn record(object: &str, text: &str) -> Record {
        Record {
            number: 42,
            at: Timestamp::new(1_795_000_000, 123_456_789).unwrap(),
            severity: Severity::Warning,
            kind: "SignIn".to_owned(),
            fields: vec![("object", object.to_owned())],
            text: text.to_owned(),
        }
    }

    #[test]
    fn a_record_is_told_as_rfc_5424_wants_it() {
        let frame = frame(&sender(), record(r#"a"b\c]d"#, "it was refused"));
        let wanted = "<108>1 2026-11-18T11:06:40.123456Z shop.example cashcowd - SignIn \
            [cashcow@32473 number=\"42\" log=\"c0ffee\" object=\"a\\\"b\\\\c\\]d\"] it was refused";
        assert_eq!(String::from_utf8(frame).unwrap(), format!("{} {wanted}", wanted.len()));
        // What is not ASCII is counted in octets and begins with the mark.
        let told = super::frame(&sender(), record("Köln", "Käse"));
        let told = String::from_utf8(told).unwrap();
        let (count, message) = told.split_once(' ').unwrap();
        assert_eq!(count.parse::<usize>().unwrap(), message.len());
        assert!(message.ends_with("object=\"Köln\"] \u{feff}Käse"), "{message}");
    }

    #[test]
    fn the_longest_record_is_cut_and_stays_readable() {
        let mut long = record(&"\"".repeat(9000), &"ä".repeat(9000));
        long.fields = vec![("object", "]".repeat(9000)); 40];
        let message = message(&sender(), long);
        assert!(message.len() <= MOST_MESSAGE, "{}", message.len());
        assert!(message.contains("number=\"42\"") && message.ends_with("..."), "{message}");
    }

    proptest! {
        #[test]
        fn no_value_breaks_out_of_its_quotes(object: String, text: String) {
            let message = message(&sender(), record(&object, &text));
            prop_assert!(message.len() <= MOST_MESSAGE && !message.contains(char::is_control));
            let data = message.split_once("object=\"").unwrap().1;
            let mut value = String::new();
            let mut letters = data.chars();
            let rest = loop {
                match letters.next().unwrap() {
                    '\\' => value.push(letters.next().unwrap()),
                    '"' => break letters.as_str(),
                    letter => {
                        prop_assert_ne!(letter, ']');
                        value.push(letter);
                    }
                }
            };
            prop_assert!(rest.starts_with("] "));
            prop_assert_eq!(value, line(&object, 512));
        }
    }
}
