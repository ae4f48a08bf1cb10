//! What a listener shows: the machine's own certificate and those that were put in place, by host name;
//! replaceable while it serves.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use jiff::Timestamp;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::{ACME_TLS, Challenges, HostName, Identity, IdentityError};

/// Who is shown the machine's own certificate once there are others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Own {
    /// Whoever asks for a name that none of the others is for.
    Unknown,
    /// Nobody.
    Nobody,
}

/// The certificates of a listener. Cheap to clone; every clone is the same one.
#[derive(Clone)]
pub struct Certificates(Arc<Shown>);

struct Shown {
    own: Entry,
    who: Own,
    placed: RwLock<Placed>,
    challenges: Option<Challenges>,
}

#[derive(Clone)]
struct Entry {
    key: Arc<CertifiedKey>,
    fingerprint: String,
    validity: (Timestamp, Timestamp),
}

#[derive(Default)]
struct Placed {
    /// For those who give no name.
    first: Option<Entry>,
    exact: BTreeMap<String, Arc<CertifiedKey>>,
    /// By what stands behind `*.`.
    wild: BTreeMap<String, Arc<CertifiedKey>>,
}

impl Entry {
    fn of(identity: &Identity) -> Result<Self, IdentityError> {
        let (key, validity) = (identity.certified_key()?, identity.validity()?);
        Ok(Self { key, fingerprint: identity.fingerprint(), validity })
    }
}

impl Certificates {
    /// For a listener with many names: shows `own` until others are placed, and afterwards to those who ask
    /// for another name. Answers the challenges of `tls-alpn-01`.
    pub fn by_name(own: &Identity, challenges: Challenges) -> Result<Self, IdentityError> {
        Self::with(own, Own::Unknown, Some(challenges))
    }

    /// For a listener with one certificate, whatever name a client asks for: `own` until another is placed.
    pub fn for_all(own: &Identity) -> Result<Self, IdentityError> {
        Self::with(own, Own::Nobody, None)
    }

    fn with(own: &Identity, who: Own, challenges: Option<Challenges>) -> Result<Self, IdentityError> {
        let own = Entry::of(own)?;
        Ok(Self(Arc::new(Shown { own, who, placed: RwLock::default(), challenges })))
    }

    /// Shows these, each for its names, to every connection that begins from now on; what was placed before
    /// goes. Of two for one name the later is shown. The first one is for those who give no name.
    pub fn place(&self, placed: &[(Vec<HostName>, &Identity)]) -> Result<(), IdentityError> {
        let mut next = Placed::default();
        for (names, identity) in placed {
            let entry = Entry::of(identity)?;
            for name in names {
                match name.wildcard() {
                    Some(parent) => next.wild.insert(parent.to_owned(), Arc::clone(&entry.key)),
                    None => next.exact.insert(name.as_str().to_owned(), Arc::clone(&entry.key)),
                };
            }
            next.first.get_or_insert(entry);
        }
        *self.0.placed.write().unwrap_or_else(PoisonError::into_inner) = next;
        Ok(())
    }

    /// SHA-256, in 16 groups of four hex digits, of the certificate for those who give no name.
    pub fn fingerprint(&self) -> String {
        self.first().fingerprint
    }

    /// SHA-256 of the machine's own certificate, shown or not.
    pub fn own_fingerprint(&self) -> String {
        self.0.own.fingerprint.clone()
    }

    /// First and last instant of the certificate for those who give no name.
    pub fn validity(&self) -> (Timestamp, Timestamp) {
        self.first().validity
    }

    fn first(&self) -> Entry {
        let placed = self.0.placed.read().unwrap_or_else(PoisonError::into_inner);
        placed.first.clone().unwrap_or_else(|| self.0.own.clone())
    }

    pub(super) fn resolver(&self) -> Arc<dyn ResolvesServerCert> {
        Arc::clone(&self.0) as Arc<dyn ResolvesServerCert>
    }

    /// Whether a certificate authority may ask here for the answer to its challenge.
    pub(super) fn is_asked_by_authorities(&self) -> bool {
        self.0.challenges.is_some()
    }
}

