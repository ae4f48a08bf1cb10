//! The first page: how the shop stands, what to do next, what the machine is.

use askama::Template;
use axum::response::Response;

use super::access;
use super::attempts;
use super::frame::{Clerk, Frame, when};
use super::orders::{Row, latest};
use crate::action::{self, Place, Premises};
use crate::catalog::Status;
use crate::operator::GatewayChoice;
use crate::staff::Right;
use crate::web::{Failure, Head, page};

/// How many orders the page shows.
const ORDERS: usize = 5;

/// Something to do.
struct Task {
    title: String,
    text: String,
    href: &'static str,
}

#[derive(Template)]
#[template(path = "console/overview.html")]
struct OverviewPage {
    head: Head,
    frame: Frame,
    tasks: Vec<Task>,
    facts: Vec<(String, String)>,
    machine: Vec<(String, String)>,
    storefront: String,
    fingerprint: String,
    /// `None` for those who see no orders.
    orders: Option<Vec<Row>>,
}

/// `GET /`.
pub async fn show(clerk: Clerk) -> Result<Response, Failure> {
    let (head, frame) = clerk.frame(clerk.texts().say("overview-title"), "/");
    let premises = clerk.desk.office.premises();
    page(&OverviewPage {
        tasks: tasks(&clerk)?,
        facts: facts(&clerk),
        machine: machine(&clerk, premises),
        storefront: clerk.desk.office.storefront(),
        fingerprint: clerk.desk.office.console_fingerprint(),
        orders: if clerk.may(Right::SeeOrders) { Some(latest(&clerk, ORDERS)?) } else { None },
        head,
        frame,
    })
}

/// What stands between this shop and selling, in the order in which it is best done.
fn tasks(clerk: &Clerk) -> Result<Vec<Task>, Failure> {
    let texts = clerk.texts();
    let task = |title: &str, text: &str, href| Task { title: texts.say(title), text: texts.say(text), href };
    let office = &clerk.desk.office;
    let mut tasks = Vec::new();
    if action::recovery_key(office).map_err(|error| Failure::Internal(error.to_string()))?.is_some() {
        tasks.push(task("task-recovery-title", "task-recovery-text", "/setup/recovery-key"));
    }
    let mine: Vec<_> = clerk.signed.actor.id().into_iter().collect();
    let right = Right::ChangeOperatorStaff;
    if clerk.may(right) && action::others_who_may(office.app(), right, &mine)?.is_empty() {
        tasks.push(task("task-second-title", "task-second-text", "/staff"));
    }
    if attempts::without_answer(clerk)? > 0 {
        tasks.push(task("task-unsettled-title", "task-unsettled-text", "/orders?state=awaiting"));
    }
    let catalog = clerk.desk.site.app.catalog();
    if !catalog.all().iter().any(|product| !product.demo && product.status == Status::Active) {
        tasks.push(task("task-products-title", "task-products-text", "/products/import"));
    }
    if matches!(clerk.settings.gateway, None | Some(GatewayChoice::Test)) {
        tasks.push(task("task-gateway-title", "task-gateway-text", "/settings/gateway"));
    } else if clerk.desk.site.app.gateway().is_none() {
        tasks.push(task("task-gateway-down-title", "task-gateway-down-text", "/settings/gateway"));
    }
    let certificate = action::certificate_state(office, Place::Storefront)?;
    let soon = office.app().clock().now() + jiff::SignedDuration::from_hours(24 * 30);
    if !certificate.is_placed() {
        tasks.push(task("task-certificate-title", "task-certificate-text", "/settings/certificate"));
    } else if certificate.ends_alone().is_some_and(|ends| ends < soon) {
        tasks.push(task(
            "task-certificate-ends-title",
            "task-certificate-ends-text",
            "/settings/certificate",
        ));
    }
    if clerk.settings.live_since.is_none() {
        tasks.push(task("task-live-title", "task-live-text", "/go-live"));
    }
    // Nobody is told to do what they may not do.
    tasks.retain(|task| access::offers(task.href).is_none_or(|right| clerk.may(right)));
    Ok(tasks)
}

/// The Fluent key of what a gateway is called.
pub(super) fn gateway_name(choice: GatewayChoice) -> &'static str {
    match choice {
        GatewayChoice::Test => "gateway-test",
        GatewayChoice::Stripe => "gateway-stripe",
        GatewayChoice::StripeHosted => "gateway-stripe-hosted",
        GatewayChoice::AuthorizeNet => "gateway-authorize-net",
        GatewayChoice::Adyen => "gateway-adyen",
    }
}

fn facts(clerk: &Clerk) -> Vec<(String, String)> {
    let texts = clerk.texts();
    let catalog = clerk.desk.site.app.catalog();
    let products = texts.say_with(
        "fact-products-value",
        &[("active", catalog.active().count().into()), ("all", catalog.all().len().into())],
    );
    let gateway = match (clerk.settings.gateway, clerk.desk.site.app.gateway().is_some()) {
        (None, _) | (Some(_), false) => texts.say("gateway-none"),
        (Some(choice), true) => texts.say(gateway_name(choice)),
    };
    let live = match clerk.settings.live_since {
        Some(since) => texts.say_with("fact-live-since", &[("when", when(since).into())]),
        None => texts.say("fact-not-live"),
    };
    let mut facts = vec![(texts.say("fact-state"), live)];
    if clerk.may(Right::SeeProducts) {
        facts.push((texts.say("fact-products"), products));
    }
    facts.push((texts.say("fact-gateway"), gateway));
    facts.push((texts.say("fact-cards"), texts.say("fact-cards-value")));
    facts
}

fn machine(clerk: &Clerk, premises: &Premises) -> Vec<(String, String)> {
    let texts = clerk.texts();
    vec![
        (texts.say("fact-version"), premises.version.clone()),
        (texts.say("fact-profile"), premises.profile.clone()),
        (texts.say("fact-tpm"), premises.tpm.clone()),
        (texts.say("fact-session"), when(clerk.signed.until)),
    ]
}
