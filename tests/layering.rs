//! The plan of the house, held: a floor imports only from floors below, neighbours meet at the front door
//! (`mod.rs`), and there are no circles. Reads `src/` as text: every `crate::a::b` path outside comments.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The floors, from the ground up (DESIGN section 3).
const FLOORS: [&[&str]; 6] = [
    &["base"],
    &["config", "store", "tpm", "tls", "machine", "locale", "collector", "keeper"],
    &["catalog", "cart", "order", "payment", "ranges", "operator", "staff", "audit", "alarm", "proposal"],
    &["action"],
    &["web"],
    &["boot", "main", "cowctl"],
];

/// Longest file of the house (DESIGN section 3).
const LONGEST: usize = 600;

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

/// The room that a file belongs to: its first folder under `src/`, or its own name.
fn room(path: &Path) -> String {
    let first = path.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

/// Code without comments and without texts in quotes, good enough to find paths in.
fn code(source: &str) -> String {
    let mut code = String::new();
    for line in source.lines() {
        let line = line.split("//").next().unwrap_or_default();
        code.push_str(line);
        code.push('\n');
    }
    code
}

/// Every `crate::room::rest` in the code, `use crate::{a::x, b}` lists included.
fn imports(source: &str) -> BTreeSet<(String, Vec<String>)> {
    let code = code(source);
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::").chain(code.match_indices("cashcow::")) {
        let rest = &code[at..];
        let rest = &rest[rest.find("::").unwrap() + 2..];
        for path in expand(rest) {
            if let Some((room, inner)) = path.split_first() {
                found.insert((room.clone(), inner.to_vec()));
            }
        }
    }
    found
}

/// `a::{b, c::d}` as `a b` and `a c d`.
fn expand(text: &str) -> Vec<Vec<String>> {
    let word: String = text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    if word.is_empty() {
        let Some(list) = text.strip_prefix('{') else { return vec![vec![]] };
        let (mut depth, mut item, mut paths) = (1, String::new(), vec![]);
        for c in list.chars() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            if depth == 0 || (depth == 1 && c == ',') {
                if !item.trim().is_empty() {
                    paths.extend(expand(item.trim()));
                }
                item.clear();
            } else {
                item.push(c);
            }
            if depth == 0 {
                break;
            }
        }
        return paths;
    }
    let rest = &text[word.len()..];
    match rest.strip_prefix("::") {
        None => vec![vec![word]],
        Some(rest) => expand(rest)
            .into_iter()
            .map(|mut path| {
                path.insert(0, word.clone());
                path
            })
            .collect(),
    }
}

/// Every breach of the plan in these files (path under `src/`, text).
fn breaches(files: &[(PathBuf, String)]) -> Vec<String> {
    let modules: BTreeSet<PathBuf> = files.iter().map(|(path, _)| path.with_extension("")).collect();
    let mut breaches = Vec::new();
    let mut neighbours: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (path, source) in files {
        let from = room(path);
        if from == "lib" {
            continue;
        }
        let Some(mine) = floor(&from) else {
            breaches.push(format!("{}: the room {from} stands on no floor", path.display()));
            continue;
        };
        for (to, inner) in imports(source) {
            if to == from {
                continue;
            }
            let Some(theirs) = floor(&to) else { continue };
            if theirs > mine {
                breaches
                    .push(format!("{}: {from} (floor {mine}) imports {to} (floor {theirs})", path.display()));
            }
            if theirs == mine {
                neighbours.entry(from.clone()).or_default().insert(to.clone());
                let private =
                    inner.first().is_some_and(|inner| modules.contains(&Path::new(&to).join(inner)));
                if private && mine < 5 {
                    breaches.push(format!(
                        "{}: {from} reaches past {to}/mod.rs to {to}::{}",
                        path.display(),
                        inner[0]
                    ));
                }
            }
        }
    }
    breaches.extend(circles(&neighbours));
    breaches.dedup();
    breaches
}

fn circles(neighbours: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let mut found = Vec::new();
    for start in neighbours.keys() {
        let (mut seen, mut next) = (BTreeSet::new(), vec![start.clone()]);
        while let Some(room) = next.pop() {
            for to in neighbours.get(&room).into_iter().flatten() {
                if to == start {
                    found.push(format!("a circle runs through {start} and {room}"));
                } else if seen.insert(to.clone()) {
                    next.push(to.clone());
                }
            }
        }
    }
    found
}

fn house() -> Vec<(PathBuf, String)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut folders, mut files) = (vec![src.clone()], vec![]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                files.push((path.strip_prefix(&src).unwrap().to_owned(), text));
            }
        }
    }
    files.sort();
    files
}

fn planted(path: &str, source: &str) -> Vec<String> {
    let mut files = vec![("store/mod.rs".into(), String::new()), ("store/file.rs".into(), String::new())];
    files.push((PathBuf::from(path), source.to_owned()));
    breaches(&files)
}

#[test]
fn no_import_runs_up_or_in_a_circle() {
    let found = breaches(&house());
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn a_planted_import_that_runs_up_is_found() {
    let found = planted("store/bad.rs", "use crate::{base::Money, web::{reply, Site}};");
    assert_eq!(found, ["store/bad.rs: store (floor 1) imports web (floor 4)"]);
    let found = planted("order/bad.rs", "fn f() { crate::action::place_order() }");
    assert_eq!(found, ["order/bad.rs: order (floor 2) imports action (floor 3)"]);
}

#[test]
fn a_planted_reach_past_a_neighbours_door_is_found() {
    let found = planted("tpm/bad.rs", "use crate::store::file::Store;");
    assert_eq!(found, ["tpm/bad.rs: tpm reaches past store/mod.rs to store::file"]);
}

#[test]
fn a_planted_circle_is_found() {
    let a = ("cart/mod.rs".into(), "use crate::order::Order;".to_owned());
    let b = ("order/mod.rs".into(), "use crate::cart::Cart;".to_owned());
    assert!(breaches(&[a, b]).iter().any(|breach| breach.starts_with("a circle")));
}

#[test]
fn a_room_without_a_floor_is_found() {
    let found = planted("util/mod.rs", "");
    assert_eq!(found, ["util/mod.rs: the room util stands on no floor"]);
}

#[test]
fn comments_import_nothing() {
    assert!(planted("base/fine.rs", "// see crate::web::Site\n/// crate::action").is_empty());
}

#[test]
fn engines_have_one_importer() {
    for (engine, owner) in [("redb::", "store"), ("tss_esapi", "tpm"), ("askama", "web")] {
        for (path, source) in house() {
            let uses = code(&source).contains(engine);
            assert!(
                !uses || room(&path) == owner,
                "{} uses {engine}, which belongs to {owner}",
                path.display()
            );
        }
    }
}

#[test]
fn no_file_is_longer_than_the_plan_allows() {
    for (path, source) in house() {
        let lines = source.lines().count();
        assert!(lines <= LONGEST, "{} has {lines} lines: where is the seam?", path.display());
    }
}
