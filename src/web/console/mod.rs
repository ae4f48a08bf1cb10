//! The console: set-up, sign-in, and the pages from which the shop is run. One file per resource; no
//! script but the passkeys', on their pages alone.
//!
//! Refuses every peer outside the allowed ranges before anything else, and knows a peer only by the address
//! that the listener saw. Every page but set-up and sign-in needs a session; every form, those two included,
//! carries a token. Shows of a card its brand and last four digits, and of a secret when it was set.

pub mod access;
mod alarms;
mod attempts;
mod audit;
mod capture;
mod certificate;
mod collector;
mod enrol;
mod form;
mod frame;
mod gateway;
mod go_live;
mod import;
mod join;
mod money;
mod orders;
mod overview;
mod passkey;
mod products;
mod proposals;
mod ranges;
mod recovery;
mod refund;
mod refund_form;
mod roles;
mod security;
mod set_up;
mod sign_in;
mod staff;
mod staff_form;
mod staff_words;
mod step_up;
mod tokens;
mod upload;

pub(super) use audit::export::file as audit_file;
pub(super) use certificate::{ask_problem, certificate_problem};
pub(super) use collector::wrongs as collector_problems;
pub(super) use form::Problem;
pub(super) use gateway::problems as gateway_problems;
pub(super) use import::{remake_pictures, strange as strange_upload};
pub(super) use ranges::range_problem;
pub(super) use recovery::from_hex;
pub(super) use set_up::password_wrong;
pub(super) use tokens::problem as token_problem;
pub(super) use upload::{Upload, read_from_program as read_upload};

use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRef, Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tokio::sync::Semaphore;
use tower::ServiceExt;

use super::reply::{self, Draw};
use super::{Failure, Peer, Site, api, headers, serve_asset};
use crate::action::{Office, Place};

/// The state of the console's handlers. Cheap to clone.
#[derive(Clone)]
pub struct Desk {
    pub(super) site: Site,
    pub(super) office: Arc<Office>,
    /// One import at a time: it may hold many pictures in memory.
    pub(super) imports: Arc<Semaphore>,
    /// Exports of the audit log under way.
    pub(super) exports: Arc<Semaphore>,
}

impl FromRef<Desk> for Site {
    fn from_ref(desk: &Desk) -> Self {
        desk.site.clone()
    }
}

