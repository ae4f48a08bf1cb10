//! A certificate with its key: made here, or uploaded as PEM.

use std::fmt::Write as _;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256,
};
use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, CertificateSigningRequestDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use x509_parser::extensions::GeneralName;
use zeroize::Zeroizing;

use super::HostName;

/// The most that is read of an uploaded chain or key.
pub const MOST_PEM: usize = 64 * 1024;

/// A certificate chain and its private key. Serialises into a (sealed) row; Debug shows the fingerprint.
#[derive(Clone, Serialize, Deserialize)]
pub struct Identity {
    chain_pem: String,
    key_pem: Zeroizing<String>,
}

/// A key that waits for its certificate, and the request that was made with it.
#[derive(Clone, Serialize, Deserialize)]
pub struct SigningRequest {
    /// The request, PEM: to be handed to a certificate authority.
    pub request_pem: String,
    key_pem: Zeroizing<String>,
}

/// Why a certificate cannot be used. The words are for the person who uploaded it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// No certificate in the text.
    #[error("no certificate was found: paste the PEM file that begins with -----BEGIN CERTIFICATE-----")]
    NoCertificate,
    /// No key in the text.
    #[error("no private key was found: paste the PEM file that begins with -----BEGIN PRIVATE KEY-----")]
    NoKey,
    /// Neither ECDSA nor RSA nor Ed25519, or a damaged file.
    #[error(
        "the private key cannot be read: use an unencrypted ECDSA P-256, P-384 or RSA key of 2048 bits or more"
    )]
    BadKey,
    /// A certificate that does not parse.
    #[error("certificate {0} of the chain cannot be read: export it again as PEM")]
    BadCertificate(usize),
    /// The key belongs to another certificate.
    #[error(
        "the private key does not belong to the first certificate: upload the pair that was made together"
    )]
    Mismatch,
    /// Its time is over.
    #[error("the certificate ended on {0}: upload a current one")]
    Expired(Timestamp),
    /// Its time has not come.
    #[error("the certificate begins only on {0}: check the machine's clock or wait")]
    NotYet(Timestamp),
    /// More than fits.
    #[error("the file is larger than 64 KiB: upload only the certificate and its intermediates")]
    TooLarge,
    /// A name that no certificate can have.
    #[error("{0} is not a host name: write it like shop.example.com")]
    BadName(String),
    /// The library failed.
    #[error("no certificate could be made: {0}")]
    Make(String),
}

fn make(error: impl ToString) -> IdentityError {
    IdentityError::Make(error.to_string())
}

