//! Certificates from an authority that speaks ACME (RFC 8555): where it is, an account there, one order.
//!
//! Owns the calls and what their failures mean. Knows nothing of when to ask, of rows or of people. Talks to
//! the host of the authority's directory and to no other, under the table of TLS that all of the house has;
//! public addresses only, unless the authority is somebody's own, with a root of its own.

mod error;
mod http;
mod order;

use std::net::SocketAddr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hyper::Uri;
use instant_acme::{Account, ExternalAccountKey, NewAccount};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

pub use error::{AcmeError, MOST_SAID};
use http::{Http, Roots};
pub use order::{Check, Client, Finish};

/// The longest address of a directory.
pub const LONGEST_DIRECTORY: usize = 300;

/// Where an authority's directory is, and whom to believe there.
#[derive(Debug, Clone)]
pub struct Directory {
    url: String,
    /// `host` or `host:port`, as it stands in the address.
    authority: String,
    roots: Roots,
    /// A fixed address in its place: for development machines.
    at: Option<SocketAddr>,
}

/// An authority's address or root that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadDirectory {
    /// Not an address of HTTPS with a host name, or too long.
    #[error("write the directory's address like https://ca.example.com/acme/directory")]
    Address,
    /// Another port than 443, which the machine lets nothing out to.
    #[error("the directory must be at port 443: the machine lets nothing out to another one")]
    Port,
    /// Not one certificate in PEM.
    #[error("the root is not one certificate in PEM")]
    Root,
}

impl Directory {
    /// An authority of the web PKI, or one with a root of its own (PEM). With one it may stand on a private
    /// address, and a certificate of the web PKI is not enough for it.
    pub fn new(url: &str, root_pem: Option<&str>) -> Result<Self, BadDirectory> {
        let authority = named(url)?;
        let roots = match root_pem {
            None => Roots::Web,
            Some(pem) => Roots::One(one_root(pem)?),
        };
        Ok(Self { url: url.to_owned(), authority, roots, at: None })
    }

    /// One at a fixed address of any kind, believed under the web PKI and one more root. For a development
    /// machine, which says so on every page.
    pub fn detour(at: SocketAddr, root_pem: Option<&str>) -> Result<Self, BadDirectory> {
        let root = root_pem.map(one_root).transpose()?;
        let roots = root.map_or(Roots::Web, Roots::WebAnd);
        Ok(Self { url: format!("https://{at}/dir"), authority: at.to_string(), roots, at: Some(at) })
    }

    /// Its address: what accounts are kept under.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Makes an account. The authority's terms are agreed to by this: only after a person has done so.
    pub async fn register(&self, contact: &str, binding: Option<&Binding>) -> Result<AccountKey, AcmeError> {
        let contact = format!("mailto:{contact}");
        let contacts = [contact.as_str()];
        let wanted =
            NewAccount { contact: &contacts, terms_of_service_agreed: true, only_return_existing: false };
        let binding = binding.map(|binding| ExternalAccountKey::new(binding.id.clone(), &binding.key));
        let builder = Account::builder_with_http(self.http()?);
        let made = builder.create(&wanted, self.url.clone(), binding.as_ref()).await;
        let (account, credentials) = made.map_err(AcmeError::from)?;
        let key = URL_SAFE_NO_PAD.encode(credentials.private_key().secret_pkcs8_der());
        Ok(AccountKey { id: account.id().to_owned(), key: Zeroizing::new(key) })
    }

    /// Opens an account that was made before.
    pub async fn open(&self, account: &AccountKey) -> Result<Client, AcmeError> {
        let damaged = |_| AcmeError::Odd("the kept account key is damaged".to_owned());
        let key = Zeroizing::new(URL_SAFE_NO_PAD.decode(account.key.as_bytes()).map_err(damaged)?);
        let key = PrivatePkcs8KeyDer::from(key.as_slice());
        let builder = Account::builder_with_http(self.http()?);
        let account = builder.from_parts(account.id.clone(), key, self.url.clone()).await;
        Ok(Client::new(account.map_err(AcmeError::from)?))
    }

    fn http(&self) -> Result<Box<Http>, AcmeError> {
        let http = Http::new(&self.authority, &self.roots, self.at);
        http.map(Box::new).map_err(AcmeError::Unreachable)
    }
}

