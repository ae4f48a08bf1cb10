//! The storefront's certificate.

use axum::http::StatusCode;
use axum::response::Json;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::access::Caller;
use super::body::{Sent, SentPem};
use super::problem::Problem;
use crate::action;
use crate::web::console;

/// The certificate that the storefront shows
#[derive(Serialize, ToSchema)]
pub struct CertificateShown {
    /// SHA-256 in groups of four
    fingerprint: String,
    #[schema(format = DateTime)]
    begins: String,
    #[schema(format = DateTime)]
    ends: String,
    /// Whether a person put it there; otherwise it is the machine's own
    uploaded: bool,
    /// The request that waits for its certificate, PEM
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    request: Option<String>,
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

/// The storefront's certificate
#[utoipa::path(
    get,
    path = "/settings/certificate",
    tag = "settings",
    extensions(("x-right" = json!("see-settings"))),
    responses((status = 200, description = "What is in place", body = CertificateShown))
)]
pub async fn show(caller: Caller) -> Result<Json<CertificateShown>, Problem> {
    let state = action::certificate_state(&caller.api.office)?;
    Ok(Json(CertificateShown {
        fingerprint: state.fingerprint,
        begins: state.validity.0.to_string(),
        ends: state.validity.1.to_string(),
        uploaded: state.uploaded,
        request: state.request,
    }))
}

/// Put a certificate in place
#[utoipa::path(
    put,
    path = "/settings/certificate",
    tag = "settings",
    extensions(("x-right" = json!("change-storefront-certificate"))),
    request_body = CertificateUpload,
    responses((status = 200, description = "As it is now", body = CertificateShown))
)]
pub async fn replace(
    caller: Caller,
    SentPem(sent): SentPem<CertificateUpload>,
) -> Result<Json<CertificateShown>, Problem> {
    let CertificateUpload { chain, private_key } = sent;
    match action::replace_certificate(&caller.api.office, &caller.actor, chain, private_key).await {
        Ok(()) => show(caller).await,
        Err(error) => Err(refused(&caller, error)),
    }
}

/// Make a key, which stays in the machine, and a request for a certificate
#[utoipa::path(
    post,
    path = "/settings/certificate/request",
    tag = "settings",
    extensions(("x-right" = json!("change-storefront-certificate"))),
    request_body = CertificateWish,
    responses((status = 201, description = "The request waits", body = CertificateShown))
)]
pub async fn request(
    caller: Caller,
    Sent(sent): Sent<CertificateWish>,
) -> Result<(StatusCode, Json<CertificateShown>), Problem> {
    let names = sent.names.iter().map(|name| name.trim().to_lowercase()).collect();
    match action::request_certificate(&caller.api.office, &caller.actor, names).await {
        Ok(()) => Ok((StatusCode::CREATED, show(caller).await?)),
        Err(error) => Err(refused(&caller, error)),
    }
}

fn refused(caller: &Caller, error: action::CertificateError) -> Problem {
    let texts = caller.texts();
    match console::certificate_problem(texts, error) {
        Ok(mut problem) => {
            // The form's name for it.
            if problem.field == "key" {
                "private_key".clone_into(&mut problem.field);
            }
            Problem::of_form(texts, vec![problem])
        }
        Err(failure) => failure.into(),
    }
}
