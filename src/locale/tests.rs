use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::*;

fn files(under: &str, kind: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(under)];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|end| end == kind) && !path.ends_with("tests.rs") {
                found.push(path);
            }
        }
    }
    found
}

/// Whether a literal looks like a key: words of a-z and 0-9, joined by hyphens.
fn key_like(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    text.contains('-')
        && text.starts_with(|letter: char| letter.is_ascii_lowercase())
        && text.bytes().all(inner)
}

/// Everything between double quotes in code and templates.
fn literals() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for path in files("src", "rs").into_iter().chain(files("templates", "html")) {
        let text = std::fs::read_to_string(&path).unwrap();
        for line in text.lines().map(|line| line.split("//!").next().unwrap_or_default()) {
            found.extend(line.split('"').filter(|part| key_like(part)).map(str::to_owned));
        }
    }
    found
}

/// The keys that code and templates hand to `say` and `say_with`.
fn said() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for path in files("src", "rs").into_iter().chain(files("templates", "html")) {
        let text = std::fs::read_to_string(&path).unwrap();
        for call in ["say(\"", "say_with(\"", "say_with(\n", "key: \""] {
            for rest in text.split(call).skip(1) {
                let rest = rest.trim_start().trim_start_matches('"');
                found.insert(rest.split('"').next().unwrap_or_default().to_owned());
            }
        }
    }
    found.retain(|key| key_like(key));
    found
}

fn keys() -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for (file, text) in ENGLISH {
        for line in text.lines() {
            let Some((key, _)) = line.split_once('=') else { continue };
            let key = key.trim_end();
            if key_like(key) {
                assert!(keys.insert(key.to_owned()), "{file}: {key} is there twice");
            }
        }
    }
    keys
}

#[test]
fn every_key_that_is_said_exists() {
    let texts = Texts::english().unwrap();
    let missing: Vec<_> = said().into_iter().filter(|key| !texts.has(key)).collect();
    assert!(missing.is_empty(), "no text for {missing:?}");
}

#[test]
fn no_text_is_left_over() {
    let literals = literals();
    let unused: Vec<_> = keys().into_iter().filter(|key| !literals.contains(key)).collect();
    assert!(unused.is_empty(), "nobody says {unused:?}");
}

#[test]
fn the_search_for_keys_finds_keys() {
    assert!(said().contains("skip-to-content"), "the scan is broken");
    assert!(keys().contains("skip-to-content"));
}

#[test]
fn a_text_takes_its_values_and_invents_no_marks() {
    let texts = Texts::english().unwrap();
    assert_eq!(texts.say_with("items-in-cart", &[("count", 1.into())]), "1 item");
    assert_eq!(texts.say_with("items-in-cart", &[("count", 3.into())]), "3 items");
    assert_eq!(texts.say("no-such-key"), "no-such-key");
}
