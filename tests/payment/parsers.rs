//! Whoever reads a gateway's bytes is fuzzed: none is missing from the list, each has inputs to begin with,
//! and a card number planted anywhere in them does not come out.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use cashcow::catalog::import::untrusted as import;
use cashcow::payment::gateway::untrusted;
use cashcow::payment::looks_like_card_number;
use serde_json::{Value, json};

/// What code that turns bytes or texts into values is made of.
const READS: [&str; 11] = [
    "::from_slice",
    "::from_str",
    "::from_reader",
    "from_utf8(",
    "from_utf8_lossy(",
    "Reader::",
    ".decode(",
    ".parse()",
    ".parse::<",
    "split_once(",
    "form_urlencoded",
];

/// Card numbers as a gateway might quote them.
const PLANTED: [&str; 3] = ["4242424242424242", "3782-822463-10005", "card 5555 5555 5555 4444 refused"];

fn house() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The functions of a source, tests and comments left out: name and text, from one `fn` to the next.
fn functions(source: &str) -> Vec<(String, String)> {
    let code = source.split("#[cfg(test)]").next().unwrap();
    let code: Vec<_> = code.lines().map(|line| line.split("//").next().unwrap()).collect();
    let code = code.join("\n");
    let name = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    code.split("fn ").skip(1).map(|text| (name(text), text.to_owned())).collect()
}

/// The readers of a source that no `told` of the same source reaches.
fn unreached(source: &str) -> Vec<String> {
    let all = functions(source);
    let calls =
        |text: &str, name: &str| text.contains(&format!("{name}(")) || text.contains(&format!("{name}::<"));
    let mut reached: BTreeSet<&str> =
        all.iter().map(|(name, _)| name.as_str()).filter(|name| name.starts_with("told")).collect();
    loop {
        let next: BTreeSet<_> = all
            .iter()
            .map(|(name, _)| name.as_str())
            .filter(|name| {
                all.iter().any(|(caller, text)| reached.contains(caller.as_str()) && calls(text, name))
            })
            .chain(reached.iter().copied())
            .collect();
        if next == reached {
            break;
        }
        reached = next;
    }
    let reads = |text: &str| READS.iter().any(|mark| text.contains(mark));
    all.iter()
        .filter(|(name, text)| reads(text) && !reached.contains(name.as_str()))
        .map(|(name, _)| name.clone())
        .collect()
}

/// Files under `folder`, with their texts.
fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if !path.file_stem().unwrap().to_str().unwrap().ends_with("tests") {
            let text = std::fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
    found
}

#[test]
fn no_reader_of_a_gateways_bytes_is_missing_from_the_fuzzing() {
    let gateways = house().join("src/payment/gateway");
    let list = std::fs::read_to_string(gateways.join("untrusted.rs")).unwrap();
    let mut gateways_seen = 0;
    for (path, text) in sources(&gateways) {
        let inner = path.strip_prefix(&gateways).unwrap();
        let missing = unreached(&text);
        assert!(missing.is_empty(), "{}: no `told` reaches {missing:?}", inner.display());
        let Some(parent) = inner.parent().and_then(Path::to_str).filter(|parent| !parent.is_empty()) else {
            continue;
        };
        let room = std::fs::read_to_string(gateways.join(parent).join("mod.rs")).unwrap();
        let lists = room.split_once("PARSERS").map(|(_, rest)| rest.split(';').nth(1).unwrap_or_default());
        let module = inner.file_stem().unwrap().to_str().unwrap();
        for (told, _) in functions(&text).iter().filter(|(name, _)| name.starts_with("told")) {
            let listed = lists.is_some_and(|lists| lists.contains(&format!("{module}::{told}")));
            assert!(listed, "{}: {told} is not among the PARSERS of {parent}", inner.display());
        }
        if text.contains("impl Gateway for") {
            gateways_seen += 1;
            let gateway = parent.split('/').next().unwrap();
            assert!(list.contains(&format!("{gateway}::PARSERS")), "{gateway} is missing from untrusted.rs");
        }
    }
    assert!(gateways_seen > 0, "the search is broken: it finds no gateway");
}

