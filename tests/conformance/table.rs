//! The rows of the page's tables: `| numbers | answer | by | shown by |`.
//!
//! Code marks in the third cell are files or folders, in the fourth tests or suites. A requirement that is met names
//! both. One that a document meets names the document alone, and says `document` where the test would stand. One that
//! does not apply, or is not met yet, gives its reason.

use super::house::House;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Met,
    NotApplicable,
    NotYet,
    /// Nothing that the page may say.
    Strange,
}

pub struct Row {
    pub numbers: Vec<String>,
    pub answer: Answer,
    by: String,
    shown: String,
}

/// The rows of every table in this text whose first cell begins with a digit.
pub fn rows(text: &str) -> Vec<Row> {
    let cells =
        |line: &str| line.trim().trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
    let lines = text
        .lines()
        .filter(|line| line.starts_with("| ") && line[2..].starts_with(|it: char| it.is_ascii_digit()));
    let tables: Vec<Vec<String>> =
        lines.map(cells).filter(|cells: &Vec<String>| cells[0].contains('.')).collect();
    tables.iter().map(|cells| row(cells)).collect()
}

fn row(cells: &[String]) -> Row {
    let cell = |place: usize| cells.get(place).cloned().unwrap_or_default();
    let answer = match cell(1).as_str() {
        "met" if cells.len() == 4 => Answer::Met,
        "not applicable" if cells.len() == 4 => Answer::NotApplicable,
        "not met yet" if cells.len() == 4 => Answer::NotYet,
        _ => Answer::Strange,
    };
    Row { numbers: cell(0).split(", ").map(str::to_owned).collect(), answer, by: cell(2), shown: cell(3) }
}

/// What stands between code marks.
fn marked(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

impl Row {
    /// What is wrong with the row.
    pub fn breaches(&self, house: &House) -> Vec<String> {
        let name = self.numbers.join(", ");
        let mut found = Vec::new();
        let files: Vec<_> = marked(&self.by).collect();
        let tests: Vec<_> = marked(&self.shown).collect();
        for file in files.iter().filter(|file| !house.has_file(file)) {
            found.push(format!("{name}: there is no {file}"));
        }
        for test in &tests {
            let suite = test.contains('/') && test.starts_with("tests/") && house.has_file(test);
            if !suite && !house.has_test(test) {
                found.push(format!("{name}: there is no test {test}"));
            }
        }
        let documented = self.shown == "document" && files.iter().any(|file| file.ends_with(".md"));
        match self.answer {
            Answer::Strange => found.push(format!("{name}: four cells; met, not applicable or not met yet")),
            Answer::Met if files.is_empty() => found.push(format!("{name}: met by which file?")),
            Answer::Met if tests.is_empty() && !documented => {
                found.push(format!("{name}: shown by which test?"))
            }
            Answer::Met => {}
            _ if self.by.split_whitespace().count() < 4 => found.push(format!("{name}: for which reason?")),
            _ => {}
        }
        found
    }
}
