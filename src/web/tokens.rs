//! Whether every pair of colours that the sheets use can be read: WCAG 2.2, 1.4.3 and 1.4.11.
#![expect(clippy::float_arithmetic, reason = "relative luminance is defined in real numbers")]

use std::collections::BTreeMap;

const TOKENS: &str = include_str!("../../assets/tokens.css");
const SHEETS: [&str; 3] = [
    include_str!("../../assets/base.css"),
    include_str!("../../assets/shop.css"),
    include_str!("../../assets/console.css"),
];

type Colours = BTreeMap<&'static str, [u8; 3]>;

fn colours(block: &'static str) -> Colours {
    let tokens = block.lines().filter_map(|line| line.trim().strip_prefix("--")?.split_once(": #"));
    tokens
        .map(|(name, value)| {
            let byte = |at: usize| u8::from_str_radix(&value[at..at + 2], 16).unwrap();
            (name, [byte(0), byte(2), byte(4)])
        })
        .collect()
}

/// WCAG 2.2, relative luminance.
fn luminance(colour: [u8; 3]) -> f64 {
    let [red, green, blue] = colour.map(|channel| {
        let channel = f64::from(channel) / 255.0;
        if channel <= 0.04045 { channel / 12.92 } else { ((channel + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

fn contrast(a: [u8; 3], b: [u8; 3]) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn schemes() -> [(&'static str, Colours); 2] {
    let (light, dark) = TOKENS.split_once("prefers-color-scheme: dark").unwrap();
    [("light", colours(light)), ("dark", colours(dark))]
}

#[test]
fn text_has_4_5_to_1_and_controls_have_3_to_1() {
    let plain = ["ground", "surface", "sunken"];
    let soft = ["accent-soft", "good-soft", "warn-soft", "bad-soft"];
    let mut text = vec![("on-accent", "accent"), ("on-accent", "accent-strong")];
    for ink in ["text", "muted", "accent", "accent-strong", "good", "warn", "bad"] {
        text.extend(plain.map(|ground| (ink, ground)));
    }
    text.extend(soft.map(|ground| ("text", ground)));
    text.extend([
        ("accent", "accent-soft"),
        ("good", "good-soft"),
        ("warn", "warn-soft"),
        ("bad", "bad-soft"),
    ]);
    text.push(("muted", "accent-soft"));
    text.extend(["accent", "accent-strong"].map(|ink| (ink, "bad-soft")));
    let mut controls = Vec::new();
    for edge in ["edge", "focus"] {
        controls.extend(plain.map(|ground| (edge, ground)));
    }
    for (scheme, colours) in schemes() {
        assert!(colours.len() >= 18, "{scheme}: the tokens were not read");
        for (pairs, least) in [(&text, 4.5), (&controls, 3.0)] {
            for (ink, ground) in pairs {
                let ratio = contrast(colours[ink], colours[ground]);
                assert!(ratio >= least, "{scheme}: {ink} on {ground} is {ratio:.2}, wanted {least}");
            }
        }
    }
}

#[test]
fn the_measure_measures() {
    assert!((contrast([0; 3], [255; 3]) - 21.0).abs() < 0.01);
    assert!((contrast([0x76; 3], [255; 3]) - 4.54).abs() < 0.01);
}

#[test]
fn sheets_take_their_colours_from_the_tokens_and_nothing_from_elsewhere() {
    for sheet in SHEETS {
        for line in sheet.lines() {
            let value = line.split_once(':').map_or("", |(_, value)| value);
            assert!(!value.contains(": #") && !value.contains("rgb("), "a colour of its own: {line}");
            assert!(!line.contains("url(") && !line.contains("@import"), "a file from elsewhere: {line}");
        }
        let known = |name: &str| TOKENS.contains(&format!("--{name}:"));
        let used = sheet.split("var(--").skip(1).filter_map(|rest| rest.split(')').next());
        let unknown: Vec<_> = used.filter(|name| !known(name)).collect();
        assert!(unknown.is_empty(), "no token is called {unknown:?}");
    }
}
