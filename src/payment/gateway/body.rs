//! A request's body, a form or JSON, in one buffer that never moves and is wiped.

use zeroize::Zeroizing;

/// The encoded body. `Debug` and everything else that shows is left out.
pub(super) struct Body {
    bytes: Zeroizing<Vec<u8>>,
    media_type: &'static str,
}

/// A JSON value that borrows its texts. Members keep their order, which Authorize.Net insists on.
pub(super) enum Json<'a> {
    Text(&'a str),
    Number(i64),
    Flag(bool),
    List(Vec<Json<'a>>),
    Object(Vec<(&'static str, Json<'a>)>),
}

impl Body {
    /// Encodes these fields as `application/x-www-form-urlencoded`. The buffer has its final size before the
    /// first byte, so that no earlier, smaller one is left behind in memory with half a card in it.
    pub(super) fn form(fields: &[(&str, &str)]) -> Self {
        let worst = |text: &str| text.len().saturating_mul(3);
        let size = fields.iter().fold(0_usize, |sum, (name, value)| {
            sum.saturating_add(worst(name)).saturating_add(worst(value)).saturating_add(2)
        });
        let mut bytes = Zeroizing::new(Vec::with_capacity(size));
        for (name, value) in fields {
            if !bytes.is_empty() {
                bytes.push(b'&');
            }
            encode(name, &mut bytes);
            bytes.push(b'=');
            encode(value, &mut bytes);
        }
        Self { bytes, media_type: "application/x-www-form-urlencoded" }
    }

    /// Encodes a value as `application/json` (RFC 8259). The buffer never grows either.
    pub(super) fn json(value: &Json<'_>) -> Self {
        let mut bytes = Zeroizing::new(Vec::with_capacity(value.worst()));
        value.write(&mut bytes);
        Self { bytes, media_type: "application/json" }
    }

    /// What it is, for the header.
    pub(super) fn media_type(&self) -> &'static str {
        self.media_type
    }

    /// The whole body.
    pub(super) fn expose_secret(&self) -> &[u8] {
        &self.bytes
    }
}

/// What hyper holds while it writes: the same buffer, wiped when hyper lets go of it.
impl AsRef<[u8]> for Body {
    fn as_ref(&self) -> &[u8] {
        self.expose_secret()
    }
}

impl Json<'_> {
    /// At most so many bytes: each byte of a text may become six.
    fn worst(&self) -> usize {
        let sum = |sizes: &mut dyn Iterator<Item = usize>| sizes.fold(2, usize::saturating_add);
        match self {
            Self::Text(text) => text.len().saturating_mul(6).saturating_add(2),
            Self::Number(_) => 20,
            Self::Flag(_) => 5,
            Self::List(items) => sum(&mut items.iter().map(|item| item.worst().saturating_add(1))),
            Self::Object(members) => sum(&mut members.iter().map(|(name, value)| {
                name.len().saturating_mul(6).saturating_add(4).saturating_add(value.worst())
            })),
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Text(text) => quote(text, out),
            Self::Number(number) => out.extend_from_slice(number.to_string().as_bytes()),
            Self::Flag(flag) => out.extend_from_slice(if *flag { b"true" } else { b"false" }),
            Self::List(items) => {
                out.push(b'[');
                for (place, item) in items.iter().enumerate() {
                    if place > 0 {
                        out.push(b',');
                    }
                    item.write(out);
                }
                out.push(b']');
            }
            Self::Object(members) => {
                out.push(b'{');
                for (place, (name, value)) in members.iter().enumerate() {
                    if place > 0 {
                        out.push(b',');
                    }
                    quote(name, out);
                    out.push(b':');
                    value.write(out);
                }
                out.push(b'}');
            }
        }
    }
}

const HEX: &[u8; 16] = b"0123456789ABCDEF";

fn hex(nibble: u8) -> u8 {
    HEX.get(usize::from(nibble)).copied().unwrap_or(b'0')
}

fn quote(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => out.extend([b'\\', byte]),
            0..=0x1f => out.extend([b'\\', b'u', b'0', b'0', hex(byte >> 4), hex(byte & 15)]),
            other => out.push(other),
        }
    }
    out.push(b'"');
}

/// Percent-encodes all but letters, digits and `-._~` (RFC 3986 2.3), which every parser of forms reads.
fn encode(text: &str, out: &mut Vec<u8>) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(byte);
        } else {
            out.extend([b'%', hex(byte >> 4), hex(byte & 15)]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn fields_are_told_apart_whatever_they_hold() {
        let form = Body::form(&[("payment_method_data[card][cvc]", "123"), ("name", "A&B=C é")]);
        let text = std::str::from_utf8(form.expose_secret()).unwrap();
        assert_eq!(text, "payment_method_data%5Bcard%5D%5Bcvc%5D=123&name=A%26B%3DC%20%C3%A9");
    }

    #[test]
    fn members_keep_their_order() {
        let value = Json::Object(vec![
            ("b", Json::Number(-5)),
            ("a", Json::List(vec![Json::Flag(true), Json::Text("x\"\n")])),
        ]);
        let body = Body::json(&value);
        assert_eq!(body.expose_secret(), br#"{"b":-5,"a":[true,"x\"\u000A"]}"#);
    }

    proptest! {
        #[test]
        fn the_buffer_never_grows(name in ".{0,20}", value in ".{0,60}") {
            let form = Body::form(&[(&name, &value), (&value, &name)]);
            let worst = (name.len() + value.len()) * 6 + 4;
            prop_assert_eq!(form.bytes.capacity(), worst);
        }

        #[test]
        fn json_is_read_back_as_it_was_meant(text in any::<String>(), other in ".{0,60}", number: i64) {
            let value = Json::Object(vec![
                ("text", Json::Text(&text)),
                ("list", Json::List(vec![Json::Text(&other), Json::Number(number), Json::Flag(false)])),
            ]);
            let body = Body::json(&value);
            prop_assert_eq!(body.bytes.capacity(), value.worst());
            let read: serde_json::Value = serde_json::from_slice(body.expose_secret()).unwrap();
            prop_assert_eq!(read, serde_json::json!({"text": text, "list": [other, number, false]}));
        }
    }
}
