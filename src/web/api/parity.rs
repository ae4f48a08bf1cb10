//! What does in the API what an address of the console does: one row for each address, or why there is none.
//!
//! The tests hold the table to the console's own table of addresses and to the document: an address that is new
//! or gone, an operation that asks for less or for more than its page, and an operation that nobody thought of
//! all fail here.

use std::collections::BTreeSet;

use serde_json::Value;

use super::openapi;
use crate::web::console::access::{ADDRESSES, Needs};

/// How an address of the console stands in the API.
enum Row {
    /// By these operations, which need the same. The page of a form is done by what its form does.
    By(&'static [&'static str]),
    /// By none: why. `docs/API.md` names the address.
    BrowserOnly(&'static str),
}

use Row::{BrowserOnly, By};

const CEREMONY: &str = "WebAuthn is between a browser and a device: the browser writes into what is signed which \
                        host asked, and without one that proof against phishing would be the caller's own word";

/// The table, in the order of the console's.
const TABLE: &[(&str, &str, Row)] = &[
    ("GET", "/setup", By(&["post-setup-code", "post-setup"])),
    ("POST", "/setup", By(&["post-setup-code"])),
    ("POST", "/setup/shop", By(&["post-setup"])),
    ("GET", "/sign-in", By(&["post-session"])),
    ("POST", "/sign-in", By(&["post-session"])),
    ("GET", "/assets/{name}", BrowserOnly("how pages look")),
    ("POST", "/sign-in/passkey", BrowserOnly(CEREMONY)),
    ("POST", "/sign-out", By(&["delete-session"])),
    ("GET", "/enrol", By(&["post-account-app"])),
    ("POST", "/enrol/app", By(&["put-account-app"])),
    ("POST", "/enrol/passkey", BrowserOnly(CEREMONY)),
    ("GET", "/step-up", By(&["post-session-step-up"])),
    ("POST", "/step-up", By(&["post-session-step-up"])),
    ("POST", "/step-up/passkey", BrowserOnly(CEREMONY)),
    ("GET", "/security", By(&["get-account"])),
    ("POST", "/security/password", By(&["put-account-password"])),
    ("GET", "/security/app", By(&["post-account-app"])),
    ("POST", "/security/app", By(&["put-account-app"])),
    ("POST", "/security/app/remove", By(&["delete-account-app"])),
    ("POST", "/security/passkeys", BrowserOnly(CEREMONY)),
    ("POST", "/security/passkeys/{mark}/remove", By(&["delete-account-passkeys-mark"])),
    ("POST", "/security/recovery-codes", By(&["post-account-recovery-codes"])),
    ("GET", "/security/sessions", By(&["get-account-sessions"])),
    ("POST", "/security/sessions/{mark}/end", By(&["delete-account-sessions-mark"])),
    ("POST", "/security/sessions/end-others", By(&["post-account-sessions-end-others"])),
    ("GET", "/setup/recovery-key", By(&["get-recovery-key"])),
    ("POST", "/setup/recovery-key", By(&["post-recovery-key-written"])),
    ("GET", "/", By(&["get-overview"])),
    ("GET", "/orders", By(&["get-orders"])),
    ("GET", "/orders/{number}", By(&["get-orders-number"])),
    ("GET", "/orders/{number}/capture", By(&["post-orders-number-capture"])),
    ("POST", "/orders/{number}/capture", By(&["post-orders-number-capture"])),
    ("GET", "/orders/{number}/release", By(&["post-orders-number-release"])),
    ("POST", "/orders/{number}/release", By(&["post-orders-number-release"])),
    ("GET", "/orders/{number}/refund", By(&["post-orders-number-refunds-preview"])),
    ("POST", "/orders/{number}/refund", By(&["post-orders-number-refunds-preview"])),
    ("POST", "/orders/{number}/refund/confirm", By(&["post-orders-number-refunds"])),
    ("GET", "/alarms", By(&["get-alarms"])),
    ("POST", "/alarms/{number}/acknowledge", By(&["post-alarms-number-acknowledge"])),
    ("GET", "/audit", By(&["get-audit", "get-audit-state"])),
    ("POST", "/audit/export", By(&["post-audit-export"])),
    ("GET", "/audit/{number}", By(&["get-audit-number"])),
    ("GET", "/products", By(&["get-products"])),
    ("GET", "/products/import", By(&["post-products-import"])),
    ("POST", "/products/import", By(&["post-products-import"])),
    ("GET", "/products/{handle}", By(&["get-products-handle"])),
    ("POST", "/products/{handle}", By(&["put-products-handle"])),
    ("GET", "/settings/gateway", By(&["get-settings-gateway"])),
    ("POST", "/settings/gateway", By(&["put-settings-gateway"])),
    ("GET", "/settings/certificate", By(&["get-settings-certificate"])),
    ("POST", "/settings/certificate", By(&["put-settings-certificate"])),
    ("POST", "/settings/certificate/request", By(&["post-settings-certificate-request"])),
    ("POST", "/settings/certificate/ask", By(&["post-settings-certificate-ask"])),
    ("POST", "/settings/certificate/{number}/retry", By(&["post-settings-certificate-number-retry"])),
    ("POST", "/settings/certificate/{number}/remove", By(&["delete-settings-certificate-number"])),
    ("GET", "/settings/console-certificate", By(&["get-settings-console-certificate"])),
    ("POST", "/settings/console-certificate", By(&["put-settings-console-certificate"])),
    ("POST", "/settings/console-certificate/request", By(&["post-settings-console-certificate-request"])),
    ("POST", "/settings/console-certificate/ask", By(&["post-settings-console-certificate-ask"])),
    (
        "POST",
        "/settings/console-certificate/{number}/retry",
        By(&["post-settings-console-certificate-number-retry"]),
    ),
    (
        "POST",
        "/settings/console-certificate/{number}/remove",
        By(&["delete-settings-console-certificate-number"]),
    ),
    ("GET", "/settings/ranges", By(&["get-ranges"])),
    ("GET", "/settings/collector", By(&["get-settings-collector"])),
    ("POST", "/settings/collector", By(&["post-settings-collector"])),
    ("GET", "/settings/ranges/machine", By(&["post-ranges-machine-changes"])),
    ("POST", "/settings/ranges/machine", By(&["post-ranges-machine-changes-preview"])),
    ("POST", "/settings/ranges/machine/try", By(&["post-ranges-machine-changes"])),
    ("POST", "/settings/ranges/machine/confirm", By(&["post-ranges-machine-changes-number-confirm"])),
    ("POST", "/settings/ranges/machine/take-back", By(&["post-ranges-machine-changes-number-take-back"])),
    ("GET", "/settings/ranges/operator", By(&["post-ranges-operator-changes"])),
    ("POST", "/settings/ranges/operator", By(&["post-ranges-operator-changes-preview"])),
    ("POST", "/settings/ranges/operator/try", By(&["post-ranges-operator-changes"])),
    ("POST", "/settings/ranges/operator/confirm", By(&["post-ranges-operator-changes-number-confirm"])),
    ("POST", "/settings/ranges/operator/take-back", By(&["post-ranges-operator-changes-number-take-back"])),
    ("GET", "/join/{link}", By(&["post-join-invitation"])),
    ("POST", "/join/{link}", By(&["post-join"])),
    ("GET", "/roles", By(&["get-roles"])),
    ("GET", "/staff", By(&["get-staff"])),
    ("GET", "/staff/new", By(&["post-proposals"])),
    ("POST", "/staff/new", By(&["post-proposals"])),
    ("GET", "/staff/{id}", By(&["get-staff-id", "get-staff-id-tokens"])),
    ("GET", "/staff/{id}/change", By(&["post-proposals"])),
    ("POST", "/staff/{id}/change", By(&["post-proposals"])),
    ("POST", "/staff/{id}/dismiss", By(&["post-staff-id-dismiss"])),
    ("POST", "/staff/{id}/reinstate", By(&["post-proposals"])),
    ("POST", "/staff/{id}/reset", By(&["post-proposals"])),
    ("POST", "/staff/{id}/link", By(&["post-staff-id-invitation-link"])),
    ("POST", "/staff/{id}/code", By(&["post-staff-id-invitation-code"])),
    ("POST", "/staff/{id}/tokens/{token}/revoke", By(&["delete-staff-id-tokens-token"])),
    ("GET", "/proposals", By(&["get-proposals"])),
    ("POST", "/proposals/{number}/confirm", By(&["post-proposals-number-confirm"])),
    ("POST", "/proposals/{number}/reject", By(&["post-proposals-number-reject"])),
    ("POST", "/proposals/{number}/withdraw", By(&["post-proposals-number-withdraw"])),
    ("GET", "/tokens", By(&["get-tokens"])),
    ("POST", "/tokens", By(&["post-tokens"])),
    ("POST", "/tokens/{id}/revoke", By(&["delete-tokens-id"])),
    ("GET", "/go-live", By(&["get-go-live"])),
    ("POST", "/go-live", By(&["post-go-live"])),
];

