//! Keys of rows: written so that their bytes sort as their values do.

use crate::base::Token;

/// A value that can name a row. Encodings are self-delimiting, so tuples sort part by part.
pub trait Key: Sized {
    /// Appends the key's bytes.
    fn write(&self, out: &mut Vec<u8>);
    /// Reads a key off the front; `None` if the bytes are not one.
    fn read(bytes: &[u8]) -> Option<(Self, &[u8])>;

    /// The key's bytes alone.
    fn to_key(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write(&mut out);
        out
    }
}

impl Key for u64 {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_be_bytes());
    }

    fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (head, rest) = bytes.split_first_chunk()?;
        Some((Self::from_be_bytes(*head), rest))
    }
}

impl Key for Token {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_bytes());
    }

    fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (head, rest) = bytes.split_first_chunk()?;
        Some((Self::from_bytes(*head), rest))
    }
}

impl Key for [u8; 32] {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self);
    }

    fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (head, rest) = bytes.split_first_chunk()?;
        Some((*head, rest))
    }
}

/// A text, closed by `00 00`; a NUL inside is written `00 ff`.
impl Key for String {
    fn write(&self, out: &mut Vec<u8>) {
        for byte in self.bytes() {
            out.push(byte);
            if byte == 0 {
                out.push(0xff);
            }
        }
        out.extend_from_slice(&[0, 0]);
    }

    fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let mut text = Vec::new();
        let mut rest = bytes;
        loop {
            match rest {
                [0, 0, tail @ ..] => return Some((Self::from_utf8(text).ok()?, tail)),
                [0, 0xff, tail @ ..] => {
                    text.push(0);
                    rest = tail;
                }
                [byte, tail @ ..] if *byte != 0 => {
                    text.push(*byte);
                    rest = tail;
                }
                _ => return None,
            }
        }
    }
}

impl<A: Key, B: Key> Key for (A, B) {
    fn write(&self, out: &mut Vec<u8>) {
        self.0.write(out);
        self.1.write(out);
    }

    fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (first, rest) = A::read(bytes)?;
        let (second, rest) = B::read(rest)?;
        Some(((first, second), rest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bytes_sort_as_values_do(a: (String, u64), b: (String, u64)) {
            prop_assert_eq!(a.cmp(&b), a.to_key().cmp(&b.to_key()));
        }

        #[test]
        fn a_key_survives(key: (String, u64)) {
            let bytes = key.to_key();
            prop_assert_eq!(<(String, u64)>::read(&bytes), Some((key, &[][..])));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _ = <(String, u64)>::read(&bytes);
        }
    }
}