/// The console.
pub fn router(site: Site, office: Arc<Office>) -> Router {
    let draw: Draw = frame::failure;
    let desk = Desk {
        site: site.clone(),
        office,
        imports: Arc::new(Semaphore::new(1)),
        exports: Arc::new(Semaphore::new(2)),
    };
    let api = api::router(&desk);
    let pages = Router::new()
        .route("/", get(overview::show))
        .route("/setup", get(set_up::show).post(set_up::code))
        .route("/setup/shop", post(set_up::shop))
        .route("/setup/recovery-key", get(recovery::show).post(recovery::confirm))
        .route("/sign-in", get(sign_in::show).post(sign_in::enter))
        .route("/sign-in/passkey", post(sign_in::enter_with_passkey))
        .route("/sign-out", post(sign_in::leave))
        .route("/enrol", get(enrol::show))
        .route("/enrol/app", post(enrol::add_app))
        .route("/enrol/passkey", post(enrol::add_passkey))
        .route("/step-up", get(step_up::show).post(step_up::prove))
        .route("/step-up/passkey", post(step_up::prove_with_passkey))
        .route("/security", get(security::show))
        .route("/security/password", post(security::change_password))
        .route("/security/app", get(enrol::show_app).post(enrol::add_app))
        .route("/security/app/remove", post(security::remove_app))
        .route("/security/passkeys", post(enrol::add_passkey))
        .route("/security/passkeys/{mark}/remove", post(security::remove_passkey))
        .route("/security/recovery-codes", post(security::make_codes))
        .route("/security/sessions", get(security::sessions))
        .route("/security/sessions/{mark}/end", post(security::end_session))
        .route("/security/sessions/end-others", post(security::end_others))
        .route("/orders", get(orders::list))
        .route("/orders/{number}", get(orders::show))
        .route("/orders/{number}/capture", get(capture::show_capture).post(capture::capture))
        .route("/orders/{number}/release", get(capture::show_release).post(capture::release))
        .route("/orders/{number}/refund", get(refund::show).post(refund::check))
        .route("/orders/{number}/refund/confirm", post(refund::confirm))
        .route("/alarms", get(alarms::list))
        .route("/alarms/{number}/acknowledge", post(alarms::acknowledge))
        .route("/audit", get(audit::list))
        .route("/audit/export", post(audit::export))
        .route("/audit/{number}", get(audit::show))
        .route("/products", get(products::list))
        .route("/products/import", get(import::show).post(import::take))
        .route("/products/{handle}", get(products::show).post(products::change))
        .route("/settings/gateway", get(gateway::show).post(gateway::change))
        .merge(certificates("/settings/certificate", Place::Storefront))
        .merge(certificates("/settings/console-certificate", Place::Console))
        .route("/settings/ranges", get(ranges::show))
        .route("/settings/collector", get(collector::show).post(collector::propose))
        .route("/settings/ranges/machine", get(ranges::show_admin).post(ranges::check_admin))
        .route("/settings/ranges/machine/try", post(ranges::try_admin))
        .route("/settings/ranges/machine/confirm", post(ranges::confirm_admin))
        .route("/settings/ranges/machine/take-back", post(ranges::take_back_admin))
        .route("/settings/ranges/operator", get(ranges::show_operator).post(ranges::check_operator))
        .route("/settings/ranges/operator/try", post(ranges::try_operator))
        .route("/settings/ranges/operator/confirm", post(ranges::confirm_operator))
        .route("/settings/ranges/operator/take-back", post(ranges::take_back_operator))
        .route("/join/{link}", get(join::show).post(join::take))
        .route("/roles", get(roles::show))
        .route("/staff", get(staff::list))
        .route("/staff/new", get(staff_form::show_new).post(staff_form::new))
        .route("/staff/{id}", get(staff::show))
        .route("/staff/{id}/change", get(staff_form::show_change).post(staff_form::change))
        .route("/staff/{id}/dismiss", post(staff::dismiss))
        .route("/staff/{id}/reinstate", post(staff::reinstate))
        .route("/staff/{id}/reset", post(staff::reset))
        .route("/staff/{id}/link", post(staff::link))
        .route("/staff/{id}/code", post(staff::code))
        .route("/staff/{id}/tokens/{token}/revoke", post(tokens::revoke_of_person))
        .route("/proposals", get(proposals::list))
        .route("/proposals/{number}/confirm", post(proposals::confirm))
        .route("/proposals/{number}/reject", post(proposals::reject))
        .route("/proposals/{number}/withdraw", post(proposals::withdraw))
        .route("/go-live", get(go_live::show).post(go_live::go))
        .route("/tokens", get(tokens::show).post(tokens::make))
        .route("/tokens/{id}/revoke", post(tokens::revoke))
        .route("/assets/{name}", get(serve_asset))
        .fallback(async || Failure::NotFound)
        .method_not_allowed_fallback(async || Failure::Method)
        .layer(from_fn_with_state(desk.clone(), admit))
        .layer(from_fn_with_state((site, draw), reply::pages))
        .layer(from_fn(headers::guard))
        .with_state(desk.clone());
    let api = api.layer(from_fn_with_state(desk, admit));
    // Two routers, each with refusals of its own kind: pages for people, documents for programs.
    Router::new().fallback(async move |request: Request| {
        let path = request.uri().path().strip_prefix(api::ROOT);
        let is_api = path.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        let Ok(response) = if is_api { api.oneshot(request) } else { pages.oneshot(request) }.await;
        response
    })
}

/// The page of a listener's certificates, at `base`.
fn certificates(base: &str, place: Place) -> Router<Desk> {
    let below = |path: &str| format!("{base}/{path}");
    Router::new()
        .route(
            base,
            get(move |clerk, query| certificate::show(place, clerk, query))
                .post(move |clerk, request| certificate::replace(place, clerk, request)),
        )
        .route(&below("request"), post(move |clerk, request| certificate::request(place, clerk, request)))
        .route(&below("ask"), post(move |clerk, request| certificate::ask(place, clerk, request)))
        .route(
            &below("{number}/retry"),
            post(move |clerk, number, request| certificate::retry(place, clerk, number, request)),
        )
        .route(
            &below("{number}/remove"),
            post(move |clerk, number, request| certificate::remove(place, clerk, number, request)),
        )
}

/// Lets in whoever calls from an allowed range. The firewall and the listener ask the same before.
async fn admit(State(desk): State<Desk>, request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<Peer>().map(|peer| peer.0.ip());
    match peer {
        Some(peer) if desk.office.app().gate().admits(peer) => next.run(request).await,
        _ => Failure::Refused.into_response(),
    }
}

#[cfg(test)]
mod alarm_tests;
#[cfg(test)]
mod refund_tests;
#[cfg(test)]
mod security_tests;
#[cfg(test)]
mod tests;