impl Identity {
    /// A self-signed certificate (ECDSA P-256) for these host names and addresses, good for two years.
    pub fn self_signed(names: &[String], now: Timestamp) -> Result<Self, IdentityError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(make)?;
        let mut params = params(names)?;
        params.not_before = calendar(now - SignedDuration::from_hours(24))?;
        params.not_after = calendar(now + SignedDuration::from_hours(24 * 730))?;
        let certificate = params.self_signed(&key).map_err(make)?;
        Ok(Self { chain_pem: certificate.pem(), key_pem: Zeroizing::new(key.serialize_pem()) })
    }

    /// Checks and takes a chain and its key, as uploaded.
    pub fn from_pem(chain: &str, key: &str, now: Timestamp) -> Result<Self, IdentityError> {
        if chain.len() > MOST_PEM || key.len() > MOST_PEM {
            return Err(IdentityError::TooLarge);
        }
        let identity = Self { chain_pem: chain.to_owned(), key_pem: Zeroizing::new(key.to_owned()) };
        let (begins, ends) = identity.validity()?;
        identity.certified_key()?;
        if now >= ends {
            return Err(IdentityError::Expired(ends));
        }
        if now < begins {
            return Err(IdentityError::NotYet(begins));
        }
        Ok(identity)
    }

    /// First and last instant of the certificate.
    pub fn validity(&self) -> Result<(Timestamp, Timestamp), IdentityError> {
        let leaf = self.chain()?.into_iter().next().ok_or(IdentityError::NoCertificate)?;
        let (_, parsed) =
            x509_parser::parse_x509_certificate(&leaf).map_err(|_| IdentityError::BadCertificate(1))?;
        let at = |time: x509_parser::time::ASN1Time| {
            Timestamp::from_second(time.timestamp()).map_err(|_| IdentityError::BadCertificate(1))
        };
        Ok((at(parsed.validity().not_before)?, at(parsed.validity().not_after)?))
    }

    /// The host names that the certificate is for: its alternative names; the common name counts no more
    /// (RFC 9525 2). What is no host name, such as an address, is left out.
    pub fn names(&self) -> Result<Vec<HostName>, IdentityError> {
        let leaf = self.chain()?.into_iter().next().ok_or(IdentityError::NoCertificate)?;
        let (_, parsed) =
            x509_parser::parse_x509_certificate(&leaf).map_err(|_| IdentityError::BadCertificate(1))?;
        let alternative = parsed.subject_alternative_name().map_err(|_| IdentityError::BadCertificate(1))?;
        let mut names = Vec::new();
        for name in alternative.into_iter().flat_map(|extension| &extension.value.general_names) {
            if let GeneralName::DNSName(name) = name
                && let Ok(name) = HostName::new(name)
                && !names.contains(&name)
            {
                names.push(name);
            }
        }
        Ok(names)
    }

    /// SHA-256 of the first certificate in 16 groups of four hex digits.
    pub fn fingerprint(&self) -> String {
        let leaf = self.chain().ok().and_then(|chain| chain.into_iter().next());
        let mut text = String::new();
        for (place, byte) in Sha256::digest(leaf.as_deref().unwrap_or_default()).iter().enumerate() {
            let gap = if place > 0 && place % 2 == 0 { " " } else { "" };
            // Writing to a String cannot fail.
            let _ = write!(text, "{gap}{byte:02X}");
        }
        text
    }

    fn chain(&self) -> Result<Vec<CertificateDer<'static>>, IdentityError> {
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(self.chain_pem.as_bytes()).collect();
        let chain = chain.map_err(|_| IdentityError::NoCertificate)?;
        if chain.is_empty() { Err(IdentityError::NoCertificate) } else { Ok(chain) }
    }

    pub(super) fn certified_key(&self) -> Result<Arc<CertifiedKey>, IdentityError> {
        let chain = self.chain()?;
        for (place, certificate) in chain.iter().enumerate() {
            x509_parser::parse_x509_certificate(certificate)
                .map_err(|_| IdentityError::BadCertificate(place.saturating_add(1)))?;
        }
        let key = PrivateKeyDer::from_pem_slice(self.key_pem.as_bytes()).map_err(|_| IdentityError::NoKey)?;
        let key = any_supported_type(&key).map_err(|_| IdentityError::BadKey)?;
        let certified = CertifiedKey::new(chain, key);
        certified.keys_match().map_err(|_| IdentityError::Mismatch)?;
        Ok(Arc::new(certified))
    }
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Identity({})", self.fingerprint())
    }
}

impl SigningRequest {
    /// Makes a key (ECDSA P-256) and a request (PKCS #10) for these host names.
    pub fn new(names: &[String]) -> Result<Self, IdentityError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(make)?;
        let request = params(names)?.serialize_request(&key).map_err(make)?.pem().map_err(make)?;
        Ok(Self { request_pem: request, key_pem: Zeroizing::new(key.serialize_pem()) })
    }

    /// The request as it is sent to an authority that takes it by ACME (DER).
    pub(super) fn der(&self) -> Result<CertificateSigningRequestDer<'static>, IdentityError> {
        CertificateSigningRequestDer::from_pem_slice(self.request_pem.as_bytes()).map_err(make)
    }

    /// Joins the certificate that came back with the key that waited for it.
    pub fn complete(&self, chain: &str, now: Timestamp) -> Result<Identity, IdentityError> {
        Identity::from_pem(chain, &self.key_pem, now)
    }
}

