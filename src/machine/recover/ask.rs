//! Asking for a recovery key at the terminal.

use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, Write};

use nix::sys::termios::{LocalFlags, SetArg, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

use super::RecoveryKey;
use crate::machine::{Exit, Failure};

/// The most bytes of a line.
const MOST: u64 = 512;

/// Asks the person at the terminal for the recovery key, without showing it. Never an argument, and never
/// from a pipe: both would be kept somewhere.
pub fn ask_recovery_key() -> Result<RecoveryKey, Failure> {
    let no_terminal = |error: std::io::Error| {
        Failure::new(
            Exit::Usage,
            format!("the recovery key is typed at a terminal, and there is none: {error}"),
        )
    };
    let mut terminal = OpenOptions::new().read(true).write(true).open("/dev/tty").map_err(no_terminal)?;
    let refuse = |error: std::io::Error| Failure::new(Exit::Io, format!("the terminal: {error}"));
    let shown = tcgetattr(&terminal).map_err(|error| refuse(error.into()))?;
    let mut hidden = shown.clone();
    hidden.local_flags.remove(LocalFlags::ECHO);
    tcsetattr(&terminal, SetArg::TCSAFLUSH, &hidden).map_err(|error| refuse(error.into()))?;
    let typed = (|| {
        terminal.write_all(b"Recovery key (it is not shown): ")?;
        let mut line = Zeroizing::new(String::with_capacity(1024));
        BufReader::with_capacity(1024, std::io::Read::take(&terminal, MOST)).read_line(&mut line)?;
        terminal.write_all(b"\n")?;
        Ok(line)
    })();
    let _ = tcsetattr(&terminal, SetArg::TCSAFLUSH, &shown);
    RecoveryKey::new(typed.map_err(refuse)?.trim()).map_err(|fault| {
        Failure::new(Exit::Usage, format!("the recovery key {}; {}", fault.wrong, fault.cure))
    })
}
