//! Port 80: sends everyone to the storefront's TLS port, and answers certificate authorities that check a name
//! (`http-01`, RFC 8555 8.3). Takes no body, sets no cookie.

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::header::{CONTENT_TYPE, HOST, LOCATION, STRICT_TRANSPORT_SECURITY};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::headers;
use crate::tls::Challenges;

/// Redirects `http://HOST/PATH` to `https://HOST/PATH`, with the port when it is not 443. Under
/// `/.well-known/acme-challenge/` there are the answers of the orders that are under way, and nothing else.
pub fn router(https_port: u16, challenges: Challenges) -> Router {
    let redirect = move |method: Method, uri: Uri, headers: HeaderMap| async move {
        answer(https_port, &method, &uri, &headers)
    };
    Router::new()
        .route("/.well-known/acme-challenge/{token}", get(challenge))
        .fallback(redirect)
        .layer(from_fn(guard))
        .with_state(challenges)
}

/// The same for every host name: the token alone says which order is meant.
async fn challenge(State(challenges): State<Challenges>, Path(token): Path<String>) -> Response {
    match challenges.answer(&token) {
        Some(answer) => ([(CONTENT_TYPE, "application/octet-stream")], answer).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// The headers of every answer but one: over a connection in clear nobody may be told to come by TLS only
/// (RFC 6797 7.2).
async fn guard(request: Request, next: Next) -> Response {
    let mut response = headers::guard(request, next).await;
    response.headers_mut().remove(STRICT_TRANSPORT_SECURITY);
    response
}

fn answer(https_port: u16, method: &Method, uri: &Uri, headers: &HeaderMap) -> Response {
    if *method != Method::GET && *method != Method::HEAD {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).and_then(host_name);
    let (Some(host), Some(path)) = (host, uri.path_and_query()) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let port = if https_port == 443 { String::new() } else { format!(":{https_port}") };
    match HeaderValue::from_str(&format!("https://{host}{port}{path}")) {
        Ok(to) => (StatusCode::PERMANENT_REDIRECT, [(LOCATION, to)]).into_response(),
        Err(_) => StatusCode::BAD_REQUEST.into_response(),
    }
}

/// The host without its port; `None` unless it is a name or an address and nothing more.
fn host_name(host: &str) -> Option<&str> {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let inner = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    let address =
        |inner: &str| inner.bytes().all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.'));
    let good = match inner {
        Some(inner) => !inner.is_empty() && address(inner),
        None => !name.is_empty() && name.bytes().all(allowed),
    };
    (good && name.len() <= 253).then_some(name)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    use super::*;

    fn to(host: &str, port: u16) -> Option<String> {
        let headers = HeaderMap::from_iter([(HOST, HeaderValue::from_str(host).unwrap())]);
        let answer = answer(port, &Method::GET, &Uri::from_static("/product/mug?x=1"), &headers);
        answer.headers().get(LOCATION).map(|to| to.to_str().unwrap().to_owned())
    }

    #[test]
    fn a_caller_is_sent_to_the_same_page_over_tls() {
        let page = |host| Some(format!("https://{host}/product/mug?x=1"));
        assert_eq!(to("shop.example", 443), page("shop.example"));
        assert_eq!(to("shop.example:80", 8443), page("shop.example:8443"));
        assert_eq!(to("[2001:db8::1]:80", 443), page("[2001:db8::1]"));
    }

    #[test]
    fn a_host_that_is_none_is_refused() {
        for host in ["", "a/b", "a@b", "[", "[x]", "user:pw@evil", "a b"] {
            assert_eq!(to(host, 443), None, "{host}");
        }
    }

    async fn ask(challenges: &Challenges, path: &str) -> (StatusCode, String) {
        let request = Request::builder().uri(path).header(HOST, "shop.example");
        let answer = router(443, challenges.clone()).oneshot(request.body(Body::empty()).unwrap()).await;
        let answer = answer.unwrap();
        // RFC 6797 7.2: never over a connection in clear.
        assert!(answer.headers().get(STRICT_TRANSPORT_SECURITY).is_none(), "{path}");
        let status = answer.status();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8_lossy(&body).into_owned())
    }

    #[tokio::test]
    async fn an_authority_is_answered_under_the_token_of_an_order_and_nobody_else_is() {
        let challenges = Challenges::default();
        let at = "/.well-known/acme-challenge/token-1";
        let nothing = (StatusCode::NOT_FOUND, String::new());
        assert_eq!(ask(&challenges, at).await, nothing);
        let answering = challenges.answer_http("token-1", "token-1.thumb").unwrap();
        assert_eq!(ask(&challenges, at).await, (StatusCode::OK, "token-1.thumb".to_owned()));
        for other in ["token-2", "%2e%2e", "TOKEN-1"] {
            assert_eq!(ask(&challenges, &format!("/.well-known/acme-challenge/{other}")).await, nothing);
        }
        drop(answering);
        assert_eq!(ask(&challenges, at).await, nothing);
        assert_eq!(ask(&challenges, "/product/mug").await.0, StatusCode::PERMANENT_REDIRECT);
    }

    #[test]
    fn a_form_is_never_redirected_with_what_it_holds() {
        let headers = HeaderMap::from_iter([(HOST, HeaderValue::from_static("shop.example"))]);
        let answer = answer(443, &Method::POST, &Uri::from_static("/checkout/pay"), &headers);
        assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED);
    }
}
