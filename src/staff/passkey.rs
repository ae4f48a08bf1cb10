//! Passkeys (WebAuthn Level 3): a signature by a device that asks its holder for a PIN, a finger or a face.
//!
//! A passkey of ours always proves two things at once, possession and the holder's verification, so it stands
//! alone: who signs in with one is not asked for a password. Every ceremony therefore requires verification,
//! and one without it is refused, at registration as well as later. Keys are discoverable: sign-in sends no list
//! of keys, so it says nothing about who has an account.
//!
//! Wraps `webauthn-rs`, whose words stay in this file. A ceremony (challenge and what it is for) is kept in
//! memory for five minutes, belongs to one visitor, and is gone once it was answered, rightly or not: nothing can
//! be answered twice. The origin, with its port, is fixed by the machine's configuration and never by what a
//! request says. An IP address is no place for passkeys (WebAuthn 5.1.2: the origin must have a domain).

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use webauthn_rs::prelude::{
    DiscoverableAuthentication, Passkey, PasskeyAuthentication, PasskeyRegistration, Url, Uuid, Webauthn,
    WebauthnError,
};
use webauthn_rs::{DEFAULT_AUTHENTICATOR_TIMEOUT, WebauthnBuilder};

use super::session_key;
use crate::base::{Line, Token};

/// The most passkeys of a person.
pub const MOST_PASSKEYS: usize = 10;
/// How long a challenge can be answered.
pub const CEREMONY_LASTS: SignedDuration = SignedDuration::from_mins(5);
/// The most ceremonies under way; past it the oldest are dropped.
pub const MOST_CEREMONIES: usize = 1000;
/// The most of them from one address, so that nobody can push out the others'.
pub const MOST_CEREMONIES_OF_ONE: usize = 50;
/// The most bytes of an answer: identifiers may have 1,023 bytes, and Base64 makes a third more of them.
pub const MOST_ANSWER: usize = 8 * 1024;

/// A passkey of a person.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct KeptPasskey {
    key: Passkey,
    /// What its owner calls it.
    pub name: Line<60>,
    /// The host name under which it works.
    pub host: String,
    /// Since when.
    pub since: Timestamp,
    /// When it was last used.
    pub used: Option<Timestamp>,
}

/// Why a passkey was not taken.
#[derive(Debug, thiserror::Error)]
pub enum PasskeyError {
    /// An IP address, or no host name at all.
    #[error("passkeys need a host name")]
    NoHost,
    /// Not an answer that a browser gives.
    #[error("the browser's answer cannot be read")]
    Unreadable,
    /// The challenge was answered already, is too old, or was given to somebody else.
    #[error("there is no such challenge")]
    NoCeremony,
    /// The device did not verify its holder.
    #[error("the device did not ask for PIN, finger or face")]
    NotVerified,
    /// Another key, another site, a wrong signature, or a counter that went back.
    #[error("the passkey is refused: {0}")]
    Refused(String),
}

impl From<WebauthnError> for PasskeyError {
    fn from(error: WebauthnError) -> Self {
        match error {
            WebauthnError::UserNotVerified => Self::NotVerified,
            error => Self::Refused(error.to_string()),
        }
    }
}

/// Something that was begun and waits for the browser's answer.
pub enum Ceremony {
    /// A new passkey for a person.
    Register(Token, PasskeyRegistration),
    /// Whoever it is signs in.
    SignIn(DiscoverableAuthentication),
    /// A person who is signed in proves it anew.
    Prove(Token, PasskeyAuthentication),
}

/// What was proved with a key.
pub struct Proof(webauthn_rs::prelude::AuthenticationResult);

/// Who is asked: the console under one of its names.
pub struct RelyingParty {
    host: String,
    webauthn: Webauthn,
}