#[test]
fn a_planted_reader_that_is_not_fuzzed_is_found() {
    let reader = "fn read(body: &[u8]) -> X { serde_json::from_slice(body) }\n";
    assert_eq!(unreached(reader), ["read"]);
    assert_eq!(unreached(&format!("{reader}fn told(body: &[u8]) -> String {{ other(body) }}")), ["read"]);
    let through = "fn told(body: &[u8]) -> String { outer(body) }\nfn outer(body: &[u8]) { X::read(body) }";
    assert!(unreached(&format!("{reader}{through}")).is_empty());
    assert!(unreached(&format!("// {reader}#[cfg(test)]\n{reader}")).is_empty());
}

/// The inputs that a parser's fuzzing begins with.
fn seeds(parser: &str) -> Vec<Vec<u8>> {
    let folder = house().join("tests/fuzz/seeds").join(parser);
    let files = std::fs::read_dir(&folder).unwrap_or_else(|_| panic!("{} is missing", folder.display()));
    files.map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect()
}

#[test]
fn every_parser_has_inputs_to_begin_with_and_reads_one_of_them() {
    let mut names = BTreeSet::new();
    for (name, parser) in untrusted::parsers().chain(import::PARSERS) {
        assert!(names.insert(name), "two parsers are called {name}");
        let seeds = seeds(name);
        assert!(seeds.len() >= 3, "{name} has {} inputs", seeds.len());
        assert!(seeds.iter().any(|seed| !parser(seed).is_empty()), "{name} reads none of its inputs");
    }
    let folders = std::fs::read_dir(house().join("tests/fuzz/seeds")).unwrap();
    for folder in folders {
        let folder = folder.unwrap().file_name().into_string().unwrap();
        assert!(names.contains(folder.as_str()), "tests/fuzz/seeds/{folder} belongs to no parser");
    }
}

/// Every copy of `value` in which one leaf, or the name of one field, is replaced.
fn planted(value: &Value, by: &Value) -> Vec<Value> {
    match value {
        Value::Object(fields) => {
            let mut all = Vec::new();
            for (name, inner) in fields {
                for inner in planted(inner, by) {
                    let mut copy = fields.clone();
                    copy.insert(name.clone(), inner);
                    all.push(Value::Object(copy));
                }
                if let Value::String(text) = by {
                    let mut copy = fields.clone();
                    copy.insert(text.clone(), inner.clone());
                    all.push(Value::Object(copy));
                }
            }
            all
        }
        Value::Array(items) => (0..items.len())
            .flat_map(|place| {
                planted(&items[place], by).into_iter().map(move |inner| {
                    let mut copy = items.clone();
                    copy[place] = inner;
                    Value::Array(copy)
                })
            })
            .collect(),
        Value::String(text) => match by {
            Value::String(card) => {
                vec![json!(card), json!(format!("{text}{card}")), json!(format!("{text}_{card}"))]
            }
            _ => vec![by.clone()],
        },
        _ => vec![by.clone()],
    }
}

#[test]
fn a_card_number_planted_anywhere_in_an_answer_does_not_come_out() {
    let numbers = [json!(4_242_424_242_424_242_i64), json!(378_282_246_310_005_i64)];
    let plants: Vec<_> = PLANTED.iter().map(|text| json!(text)).chain(numbers).collect();
    let mut tried = 0;
    for (name, parser) in untrusted::parsers() {
        for seed in seeds(name) {
            let Ok(whole) = serde_json::from_slice::<Value>(&seed) else { continue };
            for input in plants.iter().flat_map(|plant| planted(&whole, plant)) {
                let told = parser(input.to_string().as_bytes());
                assert!(!looks_like_card_number(&told), "{name} makes {told} of {input}");
                tried += 1;
            }
        }
    }
    assert!(tried > 500, "only {tried} inputs were tried");
}
