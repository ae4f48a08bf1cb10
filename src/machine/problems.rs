//! What is wrong with the machine, in files that its screen reads: `/run/cashcow/problems/NAME`, one
//! problem a line, as `what is wrong | what to do`. The image's own units write such files too.

use std::fmt;
use std::io::{ErrorKind, Read, Result};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::write_whole;
use crate::config::{Mistake, Mistakes};

/// The most problems that are read, and the most bytes of one file.
const MOST: usize = 100;
const MOST_BYTES: u64 = 64 * 1024;

/// Something that is wrong, and what to do about it; each on one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// What is wrong.
    pub wrong: String,
    /// What to do.
    pub cure: String,
}

impl Problem {
    /// A problem; whatever could break its line or split it elsewhere is replaced.
    pub fn new(wrong: &str, cure: &str) -> Self {
        Self { wrong: one_line(wrong), cure: one_line(cure) }
    }
}

impl From<&Mistake> for Problem {
    fn from(mistake: &Mistake) -> Self {
        Self::new(&mistake.problem(), &mistake.fault.cure)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} | {}", self.wrong, self.cure)
    }
}

/// The text without control characters, text-direction overrides and the bar that parts a problem from
/// its cure: safe to send to a terminal.
pub(super) fn one_line(text: &str) -> String {
    let safe = |letter: char| match letter {
        '|' => '/',
        '\n' | '\t' => ' ',
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => '?',
        letter if letter.is_control() => '?',
        letter => letter,
    };
    text.trim().chars().map(safe).collect()
}

/// The folder of problems.
#[derive(Debug, Clone)]
pub struct Problems {
    folder: PathBuf,
}

impl Problems {
    /// The problems in `folder`.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// Says that exactly these are the problems of `name`; none of them removes the file.
    pub fn set(&self, name: &str, problems: &[Problem]) -> Result<()> {
        let path = self.folder.join(name);
        if problems.is_empty() {
            return match std::fs::remove_file(path) {
                Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            };
        }
        let text: String = problems.iter().map(|problem| format!("{problem}\n")).collect();
        write_whole(&path, text.as_bytes(), 0o644)
    }

    /// Says that these mistakes are the problems of `name`.
    pub fn set_mistakes(&self, name: &str, mistakes: &Mistakes) -> Result<()> {
        self.set(name, &mistakes.0.iter().map(Problem::from).collect::<Vec<_>>())
    }

    /// All problems, by the name of their file and then by line. What cannot be read is left out: the
    /// screen is no place to fail.
    pub fn all(&self) -> Vec<Problem> {
        let mut files: Vec<_> = std::fs::read_dir(&self.folder)
            .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
            .unwrap_or_default();
        files.retain(|path| path.file_name().is_some_and(|name| !name.to_string_lossy().starts_with('.')));
        files.sort();
        let texts = files.iter().filter_map(|path| read(path));
        let lines: Vec<_> =
            texts.flat_map(|text| text.lines().filter_map(parse).collect::<Vec<_>>()).collect();
        lines.into_iter().take(MOST).collect()
    }
}

fn read(path: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    std::fs::File::open(path).ok()?.take(MOST_BYTES).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn parse(line: &str) -> Option<Problem> {
    let (wrong, cure) = line.split_once(" | ").unwrap_or((line, "ask the hosting desk"));
    (!wrong.trim().is_empty()).then(|| Problem::new(wrong, cure))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_are_kept_by_name_and_read_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let problems = Problems::new(folder.path().join("problems"));
        assert_eq!(problems.all(), []);
        let (one, two) = (Problem::new("a", "b"), Problem::new("evil\u{1b}[2J|", "c\nd"));
        problems.set("setup", &[one.clone(), two]).unwrap();
        std::fs::write(folder.path().join("problems/closed"), "the volume stays closed | start it\n\n")
            .unwrap();
        let all: Vec<_> = problems.all().iter().map(Problem::to_string).collect();
        assert_eq!(all, ["the volume stays closed | start it", "a | b", "evil?[2J/ | c d"]);
        problems.set("setup", &[]).unwrap();
        problems.set("setup", &[]).unwrap();
        assert_eq!(problems.all().len(), 1);
    }
}
