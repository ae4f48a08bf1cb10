//! Another shop's export as rows and named cells: what its formats have in common before they are read.

use std::collections::{BTreeMap, BTreeSet};

use csv::{ReaderBuilder, StringRecord};

use super::{MOST_ROWS, Mistakes, Problem, delimiter};

/// What an export calls one column: the names that the other shop gave it over the years.
pub(super) type Name = &'static [&'static str];

/// Where a row stands: counted as a spreadsheet counts rows, and the line of the file that it begins in
/// (they differ once a cell has line breaks).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) row: u64,
    pub(super) line: u64,
}

/// One row.
pub(super) struct Row {
    pub(super) place: Place,
    cells: StringRecord,
}

/// A whole file.
pub(super) struct Sheet {
    columns: BTreeMap<String, usize>,
    header: Vec<String>,
    pub(super) rows: Vec<Row>,
}

/// Which line of the file the reader has come to. It leaves the second half of a `\r\n` to the next record,
/// so that its own count would be one too low.
struct Lines {
    passed: usize,
    line: u64,
}

impl Lines {
    fn pass(&mut self, bytes: &[u8], begins: usize) {
        let ended = bytes.get(begins..).unwrap_or_default().iter();
        let ended = ended.take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let begins = begins.saturating_add(ended);
        let passed = bytes.get(self.passed..begins).unwrap_or_default();
        let breaks = passed.iter().filter(|byte| **byte == b'\n').count();
        self.line = self.line.saturating_add(u64::try_from(breaks).unwrap_or_default());
        self.passed = begins;
    }
}

impl Sheet {
    /// The columns alone, of a file's first line; `None` if it is not text.
    pub(super) fn header(line: &[u8]) -> Option<Self> {
        let mut reader = ReaderBuilder::new().delimiter(delimiter(line)).flexible(true).from_reader(line);
        let names = reader.headers().ok()?;
        let header: Vec<String> = names.iter().map(|name| name.trim().to_owned()).collect();
        let mut columns = BTreeMap::new();
        for (index, name) in header.iter().enumerate() {
            columns.entry(name.to_lowercase()).or_insert(index);
        }
        Some(Self { columns, header, rows: Vec::new() })
    }

    /// Reads the file. What is wrong with the file as a whole, its encoding above all, refuses it: every
    /// text in it would be in doubt.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Mistakes> {
        let mut mistakes = Mistakes::default();
        let mut reader = ReaderBuilder::new().delimiter(delimiter(bytes)).flexible(true).from_reader(bytes);
        let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let Some(Self { columns, header, .. }) = Self::header(line) else {
            mistakes.add(Some(1), None, Problem::NotUtf8);
            return Err(mistakes);
        };
        let (mut rows, mut row) = (Vec::new(), 1_u64);
        let (mut last, mut lines) = (false, Lines { passed: 0, line: 1 });
        for record in reader.records() {
            row = row.saturating_add(1);
            if row > MOST_ROWS.saturating_add(1) {
                mistakes.add(None, None, Problem::TooManyRows);
                return Err(mistakes);
            }
            let Ok(cells) = record else {
                mistakes.add(Some(row), None, Problem::NotUtf8);
                return Err(mistakes);
            };
            let begins =
                cells.position().map(csv::Position::byte).and_then(|byte| usize::try_from(byte).ok());
            lines.pass(bytes, begins.unwrap_or_default());
            let line = lines.line;
            last = cells.iter().any(|cell| cell.contains('\n'));
            if cells.iter().any(|cell| !cell.trim().is_empty()) {
                rows.push(Row { place: Place { row, line }, cells });
            }
        }
        // A quotation mark that nobody closes makes one cell of all the rows behind it.
        if last && bytes.iter().filter(|byte| **byte == b'"').count() % 2 == 1 {
            mistakes.add(Some(row), None, Problem::QuoteOpen);
            return Err(mistakes);
        }
        if rows.is_empty() {
            mistakes.add(None, None, Problem::NoRows);
        }
        mistakes.or(Self { columns, header, rows })
    }

    fn index(&self, name: Name) -> Option<(usize, &'static str)> {
        name.iter().find_map(|name| Some((*self.columns.get(&name.to_lowercase())?, *name)))
    }

    /// Whether the file has the column.
    pub(super) fn has(&self, name: Name) -> bool {
        self.index(name).is_some()
    }

    /// Whether the file has the column, by a name with a number in it.
    pub(super) fn has_text(&self, name: &str) -> bool {
        self.columns.contains_key(&name.to_lowercase())
    }

    /// What this file calls the column.
    pub(super) fn called(&self, name: Name) -> &'static str {
        self.index(name).map(|(_, name)| name).or(name.first().copied()).unwrap_or_default()
    }

    /// The cell, trimmed; empty if the row is short or the file has no such column.
    pub(super) fn cell<'a>(&self, row: &'a Row, name: Name) -> &'a str {
        self.index(name).and_then(|(index, _)| row.cells.get(index)).unwrap_or_default().trim()
    }

    /// The cell of a column whose name has a number in it.
    pub(super) fn numbered<'a>(&self, row: &'a Row, name: &str) -> &'a str {
        let index = self.columns.get(&name.to_lowercase());
        index.and_then(|index| row.cells.get(*index)).unwrap_or_default().trim()
    }

    /// Columns that hold something and that nobody reads, by name.
    pub(super) fn ignored(&self, read: impl Fn(&str) -> bool) -> Vec<String> {
        let mut filled = BTreeSet::new();
        for row in &self.rows {
            filled.extend(
                row.cells.iter().enumerate().filter(|(_, cell)| !cell.trim().is_empty()).map(|(at, _)| at),
            );
        }
        let unread = |(at, name): &(usize, &String)| filled.contains(at) && !name.is_empty() && !read(name);
        let names = self.header.iter().enumerate().filter(unread);
        names.map(|(_, name)| name.chars().take(60).collect()).collect()
    }
}

/// Whether one of `names` is this column.
pub(super) fn is_among(names: &[Name], column: &str) -> bool {
    names.iter().flat_map(|name| name.iter()).any(|known| known.eq_ignore_ascii_case(column))
}
