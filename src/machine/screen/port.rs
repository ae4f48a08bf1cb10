//! A terminal that is only written to, and that may be slow, gone, or never there.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use nix::fcntl::OFlag;

use super::page::Row;

/// The most bytes that wait for a slow terminal; older ones are given up for newer ones.
const WAITING: usize = 64 * 1024;

/// A terminal.
pub(super) struct Port {
    path: PathBuf,
    file: Option<File>,
    waiting: Vec<u8>,
}

impl Port {
    pub(super) fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), file: None, waiting: Vec::new() }
    }

    /// Puts `text` behind what still waits.
    pub(super) fn append(&mut self, text: &str) {
        if self.waiting.len() + text.len() > WAITING {
            self.waiting.clear();
        }
        self.waiting.extend_from_slice(text.as_bytes());
    }

    /// Puts `text` in the place of what still waits.
    pub(super) fn replace(&mut self, text: &str) {
        self.waiting.clear();
        self.append(text);
    }

    /// Writes as much as the terminal takes now; never waits.
    pub(super) fn push(&mut self) {
        // Not our terminal (NOCTTY), and no waiting for a modem or a reader (NONBLOCK).
        let flags = (OFlag::O_NOCTTY | OFlag::O_NONBLOCK).bits();
        let path = &self.path;
        let open = || OpenOptions::new().write(true).custom_flags(flags).open(path).ok();
        let Some(file) = self.file.take().or_else(open) else { return };
        let mut file = file;
        while !self.waiting.is_empty() {
            match file.write(&self.waiting) {
                Ok(written) if written > 0 => drop(self.waiting.drain(..written)),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                // Gone, or a fault of the line: opened anew at the next look.
                _ => return,
            }
        }
        self.file = Some(file);
    }
}

/// The page in one piece: each row is put in its place and cleared behind its text, so that nothing blinks.
/// The cursor is hidden and the screen never goes dark (console_codes(4)).
pub(super) fn drawing(rows: &[Row]) -> String {
    let mut text = String::from("\u{1b}[?25l\u{1b}[9;0]\u{1b}[14;0]");
    for (at, row) in rows.iter().enumerate() {
        let (on, off) = if row.strong { ("\u{1b}[1m", "\u{1b}[0m") } else { ("", "") };
        text.push_str(&format!("\u{1b}[{};1H{on}{}{off}\u{1b}[K", at + 1, row.text));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_missing_terminal_missed_is_bounded_and_written_later() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ttyS0");
        let mut port = Port::new(&path);
        port.append("old\n");
        port.append(&"x".repeat(WAITING - 1));
        port.append("new\n");
        port.push();
        std::fs::write(&path, "").unwrap();
        port.push();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "new\n");
    }
}
