//! Products and variants.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::base::{Line, Money, Paragraph};

/// The name of a product in an address: 1 to 80 of `a-z`, `0-9` and inner hyphens.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Handle(String);

/// A text that is not a handle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write 1 to 80 of a-z, 0-9 and hyphens between them, such as linen-apron")]
pub struct HandleError;

impl Handle {
    /// Checks and takes a handle.
    pub fn new(text: &str) -> Result<Self, HandleError> {
        let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let edges = !text.starts_with('-') && !text.ends_with('-');
        if (1..=80).contains(&text.len()) && edges && text.bytes().all(inner) {
            Ok(Self(text.to_owned()))
        } else {
            Err(HandleError)
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Handle> for String {
    fn from(handle: Handle) -> Self {
        handle.0
    }
}

impl TryFrom<String> for Handle {
    type Error = HandleError;

    fn try_from(text: String) -> Result<Self, HandleError> {
        Self::new(&text)
    }
}

/// Whether shoppers see a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// On sale.
    Active,
    /// Seen in the console only.
    Draft,
}

/// A thing to buy, in one or more variants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    /// Its name in addresses; the key of its row.
    pub handle: Handle,
    /// What shoppers read first.
    pub title: Line<120>,
    /// The description: plain text.
    pub body: Paragraph<5000>,
    /// The category it stands in.
    pub category: Line<60>,
    /// Names of the options (`Size`, `Colour`): none to two.
    pub options: Vec<Line<40>>,
    /// At least one, at most 100, in the order in which they are offered.
    pub variants: Vec<Variant>,
    /// What it looks like.
    pub picture: Option<PictureRef>,
    /// Whether shoppers see it.
    pub status: Status,
    /// Demo goods leave at go-live.
    #[serde(default)]
    pub demo: bool,
}

/// One of the forms in which a product is sold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variant {
    /// Stock-keeping unit: unique in the shop.
    pub sku: Line<60>,
    /// One value for each of the product's options.
    pub options: Vec<Line<60>>,
    /// The price of one, tax included.
    pub price: Money,
    /// The former price, shown struck through; higher than `price`.
    pub compare_at: Option<Money>,
    /// Weight with packaging.
    pub grams: u32,
}

impl Variant {
    /// The option values in a row: `M / Oat`; empty for a product without options.
    pub fn label(&self) -> String {
        self.options.iter().map(Line::as_str).collect::<Vec<_>>().join(" / ")
    }
}

/// Where a picture is and what it shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PictureRef {
    /// Its name: the key of its row, and the last part of its address.
    pub name: Line<100>,
    /// What it shows, for those who do not see it.
    pub alt: Line<250>,
}

/// A picture as it is served.
#[derive(Clone, Serialize, Deserialize)]
pub struct Picture {
    /// `image/jpeg`, `image/png` or `image/webp`.
    pub media_type: String,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// The file.
    #[serde(with = "base64_bytes")]
    pub bytes: Vec<u8>,
}

mod base64_bytes {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(bytes))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        STANDARD.decode(String::deserialize(from)?).map_err(D::Error::custom)
    }
}
