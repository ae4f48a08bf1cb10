//! The check as a command of the staff tool: a file and a fingerprint in, a report or an exit code out.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use super::{Bad, Report, verify};
use crate::audit::Hash;

/// Why there is no good report.
#[derive(Debug, thiserror::Error)]
pub enum VerifyEnd {
    /// The fingerprint is none.
    #[error(
        "the fingerprint {0:?} is not one: copy the 64 hexadecimal digits from the console's page Audit log"
    )]
    Fingerprint(String),
    /// The file cannot be opened.
    #[error("{path} cannot be read: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// The log is not what the machine wrote.
    #[error("bad: {0}")]
    Bad(#[from] Bad),
}

impl VerifyEnd {
    /// The exit code (sysexits.h).
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Fingerprint(_) => 64,
            Self::Bad(_) => 65,
            Self::File { .. } => 66,
        }
    }
}

/// `cowctl audit verify FILE [--key-fingerprint F]`. The fingerprint's case, spaces and colons do not matter.
pub fn verify_command(path: &Path, fingerprint: Option<&str>) -> Result<Report, VerifyEnd> {
    let trusted = match fingerprint {
        None => None,
        Some(text) => {
            let digits: String = text.chars().filter(|c| !matches!(c, ' ' | ':')).collect();
            let hash = digits.to_ascii_lowercase().parse::<Hash>();
            Some(hash.map_err(|_| VerifyEnd::Fingerprint(text.to_owned()))?)
        }
    };
    let file = File::open(path).map_err(|source| VerifyEnd::File { path: path.to_owned(), source })?;
    Ok(verify(BufReader::new(file), trusted)?)
}