/// What only the API has, and why the console needs no address for it.
const BESIDE: &[(&str, &str)] = &[
    ("get-openapi-json", "the document"),
    ("get-problems-kind", "what a refusal's type leads to; pages say it in place"),
    ("get-me", "every page names who is signed in"),
    ("get-proposals-number", "one of the list, which the page shows whole"),
];

/// Operation to what it needs: `x-right`, and whether the second factor lately.
fn operations() -> Vec<(String, String, bool)> {
    let document = openapi();
    let paths = document["paths"].as_object().unwrap();
    let all = paths.values().flat_map(|item| item.as_object().unwrap().values());
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    all.map(|operation| {
        let step_up = operation["x-step-up"].as_bool().unwrap();
        (text(&operation["operationId"]), text(&operation["x-right"]), step_up)
    })
    .collect()
}

fn named() -> impl Iterator<Item = &'static str> {
    TABLE
        .iter()
        .flat_map(|(.., row)| match row {
            By(names) => *names,
            BrowserOnly(_) => &[],
        })
        .copied()
}

#[test]
fn every_address_of_the_console_names_what_does_the_same_in_the_api_or_why_nothing_does() {
    let console: BTreeSet<_> =
        ADDRESSES.iter().map(|address| (address.method.as_str(), address.path)).collect();
    let here: BTreeSet<_> = TABLE.iter().map(|(method, path, _)| (*method, *path)).collect();
    assert_eq!(TABLE.len(), here.len(), "an address stands here twice");
    let missing: Vec<_> = console.difference(&here).collect();
    assert!(missing.is_empty(), "what does the same in the API: {missing:?}");
    let gone: Vec<_> = here.difference(&console).collect();
    assert!(gone.is_empty(), "the console has no such address: {gone:?}");
}

