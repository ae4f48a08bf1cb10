//! A request's body as `application/x-www-form-urlencoded`, in one buffer that never moves and is wiped.

use zeroize::Zeroizing;

/// The encoded fields. `Debug` and everything else that shows is left out.
pub(super) struct Form(Zeroizing<Vec<u8>>);

impl Form {
    /// Encodes these fields. The buffer has its final size before the first byte, so that no earlier,
    /// smaller one is left behind in memory with half a card in it.
    pub(super) fn of(fields: &[(&str, &str)]) -> Self {
        let worst = |text: &str| text.len().saturating_mul(3);
        let size = fields.iter().fold(0_usize, |sum, (name, value)| {
            sum.saturating_add(worst(name)).saturating_add(worst(value)).saturating_add(2)
        });
        let mut body = Zeroizing::new(Vec::with_capacity(size));
        for (name, value) in fields {
            if !body.is_empty() {
                body.push(b'&');
            }
            encode(name, &mut body);
            body.push(b'=');
            encode(value, &mut body);
        }
        Self(body)
    }

    /// The whole body.
    pub(super) fn expose_secret(&self) -> &[u8] {
        &self.0
    }
}

/// What hyper holds while it writes: the same buffer, wiped when hyper lets go of it.
impl AsRef<[u8]> for Form {
    fn as_ref(&self) -> &[u8] {
        self.expose_secret()
    }
}

/// Percent-encodes all but letters, digits and `-._~` (RFC 3986 2.3), which every parser of forms reads.
fn encode(text: &str, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let hex = |nibble: u8| HEX.get(usize::from(nibble)).copied().unwrap_or(b'0');
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
        let form = Form::of(&[("payment_method_data[card][cvc]", "123"), ("name", "A&B=C é")]);
        let text = std::str::from_utf8(form.expose_secret()).unwrap();
        assert_eq!(text, "payment_method_data%5Bcard%5D%5Bcvc%5D=123&name=A%26B%3DC%20%C3%A9");
    }

    proptest! {
        #[test]
        fn the_buffer_never_grows(name in ".{0,20}", value in ".{0,60}") {
            let form = Form::of(&[(&name, &value), (&value, &name)]);
            let worst = (name.len() + value.len()) * 6 + 4;
            prop_assert_eq!(form.0.capacity(), worst);
        }
    }
}
