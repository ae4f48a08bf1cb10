//! What each address of the console needs: one table, asked before every handler.
//!
//! An address that is not in the table is not there for anybody, so that a new page cannot be forgotten here.
//! The actions behind the pages ask for the same rights again.

use axum::http::Method;

use crate::staff::Right;

/// What an address needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Nobody in particular: set-up, the door, the assets.
    Anyone,
    /// Somebody who is signed in, with or without a second factor.
    Enrol,
    /// Somebody who is signed in.
    SignedIn,
    /// The same, who has proved the second factor lately: what people change of their own sign-in.
    Fresh,
    /// Somebody with this right.
    Right(Right),
    /// A page to read with the first right, which offers a form to those who have the second.
    Form(Right, Right),
}

/// An address, as the router writes it, and what it needs.
#[derive(Debug, Clone)]
pub struct Address {
    /// GET or POST.
    pub method: Method,
    /// With `{parts}` that vary.
    pub path: &'static str,
    /// What whoever calls it must have.
    pub needs: Needs,
}

const fn get(path: &'static str, needs: Needs) -> Address {
    Address { method: Method::GET, path, needs }
}

const fn post(path: &'static str, needs: Needs) -> Address {
    Address { method: Method::POST, path, needs }
}

/// The table.
pub const ADDRESSES: &[Address] = &[
    get("/setup", Needs::Anyone),
    post("/setup", Needs::Anyone),
    post("/setup/shop", Needs::Anyone),
    get("/sign-in", Needs::Anyone),
    post("/sign-in", Needs::Anyone),
    get("/assets/{name}", Needs::Anyone),
    post("/sign-in/passkey", Needs::Anyone),
    post("/sign-out", Needs::Enrol),
    get("/enrol", Needs::Enrol),
    post("/enrol/app", Needs::Enrol),
    post("/enrol/passkey", Needs::Enrol),
    get("/step-up", Needs::SignedIn),
    post("/step-up", Needs::SignedIn),
    post("/step-up/passkey", Needs::SignedIn),
    get("/security", Needs::Fresh),
    post("/security/password", Needs::Fresh),
    get("/security/app", Needs::Fresh),
    post("/security/app", Needs::Fresh),
    post("/security/app/remove", Needs::Fresh),
    post("/security/passkeys", Needs::Fresh),
    post("/security/passkeys/{mark}/remove", Needs::Fresh),
    post("/security/recovery-codes", Needs::Fresh),
    get("/security/sessions", Needs::SignedIn),
    post("/security/sessions/{mark}/end", Needs::SignedIn),
    post("/security/sessions/end-others", Needs::SignedIn),
    get("/setup/recovery-key", Needs::Right(Right::GoLive)),
    post("/setup/recovery-key", Needs::Right(Right::GoLive)),
    get("/", Needs::Right(Right::SeeOverview)),
    get("/orders", Needs::Right(Right::SeeOrders)),
    get("/orders/{number}", Needs::Right(Right::SeeOrders)),
    get("/orders/{number}/capture", Needs::Right(Right::CapturePayment)),
    post("/orders/{number}/capture", Needs::Right(Right::CapturePayment)),
    get("/orders/{number}/release", Needs::Right(Right::CapturePayment)),
    post("/orders/{number}/release", Needs::Right(Right::CapturePayment)),
    get("/orders/{number}/refund", Needs::Right(Right::RefundPayment)),
    post("/orders/{number}/refund", Needs::Right(Right::RefundPayment)),
    post("/orders/{number}/refund/confirm", Needs::Right(Right::RefundPayment)),
    get("/alarms", Needs::Right(Right::SeeAlarms)),
    post("/alarms/{number}/acknowledge", Needs::Right(Right::DealWithAlarms)),
    get("/audit", Needs::Right(Right::SeeAudit)),
    post("/audit/export", Needs::Right(Right::SeeAudit)),
    get("/audit/{number}", Needs::Right(Right::SeeAudit)),
    get("/products", Needs::Right(Right::SeeProducts)),
    get("/products/import", Needs::Right(Right::ChangeProducts)),
    post("/products/import", Needs::Right(Right::ChangeProducts)),
    get("/products/{handle}", Needs::Right(Right::SeeProducts)),
    post("/products/{handle}", Needs::Right(Right::ChangeProducts)),
    get("/settings/gateway", Needs::Form(Right::SeeSettings, Right::ChangeGateway)),
    post("/settings/gateway", Needs::Right(Right::ChangeGateway)),
    get("/settings/certificate", Needs::Form(Right::SeeSettings, Right::ChangeStorefrontCertificate)),
    post("/settings/certificate", Needs::Right(Right::ChangeStorefrontCertificate)),
    post("/settings/certificate/request", Needs::Right(Right::ChangeStorefrontCertificate)),
    post("/settings/certificate/ask", Needs::Right(Right::ChangeStorefrontCertificate)),
    post("/settings/certificate/{number}/retry", Needs::Right(Right::ChangeStorefrontCertificate)),
    post("/settings/certificate/{number}/remove", Needs::Right(Right::ChangeStorefrontCertificate)),
    get("/settings/console-certificate", Needs::Form(Right::SeeMachine, Right::ChangeConsoleCertificate)),
    post("/settings/console-certificate", Needs::Right(Right::ChangeConsoleCertificate)),
    post("/settings/console-certificate/request", Needs::Right(Right::ChangeConsoleCertificate)),
    post("/settings/console-certificate/ask", Needs::Right(Right::ChangeConsoleCertificate)),
    post("/settings/console-certificate/{number}/retry", Needs::Right(Right::ChangeConsoleCertificate)),
    post("/settings/console-certificate/{number}/remove", Needs::Right(Right::ChangeConsoleCertificate)),
    get("/settings/ranges", Needs::Right(Right::SeeRanges)),
    get("/settings/collector", Needs::Form(Right::SeeMachine, Right::ChangeCollector)),
    post("/settings/collector", Needs::Right(Right::ChangeCollector)),
    get("/settings/ranges/machine", Needs::Right(Right::ChangeRanges)),
    post("/settings/ranges/machine", Needs::Right(Right::ChangeRanges)),
    post("/settings/ranges/machine/try", Needs::Right(Right::ChangeRanges)),
    post("/settings/ranges/machine/confirm", Needs::Right(Right::ChangeRanges)),
    post("/settings/ranges/machine/take-back", Needs::Right(Right::ChangeRanges)),
    get("/settings/ranges/operator", Needs::Right(Right::ChangeOperatorRanges)),
    post("/settings/ranges/operator", Needs::Right(Right::ChangeOperatorRanges)),
    post("/settings/ranges/operator/try", Needs::Right(Right::ChangeOperatorRanges)),
    post("/settings/ranges/operator/confirm", Needs::Right(Right::ChangeOperatorRanges)),
    post("/settings/ranges/operator/take-back", Needs::Right(Right::ChangeOperatorRanges)),
    get("/join/{link}", Needs::Anyone),
    post("/join/{link}", Needs::Anyone),
    get("/roles", Needs::SignedIn),
    get("/staff", Needs::Right(Right::SeeStaff)),
    // Whoever changes any staff at all may change the operator's (a test holds that); the actions ask for the
    // right of the side that somebody is on.
    get("/staff/new", Needs::Right(Right::ChangeOperatorStaff)),
    post("/staff/new", Needs::Right(Right::ChangeOperatorStaff)),
    get("/staff/{id}", Needs::Right(Right::SeeStaff)),
    get("/staff/{id}/change", Needs::Right(Right::ChangeOperatorStaff)),
    post("/staff/{id}/change", Needs::Right(Right::ChangeOperatorStaff)),
    post("/staff/{id}/dismiss", Needs::Right(Right::ChangeOperatorStaff)),
    post("/staff/{id}/reinstate", Needs::Right(Right::ChangeOperatorStaff)),
    post("/staff/{id}/reset", Needs::Right(Right::ChangeOperatorStaff)),
    post("/staff/{id}/link", Needs::Right(Right::ChangeOperatorStaff)),
    post("/staff/{id}/code", Needs::Right(Right::ChangeOperatorStaff)),
    post("/staff/{id}/tokens/{token}/revoke", Needs::Right(Right::ChangeOperatorStaff)),
    get("/proposals", Needs::Right(Right::SeeStaff)),
    post("/proposals/{number}/confirm", Needs::Right(Right::ChangeOperatorStaff)),
    post("/proposals/{number}/reject", Needs::Right(Right::ChangeOperatorStaff)),
    post("/proposals/{number}/withdraw", Needs::Right(Right::ChangeOperatorStaff)),
    get("/tokens", Needs::Fresh),
    post("/tokens", Needs::Fresh),
    post("/tokens/{id}/revoke", Needs::SignedIn),
    get("/go-live", Needs::Right(Right::GoLive)),
    post("/go-live", Needs::Right(Right::GoLive)),
];