#[test]
fn what_does_the_same_needs_the_same() {
    let operations = operations();
    for (method, path, row) in TABLE {
        let By(names) = row else { continue };
        assert!(!names.is_empty(), "{method} {path}");
        let address = ADDRESSES.iter().find(|known| known.method == *method && known.path == *path).unwrap();
        for name in *names {
            let found = operations.iter().find(|(known, ..)| known == name);
            let (_, right, step_up) = found.unwrap_or_else(|| panic!("{method} {path}: there is no {name}"));
            let fits = match address.needs {
                Needs::Anyone => right == "anyone",
                Needs::Enrol => right == "enrol",
                // Both addresses of the app ask their action, which lets the first one through without a proof.
                Needs::Fresh if right == "enrol" => path.starts_with("/security/app"),
                // The page asks before it offers its forms; what only reads asks for the session alone.
                Needs::Fresh => right == "session" && (*step_up || *method == "GET"),
                Needs::SignedIn => right == "session" || right == "signed-in",
                Needs::Right(needed) | Needs::Form(needed, _) => right == needed.name(),
            };
            assert!(fits, "{method} {path} needs {:?}, {name} needs {right}", address.needs);
        }
    }
}

#[test]
fn every_operation_stands_beside_an_address_of_the_console_or_says_why_not() {
    let of_console: BTreeSet<_> = named().collect();
    let beside: BTreeSet<_> = BESIDE.iter().map(|(name, _)| *name).collect();
    for (name, ..) in operations() {
        let (one, other) = (of_console.contains(name.as_str()), beside.contains(name.as_str()));
        assert!(one != other, "{name}: which address of the console does the same?");
    }
    assert!(
        BESIDE
            .iter()
            .all(|(name, why)| { !why.is_empty() && operations().iter().any(|(known, ..)| known == name) })
    );
}

#[test]
fn what_only_a_browser_can_do_stands_in_the_document_with_its_reason() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/API.md");
    let page = std::fs::read_to_string(path).unwrap();
    for (method, path, row) in TABLE {
        let BrowserOnly(why) = row else { continue };
        assert!(
            why.len() > 10 && page.contains(&format!("`{method} {path}`")),
            "{method} {path} in docs/API.md"
        );
    }
}
