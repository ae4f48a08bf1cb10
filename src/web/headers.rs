//! Headers that stand on every answer, failures included.
//!
//! A handler may set a header of these itself where its page needs more (the payment page forbids scripts
//! by name; assets may be cached): what is there is kept, what is missing is added here. Anything that
//! nobody marked as public is not stored by anyone.

use axum::extract::Request;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;

/// Content Security Policy of every page.
pub const PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; \
     base-uri 'none'",
);

/// The payment page's: no script at all, said by name.
pub const PAYMENT_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
     frame-ancestors 'none'; base-uri 'none'",
);

/// That of the console's pages on which a passkey can be used: our own script, which the page names with its hash,
/// and no way for it to make more of itself.
const PASSKEY_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'; \
     style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
);

/// Two years (RFC 6797). No `includeSubDomains`: the shop may be one host among others of its owner.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=63072000");

const POWERS: HeaderValue = HeaderValue::from_static(
    "accelerometer=(), autoplay=(), browsing-topics=(), camera=(), display-capture=(), encrypted-media=(), \
     fullscreen=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), \
     picture-in-picture=(), publickey-credentials-create=(), \
     publickey-credentials-get=(), screen-wake-lock=(), usb=(), xr-spatial-tracking=()",
);

/// The same for a page on which a passkey can be used: by the page itself, never by a frame in it.
const PASSKEY_POWERS: HeaderValue = HeaderValue::from_static(
    "accelerometer=(), autoplay=(), browsing-topics=(), camera=(), display-capture=(), encrypted-media=(), \
     fullscreen=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), \
     picture-in-picture=(), publickey-credentials-create=(self), publickey-credentials-get=(self), \
     screen-wake-lock=(), usb=(), xr-spatial-tracking=()",
);

/// Lets the page ask for a passkey.
pub fn allow_passkeys(headers: &mut HeaderMap) {
    headers.insert(CONTENT_SECURITY_POLICY, PASSKEY_POLICY);
    headers.insert(HeaderName::from_static("permissions-policy"), PASSKEY_POWERS);
}

/// Tells the browser to forget what it kept of this origin, at sign-out (ASVS 14.3.1). Not the cookies: those are
/// cleared by name, and the next form needs one of its own.
pub fn wipe_browser(headers: &mut HeaderMap) {
    let all = HeaderValue::from_static("\"cache\", \"storage\"");
    headers.insert(HeaderName::from_static("clear-site-data"), all);
}

/// The name of each header and what it is unless a handler said otherwise. `Referrer-Policy` is
/// `same-origin`, not `no-referrer`: with the latter browsers send `Origin: null` with our own forms.
const ALWAYS: [(HeaderName, HeaderValue); 9] = [
    (STRICT_TRANSPORT_SECURITY, HSTS),
    (CONTENT_SECURITY_POLICY, PAGE_POLICY),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("permissions-policy"), POWERS),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
];

/// Adds what is missing. The outermost layer of both routers.
pub async fn guard(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    complete(response.headers_mut());
    response
}

/// Adds what is missing to an answer that did not come through a router.
pub fn complete(headers: &mut HeaderMap) {
    for (name, value) in ALWAYS {
        headers.entry(name).or_insert(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_handler_set_stays_and_the_rest_is_added() {
        let mut headers = HeaderMap::from_iter([(CONTENT_SECURITY_POLICY, PAYMENT_POLICY)]);
        complete(&mut headers);
        assert_eq!(headers.len(), ALWAYS.len());
        assert_eq!(headers[CONTENT_SECURITY_POLICY], PAYMENT_POLICY);
        assert_eq!(headers[CACHE_CONTROL], "no-store");
    }

    #[test]
    fn no_policy_allows_anything_from_elsewhere() {
        for policy in [PAGE_POLICY, PAYMENT_POLICY, PASSKEY_POLICY] {
            let policy = policy.to_str().unwrap().to_owned();
            assert!(policy.starts_with("default-src 'none'"));
            assert!(!policy.contains("unsafe") && !policy.contains('*') && !policy.contains("http"));
        }
        assert!(PAYMENT_POLICY.to_str().unwrap().contains("script-src 'none'"));
    }
}