impl RelyingParty {
    /// The console at `https://host:port`; `name` is what devices call it.
    pub fn at(host: &str, port: u16, name: &str) -> Result<Self, PasskeyError> {
        let host = host.to_ascii_lowercase();
        let origin = Url::parse(&format!("https://{host}:{port}")).map_err(|_| PasskeyError::NoHost)?;
        let builder = WebauthnBuilder::new(&host, &origin).map_err(|_| PasskeyError::NoHost)?;
        let builder = builder.rp_name(name).timeout(DEFAULT_AUTHENTICATOR_TIMEOUT);
        let webauthn = builder.build().map_err(|_| PasskeyError::NoHost)?;
        Ok(Self { host, webauthn })
    }

    /// The host name.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// A new passkey for a person, on none of the devices that hold one already: what the browser is told, as
    /// JSON, and what waits for its answer.
    pub fn begin_registration(
        &self,
        person: Token,
        (account, name): (&str, &str),
        have: &[KeptPasskey],
    ) -> Result<(String, Ceremony), PasskeyError> {
        let have = self.own(have).map(|kept| kept.key.cred_id().clone()).collect();
        let id = Uuid::from_bytes(person.to_bytes());
        let (options, state) = self.webauthn.start_passkey_registration(id, account, name, Some(have))?;
        let mut options = serde_json::to_value(options).map_err(|_| PasskeyError::Unreadable)?;
        // So that sign-in needs no list of keys. A device that has no room for it says so.
        let selection = options.pointer_mut("/publicKey/authenticatorSelection");
        if let Some(selection) = selection.and_then(serde_json::Value::as_object_mut) {
            selection.insert("residentKey".to_owned(), "required".into());
            selection.insert("requireResidentKey".to_owned(), true.into());
        }
        Ok((options.to_string(), Ceremony::Register(person, state)))
    }

    /// The passkey that the browser made, under the name that its owner gave it.
    pub fn finish_registration(
        &self,
        state: &PasskeyRegistration,
        answer: &str,
        name: Line<60>,
        now: Timestamp,
    ) -> Result<KeptPasskey, PasskeyError> {
        let key = self.webauthn.finish_passkey_registration(&read(answer)?, state)?;
        Ok(KeptPasskey { key, name, host: self.host.clone(), since: now, used: None })
    }

    /// Asks whoever it is to sign in.
    pub fn begin_sign_in(&self) -> Result<(String, Ceremony), PasskeyError> {
        let (mut options, state) = self.webauthn.start_discoverable_authentication()?;
        // The person presses a button for it.
        options.mediation = None;
        let options = serde_json::to_string(&options).map_err(|_| PasskeyError::Unreadable)?;
        Ok((options, Ceremony::SignIn(state)))
    }

    /// Whom the browser's answer names; nothing is proved yet.
    pub fn who(&self, answer: &str) -> Result<Token, PasskeyError> {
        let answer = read(answer)?;
        let (person, _) = self.webauthn.identify_discoverable_authentication(&answer)?;
        Ok(Token::from_bytes(person.into_bytes()))
    }

    /// Whether the answer is the signature of one of `keys`.
    pub fn finish_sign_in(
        &self,
        state: DiscoverableAuthentication,
        answer: &str,
        keys: &[KeptPasskey],
    ) -> Result<Proof, PasskeyError> {
        let answer = read(answer)?;
        let (_, id) = self.webauthn.identify_discoverable_authentication(&answer)?;
        let key = self.own(keys).find(|kept| kept.key.cred_id().as_slice() == id);
        let key = key.ok_or_else(|| PasskeyError::Refused("not a key of theirs".to_owned()))?;
        let proof = self.webauthn.finish_discoverable_authentication_v2(&answer, state, &key.key)?;
        verified(proof)
    }

    /// Asks a person who is signed in to prove it anew with one of `keys`. `None` if none works here.
    pub fn begin_proof(
        &self,
        person: Token,
        keys: &[KeptPasskey],
    ) -> Result<Option<(String, Ceremony)>, PasskeyError> {
        let keys: Vec<Passkey> = self.own(keys).map(|kept| kept.key.clone()).collect();
        if keys.is_empty() {
            return Ok(None);
        }
        let (options, state) = self.webauthn.start_passkey_authentication(&keys)?;
        let options = serde_json::to_string(&options).map_err(|_| PasskeyError::Unreadable)?;
        Ok(Some((options, Ceremony::Prove(person, state))))
    }

