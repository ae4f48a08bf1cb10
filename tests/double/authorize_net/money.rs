//! Sums and times as the vendor writes them.

use jiff::Timestamp;
use jiff::civil::DateTime;
use serde_json::Value;

/// `24.9` as 2490.
pub fn minor(text: &str) -> Option<i64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let part = part.trim_end_matches('0');
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let fits = !whole.is_empty() && plain(whole) && plain(part) && part.len() <= 2;
    fits.then(|| format!("{whole}{part:0<2}").parse().ok())?
}

/// 2490 as the number 24.90.
pub fn number(minor: i64) -> Value {
    format!("{}.{:02}", minor / 100, minor % 100).parse::<Value>().unwrap()
}

/// `2026-11-23T12:00:00Z`, or the same without a zone, which is UTC too.
pub fn time(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| {
        let time: DateTime = text.parse().ok()?;
        text.contains('T').then(|| time.in_tz("UTC").ok().map(|zoned| zoned.timestamp()))?
    })
}
