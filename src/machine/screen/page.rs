//! The page on the local screen: 25 rows of at most 79 characters, so that no row ever scrolls.

use super::lines::minute;
use super::view::View;
use crate::machine::Status;

pub(super) const HEIGHT: usize = 25;
const WIDTH: usize = 79;

/// A row, and whether it stands out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Row {
    pub(super) text: String,
    pub(super) strong: bool,
}

/// Exactly [`HEIGHT`] rows.
pub(super) fn page(view: &View) -> Vec<Row> {
    let mut page = Page(Vec::new());
    let name = format!("CashCowCart Appliance {}", view.version);
    let gap = WIDTH.saturating_sub(name.chars().count());
    page.strong(format!("{name}{:>gap$}", cut(&view.hostname, gap.saturating_sub(2))));
    page.row("-".repeat(WIDTH));
    if view.profile == "dev" {
        page.strong("Development machine: not for real customers.".to_owned());
    }
    page.blank();
    if let Some(status) = &view.status {
        addresses(&mut page, status);
    }
    allowed(&mut page, view);
    if let Some(status) = &view.status {
        certificate_and_code(&mut page, status);
        let health: Vec<_> =
            status.health.iter().map(|health| format!("{} {}", health.part, health.state)).collect();
        if !health.is_empty() {
            page.named("Health", &health.join("   "));
        }
    }
    page.blank();
    state(&mut page, view);
    page.finish()
}

fn addresses(page: &mut Page, status: &Status) {
    for (at, address) in status.storefront.iter().take(2).enumerate() {
        page.named(if at == 0 { "Shop" } else { "" }, address);
    }
    for (at, address) in status.console.iter().take(2).enumerate() {
        page.named(if at == 0 { "Console" } else { "" }, address);
    }
}

fn allowed(page: &mut Page, view: &View) {
    const SHOWN: usize = 3;
    for (at, (range, name)) in view.allowed.iter().take(SHOWN).enumerate() {
        page.named(if at == 0 { "Allowed from" } else { "" }, &format!("{range}  {name}"));
    }
    if let Some(more) = view.allowed.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        page.named("", &format!("and {more} more; the console lists them"));
    }
}

fn certificate_and_code(page: &mut Page, status: &Status) {
    if let Some(fingerprint) = &status.console_fingerprint {
        let groups: Vec<_> = fingerprint.split(' ').collect();
        for (at, half) in groups.chunks(8).take(2).enumerate() {
            page.named(if at == 0 { "Certificate" } else { "  (SHA-256)" }, &half.join(" "));
        }
    }
    if let Some(code) = &status.setup_code {
        let large: Vec<_> = code.0.split('-').map(spaced).collect();
        page.blank();
        page.strong(format!("{:<14}{}", "Set-up code", large.join("     ")));
        let until = status.setup_code_until.map(|until| format!(" The code ends at {}.", minute(until)));
        page.row(format!("{:<14}Open the console and compare its certificate with the one above.", ""));
        page.row(format!("{:<14}Then type the code.{}", "", until.unwrap_or_default()));
        page.blank();
    }
}

/// `ABCD` as `A B C D`.
fn spaced(group: &str) -> String {
    group.chars().map(String::from).collect::<Vec<_>>().join(" ")
}

/// What is wrong and the next step, or that all is well.
fn state(page: &mut Page, view: &View) {
    let room = HEIGHT.saturating_sub(page.0.len() + 2);
    let mut shown = 0;
    let mut used = 0;
    for problem in &view.problems {
        let wrong = wrap(&format!("Wrong: {}", problem.wrong));
        let cure = wrap(&format!("To do: {}", problem.cure));
        let rows = wrong.len() + cure.len();
        if shown > 0 && used + rows + 1 > room {
            break;
        }
        wrong.into_iter().for_each(|row| page.strong(row));
        cure.into_iter().for_each(|row| page.row(row));
        used += rows;
        shown += 1;
    }
    match view.problems.len() - shown {
        0 if shown > 0 => {}
        0 if view.ready() => page.row("The shop is open.".to_owned()),
        0 => page.row("Starting.".to_owned()),
        more => page.row(format!("and {more} more; the serial port shows all of them")),
    }
}

struct Page(Vec<Row>);

impl Page {
    fn row(&mut self, text: String) {
        self.0.push(Row { text: cut(&text, WIDTH), strong: false });
    }

    fn strong(&mut self, text: String) {
        self.0.push(Row { text: cut(&text, WIDTH), strong: true });
    }

    fn named(&mut self, name: &str, text: &str) {
        self.row(format!("{name:<14}{text}"));
    }

    fn blank(&mut self) {
        self.row(String::new());
    }

    /// The rows, with the last one at the bottom.
    fn finish(mut self) -> Vec<Row> {
        self.0.truncate(HEIGHT - 1);
        self.0.resize(HEIGHT - 1, Row::default());
        self.row("This screen takes no input. The machine is run from its console.".to_owned());
        self.0
    }
}

fn cut(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

/// The words in rows of at most [`WIDTH`] characters, all but the first indented.
fn wrap(text: &str) -> Vec<String> {
    let mut rows = vec![String::new()];
    for word in text.split_whitespace() {
        let Some(row) = rows.last_mut() else { break };
        if row.trim().is_empty() || row.chars().count() + 1 + word.chars().count() <= WIDTH {
            if !row.trim().is_empty() {
                row.push(' ');
            }
            row.push_str(word);
        } else {
            rows.push(format!("       {word}"));
        }
    }
    rows
}

#[cfg(test)]
#[path = "page_tests.rs"]
mod tests;
