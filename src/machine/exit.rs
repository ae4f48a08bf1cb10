//! How a verb of the binary ends: the codes of sysexits(3), and one text for the person who reads it.

use std::fmt;
use std::process::ExitCode;

/// The exit codes in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 64: the command line makes no sense.
    Usage = 64,
    /// 66: an input file is not there or cannot be read.
    NoInput = 66,
    /// 69: something that is needed does not answer.
    Unavailable = 69,
    /// 70: a fault of ours.
    Software = 70,
    /// 71: the operating system refused.
    System = 71,
    /// 73: a file cannot be made.
    CannotCreate = 73,
    /// 74: reading or writing failed.
    Io = 74,
    /// 77: not allowed.
    NotPermitted = 77,
    /// 78: the configuration is refused. Trying again would say the same.
    Config = 78,
}

/// Why a verb ended early.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Failure {
    /// The code to end with.
    pub exit: Exit,
    /// What is wrong and what to do; one line or more.
    pub text: String,
}

impl Failure {
    /// A failure with this code and text.
    pub fn new(exit: Exit, text: impl fmt::Display) -> Self {
        Self { exit, text: text.to_string() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Usage => 64,
            Exit::NoInput => 66,
            Exit::Unavailable => 69,
            Exit::Software => 70,
            Exit::System => 71,
            Exit::CannotCreate => 73,
            Exit::Io => 74,
            Exit::NotPermitted => 77,
            Exit::Config => 78,
        })
    }
}
