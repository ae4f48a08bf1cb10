//! What the page says of a certificate, and of what is wrong with an upload.

use crate::action::{
    Authority, CertificateError, CertificateState, MOST_CERTIFICATES, MOST_NAMES, PlacedState, Progress,
    Source,
};
use crate::locale::Texts;
use crate::tls::IdentityError;
use crate::tls::acme::{AcmeError, Check};
use crate::web::Failure;
use crate::web::console::form::Problem;
use crate::web::console::frame::when;

/// One certificate, in place or asked for.
pub struct Card {
    pub number: u64,
    pub names: String,
    /// How it goes, in a word, and the colour's name.
    pub state: (String, &'static str),
    /// Where it comes from.
    pub source: String,
    /// From when to when, once it is in place.
    pub life: Option<String>,
    pub fingerprint: Option<String>,
    /// What is the matter and what to do.
    pub trouble: Option<String>,
    /// What happens next.
    pub next: Option<String>,
    pub may_retry: bool,
}

pub(super) fn card(texts: &Texts, placed: &PlacedState) -> Card {
    let in_place = placed.fingerprint.is_some();
    let state = match &placed.progress {
        Progress::Asking => (texts.say("certificate-state-asking"), "muted"),
        Progress::InPlace(_) => (texts.say("certificate-state-placed"), "good"),
        Progress::Failed { .. } if in_place => (texts.say("certificate-state-not-renewed"), "warn"),
        Progress::Failed { .. } => (texts.say("certificate-state-failed"), "bad"),
    };
    let at = |key: &str, at: jiff::Timestamp| texts.say_with(key, &[("when", when(at).into())]);
    let next = match &placed.progress {
        Progress::Asking => Some(texts.say("certificate-reload")),
        Progress::InPlace(next) => next.map(|next| at("certificate-renews", next)),
        Progress::Failed { next, .. } => next.map(|next| at("certificate-again", next)),
    };
    let trouble = match &placed.progress {
        Progress::Failed { at, why, .. } => Some(trouble(texts, why, &when(*at), check(&placed.source))),
        Progress::Asking | Progress::InPlace(_) => None,
    };
    Card {
        number: placed.number,
        names: if placed.names.is_empty() {
            texts.say("certificate-no-names")
        } else {
            placed.names.join(", ")
        },
        state,
        source: source(texts, &placed.source),
        life: placed.validity.map(|(begins, ends)| {
            let args = [("begins", when(begins).into()), ("ends", when(ends).into())];
            texts.say_with("certificate-life", &args)
        }),
        fingerprint: placed.fingerprint.clone(),
        trouble,
        next,
        may_retry: matches!(placed.progress, Progress::Failed { .. }),
    }
}

fn check(source: &Source) -> Option<Check> {
    match source {
        Source::Uploaded => None,
        Source::Asked(_, check) => Some(*check),
    }
}

fn source(texts: &Texts, source: &Source) -> String {
    match source {
        Source::Uploaded => texts.say("certificate-uploaded"),
        Source::Asked(authority, check) => {
            let who = match authority {
                Authority::LetsEncrypt => texts.say("authority-lets-encrypt"),
                Authority::LetsEncryptStaging => texts.say("authority-staging"),
                Authority::Other { directory, .. } => directory.clone(),
            };
            texts.say_with("certificate-from", &[("who", who.into()), ("check", check.name().into())])
        }
    }
}

/// What went wrong at an authority, and the cure.
fn trouble(texts: &Texts, why: &AcmeError, at: &str, check: Option<Check>) -> String {
    let said = |key: &str, said: &str| texts.say_with(key, &[("said", said.into()), ("when", at.into())]);
    match why {
        AcmeError::Unreachable(why) => said("acme-unreachable", why),
        AcmeError::Refused(why) => said("acme-refused", why),
        AcmeError::TooOften(why) => said("acme-too-often", why),
        AcmeError::NoAccount(why) => said("acme-no-account", why),
        AcmeError::Unchecked { name, said } => {
            let port = if check == Some(Check::Tls) { 443 } else { 80 };
            let args = [
                ("name", name.as_str().into()),
                ("said", said.as_str().into()),
                ("when", at.into()),
                ("port", port.to_string().into()),
            ];
            texts.say_with("acme-unchecked", &args)
        }
        AcmeError::OtherCheck(name) => said("acme-other-check", name),
        AcmeError::Slow => said("acme-slow", ""),
        AcmeError::Odd(why) => said("acme-odd", why),
    }
}

/// Label and fingerprint of what is shown, and of the machine's own if that is another.
pub(super) fn prints(texts: &Texts, state: &CertificateState) -> Vec<(String, String)> {
    let mut prints = vec![(texts.say("certificate-fingerprint"), state.fingerprint.clone())];
    if state.own_fingerprint != state.fingerprint {
        prints.push((texts.say("certificate-own-fingerprint"), state.own_fingerprint.clone()));
    }
    prints
}

/// What is wrong with an upload or a request, at its field.
pub(super) fn problem(texts: &Texts, error: CertificateError) -> Result<Problem, Failure> {
    let identity = match error {
        CertificateError::Denied(denied) => return Err(denied.into()),
        CertificateError::Store(error) => return Err(error.into()),
        CertificateError::NoRequest => return Ok(Problem::new("key", texts.say("certificate-no-request"))),
        CertificateError::Names => return Ok(Problem::new("names", names_wrong(texts, MOST_NAMES))),
        CertificateError::TooMany => return Ok(Problem::new("chain", too_many(texts))),
        CertificateError::Identity(identity) => identity,
    };
    Ok(match identity {
        IdentityError::NoCertificate => Problem::new("chain", texts.say("certificate-none")),
        IdentityError::NoKey => Problem::new("key", texts.say("certificate-key-none")),
        IdentityError::BadKey => Problem::new("key", texts.say("certificate-key-bad")),
        IdentityError::BadCertificate(place) => {
            Problem::new("chain", texts.say_with("certificate-bad", &[("place", place.into())]))
        }
        IdentityError::Mismatch => Problem::new("chain", texts.say("certificate-mismatch")),
        IdentityError::Expired(at) => {
            Problem::new("chain", texts.say_with("certificate-expired", &[("when", when(at).into())]))
        }
        IdentityError::NotYet(at) => {
            Problem::new("chain", texts.say_with("certificate-not-yet", &[("when", when(at).into())]))
        }
        IdentityError::TooLarge => Problem::new("chain", texts.say("certificate-too-large")),
        IdentityError::BadName(name) => Problem::new("names", bad_name(texts, &name)),
        IdentityError::Make(reason) => return Err(Failure::Internal(reason)),
    })
}

pub(super) fn names_wrong(texts: &Texts, most: usize) -> String {
    texts.say_with("certificate-names-wrong", &[("most", most.into())])
}

pub(super) fn bad_name(texts: &Texts, name: &str) -> String {
    texts.say_with("certificate-name-bad", &[("name", name.to_owned().into())])
}

pub(super) fn too_many(texts: &Texts) -> String {
    texts.say_with("certificate-too-many", &[("most", MOST_CERTIFICATES.into())])
}