impl Shown {
    fn key(&self, name: Option<&str>) -> Arc<CertifiedKey> {
        let placed = self.placed.read().unwrap_or_else(PoisonError::into_inner);
        let first = || placed.first.as_ref().map(|first| Arc::clone(&first.key));
        let found = match (name, self.who) {
            (None, _) | (_, Own::Nobody) => first(),
            (Some(name), Own::Unknown) => {
                let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
                let wild = || placed.wild.get(name.split_once('.')?.1);
                placed.exact.get(&name).or_else(wild).cloned()
            }
        };
        found.unwrap_or_else(|| Arc::clone(&self.own.key))
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        // An authority that validates offers this protocol and no other (RFC 8737 3). Without an order that is
        // under way for its name there is no certificate, and the handshake ends.
        let mut offered = hello.alpn().into_iter().flatten();
        if offered.next() == Some(ACME_TLS) && offered.next().is_none() {
            return self.challenges.as_ref()?.certificate(hello.server_name()?);
        }
        let shown = self.key(hello.server_name());
        // A client that takes no signature of this key is refused before anything is said.
        shown.key.choose_scheme(hello.signature_schemes()).map(|_| shown)
    }
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shown")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(name: &str) -> Identity {
        Identity::self_signed(&[name.to_owned()], Timestamp::from_second(1_795_000_000).unwrap()).unwrap()
    }

    fn names(names: &[&str]) -> Vec<HostName> {
        names.iter().map(|name| HostName::new(name).unwrap()).collect()
    }

    fn shown(certificates: &Certificates, name: Option<&str>) -> Vec<u8> {
        certificates.0.key(name).cert.first().unwrap().to_vec()
    }

    fn leaf(identity: &Identity) -> Vec<u8> {
        identity.certified_key().unwrap().cert.first().unwrap().to_vec()
    }

    #[test]
    fn each_name_has_its_certificate_and_other_names_the_machines_own() {
        let (own, shop, all) = (identity("own.example"), identity("shop.example"), identity("all.example"));
        let certificates = Certificates::by_name(&own, Challenges::default()).unwrap();
        assert_eq!(shown(&certificates, Some("shop.example.com")), leaf(&own));
        let placed = [(names(&["shop.example.com"]), &shop), (names(&["*.example.com", "b.example"]), &all)];
        certificates.place(&placed).unwrap();
        for name in ["shop.example.com", "SHOP.example.com", "shop.example.com."] {
            assert_eq!(shown(&certificates, Some(name)), leaf(&shop), "{name}");
        }
        for name in ["www.example.com", "b.example"] {
            assert_eq!(shown(&certificates, Some(name)), leaf(&all), "{name}");
        }
        for name in ["example.com", "a.b.example.com", "other.example", "com"] {
            assert_eq!(shown(&certificates, Some(name)), leaf(&own), "{name}");
        }
        assert_eq!(shown(&certificates, None), leaf(&shop), "who gives no name sees the first");
        assert_eq!(certificates.fingerprint(), shop.fingerprint());
        certificates.place(&[]).unwrap();
        assert_eq!(shown(&certificates, Some("shop.example.com")), leaf(&own));
        assert_eq!(certificates.fingerprint(), own.fingerprint());
    }

    #[test]
    fn the_console_shows_everybody_the_same() {
        let (own, placed) = (identity("own.example"), identity("desk.example"));
        let certificates = Certificates::for_all(&own).unwrap();
        certificates.place(&[(names(&["desk.example"]), &placed)]).unwrap();
        for name in [None, Some("desk.example"), Some("other.example")] {
            assert_eq!(shown(&certificates, name), leaf(&placed));
        }
        assert_eq!(certificates.own_fingerprint(), own.fingerprint());
    }

    #[test]
    fn of_two_for_one_name_the_later_is_shown() {
        let (own, old, new) = (identity("own.example"), identity("a.example"), identity("a.example"));
        let certificates = Certificates::by_name(&own, Challenges::default()).unwrap();
        certificates.place(&[(names(&["a.example"]), &old), (names(&["a.example"]), &new)]).unwrap();
        assert_eq!(shown(&certificates, Some("a.example")), leaf(&new));
    }
}
