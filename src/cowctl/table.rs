//! Tables that people read at 80 columns, and values out of JSON.

use serde_json::Value;

use super::end::plain;

/// The width that a table keeps to.
const WIDTH: usize = 80;
/// Between two columns.
const GAP: usize = 2;

/// The text of a value; empty if it is not there.
pub fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => plain(text),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(", "),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        other => other.to_string(),
    }
}

/// An instant to the minute.
pub fn when(value: &Value) -> String {
    let text = text(value);
    match (text.get(..10), text.get(11..16)) {
        (Some(day), Some(minute)) => format!("{day} {minute}"),
        _ => text,
    }
}

/// Rows under their heads. The widest column gives way until the table fits; its cells are wrapped.
pub fn table(heads: &[&str], rows: &[Vec<String>]) -> String {
    let mut widths: Vec<usize> = heads.iter().map(|head| head.chars().count()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let gaps = GAP.saturating_mul(widths.len().saturating_sub(1));
    loop {
        let whole = widths.iter().sum::<usize>().saturating_add(gaps);
        let Some(widest) = widths.iter_mut().max() else { return String::new() };
        if whole <= WIDTH || *widest <= 8 {
            break;
        }
        *widest = widest.saturating_sub(whole.saturating_sub(WIDTH).min(widest.saturating_sub(8)).max(1));
        if whole.saturating_sub(WIDTH) == 0 {
            break;
        }
    }
    let mut drawn = String::new();
    let heads: Vec<_> = heads.iter().map(|head| (*head).to_owned()).collect();
    draw(&mut drawn, &heads, &widths);
    for row in rows {
        draw(&mut drawn, row, &widths);
    }
    drawn
}

fn draw(drawn: &mut String, row: &[String], widths: &[usize]) {
    let cells: Vec<_> = row.iter().zip(widths).map(|(cell, width)| wrap(cell, *width)).collect();
    let lines = cells.iter().map(Vec::len).max().unwrap_or_default().max(1);
    for place in 0..lines {
        let mut line = String::new();
        for (cell, width) in cells.iter().zip(widths) {
            let part = cell.get(place).map_or("", String::as_str);
            line.push_str(part);
            let filled = part.chars().count();
            line.push_str(&" ".repeat(width.saturating_add(GAP).saturating_sub(filled)));
        }
        drawn.push_str(line.trim_end());
        drawn.push('\n');
    }
}

/// Breaks a text at spaces; a word that is too long is broken where it must be.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let (mut lines, mut line) = (Vec::new(), String::new());
    for word in text.split_whitespace() {
        let letters: Vec<char> = word.chars().collect();
        for piece in letters.chunks(width.max(1)) {
            let piece: String = piece.iter().collect();
            let joined = line.chars().count().saturating_add(piece.chars().count()).saturating_add(1);
            if !line.is_empty() && joined > width {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(&piece);
        }
    }
    lines.push(line);
    lines
}

/// Lines that are too long, broken at spaces and drawn in a little; others as they are.
pub fn fold(text: &str) -> String {
    let fold = |line: &str| {
        if line.chars().count() <= WIDTH {
            return line.to_owned();
        }
        let indent = line.chars().take_while(|letter| *letter == ' ').count();
        let first = " ".repeat(indent);
        let further = format!("\n{}", " ".repeat(indent.saturating_add(GAP)));
        let width = WIDTH.saturating_sub(indent.saturating_add(GAP));
        format!("{first}{}", wrap(line, width).join(&further))
    };
    let mut folded = text.lines().map(fold).collect::<Vec<_>>().join("\n");
    if text.ends_with('\n') {
        folded.push('\n');
    }
    folded
}

/// Names and values, one a line; values that are not there are left out.
pub fn pairs(pairs: &[(&str, String)]) -> String {
    let widest = pairs.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
    let mut drawn = String::new();
    for (name, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
        let indent = widest.saturating_add(GAP);
        for (place, line) in wrap(value, WIDTH.saturating_sub(indent)).iter().enumerate() {
            let name = if place == 0 { name } else { "" };
            drawn.push_str(&format!("{name:indent$}{line}\n"));
        }
    }
    drawn
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_fits_eighty_columns_and_loses_nothing() {
        let long = "see-orders, see-products, change-products, capture-payment, deal-with-alarms, see-alarms";
        let rows = vec![vec!["till".to_owned(), long.to_owned(), "192.0.2.0/24".to_owned(), "x".repeat(90)]];
        let drawn = table(&["NAME", "RIGHTS", "RANGE", "NOTE"], &rows);
        assert!(drawn.lines().all(|line| line.chars().count() <= WIDTH), "{drawn}");
        assert!(drawn.contains("deal-with-alarms,") && drawn.matches('x').count() == 90);
        assert!(!drawn.lines().any(|line| line.ends_with(' ')));
    }

    #[test]
    fn long_lines_are_folded_and_short_ones_left_alone() {
        let long = format!("shown:   F261 F6E2\n  file row 2: {}\n", "a word ".repeat(20));
        let folded = fold(&long);
        assert!(folded.starts_with("shown:   F261 F6E2\n  file row 2: a word"), "{folded}");
        assert!(folded.lines().all(|line| line.chars().count() <= WIDTH), "{folded}");
        assert!(folded.lines().skip(2).all(|line| line.starts_with("    ")), "{folded}");
        assert_eq!(folded.matches("word").count(), 20);
        assert!(folded.ends_with('\n') && fold("no end") == "no end");
    }

    #[test]
    fn nothing_that_a_machine_says_moves_the_cursor() {
        assert_eq!(text(&Value::from("a\u{1b}[2Jb\u{202e}")), "a[2Jb");
    }
}