/// What the address needs; `None` if it is not in the table.
pub fn needs(method: &Method, path: &str) -> Option<Needs> {
    // HEAD is answered by what answers GET.
    let method = if method == Method::HEAD { Method::GET } else { method.clone() };
    ADDRESSES.iter().find(|known| known.method == method && known.path == path).map(|known| known.needs)
}

/// The right to do what the page of this link is there for; `None` if it takes none.
pub fn offers(href: &str) -> Option<Right> {
    let path = href.split(['?', '#']).next().unwrap_or_default();
    match needs(&Method::GET, path)? {
        Needs::Anyone | Needs::Enrol | Needs::SignedIn | Needs::Fresh => None,
        Needs::Right(right) | Needs::Form(_, right) => Some(right),
    }
}

/// The page whose form is sent to `path`: the nearest one above it that the table has, as a browser calls it.
pub fn form_page(matched: &str, path: &str) -> String {
    let (mut matched, mut path) = (matched, path);
    while !matched.is_empty() {
        if needs(&Method::GET, matched).is_some() {
            return path.to_owned();
        }
        let (above, asked) = (matched.rsplit_once('/'), path.rsplit_once('/'));
        (matched, path) = (above.map_or("", |(above, _)| above), asked.map_or("", |(asked, _)| asked));
    }
    "/".to_owned()
}

