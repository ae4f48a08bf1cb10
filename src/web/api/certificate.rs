//! Certificates, of the storefront and of the console: what is in place, uploading one, asking an authority.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Json;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::access::Caller;
use super::body::{Sent, SentPem};
use super::problem::{Fault, Problem};
use crate::action::{self, AskAcme, Authority, ChangeError, PlacedState, Progress, Source};
use crate::tls::acme::{Binding, Check};
use crate::web::Failure;
use crate::web::console;

/// The most bytes of an authority's root.
const MOST_ROOT: usize = 16 * 1024;

/// One certificate, in place or asked for
#[derive(Serialize, ToSchema)]
pub struct PlacedRow {
    number: u64,
    names: Vec<String>,
    /// `uploaded` or `asked`
    source: String,
    /// SHA-256 in groups of four; left out until it is in place
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    fingerprint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    ends: Option<String>,
    /// `asking`, `in-place` or `failed`
    progress: String,
    /// When the authority is asked next; left out if it is not
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    next: Option<String>,
}

/// The certificates of a place
#[derive(Serialize, ToSchema)]
pub struct CertificateShown {
    /// SHA-256 in groups of four, of what is shown to those who give no name
    fingerprint: String,
    #[schema(format = DateTime)]
    begins: String,
    #[schema(format = DateTime)]
    ends: String,
    /// SHA-256 of the machine's own certificate
    own_fingerprint: String,
    /// The request that waits for its certificate, PEM
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    request: Option<String>,
    placed: Vec<PlacedRow>,
}

/// For which names a certificate is asked
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CertificateWish {
    /// Host names
    #[schema(min_items = 1, max_items = 10)]
    names: Vec<String>,
}

/// A certificate and its key
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CertificateUpload {
    /// The certificate and its intermediates, PEM
    #[schema(max_length = 65536)]
    chain: String,
    /// Its private key, PEM; left out, it is the answer to the request that waits
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Password, max_length = 65536)]
    private_key: Option<Zeroizing<String>>,
}

/// An authority shall be asked, again and again before each end
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcmeWish {
    /// Host names that lead to this machine
    #[schema(min_items = 1, max_items = 10)]
    names: Vec<String>,
    /// Let's Encrypt's place for trying out: certificates that no browser trusts
    #[serde(default)]
    staging: bool,
    /// Another authority than Let's Encrypt
    #[serde(default)]
    authority: Option<OtherAuthority>,
    /// How the authority sees that the names lead here: `http-01` (port 80, if left out) or `tls-alpn-01` (port 443)
    #[serde(default)]
    #[schema(max_length = 20)]
    check: Option<String>,
    /// Ties the account to one that you have at the authority
    #[serde(default)]
    binding: Option<BindingWish>,
    /// Whether you agree to the authority's terms
    agreed: bool,
}

/// An authority that speaks ACME (RFC 8555)
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OtherAuthority {
    /// Address of its directory, at port 443
    #[schema(max_length = 500, example = "https://ca.example.com/acme/directory")]
    directory: String,
    /// Its root, PEM; left out, it is one that browsers trust
    #[serde(default)]
    #[schema(max_length = 16384)]
    root: Option<String>,
}

/// What the authority handed out (external account binding, RFC 8555, 7.3.4)
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BindingWish {
    /// Names the key
    #[schema(max_length = 500)]
    key_id: String,
    /// Base64 as it is used in addresses; never shown again
    #[schema(value_type = String, format = Password, max_length = 500)]
    key: Zeroizing<String>,
}

type Shown = Result<Json<CertificateShown>, Problem>;

fn shown(caller: &Caller, place: action::Place) -> Shown {
    let state = action::certificate_state(&caller.api.office, place).map_err(Failure::from)?;
    Ok(Json(CertificateShown {
        fingerprint: state.fingerprint,
        begins: state.validity.0.to_string(),
        ends: state.validity.1.to_string(),
        own_fingerprint: state.own_fingerprint,
        request: state.request,
        placed: state.placed.iter().map(row).collect(),
    }))
}

