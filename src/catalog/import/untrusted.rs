//! What is fuzzed of the import: files that somebody else wrote, whole and as rows below columns that are
//! known, and descriptions. An entry runs the parser and gives back what it found in one line, empty if
//! nothing was read; names, texts and numbers of the file are not in it.

use jiff::Timestamp;

use super::{Import, Mistakes, html, read};
use crate::base::Currency;

/// A parser's name, `import-WHAT`, and the parser.
pub type Parser = (&'static str, fn(&[u8]) -> String);

/// All of them.
pub const PARSERS: [Parser; 4] = [
    ("import-file", told_file),
    ("import-shopify", told_shopify),
    ("import-woocommerce", told_woocommerce),
    ("import-html", told_html),
];

const SHOPIFY: &[u8] =
    b"Handle,Title,Body (HTML),Type,Tags,Published,Option1 Name,Option1 Value,Option2 Name,\
    Option2 Value,Option3 Name,Variant SKU,Variant Grams,Variant Inventory Qty,Variant Price,\
    Variant Compare At Price,Variant Requires Shipping,Image Src,Image Alt Text,Gift Card,Status\n";
const WOOCOMMERCE: &[u8] = b"ID,Type,SKU,Name,Published,Description,Date sale price ends,Stock,Weight (kg),Sale price,\
    Regular price,Categories,Images,Parent,Position,Attribute 1 name,Attribute 1 value(s),Attribute 1 visible,\
    Attribute 2 name,Attribute 2 value(s)\n";

fn told(read: Result<Import, Mistakes>) -> String {
    match read {
        Err(mistakes) => format!("refused: {}", mistakes.count()),
        Ok(import) => {
            let variants: usize = import.products.iter().map(|it| it.product.variants.len()).sum();
            format!("{:?}: {} products, {variants} variants", import.format, import.products.len())
        }
    }
}

fn told_file(bytes: &[u8]) -> String {
    told(read(bytes, Currency::Eur, Timestamp::UNIX_EPOCH))
}

fn told_shopify(bytes: &[u8]) -> String {
    told_file(&[SHOPIFY, bytes].concat())
}

fn told_woocommerce(bytes: &[u8]) -> String {
    told_file(&[WOOCOMMERCE, bytes].concat())
}

fn told_html(bytes: &[u8]) -> String {
    let Ok(text) = std::str::from_utf8(bytes) else { return String::new() };
    let read = [html::plain(text, false), html::plain(text, true)];
    if read.iter().all(String::is_empty) { String::new() } else { "text".to_owned() }
}
