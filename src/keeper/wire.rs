//! What goes over the socket: a length of four bytes, then JSON, in either direction.

use std::io::{Error, ErrorKind, Read, Write};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use super::{Keep, RootSecret};
use crate::base::SecretBytes;

/// The longest message. A sealed key has about 500 bytes, which JSON makes four times as long.
pub(super) const LONGEST: usize = 16 * 1024;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) enum Question {
    RootKey { sealed: Option<Vec<u8>> },
    RaiseMinimum,
    WitnessKey,
    WitnessValue,
    WitnessExtend { with: [u8; 32] },
    WitnessCertify { about: [u8; 32] },
}

/// No Debug: one of them holds a key.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) enum Answer {
    RootKey { key: Vec<u8>, sealed: Option<Vec<u8>> },
    Minimum { version: u64 },
    WitnessKey { area: Vec<u8> },
    WitnessValue { value: [u8; 32] },
    WitnessCertificate { statement: Vec<u8>, signature: Vec<u8> },
    Refused { words: String },
}

impl Drop for Answer {
    fn drop(&mut self) {
        if let Self::RootKey { key, .. } = self {
            key.zeroize();
        }
    }
}

impl Question {
    /// Puts the question to whoever holds the TPM.
    pub(super) fn put_to(self, keep: &mut dyn Keep) -> Answer {
        let answer = match self {
            Self::RootKey { sealed } => keep.root_key(sealed.as_deref()).map(Answer::root_key),
            Self::RaiseMinimum => keep.raise_minimum().map(|version| Answer::Minimum { version }),
            Self::WitnessKey => {
                keep.witness_key().map(|key| Answer::WitnessKey { area: key.area().to_vec() })
            }
            Self::WitnessValue => keep.witness_value().map(|value| Answer::WitnessValue { value }),
            Self::WitnessExtend { with } => {
                keep.witness_extend(&with).map(|value| Answer::WitnessValue { value })
            }
            Self::WitnessCertify { about } => keep.witness_certify(&about).map(|made| {
                Answer::WitnessCertificate { statement: made.statement, signature: made.signature }
            }),
        };
        answer.unwrap_or_else(|refused| Answer::Refused { words: refused.to_string() })
    }
}

impl Answer {
    fn root_key(secret: RootSecret) -> Self {
        Self::RootKey { key: secret.key.expose_secret().to_vec(), sealed: secret.sealed }
    }

    /// The root key out of the answer, which is wiped.
    pub(super) fn take_root(&mut self) -> Option<RootSecret> {
        let Self::RootKey { key, sealed } = self else { return None };
        Some(RootSecret { key: SecretBytes::new(std::mem::take(key)), sealed: sealed.take() })
    }
}

/// Sends a message.
pub(super) fn send(mut to: impl Write, message: &impl Serialize) -> Result<(), Error> {
    // Room for all of it from the beginning: what grows leaves copies behind.
    let mut frame = Zeroizing::new(Vec::with_capacity(LONGEST));
    frame.extend_from_slice(&[0; 4]);
    serde_json::to_writer(&mut *frame, message)?;
    let length = frame.len().saturating_sub(4);
    if length > LONGEST.saturating_sub(4) {
        return Err(Error::new(ErrorKind::InvalidData, "the message is too long"));
    }
    let length = u32::try_from(length).map_err(Error::other)?;
    if let Some(head) = frame.first_chunk_mut() {
        *head = length.to_be_bytes();
    }
    to.write_all(&frame)
}

/// Takes a message; `None` if the other end has closed between two.
pub(super) fn take<T: DeserializeOwned>(mut from: impl Read) -> Result<Option<T>, Error> {
    let mut head = [0; 4];
    // The first byte alone may be missing: everything after it belongs to a message.
    let (first, rest) = head.split_at_mut(1);
    if from.read(first)? == 0 {
        return Ok(None);
    }
    from.read_exact(rest)?;
    let length = usize::try_from(u32::from_be_bytes(head)).map_err(Error::other)?;
    if length > LONGEST {
        return Err(Error::new(ErrorKind::InvalidData, "the message is too long"));
    }
    let mut body = Zeroizing::new(vec![0; length]);
    from.read_exact(&mut body)?;
    Ok(Some(serde_json::from_slice(&body)?))
}