fn row(placed: &PlacedState) -> PlacedRow {
    let (progress, next) = match &placed.progress {
        Progress::Asking => ("asking", None),
        Progress::InPlace(next) => ("in-place", *next),
        Progress::Failed { next, .. } => ("failed", *next),
    };
    PlacedRow {
        number: placed.number,
        names: placed.names.clone(),
        source: if placed.source == Source::Uploaded { "uploaded" } else { "asked" }.to_owned(),
        fingerprint: placed.fingerprint.clone(),
        ends: placed.validity.map(|(_, ends)| ends.to_string()),
        progress: progress.to_owned(),
        next: next.map(|next| next.to_string()),
    }
}

fn refused(caller: &Caller, error: action::CertificateError) -> Problem {
    of_form(caller, console::certificate_problem(caller.texts(), error))
}

fn of_form(caller: &Caller, problem: Result<console::Problem, Failure>) -> Problem {
    match problem {
        Ok(mut problem) => {
            // What the forms call them.
            match problem.field.as_str() {
                "key" => "private_key".clone_into(&mut problem.field),
                "ask_names" => "names".clone_into(&mut problem.field),
                "directory" => "authority.directory".clone_into(&mut problem.field),
                "root" => "authority.root".clone_into(&mut problem.field),
                _ => {}
            }
            Problem::of_form(caller.texts(), vec![problem])
        }
        Err(failure) => failure.into(),
    }
}

async fn put(caller: Caller, place: action::Place, sent: CertificateUpload) -> Shown {
    let CertificateUpload { chain, private_key } = sent;
    match action::replace_certificate(&caller.api.office, &caller.actor, place, chain, private_key).await {
        Ok(()) => shown(&caller, place),
        Err(error) => Err(refused(&caller, error)),
    }
}

async fn make_request(caller: Caller, place: action::Place, sent: CertificateWish) -> Shown {
    let names = sent.names.iter().map(|name| name.trim().to_lowercase()).collect();
    match action::request_certificate(&caller.api.office, &caller.actor, place, names).await {
        Ok(()) => shown(&caller, place),
        Err(error) => Err(refused(&caller, error)),
    }
}

async fn ask(caller: Caller, place: action::Place, sent: AcmeWish) -> Shown {
    let (texts, mut faults) = (caller.texts(), Vec::new());
    let mut fault = |field: &str, text: String| faults.push(Fault::of(texts, field, &text));
    let authority = match sent.authority {
        Some(_) if sent.staging => {
            fault("staging", texts.say("api-authority-two"));
            Authority::LetsEncryptStaging
        }
        Some(OtherAuthority { directory, root }) => {
            if root.as_ref().is_some_and(|root| root.len() > MOST_ROOT) {
                fault("authority.root", texts.say("ask-root-wrong"));
            }
            let root = root.map(|root| format!("{}\n", root.trim()));
            Authority::Other { directory: directory.trim().to_owned(), root }
        }
        None if sent.staging => Authority::LetsEncryptStaging,
        None => Authority::LetsEncrypt,
    };
    let asked = sent.check.as_deref().unwrap_or(Check::Http.name());
    let check = Check::ALL.into_iter().find(|check| check.name() == asked).unwrap_or_else(|| {
        let choices = Check::ALL.map(Check::name).join(", ");
        fault("check", texts.say_with("api-fault-choice", &[("choices", choices.into())]));
        Check::Http
    });
    let binding = sent.binding.and_then(|wish| {
        let binding = Binding::new(wish.key_id.trim(), wish.key.trim());
        if binding.is_none() {
            fault("binding", texts.say("ask-binding-wrong"));
        }
        binding
    });
    if !faults.is_empty() {
        return Err(Problem::fields(faults));
    }
    let names = sent.names.iter().map(|name| name.trim().to_lowercase()).collect();
    let wish = AskAcme { place, names, authority, check, agreed: sent.agreed, binding };
    match action::ask_acme(&caller.api.office, &caller.actor, wish).await {
        Ok(()) => shown(&caller, place),
        Err(error) => Err(of_form(&caller, console::ask_problem(caller.texts(), error))),
    }
}

