//! The API: what the console can do, as JSON under `/api/v1`. One file per resource.
//!
//! The OpenAPI document is made from the handlers and is what the router goes by: [`access`] reads from it
//! which right each operation needs, and an operation that does not say is refused. Handlers call the same
//! actions as the console. Takes no cookie, so that no page elsewhere can act with somebody's browser; refuses
//! what it does not know, and text that could be a card's number, wherever it stands.

mod access;
mod account;
mod alarms;
mod amount;
mod audit;
mod body;
mod certificate;
mod collector;
mod document;
mod enrol;
mod gateway;
mod go_live;
mod held;
mod import;
mod join;
mod list;
mod me;
mod orders;
mod overview;
mod problem;
mod products;
mod proposals;
mod ranges;
mod recovery;
mod refunds;
mod session;
mod set_up;
mod staff;
mod tokens;

use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRef, State};
use axum::http::header::CONTENT_TYPE;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tokio::sync::Semaphore;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Failure, Site, console, headers};
use crate::action::Office;
use access::Operations;
use problem::Problem;

/// Where it stands.
pub const ROOT: &str = "/api/v1";

/// The state of the API's handlers. Cheap to clone.
#[derive(Clone)]
pub(super) struct Api {
    site: Site,
    office: Arc<Office>,
    /// Shared with the console: one import at a time, two exports.
    imports: Arc<Semaphore>,
    exports: Arc<Semaphore>,
    operations: Arc<Operations>,
    /// The document, as it is sent.
    document: Arc<str>,
}

impl FromRef<Api> for Site {
    fn from_ref(api: &Api) -> Self {
        api.site.clone()
    }
}

fn resources() -> OpenApiRouter<Api> {
    let resources = OpenApiRouter::with_openapi(document::head())
        .routes(routes!(document))
        .routes(routes!(problem::show))
        .routes(routes!(session::begin, session::end))
        .routes(routes!(session::step_up))
        .routes(routes!(set_up::enter))
        .routes(routes!(set_up::begin))
        .routes(routes!(join::show))
        .routes(routes!(join::join))
        .routes(routes!(account::show))
        .routes(routes!(account::change_password))
        .routes(routes!(enrol::offer, enrol::add, account::remove_app))
        .routes(routes!(account::remove_passkey))
        .routes(routes!(account::make_codes))
        .routes(routes!(account::sessions))
        .routes(routes!(account::end_others))
        .routes(routes!(account::end_session))
        .routes(routes!(me::show))
        .routes(routes!(me::roles))
        .routes(routes!(overview::show))
        .routes(routes!(orders::list))
        .routes(routes!(orders::show))
        .routes(routes!(held::capture))
        .routes(routes!(held::release))
        .routes(routes!(refunds::preview))
        .routes(routes!(refunds::refund))
        .routes(routes!(alarms::list))
        .routes(routes!(alarms::acknowledge))
        .routes(routes!(products::list))
        .routes(routes!(import::take))
        .routes(routes!(products::show, products::change))
        .routes(routes!(gateway::show, gateway::change))
        .routes(routes!(certificate::storefront::show, certificate::storefront::replace))
        .routes(routes!(certificate::storefront::request))
        .routes(routes!(certificate::storefront::ask))
        .routes(routes!(certificate::storefront::retry))
        .routes(routes!(certificate::storefront::remove))
        .routes(routes!(certificate::desk::show, certificate::desk::replace))
        .routes(routes!(certificate::desk::request))
        .routes(routes!(certificate::desk::ask))
        .routes(routes!(certificate::desk::retry))
        .routes(routes!(certificate::desk::remove))
        .routes(routes!(collector::show))
        .routes(routes!(collector::propose))
        .routes(routes!(ranges::list))
        .routes(routes!(ranges::machine::change))
        .routes(routes!(ranges::machine::preview))
        .routes(routes!(ranges::machine::confirm))
        .routes(routes!(ranges::machine::take_back))
        .routes(routes!(ranges::operator::change))
        .routes(routes!(ranges::operator::preview))
        .routes(routes!(ranges::operator::confirm))
        .routes(routes!(ranges::operator::take_back))
        .routes(routes!(go_live::show, go_live::go))
        .routes(routes!(recovery::show))
        .routes(routes!(recovery::confirm))
        .routes(routes!(audit::list))
        .routes(routes!(audit::state))
        .routes(routes!(audit::export))
        .routes(routes!(audit::show))
        .routes(routes!(staff::list))
        .routes(routes!(staff::show))
        .routes(routes!(staff::dismiss))
        .routes(routes!(staff::link))
        .routes(routes!(staff::code))
        .routes(routes!(proposals::list, proposals::make))
        .routes(routes!(proposals::show))
        .routes(routes!(proposals::confirm))
        .routes(routes!(proposals::reject))
        .routes(routes!(proposals::withdraw))
        .routes(routes!(tokens::list, tokens::make))
        .routes(routes!(tokens::revoke))
        .routes(routes!(tokens::of_person))
        .routes(routes!(tokens::revoke_of_person));
    OpenApiRouter::with_openapi(document::head()).nest(ROOT, resources)
}

/// The document: what is served, kept in `docs/openapi.json`, and walked by the tests.
pub fn openapi() -> serde_json::Value {
    document::finish(resources().to_openapi())
}

/// The API, to stand beside the console's pages.
pub(super) fn router(desk: &console::Desk) -> Router {
    let (router, openapi) = resources().split_for_parts();
    let document = document::finish(openapi);
    let operations = Arc::new(Operations::of(&document));
    let document = Arc::from(format!("{document:#}\n"));
    let console::Desk { site, office, imports, exports } = desk.clone();
    let api = Api { site, office, imports, exports, operations, document };
    let inside = Router::new()
        .fallback(async || Problem::from(Failure::NotFound))
        .method_not_allowed_fallback(async || Problem::from(Failure::Method));
    inside
        .merge(router)
        .layer(from_fn_with_state(api.clone(), access::enter))
        .layer(from_fn_with_state(api.clone(), problem::render))
        .layer(from_fn(headers::guard))
        .with_state(api)
}

/// This document
///
/// For everybody within the allowed ranges: it is the same on every machine of this version.
#[utoipa::path(
    get,
    path = "/openapi.json",
    tag = "about",
    extensions(("x-right" = json!("anyone"))),
    responses((status = 200, description = "The OpenAPI document", body = Object, content_type = "application/json"))
)]
async fn document(State(api): State<Api>) -> Response {
    ([(CONTENT_TYPE, "application/json")], api.document.to_string()).into_response()
}

#[cfg(test)]
mod account_tests;
#[cfg(test)]
mod parity;
#[cfg(test)]
mod tests;