    /// Whether the answer is the signature that was asked for.
    pub fn finish_proof(&self, state: &PasskeyAuthentication, answer: &str) -> Result<Proof, PasskeyError> {
        verified(self.webauthn.finish_passkey_authentication(&read(answer)?, state)?)
    }

    /// Those that work under this name.
    fn own<'a>(&self, keys: &'a [KeptPasskey]) -> impl Iterator<Item = &'a KeptPasskey> {
        keys.iter().filter(|kept| kept.host == self.host)
    }
}

/// Every ceremony asks for verification; this refuses to depend on that alone.
fn verified(proof: webauthn_rs::prelude::AuthenticationResult) -> Result<Proof, PasskeyError> {
    if proof.user_verified() { Ok(Proof(proof)) } else { Err(PasskeyError::NotVerified) }
}

fn read<T: for<'de> Deserialize<'de>>(answer: &str) -> Result<T, PasskeyError> {
    if answer.len() > MOST_ANSWER {
        return Err(PasskeyError::Unreadable);
    }
    serde_json::from_str(answer).map_err(|_| PasskeyError::Unreadable)
}

impl KeptPasskey {
    /// Whether it is the same key as another one.
    pub fn is(&self, other: &Self) -> bool {
        self.key.cred_id() == other.key.cred_id()
    }

    /// A name for forms: the beginning of SHA-256 of the key's id.
    pub fn mark(&self) -> String {
        use sha2::{Digest, Sha256};
        let digest = Sha256::digest(self.key.cred_id().as_slice());
        digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }

    /// Writes down that it was used: its counter, and when. `false` if it was another key, or if its counter
    /// says that the proof is older than one that came before (WebAuthn 7.2, step 22: perhaps a copied key).
    pub fn take(&mut self, proof: &Proof, now: Timestamp) -> bool {
        let before = self.key.clone();
        let taken = self.key.update_credential(&proof.0);
        let stands = match taken {
            // Two proofs at once: the library compared with the row that was read before.
            Some(changed) => changed || proof.0.counter() == 0,
            None => false,
        };
        if stands {
            self.used = Some(now);
        } else {
            self.key = before;
        }
        stands
    }
}

struct Open {
    ceremony: Ceremony,
    visitor: [u8; 32],
    source: IpAddr,
    until: Timestamp,
}

/// The ceremonies that are under way.
#[derive(Default)]
pub struct Ceremonies(Mutex<BTreeMap<Token, Open>>);