impl Needs {
    /// The right without which the address is not there.
    pub fn right(self) -> Option<Right> {
        match self {
            Self::Anyone | Self::Enrol | Self::SignedIn | Self::Fresh => None,
            Self::Right(right) | Self::Form(right, _) => Some(right),
        }
    }

    /// The right that asks for the second factor, of a page before it opens, so that nobody fills in a form in
    /// vain, and of what a form sends.
    pub fn step_up(self) -> Option<Right> {
        match self {
            Self::Anyone | Self::Enrol | Self::SignedIn | Self::Fresh => None,
            Self::Right(right) | Self::Form(_, right) => Some(right).filter(|right| right.needs_step_up()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::staff::Role;

    #[test]
    fn whoever_changes_any_staff_may_change_the_operators_so_that_one_right_guards_the_pages() {
        for role in Role::ALL {
            for right in [Right::ChangePlatformStaff, Right::ChangeCollector] {
                assert!(!role.may(right) || role.may(Right::ChangeOperatorStaff), "{role:?} {right:?}");
            }
            assert!(!role.may(Right::ChangeOperatorStaff) || role.may(Right::SeeStaff), "{role:?}");
        }
    }

    #[test]
    fn every_form_has_a_page_to_come_back_to() {
        for address in ADDRESSES.iter().filter(|address| address.method == Method::POST) {
            let page = form_page(address.path, address.path);
            assert!(needs(&Method::GET, &page).is_some(), "{page} of {}", address.path);
        }
        for (matched, path, page) in [
            ("/orders/{number}/refund/confirm", "/orders/17/refund/confirm", "/orders/17/refund"),
            (
                "/settings/certificate/{number}/retry",
                "/settings/certificate/3/retry",
                "/settings/certificate",
            ),
            ("/settings/collector", "/settings/collector", "/settings/collector"),
            ("/proposals/{number}/confirm", "/proposals/3/confirm", "/proposals"),
            ("/staff/{id}/dismiss", "/staff/abc/dismiss", "/staff/abc"),
        ] {
            assert_eq!(form_page(matched, path), page);
        }
    }

    #[test]
    fn no_address_is_there_twice() {
        for (place, address) in ADDRESSES.iter().enumerate() {
            let again = |other: &Address| other.method == address.method && other.path == address.path;
            assert!(!ADDRESSES[..place].iter().any(again), "{} {}", address.method, address.path);
        }
    }
}
