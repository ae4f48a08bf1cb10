//! What is in the checkout: its files, and its tests by name.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

pub struct House {
    root: PathBuf,
    tests: BTreeSet<String>,
}

impl House {
    pub fn here() -> Self {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let mut tests = BTreeSet::new();
        for folder in ["src", "tests"] {
            for file in sources(&root.join(folder), "rs") {
                tests.extend(tests_of(&std::fs::read_to_string(file).unwrap()));
            }
        }
        assert!(tests.len() > 400, "the search for tests is broken: it finds {}", tests.len());
        Self { root, tests }
    }

    pub fn text(&self, path: &str) -> String {
        std::fs::read_to_string(self.root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Every file under `folder` with this ending.
    pub fn files(&self, folder: &str, ending: &str) -> Vec<String> {
        let all = sources(&self.root.join(folder), ending);
        let inner = |path: PathBuf| path.strip_prefix(&self.root).unwrap().to_string_lossy().into_owned();
        all.into_iter().map(inner).collect()
    }

    pub fn has_file(&self, path: &str) -> bool {
        !path.starts_with('/') && !path.contains("..") && self.root.join(path).exists()
    }

    pub fn has_test(&self, name: &str) -> bool {
        self.tests.contains(name)
    }
}

/// Every file under `folder` with this ending.
fn sources(folder: &Path, wanted: &str) -> Vec<PathBuf> {
    let (mut found, mut open) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|ending| ending == wanted) {
                found.push(path);
            }
        }
    }
    found
}

/// Names of functions that stand under an attribute `test`.
fn tests_of(source: &str) -> Vec<String> {
    let (mut found, mut marked) = (Vec::new(), false);
    for line in source.lines().map(str::trim) {
        if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            marked = true;
        } else if let Some((_, rest)) = line.split_once("fn ").filter(|_| marked) {
            found
                .push(rest.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect());
            marked = false;
        } else if !line.starts_with("#[") && !line.starts_with("//") {
            marked = false;
        }
    }
    found
}
