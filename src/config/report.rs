//! What is wrong with a file, in words for the person who wrote it.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;

/// One mistake: where it is, what is wrong and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The file's name, without its folder.
    pub file: String,
    /// The line, counted from 1; `None` when it is about the whole file.
    pub line: Option<usize>,
    /// The field's path, such as `access.admin_ranges[0].cidr`; empty when it is about the file.
    pub field: String,
    /// What is wrong and what to do.
    pub fault: Fault,
}

/// What is wrong with one value, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong, as the end of a sentence that begins with the field.
    pub wrong: String,
    /// What to write instead.
    pub cure: String,
}

impl Fault {
    /// A fault in these words.
    pub fn new(wrong: impl Into<String>, cure: impl Into<String>) -> Self {
        Self { wrong: wrong.into(), cure: cure.into() }
    }
}

impl Mistake {
    /// A mistake of the file as a whole.
    pub fn of_file(file: &str, fault: Fault) -> Self {
        Self { file: file.to_owned(), line: None, field: String::new(), fault }
    }

    /// Where and what, without the cure.
    pub fn problem(&self) -> String {
        let mut text = self.file.clone();
        if let Some(line) = self.line {
            text.push_str(&format!(" line {line}"));
        }
        if !self.field.is_empty() {
            text.push_str(&format!(", {}", self.field));
        }
        format!("{text}: {}", self.fault.wrong)
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.problem(), self.fault.cure)
    }
}

/// Every mistake of a file, in the order of its lines; at least one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Mistakes(pub Vec<Mistake>);

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<_> = self.0.iter().map(Mistake::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

/// Collects the mistakes of one file while it is read.
pub(super) struct Report {
    file: String,
    /// Where each line begins, in bytes.
    lines: Vec<usize>,
    mistakes: RefCell<Vec<Mistake>>,
    /// Lines that are not TOML: what was read from them says nothing, so no more is said about them.
    unreadable: BTreeSet<usize>,
}

impl Report {
    pub(super) fn new(file: &str, text: &str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let lines = std::iter::once(0).chain(breaks.map(|(at, _)| at + 1)).collect();
        let file = file.to_owned();
        Self { file, lines, mistakes: RefCell::default(), unreadable: BTreeSet::new() }
    }

    /// The line of this byte, counted from 1.
    pub(super) fn line(&self, byte: usize) -> usize {
        self.lines.partition_point(|start| *start <= byte)
    }

    pub(super) fn unreadable(&mut self, line: usize, fault: Fault) {
        if self.unreadable.insert(line) {
            self.push(Some(line), "", fault);
        }
    }

    pub(super) fn refuse(&self, line: usize, field: &str, fault: Fault) {
        if !self.unreadable.contains(&line) {
            self.push(Some(line), field, fault);
        }
    }

    /// Something is not there; said only of a file that is TOML throughout, else it may well be there.
    pub(super) fn missing(&self, line: Option<usize>, field: &str, cure: String) {
        if self.unreadable.is_empty() {
            self.push(line, field, Fault::new("is missing", cure));
        }
    }

    fn push(&self, line: Option<usize>, field: &str, fault: Fault) {
        let (file, field) = (self.file.clone(), field.to_owned());
        self.mistakes.borrow_mut().push(Mistake { file, line, field, fault });
    }

    /// What was read, if nothing was wrong.
    pub(super) fn conclude<T>(self, read: Option<T>) -> Result<T, Mistakes> {
        let mut mistakes = self.mistakes.into_inner();
        mistakes.sort_by_key(|mistake| mistake.line.unwrap_or(usize::MAX));
        match read {
            Some(read) if mistakes.is_empty() => Ok(read),
            _ => Err(Mistakes(mistakes)),
        }
    }
}

/// Somebody's text in quotation marks, cut at 60 characters, with nothing in it that could break or
/// turn a line.
pub(super) fn quote(text: &str) -> String {
    let shown: String = text.chars().take(60).flat_map(char::escape_debug).collect();
    let shown = shown.replace("\\'", "'").replace('|', "/");
    if text.chars().nth(60).is_some() { format!("\"{shown}…\"") } else { format!("\"{shown}\"") }
}
