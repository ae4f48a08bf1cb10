//! Tokens and checks against forms that another site makes a browser send.
//!
//! Two fences, both must hold for every request that changes something: the browser's own word on where the
//! request comes from (`Sec-Fetch-Site`, `Origin`), and a token in the form that is an HMAC-SHA256 over the
//! cookie of whoever was given the form. Sign-in and set-up have no session yet: their token is bound to a
//! fresh cookie of the same kind, which sign-in then replaces.

use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, Uri};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::base::{SecretBytes, Token};

/// The name of the form field that carries the token.
pub const FIELD: &str = "csrf";

/// Whose forms: a token of one kind is worth nothing in another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Shoppers; bound to the cart's cookie.
    Storefront,
    /// Those who are signed in to the console; bound to the session's cookie.
    Console,
    /// Those who are about to sign in or set up; bound to the cookie that came with the form.
    Visitor,
}

/// Why a request was not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CsrfError {
    /// The browser says that another site sent it.
    #[error("the request comes from another site")]
    OtherSite,
    /// There is no cookie that the form could belong to.
    #[error("the request has no cookie")]
    NoCookie,
    /// The token is missing, or belongs to another cookie.
    #[error("the form's token does not belong to the request's cookie")]
    WrongToken,
}

/// The token for a form that is given to the holder of `cookie`.
pub fn token(key: &SecretBytes, audience: Audience, cookie: Token) -> String {
    let label: &[u8] = match audience {
        Audience::Storefront => b"cashcow form storefront",
        Audience::Console => b"cashcow form console",
        Audience::Visitor => b"cashcow form visitor",
    };
    // HMAC takes a key of any length, so there is no error to report.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.expose_secret()) else { return String::new() };
    mac.update(label);
    mac.update(&cookie.to_bytes());
    URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
}

/// Whether the request comes from a page of ours (or from a program that is no browser) and carries the
/// token that was given to the holder of `cookie`.
pub fn check(
    key: &SecretBytes,
    audience: Audience,
    cookie: Option<Token>,
    sent: &str,
    (headers, uri): (&HeaderMap, &Uri),
) -> Result<Token, CsrfError> {
    same_site(headers, uri)?;
    let cookie = cookie.ok_or(CsrfError::NoCookie)?;
    let wanted = token(key, audience, cookie);
    if wanted.is_empty() || !bool::from(wanted.as_bytes().ct_eq(sent.as_bytes())) {
        return Err(CsrfError::WrongToken);
    }
    Ok(cookie)
}

/// The browser's word on the request's origin. Absent headers are no reason to refuse: the token decides.
pub fn same_site(headers: &HeaderMap, uri: &Uri) -> Result<(), CsrfError> {
    if let Some(site) = headers.get("sec-fetch-site")
        && !matches!(site.as_bytes(), b"same-origin" | b"none")
    {
        return Err(CsrfError::OtherSite);
    }
    let Some(origin) = headers.get(ORIGIN) else { return Ok(()) };
    let host = uri.authority().map(|authority| authority.as_str().as_bytes());
    let host = host.or_else(|| headers.get(HOST).map(|host| host.as_bytes()));
    let wanted = host.map(|host| [b"https://", host].concat());
    if wanted.is_some_and(|wanted| wanted.eq_ignore_ascii_case(origin.as_bytes())) {
        Ok(())
    } else {
        Err(CsrfError::OtherSite)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    const COOKIE: Token = Token::from_bytes([7; 16]);

    fn key() -> SecretBytes {
        SecretBytes::new(vec![1; 32])
    }

    fn from(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect()
    }

    fn sent(token: &str, cookie: Option<Token>, headers: &HeaderMap) -> Result<Token, CsrfError> {
        check(&key(), Audience::Storefront, cookie, token, (headers, &Uri::from_static("/cart/add")))
    }

    #[test]
    fn a_form_of_ours_is_taken() {
        let token = token(&key(), Audience::Storefront, COOKIE);
        let headers = from(&[
            ("host", "shop.example"),
            ("origin", "https://shop.example"),
            ("sec-fetch-site", "same-origin"),
        ]);
        assert_eq!(sent(&token, Some(COOKIE), &headers), Ok(COOKIE));
        assert_eq!(sent(&token, Some(COOKIE), &HeaderMap::new()), Ok(COOKIE));
    }

    #[test]
    fn the_token_of_another_cookie_key_or_audience_is_worth_nothing() {
        let none = HeaderMap::new();
        let other = Token::from_bytes([8; 16]);
        let right = token(&key(), Audience::Storefront, COOKIE);
        assert_eq!(sent(&right, Some(other), &none), Err(CsrfError::WrongToken));
        assert_eq!(sent(&right, None, &none), Err(CsrfError::NoCookie));
        assert_eq!(sent("", Some(COOKIE), &none), Err(CsrfError::WrongToken));
        let console = token(&key(), Audience::Console, COOKIE);
        assert_eq!(sent(&console, Some(COOKIE), &none), Err(CsrfError::WrongToken));
        let foreign = token(&SecretBytes::new(vec![2; 32]), Audience::Storefront, COOKIE);
        assert_eq!(sent(&foreign, Some(COOKIE), &none), Err(CsrfError::WrongToken));
    }

    #[test]
    fn the_browsers_word_is_heard_even_with_a_right_token() {
        let token = token(&key(), Audience::Storefront, COOKIE);
        for foreign in [
            from(&[("host", "shop.example"), ("origin", "https://evil.example")]),
            from(&[("host", "shop.example"), ("origin", "http://shop.example")]),
            from(&[("host", "shop.example"), ("origin", "null")]),
            from(&[("origin", "https://shop.example")]),
            from(&[("sec-fetch-site", "cross-site")]),
            from(&[("sec-fetch-site", "same-site")]),
        ] {
            assert_eq!(sent(&token, Some(COOKIE), &foreign), Err(CsrfError::OtherSite), "{foreign:?}");
        }
    }
}
