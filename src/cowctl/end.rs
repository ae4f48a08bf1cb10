//! How a verb ends early: a code of sysexits(3), and what is wrong with what to do.

use std::fmt::Display;

use serde_json::{Value, json};

pub const USAGE: u8 = 64;
pub const DATA: u8 = 65;
pub const NO_INPUT: u8 = 66;
pub const UNAVAILABLE: u8 = 69;
pub const SOFTWARE: u8 = 70;
pub const CANNOT_CREATE: u8 = 73;
pub const IO: u8 = 74;
pub const LATER: u8 = 75;
pub const NOT_PERMITTED: u8 = 77;
pub const CONFIG: u8 = 78;

/// Why a verb ended early.
#[derive(Debug)]
pub struct End {
    pub code: u8,
    /// One line or more.
    pub text: String,
    /// What the machine said, for `--json`.
    pub said: Option<Value>,
}

impl End {
    pub fn new(code: u8, text: impl Display) -> Self {
        Self { code, text: text.to_string(), said: None }
    }

    /// A file that cannot be read.
    pub fn unread(path: &std::path::Path, error: &std::io::Error) -> Self {
        Self::new(NO_INPUT, format!("{} cannot be read: {error}", path.display()))
    }

    /// A file that cannot be written.
    pub fn unwritten(path: &std::path::Path, error: &std::io::Error) -> Self {
        Self::new(CANNOT_CREATE, format!("{} cannot be written: {error}", path.display()))
    }

    /// What the machine refused: `problem` is RFC 9457's document.
    pub fn of_problem(status: u16, problem: Value) -> Self {
        let code = match status {
            401 | 403 => NOT_PERMITTED,
            400 | 404 | 409 | 413 | 415 | 422 => DATA,
            429 | 503 => LATER,
            _ => SOFTWARE,
        };
        let word = |name: &str| problem[name].as_str().unwrap_or_default().to_owned();
        let mut text = match (word("title"), word("detail")) {
            (title, _) if title.is_empty() => format!("the machine answered {status} without a reason"),
            (title, detail) => format!("{title}. {detail}"),
        };
        let faults = problem["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        if !faults.is_empty() {
            // The detail tells programs where to look; here the fields follow.
            text = format!("{}. Nothing was changed.", word("title"));
        }
        for fault in faults {
            let word = |name: &str| plain(fault[name].as_str().unwrap_or_default());
            text.push_str(&format!("\n  {}: {} {}", word("field"), word("wrong"), word("cure")));
        }
        Self { code, text: plain(&text), said: Some(problem) }
    }

    /// For programs.
    pub fn json(&self) -> Value {
        let mut whole = json!({ "error": self.text, "code": self.code });
        if let Some(said) = &self.said {
            whole["problem"] = said.clone();
        }
        whole
    }
}

/// A machine's words without what would move the terminal's cursor or turn its text around.
pub fn plain(text: &str) -> String {
    let shown = |letter: &char| {
        *letter == '\n'
            || (!letter.is_control() && !matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
    };
    text.chars().filter(shown).collect()
}
