//! Who takes the payments. Secrets go in and never come out.

use std::collections::BTreeMap;

use axum::response::Json;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::access::Caller;
use super::body::Sent;
use super::problem::{Fault, Problem};
use crate::action::{self, AccountState, ChooseGateway};
use crate::operator::{AccountField, GatewayChoice, Vendor};
use crate::payment::CaptureMode;
use crate::web::console;

/// What is kept of a field of an account
#[derive(Serialize, ToSchema)]
pub struct AccountFieldRow {
    field: String,
    #[schema(format = DateTime)]
    set: String,
    /// The value; left out for a secret
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    value: Option<String>,
}

/// An account at a vendor
#[derive(Serialize, ToSchema)]
pub struct AccountRow {
    vendor: String,
    /// Whether it moves real money; left out while something is missing
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    live: Option<bool>,
    /// Payments and refunds with it that are not over
    waiting: usize,
    /// Where its notices are to be sent
    notices_to: String,
    fields: Vec<AccountFieldRow>,
}

/// Who takes the payments
#[derive(Serialize, ToSchema)]
pub struct GatewayShown {
    /// Left out if nobody does
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    gateway: Option<String>,
    /// `automatic` or `manual`
    capture: String,
    accounts: Vec<AccountRow>,
}

/// Who shall take the payments
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GatewayChange {
    /// `test`, `stripe`, `stripe-hosted`, `adyen` or `authorize-net`
    #[schema(max_length = 40)]
    gateway: String,
    /// `automatic` or `manual`; left out, it stays
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    capture: Option<Capture>,
    /// Fields of accounts by their names. A secret that is left out stays; any other that is empty is emptied
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, String>)]
    fields: BTreeMap<String, Zeroizing<String>>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
enum Capture {
    Automatic,
    Manual,
}

/// Who takes the payments
#[utoipa::path(
    get,
    path = "/settings/gateway",
    tag = "settings",
    extensions(("x-right" = json!("see-settings"))),
    responses((status = 200, description = "Gateway and accounts, without secrets", body = GatewayShown))
)]
pub async fn show(caller: Caller) -> Result<Json<GatewayShown>, Problem> {
    let state = action::gateway_state(&caller.api.office)?;
    let storefront = caller.api.office.storefront();
    let account = |account: &AccountState| AccountRow {
        vendor: account.vendor.door().to_owned(),
        live: account.live,
        waiting: account.waiting,
        notices_to: format!("{storefront}webhooks/{}", account.vendor.door()),
        fields: account.fields.iter().map(kept).collect(),
    };
    Ok(Json(GatewayShown {
        gateway: state.choice.map(|choice| choice.name().to_owned()),
        capture: match state.capture {
            CaptureMode::Automatic => "automatic",
            CaptureMode::Manual => "manual",
        }
        .to_owned(),
        accounts: state.accounts.iter().map(account).collect(),
    }))
}

fn kept(kept: &action::KeptField) -> AccountFieldRow {
    AccountFieldRow {
        field: kept.field.name().to_owned(),
        set: kept.set.to_string(),
        value: (!kept.field.is_secret()).then(|| kept.shown.clone()),
    }
}

/// Choose who takes the payments, and put accounts and keys in place
#[utoipa::path(
    put,
    path = "/settings/gateway",
    tag = "settings",
    extensions(("x-right" = json!("change-gateway"))),
    request_body = GatewayChange,
    responses((status = 200, description = "As it is now", body = GatewayShown))
)]
pub async fn change(caller: Caller, Sent(sent): Sent<GatewayChange>) -> Result<Json<GatewayShown>, Problem> {
    let texts = caller.texts();
    let choice = GatewayChoice::of_name(&sent.gateway)
        .ok_or_else(|| Problem::field(texts, "gateway", &texts.say("gateway-choose")))?;
    let all: Vec<AccountField> = Vendor::ALL.iter().flat_map(|vendor| vendor.fields()).copied().collect();
    let (mut typed, mut faults) = (BTreeMap::new(), Vec::new());
    for (name, value) in sent.fields {
        match all.iter().find(|field| field.name() == name) {
            Some(field) => drop(typed.insert(*field, value)),
            None => {
                let names: Vec<_> = all.iter().map(|field| field.name()).collect();
                let cure = texts.say_with("api-fault-fields", &[("fields", names.join(", ").into())]);
                let wrong = texts.say("api-fault-unknown");
                faults.push(Fault { field: "fields".to_owned(), wrong, cure });
            }
        }
    }
    if !faults.is_empty() {
        return Err(Problem::fields(faults));
    }
    let capture = sent.capture.map(|capture| match capture {
        Capture::Automatic => CaptureMode::Automatic,
        Capture::Manual => CaptureMode::Manual,
    });
    let wish = ChooseGateway { choice, capture, typed };
    match action::choose_gateway(&caller.api.office, &caller.actor, wish).await {
        Ok(()) => show(caller).await,
        Err(error) => Err(Problem::of_form(texts, console::gateway_problems(texts, error)?)),
    }
}
