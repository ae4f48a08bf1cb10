//! What a certificate authority that checks a name is answered: `http-01` (RFC 8555 8.3) and `tls-alpn-01`
//! (RFC 8737). Only for orders that are under way: an answer goes when its [`Answering`] is dropped.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, RwLockWriteGuard};

use rcgen::{CertificateParams, CustomExtension, DistinguishedName, KeyPair, PKCS_ECDSA_P256_SHA256};
use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::CertifiedKey;

use super::IdentityError;

/// The protocol that an authority offers when it validates by `tls-alpn-01`.
pub const ACME_TLS: &[u8] = b"acme-tls/1";
/// The most answers of each kind at once.
pub const MOST_CHALLENGES: usize = 100;
/// The longest token of a challenge that is answered; RFC 8555 asks for 128 bits, authorities send 43 characters.
pub const LONGEST_TOKEN: usize = 128;

/// The answers of all orders that are under way. Cheap to clone; every clone is the same one.
#[derive(Clone, Default)]
pub struct Challenges(Arc<RwLock<Answers>>);

#[derive(Default)]
struct Answers {
    by_token: BTreeMap<String, String>,
    by_name: BTreeMap<String, Arc<CertifiedKey>>,
}

/// An answer, given for as long as this is kept.
#[must_use = "the answer is given only while this is kept"]
pub struct Answering {
    challenges: Challenges,
    what: What,
}

enum What {
    Token(String),
    Name(String),
}

impl Challenges {
    /// What `http-01` is answered under this token.
    pub fn answer(&self, token: &str) -> Option<String> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).by_token.get(token).cloned()
    }

    /// Answers `http-01`; `None` if the token is not one, or there are too many.
    pub fn answer_http(&self, token: &str, authorization: &str) -> Option<Answering> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let good = (1..=LONGEST_TOKEN).contains(&token.len()) && token.bytes().all(plain);
        let mut answers = self.write();
        if !good || answers.by_token.len() >= MOST_CHALLENGES {
            return None;
        }
        answers.by_token.insert(token.to_owned(), authorization.to_owned());
        Some(Answering { challenges: self.clone(), what: What::Token(token.to_owned()) })
    }

    /// Answers `tls-alpn-01` for `name` with a certificate that carries `digest`; `None` if there are too many.
    pub fn answer_tls(&self, name: &str, digest: [u8; 32]) -> Result<Option<Answering>, IdentityError> {
        let certificate = certificate(name, digest)?;
        let mut answers = self.write();
        if answers.by_name.len() >= MOST_CHALLENGES {
            return Ok(None);
        }
        answers.by_name.insert(name.to_owned(), certificate);
        Ok(Some(Answering { challenges: self.clone(), what: What::Name(name.to_owned()) }))
    }

    /// The certificate for an authority that asks for `name`.
    pub(super) fn certificate(&self, name: &str) -> Option<Arc<CertifiedKey>> {
        let name = name.to_ascii_lowercase();
        self.0.read().unwrap_or_else(PoisonError::into_inner).by_name.get(&name).cloned()
    }

    fn write(&self) -> RwLockWriteGuard<'_, Answers> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        let mut answers = self.challenges.write();
        match &self.what {
            What::Token(token) => drop(answers.by_token.remove(token)),
            What::Name(name) => drop(answers.by_name.remove(name)),
        }
    }
}

impl fmt::Debug for Challenges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Challenges")
    }
}

/// Self-signed, for `name` alone, with the critical extension `acmeIdentifier` (RFC 8737 3).
fn certificate(name: &str, digest: [u8; 32]) -> Result<Arc<CertifiedKey>, IdentityError> {
    let failed = |error: &dyn fmt::Display| IdentityError::Make(error.to_string());
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(|error| failed(&error))?;
    let mut params = CertificateParams::new(vec![name.to_owned()]).map_err(|error| failed(&error))?;
    params.distinguished_name = DistinguishedName::new();
    params.custom_extensions = vec![CustomExtension::new_acme_identifier(&digest)];
    let certificate = params.self_signed(&key).map_err(|error| failed(&error))?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let key = any_supported_type(&key).map_err(|error| failed(&error))?;
    Ok(Arc::new(CertifiedKey::new(vec![certificate.der().clone()], key)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_given_only_while_its_order_is_under_way() {
        let challenges = Challenges::default();
        assert_eq!(challenges.answer("abc"), None);
        let answering = challenges.answer_http("abc", "abc.thumb").unwrap();
        assert_eq!(challenges.answer("abc").as_deref(), Some("abc.thumb"));
        drop(answering);
        assert_eq!(challenges.answer("abc"), None);
        let answering = challenges.answer_tls("shop.example", [7; 32]).unwrap().unwrap();
        assert!(challenges.certificate("Shop.Example").is_some() && challenges.certificate("x").is_none());
        drop(answering);
        assert!(challenges.certificate("shop.example").is_none());
    }

    #[test]
    fn what_is_no_token_is_not_answered_and_answers_are_bounded() {
        let challenges = Challenges::default();
        for odd in ["", "a/b", "..", "a b", "a\n", "ä", &"x".repeat(LONGEST_TOKEN + 1)] {
            assert!(challenges.answer_http(odd, "x").is_none(), "{odd}");
        }
        let tokens = (0..MOST_CHALLENGES).map(|n| challenges.answer_http(&format!("t{n}"), "x").unwrap());
        let all: Vec<_> = tokens.collect();
        assert!(challenges.answer_http("one-more", "x").is_none());
        drop(all);
        assert!(challenges.answer_http("one-more", "x").is_some());
    }

    #[test]
    fn the_certificate_of_a_challenge_carries_its_digest_and_its_name_alone() {
        let key = certificate("shop.example", [7; 32]).unwrap();
        let (_, parsed) = x509_parser::parse_x509_certificate(key.cert.first().unwrap()).unwrap();
        let names = parsed.subject_alternative_name().unwrap().unwrap().value.general_names.clone();
        assert_eq!(names, [x509_parser::extensions::GeneralName::DNSName("shop.example")]);
        let oid = x509_parser::oid_registry::Oid::from(&[1, 3, 6, 1, 5, 5, 7, 1, 31]).unwrap();
        let extension = parsed.get_extension_unique(&oid).unwrap().unwrap();
        assert!(extension.critical);
        // An OCTET STRING of 32 bytes (RFC 8737 3).
        assert_eq!(extension.value, [&[0x04, 32][..], &[7; 32]].concat());
    }
}