fn changed(caller: &Caller, done: Result<(), ChangeError>) -> Result<StatusCode, Problem> {
    match done {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(ChangeError::Denied(denied)) => Err(denied.into()),
        Err(ChangeError::Follow(error)) => Err(Failure::from(error).into()),
        Err(ChangeError::Gone) => Err(Failure::NotFound.into()),
        Err(ChangeError::TooSoon) => Err(Problem::conflict(caller.texts().say("certificate-too-soon"))),
    }
}

/// The operations of one place.
macro_rules! operations {
    ($module:ident, $place:ident, $path:literal, $see:literal, $change:literal) => {
        #[doc = concat!("Those at `", $path, "`.")]
        pub mod $module {
            use super::*;

            const PLACE: action::Place = action::Place::$place;

            /// What is in place
            #[utoipa::path(
                get,
                path = $path,
                tag = "certificates",
                extensions(("x-right" = json!($see))),
                responses((status = 200, description = "What is in place", body = CertificateShown))
            )]
            pub async fn show(caller: Caller) -> Shown {
                shown(&caller, PLACE)
            }

            /// Put a certificate in place
            #[utoipa::path(
                put,
                path = $path,
                tag = "certificates",
                extensions(("x-right" = json!($change))),
                request_body = CertificateUpload,
                responses((status = 200, description = "As it is now", body = CertificateShown))
            )]
            pub async fn replace(caller: Caller, SentPem(sent): SentPem<CertificateUpload>) -> Shown {
                put(caller, PLACE, sent).await
            }

            /// Make a key, which stays in the machine, and a request for a certificate
            #[utoipa::path(
                post,
                path = concat!($path, "/request"),
                tag = "certificates",
                extensions(("x-right" = json!($change))),
                request_body = CertificateWish,
                responses((status = 200, description = "The request waits", body = CertificateShown))
            )]
            pub async fn request(caller: Caller, Sent(sent): Sent<CertificateWish>) -> Shown {
                make_request(caller, PLACE, sent).await
            }

            /// Have an authority asked: Let's Encrypt, or the one that is named
            #[utoipa::path(
                post,
                path = concat!($path, "/ask"),
                tag = "certificates",
                extensions(("x-right" = json!($change))),
                request_body = AcmeWish,
                responses((status = 200, description = "It is asked in the background", body = CertificateShown))
            )]
            pub async fn ask(caller: Caller, Sent(sent): Sent<AcmeWish>) -> Shown {
                super::ask(caller, PLACE, sent).await
            }

            /// Have the authority asked now instead of at its time
            #[utoipa::path(
                post,
                path = concat!($path, "/{number}/retry"),
                tag = "certificates",
                extensions(("x-right" = json!($change))),
                params(("number" = u64, Path, description = "The certificate's number")),
                responses((status = 204, description = "It is asked in the background"))
            )]
            pub async fn retry(caller: Caller, Path(number): Path<String>) -> Result<StatusCode, Problem> {
                let number = number.parse().map_err(|_| Failure::NotFound)?;
                let office = &caller.api.office;
                let tried = action::retry_certificate(office, &caller.actor, PLACE, number).await;
                changed(&caller, tried)
            }

            /// Take a certificate away
            #[utoipa::path(
                delete,
                path = concat!($path, "/{number}"),
                tag = "certificates",
                extensions(("x-right" = json!($change))),
                params(("number" = u64, Path, description = "The certificate's number")),
                responses((status = 204, description = "Gone"))
            )]
            pub async fn remove(caller: Caller, Path(number): Path<String>) -> Result<StatusCode, Problem> {
                let number = number.parse().map_err(|_| Failure::NotFound)?;
                let office = &caller.api.office;
                let removed = action::remove_certificate(office, &caller.actor, PLACE, number).await;
                changed(&caller, removed)
            }
        }
    };
}

operations!(storefront, Storefront, "/settings/certificate", "see-settings", "change-storefront-certificate");
operations!(desk, Console, "/settings/console-certificate", "see-machine", "change-console-certificate");
