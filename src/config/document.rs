//! A TOML file as a tree that knows the line of everything in it, and that can tell which keys nobody
//! asked for.

use std::cell::RefCell;
use std::io::Read;
use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::report::{Report, quote};
use super::{Fault, Mistake, Mistakes};

/// The most bytes that a configuration file may have.
pub const FILE_LIMIT: u64 = 64 * 1024;

/// The file's bytes as text; `name` is what mistakes call it.
pub fn read_file(path: &Path, name: &str) -> Result<String, Mistakes> {
    let refuse = |wrong: String, cure: &str| Mistakes(vec![Mistake::of_file(name, Fault::new(wrong, cure))]);
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(FILE_LIMIT + 1).read_to_end(&mut bytes))
        .map_err(|error| refuse(format!("cannot be read: {error}"), "check that the file is there"))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > FILE_LIMIT) {
        return Err(refuse("is larger than 64 KiB".to_owned(), "remove what does not belong in it"));
    }
    String::from_utf8(bytes)
        .map_err(|_| refuse("is not UTF-8 text".to_owned(), "save it as plain text in UTF-8"))
}

/// Reads `text` with `reader`, and answers what it made or everything that is wrong.
pub(super) fn read_document<T>(
    name: &str,
    text: &str,
    reader: impl FnOnce(&Section<'_>) -> Option<T>,
) -> Result<T, Mistakes> {
    let (tree, errors) = DeTable::parse_recoverable(text);
    let mut report = Report::new(name, text);
    for error in &errors {
        let line = report.line(error.span().map_or(0, |span| span.start));
        let wrong = format!("is not TOML here: {}", error.message().replace('\n', " "));
        report.unreadable(line, Fault::new(wrong, "compare the line with the example in the README"));
    }
    let root = Section::new(&report, String::new(), None, tree.get_ref());
    let read = reader(&root);
    root.close();
    report.conclude(read)
}

/// A table of the file.
pub(super) struct Section<'d> {
    report: &'d Report,
    path: String,
    line: Option<usize>,
    table: &'d DeTable<'d>,
    asked: RefCell<Vec<&'static str>>,
}

impl<'d> Section<'d> {
    fn new(report: &'d Report, path: String, line: Option<usize>, table: &'d DeTable<'d>) -> Self {
        Self { report, path, line, table, asked: RefCell::default() }
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// The field called `key`, if it is there; `example` is how a good one looks, value only.
    pub(super) fn field(&self, key: &'static str, example: &'static str) -> Option<Field<'d>> {
        self.asked.borrow_mut().push(key);
        let value = self.table.get(key)?;
        Some(Field {
            report: self.report,
            path: self.path_of(key),
            line: self.report.line(value.span().start),
            value: value.get_ref(),
            example,
        })
    }

    /// The field called `key`, which must be there.
    pub(super) fn required(&self, key: &'static str, example: &'static str) -> Option<Field<'d>> {
        let field = self.field(key, example);
        if field.is_none() {
            self.missing(key, example);
        }
        field
    }

    /// Notes that `key` should be there.
    pub(super) fn missing(&self, key: &str, example: &str) {
        self.report.missing(self.line, &self.path_of(key), format!("write {key} = {example}"));
    }

    /// The table called `key`, if it is there.
    pub(super) fn section(&self, key: &'static str) -> Option<Section<'d>> {
        self.field(key, "")?.section()
    }

    /// The table called `key`, which must be there.
    pub(super) fn required_section(&self, key: &'static str) -> Option<Section<'d>> {
        let field = self.field(key, "");
        if field.is_none() {
            let path = self.path_of(key);
            self.report.missing(None, &path, format!("write a section [{path}]"));
        }
        field?.section()
    }

    /// Refuses the section as a whole.
    pub(super) fn refuse(&self, fault: Fault) {
        self.report.refuse(self.line.unwrap_or(1), &self.path, fault);
    }

    /// Ends the reading: whatever nobody asked for is a mistake.
    pub(super) fn close(&self) {
        let asked = self.asked.borrow();
        for (key, _) in self.table.iter().filter(|(key, _)| !asked.contains(&key.get_ref().as_ref())) {
            let likeness = |known: &str| strsim::normalized_damerau_levenshtein(known, key.get_ref());
            let nearest = asked.iter().max_by(|one, two| likeness(one).total_cmp(&likeness(two)));
            let cure = match nearest {
                Some(known) if likeness(known) > 0.5 => format!("write {known}, or remove it"),
                _ => format!("remove it; known here are {}", asked.join(", ")),
            };
            let field = self.path_of(quote(key.get_ref()).trim_matches('"'));
            let line = self.report.line(key.span().start);
            self.report.refuse(line, &field, Fault::new("is not known here", cure));
        }
    }
}

/// A value of the file.
pub(super) struct Field<'d> {
    report: &'d Report,
    path: String,
    line: usize,
    value: &'d DeValue<'d>,
    example: &'static str,
}

