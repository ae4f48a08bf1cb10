//! What is kept between two calls: which machines are trusted, and the session at each.
//!
//! `$XDG_CONFIG_HOME/cashcow/machines.json` has the fingerprints; a session's token is in a file of its own that
//! only its owner reads (0600). Nothing else is kept.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::Context;
use super::end::{CONFIG, End, NOT_PERMITTED, USAGE};

/// The port of the console.
const PORT: u16 = 9443;

/// Where a machine answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    pub host: String,
    pub port: u16,
}

impl Address {
    /// `HOST`, `HOST:PORT`, `[IPV6]:PORT`, with or without `https://`.
    pub fn parse(text: &str) -> Result<Self, End> {
        let wrong = || {
            End::new(
                USAGE,
                format!("{text} is no machine: write HOST or HOST:PORT, such as shop.example.net"),
            )
        };
        let plain = text.trim().trim_start_matches("https://").trim_end_matches('/');
        let (host, port) = match plain.strip_prefix('[') {
            Some(rest) => {
                let (host, rest) = rest.split_once(']').ok_or_else(wrong)?;
                (host, rest.strip_prefix(':'))
            }
            None if plain.matches(':').count() == 1 => {
                plain.split_once(':').map(|(host, port)| (host, Some(port))).ok_or_else(wrong)?
            }
            None => (plain, None),
        };
        let port = port.map_or(Ok(PORT), str::parse).map_err(|_| wrong())?;
        let fine = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':');
        if host.is_empty() || host.len() > 253 || !host.bytes().all(fine) {
            return Err(wrong());
        }
        Ok(Self { host: host.to_lowercase(), port })
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// The machines that are trusted.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Machines {
    /// The one that is meant if none is named.
    #[serde(default)]
    pub latest: Option<String>,
    /// Address to fingerprint (SHA-256 of the certificate, 16 groups).
    #[serde(default)]
    pub trusted: BTreeMap<String, String>,
}

fn folder() -> Result<PathBuf, End> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = set("XDG_CONFIG_HOME")
        .filter(|path| path.is_absolute())
        .or_else(|| set("HOME").map(|home| home.join(".config")));
    let base = base.ok_or_else(|| {
        End::new(CONFIG, "neither XDG_CONFIG_HOME nor HOME is set: there is no place for settings")
    })?;
    Ok(base.join("cashcow"))
}

fn write(path: &Path, content: &[u8]) -> Result<(), End> {
    let said = |error: std::io::Error| End::unwritten(path, &error);
    if let Some(folder) = path.parent() {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(said)?;
    }
    // Written beside and renamed, so that there is never half a file, and never one that others can read.
    let beside = path.with_extension(format!("new-{}", std::process::id()));
    let mut file =
        fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside).map_err(said)?;
    let written =
        file.write_all(content).and_then(|()| file.sync_all()).and_then(|()| fs::rename(&beside, path));
    written.map_err(|error| {
        let _ = fs::remove_file(&beside);
        said(error)
    })
}

impl Machines {
    fn path() -> Result<PathBuf, End> {
        Ok(folder()?.join("machines.json"))
    }

    pub fn load() -> Result<Self, End> {
        let path = Self::path()?;
        match fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text).map_err(|error| {
                End::new(
                    CONFIG,
                    format!(
                        "{}: {error}; repair it, or remove it and trust each machine again",
                        path.display()
                    ),
                )
            }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(End::unread(&path, &error)),
        }
    }

    pub fn save(&self) -> Result<(), End> {
        let text = serde_json::to_vec_pretty(self).unwrap_or_default();
        write(&Self::path()?, &text)
    }

    /// The machine that is meant, and the fingerprint that it must show.
    pub fn chosen(&self, context: &Context) -> Result<(Address, String), End> {
        let name = match &context.machine {
            Some(name) => Address::parse(name)?.to_string(),
            None => self
                .latest
                .clone()
                .ok_or_else(|| End::new(NOT_PERMITTED, "no machine is trusted yet: cowctl trust HOST"))?,
        };
        let fingerprint = self.trusted.get(&name).cloned().ok_or_else(|| {
            End::new(NOT_PERMITTED, format!("{name} is not trusted yet: cowctl trust {name}"))
        })?;
        Ok((Address::parse(&name)?, fingerprint))
    }
}

fn token_file(address: &Address) -> Result<PathBuf, End> {
    let name: String = address
        .to_string()
        .chars()
        .map(
            |letter| {
                if letter.is_ascii_alphanumeric() || letter == '.' || letter == '-' { letter } else { '_' }
            },
        )
        .collect();
    Ok(folder()?.join("tokens").join(name))
}

/// The token that is kept for a machine.
pub fn token(address: &Address) -> Result<Zeroizing<String>, End> {
    let path = token_file(address)?;
    let missing = || End::new(NOT_PERMITTED, format!("nobody is signed in at {address}: cowctl login"));
    let about = match fs::metadata(&path) {
        Ok(about) => about,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(missing()),
        Err(error) => return Err(End::unread(&path, &error)),
    };
    if about.permissions().mode() & 0o077 != 0 {
        return Err(End::new(
            NOT_PERMITTED,
            format!(
                "{} can be read by others, so what is in it is not safe: sign out in the console, remove it and sign in again",
                path.display()
            ),
        ));
    }
    let text = Zeroizing::new(fs::read_to_string(&path).map_err(|error| End::unread(&path, &error))?);
    Ok(Zeroizing::new(text.trim().to_owned()))
}

pub fn keep_token(address: &Address, token: &str) -> Result<(), End> {
    write(&token_file(address)?, format!("{token}\n").as_bytes())
}

pub fn forget_token(address: &Address) -> Result<(), End> {
    let path = token_file(address)?;
    match fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(End::unwritten(&path, &error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    #[test]
    fn a_machine_is_a_host_and_perhaps_a_port() {
        for (typed, read) in [
            ("shop.example.net", "shop.example.net:9443"),
            ("https://Shop.example.net:443/", "shop.example.net:443"),
            ("192.0.2.1:9444", "192.0.2.1:9444"),
            ("2001:db8::1", "[2001:db8::1]:9443"),
            ("[2001:db8::1]:9444", "[2001:db8::1]:9444"),
        ] {
            assert_eq!(Address::parse(typed).unwrap().to_string(), read, "{typed}");
        }
        for wrong in ["", "a b", "shop:port", "shop/../x", "[::1", "user@host"] {
            assert!(Address::parse(wrong).is_err(), "{wrong}");
        }
    }
}
