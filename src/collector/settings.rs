//! Where the records go: what somebody typed, checked field by field, and what is kept of it.
//!
//! A collector is called by its numeric address, so that no name server decides where the records go, and must
//! prove the name that was agreed on. It usually stands in the hosting network: private addresses are allowed,
//! those that lead back into this machine or to everybody are not.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use hyper::header::{HeaderName, HeaderValue};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// The longest uploaded certificate.
pub const MOST_PEM: usize = 64 * 1024;
/// The longest value of the header.
pub const MOST_SECRET: usize = 4096;
/// The longest path.
pub const MOST_PATH: usize = 200;
/// Where OTLP/HTTP takes logs, if nothing else is said.
pub const USUAL_PATH: &str = "/v1/logs";
/// The header in which a token is sent, if nothing else is said.
pub const USUAL_HEADER: &str = "authorization";
/// Headers that belong to the message itself.
const OURS: [&str; 9] = [
    "host",
    "connection",
    "content-length",
    "content-type",
    "content-encoding",
    "transfer-encoding",
    "te",
    "trailer",
    "upgrade",
];

/// What a collector understands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "speaks")]
pub enum Protocol {
    /// RFC 5424 messages over TLS, counted by octets (RFC 5425).
    Syslog,
    /// OTLP over HTTPS, as JSON.
    Otlp {
        /// The path; [`USUAL_PATH`] as a rule.
        path: String,
        /// The header in which the secret is sent, if there is one; in small letters.
        header: String,
    },
}

/// A value that is sent to the collector and shown to nobody.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// The value, for the one request that needs it.
    pub(super) fn expose_secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Where the records go. For sealed rows only: the secret is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// What it understands.
    pub protocol: Protocol,
    /// Address and port.
    pub at: SocketAddr,
    /// The host name or address that its certificate must have.
    pub name: String,
    /// The one certificate authority that may vouch for it (PEM); `None` means those of the web.
    pub root: Option<String>,
    /// What the header says, if it must say something.
    pub secret: Option<Secret>,
}

/// Who sends: what stands in every message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    /// The machine's name.
    pub host: String,
    /// The program.
    pub app: String,
    /// Its version.
    pub version: String,
    /// The name of the log whose numbers the records have: another machine, or a new store, has another.
    pub log: String,
}

/// A field of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// `syslog` or `otlp`.
    Protocol,
    /// Address and port.
    Address,
    /// The name in the certificate.
    Name,
    /// The certificate authority.
    Root,
    /// The path.
    Path,
    /// The header's name.
    Header,
    /// The header's value.
    Secret,
}

/// What is wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Neither of the two that are spoken.
    Unknown,
    /// Not an address with a port.
    NotAnAddress,
    /// An address of this machine itself, of many at once or of none.
    NotReachable,
    /// Not a host name and not an address.
    NotAName,
    /// Not one certificate in PEM.
    NotACertificate,
    /// A certificate that may not vouch for others.
    NotAnAuthority,
    /// More than fits.
    TooLong,
    /// Not a path that begins with a slash, in plain letters.
    NotAPath,
    /// Not the name of a header, or of one that belongs to the message.
    NotAHeader,
    /// Characters that no header can have.
    NotAValue,
}

/// What was typed.
#[derive(Default)]
pub struct Draft {
    /// `syslog` or `otlp`.
    pub protocol: String,
    /// `address:port`; IPv6 in brackets.
    pub address: String,
    /// Empty means: the address itself.
    pub name: String,
    /// PEM; empty means: the authorities of the web.
    pub root: String,
    /// Empty means: [`USUAL_PATH`].
    pub path: String,
    /// Empty means: [`USUAL_HEADER`].
    pub header: String,
    /// Empty means: none, or the one that is kept.
    pub secret: Zeroizing<String>,
}

impl Draft {
    /// Checks every field and names each that is wrong. `inside` allows addresses of this machine: for
    /// development machines and tests alone.
    pub fn check(&self, inside: bool) -> Result<Settings, Vec<(Field, Fault)>> {
        let mut wrong = Vec::new();
        let mut note = |field, fault| wrong.push((field, fault));
        let at = address(&self.address, inside).map_err(|fault| note(Field::Address, fault)).ok();
        let name = match (self.name.trim(), at) {
            ("", Some(at)) => at.ip().to_string(),
            (name, _) => name.to_lowercase(),
        };
        if !name.is_empty() && ServerName::try_from(name.as_str()).is_err() {
            note(Field::Name, Fault::NotAName);
        }
        let root = self.root.trim();
        if let Err(fault) = authority(root) {
            note(Field::Root, fault);
        }
        let root = (!root.is_empty()).then(|| format!("{root}\n"));
        let protocol = match self.protocol.trim() {
            "syslog" => Some(Protocol::Syslog),
            "otlp" => {
                let path = path(&self.path).map_err(|fault| note(Field::Path, fault));
                let header = header(&self.header).map_err(|fault| note(Field::Header, fault));
                path.ok().zip(header.ok()).map(|(path, header)| Protocol::Otlp { path, header })
            }
            _ => {
                note(Field::Protocol, Fault::Unknown);
                None
            }
        };
        let secret = self.secret.trim();
        if let Err(fault) = secret_value(secret) {
            note(Field::Secret, fault);
        }
        let speaks_http = matches!(protocol, Some(Protocol::Otlp { .. }));
        let secret = (speaks_http && !secret.is_empty()).then(|| Secret(Zeroizing::new(secret.to_owned())));
        match (protocol, at) {
            (Some(protocol), Some(at)) if wrong.is_empty() => {
                Ok(Settings { protocol, at, name, root, secret })
            }
            _ => Err(wrong),
        }
    }
}