impl Ceremonies {
    /// Waits under `id` for the answer of the visitor whose cookie is `visitor`.
    pub fn open(&self, id: Token, ceremony: Ceremony, (visitor, source): (Token, IpAddr), now: Timestamp) {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|_, one| now < one.until && one.until.duration_since(now) <= CEREMONY_LASTS);
        let oldest = |of: &dyn Fn(&Open) -> bool, most: usize| {
            let mut those: Vec<_> =
                open.iter().filter(|(_, one)| of(one)).map(|(id, one)| (one.until, *id)).collect();
            those.sort_unstable();
            (those.len() >= most).then(|| those.first().map(|(_, id)| *id)).flatten()
        };
        let drop = oldest(&|one| one.source == source, MOST_CEREMONIES_OF_ONE)
            .or_else(|| oldest(&|_| true, MOST_CEREMONIES));
        if let Some(drop) = drop {
            open.remove(&drop);
        }
        let until = now + CEREMONY_LASTS;
        open.insert(id, Open { ceremony, visitor: session_key(visitor), source, until });
    }

    /// Takes a ceremony out, for its one answer.
    pub fn take(&self, id: Token, visitor: Token, now: Timestamp) -> Result<Ceremony, PasskeyError> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = open.remove(&id).ok_or(PasskeyError::NoCeremony)?;
        if now < found.until && found.visitor == session_key(visitor) {
            Ok(found.ceremony)
        } else {
            Err(PasskeyError::NoCeremony)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VISITOR: Token = Token::from_bytes([7; 16]);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn party() -> RelyingParty {
        RelyingParty::at("console.shop.example", 9443, "Meadow & Mill").unwrap()
    }

    fn source(n: u8) -> IpAddr {
        [10, 0, 2, n].into()
    }

    #[test]
    fn an_address_is_no_place_for_passkeys() {
        for host in ["10.0.2.15", "[2001:db8::1]", "", "a b", "127.1"] {
            assert!(matches!(RelyingParty::at(host, 9443, "x"), Err(PasskeyError::NoHost)), "{host}");
        }
        assert_eq!(
            RelyingParty::at("Console.Shop.Example", 443, "x").unwrap().host(),
            "console.shop.example"
        );
    }

    #[test]
    fn every_ceremony_asks_for_verification_and_sign_in_names_no_key() {
        let (register, _) =
            party().begin_registration(VISITOR, ("ada@example.com", "Ada Osei"), &[]).unwrap();
        let register: serde_json::Value = serde_json::from_str(&register).unwrap();
        let selection = &register["publicKey"]["authenticatorSelection"];
        assert_eq!(selection["userVerification"], "required");
        assert_eq!(selection["residentKey"], "required");
        assert_eq!(register["publicKey"]["attestation"], "none");
        assert_eq!(register["publicKey"]["rp"]["id"], "console.shop.example");
        let (sign_in, _) = party().begin_sign_in().unwrap();
        let sign_in: serde_json::Value = serde_json::from_str(&sign_in).unwrap();
        assert_eq!(sign_in["publicKey"]["userVerification"], "required");
        assert_eq!(sign_in["publicKey"]["allowCredentials"].as_array().map_or(0, Vec::len), 0);
        assert!(sign_in.get("mediation").is_none());
        assert!(party().begin_proof(VISITOR, &[]).unwrap().is_none());
    }

    #[test]
    fn a_challenge_is_answered_once_in_time_and_by_whom_it_was_given_to() {
        let open = Ceremonies::default();
        let begin = |id: u8| {
            let (_, ceremony) = party().begin_sign_in().unwrap();
            open.open(Token::from_bytes([id; 16]), ceremony, (VISITOR, source(1)), at(0));
        };
        let take = |id: u8, visitor, now| open.take(Token::from_bytes([id; 16]), visitor, at(now)).is_ok();
        (1..=4).for_each(begin);
        assert!(take(1, VISITOR, 299));
        assert!(!take(1, VISITOR, 299), "a second time");
        assert!(!take(2, VISITOR, 300), "too late");
        assert!(!take(3, Token::from_bytes([8; 16]), 1), "somebody else");
        assert!(!take(3, VISITOR, 1), "an answer of somebody else used it up");
        assert!(take(4, VISITOR, 1));
    }

    #[test]
    fn nobody_pushes_out_the_ceremonies_of_others() {
        let open = Ceremonies::default();
        let begin = |id: [u8; 16], from| {
            let (_, ceremony) = party().begin_sign_in().unwrap();
            open.open(Token::from_bytes(id), ceremony, (VISITOR, source(from)), at(0));
        };
        begin([255; 16], 1);
        for n in 0..200_u8 {
            begin([n; 16], 2);
        }
        assert_eq!(open.0.lock().unwrap().len(), 1 + MOST_CEREMONIES_OF_ONE);
        assert!(open.take(Token::from_bytes([255; 16]), VISITOR, at(1)).is_ok());
        for n in 0..30_u8 {
            for m in 0..50_u8 {
                begin([n, m, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9], 10 + n);
            }
        }
        assert_eq!(open.0.lock().unwrap().len(), MOST_CEREMONIES);
    }

    #[test]
    fn what_is_no_answer_is_refused_before_anything_else() {
        let (_, Ceremony::SignIn(state)) = party().begin_sign_in().unwrap() else { panic!("not a sign-in") };
        let long = format!("\"{}\"", "x".repeat(MOST_ANSWER));
        for answer in ["", "{}", "null", long.as_str()] {
            assert!(matches!(
                party().finish_sign_in(state.clone(), answer, &[]),
                Err(PasskeyError::Unreadable)
            ));
        }
    }
}
