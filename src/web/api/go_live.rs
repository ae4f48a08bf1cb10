//! Going live: once, and for good.

use axum::response::Json;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::access::Caller;
use super::body::Sent;
use super::problem::Problem;
use crate::action::{self, GoLive, GoLiveError, Missing};
use crate::web::Failure;

/// What stands between the shop and going live
#[derive(Serialize, ToSchema)]
pub struct Readiness {
    /// Since when the shop is live; left out before that
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    live_since: Option<String>,
    /// What is still to be done, in words
    missing: Vec<String>,
    /// Whether the recovery key is asked for
    asks_for_recovery_key: bool,
    /// Demo products that leave
    demo_products: usize,
}

/// The confirmation
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    /// The shop's name
    #[schema(max_length = 60)]
    shop: String,
    /// The recovery key, from where it was written down
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Password, max_length = 200)]
    recovery_key: Option<Zeroizing<String>>,
}

/// What stands between the shop and going live
#[utoipa::path(
    get,
    path = "/go-live",
    tag = "shop",
    extensions(("x-right" = json!("go-live"))),
    responses((status = 200, description = "What is still to be done", body = Readiness))
)]
pub async fn show(caller: Caller) -> Result<Json<Readiness>, Problem> {
    let (texts, office) = (caller.texts(), &caller.api.office);
    let words = |missing: Missing| match missing {
        Missing::Gateway => texts.say("live-needs-gateway"),
        Missing::LiveAccount => texts.say("live-needs-live-account"),
        Missing::RecoveryKey => texts.say("live-needs-recovery-key"),
    };
    Ok(Json(Readiness {
        live_since: caller.settings()?.live_since.map(|since| since.to_string()),
        missing: action::missing_for_live(office)?.into_iter().map(words).collect(),
        asks_for_recovery_key: action::asks_for_recovery_key(office)?,
        demo_products: office.app().catalog().all().iter().filter(|product| product.demo).count(),
    }))
}

/// Take the shop live
///
/// The test gateway and the demo goods end for good.
#[utoipa::path(
    post,
    path = "/go-live",
    tag = "shop",
    extensions(("x-right" = json!("go-live"))),
    request_body = Confirmation,
    responses((status = 200, description = "The shop is live", body = Readiness))
)]
pub async fn go(caller: Caller, Sent(sent): Sent<Confirmation>) -> Result<Json<Readiness>, Problem> {
    let texts = caller.texts();
    let typed = GoLive { shop: sent.shop, recovery_key: sent.recovery_key.unwrap_or_default() };
    match action::go_live(&caller.api.office, &caller.actor, typed).await {
        Ok(_) => show(caller).await,
        Err(GoLiveError::Already) => Err(Problem::conflict(texts.say("api-live-already"))),
        Err(GoLiveError::NotReady(_)) => Err(Problem::conflict(texts.say("live-not-ready"))),
        Err(GoLiveError::WrongName) => Err(Problem::field(texts, "shop", &texts.say("live-name-wrong"))),
        Err(GoLiveError::WrongKey) => {
            Err(Problem::field(texts, "recovery_key", &texts.say("live-key-wrong")))
        }
        Err(GoLiveError::Denied(denied)) => Err(denied.into()),
        Err(GoLiveError::NotOpen) => Err(Failure::NotOpen.into()),
        Err(GoLiveError::Store(error)) => Err(error.into()),
    }
}