fn address(text: &str, inside: bool) -> Result<SocketAddr, Fault> {
    let at: SocketAddr = text.trim().parse().map_err(|_| Fault::NotAnAddress)?;
    let at = SocketAddr::new(at.ip().to_canonical(), at.port());
    let nowhere = match at.ip() {
        IpAddr::V4(four) => {
            four.is_unspecified() || four.is_multicast() || four.is_broadcast() || four.is_link_local()
        }
        IpAddr::V6(six) => six.is_unspecified() || six.is_multicast() || six.is_unicast_link_local(),
    };
    if at.port() == 0 || nowhere || (at.ip().is_loopback() && !inside) {
        return Err(Fault::NotReachable);
    }
    Ok(at)
}

/// One certificate that may vouch for others (RFC 5280, 4.2.1.9), or none at all.
fn authority(pem: &str) -> Result<(), Fault> {
    if pem.is_empty() {
        return Ok(());
    }
    if pem.len() > MOST_PEM {
        return Err(Fault::TooLong);
    }
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    let [one] =
        all.map_err(|_| Fault::NotACertificate)?.try_into().map_err(|_: Vec<_>| Fault::NotACertificate)?;
    let (_, parsed) = x509_parser::parse_x509_certificate(&one).map_err(|_| Fault::NotACertificate)?;
    if parsed.is_ca() { Ok(()) } else { Err(Fault::NotAnAuthority) }
}

fn path(text: &str) -> Result<String, Fault> {
    let path = match text.trim() {
        "" => USUAL_PATH,
        path => path,
    };
    if path.len() > MOST_PATH {
        return Err(Fault::TooLong);
    }
    let plain = path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#');
    let uri = path.parse::<hyper::Uri>();
    let whole = uri.is_ok_and(|uri| uri.path_and_query().is_some_and(|rest| rest.as_str() == path));
    if path.starts_with('/') && !path.starts_with("//") && plain && whole {
        Ok(path.to_owned())
    } else {
        Err(Fault::NotAPath)
    }
}

fn header(text: &str) -> Result<String, Fault> {
    let name = match text.trim() {
        "" => USUAL_HEADER,
        name => name,
    };
    if name.len() > 100 {
        return Err(Fault::TooLong);
    }
    let name: HeaderName = name.parse().map_err(|_| Fault::NotAHeader)?;
    if OURS.contains(&name.as_str()) { Err(Fault::NotAHeader) } else { Ok(name.as_str().to_owned()) }
}

fn secret_value(text: &str) -> Result<(), Fault> {
    if text.len() > MOST_SECRET {
        return Err(Fault::TooLong);
    }
    let plain = text.is_ascii() && HeaderValue::from_str(text).is_ok();
    if plain { Ok(()) } else { Err(Fault::NotAValue) }
}

impl Settings {
    /// Whether records go to the same place, though perhaps another word proves who sends or who receives.
    pub fn same_place(&self, other: &Self) -> bool {
        let path = |settings: &Self| match &settings.protocol {
            Protocol::Syslog => None,
            Protocol::Otlp { path, .. } => Some(path.clone()),
        };
        self.at == other.at && self.name == other.name && path(self) == path(other)
    }

    /// The same with the secret that was kept, if none was typed and it would go to whom it was given for: same
    /// address, same name, same path, same authority, same header.
    pub fn with_kept(mut self, kept: Option<&Self>) -> Self {
        if let Some(kept) = kept
            && self.secret.is_none()
            && self.same_place(kept)
            && self.protocol == kept.protocol
            && self.root == kept.root
        {
            self.secret.clone_from(&kept.secret);
        }
        self
    }

    /// SHA-256 of the authority that alone may vouch for it, in groups of four digits, for people who compare.
    pub fn root_fingerprint(&self) -> Option<String> {
        let root = CertificateDer::from_pem_slice(self.root.as_ref()?.as_bytes()).ok()?;
        let digits: Vec<_> = Sha256::digest(&root).iter().map(|byte| format!("{byte:02X}")).collect();
        Some(digits.chunks(2).map(<[String]>::concat).collect::<Vec<_>>().join(" "))
    }

    /// Where it is, in words for pages and the audit.
    pub fn place(&self) -> String {
        match &self.protocol {
            Protocol::Syslog => format!("syslog at {} as {}", self.at, self.name),
            Protocol::Otlp { path, .. } => format!("OTLP at {}{path} as {}", self.at, self.name),
        }
    }
}

#[cfg(test)]
#[path = "settings_tests.rs"]
mod tests;
