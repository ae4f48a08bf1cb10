//! Forms: read within limits, wiped after use.
//!
//! A body is `application/x-www-form-urlencoded` in UTF-8. It is gathered in one buffer that never moves
//! and is wiped on drop, and so are the values, because one of these forms carries a card. A field that
//! comes twice is refused: two readers of one form must never disagree on what it says.

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Request};
use http_body_util::BodyExt;
use zeroize::Zeroizing;

/// What a form may weigh.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the body, still encoded.
    pub body: usize,
    /// Fields.
    pub fields: usize,
    /// Bytes of one value, decoded.
    pub value: usize,
}

impl Limits {
    /// Bytes of a field's name, decoded.
    pub const NAME: usize = 80;
    /// A shopper's form: 16 KiB, 64 fields, 1 KiB a value.
    pub const SHOPPER: Self = Self { body: 16 * 1024, fields: 64, value: 1024 };
}

/// A form that was not taken. Never quotes what was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// Not a form.
    #[error("the body is not application/x-www-form-urlencoded")]
    NotAForm,
    /// Too large, too many fields or too long a value.
    #[error("the form is larger than this page takes")]
    TooLarge,
    /// A percent sign without two hex digits behind it, or no UTF-8.
    #[error("the form is not encoded as it should be")]
    Encoding,
    /// One name twice.
    #[error("a field came twice")]
    Twice,
    /// The connection ended early.
    #[error("the form did not arrive whole")]
    CutOff,
}

/// The fields of a form, in the order in which they came.
#[derive(Default)]
pub struct Fields(Vec<(Zeroizing<String>, Zeroizing<String>)>);

impl Fields {
    /// Reads the form that `request` carries.
    pub async fn read(request: Request<Body>, limits: Limits) -> Result<Self, FormError> {
        let (parts, body) = request.into_parts();
        if !is_form(&parts.headers) {
            return Err(FormError::NotAForm);
        }
        Self::parse(&gather(body, limits.body).await?, limits)
    }

    /// Reads `name=value&name=value`.
    pub fn parse(body: &[u8], limits: Limits) -> Result<Self, FormError> {
        let mut fields = Self::default();
        for pair in body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            let middle = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
            let (name, value) = pair.split_at(middle);
            let name = decode(name, Limits::NAME)?;
            let value = decode(value.strip_prefix(b"=").unwrap_or_default(), limits.value)?;
            if fields.0.len() >= limits.fields {
                return Err(FormError::TooLarge);
            }
            if fields.find(&name).is_some() {
                return Err(FormError::Twice);
            }
            fields.0.push((name, value));
        }
        Ok(fields)
    }

    /// The value of `name`, or nothing: `""`.
    pub fn get(&self, name: &str) -> &str {
        self.find(name).unwrap_or_default()
    }

    /// The value of `name`; `None` if the field did not come.
    pub fn find(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known.as_str() == name).map(|(_, value)| value.as_str())
    }

    /// Names that begin with `prefix`, what follows it, and their values.
    pub fn under<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0.iter().filter_map(move |(name, value)| Some((name.strip_prefix(prefix)?, value.as_str())))
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// The whole body in one buffer, made at its full size so that growing never leaves a copy behind.
pub(super) async fn gather(mut body: Body, most: usize) -> Result<Zeroizing<Vec<u8>>, FormError> {
    let mut whole = Zeroizing::new(Vec::with_capacity(most));
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| FormError::CutOff)?.into_data() else { continue };
        if whole.len().saturating_add(data.len()) > most {
            return Err(FormError::TooLarge);
        }
        whole.extend_from_slice(&data);
        // The piece may share its memory with the connection's buffer; where it does not, wipe it.
        if let Ok(mut own) = data.try_into_mut() {
            zeroize::Zeroize::zeroize(own.as_mut());
        }
    }
    Ok(whole)
}

fn decode(text: &[u8], most: usize) -> Result<Zeroizing<String>, FormError> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text.iter();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || rest.next().and_then(|byte| char::from(*byte).to_digit(16));
                let (high, low) = (digit(), digit());
                let value = high.zip(low).and_then(|(high, low)| u8::try_from(high * 16 + low).ok());
                value.ok_or(FormError::Encoding)?
            }
            other => *other,
        });
    }
    if bytes.len() > most {
        return Err(FormError::TooLarge);
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| FormError::Encoding)?;
    Ok(Zeroizing::new(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMITS: Limits = Limits { body: 64, fields: 3, value: 8 };

    fn parse(body: &str) -> Result<Fields, FormError> {
        Fields::parse(body.as_bytes(), LIMITS)
    }

    #[test]
    fn reads_what_browsers_send() {
        let fields = parse("a=1+2&b=%C3%A9%26&q.x=").unwrap();
        assert_eq!((fields.get("a"), fields.get("b"), fields.find("q.x")), ("1 2", "é&", Some("")));
        assert_eq!((fields.get("none"), fields.find("none")), ("", None));
        assert_eq!(fields.under("q.").collect::<Vec<_>>(), [("x", "")]);
        assert!(parse("").is_ok());
    }

    #[test]
    fn refuses_what_two_readers_might_read_differently() {
        assert_eq!(parse("a=1&a=2").err(), Some(FormError::Twice));
        assert_eq!(parse("a=1&%61=2").err(), Some(FormError::Twice));
        for body in ["a=%", "a=%2", "a=%zz", "a=%ff", "a=%+1"] {
            assert_eq!(parse(body).err(), Some(FormError::Encoding), "{body}");
        }
    }

    #[test]
    fn limits_hold_at_their_edge() {
        assert!(parse("a=12345678").is_ok());
        assert_eq!(parse("a=123456789").err(), Some(FormError::TooLarge));
        assert!(parse("a=&b=&c=").is_ok());
        assert_eq!(parse("a=&b=&c=&d=").err(), Some(FormError::TooLarge));
        assert!(parse(&"n".repeat(Limits::NAME)).is_ok());
        assert_eq!(parse(&"n".repeat(Limits::NAME + 1)).err(), Some(FormError::TooLarge));
    }

    #[tokio::test]
    async fn a_body_past_its_limit_or_of_another_kind_is_refused() {
        let send = |kind: &'static str, length: usize| {
            let body = Body::from(format!("a={}", "1".repeat(length - 2)));
            Fields::read(
                Request::builder().header(CONTENT_TYPE, kind).body(body).unwrap(),
                Limits { value: 99, ..LIMITS },
            )
        };
        let form = "application/x-www-form-urlencoded; charset=utf-8";
        assert!(send(form, 64).await.is_ok());
        assert_eq!(send(form, 65).await.err(), Some(FormError::TooLarge));
        assert_eq!(send("text/plain", 10).await.err(), Some(FormError::NotAForm));
    }

    proptest! {
        #[test]
        fn no_body_makes_it_panic(body: Vec<u8>) {
            let _ = Fields::parse(&body, Limits::SHOPPER);
        }
    }
}
