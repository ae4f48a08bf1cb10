//! How the shop and the machine stand.

use axum::response::Json;
use serde::Serialize;
use utoipa::ToSchema;

use super::access::Caller;
use super::problem::Problem;
use crate::action::{self, Place};
use crate::alarm;
use crate::catalog::Status;
use crate::staff::Right;
use crate::web::Failure;

/// The shop and the machine
#[derive(Serialize, ToSchema)]
pub struct Overview {
    /// The shop's name
    shop: String,
    /// ISO 4217
    currency: String,
    /// Since when the shop is live; left out before that
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    live_since: Option<String>,
    /// Products on sale
    products_on_sale: usize,
    /// All products
    products: usize,
    /// Who takes the payments; left out if nobody does
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    gateway: Option<String>,
    /// Open alarms; left out for those who may not read them
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    open_alarms: Option<usize>,
    /// Where shoppers come in
    storefront: String,
    /// Whether the storefront shows another certificate than the machine's own
    certificate_uploaded: bool,
    /// When the storefront's certificate ends
    #[schema(format = DateTime)]
    certificate_until: String,
    /// The service's version
    version: String,
    /// `release` or `dev`
    profile: String,
    /// Which TPM keeps the keys
    tpm: String,
    /// SHA-256 of the console's certificate, as the machine's screen shows it
    console_fingerprint: String,
}

/// The shop and the machine
#[utoipa::path(
    get,
    path = "/overview",
    tag = "shop",
    extensions(("x-right" = json!("see-overview"))),
    responses((status = 200, description = "How it stands", body = Overview))
)]
pub async fn show(caller: Caller) -> Result<Json<Overview>, Problem> {
    let (settings, office) = (caller.settings()?, &caller.api.office);
    let (app, premises) = (office.app(), office.premises());
    let catalog = app.catalog();
    let certificate = action::certificate_state(office, Place::Storefront).map_err(Failure::from)?;
    let open_alarms = match caller.actor.may(Right::SeeAlarms) {
        true => Some(app.store().read(|view| alarm::open(view).map_err(Problem::from))?.len()),
        false => None,
    };
    Ok(Json(Overview {
        shop: settings.name.to_string(),
        currency: settings.currency.code().to_owned(),
        live_since: settings.live_since.map(|since| since.to_string()),
        products_on_sale: catalog.all().iter().filter(|product| product.status == Status::Active).count(),
        products: catalog.all().len(),
        gateway: app.gateway().and(settings.gateway).map(|choice| choice.name().to_owned()),
        open_alarms,
        storefront: office.storefront(),
        certificate_uploaded: certificate.is_placed(),
        certificate_until: certificate.validity.1.to_string(),
        version: premises.version.clone(),
        profile: premises.profile.clone(),
        tpm: premises.tpm.clone(),
        console_fingerprint: office.console_fingerprint(),
    }))
}