impl<'d> Field<'d> {
    /// Refuses the value.
    pub(super) fn refuse(&self, fault: Fault) {
        self.report.refuse(self.line, &self.path, fault);
    }

    fn wrong_type<T>(&self, wanted: &str) -> Option<T> {
        let cure = format!("write {wanted}, such as {}", self.example);
        self.refuse(Fault::new(format!("is {}", kind(self.value)), cure));
        None
    }

    /// The text.
    pub(super) fn text(&self) -> Option<&'d str> {
        self.value.as_str().or_else(|| self.wrong_type("a text in quotation marks"))
    }

    /// The text, as `parse` understands it.
    pub(super) fn parsed<T>(&self, parse: impl FnOnce(&str) -> Result<T, Fault>) -> Option<T> {
        parse(self.text()?).map_err(|fault| self.refuse(fault)).ok()
    }

    /// true or false.
    pub(super) fn flag(&self) -> Option<bool> {
        self.value.as_bool().or_else(|| self.wrong_type("true or false, without quotation marks"))
    }

    /// A whole number from `least` to `most`.
    pub(super) fn number(&self, least: u64, most: u64) -> Option<u64> {
        let Some(number) = self.value.as_integer() else {
            return self.wrong_type("a whole number without quotation marks");
        };
        let value = u64::from_str_radix(number.as_str(), number.radix()).ok();
        let value = value.filter(|value| (least..=most).contains(value));
        if value.is_none() {
            let wrong = format!("{} is out of bounds", quote(number.as_str()));
            self.refuse(Fault::new(wrong, format!("write a number from {least} to {most}")));
        }
        value
    }

    /// The values of a list of at most `most`.
    pub(super) fn items(&self, most: usize) -> Option<Vec<Field<'d>>> {
        let Some(array) = self.value.as_array() else {
            return self.wrong_type("a list in square brackets");
        };
        if array.len() > most {
            let wrong = format!("has {} entries", array.len());
            self.refuse(Fault::new(wrong, format!("keep at most {most}")));
            return None;
        }
        let field = |(place, value): (usize, &'d toml::Spanned<DeValue<'d>>)| Field {
            report: self.report,
            path: format!("{}[{place}]", self.path),
            line: self.report.line(value.span().start),
            value: value.get_ref(),
            example: self.example.trim_matches(['[', ']']),
        };
        Some(array.iter().enumerate().map(field).collect())
    }

    /// The values of a list of texts, each as `parse` understands it; `None` when any was refused.
    pub(super) fn parsed_items<T>(
        &self,
        most: usize,
        parse: impl Fn(&str) -> Result<T, Fault>,
    ) -> Option<Vec<T>> {
        let parsed: Vec<_> = self.items(most)?.iter().map(|item| item.parsed(&parse)).collect();
        parsed.into_iter().collect()
    }

    /// The value as a table.
    pub(super) fn section(&self) -> Option<Section<'d>> {
        match self.value.as_table() {
            Some(table) => Some(Section::new(self.report, self.path.clone(), Some(self.line), table)),
            None if self.example.is_empty() => {
                let cure = format!("write a section [{}]", self.path);
                self.refuse(Fault::new(format!("is {}", kind(self.value)), cure));
                None
            }
            None => self.wrong_type("a table in braces"),
        }
    }
}

/// What a value is, in everyday words.
fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a decimal number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
