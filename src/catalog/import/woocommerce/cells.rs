//! How WooCommerce writes what a cell holds.

use super::super::sheet::{Name, Row, Sheet};

/// The most attributes of a product that are looked at.
const MOST_ATTRIBUTES: usize = 50;

/// A cell without the apostrophe that keeps spreadsheets from taking it for a formula.
pub(super) fn text(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if rest.starts_with(['=', '+', '-', '@']) => rest,
        _ => cell,
    }
}

/// What a product is: `simple`, `variable`, and whether `virtual`, `downloadable`.
pub(super) fn kinds(cell: &str) -> impl Iterator<Item = String> {
    cell.split(',').map(|kind| kind.trim().to_ascii_lowercase())
}

/// A list: commas stand between its parts, and as `\,` within one.
pub(super) fn list(cell: &str) -> Vec<String> {
    let (mut parts, mut part, mut letters) = (Vec::new(), String::new(), cell.chars().peekable());
    while let Some(letter) = letters.next() {
        match letter {
            '\\' if letters.next_if_eq(&',').is_some() => part.push(','),
            ',' => parts.push(std::mem::take(&mut part)),
            _ => part.push(letter),
        }
    }
    parts.push(part);
    let parts = parts.into_iter().map(|part| part.trim().to_owned());
    parts.filter(|part| !part.is_empty()).collect()
}

/// A description's line breaks: `\n` is one, `\\n` means a backslash and an n.
pub(super) fn lines(cell: &str) -> String {
    let mut parts = cell.split("\\\\n").map(|part| part.replace("\\n", "\n"));
    let first = parts.next().unwrap_or_default();
    parts.fold(first, |all, part| all + "\\n" + &part)
}

/// An attribute of a product or variation.
pub(super) struct Attribute {
    pub(super) name: String,
    pub(super) values: Vec<String>,
    pub(super) visible: bool,
}

/// The attributes of a row that have a name.
pub(super) fn attributes(sheet: &Sheet, row: &Row) -> Vec<Attribute> {
    let attribute = |number: usize| {
        let cell = |rest: &str| text(sheet.numbered(row, &format!("Attribute {number} {rest}")));
        let name = super::super::html::plain(cell("name"), false);
        let (values, visible) = (list(cell("value(s)")), cell("visible") == "1");
        Some(Attribute { name, values, visible }).filter(|attribute| !attribute.name.is_empty())
    };
    let there = |number: &usize| sheet.has_text(&format!("Attribute {number} name"));
    (1..=MOST_ATTRIBUTES).take_while(there).filter_map(attribute).collect()
}

/// The number of an attribute that a column belongs to, if it is one that is read.
pub(super) fn number_of(column: &str) -> Option<usize> {
    let column = column.to_ascii_lowercase();
    let (number, rest) = column.strip_prefix("attribute ")?.split_once(' ')?;
    let read = ["name", "value(s)", "visible", "global", "default"].contains(&rest);
    number.parse().ok().filter(|number| read && (1..=MOST_ATTRIBUTES).contains(number))
}

/// What mistakes in options are told of: the first columns that they can be in.
pub(super) const OPTION: Name = &["Attribute 1 value(s)"];
/// And the third, which is one too many.
pub(super) const THIRD: Name = &["Attribute 3 name"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_read_as_woocommerce_writes_them() {
        assert_eq!(
            [text("'-5"), text("'=1+1"), text("'s Heerenberg"), text("'")],
            ["-5", "=1+1", "'s Heerenberg", "'"]
        );
        assert_eq!(list(r"Blue, Green\, dark , ,Red\"), ["Blue", "Green, dark", r"Red\"]);
        assert_eq!(list(""), Vec::<String>::new());
        assert_eq!(lines(r"one\ntwo\\nthree"), "one\ntwo\\nthree");
        assert_eq!(
            kinds("simple, downloadable, Virtual").collect::<Vec<_>>(),
            ["simple", "downloadable", "virtual"]
        );
        assert_eq!(
            [number_of("Attribute 12 value(s)"), number_of("Attribute 1 colour"), number_of("ID")],
            [Some(12), None, None]
        );
    }
}
