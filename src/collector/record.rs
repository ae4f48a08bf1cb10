//! One record on its way to a collector, whatever language it is told in.

use jiff::Timestamp;

/// The most bytes of one value; a longer one is cut and ends in `...`.
const MOST_VALUE: usize = 512;
/// The most bytes of the text.
const MOST_TEXT: usize = 2048;

/// How grave a record is (RFC 5424, 6.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// Somebody must look at once.
    Alert,
    /// Something was refused or is missing.
    Warning,
    /// All is well.
    Informational,
}

impl Severity {
    /// The number in a syslog message's priority.
    pub(super) fn syslog(self) -> u8 {
        match self {
            Self::Alert => 1,
            Self::Warning => 4,
            Self::Informational => 6,
        }
    }

    /// The number and the short name of OpenTelemetry's log data model (its table of syslog severities).
    pub(super) fn otlp(self) -> (u8, &'static str) {
        match self {
            Self::Alert => (19, "ALERT"),
            Self::Warning => (13, "WARNING"),
            Self::Informational => (9, "INFO"),
        }
    }
}

/// A record. What is in it is nobody's secret: whoever makes one sees to that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its place in the log, from 1 up; by it a collector knows what it has twice.
    pub number: u64,
    /// When it happened.
    pub at: Timestamp,
    /// How grave it is.
    pub severity: Severity,
    /// Of what kind: letters, digits and hyphens, at most 32.
    pub kind: String,
    /// What is known of it, by name: letters, digits and hyphens, at most 32 of them.
    pub fields: Vec<(&'static str, String)>,
    /// The same in words, on one line.
    pub text: String,
}

impl Record {
    /// What a collector is told instead of records that it will not get: `from` and `to` are included.
    pub(super) fn gap(from: u64, to: u64, at: Timestamp, why: &'static str) -> Self {
        Self {
            number: to,
            at,
            severity: Severity::Warning,
            kind: "gap".to_owned(),
            fields: vec![("from", from.to_string()), ("to", to.to_string()), ("why", why.to_owned())],
            text: format!("records {from} to {to} are missing here: {why}"),
        }
    }

    /// The same record within the bounds that every message keeps: one line, cut where it is too long.
    pub(super) fn bounded(mut self) -> Self {
        for (_, value) in &mut self.fields {
            *value = line(value, MOST_VALUE);
        }
        self.text = line(&self.text, MOST_TEXT);
        self
    }
}

/// One line of at most `most` bytes: control characters become spaces, and what is cut ends in `...`.
pub(super) fn line(text: &str, most: usize) -> String {
    let mut out = String::with_capacity(text.len().min(most));
    for letter in text.chars() {
        // A byte order mark inside would be read as the beginning of another text.
        let letter = if letter.is_control() || letter == '\u{feff}' { ' ' } else { letter };
        if out.len().saturating_add(letter.len_utf8()) > most {
            while out.len() > most.saturating_sub(3) {
                out.pop();
            }
            out.push_str("...");
            break;
        }
        out.push(letter);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_line_is_one_line_within_its_bound(text: String, most in 3..200_usize) {
            let line = line(&text, most);
            prop_assert!(line.len() <= most && !line.contains(char::is_control));
            if text.len() <= most && !text.contains(|letter: char| letter.is_control() || letter == '\u{feff}') {
                prop_assert_eq!(line, text);
            }
        }
    }
}
