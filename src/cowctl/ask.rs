//! What is asked for at the terminal: questions, and secrets without an echo.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, IsTerminal, Read, Write};

use nix::sys::termios::{LocalFlags, SetArg, Termios, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

use super::end::{End, IO, USAGE};

/// The most that is read of a secret.
const MOST: u64 = 4096;

fn terminal() -> Result<File, End> {
    OpenOptions::new().read(true).write(true).open("/dev/tty").map_err(|_| {
        End::new(USAGE, "there is no terminal to ask at; give secrets on standard input (see --help)")
    })
}

fn io(error: impl std::fmt::Display) -> End {
    End::new(IO, format!("the terminal: {error}"))
}

/// A line of the terminal, typed after `question`.
pub fn line(question: &str) -> Result<String, End> {
    let mut terminal = terminal()?;
    terminal.write_all(question.as_bytes()).map_err(io)?;
    let mut typed = String::new();
    BufReader::new(terminal.take(MOST)).read_line(&mut typed).map_err(io)?;
    Ok(typed.trim().to_owned())
}

/// Puts the echo back, however the question ends.
struct Quiet {
    terminal: File,
    before: Termios,
}

impl Drop for Quiet {
    fn drop(&mut self) {
        // Nobody can be told any more if this fails.
        let _ = tcsetattr(&self.terminal, SetArg::TCSANOW, &self.before);
        let _ = self.terminal.write_all(b"\n");
    }
}

/// A secret, typed after `question` without an echo.
pub fn secret(question: &str) -> Result<Zeroizing<String>, End> {
    let mut terminal = terminal()?;
    terminal.write_all(question.as_bytes()).map_err(io)?;
    let before = tcgetattr(&terminal).map_err(io)?;
    let mut silent = before.clone();
    silent.local_flags.remove(LocalFlags::ECHO);
    tcsetattr(&terminal, SetArg::TCSAFLUSH, &silent).map_err(io)?;
    let quiet = Quiet { terminal, before };
    read_line(&quiet.terminal)
}

/// The next line of standard input.
pub fn secret_of_stdin() -> Result<Zeroizing<String>, End> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        return Err(End::new(USAGE, "standard input is a terminal, which would show the secret; pipe it in"));
    }
    read_line(stdin.lock())
}

/// One line, byte by byte, so that what follows stays for the next question and nothing else holds a copy.
fn read_line(mut from: impl Read) -> Result<Zeroizing<String>, End> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(256));
    let mut byte = [0_u8];
    while u64::try_from(bytes.len()).unwrap_or(MOST) < MOST && from.read(&mut byte).map_err(io)? == 1 {
        if byte == [b'\n'] {
            break;
        }
        bytes.extend_from_slice(&byte);
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| End::new(USAGE, "the secret is not UTF-8"))?;
    Ok(Zeroizing::new(text.trim_end_matches('\r').to_owned()))
}
