//! docs/CONFORMANCE.md cannot rot: every number of levels 1 and 2 stands in it exactly once, what it names is there,
//! and what it counts is counted. `asvs-5.0.0.txt` has the numbers; the texts are OWASP's.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

mod house;
mod pages;
mod table;

use std::collections::{BTreeMap, BTreeSet};

use house::House;
use table::{Answer, Row, rows};

const PAGE: &str = "docs/CONFORMANCE.md";
const ASVS: &str = "## OWASP ASVS 5.0.0";
const PCI: &str = "## PCI DSS v4.0.1";

/// Number to level.
fn levels() -> BTreeMap<String, u8> {
    let lines = include_str!("asvs-5.0.0.txt").lines().filter(|line| !line.starts_with('#'));
    let pair = |line: &str| {
        let (number, level) = line.split_once(' ').expect("a number and a level");
        (number.to_owned(), level.parse().unwrap())
    };
    lines.map(pair).collect()
}

fn page() -> String {
    House::here().text(PAGE)
}

/// The part of the page under a heading of the second order.
fn part<'a>(page: &'a str, heading: &str) -> &'a str {
    let (_, rest) = page.split_once(heading).unwrap_or_else(|| panic!("{PAGE} has no part {heading}"));
    rest.split("\n## ").next().unwrap()
}

/// Every breach of the page's rules.
fn breaches(page: &str, house: &House) -> Vec<String> {
    let (levels, mut found, mut seen) = (levels(), Vec::new(), BTreeSet::new());
    let (asvs, pci) = (rows(part(page, ASVS)), rows(part(page, PCI)));
    for number in asvs.iter().flat_map(|row| &row.numbers) {
        if !levels.contains_key(number) {
            found.push(format!("{number} is no number of levels 1 and 2"));
        }
    }
    for number in levels.keys().filter(|number| !asvs.iter().any(|row| row.numbers.contains(*number))) {
        found.push(format!("{number} is missing"));
    }
    for number in pci.iter().flat_map(|row| &row.numbers) {
        let parts: Vec<_> = number.split('.').collect();
        let good = (2..=4).contains(&parts.len()) && parts.iter().all(|part| part.parse::<u8>().is_ok());
        if !good {
            found.push(format!("{number} is no number of PCI DSS"));
        }
    }
    for (standard, rows) in [("ASVS", &asvs), ("PCI DSS", &pci)] {
        for row in rows {
            found.extend(row.breaches(house));
            for number in &row.numbers {
                if !seen.insert((standard, number.clone())) {
                    found.push(format!("{standard} {number} stands there twice"));
                }
            }
        }
    }
    let counted = counts(&asvs, &levels);
    found.extend(counted.iter().filter(|line| !page.contains(*line)).map(|line| format!("not said: {line}")));
    found
}

/// What the page says of its own numbers.
fn counts(rows: &[Row], levels: &BTreeMap<String, u8>) -> Vec<String> {
    let of = |level: u8, answer: Answer| {
        let numbers = rows.iter().filter(|row| row.answer == answer).flat_map(|row| &row.numbers);
        numbers.filter(|number| levels.get(*number) == Some(&level)).count()
    };
    let line = |level: u8| {
        let all = levels.values().filter(|other| **other == level).count();
        let [met, not_here, not_yet] =
            [Answer::Met, Answer::NotApplicable, Answer::NotYet].map(|it| of(level, it));
        format!("| {level} | {all} | {met} | {not_here} | {not_yet} |")
    };
    vec![line(1), line(2)]
}

#[test]
fn every_requirement_has_one_answer_and_what_it_names_is_there() {
    let found = breaches(&page(), &House::here());
    assert!(found.is_empty(), "{PAGE}:\n{}", found.join("\n"));
}

#[test]
fn the_list_of_numbers_is_whole() {
    let levels = levels();
    let of = |level: u8| levels.values().filter(|other| **other == level).count();
    assert_eq!((of(1), of(2), levels.len()), (70, 183, 253));
}

#[test]
fn a_planted_lie_is_found() {
    let (page, house) = (page(), House::here());
    let planted = |from: &str, to: &str| {
        assert!(page.contains(from), "{from} is not there to be changed");
        breaches(&page.replacen(from, to, 1), &house)
    };
    let row = page.lines().find(|line| line.starts_with("| 1.2.1 |")).unwrap();
    let twice = planted(row, &format!("{row}\n{row}"));
    assert!(twice.iter().any(|it| it == "ASVS 1.2.1 stands there twice"), "{twice:?}");
    assert!(
        planted("| 1.2.1 |", "| 1.2.99 |").iter().any(|it| it == "1.2.99 is no number of levels 1 and 2")
    );
    assert!(planted("| 1.2.1 |", "| 1.2.99 |").iter().any(|it| it == "1.2.1 is missing"));
    let cells: Vec<_> = row.split('|').map(str::trim).collect();
    let test = cells[4].trim_matches('`');
    let gone = planted(row, &row.replace(test, "a_test_that_nobody_wrote"));
    assert!(gone.iter().any(|it| it.contains("a_test_that_nobody_wrote")), "{gone:?}");
    let gone = planted(row, &row.replace(cells[3], "`src/web/nowhere.rs`"));
    assert!(gone.iter().any(|it| it.contains("src/web/nowhere.rs")), "{gone:?}");
    let bare = planted(row, "| 1.2.1 | met | we are careful | |");
    assert!(bare.iter().any(|it| it == "1.2.1: met by which file?"), "{bare:?}");
    let unshown = planted(row, &format!("| 1.2.1 | met | {} | |", cells[3]));
    assert!(unshown.iter().any(|it| it == "1.2.1: shown by which test?"), "{unshown:?}");
    assert!(!planted(row, "| 1.2.1 | of course | `src` | |").is_empty());
    assert!(!planted(row, "| 1.2.1 | not applicable | no | |").is_empty(), "a reason is needed");
    let counts = page.lines().find(|line| line.starts_with("| 1 | 70 |")).unwrap();
    let wrong = planted(counts, "| 1 | 70 | 70 | 0 | 0 |");
    assert!(wrong.iter().any(|it| it == &format!("not said: {counts}")), "{wrong:?}");
}