fn params(names: &[String]) -> Result<CertificateParams, IdentityError> {
    let first = names.first().cloned().unwrap_or_default();
    let odd = names.iter().find(|name| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':');
        name.is_empty() || name.len() > 253 || !name.bytes().all(allowed)
    });
    if let Some(odd) = odd {
        return Err(IdentityError::BadName(odd.chars().take(80).collect()));
    }
    let mut params =
        CertificateParams::new(names.to_vec()).map_err(|_| IdentityError::BadName(first.clone()))?;
    params.distinguished_name = DistinguishedName::new();
    // A common name has 64 characters at most, and one that is cut off would be another name.
    if first.len() <= 64 {
        params.distinguished_name.push(DnType::CommonName, first);
    }
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    Ok(params)
}

fn calendar(at: Timestamp) -> Result<time::OffsetDateTime, IdentityError> {
    time::OffsetDateTime::from_unix_timestamp(at.as_second()).map_err(make)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_second(1_795_000_000).unwrap()
    }

    fn own() -> Identity {
        Identity::self_signed(&["shop.example".to_owned(), "10.0.2.15".to_owned()], now()).unwrap()
    }

    #[test]
    fn what_is_made_here_can_be_uploaded_again() {
        let own = own();
        let again = Identity::from_pem(&own.chain_pem, &own.key_pem, now()).unwrap();
        assert_eq!(again.fingerprint(), own.fingerprint());
        assert_eq!(own.fingerprint().split(' ').count(), 16);
    }

    #[test]
    fn a_wrong_upload_is_refused_with_what_is_wrong() {
        let (own, other) = (own(), own());
        let upload = |chain: &str, key: &str, at| Identity::from_pem(chain, key, at).map(|_| ());
        assert_eq!(upload(&own.chain_pem, &other.key_pem, now()), Err(IdentityError::Mismatch));
        assert_eq!(upload("", &own.key_pem, now()), Err(IdentityError::NoCertificate));
        assert_eq!(upload(&own.chain_pem, "hello", now()), Err(IdentityError::NoKey));
        assert_eq!(upload(&"x".repeat(MOST_PEM + 1), "", now()), Err(IdentityError::TooLarge));
        let late = now() + SignedDuration::from_hours(24 * 800);
        assert!(matches!(upload(&own.chain_pem, &own.key_pem, late), Err(IdentityError::Expired(_))));
        let early = now() - SignedDuration::from_hours(240);
        assert!(matches!(upload(&own.chain_pem, &own.key_pem, early), Err(IdentityError::NotYet(_))));
    }

    #[test]
    fn a_request_waits_for_its_certificate_and_takes_no_other() {
        let request = SigningRequest::new(&["shop.example".to_owned()]).unwrap();
        assert!(request.request_pem.starts_with("-----BEGIN CERTIFICATE REQUEST-----"));
        assert_eq!(request.complete(&own().chain_pem, now()).map(|_| ()), Err(IdentityError::Mismatch));
    }

    #[test]
    fn names_that_no_certificate_has_are_named() {
        for name in ["", "a b", "shöp.example", "x\ny"] {
            assert_eq!(
                SigningRequest::new(&[name.to_owned()]).map(|_| ()),
                Err(IdentityError::BadName(name.to_owned()))
            );
        }
    }

    #[test]
    fn the_names_of_a_certificate_are_its_alternative_names_that_are_host_names() {
        let names: Vec<_> = own().names().unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(names, ["shop.example"]);
    }

    #[test]
    fn a_name_that_is_too_long_for_a_common_name_is_not_cut_off() {
        let long = format!("{}.example.com", "a".repeat(60));
        let identity = Identity::self_signed(std::slice::from_ref(&long), now()).unwrap();
        assert_eq!(identity.names().unwrap(), [HostName::new(&long).unwrap()]);
        let leaf = identity.chain().unwrap().remove(0);
        let (_, parsed) = x509_parser::parse_x509_certificate(&leaf).unwrap();
        assert_eq!(parsed.subject().iter_common_name().count(), 0);
    }

    #[test]
    fn debug_shows_no_key() {
        let own = own();
        assert_eq!(format!("{own:?}"), format!("Identity({})", own.fingerprint()));
    }
}
