//! Cookies: names with the `__Host-` prefix only, so that a browser takes them over TLS, for this host and
//! for the whole of it (RFC 6265bis 4.1.3.2). A cookie holds a random token and nothing else.

use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue};

use crate::base::Token;

/// A cookie of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cookie {
    name: &'static str,
    same_site: &'static str,
    /// Seconds that the browser keeps it; `None` until it is closed.
    max_age: Option<u32>,
}

/// The shopper's cart: 30 days.
pub const CART: Cookie = Cookie { name: "__Host-cart", same_site: "Lax", max_age: Some(30 * 24 * 3600) };
/// Changes while a payment page is shown, and says nothing: see `storefront::checkout::pay::unkept`.
pub const PAGE: Cookie = Cookie { name: "__Host-page", same_site: "Strict", max_age: None };
/// The console's session.
pub const SESSION: Cookie = Cookie { name: "__Host-session", same_site: "Strict", max_age: None };

impl Cookie {
    /// The token that the request carries; `None` without one, with two, or with something else.
    pub fn read(self, headers: &HeaderMap) -> Option<Token> {
        let pairs = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut values = pairs
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .filter(|(name, _)| *name == self.name)
            .map(|(_, value)| value);
        let token = values.next()?.parse().ok()?;
        values.next().is_none().then_some(token)
    }

    /// Gives the browser `token` to keep.
    pub fn set(self, headers: &mut HeaderMap, token: Token) {
        let age = self.max_age.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
        self.append(headers, &format!("{token}{age}"));
    }

    /// Tells the browser to forget it.
    pub fn clear(self, headers: &mut HeaderMap) {
        self.append(headers, "; Max-Age=0");
    }

    fn append(self, headers: &mut HeaderMap, value: &str) {
        let Self { name, same_site, .. } = self;
        let line = format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite={same_site}");
        if let Ok(line) = HeaderValue::from_str(&line) {
            headers.append(SET_COOKIE, line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::SeededRandom;

    fn request(line: &str) -> HeaderMap {
        HeaderMap::from_iter([(COOKIE, HeaderValue::from_str(line).unwrap())])
    }

    #[test]
    fn a_token_comes_back_as_it_was_set() {
        let token = Token::random(&SeededRandom::new(1));
        let mut headers = HeaderMap::new();
        CART.set(&mut headers, token);
        let line = headers[SET_COOKIE].to_str().unwrap();
        assert_eq!(
            line,
            format!("__Host-cart={token}; Max-Age=2592000; Path=/; Secure; HttpOnly; SameSite=Lax")
        );
        assert_eq!(CART.read(&request(&format!("a=b; __Host-cart={token};c=d"))), Some(token));
        assert_eq!(SESSION.read(&request(&format!("__Host-cart={token}"))), None);
    }

    #[test]
    fn nothing_is_read_where_a_stranger_may_have_planted_one() {
        let (a, b) = (Token::from_bytes([1; 16]), Token::from_bytes([2; 16]));
        assert_eq!(CART.read(&request(&format!("__Host-cart={a}; __Host-cart={b}"))), None);
        assert_eq!(CART.read(&request("__Host-cart=1; x")), None);
        assert_eq!(CART.read(&request(&format!("__host-cart={a}"))), None);
    }
}
