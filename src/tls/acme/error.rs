//! What went wrong between this machine and an authority, in words that a page can show.

use instant_acme::{Error, Problem};
use serde::{Deserialize, Serialize};

/// The most characters that are kept of what an authority says.
pub const MOST_SAID: usize = 300;

/// Why there is no certificate. Holds no secret: kept in rows and shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum AcmeError {
    /// The authority cannot be reached, or is not whom it should be.
    #[error("the authority cannot be reached: {0}")]
    Unreachable(String),
    /// It says no.
    #[error("the authority refuses: {0}")]
    Refused(String),
    /// It says that it was asked too often.
    #[error("the authority has been asked too often: {0}")]
    TooOften(String),
    /// It does not know the account (any more).
    #[error("the authority does not know the account: {0}")]
    NoAccount(String),
    /// It could not see that a name leads here.
    #[error("the authority could not check {name}: {said}")]
    Unchecked {
        /// Which name.
        name: String,
        /// Why not, in its words.
        said: String,
    },
    /// It does not check a name in the way that was chosen.
    #[error("the authority does not check {0} in this way")]
    OtherCheck(String),
    /// It was not done in time.
    #[error("the authority was not done in time")]
    Slow,
    /// It said something that makes no sense, or sent a certificate that cannot be used.
    #[error("the authority's answer makes no sense: {0}")]
    Odd(String),
}

/// One line of bounded length, from whatever an authority says.
pub(super) fn plain(text: &str) -> String {
    let keep = |letter: &char| {
        !letter.is_control()
            && !matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    text.chars().filter(keep).take(MOST_SAID).collect()
}

/// What a problem document says: its own words, and those about single names.
pub(super) fn said(problem: &Problem) -> String {
    let mut parts: Vec<&str> = problem.detail.iter().map(String::as_str).collect();
    parts.extend(problem.subproblems.iter().filter_map(|sub| sub.detail.as_deref()));
    if parts.is_empty() {
        parts.extend(problem.r#type.as_deref());
    }
    plain(&parts.join("; "))
}

impl From<Error> for AcmeError {
    fn from(error: Error) -> Self {
        match &error {
            Error::Api(problem) => {
                let kind = problem.r#type.as_deref().unwrap_or_default();
                match kind.rsplit(':').next().unwrap_or_default() {
                    "rateLimited" => Self::TooOften(said(problem)),
                    "accountDoesNotExist" => Self::NoAccount(said(problem)),
                    _ => Self::Refused(said(problem)),
                }
            }
            // Ours: a call that failed. Their own clients are not built in.
            Error::Other(other) => match other.downcast_ref::<super::http::Failed>() {
                Some(failed) => Self::Unreachable(plain(&failed.0)),
                None => Self::Odd(plain(&other.to_string())),
            },
            Error::Timeout(_) => Self::Slow,
            other => Self::Odd(plain(&other.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(kind: &str, detail: &str) -> Error {
        let json = format!(r#"{{"type":"urn:ietf:params:acme:error:{kind}","detail":"{detail}"}}"#);
        Error::Api(serde_json::from_str(&json).unwrap())
    }

    #[test]
    fn what_an_authority_says_becomes_one_bounded_line() {
        let said = format!("no\\u001b[2J\\u202e {}", "x".repeat(900));
        let AcmeError::Refused(kept) = AcmeError::from(problem("caa", &said)) else { panic!("not refused") };
        assert!(kept.starts_with("no[2J xxx") && kept.chars().count() == MOST_SAID, "{kept}");
    }

    #[test]
    fn the_kinds_that_matter_for_the_next_try_are_told_apart() {
        let of = |kind| AcmeError::from(problem(kind, "because"));
        assert_eq!(of("rateLimited"), AcmeError::TooOften("because".to_owned()));
        assert_eq!(of("accountDoesNotExist"), AcmeError::NoAccount("because".to_owned()));
        assert_eq!(of("rejectedIdentifier"), AcmeError::Refused("because".to_owned()));
    }
}