/// The host of a directory's address, if that is one that may be called.
fn named(url: &str) -> Result<String, BadDirectory> {
    let plain = url.len() <= LONGEST_DIRECTORY && url.bytes().all(|byte| byte.is_ascii_graphic());
    let parsed: Uri = url.parse().map_err(|_| BadDirectory::Address)?;
    let authority = parsed.authority().ok_or(BadDirectory::Address)?.as_str();
    let (host, port) = authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port)));
    if !plain || parsed.scheme_str() != Some("https") || url.contains('#') {
        return Err(BadDirectory::Address);
    }
    match super::HostName::new(host) {
        Ok(name) if name.as_str() == host && name.wildcard().is_none() => {}
        _ => return Err(BadDirectory::Address),
    }
    if port.is_some_and(|port| port != "443") {
        return Err(BadDirectory::Port);
    }
    Ok(authority.to_owned())
}

fn one_root(pem: &str) -> Result<CertificateDer<'static>, BadDirectory> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    let mut all = all.map_err(|_| BadDirectory::Root)?;
    let root = all.pop().filter(|_| all.is_empty()).ok_or(BadDirectory::Root)?;
    x509_parser::parse_x509_certificate(&root).map_err(|_| BadDirectory::Root)?;
    Ok(root)
}

/// An account's name and key, for a sealed row. Debug shows the name.
#[derive(Clone, Serialize, Deserialize)]
pub struct AccountKey {
    id: String,
    key: Zeroizing<String>,
}

impl std::fmt::Debug for AccountKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AccountKey({})", self.id)
    }
}

/// What ties an account to one that somebody has at the authority already (RFC 8555 7.3.4). For a sealed row.
#[derive(Clone, Serialize, Deserialize)]
pub struct Binding {
    id: String,
    key: Zeroizing<Vec<u8>>,
}

impl Binding {
    /// The longest key id and the longest key, in characters.
    pub const LONGEST: usize = 500;

    /// From what the authority hands out: a key id, and a key in base64 as it is used in addresses. `None` if
    /// they are not that.
    pub fn new(id: &str, key: &str) -> Option<Self> {
        let plain = |text: &str| {
            !text.is_empty()
                && text.len() <= Self::LONGEST
                && text.bytes().all(|byte| byte.is_ascii_graphic())
        };
        let decoded = Zeroizing::new(URL_SAFE_NO_PAD.decode(key.trim_end_matches('=')).ok()?);
        (plain(id) && plain(key)).then(|| Self { id: id.to_owned(), key: decoded })
    }
}

impl std::fmt::Debug for Binding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Binding({})", self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_a_host_name_at_443() {
        let read = |url: &str| Directory::new(url, None).map(|directory| directory.authority);
        assert_eq!(read("https://ca.example/acme/dir?x=1").as_deref(), Ok("ca.example"));
        assert_eq!(read("https://ca.example:443/dir").as_deref(), Ok("ca.example:443"));
        assert_eq!(read("https://ca.example:8443/dir"), Err(BadDirectory::Port));
        let long = format!("https://ca.example/{}", "x".repeat(LONGEST_DIRECTORY));
        for bad in [
            "",
            "ca.example",
            "http://ca.example/",
            "https:///dir",
            "https://192.0.2.1/dir",
            "https://[::1]/",
            "https://localhost/dir",
            "https://user@ca.example/",
            "https://*.example/",
            "https://ca.example/ x",
            "https://CA.example/dir",
            "https://ca.example/#x",
            long.as_str(),
        ] {
            assert_eq!(read(bad), Err(BadDirectory::Address), "{bad}");
        }
    }

    #[test]
    fn a_root_is_one_certificate() {
        let key = rcgen::KeyPair::generate().unwrap();
        let pem = rcgen::CertificateParams::new(vec![]).unwrap().self_signed(&key).unwrap().pem();
        let read = |root: &str| Directory::new("https://ca.example/", Some(root)).map(|_| ());
        assert_eq!(read(&pem), Ok(()));
        for bad in [String::new(), "x".to_owned(), format!("{pem}{pem}"), key.serialize_pem()] {
            assert_eq!(read(&bad), Err(BadDirectory::Root));
        }
    }

    #[test]
    fn what_ties_an_account_is_read_with_and_without_padding_and_shows_no_key() {
        assert!(Binding::new("kid-1", "AQIDBA").is_some());
        let binding = Binding::new("kid-1", "AQIDBA==").unwrap();
        assert_eq!(
            (binding.key.as_slice(), format!("{binding:?}").as_str()),
            (&[1, 2, 3, 4][..], "Binding(kid-1)")
        );
        for (id, key) in [("", "AQID"), ("kid", ""), ("kid", "a+b/"), ("k d", "AQID"), ("kid", "!!")] {
            assert!(Binding::new(id, key).is_none(), "{id} {key}");
        }
    }
}
